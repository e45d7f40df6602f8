"""Queries of the desk's pages: live and past calls, callers, drafts, call-backs, tickets; rights are checked here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.selectable import LateralFromClause

from callcenter.errors import NotFound
from callcenter.models import (
    Assignment,
    Attachment,
    Call,
    CallBack,
    Listening,
    Matter,
    PbxStatus,
    Ticket,
    TicketCall,
    TicketEvent,
    TicketOrCallBack,
)
from callcenter.vocab import CallBackStanding, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import listening
from tickets.life import call_backs
from tickets.life.loading import CLOCKS, NAMED, SHOWN, SHOWN_OF_CALL_BACK
from tickets.life.visibility import sees_call_backs, visible, visible_call_backs
from tickets.rights import Right
from tickets.rules import talks
from tickets.rules.states import NO_TICKETS, OPEN

# Asked for by every page of the desk, and so built once.
_NEAR = (
    select(Call)
    .where(
        Call.ended_at.is_(None),
        or_(*(who.contains(bindparam("mine", type_=who.type)) for who in (Call.talking, Call.ringing, Call.operators))),
    )
    .order_by(Call.started_at.desc())
)

# A number (E.164), and the call that is none of its past: the one that goes on.
Asker = tuple[str, int | None]

# One robot may call hundreds of times into one call-back: its page shows the newest.
SHOWN_CALLS = 20

# What hangs on a ticket or a call-back, for the page of one.
_ITS = bindparam("ticket", type_=BigInteger)
_ASSIGNMENTS = (
    select(Assignment)
    .where(Assignment.ticket_id == _ITS)
    .order_by(Assignment.id)
    .options(joinedload(Assignment.agency))
)
_FILES = select(Attachment).where(Attachment.ticket_id == _ITS).order_by(Attachment.id)
_CHILDREN = select(Ticket).where(Ticket.parent_id == _ITS).order_by(Ticket.id)
_CALLS = (
    select(Call, TicketCall.relation)
    .join(TicketCall, TicketCall.call_id == Call.id)
    .where(TicketCall.ticket_id == _ITS)
    .order_by((TicketCall.relation == "opened").desc(), Call.started_at.desc())
    .limit(SHOWN_CALLS)
)
_COUNT_OF_CALLS = select(func.count()).where(TicketCall.ticket_id == _ITS)
# The whole history, but of a number's further missed calls only the newest.
_AGAIN = TicketEvent.move == "missed_again"
_NEWEST_AGAIN = (
    select(TicketEvent.id)
    .where(TicketEvent.ticket_id == _ITS, _AGAIN)
    .order_by(TicketEvent.id.desc())
    .limit(SHOWN_CALLS)
)
_EVENTS = (
    select(TicketEvent)
    .where(TicketEvent.ticket_id == _ITS, or_(~_AGAIN, TicketEvent.id.in_(_NEWEST_AGAIN)))
    .order_by(TicketEvent.id)
)


@dataclass(frozen=True)
class CallerHistory:
    calls: Sequence[Call]
    tickets: Sequence[TicketOrCallBack]


@dataclass(frozen=True)
class Unfinished:
    """A draft that its owner has not ended, and the call it came from (None for a draft without a call).

    `own`: the call opened it, so that the call ends with it; one more report of a call is not its own.
    """

    ticket: Ticket
    call: Call | None
    own: bool = True


@dataclass(frozen=True)
class TicketPage:
    """Everything the page of a ticket or a call-back shows."""

    ticket: TicketOrCallBack
    events: Sequence[TicketEvent]
    assignments: Sequence[Assignment]
    attachments: Sequence[Attachment]
    calls: Sequence[tuple[Call, str]]
    children: Sequence[Ticket]
    mine: Assignment | None = None
    # All of them: `calls` are the newest `SHOWN_CALLS`, and the one that opened it.
    count_of_calls: int = 0
    listened: Mapping[int, Sequence[Listening]] = field(default_factory=dict)


def waiting_calls(session: Session) -> Sequence[Call]:
    """Callers not answered yet, longest wait first. One that left the queue to leave a message waits no more."""
    left = Call.queued_at.is_not(None) & (Call.wait_s > 0)
    query = select(Call).where(Call.ended_at.is_(None), Call.answered_at.is_(None), ~left).order_by(Call.started_at)
    return session.scalars(query).all()


def live_calls(session: Session) -> Sequence[Call]:
    """Every call that goes on, the longest first."""
    return session.scalars(select(Call).where(Call.ended_at.is_(None)).order_by(Call.started_at)).all()


def waiting_of(live: Sequence[Call]) -> list[Call]:
    """`waiting_calls` of all that go on."""
    return [call for call in live if call.answered_at is None and (call.queued_at is None or not call.wait_s > 0)]


def near_of(live: Sequence[Call], extension: str) -> list[Call]:
    """`calls_near` of all that go on."""
    here = (call for call in reversed(live) if extension in {*call.talking, *call.ringing, *call.operators})
    return list(here) if extension else []


def calls_near(session: Session, actor: Actor) -> Sequence[Call]:
    """Every live call that rings at this extension, talks with it, or did, newest first."""
    return session.scalars(_NEAR, {"mine": [actor.extension]}).all() if actor.extension else ()


def my_calls(session: Session, actor: Actor) -> list[Call]:
    """Every live call that rings at this extension or talks with it, newest first."""
    return at_telephone(calls_near(session, actor), actor.extension or "")


def at_telephone(near: Sequence[Call], extension: str) -> list[Call]:
    """Of these calls those that ring at the extension or talk with it."""
    return [call for call in near if extension in call.talking or extension in call.ringing]


def left_at(near: Sequence[Call], extension: str) -> list[Call]:
    """Of these calls those that this extension talked with last and that no telephone of ours has now.

    The caller is on hold during a consultation, or has been transferred outside: the draft is still this person's.
    """
    lasts = ((call, talks.last(call)) for call in near if not call.talking and extension in call.operators)
    return [call for call, last in lasts if last is not None and last.extension == extension]


def unfinished(session: Session, actor: Actor) -> Sequence[Unfinished]:
    """This person's drafts of calls that are over, newest first."""
    return _read_drafts(session, _unfinished(), owner=actor.id)


