"""What the supervisor's page reads: the day's calls, tickets by state, what is stuck; each figure and its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Call, OutboxRow, SetAside, Ticket, TicketCall
from callcenter.vocab import Disposition, Outcome, TicketState
from tickets.lifecycle import OPEN
from tickets.queries import Unfinished, unowned
from tickets.sla import VIETNAM

LIVE = "live"
# A draft whose call ended this long ago is the shift leader's too (DESIGN, "Never with neither").
UNOWNED_AFTER = timedelta(minutes=30)
_PROMISE_LATE = timedelta(minutes=1)
_ROWS = 500


@dataclass(frozen=True)
class Stuck:
    """What does not go on by itself, or is late."""

    outbox: Sequence[OutboxRow]
    set_aside: Sequence[SetAside]
    overdue: Sequence[Ticket]
    unfinished: Sequence[Unfinished]

    @property
    def count(self) -> int:
        return len(self.outbox) + len(self.set_aside) + len(self.overdue) + len(self.unfinished)


def local_day(now: datetime) -> date:
    return now.astimezone(VIETNAM).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The day from midnight to midnight in Vietnam, half-open."""
    start = datetime.combine(day, time(), VIETNAM)
    return start, datetime.combine(day + timedelta(days=1), time(), VIETNAM)


def day_outcomes(session: Session, day: date) -> dict[Outcome | None, int]:
    """Calls that began on this day by outcome; None counts those still going on. Test calls count nowhere."""
    query = select(Call.outcome, func.count()).where(*_of_day(day)).group_by(Call.outcome)
    return {outcome: count for outcome, count in session.execute(query)}


def day_calls(session: Session, day: date, outcome: Outcome | str | None = None) -> Sequence[Call]:
    """The rows behind the figure: `outcome` as one of its keys, `live` for None, nothing for all of them."""
    query = select(Call).where(*_of_day(day)).order_by(Call.started_at.desc()).limit(_ROWS)
    if outcome == LIVE:
        query = query.where(Call.outcome.is_(None))
    elif outcome is not None:
        query = query.where(Call.outcome == Outcome(outcome))
    return session.scalars(query).all()


def _of_day(day: date) -> list[ColumnElement[bool]]:
    start, end = day_bounds(day)
    not_test = or_(Call.disposition.is_(None), Call.disposition != Disposition.TEST)
    return [Call.started_at >= start, Call.started_at < end, not_test]


def tickets_by_state(session: Session) -> dict[TicketState, int]:
    """Every state with how many tickets are in it now, zero included."""
    counted = session.execute(select(Ticket.state, func.count()).group_by(Ticket.state))
    counts = {state: count for state, count in counted}
    return {state: counts.get(state, 0) for state in TicketState}


def tickets_in_state(session: Session, state: TicketState) -> Sequence[Ticket]:
    query = (
        select(Ticket)
        .where(Ticket.state == state)
        .order_by(Ticket.id.desc())
        .limit(_ROWS)
        .options(joinedload(Ticket.category), joinedload(Ticket.ward), joinedload(Ticket.lead_agency))
    )
    return session.scalars(query).all()


def stuck(session: Session, now: datetime) -> Stuck:
    """Promises set aside or late, messages set aside, tickets past a clock, drafts nobody ends."""
    late = OutboxRow.created_at < now - _PROMISE_LATE
    promises = (
        select(OutboxRow)
        .where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_not(None) | late)
        .order_by(OutboxRow.id)
        .limit(_ROWS)
    )
    aside = select(SetAside).where(SetAside.settled_at.is_(None)).order_by(SetAside.id).limit(_ROWS)
    return Stuck(
        outbox=session.scalars(promises).all(),
        set_aside=session.scalars(aside).all(),
        overdue=_overdue(session, now),
        unfinished=unowned(session, now - UNOWNED_AFTER),
    )


def _overdue(session: Session, now: datetime) -> Sequence[Ticket]:
    not_taken = (Ticket.state == TicketState.ROUTED) & (Ticket.accept_due < now)
    not_placed = (Ticket.state == TicketState.TRIAGE) & (Ticket.triage_due < now)
    not_answered = Ticket.state.in_(OPEN) & (Ticket.answer_due < now)
    query = (
        select(Ticket)
        .where(or_(not_taken, not_placed, not_answered))
        .order_by(Ticket.answer_due.nulls_first(), Ticket.id)
        .limit(_ROWS)
        .options(joinedload(Ticket.lead_agency), joinedload(Ticket.category))
    )
    return session.scalars(query).all()


def codes_of(session: Session, calls: Iterable[Call]) -> dict[int, list[str]]:
    """Call id to the codes of its tickets: from a row of calls on to what became of it."""
    query = (
        select(TicketCall.call_id, Ticket.code)
        .join(Ticket, Ticket.id == TicketCall.ticket_id)
        .where(TicketCall.call_id.in_([call.id for call in calls]))
        .order_by(Ticket.id)
    )
    codes: dict[int, list[str]] = {}
    for call_id, code in session.execute(query):
        codes.setdefault(call_id, []).append(code)
    return codes
