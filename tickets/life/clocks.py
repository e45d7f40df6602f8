"""Ticket clocks, started, stopped and due by the province's targets and calendar in the database."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, inspect, null, select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.models import Assignment, CalendarDay, SlaTarget, Ticket, TicketClock, WorkingPeriod
from callcenter.vocab import Clock, ClockOutcome, Level, TicketState
from tickets.rules import clock_ends, policy
from tickets.rules.policy import Target
from tickets.rules.sla import Calendar, due_after_wait, due_at, wait_ends, working_time_between

# Days and periods are two kinds of rows of one statement.
_CALENDAR = select(CalendarDay.day, CalendarDay.working, null(), null(), null()).union_all(
    select(null(), null(), WorkingPeriod.weekday, WorkingPeriod.opens, WorkingPeriod.closes)
)


def calendar(session: Session) -> Calendar:
    # What a ticket's clocks need is no part of what is being written.
    with session.no_autoflush:
        return batch.once(session, "calendar", lambda: _calendar(session))


def _calendar(session: Session) -> Calendar:
    exceptions: dict[date, bool] = {}
    week: defaultdict[int, list[tuple[time, time]]] = defaultdict(list)
    rows: Iterable[Any] = session.execute(_CALENDAR)
    for day, working, weekday, opens, closes in rows:
        if day is not None:
            exceptions[day] = working
        else:
            week[weekday].append((opens, closes))
    return Calendar(exceptions=exceptions, week={day: tuple(sorted(hours)) for day, hours in week.items()})


def target(session: Session, level: Level, clock: Clock) -> Target:
    with session.no_autoflush:
        if batch.is_batch(session):
            row = batch.once(session, "targets", lambda: _targets(session)).get((level, clock))
        else:
            row = session.get(SlaTarget, (level, clock))
    return Target(row.minutes, row.working_time) if row else policy.TARGETS[level, clock]


def _targets(session: Session) -> dict[tuple[Level, Clock], SlaTarget]:
    return {(row.level, row.clock): row for row in session.scalars(select(SlaTarget))}


def start_triage(session: Session, ticket: Ticket, now: datetime) -> None:
    """Counts from the filing, or from when it came (back) to triage."""
    _start(session, ticket, Clock.TRIAGE, now, _due(session, ticket, Clock.TRIAGE, now))


def start_agency_clocks(session: Session, ticket: Ticket, lead: Assignment, now: datetime) -> None:
    """Accepting counts from the hand-over; answering from the filing, through all changes of agency.

    A due moment that was promised once (extended, stood while the citizen was asked, reopened) goes with the ticket.
    The clock of accepting is the lead's; that of a former lead is withdrawn.
    """
    before = _running(ticket, Clock.ACCEPT)
    if before is not None:
        before.ended_at, before.outcome = now, ClockOutcome.WITHDRAWN
        # One of a kind runs: it has ended before the next is written.
        session.flush()
    # Read before anything is added, so that both rows are one statement.
    accept_due, since = _due(session, ticket, Clock.ACCEPT, now), ticket.filed_at or now
    answer_due = None if ticket.clock(Clock.ANSWER) else _due(session, ticket, Clock.ANSWER, since)
    _start(session, ticket, Clock.ACCEPT, now, accept_due, assignment=lead)
    if answer_due is not None:
        _start(session, ticket, Clock.ANSWER, since, answer_due)


def restart_answer(session: Session, ticket: Ticket, now: datetime) -> None:
    """A reopened ticket is owed a new answer in the time of a new one; what was waited before stays counted."""
    waited = ticket.paused_minutes
    _start(session, ticket, Clock.ANSWER, now, _due(session, ticket, Clock.ANSWER, now), paused_minutes=waited)


def follow(ticket: Ticket, before: TicketState, now: datetime) -> None:
    """The ticket left the state `before`: what is not owed in the new one has ended, kept or broken or withdrawn."""
    kinds = clock_ends.ended_by(before, ticket.state)
    for clock in ticket.clocks if kinds else ():
        if clock.ended_at is None and clock.kind in kinds:
            clock.ended_at, clock.stands_since = now, None
            clock.outcome = clock_ends.outcome(clock.kind, clock.due, ticket.state, now)


def postpone(ticket: Ticket, due: datetime) -> None:
    """The answer is promised for a later moment."""
    _set_due(_answer(ticket), due)


def stand(ticket: Ticket, now: datetime) -> None:
    """The answer's clock stands from now on, while the citizen is asked."""
    _answer(ticket).stands_since = now


