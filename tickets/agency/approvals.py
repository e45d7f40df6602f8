"""An answer that is seen before the citizen sees it: approved, or sent back with what is to be mended.

Who: an officer of the lead agency with `approves` (the head), or the supervisor, who stands in for a head that is away;
the history names who it was. Nobody approves their own words, except where the agency has no other who could: one
head alone must not be kept from answering.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotAllowed
from callcenter.models import Ticket, TicketEvent, User
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import history
from tickets.rights import Right
from tickets.rules.moves import check_move


def approve(session: Session, actor: Actor, code: str, *, proposal: int | None = None, now: datetime) -> Ticket:
    """The citizen gets the answer as proposed. Raises NotAllowed (own words), MoveRefused.

    `proposal` is the one that was read (`proposal_of`): nobody approves words that took its place meanwhile.
    """
    rights.require(actor, Right.APPROVE_ANSWER)
    ticket = history.locked(session, code)
    if history.is_repeat(session, ticket, "approve", actor, now=now):
        return ticket
    _require_approver(session, actor, ticket)
    check_move("approve", ticket.state)
    if not may_approve(session, actor, ticket):
        raise NotAllowed(f"{actor.name} proposed this answer; somebody else of the agency approves it")
    if proposal is not None and proposal != proposal_of(session, ticket):
        raise MoveRefused("approve", ticket.state)
    history.move(session, ticket, "approve", actor, now=now, agency=ticket.lead_agency_id)
    ticket.resolved_at = now
    casework.end_assignments(session, ticket, now)
    return ticket


def send_back(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Not yet: the officer has it again with the reason; the proposed text stays in `resolution` to be mended."""
    reason = reason.strip()
    rights.require(actor, Right.APPROVE_ANSWER)
    ticket = history.locked(session, code)
    if history.is_repeat(session, ticket, "send_back", actor, now=now, reason=reason):
        return ticket
    _require_approver(session, actor, ticket)
    check_move("send_back", ticket.state)
    if not reason or len(reason) > casework.MAX_TEXT:
        raise Invalid({"reason": "too_long" if reason else "required"})
    history.move(session, ticket, "send_back", actor, now=now, reason=reason, agency=ticket.lead_agency_id)
    return ticket


def may_approve(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whether this person may approve the answer that waits now; pages ask it before they show the button."""
    if ticket.state != TicketState.AWAITING_APPROVAL:
        return False
    if rights.has_all(actor, Right.APPROVE_ANSWER):
        return True
    if not rights.may(actor, Right.APPROVE_ANSWER, ticket):
        return False
    return not _proposed(session, actor, ticket) or not _somebody_else(session, actor)


def proposal_of(session: Session, ticket: Ticket) -> int | None:
    """Which answer waits now, by the number of its event."""
    last = _last_proposal(session, ticket)
    return last.id if last is not None and ticket.state == TicketState.AWAITING_APPROVAL else None


def _require_approver(session: Session, actor: Actor, ticket: Ticket) -> None:
    if rights.has_all(actor, Right.APPROVE_ANSWER):
        return
    casework.in_hand(session, actor, ticket.code)
    rights.require(actor, Right.APPROVE_ANSWER, ticket)


def _proposed(session: Session, actor: Actor, ticket: Ticket) -> bool:
    last = _last_proposal(session, ticket)
    return last is not None and (last.actor_id, last.actor) == (actor.id, actor.name)


def _last_proposal(session: Session, ticket: Ticket) -> TicketEvent | None:
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.move == "propose")
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _somebody_else(session: Session, actor: Actor) -> bool:
    other = User.agency_id == actor.agency_id, User.approves, User.active, User.id.is_distinct_from(actor.id)
    return bool(session.scalar(select(exists().where(*other))))
