"""Claims: an operator takes a call-back and may release it; a leader takes over or reassigns drafts and call-backs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from callcenter.errors import Invalid, MoveRefused
from callcenter.models import Call, CallBack, Ticket, TicketCall, TicketEvent, TicketOrCallBack, User
from callcenter.vocab import HungUpBy, Outcome, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.life import call_backs, history
from tickets.rights import Right, Ties
from tickets.rules import policy

# A call-back taken and left for so long counts as released: the next operator may take it.
_TAKEN = ("claim", "hand_to")
# The calls of a call-back that were not talked out, and how those ended that the PBX itself broke off.
MISSES = ("opened", "missed")
CUT = (Outcome.FAILED, Outcome.ANSWERED)


class Taken(MoveRefused):
    """Another person has it in hand; `by` is their name."""

    def __init__(self, call_back: CallBack) -> None:
        super().__init__("claim", call_back.state)
        self.by = call_back.owner.name if call_back.owner else ""


def claimed_at() -> ScalarSelect[datetime]:
    """SQL: when the call-back of the outer query was last taken or handed to somebody; where it was not, since when it
    waits."""
    latest = select(func.max(TicketEvent.at)).where(TicketEvent.ticket_id == CallBack.id, TicketEvent.move.in_(_TAKEN))
    latest = latest.correlate(CallBack)
    return select(func.coalesce(latest.scalar_subquery(), CallBack.due_since)).correlate(CallBack).scalar_subquery()


def free(now: datetime) -> ColumnElement[bool]:
    """SQL: nobody has this call-back in hand, or whoever has it let it lie for too long."""
    return or_(CallBack.owner_id.is_(None), claimed_at() < now - policy.CLAIM_LASTS)


def is_free(session: Session, call_back: CallBack, now: datetime) -> bool:
    return session.scalars(select(CallBack.id).where(CallBack.id == call_back.id, free(now))).first() is not None


def order() -> tuple[Any, ...]:
    """SQL: callers cut off by the PBX first, then by the wait since the call, or since the next time came."""
    return cut_off().desc(), func.coalesce(CallBack.call_at, CallBack.created_at), CallBack.id


def may_be_called(now: datetime) -> ColumnElement[bool]:
    """SQL: the next time of this call-back has come."""
    return or_(CallBack.call_at.is_(None), CallBack.call_at <= now)


def cut_off() -> ColumnElement[bool]:
    """SQL: the PBX itself broke a call of the outer query's ticket off. That caller is owed an apology, so called
    first."""
    return exists().where(
        TicketCall.ticket_id == CallBack.id,
        TicketCall.relation.in_(MISSES),
        TicketCall.call_id == Call.id,
        Call.hung_up_by == HungUpBy.SYSTEM,
        Call.outcome.in_(CUT),
    )


def take_next(session: Session, actor: Actor, *, now: datetime) -> CallBack | None:
    """The call-back this person has in hand already, else the next in order; None where none is left.

    So a double click opens the same number twice. A number that is on the line right now is not called, nor one whose
    next time has not come.
    """
    rights.require(actor, Right.CALL_BACK)
    oldest = select(CallBack).where(call_backs.waits()).order_by(*order()).limit(1)
    taken = CallBack.owner_id == actor.id, claimed_at() >= now - policy.CLAIM_LASTS
    mine = session.scalars(oldest.where(*taken)).first()
    if mine is not None:
        return mine
    query = oldest.where(free(now), may_be_called(now), ~_on_the_line()).with_for_update(of=CallBack, skip_locked=True)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is not None:
        _give(session, found, actor, now)
    return found


def take(session: Session, actor: Actor, code: str, *, now: datetime) -> CallBack:
    """This call-back and no other. Raises Taken while another person has it; a leader takes it all the same."""
    rights.require(actor, Right.CALL_BACK)
    call_back = call_backs.locked(session, code, "claim")
    if not is_free(session, call_back, now):
        if call_back.owner_id == actor.id:
            return call_back
        if not rights.may(actor, Right.CALL_BACK, _ties(actor, call_back)):
            raise Taken(call_back)
    _give(session, call_back, actor, now)
    return call_back


def leave(session: Session, actor: Actor, code: str, *, now: datetime) -> TicketOrCallBack:
    """Not reached, or no time: the number is free for the next one.

    Twice, or when it is done or somebody's draft already, is nothing.
    """
    rights.require(actor, Right.CALL_BACK)
    found = history.locked_either(session, code)
    mine = rights.may(actor, Right.CALL_BACK, _ties(actor, found))
    if isinstance(found, CallBack) and found.waits and found.owner_id and mine:
        found.owner_id = None
        history.note(session, found, "unclaim", actor, now=now)
    return found


def take_over(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """A leader takes over another person's draft; its history names both. Raises MoveRefused when it is no draft
    now."""
    rights.require(actor, Right.HAND_ON_WORK)
    ticket = history.locked_either(session, code)
    if isinstance(ticket, CallBack) or ticket.state != TicketState.DRAFT:
        raise MoveRefused("take_over", ticket.state)
    if ticket.owner_id != actor.id:
        before = ticket.owner.name if ticket.owner else None
        ticket.owner_id = actor.id
        history.note(session, ticket, "take_over", actor, now=now, before=before)
    return ticket


def hand_to(session: Session, actor: Actor, code: str, user_id: int, *, now: datetime) -> TicketOrCallBack:
    """A leader gives a draft or a call-back to one of the desk by name. Raises Invalid for anybody else."""
    rights.require(actor, Right.HAND_ON_WORK)
    work = history.locked_either(session, code)
    if not (work.waits if isinstance(work, CallBack) else work.state == TicketState.DRAFT):
        raise MoveRefused("hand_to", work.state)
    person = session.get(User, user_id)
    if person is None or not person.active or person.role not in rights.roles_with(Right.STAFF_DESK):
        raise Invalid({"user_id": "unknown_choice"})
    if work.owner_id != person.id:
        before = work.owner.name if work.owner else None
        work.owner = person
        history.note(session, work, "hand_to", actor, now=now, before=before, to=person.name)
    return work


def _ties(actor: Actor, about: TicketOrCallBack) -> Ties:
    return Ties(own=lambda: actor.id is not None and about.owner_id == actor.id)


def _give(session: Session, call_back: CallBack, actor: Actor, now: datetime) -> None:
    call_back.owner_id = actor.id
    history.note(session, call_back, "claim", actor, now=now)


def _on_the_line() -> ColumnElement[bool]:
    live = aliased(Call)
    return exists().where(live.caller == CallBack.caller, live.ended_at.is_(None))
