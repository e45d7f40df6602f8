"""Claims: an operator takes a call-back and may release it; a leader takes over or reassigns drafts and call-backs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from callcenter.errors import Invalid, MoveRefused, NotFound
from callcenter.models import Call, Ticket, TicketCall, TicketEvent, User
from callcenter.vocab import HungUpBy, Outcome, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.life import history
from tickets.rights import Right
from tickets.rules import policy

# A call-back taken and left for so long counts as released: the next operator may take it.
_TAKEN = ("claim", "hand_to")
# The calls of a call-back that were not talked out, and how those ended that the PBX itself broke off.
MISSES = ("opened", "missed")
CUT = (Outcome.FAILED, Outcome.ANSWERED)
_OPEN = (Ticket.kind == TicketKind.CALLBACK, Ticket.state == TicketState.FILED)


class Taken(MoveRefused):
    """Another person has it in hand; `by` is their name."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("claim", ticket.state)
        self.by = ticket.owner.name if ticket.owner else ""


def claimed_at() -> ScalarSelect[datetime]:
    """SQL: when the ticket of the outer query was last taken or handed over; filing counts where it was not."""
    latest = select(func.max(TicketEvent.at)).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.move.in_(_TAKEN))
    latest = latest.correlate(Ticket)
    return select(func.coalesce(latest.scalar_subquery(), Ticket.filed_at)).correlate(Ticket).scalar_subquery()


def free(now: datetime) -> ColumnElement[bool]:
    """SQL: this call-back has no owner, or one that let it lie for too long."""
    return or_(Ticket.owner_id.is_(None), claimed_at() < now - policy.CLAIM_LASTS)


def is_free(session: Session, ticket: Ticket, now: datetime) -> bool:
    return session.scalars(select(Ticket.id).where(Ticket.id == ticket.id, free(now))).first() is not None


def order() -> tuple[Any, ...]:
    """SQL: callers cut off by the PBX first, then by the wait since the call, or since the next time came."""
    return cut_off().desc(), func.coalesce(Ticket.call_at, Ticket.created_at), Ticket.id


def may_be_called(now: datetime) -> ColumnElement[bool]:
    """SQL: the next time of this call-back has come."""
    return or_(Ticket.call_at.is_(None), Ticket.call_at <= now)


def cut_off() -> ColumnElement[bool]:
    """SQL: the PBX itself broke a call of the outer query's ticket off. That caller is owed an apology, so called
    first."""
    return exists().where(
        TicketCall.ticket_id == Ticket.id,
        TicketCall.relation.in_(MISSES),
        TicketCall.call_id == Call.id,
        Call.hung_up_by == HungUpBy.SYSTEM,
        Call.outcome.in_(CUT),
    )


def take_next(session: Session, actor: Actor, *, now: datetime) -> Ticket | None:
    """The call-back this person has in hand already, else the next in order; None where none is left.

    So a double click opens the same number twice. A number that is on the line right now is not called, nor one whose
    next time has not come.
    """
    rights.require(actor, Right.CALL_BACK)
    oldest = select(Ticket).where(*_OPEN).order_by(*order()).limit(1)
    mine = session.scalars(oldest.where(Ticket.owner_id == actor.id, claimed_at() >= now - policy.CLAIM_LASTS)).first()
    if mine is not None:
        return mine
    query = oldest.where(free(now), may_be_called(now), ~_on_the_line()).with_for_update(of=Ticket, skip_locked=True)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is not None:
        _give(session, found, actor, now)
    return found


def take(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """This call-back and no other. Raises Taken while another person has it; a leader takes it all the same."""
    rights.require(actor, Right.CALL_BACK)
    ticket = _callback(session, code)
    if not is_free(session, ticket, now):
        if ticket.owner_id == actor.id:
            return ticket
        if not rights.may(actor, Right.CALL_BACK, ticket):
            raise Taken(ticket)
    _give(session, ticket, actor, now)
    return ticket


def leave(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """Not reached, or no time: the number is free for the next one. Twice, or when it is done already, is nothing."""
    rights.require(actor, Right.CALL_BACK)
    ticket = history.locked(session, code)
    mine = rights.may(actor, Right.CALL_BACK, ticket)
    if ticket.kind == TicketKind.CALLBACK and ticket.state == TicketState.FILED and ticket.owner_id and mine:
        ticket.owner_id = None
        history.note(session, ticket, "unclaim", actor, now=now)
    return ticket


def take_over(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """A leader takes over another person's draft; its history names both. Raises MoveRefused when it is no draft
    now."""
    rights.require(actor, Right.HAND_ON_WORK)
    ticket = history.locked(session, code)
    if ticket.state != TicketState.DRAFT:
        raise MoveRefused("take_over", ticket.state)
    if ticket.owner_id != actor.id:
        before = ticket.owner.name if ticket.owner else None
        ticket.owner_id = actor.id
        history.note(session, ticket, "take_over", actor, now=now, before=before)
    return ticket


def hand_to(session: Session, actor: Actor, code: str, user_id: int, *, now: datetime) -> Ticket:
    """A leader gives a draft or a call-back to one of the desk by name. Raises Invalid for anybody else."""
    rights.require(actor, Right.HAND_ON_WORK)
    ticket = history.locked(session, code)
    waiting = ticket.kind == TicketKind.CALLBACK and ticket.state == TicketState.FILED
    if ticket.state != TicketState.DRAFT and not waiting:
        raise MoveRefused("hand_to", ticket.state)
    person = session.get(User, user_id)
    if person is None or not person.active or person.role not in rights.roles_with(Right.STAFF_DESK):
        raise Invalid({"user_id": "unknown_choice"})
    if ticket.owner_id != person.id:
        before = ticket.owner.name if ticket.owner else None
        ticket.owner = person
        history.note(session, ticket, "hand_to", actor, now=now, before=before, to=person.name)
    return ticket


def _callback(session: Session, code: str) -> Ticket:
    ticket = history.locked(session, code)
    if ticket.kind != TicketKind.CALLBACK:
        raise NotFound(f"{code} is no call-back")
    if ticket.state != TicketState.FILED:
        raise MoveRefused("claim", ticket.state)
    return ticket


def _give(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    ticket.owner_id = actor.id
    history.note(session, ticket, "claim", actor, now=now)


def _on_the_line() -> ColumnElement[bool]:
    live = aliased(Call)
    return exists().where(live.caller == Ticket.caller, live.ended_at.is_(None))
