"""Emergencies on pages: open ones with their possible steps, and the record of a ticket."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session, joinedload

from callcenter import vocab
from callcenter.db import any_of
from callcenter.models import Call, CallBack, Emergency, PbxCommand, Ticket, TicketOrCallBack
from callcenter.vocab import CommandResult, CommandVerb, EmergencyEnd, EmergencyService
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.rules import emergency_rules as rules
from tickets.rules.emergency_rules import EmergencySituation, EmergencyStage, EmergencyStep
from tickets.telephone import calling_out, emergency_watch, my_phone, phone, transfers
from tickets.telephone.handset import PASSING, Handset
from tickets.telephone.my_phone import Presence

# What the PBX has done shows in the call's own events a moment later.
_SHOWS_WITHIN = timedelta(seconds=4)
_ROWS = 100
_ALL = (
    select(Emergency, Ticket, CallBack)
    .outerjoin(Ticket, Ticket.id == Emergency.ticket_id)
    .outerjoin(CallBack, CallBack.id == Emergency.ticket_id)
    # A number in the text, not a parameter: of a statement without any, the database keeps its plan.
    .limit(literal_column(f"{_ROWS}"))
    .options(joinedload(Ticket.ward), joinedload(CallBack.ward))
)
# Asked for by every page of the staff; what hangs on an emergency only where there is one, which is seldom.
_ANY_OPEN = select(Emergency.id).where(Emergency.ended_at.is_(None)).limit(literal_column("1"))
_OPEN = (
    _ALL.add_columns(Call)
    .outerjoin(Call, Call.id == Emergency.call_id)
    .where(Emergency.ended_at.is_(None))
    .order_by(Emergency.began_at, Emergency.id)
)


@dataclass(frozen=True)
class EmergencyRecord:
    """One emergency of a ticket: `ended` is None while it is not over."""

    service: EmergencyService
    began_at: datetime
    ended: EmergencyEnd | None
    note: str


@dataclass(frozen=True)
class OpenEmergency:
    """An emergency that is not over, with what is known of the caller. `steps` are what this person's telephone can do
    now; `mine`: they began it; `taken_by` is the leader that took it on."""

    id: int
    service: EmergencyService
    number: str
    code: str
    caller: str | None
    place: str
    began_at: datetime
    began_by: str
    taken_by: str | None
    stage: EmergencyStage
    steps: Sequence[EmergencyStep]
    mine: bool


def shown(session: Session, handset: Handset) -> list[OpenEmergency]:
    """All open ones for a leader, one's own for other people; the oldest first."""
    actor = handset.actor
    rows = [
        (row, ticket, call if call is not None and call.ended_at is None else None)
        for row, ticket, call in _read_open(session)
        if rights.may(actor, Right.FOLLOW_EMERGENCY, ties(actor, row, ticket))
    ]
    live = [(row, call) for row, _, call in rows if call is not None]
    asked = emergency_watch.asked_since(session, live)
    here = my_phone.of(handset) if len(live) < len(rows) else None
    return [_shown(handset, here, asked, row, ticket, call) for row, ticket, call in rows]


def ties(actor: Actor, row: Emergency, ticket: TicketOrCallBack) -> rights.Ties:
    """An emergency is one's own where one began it, or owns its ticket."""
    return rights.Ties(own=lambda: actor.id in (row.began_by_id, ticket.owner_id))


def open_ones(session: Session) -> list[tuple[Emergency, TicketOrCallBack]]:
    """All that are not over, the oldest first."""
    return [(row, about) for row, about, _ in _read_open(session)]


def count(session: Session, since: datetime, until: datetime) -> tuple[int, int]:
    """How many began in [since, until), and how many of these are not over."""
    query = select(func.count(), func.count().filter(Emergency.ended_at.is_(None)))
    begun, still = session.execute(query.where(Emergency.began_at >= since, Emergency.began_at < until)).one()
    return begun, still


