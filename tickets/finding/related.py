"""Related tickets: others of the same caller, and reports of the same trouble elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Ticket, TicketOrCallBack
from tickets import rights
from tickets.actors import Actor
from tickets.life.visibility import visible
from tickets.rights import Right
from tickets.rules.states import NO_TICKETS, OPEN

_AT_MOST = 5


@dataclass(frozen=True)
class Related:
    """At most five each, newest first, only what this reader may see."""

    same_caller: Sequence[Ticket]
    same_place: Sequence[Ticket]


def related(session: Session, actor: Actor, ticket: TicketOrCallBack) -> Related:
    return Related(_same_caller(session, actor, ticket), _same_place(session, actor, ticket))


def _same_caller(session: Session, actor: Actor, ticket: TicketOrCallBack) -> Sequence[Ticket]:
    """Nothing for an agency where an identity is withheld, on either side: tickets that belong together reveal it."""
    numbers = {number for number in (ticket.caller, ticket.reporter_phone) if number}
    for_agency = not rights.may(actor, Right.SEE_IDENTITY)
    if not numbers or (for_agency and ticket.keep_identity):
        return ()
    query = visible(select(Ticket), actor).where(
        or_(Ticket.caller.in_(numbers), Ticket.reporter_phone.in_(numbers)),
        Ticket.id != ticket.id,
        Ticket.state.not_in(NO_TICKETS),
    )
    if for_agency:
        query = query.where(~Ticket.keep_identity)
    return session.scalars(query.order_by(Ticket.id.desc()).limit(_AT_MOST)).all()


def _same_place(session: Session, actor: Actor, ticket: TicketOrCallBack) -> Sequence[Ticket]:
    """Open reports of the same field in the same commune: perhaps the same hole in the same street."""
    if ticket.ward_code is None or ticket.category_code is None or ticket.state in NO_TICKETS:
        return ()
    query = (
        visible(select(Ticket), actor)
        .where(
            Ticket.ward_code == ticket.ward_code,
            Ticket.category_code == ticket.category_code,
            Ticket.state.in_(OPEN),
            Ticket.id != ticket.id,
        )
        .options(joinedload(Ticket.lead_agency))
    )
    return session.scalars(query.order_by(Ticket.id.desc()).limit(_AT_MOST)).all()
