"""Ticket clocks, started, stopped and due by the province's targets and calendar in the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, ScalarSelect, and_, inspect, null, select, type_coerce, union_all
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.models import Assignment, CalendarDay, SlaTarget, Ticket, TicketClock, WorkingPeriod
from callcenter.vocab import Clock, ClockOutcome, Level, TicketState
from tickets.rules import clock_ends, policy
from tickets.rules.policy import Target
from tickets.rules.sla import Calendar, due_after_wait, due_at, wait_ends, working_time_between

# Days, periods and targets are three kinds of rows of one statement.
_TIMES: CompoundSelect[Any] = union_all(
    select(
        CalendarDay.day, CalendarDay.working, null(), null(), null(),
        type_coerce(null(), SlaTarget.level.type), type_coerce(null(), SlaTarget.clock.type),
    ),
    select(null(), null(), WorkingPeriod.weekday, WorkingPeriod.opens, WorkingPeriod.closes, null(), null()),
    select(null(), SlaTarget.working_time, SlaTarget.minutes, null(), null(), SlaTarget.level, SlaTarget.clock),
)  # fmt: skip


@dataclass(frozen=True)
class Times:
    """The working time of the province, and how much of it each clock gives."""

    calendar: Calendar
    targets: Mapping[tuple[Level, Clock], Target]

    def due(self, level: Level, clock: Clock, start: datetime) -> datetime:
        return due_at(start, self.target(level, clock), self.calendar)

    def target(self, level: Level, clock: Clock) -> Target:
        return self.targets.get((level, clock)) or policy.TARGETS[level, clock]


def times(session: Session) -> Times:
    # What a ticket's clocks need is no part of what is being written.
    with session.no_autoflush:
        return batch.once(session, "times", lambda: _read_times(session))


def _read_times(session: Session) -> Times:
    exceptions: dict[date, bool] = {}
    week: defaultdict[int, list[tuple[time, time]]] = defaultdict(list)
    targets: dict[tuple[Level, Clock], Target] = {}
    rows: Iterable[Any] = session.execute(_TIMES)
    for day, working, number, opens, closes, level, clock in rows:
        if day is not None:
            exceptions[day] = working
        elif opens is not None:
            week[number].append((opens, closes))
        else:
            targets[level, clock] = Target(number, working)
    calendar = Calendar(exceptions=exceptions, week={day: tuple(sorted(hours)) for day, hours in week.items()})
    return Times(calendar, targets)


def calendar(session: Session) -> Calendar:
    return times(session).calendar


def start_triage(session: Session, ticket: Ticket, now: datetime) -> None:
    """Counts from the filing, or from when it came (back) to triage."""
    _start(session, ticket, Clock.TRIAGE, now, times(session).due(ticket.level, Clock.TRIAGE, now))


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
    spans, since = times(session), ticket.filed_at or now
    accept_due = spans.due(ticket.level, Clock.ACCEPT, now)
    answer_due = None if ticket.clock(Clock.ANSWER) else spans.due(ticket.level, Clock.ANSWER, since)
    _start(session, ticket, Clock.ACCEPT, now, accept_due, assignment=lead)
    if answer_due is not None:
        _start(session, ticket, Clock.ANSWER, since, answer_due)


def restart_answer(session: Session, ticket: Ticket, now: datetime) -> None:
    """A reopened ticket is owed a new answer in the time of a new one; what was waited before stays counted."""
    waited = ticket.paused_minutes
    due = times(session).due(ticket.level, Clock.ANSWER, now)
    _start(session, ticket, Clock.ANSWER, now, due, paused_minutes=waited)


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
    spans = times(session)
    days, by_hours = spans.calendar, spans.target(ticket.level, Clock.ANSWER).working_time
    end = min(now, wait_ends(since, _paused(ticket), days))
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
    clock = TicketClock(
        ticket_id=ticket.id,
        assignment_id=assignment.id if assignment else None,
        kind=kind,
        started_at=since,
        due=due,
        assignment=assignment,
        paused_minutes=paused_minutes,
    )
    if "clocks" in inspect(ticket).unloaded:
        # Nothing is read only to put one row more beside it.
        session.add(clock)
    else:
        ticket.clocks.append(clock)


def _paused(ticket: Ticket) -> timedelta:
    return timedelta(minutes=ticket.paused_minutes)
