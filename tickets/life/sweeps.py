"""Sweeps over tickets: waits end, clocks run out, answers are closed, fulfilled promises are deleted."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from callcenter.models import OutboxRow, Ticket, TicketClock
from callcenter.push import announce
from callcenter.vocab import Clock, TicketState
from tickets.actors import Actor
from tickets.life import clocks, history, posts
from tickets.life.loading import CLOCKS
from tickets.rules import policy
from tickets.rules.sla import wait_ends

TIME = Actor.rule("time")
BREACHED = "breached"
_KEEP_PROMISES = timedelta(days=30)
_AT_ONCE = 500
_ORDER = tuple(Clock)


def sweep(session: Session, now: datetime) -> int:
    """One round; may run twice and by two processes at once. Returns how many tickets it touched."""
    touched = _end_waits(session, now)
    touched += _note_breaches(session, now) + _close_answered(session, now)
    session.execute(delete(OutboxRow).where(OutboxRow.done_at < now - _KEEP_PROMISES))
    posts.sweep(session, now)
    if touched:
        announce(session, "stuck")
    return touched


def _end_waits(session: Session, now: datetime) -> int:
    """The citizen did not answer in the time a clock may stand: the agency goes on with what it knows."""
    waiting = session.execute(
        select(Ticket.id, TicketClock.stands_since, TicketClock.paused_minutes)
        .join(TicketClock, TicketClock.ticket_id == Ticket.id)
        .where(
            Ticket.state == TicketState.WAITING, TicketClock.ended_at.is_(None), TicketClock.stands_since.is_not(None)
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
        .options(CLOCKS)
    )
    tickets = session.scalars(query).all()
    for ticket in tickets:
        history.move(session, ticket, "wait_over", TIME, now=now)
    return len(tickets)


def _note_breaches(session: Session, now: datetime) -> int:
    """Each clock that ran out is written into the history once; a new due moment may run out again."""
    claimed = _claim_breached(session, now)
    ids = {ticket_id for ticket_id, _, _ in claimed}
    tickets = {ticket.id: ticket for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))} if ids else {}
    for ticket_id, clock, due in sorted(claimed, key=lambda row: (_ORDER.index(row[1]), row[0])):
        history.note(session, tickets[ticket_id], BREACHED, TIME, now=now, clock=clock, due=due.isoformat())
    return len(claimed)


def _claim_breached(session: Session, now: datetime) -> list[tuple[int, Clock, datetime]]:
    """Ticket, kind and due moment of clocks that ran out, marked as noted: by one sweep, however many look.

    The tickets are locked first, as by every writer of clocks; what changed until then is read again.
    """
    unnoted = (
        TicketClock.due <= now,
        TicketClock.ended_at.is_(None),
        TicketClock.stands_since.is_(None),
        TicketClock.breached_at.is_(None),
    )
    held = (
        select(TicketClock.id)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(*unnoted)
        .order_by(TicketClock.due, TicketClock.id)
        .limit(_AT_ONCE * len(Clock))
        .with_for_update(of=Ticket, skip_locked=True)
    )
    ids = session.scalars(held).all()
    if not ids:
        return []
    claim = update(TicketClock).where(TicketClock.id.in_(ids), *unnoted).values(breached_at=now)
    rows = session.execute(claim.returning(TicketClock.ticket_id, TicketClock.kind, TicketClock.due))
    return [(ticket_id, kind, due) for ticket_id, kind, due in rows]


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
    return len(tickets)
