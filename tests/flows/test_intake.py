"""Reports of the app and the web come through the same door to the same queue, and only once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.errors import Invalid
from callcenter.models import OutboxRow, Ticket
from callcenter.vocab import Source, TicketState
from tests import factories
from tests.factories import MONDAY
from tickets.people import intake
from tickets.people.intake import Report

REPORT = Report(
    source_ref="app-77",
    description="Đèn đường hỏng ba ngày nay",
    category="chieu-sang-dien",
    ward="28249",
    reporter_phone="0912 345 678",
)


@pytest.fixture(autouse=True)
def province(session: Session) -> factories.Province:
    return factories.province(session)


def test_a_report_is_filed_and_promised(session: Session) -> None:
    ticket, created = intake.receive(session, REPORT, source=Source.APP, sender="TienGiangS", now=MONDAY)
    session.flush()
    assert created
    assert (ticket.state, ticket.reporter_phone) == (TicketState.FILED, "+84912345678")
    (row,) = session.scalars(select(OutboxRow)).all()
    assert (row.queue, row.payload["source"], row.ticket_id) == ("agency-routing", "app", ticket.id)


def test_the_same_report_sent_by_many_at_once_is_one_ticket(engine: Engine) -> None:
    def send(_: int) -> tuple[str, bool]:
        with transaction(engine) as session:
            ticket, created = intake.receive(session, REPORT, source=Source.APP, sender="TienGiangS", now=MONDAY)
            return ticket.code, created

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert len({code for code, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1


def test_two_doors_may_use_the_same_number(session: Session) -> None:
    for source in (Source.APP, Source.WEB):
        assert intake.receive(session, REPORT, source=source, sender="x", now=MONDAY)[1]
    assert session.scalar(select(func.count()).select_from(Ticket)) == 2


def test_codes_that_do_not_exist_are_named(session: Session) -> None:
    report = REPORT.model_copy(update={"category": "x", "ward": "y"})
    with pytest.raises(Invalid) as refused:
        intake.receive(session, report, source=Source.APP, sender="x", now=MONDAY)
    assert set(refused.value.problems) == {"category", "ward"}


@pytest.mark.parametrize(
    "change",
    [
        {"reporter_phone": "12"},
        {"description": "ok"},
        {"description": "đèn hỏng\x00"},
        {"source_ref": ""},
        {"latitude": 91},
        {"level": "asap"},
        {"unknown": 1},
        {"description": "x" * 10_001},
    ],
)
def test_what_cannot_be_used_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Report.model_validate({**REPORT.model_dump(), **change})


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"reporter_phone": ""}, {"reporter_phone": "required"}),
        ({"reporter_phone": "113"}, {"reporter_phone": "phone_unreadable"}),
        ({"description": "ok", "address": "x" * 501}, {"description": "required", "address": "too_long"}),
        ({"description": "đèn hỏng\x00"}, {"description": "invalid"}),
        ({"latitude": 91}, {"latitude": "less_than_equal"}),
    ],
)
def test_what_is_wrong_has_the_hotline_s_own_words(change: dict[str, object], problems: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Report.model_validate({**REPORT.model_dump(), **change})
    assert intake.problems_of(refused.value) == problems
