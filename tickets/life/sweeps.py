"""What time does by itself: waits end, clocks run out, answers are closed, kept promises are cleared away."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from callcenter.models import OutboxRow, Ticket, TicketEvent
from callcenter.push import announce
from callcenter.vocab import Clock, TicketState
from tickets.actors import Actor
from tickets.life import clocks, history
from tickets.rules import policy
from tickets.rules.sla import wait_ends
from tickets.rules.states import runs_in

TIME = Actor.rule("time")
BREACHED = "breached"
_KEEP_PROMISES = timedelta(days=30)
_AT_ONCE = 500


def sweep(session: Session, now: datetime) -> int:
    """One round; may run twice and by two processes at once. Returns how many tickets it touched."""
    touched = _end_waits(session, now)
    touched += sum(_note_breaches(session, clock, now) for clock in Clock) + _close_answered(session, now)
    session.execute(delete(OutboxRow).where(OutboxRow.done_at < now - _KEEP_PROMISES))
    if touched:
        announce(session, "stuck")
    return touched


def _end_waits(session: Session, now: datetime) -> int:
    """The citizen did not answer in the time a clock may stand: the agency goes on with what it knows."""
    waiting = session.execute(
        select(Ticket.id, Ticket.waiting_since, Ticket.paused_minutes).where(
            Ticket.state == TicketState.WAITING, Ticket.waiting_since.is_not(None)
        )
    ).all()
    if not waiting:
        return 0
    days = clocks.calendar(session)
    over = [id_ for id_, since, paused in waiting if since and wait_ends(since, timedelta(minutes=paused), days) <= now]
    query = (
        select(Ticket)
        .where(Ticket.id.in_(over), Ticket.state == TicketState.WAITING)
        .order_by(Ticket.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        clocks.end_wait(session, ticket, now)
        history.move(session, ticket, "wait_over", TIME, now=now)
    return len(tickets)


def _note_breaches(session: Session, clock: Clock, now: datetime) -> int:
    """Each clock that ran out is written into the history once; a new due moment may run out again."""
    due = getattr(Ticket, f"{clock}_due")
    query = (
        select(Ticket)
        .where(due <= now, Ticket.state.in_(runs_in(clock)), ~_noted(clock))
        .order_by(Ticket.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        moment = getattr(ticket, f"{clock}_due")
        history.note(session, ticket, BREACHED, TIME, now=now, clock=clock, due=moment.isoformat())
    return len(tickets)


def _noted(clock: Clock) -> ColumnElement[bool]:
    """True where this due moment was noted already: a breach is never noted before it, so a later one is new."""
    return exists().where(
        TicketEvent.ticket_id == Ticket.id,
        TicketEvent.move == BREACHED,
        TicketEvent.data["clock"].astext == clock.value,
        TicketEvent.at >= getattr(Ticket, f"{clock}_due"),
    )


def _close_answered(session: Session, now: datetime) -> int:
    query = (
        select(Ticket)
        .where(Ticket.state == TicketState.RESOLVED, Ticket.resolved_at <= now - policy.CLOSE_AFTER)
        .order_by(Ticket.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        history.move(session, ticket, "close", TIME, now=now, reason="no_objection")
        ticket.closed_at = now
    return len(tickets)
