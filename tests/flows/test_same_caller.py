"""Several reports in one call, a talk that goes on after a redial, a caller that asks again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import MoveRefused, NotAllowed, NotFound
from callcenter.models import Call, CallBack, Ticket, TicketCall, TicketEvent
from callcenter.vocab import Disposition, Source, TicketKind, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.desk import filing, queries, same_caller
from tickets.life import claims
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=3)
TYPED = TicketFields(
    category_code="cap-thoat-nuoc",
    ward_code="28249",
    address="12 Hùng Vương",
    description="Nước ngập đến đầu gối",
    reporter_name="Ông Ba",
    keep_identity=True,
)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def lan(province: Province) -> Actor:
    return province.actor("lan")


def typed(session: Session, lan: Actor, call: Call, at: datetime = MONDAY) -> Ticket:
    draft = filing.open_draft(session, call, now=at)
    return filing.save_draft(session, lan, draft.code, TYPED, version=None, now=at)


def told(session: Session, ticket: Ticket) -> Sequence[str]:
    session.flush()
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.move == "asked_again")
    return [event.data["told"] for event in session.scalars(query.order_by(TicketEvent.id))]


class TestOneMore:
    def test_it_takes_over_caller_and_place_and_not_the_matter(self, session: Session, lan: Actor) -> None:
        call = factories.call(session, ringing=[], talking=["101"], operators=["101"])
        first = typed(session, lan, call)
        more = same_caller.one_more(session, lan, first.code, now=LATER)
        assert (more.caller, more.reporter_phone, more.reporter_name) == (first.caller, first.reporter_phone, "Ông Ba")
        assert (more.ward_code, more.address, more.keep_identity) == ("28249", "12 Hùng Vương", True)
        assert (more.category_code, more.description, more.state) == (None, "", TicketState.DRAFT)
        assert session.get_one(TicketCall, (more.id, call.id)).relation == same_caller.MORE
        assert filing.draft_of(session, call) is first

    def test_an_empty_one_is_not_doubled_and_a_filled_one_is(self, session: Session, lan: Actor) -> None:
        first = typed(session, lan, factories.answered(session))
        one, two = (same_caller.one_more(session, lan, first.code, now=LATER) for _ in range(2))
        assert one is two
        filing.save_draft(session, lan, one.code, TicketFields(description="Đèn đường tắt"), version=None, now=LATER)
        assert same_caller.one_more(session, lan, one.code, now=LATER) is not one

    def test_each_is_filed_and_owed_for_itself(self, session: Session, lan: Actor) -> None:
        call = factories.call(session, ringing=[], talking=["101"], operators=["101"])
        first = typed(session, lan, call)
        filing.file(session, lan, first.code, TYPED, now=LATER)
        more = same_caller.one_more(session, lan, first.code, now=LATER)
        session.flush()
        # It waits on the desk while they still talk, and follows an operator that leaves it.
        (left,) = queries.unfinished(session, lan)
        assert (left.ticket, left.call, left.own) == (more, call, False)
        filing.file(session, lan, more.code, TYPED, now=LATER)
        assert (first.state, more.state) == (TicketState.FILED, TicketState.FILED)

    def test_a_needless_one_is_put_aside_and_a_calls_own_is_not(self, session: Session, lan: Actor) -> None:
        first = typed(session, lan, factories.answered(session))
        more = same_caller.one_more(session, lan, first.code, now=LATER)
        for _ in range(2):
            same_caller.put_aside(session, lan, more.code, reason="nói nhầm", now=LATER)
        assert more.state == TicketState.DISCARDED
        with pytest.raises(MoveRefused):
            same_caller.put_aside(session, lan, first.code, reason="", now=LATER)

    def test_a_second_matter_at_the_counter(self, session: Session, lan: Actor) -> None:
        first = filing.new_ticket(session, lan, source=Source.COUNTER, now=MONDAY)
        more = same_caller.one_more(session, lan, first.code, now=LATER)
        assert (more.source, more.owner_id) == (Source.COUNTER, lan.id)

    def test_somebody_elses_is_not_mine(self, session: Session, lan: Actor, province: Province) -> None:
        first = typed(session, lan, factories.answered(session))
        with pytest.raises(NotAllowed):
            same_caller.one_more(session, province.actor("minh"), first.code, now=LATER)

    def test_a_counter_draft_left_lying_comes_to_the_shift_leader(self, session: Session, lan: Actor) -> None:
        draft = filing.new_ticket(session, lan, source=Source.LETTER, now=MONDAY)
        session.flush()
        assert [row.ticket for row in queries.unowned(session, MONDAY + timedelta(seconds=1))] == [draft]
        assert queries.unowned(session, MONDAY) == []


class TestRedial:
    """Lan's talk broke off at 09:01:28; the number calls again and Minh has it."""

    def again(self, session: Session, minutes: float = 2, **columns: object) -> Call:
        at = MONDAY + timedelta(seconds=88, minutes=minutes)
        values = {"started_at": at, "queued_at": at, "rang": ["102"], "ringing": ["102"], **columns}
        return factories.call(session, **values)

    @pytest.mark.parametrize(("minutes", "offered"), [(0, True), (9.9, True), (10, True), (10.1, False)])
    def test_what_was_typed_is_offered_for_ten_minutes(
        self, session: Session, lan: Actor, minutes: float, offered: bool
    ) -> None:
        draft = typed(session, lan, factories.answered(session))
        session.flush()
        found = same_caller.redial(session, self.again(session, minutes), LATER)
        assert (found.ticket if found else None) is (draft if offered else None)

    @pytest.mark.parametrize("disposed", [True, False])
    def test_the_talk_goes_on_with_the_draft_of_before(
        self, session: Session, lan: Actor, province: Province, disposed: bool
    ) -> None:
        before = factories.answered(session)
        draft, minh = typed(session, lan, before), province.actor("minh")
        if disposed:
            filing.dispose(session, lan, before.id, Disposition.DROPPED, now=LATER)
            assert session.scalars(select(CallBack.id)).all() == [draft.id]
        call = self.again(session)
        new = filing.open_draft(session, call, now=LATER)
        filing.save_draft(session, minh, new.code, TicketFields(description="Vẫn ngập"), version=None, now=LATER)
        session.flush()
        code = draft.code
        draft = same_caller.go_on(session, minh, call.id, code, now=LATER)
        assert same_caller.go_on(session, minh, call.id, code, now=LATER) is draft
        assert (draft.code, session.scalars(select(CallBack)).all()) == (code, [])
        assert (draft.kind, draft.state, draft.owner_id) == (TicketKind.REPORT, TicketState.DRAFT, minh.id)
        assert draft.description == "Nước ngập đến đầu gối\nVẫn ngập"
        assert new.state == TicketState.DISCARDED
        assert filing.draft_of(session, call) is draft
        assert filing.draft_of(session, before) is None
        assert before.disposition == Disposition.DROPPED
        # At the end of this call the draft is its own, like any other.
        call.operators, call.ringing, call.ended_at, call.outcome = ["102"], [], LATER, "answered"
        filing.open_draft(session, call, now=LATER)
        filing.settle_call(session, call, now=LATER)
        session.flush()
        assert [row.ticket for row in queries.unfinished(session, minh)] == [draft]
        assert queries.unfinished(session, lan) == []

    def test_who_calls_back_just_now_is_shown(self, session: Session, lan: Actor, province: Province) -> None:
        before = factories.answered(session)
        draft = typed(session, lan, before)
        filing.dispose(session, lan, before.id, Disposition.DROPPED, now=LATER)
        claims.leave(session, lan, draft.code, now=LATER)
        session.flush()
        found = same_caller.redial(session, self.again(session), LATER)
        assert found is not None
        assert found.calling_back is None
        claims.take(session, province.actor("hoa"), draft.code, now=LATER)
        session.flush()
        session.expire_all()
        found = same_caller.redial(session, self.again(session), LATER)
        assert found is not None
        assert found.calling_back == province.people["hoa"].name

    def test_what_has_an_end_and_other_numbers_are_not_offered(self, session: Session, lan: Actor) -> None:
        draft = typed(session, lan, factories.answered(session))
        session.flush()
        assert same_caller.redial(session, self.again(session, caller="+84913000111"), LATER) is None
        assert same_caller.redial(session, self.again(session, caller=None), LATER) is None
        filing.file(session, lan, draft.code, TYPED, now=LATER)
        session.flush()
        call = self.again(session)
        assert same_caller.redial(session, call, LATER) is None
        with pytest.raises(NotFound):
            same_caller.go_on(session, lan, call.id, draft.code, now=LATER)

    def test_only_who_talks_goes_on(self, session: Session, lan: Actor) -> None:
        draft = typed(session, lan, factories.answered(session))
        session.flush()
        with pytest.raises(NotAllowed):
            same_caller.go_on(session, lan, self.again(session).id, draft.code, now=LATER)


def test_the_agency_is_told_and_the_second_time_its_head(session: Session, lan: Actor) -> None:
    older = typed(session, lan, factories.answered(session))
    filing.file(session, lan, older.code, TYPED, now=MONDAY)
    for _ in range(3):
        draft = filing.open_draft(session, factories.answered(session), now=LATER)
        filing.link(session, lan, draft.code, older.code, now=LATER)
    assert (older.asked_again, told(session, older)) == (3, ["agency", "head", "head"])
