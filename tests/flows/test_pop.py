"""Screen pop and draft of a call, moment by moment, on streams recorded from a real Asterisk."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Call, CallBack, Ticket, TicketOrCallBack
from callcenter.vocab import TicketKind, TicketState
from telephony import recorder
from tests import factories
from tests.factories import Province
from tests.wire.test_recordings import FOLDER, Player
from tickets.desk import filing, queries
from tickets.rules.fields import TicketFields

# Holders of the extensions of the recordings.
SEATS = {"lan": "121", "minh": "122"}


class Desks(Player):
    """A PBX's stream into a database; after each event, what each desk shows."""

    def __init__(self, session: Session, province: Province) -> None:
        super().__init__()
        self.session, self.province = session, province
        self.seen: list[dict[str, object]] = []
        for name, extension in SEATS.items():
            factories.sits(session, province.people[name], extension)
        factories.sits(session, province.people["hoa"], None)
        session.flush()

    def _keep(self, changed: Sequence[str]) -> None:
        pictures = [recorder.CallSnapshot.of(self.calls.by_id[linkedid], 1) for linkedid in changed]
        if pictures:
            written = recorder.record(self.session, "lab", pictures, now=self.at, short_abandon_s=5)
            assert not written.failed
            self.look()

    def look(self) -> None:
        """`ringing` and `popped` by name, and the owner of the draft."""
        self.session.flush()
        call = self.session.scalars(select(Call).order_by(Call.id.desc())).first()
        assert call is not None
        popped = {name for name in SEATS if call in queries.my_calls(self.session, self.province.actor(name))}
        at = {name for name, extension in SEATS.items() if extension in [*call.ringing, *call.talking]}
        draft = filing.draft_of(self.session, call)
        owner = draft.owner.name if draft is not None and draft.owner is not None else None
        moment = {"popped": popped, "at": at, "ringing": bool(call.ringing), "owner": owner, "ended": call.ended_at}
        if not self.seen or self.seen[-1] != moment:
            self.seen.append(moment)


@pytest.fixture
def desks(session: Session) -> Desks:
    return Desks(session, factories.province(session))


def play(desks: Desks, name: str) -> TicketOrCallBack:
    """The whole stream; the one ticket or call-back that it opened."""
    desks.play((FOLDER / f"{name}.ami").read_bytes(), 65536)
    (one,) = [*desks.session.scalars(select(Ticket)), *desks.session.scalars(select(CallBack))]
    return one


@pytest.mark.parametrize("name", ["answered", "ring_all", "blind", "attended", "redirect", "transferred_back", "hold"])
def test_a_call_is_on_the_desks_where_it_rings_or_talks_and_nowhere_else(desks: Desks, name: str) -> None:
    play(desks, name)
    assert any(moment["popped"] for moment in desks.seen)
    for moment in desks.seen:
        assert moment["popped"] == (set() if moment["ended"] else moment["at"])


def test_ring_all_is_one_draft_that_leaves_the_others_when_one_answers(desks: Desks) -> None:
    draft = play(desks, "ring_all")
    ways = [moment["popped"] for moment in desks.seen]
    both, one = ways.index({"lan", "minh"}), ways.index({"minh"}, ways.index({"lan", "minh"}))
    assert both < one
    assert all(way <= {"minh"} for way in ways[one:])
    assert all(moment["owner"] is None for moment in desks.seen[: one - 1])
    assert (draft.state, draft.owner_id) == (TicketState.DRAFT, desks.province.people["minh"].id)


@pytest.mark.parametrize("name", ["abandoned_late", "timeout"])
def test_when_the_caller_leaves_no_desk_keeps_it(desks: Desks, name: str) -> None:
    task = play(desks, name)
    assert desks.seen[-1]["popped"] == set()
    assert (task.kind, task.state, task.owner_id) == (TicketKind.CALLBACK, TicketState.FILED, None)
    for person in SEATS:
        assert queries.unfinished(desks.session, desks.province.actor(person)) == []


@pytest.mark.parametrize("name", ["blind", "attended", "attended_by_keys", "redirect", "local_blind"])
def test_after_a_transfer_it_is_the_last_ones_who_talk(desks: Desks, name: str) -> None:
    draft = play(desks, name)
    assert (draft.state, draft.owner_id) == (TicketState.DRAFT, desks.province.people["minh"].id)
    (left,) = queries.unfinished(desks.session, desks.province.actor("minh"))
    assert left.ticket is draft
    assert queries.unfinished(desks.session, desks.province.actor("lan")) == []


@pytest.mark.parametrize("name", ["blind_lost", "blind_refused"])
def test_a_transfer_that_nobody_takes_is_a_call_back_for_whoever_is_free(desks: Desks, name: str) -> None:
    task = play(desks, name)
    assert (task.kind, task.state, task.owner_id) == (TicketKind.CALLBACK, TicketState.FILED, None)
    assert task.caller == "+84900000001"


def test_the_last_words_typed_into_a_lost_transfer_are_kept(desks: Desks) -> None:
    task = play(desks, "blind_lost")
    now: datetime = desks.at
    words = TicketFields(description="Hỏi về sổ đỏ, đã chuyển máy cho anh Minh")
    kept = filing.save_draft(desks.session, desks.province.actor("lan"), task.code, words, version=None, now=now)
    assert (kept.description, kept.owner_id, kept.state) == (words.description, None, TicketState.FILED)
