"""Worklists of a shift and of a person: call-backs with their tries, work without an owner, own open work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, any_, bindparam, exists, func, select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Call, CallBack, Ticket, TicketCall, TicketEvent, User
from callcenter.vocab import Clock, HungUpBy, Level, Outcome
from tickets import rights
from tickets.actors import Actor
from tickets.calls import calling, listening, talkers
from tickets.calls.calling import Tried
from tickets.desk import queries
from tickets.desk.queries import Unfinished
from tickets.figures import overview
from tickets.life import call_backs, claims, clocks
from tickets.life.loading import CLOCKS
from tickets.rights import Right
from tickets.rules import attempts, policy
from tickets.rules.states import UNTAKEN

_FILED = ("file", "answer_at_once")
_CALLED_BACK = ("call_back_done", "call_back_report")
_ROWS = 200
_DONE = (
    select(TicketEvent.move, func.count())
    .where(TicketEvent.at >= bindparam("start"), TicketEvent.at < bindparam("end"))
    .where(TicketEvent.actor_id == bindparam("actor"), TicketEvent.move.in_((*_FILED, *_CALLED_BACK)))
    .group_by(TicketEvent.move)
)


@dataclass(frozen=True)
class ToCall:
    """A number to call. `misses` counts its calls; `missed` are the newest of each way in which they ended, newest
    first; `held_since` says since when its owner has it."""

    ticket: CallBack
    missed: Sequence[Call]
    misses: int
    held_since: datetime | None
    on_the_line: bool = False
    tried: Sequence[Tried] = ()
    unheard: bool = False

    @property
    def due(self) -> datetime:
        """Its own clock: the due moment of the next call."""
        return attempts.due(self.ticket.due_since, self.ticket.call_at)

    @property
    def last(self) -> datetime:
        return self.missed[0].started_at if self.missed else self.ticket.created_at

    @property
    def name(self) -> str:
        return self.ticket.reporter_name or next((call.caller_name for call in self.missed if call.caller_name), "")

    @property
    def message(self) -> Call | None:
        """The newest call that left a message."""
        return next((call for call in self.missed if call.outcome == Outcome.VOICEMAIL or call.voicemail), None)

    @property
    def dropped(self) -> bool:
        """An operator had talked with them when the call broke off."""
        return any(call.outcome == Outcome.ANSWERED for call in self.missed)

    @property
    def cut_off(self) -> bool:
        """The PBX itself broke a call of theirs off; so this list begins with them."""
        return any(call.hung_up_by == HungUpBy.SYSTEM and call.outcome in claims.CUT for call in self.missed)


@dataclass(frozen=True)
class MyDay:
    """An operator's own day so far; `average_s` is None before the first answered call is over."""

    answered: int
    average_s: float | None
    filed: int
    called_back: int


@dataclass(frozen=True)
class Shift:
    """Work without an owner, or left too long; the shift leader's list."""

    drafts: Sequence[Unfinished]
    callbacks: Sequence[ToCall]
    triage: Sequence[Ticket]
    urgent: Sequence[Ticket]

    @property
    def count(self) -> int:
        return len(self.drafts) + len(self.callbacks) + len(self.triage) + len(self.urgent)


def callbacks(
    session: Session, now: datetime, *, since: datetime | None = None, until: datetime | None = None
) -> list[ToCall]:
    """Numbers waiting to be called back, one line a number: those the PBX cut off, then the longest first.

    `since` and `until` leave those that were missed first in [since, until).
    """
    found = session.execute(_waiting(since is not None, until is not None), {"since": since, "until": until}).all()
    ids = [ticket.id for ticket, *_ in found]
    calls, tried = _calls_of(session, ids), calling.tried(session, ids)
    return [
        ToCall(
            ticket,
            missed,
            misses,
            claimed if ticket.owner_id is not None and claimed >= now - policy.CLAIM_LASTS else None,
            on_the_line=on_the_line,
            tried=tried.get(ticket.id, ()),
            unheard=unheard,
        )
        for ticket, claimed, unheard, on_the_line in found
        for missed, misses in [calls.get(ticket.id, ([], 0))]
    ]


@cache
def _waiting(since: bool, until: bool) -> Select[CallBack, datetime, bool, bool]:
    bounds = [CallBack.created_at >= bindparam("since")] if since else []
    bounds += [CallBack.created_at < bindparam("until")] if until else []
    return (
        select(CallBack, claims.claimed_at(), listening.unheard(), _on_the_line())
        .where(call_backs.waits(), *bounds)
        .order_by(*claims.order())
        .limit(_ROWS)
        .options(joinedload(CallBack.owner))
    )


