"""Assignments of a ticket to agencies: from hand-over until done, given back or taken away."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from callcenter import batch
from callcenter.db import any_of
from callcenter.models import Assignment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole
from tickets.actors import Actor

_OPEN = "open parts"
_IDS = "ids of parts"
_NEXT = select(func.nextval(func.pg_get_serial_sequence(Assignment.__tablename__, "id"))).select_from(
    func.generate_series(1, bindparam("wanted", type_=Integer))
)


def open_parts(session: Session, ticket: Ticket) -> Sequence[Assignment]:
    """What agencies have of the ticket now, in the order in which they were given it."""
    return [part for part in open_of_all(session, [ticket.id])[ticket.id] if part.ended_at is None]


def open_of_all(session: Session, ticket_ids: Collection[int]) -> dict[int, list[Assignment]]:
    """The open parts of many tickets, by the ticket's id; in a batch those that ended meanwhile are among them."""

    def ask(missing: Collection[int]) -> dict[int, list[Assignment]]:
        query = select(Assignment).where(Assignment.ticket_id == any_of(missing), Assignment.ended_at.is_(None))
        found: dict[int, list[Assignment]] = {ticket_id: [] for ticket_id in missing}
        for part in session.scalars(query.order_by(Assignment.id)):
            found[part.ticket_id].append(part)
        return found

    return batch.each(session, _OPEN, ticket_ids, ask)


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
    """Give it to these agencies, and tell them; returns the lead's part, outside of a batch with its id to come.

    Parts of before have ended.
    """
    roles = [(lead, AssignmentRole.LEAD), *((other, AssignmentRole.CO) for other in co)]
    taken = now if accepted else None
    # In any other session the database gives it.
    ids = reserve_ids(session, len(roles), at_once=100) if batch.is_batch(session) else []
    begun = [
        Assignment(
            id=ids.pop() if ids else None,
            ticket_id=ticket.id,
            agency_id=agency_id,
            role=role,
            assigned_at=now,
            accepted_at=taken,
        )
        for agency_id, role in roles
    ]
    session.add_all(begun)
    batch.tell(session, _OPEN, {ticket.id: begun})
    for part in begun:
        announce(session, f"agency:{part.agency_id}", ticket=ticket.id)
    return begun[0]


def reserve_ids(session: Session, wanted: int, *, at_once: int = 0) -> list[int]:
    """At least so many ids that a batch gives to the parts that begin, so that a part's clocks are written with it.

    `at_once`: where there are too few, so many are read together.
    """
    kept = batch.once(session, _IDS, list[int])
    if len(kept) < wanted:
        with session.no_autoflush:
            kept[:0] = sorted(session.scalars(_NEXT, {"wanted": max(wanted, at_once)}), reverse=True)
    return kept


def end_all(session: Session, ticket: Ticket, now: datetime) -> None:
    """Ends all open parts and announces that to each agency. Written at once: one part of an agency is open."""
    ended = open_parts(session, ticket)
    for part in ended:
        part.ended_at = now
        announce(session, f"agency:{part.agency_id}", ticket=ticket.id)
    batch.tell(session, _OPEN, {ticket.id: []})
    if ended:
        session.flush()
