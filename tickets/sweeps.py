"""What time does by itself: clocks run out, answers nobody objects to are closed, kept promises are cleared away."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from callcenter.models import OutboxRow, Ticket, TicketEvent
from callcenter.push import announce
from callcenter.vocab import Clock, TicketState
from tickets import history
from tickets.actors import Actor
from tickets.lifecycle import OPEN

TIME = Actor.rule("time")
BREACHED = "breached"
CLOSE_AFTER = timedelta(days=7)
_KEEP_PROMISES = timedelta(days=30)
_AT_ONCE = 500


def sweep(session: Session, now: datetime) -> int:
    """One round; may run twice and by two processes at once. Returns how many tickets it touched."""
    touched = sum(_note_breaches(session, clock, now) for clock in Clock) + _close_answered(session, now)
    session.execute(delete(OutboxRow).where(OutboxRow.done_at < now - _KEEP_PROMISES))
    if touched:
        announce(session, "stuck")
    return touched


def _note_breaches(session: Session, clock: Clock, now: datetime) -> int:
    """Each clock that ran out is written into the history once; a new due moment may run out again."""
    due = getattr(Ticket, f"{clock}_due")
    query = (
        select(Ticket)
        .where(due <= now, _runs(clock), ~_noted(clock))
        .order_by(Ticket.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        moment = getattr(ticket, f"{clock}_due")
        history.note(session, ticket, BREACHED, TIME, now=now, clock=clock, due=moment.isoformat())
    return len(tickets)


def _runs(clock: Clock) -> ColumnElement[bool]:
    match clock:
        case Clock.TRIAGE:
            return Ticket.state.in_((TicketState.FILED, TicketState.TRIAGE))
        case Clock.ACCEPT:
            return Ticket.state == TicketState.ROUTED
        case Clock.ANSWER:
            return Ticket.state.in_(OPEN - {TicketState.WAITING})


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
        .where(Ticket.state == TicketState.RESOLVED, Ticket.resolved_at <= now - CLOSE_AFTER)
        .order_by(Ticket.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        history.move(session, ticket, "close", TIME, now=now, reason="no_objection")
        ticket.closed_at = now
    return len(tickets)
