"""Running clock of a ticket: its due moment, the share used up, and whether it is paused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.models import CallBack, Ticket, TicketOrCallBack
from callcenter.vocab import Clock
from tickets.life import clocks
from tickets.rules import attempts
from tickets.rules.sla import Calendar, ClockState, clock_state, working_time_between
from tickets.rules.states import STATES


@dataclass(frozen=True)
class Running:
    """`left` and `used` (0 to 1) count working time where `working_time` says so, time on the wall elsewhere.

    `stands_since` is set while the citizen is asked: then nothing of `left` is used up.
    """

    clock: Clock
    due: datetime
    state: ClockState
    left: timedelta
    used: float
    working_time: bool
    stands_since: datetime | None = None


def running(session: Session, ticket: Ticket, started: datetime | None, now: datetime) -> Running | None:
    """The clock of this ticket's state; `started` is when the agency got it, for the clock of accepting."""
    clock = STATES[ticket.state].clock
    due: datetime | None = getattr(ticket, f"{clock}_due") if clock else None
    if clock is None or due is None:
        return None
    start = (started if clock == Clock.ACCEPT else None) or ticket.filed_at or ticket.created_at
    times = clocks.times(session)
    working_time = times.target(ticket.level, clock).working_time
    days = times.calendar if working_time else None
    moment = ticket.waiting_since or now
    left = _between(moment, due, days)
    paused = timedelta(minutes=ticket.paused_minutes) if clock == Clock.ANSWER else timedelta()
    gone = max(_between(start, moment, days) - paused, timedelta())
    whole = gone + left
    return Running(
        clock=clock,
        due=due,
        state="ok" if ticket.waiting_since else clock_state(due, now),
        left=left,
        used=min(1.0, gone / whole) if whole else 1.0,
        working_time=working_time,
        stands_since=ticket.waiting_since,
    )


def due_now(ticket: TicketOrCallBack) -> datetime | None:
    """What a list shows of this ticket: the first moment that somebody has to keep in its state.

    The answer's clock counts from the routing on, so an unaccepted ticket may be late by either of two.
    """
    if isinstance(ticket, CallBack):
        return attempts.due(ticket.due_since, ticket.call_at) if ticket.waits else None
    clock = STATES[ticket.state].clock
    if clock is None:
        return None
    dues = (getattr(ticket, f"{clock}_due"), ticket.answer_due)
    return min((due for due in dues if due is not None), default=None)


def _between(start: datetime, end: datetime, days: Calendar | None) -> timedelta:
    if days is None:
        return max(end - start, timedelta())
    return working_time_between(start, end, days)
