"""The history of a ticket: every move is checked, written once, and announced."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.errors import NotFound, Stale
from callcenter.models import Assignment, Ticket, TicketEvent
from callcenter.models.tickets import ticket_number
from callcenter.push import announce
from callcenter.vocab import Level, Source, TicketKind, TicketState
from tickets import codes
from tickets.actors import Actor
from tickets.lifecycle import check_move


def begin(
    session: Session,
    actor: Actor,
    *,
    kind: TicketKind,
    source: Source,
    state: TicketState,
    now: datetime,
    move: str,
    level: Level = Level.NORMAL,
    **columns: Any,
) -> Ticket:
    """A new ticket with its code and the first line of its history."""
    code = codes.make_code(session.scalar(select(func.nextval(ticket_number.name))) or 0)
    ticket = Ticket(code=code, kind=kind, source=source, state=state, level=level, created_at=now, **columns)
    session.add(ticket)
    session.flush()
    _write(session, ticket, move, None, actor, now, None, {})
    return ticket


def locked(session: Session, code: str, version: int | None = None) -> Ticket:
    """The ticket, held until the transaction ends, so that two people's moves come one after the other.

    Raises NotFound; Stale when `version` is given and somebody has changed the ticket since it was read.
    """
    query = select(Ticket).where(Ticket.code == code).with_for_update().execution_options(populate_existing=True)
    ticket = session.scalars(query).one_or_none()
    if ticket is None:
        raise NotFound(f"no ticket {code}")
    if version is not None and version != ticket.version:
        raise Stale(f"ticket {code} is at version {ticket.version}, not {version}")
    return ticket


def move(
    session: Session,
    ticket: Ticket,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Take the ticket where the verb leads, or raise MoveRefused and change nothing."""
    before = ticket.state
    ticket.state = check_move(verb, before)
    _write(session, ticket, verb, before, actor, now, reason, data)


def note(
    session: Session,
    ticket: Ticket,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Something that happened to the ticket without moving it (asked again, one more missed call)."""
    _write(session, ticket, verb, ticket.state, actor, now, reason, data)


def _write(
    session: Session,
    ticket: Ticket,
    verb: str,
    before: TicketState | None,
    actor: Actor,
    now: datetime,
    reason: str | None,
    data: dict[str, Any],
) -> None:
    event = TicketEvent(
        ticket_id=ticket.id,
        at=now,
        move=verb,
        from_state=before,
        to_state=ticket.state,
        actor_id=actor.id,
        actor=actor.name,
        reason=reason,
        data=data,
    )
    session.add(event)
    changed(session, ticket)


def changed(session: Session, ticket: Ticket) -> None:
    """Tell the pages that show this ticket to read it again: the desk, and each agency that has it in hand."""
    announce(session, "tickets", ticket=ticket.id)
    with session.no_autoflush:
        open_here = select(Assignment.agency_id).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
        for agency_id in session.scalars(open_here):
            announce(session, f"agency:{agency_id}", ticket=ticket.id)
