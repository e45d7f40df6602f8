"""Permitted moves of a person on a ticket now: one check for the page that offers a move and the verb that makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from callcenter.errors import HotlineError, Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Agency, Assignment, CallBack, Ticket, TicketEvent, TicketOrCallBack, User
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor, ActorKind
from tickets.life import call_backs, claims, history, parts
from tickets.life.effects import Hands
from tickets.rights import Scope, Ties
from tickets.rules import moves
from tickets.rules.moves import Move
from tickets.rules.moves.row import OTHER, Situation

About = TypeVar("About", Ticket, CallBack)
Carrier = TypeVar("Carrier", bound=Callable[..., Any])
Also = Callable[[About, Assignment | None], Mapping[str, str]]
_CARRIERS: dict[str, Callable[..., Any]] = {}
_AGENCY = (Scope.OWN_AGENCY, Scope.AGENCIES_BELOW)
_PROPOSE = "propose"


@dataclass(frozen=True)
class Begun(Generic[About]):
    """A move found possible on what is held until the transaction ends; `part` is the own agency's of a ticket."""

    session: Session
    actor: Actor
    about: About
    move: Move
    part: Assignment | None
    now: datetime

    @property
    def own_part(self) -> Assignment:
        assert self.part is not None, f"{self.move.verb} is no agency's"
        return self.part

    def go(self, *, reason: str | None = None, hands: Hands | None = None, **data: Any) -> About:
        """Make it: state, effects and history; an agency's move names the agency."""
        verb = self.move.verb
        if isinstance(self.about, CallBack):
            call_backs.move(self.session, self.about, verb, self.actor, now=self.now, reason=reason, **data)
            return self.about
        if self.part is not None:
            data.setdefault("agency", self.part.agency_id)
        history.move(self.session, self.about, verb, self.actor, now=self.now, reason=reason, hands=hands, **data)
        return self.about


def offered(
    session: Session, actor: Actor, about: TicketOrCallBack, now: datetime, *, part: Assignment | None = None
) -> list[Move]:
    """The moves with a form that this actor can make now, in the order of the page; one of each action at most.

    `part` is the own agency's part in the ticket, where it has been read already.
    """
    part = part or _own_part(session, actor, about)
    at = _situation(session, actor, about, part, now)
    found = [move for move in moves.with_forms(about.state) if _refusal(session, actor, about, move, at) is None]
    return sorted(found, key=lambda move: move.form_at(about.state).place)


def begin(
    session: Session,
    actor: Actor,
    code: str,
    action: str,
    *,
    now: datetime,
    also: Also[Ticket] | None = None,
    **values: Any,
) -> Begun[Ticket]:
    """Hold the ticket and find the move of this action that can be made; `also` finds what else is wrong, by field.

    Raises NotFound (no such ticket, or not with the own agency), NotAllowed, MoveRefused (it stands wrong), and
    Invalid with all that is wrong with `values` or against the move.
    """
    rights.require(actor, moves.right_of(action))
    found = history.locked_either(session, code)
    if isinstance(found, CallBack):
        raise MoveRefused(action, found.state)
    return _begin(session, actor, found, action, values, also, now)


def begin_call_back(
    session: Session,
    actor: Actor,
    code: str,
    action: str,
    *,
    now: datetime,
    also: Also[CallBack] | None = None,
    **values: Any,
) -> Begun[CallBack]:
    """`begin` for a call-back that waits."""
    rights.require(actor, moves.right_of(action))
    return _begin(session, actor, call_backs.locked(session, code, action), action, values, also, now)


def _begin(
    session: Session,
    actor: Actor,
    about: About,
    action: str,
    values: Mapping[str, Any],
    also: Also[About] | None,
    now: datetime,
) -> Begun[About]:
    part = _own_part(session, actor, about)
    at = _situation(session, actor, about, part, now)
    tried = [(move, _refusal(session, actor, about, move, at)) for move in moves.ACTIONS[action]]
    # Of several moves the one that comes closest counts: what can be mended before what cannot.
    move, refusal = min(tried, key=lambda one: (one[1] is not None, not isinstance(one[1], Invalid)))
    if refusal is not None and not isinstance(refusal, Invalid):
        raise refusal
    problems = {**move.problems(values), **(also(about, part) if also else {})}
    problems |= refusal.problems if refusal else {}
    if problems:
        raise Invalid(problems)
    return Begun(session, actor, about, move, part, now)