def of_tickets(session: Session, ticket_ids: Collection[int]) -> dict[int, list[EmergencyRecord]]:
    """By ticket, the first one first; a ticket without any has no entry. One statement."""
    query = select(Emergency).where(Emergency.ticket_id == any_of(ticket_ids)).order_by(Emergency.id)
    found: dict[int, list[EmergencyRecord]] = {}
    for row in session.scalars(query):
        found.setdefault(row.ticket_id, []).append(EmergencyRecord(row.service, row.began_at, row.ended, row.note))
    return found


def listed(session: Session) -> list[tuple[Emergency, TicketOrCallBack]]:
    """The newest first, over or not."""
    newest_first = _ALL.order_by(Emergency.began_at.desc(), Emergency.id.desc())
    return [(row, ticket or call_back) for row, ticket, call_back in session.execute(newest_first)]


def _read_open(session: Session) -> list[tuple[Emergency, TicketOrCallBack, Call | None]]:
    if session.scalar(_ANY_OPEN) is None:
        return []
    return [(row, ticket or call_back, call) for row, ticket, call_back, call in session.execute(_OPEN)]


def _shown(
    handset: Handset,
    here: Presence | None,
    asked: Sequence[PbxCommand],
    row: Emergency,
    ticket: TicketOrCallBack,
    call: Call | None,
) -> OpenEmergency:
    stage = rules.stage(_facts(asked, row, call, handset.now))
    can = _can(handset, here, row, ticket, call)
    return OpenEmergency(
        id=row.id,
        service=row.service,
        number=row.number,
        code=ticket.code,
        caller=ticket.caller or ticket.reporter_phone,
        place=", ".join(part for part in (ticket.address, ticket.ward.name if ticket.ward else "") if part),
        began_at=row.began_at,
        began_by=row.began_by,
        taken_by=row.taken_by,
        stage=stage,
        steps=[step for step in rules.steps(stage) if step in can],
        mine=row.began_by_id == handset.actor.id,
    )


def _facts(asked: Sequence[PbxCommand], row: Emergency, call: Call | None, now: datetime) -> EmergencySituation:
    if call is None:
        return EmergencySituation(row.number, live=False)
    last = emergency_watch.asked_last(asked, row, call, PASSING)
    ours = emergency_watch.dialled_last(asked, row, call) == row.number
    return EmergencySituation(
        row.number,
        live=True,
        with_caller=row.extension in call.talking and row.extension not in call.holding,
        third=call.third if ours else None,
        verb=vocab.read(CommandVerb, last.verb) if last is not None and ours else None,
        result=_result(last, now),
        fresh=last is not None and last.ended_at is not None and now - last.ended_at < _SHOWS_WITHIN,
    )


def _result(last: PbxCommand | None, now: datetime) -> CommandResult | None:
    if last is None:
        return None
    return vocab.read(CommandResult, last.result) if last.result else phone.what_became(last, now)[1]


def _can(
    handset: Handset, here: Presence | None, row: Emergency, ticket: TicketOrCallBack, call: Call | None
) -> frozenset[EmergencyStep]:
    """What this person's telephone can do, whatever would help."""
    if not rights.may(handset.actor, Right.WORK_TELEPHONE) or not handset.extension:
        return frozenset()
    if call is None:
        return _calls(here, row, ticket)
    asking = transfers.consultation(handset)
    if asking is not None and asking.call_id == call.id:
        return frozenset({EmergencyStep.JOIN, EmergencyStep.BACK})
    verbs = transfers.can(handset, call) if row.number else frozenset()
    # Without asking first only where the PBX cannot.
    return frozenset(
        {EmergencyStep.AGAIN} if "consult" in verbs else {EmergencyStep.AT_ONCE} if "transfer" in verbs else ()
    )


def _calls(here: Presence | None, row: Emergency, ticket: TicketOrCallBack) -> frozenset[EmergencyStep]:
    if here is None or here.away or CommandVerb.CALL not in here.can:
        return frozenset()
    service = {EmergencyStep.CALL_SERVICE} if rules.may_be_called(row.number) else set()
    return frozenset(service | ({EmergencyStep.CALL_CALLER} if calling_out.numbers(ticket) else set()))
