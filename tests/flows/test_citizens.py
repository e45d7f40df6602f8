"""What the citizen says of a ticket, on the site or on the phone: more of it, not fixed, a rating, taken back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Assignment, Attachment, Ticket, TicketEvent
from callcenter.vocab import AssignmentRole, Source, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.agency import assignment, casework, inbox
from tickets.desk import filing, queries
from tickets.life import attachments, files, sweeps
from tickets.life.files import StoredFile
from tickets.oversight import worklist
from tickets.people import citizens, intake
from tickets.people.citizens import CITIZEN
from tickets.rules.handover import Handover

ANSWERED = MONDAY + timedelta(hours=1)
TUESDAY = MONDAY + timedelta(days=1)
DAYS = timedelta(days=1)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    """Light in Mỹ Tho, accepted by the power company, which shows evidence when it answers."""
    report = intake.Report(
        source_ref="1", description="Đèn đường tắt", category="chieu-sang-dien", reporter_phone="0912345678"
    )
    made, _ = intake.receive(session, report, source=Source.APP, sender="app", now=MONDAY)
    assignment.take(session, Handover(ticket=made.code, source=made.source, filed_at=MONDAY), now=MONDAY)
    return casework.accept(session, province.actor("son"), made.code, now=MONDAY)


@pytest.fixture
def photo(tmp_path: Path) -> StoredFile:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "green").save(buffer, "JPEG")
    return files.store(tmp_path, "đèn.jpg", buffer.getvalue())


@pytest.fixture
def answered(session: Session, province: Province, ticket: Ticket, photo: StoredFile) -> Ticket:
    return casework.resolve(
        session, province.actor("son"), ticket.code, text="Đã thay bóng", files=[photo], now=ANSWERED
    )


def test_a_kept_identity_is_not_told_by_the_names_of_its_files(
    session: Session, province: Province, photo: StoredFile
) -> None:
    """Neither on the report nor on what is supplied later, nor in the history that the agency reads."""
    named = replace(photo, name="CCCD Nguyễn Văn Bảy.jpg")
    report = intake.Report(
        source_ref="2", description="Đèn đường tắt", category="chieu-sang-dien", reporter_phone="0912345678",
        keep_identity=True,
    )  # fmt: skip
    made, _ = intake.receive(session, report, source=Source.WEB, sender="web", now=MONDAY, pictures=[named])
    assignment.take(session, Handover(ticket=made.code, source=made.source, filed_at=MONDAY), now=MONDAY)
    son = province.actor("son")
    casework.accept(session, son, made.code, now=MONDAY)
    casework.ask(session, son, made.code, question="Ở đâu?", now=MONDAY)
    factories.posted_twice(
        session, lambda: citizens.supply(session, CITIZEN, made.code, text="Đây", files=[named], now=MONDAY)
    )
    read = queries.ticket(session, son, made.code)
    assert [file.name for file in read.attachments] == ["tep-1.jpg", "tep-1.jpg"]
    assert not [event for event in read.events if "Bảy" in str(event.data)]


def events(session: Session, ticket: Ticket) -> list[TicketEvent]:
    session.flush()
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return list(session.scalars(query))


def in_hand(session: Session, ticket: Ticket) -> list[tuple[int, AssignmentRole]]:
    session.flush()
    query = select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    return [(row.agency_id, row.role) for row in session.scalars(query)]


def test_the_last_rating_counts_and_each_is_on_record(session: Session, answered: Ticket) -> None:
    for _ in range(2):
        citizens.rate(session, CITIZEN, answered.code, stars=2, note="Chậm ", now=TUESDAY)
    assert (answered.rating, answered.rating_note, answered.rated_at) == (2, "Chậm", TUESDAY)
    citizens.rate(session, CITIZEN, answered.code, stars=5, note="", now=TUESDAY + 2 * DAYS)
    assert (answered.rating, answered.rating_note, answered.state) == (5, None, TicketState.RESOLVED)
    rated = [event for event in events(session, answered) if event.move == "rated"]
    assert [(e.actor, e.reason, e.data["stars"], e.data["before"]) for e in rated] == [
        ("citizen", "Chậm", 2, None),
        ("citizen", None, 5, 2),
    ]


def test_a_closed_answer_can_still_be_rated_for_thirty_days(session: Session, answered: Ticket) -> None:
    session.flush()
    sweeps.sweep(session, ANSWERED + 8 * DAYS)
    assert answered.state == TicketState.CLOSED
    citizens.rate(session, CITIZEN, answered.code, stars=4, note="", now=ANSWERED + 30 * DAYS)
    with pytest.raises(Invalid) as refused:
        citizens.rate(session, CITIZEN, answered.code, stars=5, note="", now=ANSWERED + 31 * DAYS)
    assert (refused.value.problems, answered.rating) == ({"stars": "answered_long_ago"}, 4)


@pytest.mark.parametrize(
    ("stars", "note", "problems"),
    [(0, "", {"stars": "unknown_choice"}), (6, "x" * 1001, {"stars": "unknown_choice", "note": "too_long"})],
)
def test_what_is_no_rating(session: Session, answered: Ticket, stars: int, note: str, problems: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        citizens.rate(session, CITIZEN, answered.code, stars=stars, note=note, now=TUESDAY)
    assert (refused.value.problems, answered.rating) == (problems, None)


def test_before_an_answer_there_is_nothing_to_rate_or_to_object_to(session: Session, ticket: Ticket) -> None:
    with pytest.raises(MoveRefused):
        citizens.rate(session, CITIZEN, ticket.code, stars=5, note="", now=TUESDAY)
    with pytest.raises(MoveRefused):
        citizens.not_fixed(session, CITIZEN, ticket.code, reason="vẫn tắt", now=TUESDAY)


def test_not_fixed_goes_back_to_the_same_agency_with_a_new_promise(
    session: Session, province: Province, answered: Ticket
) -> None:
    citizens.rate(session, CITIZEN, answered.code, stars=1, note="", now=TUESDAY)
    with pytest.raises(Invalid) as refused:
        citizens.not_fixed(session, CITIZEN, answered.code, reason=" ", now=TUESDAY)
    assert refused.value.problems == {"reason": "required"}
    factories.posted_twice(
        session, lambda: citizens.not_fixed(session, CITIZEN, answered.code, reason="Đèn vẫn tắt", now=TUESDAY)
    )
    power = province.agencies["power"].id
    assert (answered.state, answered.reopened, answered.resolved_at) == (TicketState.ACCEPTED, 1, None)
    assert in_hand(session, answered) == [(power, AssignmentRole.LEAD)]
    assert answered.answer_due == TUESDAY + 7 * DAYS  # five working days, from now
    assert answered.rating == 1  # what they thought of the first answer is not made better by asking again
    last = events(session, answered)[-1]
    assert (last.move, last.reason, last.actor) == ("reopen", "Đèn vẫn tắt", "citizen")
    (row,) = inbox.in_hand_of(session, province.actor("son"), TUESDAY)
    assert (row.ticket, row.due) == (answered, answered.answer_due)


def test_the_second_answer_needs_its_own_evidence_and_its_own_rating(
    session: Session, province: Province, answered: Ticket, photo: StoredFile
) -> None:
    citizens.rate(session, CITIZEN, answered.code, stars=1, note="", now=ANSWERED)
    citizens.not_fixed(session, CITIZEN, answered.code, reason="Đèn vẫn tắt", now=TUESDAY)
    son, later = province.actor("son"), TUESDAY + timedelta(hours=1)
    session.flush()
    with pytest.raises(Invalid) as refused:
        casework.resolve(session, son, answered.code, text="Đã thay lần nữa", now=later)
    assert refused.value.problems == {"files": "evidence_required"}
    casework.resolve(session, son, answered.code, text="Đã thay lần nữa", files=[photo], now=later)
    citizens.rate(session, CITIZEN, answered.code, stars=1, note="", now=later + DAYS)
    assert [e.data["stars"] for e in events(session, answered) if e.move == "rated"] == [1, 1]


def test_not_fixed_is_said_within_thirty_days_of_the_answer(session: Session, answered: Ticket) -> None:
    session.flush()
    sweeps.sweep(session, ANSWERED + 8 * DAYS)
    with pytest.raises(Invalid) as refused:
        citizens.not_fixed(session, CITIZEN, answered.code, reason="vẫn tắt", now=ANSWERED + 31 * DAYS)
    assert refused.value.problems == {"reason": "answered_long_ago"}
    citizens.not_fixed(session, CITIZEN, answered.code, reason="vẫn tắt", now=ANSWERED + 30 * DAYS)
    assert (answered.state, answered.closed_at) == (TicketState.ACCEPTED, None)


def test_where_the_agency_is_no_more_triage_gets_it(session: Session, province: Province, answered: Ticket) -> None:
    province.agencies["power"].active = False
    factories.posted_twice(
        session, lambda: citizens.not_fixed(session, CITIZEN, answered.code, reason="vẫn tắt", now=TUESDAY)
    )
    assert (answered.state, answered.lead_agency_id, answered.reopened) == (TicketState.TRIAGE, None, 1)
    assert (in_hand(session, answered), answered.triage_due) == ([], TUESDAY + timedelta(hours=1))


def test_more_from_the_citizen_and_the_clock_goes_on(
    session: Session, province: Province, ticket: Ticket, photo: StoredFile
) -> None:
    due = ticket.answer_due
    assert due is not None
    with pytest.raises(MoveRefused):
        citizens.supply(session, CITIZEN, ticket.code, text="Trụ số 12", now=TUESDAY)
    casework.ask(session, province.actor("son"), ticket.code, question="Trụ số mấy?", now=MONDAY)
    with pytest.raises(Invalid) as refused:
        citizens.supply(session, CITIZEN, ticket.code, text=" ", now=TUESDAY)
    assert refused.value.problems == {"text": "required"}
    factories.posted_twice(
        session, lambda: citizens.supply(session, CITIZEN, ticket.code, text="Trụ số 12", files=[photo], now=TUESDAY)
    )
    assert (ticket.state, ticket.waiting_since, ticket.paused_minutes) == (TicketState.ACCEPTED, None, 450)
    assert ticket.answer_due == due + DAYS
    (kept,) = session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).all()
    assert (kept.purpose, kept.name) == (attachments.SUPPLIED, "đèn.jpg")
    last = events(session, ticket)[-1]
    assert (last.move, last.reason, last.data["files"]) == ("supply", "Trụ số 12", ["đèn.jpg"])


def test_a_picture_alone_says_enough(session: Session, province: Province, ticket: Ticket, photo: StoredFile) -> None:
    casework.ask(session, province.actor("son"), ticket.code, question="Có ảnh không?", now=MONDAY)
    citizens.supply(session, CITIZEN, ticket.code, text="", files=[photo], now=TUESDAY)
    assert (ticket.state, events(session, ticket)[-1].reason) == (TicketState.ACCEPTED, None)


def test_a_citizen_who_says_nothing_holds_up_nobody(session: Session, province: Province, ticket: Ticket) -> None:
    due = ticket.answer_due
    assert due is not None
    casework.ask(session, province.actor("son"), ticket.code, question="Trụ số mấy?", now=MONDAY)
    session.flush()
    over = MONDAY + 14 * DAYS  # ten working days
    assert sweeps.sweep(session, over - timedelta(seconds=1)) == 0
    assert sweeps.sweep(session, over + timedelta(hours=1)) == 1  # the sweep was late; that is not the agency's gain
    assert (ticket.state, ticket.waiting_since, ticket.paused_minutes) == (TicketState.ACCEPTED, None, 4500)
    assert ticket.answer_due == due + 14 * DAYS
    last = events(session, ticket)[-1]
    assert (last.move, last.actor) == ("wait_over", "time")
    with pytest.raises(MoveRefused):
        citizens.supply(session, CITIZEN, ticket.code, text="Trụ số 12", now=over + timedelta(hours=2))
    assert sweeps.sweep(session, ticket.answer_due) == 1
    assert events(session, ticket)[-1].data["clock"] == "answer"


def test_what_was_late_before_the_question_is_noted_once(session: Session, province: Province, ticket: Ticket) -> None:
    assert ticket.answer_due is not None
    late = ticket.answer_due + timedelta(hours=1)
    session.flush()
    assert sweeps.sweep(session, late) == 1
    casework.ask(session, province.actor("son"), ticket.code, question="Trụ số mấy?", now=late)
    citizens.supply(session, CITIZEN, ticket.code, text="Trụ số 12", now=late + DAYS)
    session.flush()
    assert sweeps.sweep(session, late + DAYS) == 0


@pytest.mark.parametrize("prepare", ["accepted", "waiting", "awaiting_approval", "triage"])
def test_taken_back_nobody_works_on_it(session: Session, province: Province, ticket: Ticket, prepare: str) -> None:
    son = province.actor("son")
    match prepare:
        case "waiting":
            casework.ask(session, son, ticket.code, question="Trụ số mấy?", now=MONDAY)
        case "triage":
            casework.give_back(session, son, ticket.code, reason="không phải trụ của chúng tôi", now=MONDAY)
        case "awaiting_approval":
            province.agencies["power"].needs_approval = True
            assert ticket.category is not None
            ticket.category.evidence_required = False
            casework.resolve(session, son, ticket.code, text="Đã thay bóng", now=MONDAY)
    assert ticket.state == prepare
    factories.posted_twice(session, lambda: citizens.withdraw(session, CITIZEN, ticket.code, reason="", now=TUESDAY))
    assert (ticket.state, ticket.closed_at, ticket.waiting_since) == (TicketState.WITHDRAWN, TUESDAY, None)
    assert (in_hand(session, ticket), events(session, ticket)[-1].actor) == ([], "citizen")


def test_an_answered_ticket_is_not_taken_back(session: Session, answered: Ticket) -> None:
    with pytest.raises(MoveRefused):
        citizens.withdraw(session, CITIZEN, answered.code, reason="", now=TUESDAY)


def test_a_call_back_is_ended_by_reaching_the_number_alone(session: Session, province: Province) -> None:
    filing.settle_call(session, factories.missed(session), now=MONDAY)
    (task,) = (row.ticket for row in worklist.callbacks(session, MONDAY))
    assert citizens.open_to(session, task, MONDAY) == frozenset()
    with pytest.raises(MoveRefused):
        citizens.withdraw(session, CITIZEN, task.code, reason="", now=MONDAY)
    filing.close_callback(session, province.actor("lan"), task.code, note="Đã gặp", now=MONDAY)
    with pytest.raises(MoveRefused):
        citizens.not_fixed(session, CITIZEN, task.code, reason="vẫn tắt", now=MONDAY)
    with pytest.raises(MoveRefused):
        citizens.rate(session, CITIZEN, task.code, stars=5, note="", now=MONDAY)


SAYINGS: dict[str, Callable[..., Ticket]] = {
    "rate": lambda *who: citizens.rate(*who, stars=5, note="", now=TUESDAY),
    "not_fixed": lambda *who: citizens.not_fixed(*who, reason="vẫn tắt", now=TUESDAY),
    "supply": lambda *who: citizens.supply(*who, text="Trụ số 12", now=TUESDAY),
    "withdraw": lambda *who: citizens.withdraw(*who, reason="đã tự sửa", now=TUESDAY),
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_the_desk_writes_down_what_is_said_on_the_phone_and_nobody_else_does(
    session: Session, province: Province, ticket: Ticket, photo: StoredFile, saying: str
) -> None:
    son = province.actor("son")
    if saying == "supply":
        casework.ask(session, son, ticket.code, question="Trụ số mấy?", now=MONDAY)
    elif saying != "withdraw":
        casework.resolve(session, son, ticket.code, text="Đã thay bóng", files=[photo], now=ANSWERED)
    assert saying in citizens.open_to(session, ticket, TUESDAY)
    for actor in (son, province.actor("thu"), Actor.rule("app")):
        with pytest.raises(NotAllowed):
            SAYINGS[saying](session, actor, ticket.code)
    SAYINGS[saying](session, province.actor("lan"), ticket.code)
    assert events(session, ticket)[-1].actor == "Nguyễn Thị Lan"
    with pytest.raises(NotFound):
        SAYINGS[saying](session, CITIZEN, "000000000")


def test_pages_offer_what_can_be_said_now(session: Session, province: Province, answered: Ticket) -> None:
    assert citizens.open_to(session, answered, TUESDAY) == {"rate", "not_fixed"}
    assert citizens.open_to(session, answered, ANSWERED + 31 * DAYS) == frozenset()
    citizens.not_fixed(session, CITIZEN, answered.code, reason="vẫn tắt", now=TUESDAY)
    assert citizens.open_to(session, answered, TUESDAY) == {"withdraw"}
    casework.ask(session, province.actor("son"), answered.code, question="Trụ số mấy?", now=TUESDAY)
    assert citizens.open_to(session, answered, TUESDAY) == {"withdraw", "supply"}
