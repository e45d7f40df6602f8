"""Queries of the supervisor's page: the day's calls, tickets by state, stuck work; each figure and its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, distinct, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from callcenter.models import Agency, Call, Matter, OutboxRow, SetAside, Ticket, TicketCall, TicketClock
from callcenter.vocab import Clock, Disposition, Outcome, TicketState
from tickets.desk.queries import Unfinished, unowned
from tickets.life import clocks, lines
from tickets.life.lines import Line
from tickets.life.loading import CLOCKS
from tickets.rules import policy
from tickets.rules.sla import VIETNAM

LIVE = "live"
_PROMISE_LATE = timedelta(minutes=1)
ROWS = 500


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


@dataclass(frozen=True)
class LateAgency:
    """An agency (None: not assigned yet), how many of its tickets are late, and the oldest moment missed."""

    agency: Agency | None
    count: int
    oldest: datetime | None


def local_day(now: datetime) -> date:
    return now.astimezone(VIETNAM).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The day from midnight to midnight in Vietnam, half-open."""
    start = datetime.combine(day, time(), VIETNAM)
    return start, datetime.combine(day + timedelta(days=1), time(), VIETNAM)


def day_outcomes(session: Session, day: date) -> dict[Outcome | None, int]:
    """Calls that began on this day by outcome; None counts those still going on. Test calls count nowhere."""
    query = select(Call.outcome, func.count()).where(*of_day(day)).group_by(Call.outcome)
    return {outcome: count for outcome, count in session.execute(query)}


def day_calls(
    session: Session, day: date, which: Outcome | ColumnElement[bool] | str | None = None, *, hour: int | None = None
) -> Sequence[Call]:
    """The rows behind a figure: an outcome, `live`, a condition of `day`, or nothing for all; newest first."""
    query = select(Call).where(*of_day(day)).order_by(Call.started_at.desc()).limit(ROWS)
    if hour is not None:
        begins = day_bounds(day)[0] + timedelta(hours=hour)
        query = query.where(Call.started_at >= begins, Call.started_at < begins + timedelta(hours=1))
    if isinstance(which, Outcome):
        query = query.where(Call.outcome == which)
    elif isinstance(which, str):
        query = query.where(Call.outcome.is_(None))
    elif which is not None:
        query = query.where(which)
    return session.scalars(query).all()


def of_day(day: date) -> list[ColumnElement[bool]]:
    return began_in(*day_bounds(day))


def began_in(start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """SQL: calls that began in [start, end), but tests."""
    not_test = or_(Call.disposition.is_(None), Call.disposition != Disposition.TEST)
    return [Call.started_at >= start, Call.started_at < end, not_test]


def tickets_by_state(session: Session) -> dict[TicketState, int]:
    """Every state with how many tickets are in it now, zero included; one that is not known here comes after them."""
    counted = session.execute(select(Ticket.state, func.count()).group_by(Ticket.state))
    return dict.fromkeys(TicketState, 0) | {state: count for state, count in counted}


def tickets_in_state(session: Session, state: TicketState) -> list[Line]:
    query = select(Ticket.id).where(Ticket.state == state).order_by(Ticket.id.desc()).limit(ROWS)
    return lines.read(session, session.scalars(query).all())


def stuck(session: Session, now: datetime) -> Stuck:
    """Promises set aside or late, messages set aside, tickets past a clock, abandoned drafts."""
    late = OutboxRow.created_at < now - _PROMISE_LATE
    promises = (
        select(OutboxRow)
        .where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_not(None) | late)
        .order_by(OutboxRow.id)
        .limit(ROWS)
    )
    aside = select(SetAside).where(SetAside.settled_at.is_(None)).order_by(SetAside.id).limit(ROWS)
    return Stuck(
        outbox=session.scalars(promises).all(),
        set_aside=session.scalars(aside).all(),
        overdue=_overdue(session, now),
        unfinished=unowned(session, now - policy.UNOWNED_AFTER),
    )


def late(now: datetime) -> ColumnElement[bool]:
    """SQL: a clock of this ticket has run out in a state that still owes it."""
    return exists().where(TicketClock.ticket_id == Ticket.id, clocks.ran_out(now))


def _overdue(session: Session, now: datetime, *which: ColumnElement[bool]) -> Sequence[Ticket]:
    query = (
        select(Ticket)
        .where(late(now), *which)
        .order_by(clocks.last_due(Clock.ANSWER).nulls_first(), Ticket.id)
        .limit(ROWS)
        .options(joinedload(Ticket.lead_agency), joinedload(Ticket.category), CLOCKS)
    )
    return session.scalars(query).all()


def late_agencies(session: Session, now: datetime, *, limit: int = 8) -> list[LateAgency]:
    """Agencies with most tickets past a clock; the last one counts the tickets without an agency (triage)."""
    count = func.count(distinct(Ticket.id))
    query = (
        select(Agency, count, func.min(TicketClock.due))
        .select_from(TicketClock)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .outerjoin(Agency, Agency.id == Ticket.lead_agency_id)
        .where(clocks.ran_out(now))
        .group_by(Agency.id)
        # First, so that no limit cuts it off.
        .order_by(Agency.id.is_not(None), count.desc(), Agency.name)
        .limit(limit + 1)
    )
    found = [LateAgency(agency, number, oldest) for agency, number, oldest in session.execute(query)]
    return [*[row for row in found if row.agency][:limit], *(row for row in found if row.agency is None)]


def overdue_of(session: Session, agency_id: int | None, now: datetime) -> Sequence[Ticket]:
    """The rows behind `late_agencies`; 0 stands for no agency, None for all of them."""
    if agency_id is None:
        return _overdue(session, now)
    return _overdue(session, now, Ticket.lead_agency_id == agency_id if agency_id else Ticket.lead_agency_id.is_(None))


def codes_of(session: Session, calls: Iterable[Call]) -> dict[int, list[str]]:
    """Call id to the codes of its tickets and call-backs: from a row of calls on to what became of it."""
    query = (
        select(TicketCall.call_id, Matter.code)
        .join(Matter, Matter.id == TicketCall.ticket_id)
        .where(TicketCall.call_id.in_([call.id for call in calls]))
        .order_by(Matter.id)
    )
    codes: dict[int, list[str]] = {}
    for call_id, code in session.execute(query):
        codes.setdefault(call_id, []).append(code)
    return codes