def unowned(session: Session, ended_before: datetime) -> Sequence[Unfinished]:
    """Everybody's drafts that lie since before that moment: what follows the shift leader."""
    return _read_drafts(session, _unowned(), ended_before=ended_before)


def _read_drafts(session: Session, query: Select[Ticket, Call, str], **values: Any) -> Sequence[Unfinished]:
    return [Unfinished(ticket, call, relation == "opened") for ticket, call, relation in session.execute(query, values)]


@cache
def _unfinished() -> Select[Ticket, Call, str]:
    return _drafts(Ticket.owner_id == bindparam("owner"))


@cache
def _unowned() -> Select[Ticket, Call, str]:
    return _drafts(func.coalesce(Call.ended_at, Ticket.created_at) < bindparam("ended_before"))


def _drafts(which: ColumnElement[bool]) -> Select[Ticket, Call, str]:
    own = TicketCall.relation.in_(("opened", "more"))
    # One more report of a call that goes on has nothing to wait for.
    due = or_(Call.id.is_(None), Call.ended_at.is_not(None), TicketCall.relation == "more")
    return (
        select(Ticket, Call, TicketCall.relation)
        .outerjoin(TicketCall, (TicketCall.ticket_id == Ticket.id) & own)
        .outerjoin(Call, Call.id == TicketCall.call_id)
        .where(Ticket.state == TicketState.DRAFT, due, which)
        .order_by(Ticket.created_at.desc())
        .limit(200)
        .options(*SHOWN)
    )


