"""Assignments of a ticket to agencies: from hand-over until done, given back or taken away."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Assignment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole
from tickets.actors import Actor


def own_part(session: Session, actor: Actor, ticket: Ticket) -> Assignment | None:
    """What the actor's agency has of the ticket now, with the agency; None for people of no agency."""
    if actor.agency_id is None:
        return None
    query = select(Assignment).where(
        Assignment.ticket_id == ticket.id, Assignment.agency_id == actor.agency_id, Assignment.ended_at.is_(None)
    )
    return session.scalars(query.options(joinedload(Assignment.agency))).one_or_none()


def begin(
    session: Session, ticket: Ticket, lead: int, co: Sequence[int], now: datetime, *, accepted: bool = False
) -> Assignment:
    """Give it to these agencies; returns the lead's part. Parts of before have ended."""
    roles = [(lead, AssignmentRole.LEAD), *((other, AssignmentRole.CO) for other in co)]
    taken = now if accepted else None
    begun = [
        Assignment(ticket_id=ticket.id, agency_id=agency_id, role=role, assigned_at=now, accepted_at=taken)
        for agency_id, role in roles
    ]
    session.add_all(begun)
    session.flush()
    return begun[0]


def end_all(session: Session, ticket: Ticket, now: datetime) -> None:
    """Ends all open assignments, and announces that to each agency."""
    query = select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    for part in session.scalars(query):
        part.ended_at = now
        announce(session, f"agency:{part.agency_id}", ticket=ticket.id)
