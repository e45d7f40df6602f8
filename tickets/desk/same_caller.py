"""Several matters in one call, and one matter in several: a further draft, and a dropped talk that goes on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Interval, and_, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from callcenter.db import any_of
from callcenter.errors import MoveRefused, NotFound
from callcenter.models import Call, CallBack, Ticket, TicketCall, TicketOrCallBack
from callcenter.vocab import Disposition, Outcome, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import talkers
from tickets.desk import filing
from tickets.life import call_backs, claims, history
from tickets.rights import Right
from tickets.rules import policy

# How the call of one more report, of a dropped talk, and of a draft that was given up for the older one hang together.
MORE = "more"
DROPPED = "dropped"
CONTINUED = "continued"
_SHARED = ("caller", "reporter_name", "reporter_phone", "keep_identity", "safe_contact", "ward_code", "address")


@dataclass(frozen=True)
class Redial:
    """A talk that broke off shortly before this call: its ticket, when it broke off, and the operator calling back
    now."""

    ticket: TicketOrCallBack
    dropped_at: datetime
    calling_back: str | None


def one_more(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """Another draft of the same call, with caller and place taken over; an untouched one is not doubled.

    Raises NotAllowed for another person's ticket.
    """
    rights.require(actor, Right.FILE_REPORT)
    first = history.locked_either(session, code)
    rights.require(actor, Right.FILE_REPORT, rights.Ties(own=lambda: first.owner_id == actor.id))
    return another(session, actor, first, now=now)


def another(session: Session, actor: Actor, first: TicketOrCallBack, *, now: datetime) -> Ticket:
    """`one_more`, without regard to the owner of the first one."""
    calls = _calls_of(session, first)
    empty = _untouched(session, actor, calls)
    if empty is not None:
        return empty
    shared = {name: getattr(first, name) for name in _SHARED}
    ticket = history.begin(
        session,
        actor,
        kind=TicketKind.REPORT,
        source=first.source,
        state=TicketState.DRAFT,
        now=now,
        move="open",
        owner_id=actor.id,
        **shared,
    )
    session.add_all(TicketCall(ticket_id=ticket.id, call_id=call_id, relation=MORE) for call_id in calls)
    session.flush()
    return ticket


def put_aside(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Give up a draft that no call opened: there was nothing more to write.

    Raises MoveRefused for a call's own, Invalid for an answer that was typed and not given.
    """
    ticket = filing.mine(session, actor, code)
    if ticket.state == TicketState.DISCARDED:
        return ticket
    opened = select(TicketCall).where(TicketCall.ticket_id == ticket.id, TicketCall.relation == filing.OPENED)
    if session.scalars(opened).first() is not None:
        raise MoveRefused("discard", ticket.state)
    filing.check_no_answer_left(ticket)
    history.move(session, ticket, "discard", actor, now=now, reason=reason.strip() or None)
    return ticket


def redial(session: Session, call: Call, now: datetime) -> Redial | None:
    """What broke off with this caller shortly before this call and has no end yet; the latest of several."""
    return redials(session, [call], now).get(call.id)


def redials(session: Session, calls: Collection[Call], now: datetime) -> dict[int, Redial]:
    """`redial` for many calls, by the id of each that has one; one statement."""
    this = aliased(Call)
    query = (
        select(this.id, Ticket, CallBack, Call, claims.claimed_at())
        .select_from(TicketCall)
        .join(Call, Call.id == TicketCall.call_id)
        .join(this, this.caller == Call.caller)
        .outerjoin(Ticket, and_(Ticket.id == TicketCall.ticket_id, Ticket.state == TicketState.DRAFT))
        .outerjoin(CallBack, and_(CallBack.id == TicketCall.ticket_id, call_backs.waits()))
        .where(
            TicketCall.relation == filing.OPENED,
            this.id == any_of([call.id for call in calls]),
            Call.id != this.id,
            Call.outcome == Outcome.ANSWERED,
            Call.ended_at >= this.started_at - literal(policy.REDIAL_WITHIN, Interval),
            Call.ended_at <= this.started_at,
            or_(Ticket.id.is_not(None), CallBack.id.is_not(None)),
        )
        # The first of a call stays, being the last that is put in.
        .order_by(Call.ended_at)
        .options(joinedload(Ticket.owner), joinedload(CallBack.owner))
    )
    return {
        call_id: Redial(draft or waiting, before.ended_at or before.started_at, _calls_back(waiting, claimed, now))
        for call_id, draft, waiting, before, claimed in session.execute(query)
    }