def waiting_codes(session: Session, *, since: datetime | None, until: datetime | None) -> Sequence[str]:
    """The same numbers' codes, however many they are."""
    query = select(CallBack.code).where(call_backs.waits(), *_within(since, until))
    return session.scalars(query.order_by(CallBack.id)).all()


def _on_the_line() -> ColumnElement[bool]:
    """SQL: a call of the outer query's number goes on now."""
    return exists().where(Call.ended_at.is_(None), Call.caller == CallBack.caller).label("on_the_line")


def _within(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    bounds = [] if since is None else [CallBack.created_at >= since]
    return bounds if until is None else [*bounds, CallBack.created_at < until]


def _calls_of(session: Session, ticket_ids: Sequence[int]) -> Mapping[int, tuple[list[Call], int]]:
    """By ticket, with their count: a handful of calls tells all of a robot's hundreds."""
    calls: dict[int, tuple[list[Call], int]] = {}
    for ticket_id, misses, call in session.execute(_misses(), {"tickets": list(ticket_ids)}):
        calls.setdefault(ticket_id, ([], misses))[0].append(call)
    return calls


@cache
def _misses() -> Select[Any]:
    ways = (Call.outcome, Call.hung_up_by, Call.voicemail.is_not(None), func.coalesce(Call.caller_name, "") != "")
    ranked = (
        select(
            TicketCall.ticket_id,
            TicketCall.call_id,
            func.row_number()
            .over(partition_by=(TicketCall.ticket_id, *ways), order_by=Call.started_at.desc())
            .label("rank"),
            func.count().over(partition_by=TicketCall.ticket_id).label("misses"),
        )
        .join(Call, Call.id == TicketCall.call_id)
        .where(
            TicketCall.ticket_id == any_(bindparam("tickets", type_=ARRAY(BigInteger))),
            TicketCall.relation.in_(claims.MISSES),
        )
        .subquery()
    )
    return (
        select(ranked.c.ticket_id, ranked.c.misses, Call)
        .join(Call, Call.id == ranked.c.call_id)
        .where(ranked.c.rank == 1)
        .order_by(Call.started_at.desc())
    )


def shift(session: Session, now: datetime) -> Shift:
    """Drafts left lying, call-backs not taken, tickets no rule could place, urgent ones not accepted."""
    waiting = callbacks(session, now)
    return Shift(
        drafts=sorted(queries.unowned(session, now - policy.UNOWNED_AFTER), key=lambda row: row.ticket.created_at),
        callbacks=[
            row for row in waiting if row.held_since is None and _waits_since(row) < now - policy.UNCLAIMED_AFTER
        ],
        triage=[ticket for ticket in queries.triage(session) if ticket.level != Level.URGENT],
        urgent=urgent(session),
    )


def _waits_since(row: ToCall) -> datetime:
    """When its call became due: filed, or its next time."""
    return row.due - policy.CALL_WITHIN


def urgent(session: Session) -> Sequence[Ticket]:
    """Urgent reports that no agency has accepted yet, by the clock that runs."""
    query = (
        select(Ticket)
        .where(Ticket.level == Level.URGENT, Ticket.state.in_(UNTAKEN))
        .order_by(
            func.coalesce(clocks.last_due(Clock.ACCEPT), clocks.last_due(Clock.TRIAGE), Ticket.filed_at), Ticket.id
        )
        .limit(_ROWS)
        .options(joinedload(Ticket.lead_agency), joinedload(Ticket.category), joinedload(Ticket.ward), CLOCKS)
    )
    return session.scalars(query).all()


def my_day(session: Session, actor: Actor, now: datetime) -> MyDay:
    """Calls this person answered today, and what they filed and settled; talks whose length is known make the mean."""
    start, end = overview.day_bounds(overview.local_day(now))
    mine = talkers.of_person(session, actor.id or 0, start, end)
    lasted = [talk.whole_s for talks in mine.values() for talk in talks if talk.whole_s is not None]
    answered, average = len(mine), sum(lasted) / len(lasted) if lasted else None
    values = {"start": start, "end": end, "actor": actor.id}
    counts: dict[str, int] = {move: count for move, count in session.execute(_DONE, values)}
    filed, called_back = (sum(counts.get(move, 0) for move in moves) for moves in (_FILED, _CALLED_BACK))
    return MyDay(answered, average, filed, called_back)


def desk_people(session: Session) -> Sequence[User]:
    """The people that may be handed a draft or a call-back."""
    staff = User.role.in_(rights.roles_with(Right.STAFF_DESK))
    return session.scalars(select(User).where(User.active, staff).order_by(User.name)).all()
