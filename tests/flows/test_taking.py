"""Shared desks: an extension is taken, given back and taken over, and a call stays with its holder of then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import commands, extensions
from callcenter.db import transaction
from callcenter.errors import Invalid, NotAllowed
from callcenter.models import ExtensionSpan, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import CommandVerb, Disposition, Sound
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.calls import listening, talkers
from tickets.desk import filing, queries
from tickets.oversight import worklist
from tickets.telephone import floor, my_phone, taking

SHIFT_ENDS = MONDAY + timedelta(hours=7)
LATER = SHIFT_ENDS + timedelta(minutes=1)


@pytest.fixture
def province(session: Session) -> Province:
    """Lan is at 101; Minh's usual one is 101 too, and he has none yet."""
    made = factories.province(session)
    factories.sits(session, made.people["minh"], None)
    made.people["minh"].usual_extension, made.people["hoa"].usual_extension = "101", "102"
    session.flush()
    return made


def minh(session: Session, province: Province) -> Actor:
    session.expire(province.people["minh"])
    return province.actor("minh")


def spans(session: Session, extension: str = "101") -> list[tuple[str, datetime, datetime | None]]:
    query = select(ExtensionSpan).where(ExtensionSpan.extension == extension).order_by(ExtensionSpan.id)
    return [(name(session, span.user_id), span.since, span.until) for span in session.scalars(query)]


def name(session: Session, user_id: int) -> str:
    return session.get_one(factories.User, user_id).username


def test_the_usual_one_is_taken_by_itself_when_it_is_free(session: Session, province: Province) -> None:
    taking.give_back(session, province.actor("lan"), now=SHIFT_ENDS)
    assert taking.arrive(session, minh(session, province), now=LATER)
    assert minh(session, province).extension == "101"
    assert spans(session) == [("lan", factories.LONG_AGO, SHIFT_ENDS), ("minh", LATER, None)]
    # A second browser of the same person changes nothing.
    assert taking.arrive(session, minh(session, province), now=LATER + timedelta(hours=1))
    assert len(spans(session)) == 2


