"""A call's ticket on a real database: opened when it rings, saved, filed, linked, ended, or called back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from callcenter import models
from callcenter.errors import Invalid, MoveRefused, NotAllowed, Stale
from callcenter.models import Call, CallBack, OutboxRow, Ticket, TicketCall, TicketEvent, TicketOrCallBack
from callcenter.vocab import Disposition, Outcome, Source, Stage, TicketKind, TicketState
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.desk import filing, queries
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=3)
FIELDS = TicketFields(
    category_code="cap-thoat-nuoc",
    ward_code="28249",
    address="12 Hùng Vương",
    description="Nước ngập đến đầu gối từ tối qua",
    reporter_name="Ông Ba",
)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def moves(session: Session, ticket: TicketOrCallBack) -> list[str]:
    session.flush()
    query = select(TicketEvent.move).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return list(session.scalars(query))


def callbacks(session: Session) -> list[CallBack]:
    return list(session.scalars(select(CallBack).order_by(CallBack.id)))


class TestDraft:
    def test_one_draft_a_call_however_often_it_is_recorded(self, session: Session, province: Province) -> None:
        call = factories.call(session)
        drafts = {filing.open_draft(session, call, now=MONDAY).id for _ in range(3)}
        assert len(drafts) == 1
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1

    def test_it_belongs_to_the_last_operator_who_talked(self, session: Session, province: Province) -> None:
        call = factories.call(session, rang=["101", "102"], ringing=["101", "102"])
        draft = filing.open_draft(session, call, now=MONDAY)
        assert draft.owner_id is None
        call.operators = ["102"]
        assert filing.open_draft(session, call, now=MONDAY).owner_id == province.people["minh"].id
        call.operators = ["102", "101"]
        assert filing.open_draft(session, call, now=MONDAY).owner_id == province.people["lan"].id

    def test_whom_it_rings_may_type_before_anybody_owns_it(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.call(session), now=MONDAY)
        with pytest.raises(NotAllowed):
            filing.save_draft(session, province.actor("minh"), draft.code, FIELDS, version=None, now=LATER)
        saved = filing.save_draft(session, province.actor("lan"), draft.code, FIELDS, version=draft.version, now=LATER)
        assert (saved.description, saved.owner_id) == (FIELDS.description, province.people["lan"].id)

    def test_nothing_is_required_to_save_and_an_empty_text_clears(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        lan = province.actor("lan")
        filing.save_draft(session, lan, draft.code, FIELDS, version=None, now=LATER)
        filing.save_draft(session, lan, draft.code, TicketFields(ward_code="", address=""), version=None, now=LATER)
        assert (draft.ward_code, draft.address, draft.category_code) == (None, "", "cap-thoat-nuoc")

    def test_two_people_cannot_overwrite_each_other_silently(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        read = draft.version
        filing.save_draft(session, province.actor("lan"), draft.code, FIELDS, version=read, now=LATER)
        with pytest.raises(Stale):
            filing.save_draft(session, province.actor("hoa"), draft.code, FIELDS, version=read, now=LATER)

    def test_a_ward_or_category_that_does_not_exist_is_named(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        unknown = TicketFields(ward_code="1", category_code="x")
        with pytest.raises(Invalid) as refused:
            filing.save_draft(session, province.actor("lan"), draft.code, unknown, version=None, now=LATER)
        assert set(refused.value.problems) == {"ward_code", "category_code"}


class TestFile:
    def test_filing_starts_the_clocks_and_promises_the_hand_over(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.file(session, province.actor("lan"), draft.code, FIELDS, now=LATER)
        assert (draft.state, draft.filed_at) == (TicketState.FILED, LATER)
        assert draft.triage_due == LATER + timedelta(hours=1)
        (row,) = session.scalars(select(OutboxRow)).all()
        assert row.payload == {
            "version": 1,
            "ticket": draft.code,
            "source": "hotline",
            "category": "cap-thoat-nuoc",
            "ward": "28249",
            "level": "normal",
            "filed_at": "2026-11-23T02:03:00Z",
        }
        assert moves(session, draft) == ["open", "file"]

    def test_a_stale_tab_is_not_told_that_its_words_were_filed(self, session: Session, province: Province) -> None:
        lan = province.actor("lan")
        draft = filing.new_ticket(session, lan, source=Source.COUNTER, now=MONDAY)
        fields = replace(FIELDS, reporter_phone="0905123456")
        filing.file(session, lan, draft.code, fields, now=MONDAY)
        assert filing.file(session, lan, draft.code, fields, now=LATER) is draft
        with pytest.raises(MoveRefused):
            filing.file(session, lan, draft.code, replace(fields, description="Chữ của thẻ kia"), now=LATER)
        assert draft.description == FIELDS.description

    def test_a_double_click_files_once(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        for _ in range(2):
            filing.file(session, province.actor("lan"), draft.code, FIELDS, version=1, now=LATER)
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 1

    def test_everything_missing_is_said_at_once(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session, caller=None, caller_raw="anonymous"), now=MONDAY)
        with pytest.raises(Invalid) as refused:
            filing.file(session, province.actor("lan"), draft.code, TicketFields(), now=LATER)
        assert set(refused.value.problems) == {"category_code", "description", "reporter_phone"}

    def test_what_is_filed_cannot_be_saved_as_a_draft_again(self, session: Session, province: Province) -> None:
        draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.file(session, province.actor("lan"), draft.code, FIELDS, now=LATER)
        with pytest.raises(MoveRefused):
            filing.save_draft(session, province.actor("lan"), draft.code, FIELDS, version=None, now=LATER)

    def test_history_cannot_be_rewritten(self, session: Session, province: Province) -> None:
        filing.open_draft(session, factories.call(session), now=MONDAY)
        session.flush()
        with pytest.raises(DBAPIError, match="append-only"):
            session.execute(text("UPDATE ticket_event SET reason = 'x'"))


class TestLink:
    def test_the_caller_asks_again(self, session: Session, province: Province) -> None:
        lan = province.actor("lan")
        older = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.file(session, lan, older.code, FIELDS, now=MONDAY)
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=LATER)
        for _ in range(2):
            filing.link(session, lan, draft.code, older.code, now=LATER)
        assert (draft.state, draft.parent_id, older.asked_again) == (TicketState.LINKED, older.id, 1)
        assert session.get_one(TicketCall, (older.id, call.id)).relation == "asked_again"
        assert moves(session, older) == ["open", "file", "asked_again"]

    def test_a_wrong_link_is_undone(self, session: Session, province: Province) -> None:
        lan = province.actor("lan")
        older = filing.open_draft(session, factories.answered(session), now=MONDAY)
        filing.file(session, lan, older.code, FIELDS, now=MONDAY)
        draft = filing.open_draft(session, factories.answered(session), now=LATER)
        filing.link(session, lan, draft.code, older.code, now=LATER)
        session.flush()
        filing.unlink(session, lan, draft.code, now=LATER)
        assert (draft.state, draft.parent_id, older.asked_again) == (TicketState.DRAFT, None, 0)

    def test_a_draft_is_no_parent(self, session: Session, province: Province) -> None:
        one = filing.open_draft(session, factories.answered(session), now=MONDAY)
        two = filing.open_draft(session, factories.answered(session), now=MONDAY)
        with pytest.raises(MoveRefused):
            filing.link(session, province.actor("lan"), one.code, two.code, now=LATER)


class TestDisposition:
    def test_the_draft_ends_and_the_call_says_how(self, session: Session, province: Province) -> None:
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        filing.dispose(session, province.actor("lan"), call.id, Disposition.PRANK, note="trẻ em gọi chơi", now=LATER)
        assert (draft.state, call.disposition, call.disposed_at) == (TicketState.DISCARDED, Disposition.PRANK, LATER)
        assert queries.unfinished(session, province.actor("lan")) == []

    def test_a_dropped_caller_is_called_back_with_what_was_typed(self, session: Session, province: Province) -> None:
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        filing.save_draft(session, province.actor("lan"), draft.code, FIELDS, version=None, now=LATER)
        filing.dispose(session, province.actor("lan"), call.id, Disposition.DROPPED, now=LATER)
        (task,) = callbacks(session)
        assert (task.code, task.kind, task.state) == (draft.code, TicketKind.CALLBACK, TicketState.FILED)
        assert task.description == FIELDS.description

    def test_rules_set_automatic_ones_people_do_not(self, session: Session, province: Province) -> None:
        call = factories.answered(session)
        with pytest.raises(Invalid):
            filing.dispose(session, province.actor("lan"), call.id, Disposition.SHORT_ABANDON, now=LATER)

    def test_another_operator_cannot_end_it(self, session: Session, province: Province) -> None:
        call = factories.answered(session)
        filing.open_draft(session, call, now=MONDAY)
        with pytest.raises(NotAllowed):
            filing.dispose(session, province.actor("minh"), call.id, Disposition.SILENT, now=LATER)


class TestUnanswered:
    def test_the_draft_that_rang_becomes_the_call_back(self, session: Session, province: Province) -> None:
        call = factories.missed(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        for _ in range(2):
            filing.settle_call(session, call, now=LATER)
        assert [(task.id, task.code, task.state) for task in callbacks(session)] == [
            (draft.id, draft.code, TicketState.FILED)
        ]

    def test_further_missed_calls_of_the_number_join_it(self, session: Session, province: Province) -> None:
        for _ in range(3):
            call = factories.missed(session)
            filing.open_draft(session, call, now=MONDAY)
            filing.settle_call(session, call, now=LATER)
        (task,) = callbacks(session)
        session.flush()
        assert session.scalar(select(func.count()).where(TicketCall.ticket_id == task.id)) == 3
        assert moves(session, task) == ["open", "expect_call_back", "missed_again", "missed_again"]

    def test_settling_again_after_it_was_done_makes_no_second_one(self, session: Session, province: Province) -> None:
        call = factories.missed(session, rang=[])
        filing.settle_call(session, call, now=LATER)
        (task,) = callbacks(session)
        filing.close_callback(session, province.actor("lan"), task.code, note="đã gọi lại", now=LATER)
        filing.settle_call(session, call, now=LATER)
        assert len(callbacks(session)) == 1

    def test_a_call_that_never_rang_makes_one_too(self, session: Session, province: Province) -> None:
        filing.settle_call(session, factories.missed(session, rang=[], outcome=Outcome.TIMEOUT, stage=None), now=LATER)
        assert [task.caller for task in callbacks(session)] == [CALLER]

    def test_short_ones_get_a_disposition_and_no_ticket(self, session: Session, province: Province) -> None:
        call = factories.missed(session, wait_s=2.0)
        draft = filing.open_draft(session, call, now=MONDAY)
        filing.settle_call(session, call, now=LATER)
        assert (call.disposition, draft.state) == (Disposition.SHORT_ABANDON, TicketState.DISCARDED)

    def test_a_withheld_message_is_kept_for_itself(self, session: Session, province: Province) -> None:
        for _ in range(2):
            voicemail = factories.missed(session, caller=None, outcome=Outcome.VOICEMAIL, stage=None, rang=[])
            filing.settle_call(session, voicemail, now=LATER)
        assert len(callbacks(session)) == 2

    def test_test_numbers_count_nowhere(self, session: Session, province: Province) -> None:
        session.add(models.TestNumber(number=CALLER, note="máy thử"))
        call = factories.missed(session, stage=Stage.PROMPT)
        filing.settle_call(session, call, now=LATER)
        assert call.disposition == Disposition.TEST

    def test_an_answered_call_is_the_operators(self, session: Session, province: Province) -> None:
        call = factories.answered(session)
        draft = filing.open_draft(session, call, now=MONDAY)
        filing.settle_call(session, call, now=LATER)
        (row,) = queries.unfinished(session, province.actor("lan"))
        assert (row.ticket, row.call) == (draft, call)


class TestReached:
    def _open(self, session: Session) -> CallBack:
        filing.settle_call(session, factories.missed(session), now=MONDAY)
        return callbacks(session)[-1]

    @pytest.mark.parametrize(("talk_s", "closed"), [(15.0, True), (14.9, False)])
    def test_a_later_talk_with_something_noted_closes_it(
        self, session: Session, province: Province, talk_s: float, closed: bool
    ) -> None:
        task = self._open(session)
        draft = filing.open_draft(session, factories.answered(session, talk_s=talk_s), now=LATER)
        filing.file(session, province.actor("lan"), draft.code, FIELDS, now=LATER)
        assert (task.state == TicketState.CLOSED) is closed

    @pytest.mark.parametrize(("disposition", "closed"), [("informed", True), ("silent", False), ("prank", False)])
    def test_silence_does_not_close_it(
        self, session: Session, province: Province, disposition: str, closed: bool
    ) -> None:
        task = self._open(session)
        call = factories.answered(session)
        filing.open_draft(session, call, now=LATER)
        filing.dispose(session, province.actor("lan"), call.id, Disposition(disposition), now=LATER)
        assert (task.state == TicketState.CLOSED) is closed


def test_a_draft_without_a_call(session: Session, province: Province) -> None:
    ticket = filing.new_ticket(session, province.actor("lan"), source=Source.COUNTER, now=MONDAY)
    filled = TicketFields(**{**vars(FIELDS), "reporter_phone": "0912 345 678"})
    filing.file(session, province.actor("lan"), ticket.code, filled, now=LATER)
    assert (ticket.source, ticket.reporter_phone, session.scalar(select(func.count()).select_from(Call))) == (
        Source.COUNTER,
        "+84912345678",
        0,
    )
