"""The clocks of a ticket, from the province's targets and calendar in the database."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import CalendarDay, SlaTarget, Ticket
from callcenter.vocab import Clock, Level
from tickets.sla import Calendar, Target, due_at

# Where the province has said nothing: DESIGN's defaults, in minutes; to be confirmed by the province.
DEFAULTS: dict[tuple[Level, Clock], Target] = {
    (Level.URGENT, Clock.TRIAGE): Target(15, working_time=False),
    (Level.URGENT, Clock.ACCEPT): Target(60, working_time=False),
    (Level.URGENT, Clock.ANSWER): Target(4 * 60, working_time=False),
    (Level.NORMAL, Clock.TRIAGE): Target(60, working_time=True),
    (Level.NORMAL, Clock.ACCEPT): Target(8 * 60, working_time=True),
    (Level.NORMAL, Clock.ANSWER): Target(5 * 450, working_time=True),
    (Level.COMPLEX, Clock.TRIAGE): Target(60, working_time=True),
    (Level.COMPLEX, Clock.ACCEPT): Target(8 * 60, working_time=True),
    (Level.COMPLEX, Clock.ANSWER): Target(10 * 450, working_time=True),
}


def calendar(session: Session) -> Calendar:
    days = session.execute(select(CalendarDay.day, CalendarDay.working))
    return Calendar(exceptions={day: working for day, working in days})


def target(session: Session, level: Level, clock: Clock) -> Target:
    row = session.get(SlaTarget, (level, clock))
    return Target(row.minutes, row.working_time) if row else DEFAULTS[level, clock]


def triage_due(session: Session, ticket: Ticket) -> datetime | None:
    return _due(session, ticket, Clock.TRIAGE, ticket.filed_at)


def start_agency_clocks(session: Session, ticket: Ticket, now: datetime) -> None:
    """Accepting counts from the hand-over; answering from the filing, whoever has had it since."""
    ticket.accept_due = _due(session, ticket, Clock.ACCEPT, now)
    ticket.answer_due = _due(session, ticket, Clock.ANSWER, ticket.filed_at or now)


def _due(session: Session, ticket: Ticket, clock: Clock, start: datetime | None) -> datetime | None:
    if start is None:
        return None
    return due_at(start, target(session, ticket.level, clock), calendar(session))
