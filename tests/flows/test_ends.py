"""Answered at once, and complaints and denunciations: two ends of a call that no agency has a part in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Assignment, CallBack, Grievance, OutboxRow, TicketEvent
from callcenter.vocab import Disposition, GrievanceKind, Source, TicketKind, TicketState
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.actors import Actor
from tickets.desk import at_once, filing, grievances, queries, same_caller
from tickets.figures import exports
from tickets.finding import search
from tickets.life import sweeps
from tickets.people import citizens, tracking
from tickets.rules import metrics
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=3)
ASKED = TicketFields(category_code="khac", ward_code="28249", description="Làm giấy khai sinh ở đâu?")
TOLD = "Tại Trung tâm Phục vụ hành chính công phường, mang theo giấy chứng sinh."
SAID = "Chủ tịch xã nhận tiền để cấp sổ đỏ"


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def lan(province: Province) -> Actor:
    return province.actor("lan")


class TestAtOnce:
    def answer(self, session: Session, lan: Actor, code: str, text: str = TOLD, fields: TicketFields = ASKED) -> object:
        return at_once.answer(session, lan, code, replace(fields, answer=text), version=None, now=LATER)

    def test_it_is_answered_and_no_agency_gets_it(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        for _ in range(2):
            assert self.answer(session, lan, draft.code) is draft
        assert (draft.kind, draft.tier, draft.state) == (TicketKind.INQUIRY, 1, TicketState.RESOLVED)
        assert (draft.resolution, draft.filed_at, draft.resolved_at) == (TOLD, LATER, LATER)
        assert session.scalars(select(OutboxRow)).all() == []
        assert session.scalars(select(Assignment)).all() == []

    def test_it_counts_as_solved_at_the_first_contact(self, session: Session, lan: Actor) -> None:
        one, two = (filing.open_draft(session, factories.answered(session), now=MONDAY) for _ in range(2))
        self.answer(session, lan, one.code)
        filing.file(session, lan, two.code, ASKED, now=LATER)
        session.flush()
        found = metrics.ticket_figures(exports.export_tickets(session, None, None))["fcr"]
        assert (found.value, found.n) == (0.5, 2)

    def test_the_citizen_looks_it_up_and_rates_it(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        self.answer(session, lan, draft.code)
        session.flush()
        assert tracking.by_phone(session, draft.code, CALLER[-4:]).answer == TOLD
        assert {"rate", "not_fixed"} <= tracking.journey(session, draft.code, LATER).may
        citizens.rate(session, citizens.CITIZEN, draft.code, stars=5, note="", now=LATER)
        assert draft.rating == 5
        sweeps.sweep(session, LATER + timedelta(days=8))
        assert draft.state == TicketState.CLOSED

    @pytest.mark.parametrize("end", ["file", "link", "prank", "emergency_passed", "guide", "put_aside"])
    def test_no_other_end_drops_an_answer_that_was_typed(self, session: Session, lan: Actor, end: str) -> None:
        older = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.file(session, lan, older.code, ASKED, now=MONDAY)
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        if end == "put_aside":
            draft = filing.new_ticket(session, lan, source=Source.COUNTER, now=MONDAY)
        filing.save_draft(session, lan, draft.code, replace(ASKED, answer=TOLD), version=None, now=MONDAY)
        ends = {
            "file": lambda: filing.file(session, lan, draft.code, ASKED, now=LATER),
            "link": lambda: filing.link(session, lan, draft.code, older.code, now=LATER),
            "guide": lambda: TestGrievance().guide(session, lan, draft.code),
            "put_aside": lambda: same_caller.put_aside(session, lan, draft.code, reason="nhầm", now=LATER),
        }
        with pytest.raises(Invalid) as refused:
            ends.get(end, lambda: filing.dispose(session, lan, call.id, Disposition(end), now=LATER))()
        assert refused.value.problems == {"answer": "answer_left"}
        assert (draft.state, draft.resolution, call.disposition) == (TicketState.DRAFT, TOLD, None)

    def test_a_cleared_answer_stands_in_no_ones_way(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.save_draft(session, lan, draft.code, replace(ASKED, answer=TOLD), version=None, now=MONDAY)
        filing.file(session, lan, draft.code, replace(ASKED, answer=" "), now=LATER)
        assert (draft.state, draft.resolution, draft.tier) == (TicketState.FILED, None, None)

    def test_a_dropped_caller_is_called_back_with_the_answer_that_was_begun(self, session: Session, lan: Actor) -> None:
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        filing.save_draft(session, lan, draft.code, replace(ASKED, answer=TOLD), version=None, now=MONDAY)
        filing.dispose(session, lan, call.id, Disposition.DROPPED, now=LATER)
        task = session.scalars(select(CallBack)).one()
        assert (task.code, task.resolution) == (draft.code, TOLD)

    def test_where_it_did_not_help_a_person_places_it(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        self.answer(session, lan, draft.code)
        citizens.not_fixed(session, citizens.CITIZEN, draft.code, reason="Đến nơi không ai nhận", now=LATER)
        assert (draft.state, draft.resolution) == (TicketState.TRIAGE, None)

    def test_field_place_and_answer_are_asked_for_at_once(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        with pytest.raises(Invalid) as refused:
            self.answer(session, lan, draft.code, "", TicketFields(description="Hỏi gì đó"))
        assert set(refused.value.problems) == {"category_code", "ward_code", "answer"}
        assert draft.state == TicketState.DRAFT


class TestGrievance:
    def guide(self, session: Session, actor: Actor, code: str, kind: str = "denunciation") -> Grievance:
        said = {"against": "Chủ tịch UBND xã", "summary": SAID}
        return grievances.guide(session, actor, code, GrievanceKind(kind), now=LATER, **said)

    @pytest.mark.parametrize("kind", GrievanceKind)
    def test_the_words_are_in_the_record_and_nowhere_else(self, session: Session, lan: Actor, kind: str) -> None:
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        typed = TicketFields(**{**vars(ASKED), "description": SAID, "reporter_name": "Bà Sáu"})
        filing.save_draft(session, lan, draft.code, typed, version=None, now=MONDAY)
        one, two = (self.guide(session, lan, draft.code, kind) for _ in range(2))
        assert one is two
        assert (one.summary, one.reporter_name, one.reporter_phone, one.call_id) == (SAID, "Bà Sáu", CALLER, call.id)
        assert call.disposition == Disposition(f"{kind}_guided")
        assert (draft.state, draft.description, draft.reporter_name) == (TicketState.DISCARDED, "", "")
        events = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == draft.id)).all()
        assert not any(SAID in f"{event.reason} {event.data}" for event in events)
        assert not search.search(session, lan, search.SearchQuery(text="sổ đỏ")).tickets

    def test_no_agency_and_no_citizen_finds_it(self, session: Session, lan: Actor, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        self.guide(session, lan, draft.code)
        session.flush()
        assert session.scalars(select(OutboxRow)).all() == []
        with pytest.raises(NotFound):
            tracking.by_phone(session, draft.code, CALLER[-4:])
        for officer in ("thu", "son", "tam", "viet", "ngoc"):
            with pytest.raises(NotFound):
                queries.ticket(session, province.actor(officer), draft.code)
        with pytest.raises(MoveRefused):
            filing.file(session, province.actor("hoa"), draft.code, ASKED, now=LATER)

    def test_somebody_at_the_counter_is_guided_too(self, session: Session, lan: Actor) -> None:
        draft = filing.new_ticket(session, lan, source=Source.COUNTER, now=MONDAY)
        record = self.guide(session, lan, draft.code, "complaint")
        assert (record.call_id, draft.state) == (None, TicketState.DISCARDED)

    def test_only_leaders_read_the_records(self, session: Session, lan: Actor, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        record = self.guide(session, lan, draft.code)
        assert list(grievances.recent(session, province.actor("hoa"))) == [record]
        for reader in ("lan", "son"):
            with pytest.raises(NotAllowed):
                grievances.recent(session, province.actor(reader))

    def test_without_a_word_of_what_was_said_there_is_no_record(self, session: Session, lan: Actor) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        with pytest.raises(Invalid):
            grievances.guide(session, lan, draft.code, GrievanceKind.COMPLAINT, against="", summary=" ", now=LATER)