def go_on(session: Session, actor: Actor, call_id: int, code: str, *, now: datetime) -> Ticket:
    """The dropped draft is the draft of this call; what was typed into the new one stands below its text.

    Twice is once. Raises NotFound where this call has no such draft, NotAllowed for another person's call.
    """
    rights.require(actor, Right.FILE_REPORT)
    call = session.get(Call, call_id, with_for_update=True)
    if call is None:
        raise NotFound(f"no call {call_id}")
    new = filing.draft_of(session, call)
    if isinstance(new, Ticket) and new.code == code:
        return new
    offered = redial(session, call, now)
    if offered is None or offered.ticket.code != code:
        raise NotFound(f"ticket {code} did not break off before call {call_id}")
    talks = rights.Ties(own=lambda: actor.extension in call.ringing or talkers.talked(session, actor, call))
    rights.require(actor, Right.FILE_REPORT, talks)
    found = history.locked_either(session, code)
    _hand_over_call(session, found, call, actor, now)
    older = _as_draft(session, found, actor, now)
    older.kind, older.owner_id = TicketKind.REPORT, actor.id
    if isinstance(new, Ticket) and new.state == TicketState.DRAFT:
        _take_text(older, new)
        history.move(session, new, "discard", actor, now=now, joined=older.code, text=new.description)
        session.get_one(TicketCall, (new.id, call.id)).relation = CONTINUED
    session.flush()
    return older


def _as_draft(session: Session, found: TicketOrCallBack, actor: Actor, now: datetime) -> Ticket:
    if isinstance(found, CallBack):
        return call_backs.to_draft(session, found, "redialled", actor, now=now)
    history.move(session, found, "redialled", actor, now=now)
    return found


def _hand_over_call(session: Session, older: TicketOrCallBack, call: Call, actor: Actor, now: datetime) -> None:
    """The call that was dropped has its end; the one that goes on is the ticket's own."""
    for link in session.scalars(
        select(TicketCall).where(TicketCall.ticket_id == older.id, TicketCall.relation == filing.OPENED)
    ):
        link.relation = DROPPED
        before = session.get_one(Call, link.call_id)
        if before.disposition is None:
            before.disposition, before.disposed_at, before.disposed_by_id = Disposition.DROPPED, now, actor.id
    session.flush()
    shared = session.get(TicketCall, (older.id, call.id))
    if shared is None:
        session.add(TicketCall(ticket_id=older.id, call_id=call.id, relation=filing.OPENED))
    else:
        shared.relation = filing.OPENED


def _take_text(older: Ticket, new: Ticket) -> None:
    """What was typed again is not thrown away, and nothing that stood there is overwritten."""
    older.description = _joined(older.description, new.description)
    older.resolution = _joined(older.resolution, new.resolution) or None
    for name in ("reporter_name", "address", "category_code", "ward_code"):
        if not getattr(older, name):
            setattr(older, name, getattr(new, name))
    older.version += 1


def _joined(*texts: str | None) -> str:
    return "\n".join(dict.fromkeys(text for text in texts if text))


def _calls_back(waiting: CallBack | None, claimed: datetime | None, now: datetime) -> str | None:
    """The name of the person with this call-back in hand."""
    held = claimed is not None and claimed >= now - policy.CLAIM_LASTS
    return waiting.owner.name if waiting is not None and held and waiting.owner else None


def _untouched(session: Session, actor: Actor, calls: Sequence[int]) -> Ticket | None:
    """A draft of one more report that this person opened and has typed nothing into."""
    of_calls = exists().where(
        TicketCall.ticket_id == Ticket.id, TicketCall.call_id.in_(calls), TicketCall.relation == MORE
    )
    query = select(Ticket).where(
        Ticket.state == TicketState.DRAFT, Ticket.owner_id == actor.id, Ticket.version == 1, of_calls
    )
    return session.scalars(query).first()


def _calls_of(session: Session, ticket: TicketOrCallBack) -> Sequence[int]:
    query = select(TicketCall.call_id).where(
        TicketCall.ticket_id == ticket.id, TicketCall.relation.in_((filing.OPENED, MORE))
    )
    return session.scalars(query).all()