def carries(action: str) -> Callable[[Carrier], Carrier]:
    """Declare the use case that makes the moves of an action; it takes the fields of the form by name."""

    def mark(carrier: Carrier) -> Carrier:
        _CARRIERS[action] = carrier
        return carrier

    return mark


def carry(session: Session, actor: Actor, code: str, action: str, values: Mapping[str, Any], now: datetime) -> None:
    """Make the move that this action means now. Raises as `begin`."""
    _CARRIERS[action](session, actor, code, **values, now=now)


def _own_part(session: Session, actor: Actor, about: TicketOrCallBack) -> Assignment | None:
    return parts.own_part(session, actor, about) if isinstance(about, Ticket) else None


def _refusal(session: Session, actor: Actor, about: TicketOrCallBack, move: Move, at: Situation) -> HotlineError | None:
    """Why the move cannot be made by this actor in this situation; None where it can."""
    assert move.right is not None, f"{move.verb} is nobody's"
    scope = rights.scope_of(actor, move.right)
    if scope in _AGENCY and at.part is None:
        return NotFound(f"ticket {about.code} is not with this agency")
    ties = Ties(own=lambda: _is_own(session, actor, about, at.now), own_agency=lambda: at.part is not None)
    if not rights.may(actor, move.right, ties if move.own else None):
        return NotAllowed(f"{actor.name} may not {move.action} ticket {about.code}")
    fits = at.state in move.sources and at.kind in move.kinds and (scope not in _AGENCY or at.part in move.parts)
    unfit = move.unfit(at) if fits else OTHER
    if OTHER.keys() & unfit.keys():
        return MoveRefused(move.verb, about.state)
    if move.other_eyes and at.own_answer:
        return NotAllowed(f"{actor.name} proposed this answer; another head of the agency approves it")
    return Invalid(dict(unfit)) if unfit else None


def _is_own(session: Session, actor: Actor, about: TicketOrCallBack, now: datetime) -> bool:
    """The actor's own: held by a link to it, owned by the person, or a call-back that is free to take."""
    if actor.kind is ActorKind.LINK or (actor.id is not None and about.owner_id == actor.id):
        return True
    if not isinstance(about, CallBack) or not about.waits:
        return False
    return about.owner_id is None or claims.is_free(session, about, now)


def _situation(
    session: Session, actor: Actor, about: TicketOrCallBack, part: Assignment | None, now: datetime
) -> Situation:
    if isinstance(about, CallBack):
        return Situation(state=about.state, kind=about.kind, now=now)
    ticket = about
    return Situation(
        state=ticket.state,
        kind=ticket.kind,
        now=now,
        part=part.role if part else None,
        taken=part is not None and part.accepted_at is not None,
        head=actor.approves,
        approval=part is not None and part.agency.needs_approval,
        own_answer=_is_own_answer(session, actor, ticket, part),
        lead_works=_lead_works(session, ticket),
        extended=ticket.extended,
        answer_due=ticket.answer_due,
        waited=timedelta(minutes=ticket.paused_minutes),
        # Answered without a moment: never shown to the citizen as an answer.
        resolved_at=ticket.resolved_at,
    )


def _lead_works(session: Session, ticket: Ticket) -> bool:
    lead = session.get(Agency, ticket.lead_agency_id) if ticket.lead_agency_id else None
    return lead is not None and lead.active


def _is_own_answer(session: Session, actor: Actor, ticket: Ticket, part: Assignment | None) -> bool:
    """The actor proposed what waits for approval, and another head of the agency could approve it."""
    if ticket.state != TicketState.AWAITING_APPROVAL or part is None or not actor.approves:
        return False
    last = last_proposal(session, ticket)
    if last is None or (last.actor_id, last.actor) != (actor.id, actor.name):
        return False
    other = User.agency_id == actor.agency_id, User.approves, User.active, User.id.is_distinct_from(actor.id)
    return bool(session.scalar(select(exists().where(*other))))


def last_proposal(session: Session, ticket: Ticket) -> TicketEvent | None:
    """The answer that was proposed last, by its event."""
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.move == _PROPOSE)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()
