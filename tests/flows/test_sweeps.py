"""Time passes on a real database: clocks run out once, answers close by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Ticket, TicketEvent
from callcenter.vocab import Source, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.agency import assignment, casework
from tickets.life import sweeps
from tickets.people.intake import Report, receive
from tickets.rules.handover import Handover


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    """Urgent water in Mỹ Tho, routed on a Monday at nine: to be accepted by ten, answered by one."""
    report = Report(
        source_ref="1", description="Vỡ ống", category="cap-thoat-nuoc", level="urgent", reporter_phone="0912345678"
    )
    made, _ = receive(session, report, source=Source.APP, sender="app", now=MONDAY)
    assignment.take(session, Handover(ticket=made.code, source=made.source, filed_at=MONDAY), now=MONDAY)
    session.flush()
    return made


def breaches(session: Session) -> list[str]:
    session.flush()
    query = select(TicketEvent.data).where(TicketEvent.move == "breached").order_by(TicketEvent.id)
    return [data["clock"] for data in session.scalars(query)]


def test_each_clock_is_noted_once(session: Session, ticket: Ticket) -> None:
    for minutes in (59, 60, 61, 240, 300):
        sweeps.sweep(session, MONDAY + timedelta(minutes=minutes))
        session.flush()
    assert breaches(session) == ["accept", "answer"]


def test_a_clock_that_was_kept_is_not_noted(session: Session, ticket: Ticket, province: Province) -> None:
    thu = province.actor("thu")
    casework.accept(session, thu, ticket.code, now=MONDAY)
    casework.resolve(session, thu, ticket.code, text="Đã sửa", now=MONDAY + timedelta(minutes=30))
    session.flush()
    assert sweeps.sweep(session, MONDAY + timedelta(days=1)) == 0


def test_a_new_agency_gets_a_new_clock(session: Session, ticket: Ticket, province: Province) -> None:
    sweeps.sweep(session, MONDAY + timedelta(minutes=70))
    session.flush()
    power = province.agencies["power"].id
    later = MONDAY + timedelta(minutes=80)
    casework.assign(session, province.actor("phuc"), ticket.code, power, reason="nhầm", now=later)
    session.flush()
    assert sweeps.sweep(session, later + timedelta(minutes=59)) == 0
    assert sweeps.sweep(session, later + timedelta(minutes=61)) == 1
    assert breaches(session) == ["accept", "accept"]


def test_what_nobody_objects_to_is_closed(session: Session, ticket: Ticket, province: Province) -> None:
    thu = province.actor("thu")
    casework.accept(session, thu, ticket.code, now=MONDAY)
    casework.resolve(session, thu, ticket.code, text="Đã sửa", now=MONDAY)
    session.flush()
    sweeps.sweep(session, MONDAY + timedelta(days=6))
    assert ticket.state == TicketState.RESOLVED
    sweeps.sweep(session, MONDAY + timedelta(days=7))
    assert (ticket.state, ticket.closed_at) == (TicketState.CLOSED, MONDAY + timedelta(days=7))