def may_wait(ticket: Ticket) -> bool:
    """False once all waits together have used up policy.MAX_WAIT."""
    return _paused(ticket) < policy.MAX_WAIT.time


def waits_until(session: Session, ticket: Ticket) -> datetime | None:
    """When a wait for the citizen ends by itself; None where there is no such wait."""
    if ticket.waiting_since is None:
        return None
    return wait_ends(ticket.waiting_since, _paused(ticket), calendar(session))


def end_wait(session: Session, ticket: Ticket, now: datetime) -> None:
    """The answer clock runs again, with what was left when it stopped; it never stood longer than policy.MAX_WAIT."""
    clock = ticket.clock(Clock.ANSWER)
    since = clock.stands_since if clock else None
    if clock is None or since is None:
        return
    days = calendar(session)
    end = min(now, wait_ends(since, _paused(ticket), days))
    by_hours = target(session, ticket.level, Clock.ANSWER).working_time
    clock.stands_since = None
    clock.paused_minutes += working_time_between(since, end, days) // timedelta(minutes=1)
    _set_due(clock, due_after_wait(clock.due, since, end, days, working_time=by_hours))


def last_due(kind: Clock) -> ScalarSelect[datetime]:
    """SQL: the newest due moment of this kind, running or ended, of the `Ticket` of the statement."""
    query = select(TicketClock.due).where(TicketClock.ticket_id == Ticket.id, TicketClock.kind == kind)
    return query.order_by(TicketClock.id.desc()).limit(1).correlate(Ticket).scalar_subquery()


def ran_out(now: datetime) -> ColumnElement[bool]:
    """SQL: this `TicketClock` runs, and its due moment is past. One that stands is not late."""
    return and_(TicketClock.ended_at.is_(None), TicketClock.stands_since.is_(None), TicketClock.due < now)


def _answer(ticket: Ticket) -> TicketClock:
    clock = _running(ticket, Clock.ANSWER)
    assert clock is not None, f"no answer is owed on {ticket.code}"
    return clock


def _running(ticket: Ticket, kind: Clock) -> TicketClock | None:
    clock = ticket.clock(kind)
    return clock if clock is not None and clock.ended_at is None else None


def _set_due(clock: TicketClock, due: datetime) -> None:
    """A later due moment may run out again, and is noted again."""
    clock.due = due
    if clock.breached_at is not None and due > clock.breached_at:
        clock.breached_at = None


def _start(
    session: Session,
    ticket: Ticket,
    kind: Clock,
    since: datetime,
    due: datetime,
    *,
    assignment: Assignment | None = None,
    paused_minutes: int = 0,
) -> None:
    clock = TicketClock(kind=kind, started_at=since, due=due, assignment=assignment, paused_minutes=paused_minutes)
    if "clocks" in inspect(ticket).unloaded:
        # Nothing is read only to put one row more beside it.
        clock.ticket_id = ticket.id
        session.add(clock)
    else:
        ticket.clocks.append(clock)


def _paused(ticket: Ticket) -> timedelta:
    return timedelta(minutes=ticket.paused_minutes)


def _due(session: Session, ticket: Ticket, clock: Clock, start: datetime) -> datetime:
    return due_at(start, target(session, ticket.level, clock), calendar(session))