def caller_history(
    session: Session, number: str | None, *, limit: int = 10, before_call: int | None = None
) -> CallerHistory:
    """Its calls, newest first, and the tickets it called about or is the contact of, open ones on top."""
    if not number:
        return CallerHistory((), ())
    return caller_histories(session, [(number, before_call)], limit=limit)[number, before_call]


def caller_histories(session: Session, askers: Collection[Asker], *, limit: int = 10) -> Mapping[Asker, CallerHistory]:
    """`caller_history` for many numbers, by three statements."""
    calls: dict[Asker, list[Call]] = {one: [] for one in askers}
    tickets: dict[Asker, list[TicketOrCallBack]] = {one: [] for one in askers}
    values = asker_values(askers)
    called, reported, asked = _histories(limit)
    for number, call_id, call in session.execute(called, values):
        calls[number, call_id].append(call)
    for number, call_id, ticket in session.execute(reported, values).unique():
        tickets[number, call_id].append(ticket)
    for number, call_id, call_back in session.execute(asked, values):
        tickets[number, call_id].append(call_back)
    return {one: CallerHistory(calls[one], _first_open(tickets[one])[:limit]) for one in askers}


@cache
def _histories(limit: int) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Calls, tickets and call-backs of `asker_values`, each with its asker."""
    asker = asker_table()
    old = aliased(Call, _calls_before(asker, limit))
    about = aliased(Ticket, _tickets_of(asker, limit))
    waiting = aliased(CallBack, _call_backs_of(asker, limit))
    called, reported, asked = (
        select(asker.c.number, asker.c.call_id, found).select_from(asker).join(found, true())
        for found in (old, about, waiting)
    )
    reported = reported.order_by(about.state.not_in(OPEN), about.created_at.desc()).options(
        *(joinedload(getattr(about, name)) for name in NAMED), joinedload(about.clocks)
    )
    return called.order_by(old.started_at.desc()), reported, asked.options(joinedload(waiting.category))


def _first_open(tickets: Iterable[TicketOrCallBack]) -> list[TicketOrCallBack]:
    newest_first = sorted(tickets, key=lambda one: one.created_at, reverse=True)
    return sorted(newest_first, key=lambda one: one.state not in OPEN)


def asker_table() -> TableValuedAlias:
    """SQL: a table of `number` and `call_id`, for any number of askers; it is given `asker_values`."""
    numbers, calls = bindparam("numbers", type_=ARRAY(Text)), bindparam("call_ids", type_=ARRAY(BigInteger))
    return func.unnest(numbers, calls).table_valued("number", "call_id", name="asker").render_derived()


def asker_values(askers: Collection[Asker]) -> dict[str, Any]:
    return {"numbers": [number for number, _ in askers], "call_ids": [call_id for _, call_id in askers]}


def _calls_before(asker: FromClause, limit: int) -> LateralFromClause:
    query = select(Call).where(Call.caller == asker.c.number, Call.id.is_distinct_from(asker.c.call_id))
    return query.order_by(Call.started_at.desc()).limit(limit).correlate(asker).lateral()


def _tickets_of(asker: FromClause, limit: int) -> LateralFromClause:
    query = select(Ticket).where(
        or_(Ticket.caller == asker.c.number, Ticket.reporter_phone == asker.c.number),
        Ticket.state.not_in(NO_TICKETS),
    )
    newest = query.order_by(Ticket.state.not_in(OPEN), Ticket.created_at.desc()).limit(limit)
    return newest.correlate(asker).lateral()


def _call_backs_of(asker: FromClause, limit: int) -> LateralFromClause:
    query = select(CallBack).where(
        or_(CallBack.caller == asker.c.number, CallBack.reporter_phone == asker.c.number),
        CallBack.standing != CallBackStanding.NEEDLESS,
    )
    newest = query.order_by(~call_backs.waits(), CallBack.created_at.desc()).limit(limit)
    return newest.correlate(asker).lateral()


def triage(session: Session) -> Sequence[Ticket]:
    """Tickets that no rule could place, or that were given back; urgent and oldest first."""
    query = (
        select(Ticket)
        .where(Ticket.state == TicketState.TRIAGE)
        .order_by(Ticket.level != "urgent", Ticket.filed_at)
        .limit(200)
        .options(*SHOWN, CLOCKS)
    )
    return session.scalars(query).all()


def either(session: Session, actor: Actor, code: str) -> TicketOrCallBack:
    """What has this code. Raises NotFound where it does not exist or this person may not see it."""
    query = visible(select(Ticket).where(Ticket.code == code), actor).options(*SHOWN, CLOCKS)
    found: TicketOrCallBack | None = session.scalars(query).one_or_none()
    if found is None and sees_call_backs(actor):
        waiting = visible_call_backs(select(CallBack).where(CallBack.code == code), actor)
        found = session.scalars(waiting.options(*SHOWN_OF_CALL_BACK)).one_or_none()
    if found is None:
        raise NotFound(f"no ticket {code} for {actor.name}")
    return found


def ticket(session: Session, actor: Actor, code: str) -> TicketPage:
    """The whole ticket or call-back. Raises NotFound where it does not exist or this person may not see it."""
    found = either(session, actor, code)
    assignments = session.scalars(_ASSIGNMENTS, {"ticket": found.id}).all() if isinstance(found, Ticket) else ()
    desk, listens = rights.may(actor, Right.SEE_CALLS), rights.may(actor, Right.SEE_LISTENINGS)
    calls = _calls_of(session, found) if desk or found.agency_may_hear else ()
    return TicketPage(
        ticket=found,
        events=session.scalars(_EVENTS, {"ticket": found.id}).all(),
        assignments=assignments,
        attachments=session.scalars(_FILES, {"ticket": found.id}).all(),
        calls=calls,
        count_of_calls=session.scalar(_COUNT_OF_CALLS, {"ticket": found.id}) or 0 if calls else 0,
        listened=listening.of_calls(session, [call.id for call, _ in calls]) if listens else {},
        children=session.scalars(_CHILDREN, {"ticket": found.id}).all() if desk else (),
        mine=next((a for a in assignments if a.agency_id == actor.agency_id and a.ended_at is None), None),
    )


def attachment(session: Session, actor: Actor, attachment_id: int) -> Attachment:
    """A file, for actors that may see its ticket."""
    found = session.get(Attachment, attachment_id)
    if found is None or not _seen(session, actor, Matter.id == found.ticket_id):
        raise NotFound(f"no file {attachment_id} for {actor.name}")
    return found


def codes_by_id(session: Session, actor: Actor, codes: Collection[str]) -> dict[int, str]:
    """The tickets and call-backs of these codes that this person may see: their codes by id."""
    return _seen(session, actor, Matter.code.in_(codes))


def _seen(session: Session, actor: Actor, which: ColumnElement[bool]) -> dict[int, str]:
    """Of these matters those that this person may see, by one statement: code by id."""
    tickets = visible(select(Ticket.id).where(Ticket.id == Matter.id), actor)
    waiting = visible_call_backs(select(CallBack.id).where(CallBack.id == Matter.id), actor)
    query = select(Matter.id, Matter.code).where(which, or_(tickets.exists(), waiting.exists()))
    return {id_: code for id_, code in session.execute(query)}


def pbx_states(session: Session) -> Sequence[PbxStatus]:
    return session.scalars(select(PbxStatus).order_by(PbxStatus.pbx)).all()


def _calls_of(session: Session, found: TicketOrCallBack) -> Sequence[tuple[Call, str]]:
    """The call that opened the ticket and the newest ones, in their order."""
    calls = [(call, relation) for call, relation in session.execute(_CALLS, {"ticket": found.id})]
    return sorted(calls, key=lambda pair: (pair[0].started_at, pair[0].id))
