"""What the pages show of emergencies: those that are not over, each with what helps now; and the record of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Call, Emergency, PbxCommand, Ticket
from callcenter.vocab import CommandResult, CommandVerb, EmergencyEnd, EmergencyService
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.rules import emergency_rules as rules
from tickets.rules.emergency_rules import Facts, Stage, Step
from tickets.telephone import calling_out, emergency_watch, my_phone, phone, transfers

_ABOUT = (CommandVerb.CONSULT, CommandVerb.TRANSFER, CommandVerb.JOIN, CommandVerb.BACK)
# What the PBX has done shows in the call's own events a moment later.
_SHOWS_WITHIN = timedelta(seconds=4)
_ROWS = 100
_ALL = (
    select(Emergency, Ticket)
    .join(Ticket, Ticket.id == Emergency.ticket_id)
    # A number in the text, not a parameter: of a statement without any, the database keeps its plan.
    .limit(literal_column(f"{_ROWS}"))
    .options(joinedload(Ticket.ward))
)
# Asked for by every page of the desk, and so built once.
_OPEN = _ALL.where(Emergency.ended_at.is_(None)).order_by(Emergency.began_at, Emergency.id)


@dataclass(frozen=True)
class Past:
    """One emergency of a ticket: `ended` is None while it is not over."""

    service: EmergencyService
    began_at: datetime
    ended: EmergencyEnd | None
    note: str


@dataclass(frozen=True)
class Shown:
    """An emergency that is not over, with what is known of the caller. `steps` are what this person's telephone can do
    now; `mine`: they began it; `taken_by` is the leader who took it on."""

    id: int
    service: EmergencyService
    number: str
    code: str
    caller: str | None
    place: str
    began_at: datetime
    began_by: str
    taken_by: str | None
    stage: Stage
    steps: Sequence[Step]
    mine: bool


def shown(session: Session, actor: Actor, now: datetime) -> list[Shown]:
    """All that are open for who leads, one's own for everybody else; the oldest first."""
    return [
        _shown(session, actor, row, ticket, now)
        for row, ticket in open_ones(session)
        if rights.may(actor, Right.FOLLOW_EMERGENCY, ties(actor, row, ticket))
    ]


def ties(actor: Actor, row: Emergency, ticket: Ticket) -> rights.Ties:
    """An emergency is the operator's own who began it, and whose ticket it is."""
    return rights.Ties(own=lambda: actor.id in (row.began_by_id, ticket.owner_id))


def open_ones(session: Session) -> list[tuple[Emergency, Ticket]]:
    """All that are not over, the oldest first."""
    return [(row, ticket) for row, ticket in session.execute(_OPEN)]


def count(session: Session, since: datetime, until: datetime) -> tuple[int, int]:
    """How many began in [since, until), and how many of these are not over."""
    query = select(func.count(), func.count().filter(Emergency.ended_at.is_(None)))
    begun, still = session.execute(query.where(Emergency.began_at >= since, Emergency.began_at < until)).one()
    return begun, still


def of_ticket(session: Session, ticket_id: int) -> list[Past]:
    """Those of one ticket, the first one first."""
    query = select(Emergency).where(Emergency.ticket_id == ticket_id).order_by(Emergency.id)
    return [Past(row.service, row.began_at, row.ended, row.note) for row in session.scalars(query)]


def listed(session: Session) -> list[tuple[Emergency, Ticket]]:
    """The newest first, over or not."""
    newest_first = _ALL.order_by(Emergency.began_at.desc(), Emergency.id.desc())
    return [(row, ticket) for row, ticket in session.execute(newest_first)]


def _shown(session: Session, actor: Actor, row: Emergency, ticket: Ticket, now: datetime) -> Shown:
    call = session.get(Call, row.call_id) if row.call_id else None
    stage = rules.stage(_facts(session, row, call, now))
    can = _can(session, actor, row, ticket, call, now)
    return Shown(
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
        mine=row.began_by_id == actor.id,
    )


def _facts(session: Session, row: Emergency, call: Call | None, now: datetime) -> Facts:
    if call is None or call.ended_at is not None:
        return Facts(row.number, live=False)
    last = emergency_watch.asked_last(session, row, call, _ABOUT)
    ours = emergency_watch.dialled_last(session, row, call) == row.number
    return Facts(
        row.number,
        live=True,
        with_caller=row.extension in call.talking and row.extension not in call.holding,
        third=call.third if ours else None,
        verb=CommandVerb(last.verb) if last is not None and ours else None,
        result=_result(last, now),
        fresh=last is not None and last.ended_at is not None and now - last.ended_at < _SHOWS_WITHIN,
    )


def _result(last: PbxCommand | None, now: datetime) -> CommandResult | None:
    if last is None:
        return None
    return CommandResult(last.result) if last.result else phone.what_became(last, now)[1]


def _can(
    session: Session, actor: Actor, row: Emergency, ticket: Ticket, call: Call | None, now: datetime
) -> frozenset[Step]:
    """What this person's telephone can do, whatever would help."""
    if not rights.may(actor, Right.WORK_TELEPHONE) or not actor.extension:
        return frozenset()
    if call is None or call.ended_at is not None:
        return _calls(session, actor, row, ticket, now)
    asking = transfers.consultation(session, actor, now)
    if asking is not None and asking.call_id == call.id:
        return frozenset({Step.JOIN, Step.BACK})
    verbs = transfers.can(session, actor, call) if row.number else frozenset()
    # Without asking first only where the PBX cannot.
    return frozenset({Step.AGAIN} if "consult" in verbs else {Step.AT_ONCE} if "transfer" in verbs else ())


def _calls(session: Session, actor: Actor, row: Emergency, ticket: Ticket, now: datetime) -> frozenset[Step]:
    here = my_phone.of(session, actor, now)
    if here is None or here.away or CommandVerb.CALL not in here.can:
        return frozenset()
    service = {Step.CALL_SERVICE} if rules.may_be_called(row.number) else set()
    return frozenset(service | ({Step.CALL_CALLER} if calling_out.numbers(ticket) else set()))