def test_one_that_somebody_has_is_asked_about_and_taken_over_openly(session: Session, province: Province) -> None:
    lan = province.actor("lan")
    assert not taking.arrive(session, minh(session, province), now=SHIFT_ENDS)
    offered = taking.choices(session, minh(session, province))
    assert [(one.extension, one.holder and one.holder.username) for one in offered] == [
        ("101", "lan"), ("102", None), ("103", "hoa"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as wrong:
        taking.take(session, minh(session, province), "101", now=SHIFT_ENDS)
    assert wrong.value.problems == {"extension": "extension_of_somebody"}
    taking.take(session, minh(session, province), "101", over=lan.id, now=SHIFT_ENDS)
    told = taking.taken_over(session, province.actor("lan"), LATER)
    assert told == taking.TakenOver("101", "Trần Văn Minh", SHIFT_ENDS)
    taking.take(session, province.actor("lan"), "102", now=LATER)
    assert taking.taken_over(session, province.actor("lan"), LATER) is None


def test_another_one_leaves_the_first_free(session: Session, province: Province) -> None:
    taking.take(session, province.actor("lan"), "102", now=SHIFT_ENDS)
    assert extensions.held_now(session).keys() == {"102", "103"}
    assert taking.taken_over(session, province.actor("lan"), LATER) is None


@pytest.mark.parametrize("extension", ["999", "", "101\r\n"])
def test_only_what_is_known_here(session: Session, province: Province, extension: str) -> None:
    with pytest.raises(Invalid) as wrong:
        taking.take(session, minh(session, province), extension, now=MONDAY)
    assert wrong.value.problems == {"extension": "unknown_choice"}


def test_nobody_but_the_desk_takes_one(session: Session, province: Province) -> None:
    for username in ("phuc", "thu", "quan"):
        with pytest.raises(NotAllowed):
            taking.take(session, province.actor(username), "102", now=MONDAY)


def test_two_at_the_same_moment_and_one_has_it(session: Session, engine: Engine, province: Province) -> None:
    taking.give_back(session, province.actor("lan"), now=MONDAY)
    session.commit()

    def tries(username: str) -> bool:
        with transaction(engine) as own:
            actor = Actor.of(own.scalars(select(factories.User).filter_by(username=username)).one())
            try:
                taking.take(own, actor, "101", now=LATER)
            except Invalid:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(tries, ["lan", "minh"])) == [False, True]


def test_a_call_of_before_the_change_stays_with_who_had_it(session: Session, province: Province) -> None:
    before = factories.answered(session, started_at=MONDAY)
    after = factories.answered(session, started_at=LATER, answered_at=LATER + timedelta(seconds=8),
                               ended_at=LATER + timedelta(seconds=88))  # fmt: skip
    taking.take(session, minh(session, province), "101", over=province.people["lan"].id, now=SHIFT_ENDS)
    # The listener was away, and tells of both only now.
    drafts = filing.open_drafts(session, [before, after], now=LATER)
    assert [name(session, drafts[call.id].owner_id or 0) for call in (before, after)] == ["lan", "minh"]
    lan, next_one = province.actor("lan"), minh(session, province)
    assert [row.ticket.id for row in queries.unfinished(session, next_one)] == [drafts[after.id].id]
    assert [worklist.my_day(session, actor, LATER + timedelta(hours=1)).answered for actor in (lan, next_one)] == [1, 1]
    assert listening.may_hear(session, lan, before, Sound.RECORDING)
    assert not listening.may_hear(session, next_one, before, Sound.RECORDING)
    assert talkers.names(session, [before, after]) == {
        (before.id, "101"): "Nguyễn Thị Lan", (after.id, "101"): "Trần Văn Minh",
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        filing.dispose(session, next_one, before.id, Disposition.SILENT, now=LATER)
    filing.dispose(session, lan, before.id, Disposition.SILENT, now=LATER)


def test_the_moment_of_the_talk_decides_not_that_of_the_call(session: Session, province: Province) -> None:
    """It rang before the change and was answered after it; passed on later, it is the last one's."""
    talk = {"since": LATER.isoformat(), "until": None, "hold_s": 0.0}
    call = factories.answered(session, started_at=MONDAY, talks=[{"extension": "101", **talk}], ended_at=None)
    taking.take(session, minh(session, province), "101", over=province.people["lan"].id, now=SHIFT_ENDS)
    assert name(session, filing.open_draft(session, call, now=LATER).owner_id or 0) == "minh"


def test_who_takes_over_while_a_caller_is_on_the_line_has_the_draft(session: Session, province: Province) -> None:
    call = factories.call(session, answered_at=MONDAY, operators=["101"], talking=["101"], ringing=[])
    draft = filing.open_draft(session, call, now=MONDAY)
    lan = province.people["lan"]
    assert draft.owner_id == lan.id
    assert next(iter(taking.choices(session, minh(session, province)))).talking
    taking.take(session, minh(session, province), "101", over=lan.id, now=MONDAY + timedelta(minutes=1))
    assert draft.owner_id == province.people["minh"].id
    assert [queries.my_calls(session, actor) for actor in (province.actor("lan"), minh(session, province))] == [
        [], [call],
    ]  # fmt: skip


def test_a_draft_that_rang_is_for_whoever_was_there_while_it_rang(session: Session, province: Province) -> None:
    call = factories.call(session, ended_at=MONDAY + timedelta(minutes=1), ringing=[])
    draft = filing.open_draft(session, call, now=MONDAY)
    taking.take(session, minh(session, province), "101", over=province.people["lan"].id, now=SHIFT_ENDS)
    with pytest.raises(NotAllowed):
        filing.mine(session, minh(session, province), draft.code)
    assert filing.mine(session, province.actor("lan"), draft.code) == draft


def test_a_telephone_that_is_given_back_leaves_the_queues(session: Session, province: Province) -> None:
    member = {"extension": "101", "name": "101", "paused": False, "status": 1, "interface": "PJSIP/101"}
    verbs = [verb.value for verb in my_phone.VERBS]
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=MONDAY, actions=verbs))
    session.add(PbxQueue(pbx="pbx1", name="q", members=[{**member, "dynamic": True}], seen_at=MONDAY))
    session.flush()
    taking.give_back(session, province.actor("lan"), now=MONDAY)
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.extension, command.asked_by) == (CommandVerb.SIGN_OUT, "101", "Nguyễn Thị Lan")
    (seat,) = [seat for seat in floor.floor(session).seats if seat.extension == "101"]
    # Without a holder: a call there would have no screen.
    assert seat.name == ""


def test_a_command_is_for_who_has_the_telephone_now(session: Session, province: Province) -> None:
    lan = province.actor("lan")
    taking.take(session, minh(session, province), "101", over=lan.id, now=SHIFT_ENDS)
    with pytest.raises(NotAllowed):
        commands.ask(session, pbx="pbx1", verb=CommandVerb.RESUME, extension="101", arguments={}, actor_id=lan.id or 0,
                     actor_name=lan.name, now=LATER)  # fmt: skip
