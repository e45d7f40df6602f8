"""The clocks of a ticket, from the province's targets and calendar in the database."""

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import answers
from callcenter.models import CalendarDay, SlaTarget, Ticket, WorkingPeriod
from callcenter.vocab import Clock, Level
from tickets.rules import policy
from tickets.rules.policy import Target
from tickets.rules.sla import Calendar, due_after_wait, due_at, wait_ends, working_time_between


def calendar(session: Session) -> Calendar:
    return answers.once(session, "calendar", lambda: _calendar(session))


def _calendar(session: Session) -> Calendar:
    days = session.execute(select(CalendarDay.day, CalendarDay.working))
    week: dict[int, tuple[tuple[time, time], ...]] = {}
    for row in session.scalars(select(WorkingPeriod).order_by(WorkingPeriod.weekday, WorkingPeriod.opens)):
        week[row.weekday] = (*week.get(row.weekday, ()), (row.opens, row.closes))
    return Calendar(exceptions={day: working for day, working in days}, week=week)


def target(session: Session, level: Level, clock: Clock) -> Target:
    row = session.get(SlaTarget, (level, clock))
    return Target(row.minutes, row.working_time) if row else policy.TARGETS[level, clock]


def triage_due(session: Session, ticket: Ticket, since: datetime | None = None) -> datetime | None:
    """Counts from the filing, or from when it came (back) to triage."""
    return _due(session, ticket, Clock.TRIAGE, since or ticket.filed_at)


def start_agency_clocks(session: Session, ticket: Ticket, now: datetime) -> None:
    """Accepting counts from the hand-over; answering from the filing, whoever has had it since.

    A due moment that was promised once (extended, stood while the citizen was asked, reopened) goes with the ticket.
    """
    ticket.accept_due = _due(session, ticket, Clock.ACCEPT, now)
    ticket.answer_due = ticket.answer_due or _due(session, ticket, Clock.ANSWER, ticket.filed_at or now)


def restart_answer(session: Session, ticket: Ticket, now: datetime) -> None:
    """A reopened ticket is owed a new answer in the time of a new one."""
    ticket.answer_due = _due(session, ticket, Clock.ANSWER, now)


def may_wait(ticket: Ticket) -> bool:
    """False once all waits together have used up policy.MAX_WAIT."""
    return _paused(ticket) < policy.MAX_WAIT.time


def waits_until(session: Session, ticket: Ticket) -> datetime | None:
    """When a wait for the citizen ends by itself; None where nobody waits."""
    if ticket.waiting_since is None:
        return None
    return wait_ends(ticket.waiting_since, _paused(ticket), calendar(session))


def end_wait(session: Session, ticket: Ticket, now: datetime) -> None:
    """The answer clock runs again, with what was left when it stopped; it never stood longer than policy.MAX_WAIT."""
    since, ticket.waiting_since = ticket.waiting_since, None
    if since is None:
        return
    days = calendar(session)
    end = min(now, wait_ends(since, _paused(ticket), days))
    ticket.paused_minutes += working_time_between(since, end, days) // timedelta(minutes=1)
    if ticket.answer_due is not None:
        by_hours = target(session, ticket.level, Clock.ANSWER).working_time
        ticket.answer_due = due_after_wait(ticket.answer_due, since, end, days, working_time=by_hours)


def _paused(ticket: Ticket) -> timedelta:
    return timedelta(minutes=ticket.paused_minutes)


def _due(session: Session, ticket: Ticket, clock: Clock, start: datetime | None) -> datetime | None:
    if start is None:
        return None
    return due_at(start, target(session, ticket.level, clock), calendar(session))
