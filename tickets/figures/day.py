"""Figures of one day: calls by hour, service levels, tickets, and the usual values of such a weekday.

Definitions are those of `tickets.rules.metrics`; the sets here are the same ones as conditions, so that each
figure opens its rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from callcenter.models import Call, CallBack, Ticket, TicketCall
from callcenter.vocab import CallBackStanding, Clock, Disposition, Outcome
from tickets.figures.overview import ROWS, day_bounds, of_day
from tickets.life import call_backs, clocks, lines
from tickets.life.lines import Line
from tickets.rules import metrics, policy
from tickets.rules.metrics import Figure
from tickets.rules.sla import VIETNAM

# No operator spoke with the caller, and it was not the caller's quick change of mind.
MISSED = frozenset(
    {Outcome.ABANDONED, Outcome.TIMEOUT, Outcome.UNSERVED, Outcome.VOICEMAIL, Outcome.CALLBACK, Outcome.FAILED}
)

Row = Mapping[str, Any]
Kept = dict[date, list[Row]]


@dataclass(frozen=True)
class Hour:
    """Calls that began in this hour; `usual` is the mean of the same hour on the compared days, None without any."""

    hour: int
    answered: int
    missed: int
    other: int
    usual: float | None

    @property
    def total(self) -> int:
        return self.answered + self.missed + self.other


@dataclass(frozen=True)
class TicketDay:
    """Reports of one day; call-backs count nowhere. `due` are the answered ones that had a due moment."""

    received: int
    answered: int
    on_time: int
    due: int
    rated: int
    satisfied: int

    @property
    def late(self) -> int:
        return self.due - self.on_time


@dataclass(frozen=True)
class DayFigures:
    """The day up to `until`. `usual` maps a figure's name to its value on the `compared` days up to the same time.

    Counts are their mean a day, rates are taken over all calls of those days together.
    """

    day: date
    until: datetime
    figures: Mapping[str, Figure]
    usual: Mapping[str, float]
    compared: int
    hours: Sequence[Hour]
    tickets: TicketDay
    unreached: int
    withheld: int


@dataclass(frozen=True)
class Unreached:
    """A number that called, was missed, and has not been spoken with since."""

    caller: str
    missed: int
    last: datetime
    ticket: CallBack | None


def call_sets(*, service_level_s: float, short_abandon_s: float) -> dict[str, ColumnElement[bool]]:
    """The samples of the figures as conditions on calls."""
    queued, ended = Call.queued_at.is_not(None), Call.outcome.is_not(None)
    answered = and_(Call.outcome == Outcome.ANSWERED, queued)
    gave_up = and_(Call.outcome == Outcome.ABANDONED, queued, Call.wait_s >= short_abandon_s)
    return {
        "missed": _missed(),
        "other": and_(ended, Call.outcome != Outcome.ANSWERED, ~_missed()),
        "entered": and_(queued, ended),
        "served": answered,
        "sl4": or_(answered, gave_up),
        "in_time": and_(answered, Call.wait_s <= service_level_s),
        "waited": and_(answered, Call.wait_s > service_level_s),
        "gave_up": gave_up,
    }


def read(
    session: Session,
    day: date,
    now: datetime,
    *,
    service_level_s: float,
    short_abandon_s: float,
    kept: Kept | None = None,
) -> DayFigures:
    """All figures of the day, compared with the same weekday of the last four weeks up to the same time of day.

    `kept` spares reading the compared days again; its owner empties it at intervals.
    """
    start, end = day_bounds(day)
    until = min(now, end)
    before = [day - timedelta(weeks=week) for week in range(1, policy.COMPARED_WEEKS + 1)]
    kept = {} if kept is None else kept
    rows = {**_calls(session, [day, *(other for other in before if other not in kept)]), **kept}
    kept.update({other: rows[other] for other in before})
    # A day without a single call is a day without a listener, and no measure.
    compared = [other for other in before if rows[other]]
    cut = {other: _until(rows[other], day_bounds(other)[0] + (until - start)) for other in compared}

    figures = partial(_figures, service_level_s=service_level_s, short_abandon_s=short_abandon_s)
    pooled = figures([call for other in compared for call in cut[other]])
    usual = {name: _usual(figure, len(compared)) for name, figure in pooled.items() if figure.value is not None}
    return DayFigures(
        day=day,
        until=until,
        figures=figures(rows[day]),
        usual=usual if compared else {},
        compared=len(compared),
        hours=_hours(rows[day], [rows[other] for other in compared]),
        tickets=_tickets(session, start, end),
        unreached=session.scalar(select(func.count()).select_from(_unreached(day).subquery())) or 0,
        withheld=sum(is_missed(call) and call["caller"] is None for call in rows[day]),
    )


def _figures(calls: Sequence[Row], *, service_level_s: float, short_abandon_s: float) -> dict[str, Figure]:
    samples = metrics.samples(calls)
    known = metrics.call_figures(samples, service_level_s=service_level_s, short_abandon_s=short_abandon_s)
    missed = sum(is_missed(call) for call in calls)
    return {**known, "all": Figure(len(calls), len(calls), ""), "missed": Figure(missed, len(calls), "")}


def is_missed(call: Row) -> bool:
    """The condition `missed` for a row that was read."""
    return call["outcome"] in MISSED and call["disposition"] != Disposition.SHORT_ABANDON


def unreached(session: Session, day: date) -> list[Unreached]:
    """The rows behind `Day.unreached`, longest first, each with its open call-back."""
    found = session.execute(_unreached(day).order_by(func.min(Call.started_at)).limit(ROWS)).all()
    query = (
        select(CallBack)
        .where(call_backs.waits(), CallBack.caller.in_([caller for caller, _, _ in found]))
        .order_by(CallBack.id)
    )
    waiting = {call_back.caller: call_back for call_back in session.scalars(query)}
    return [Unreached(caller, missed, last, waiting.get(caller)) for caller, missed, last in found]


def day_tickets(session: Session, day: date, which: str) -> list[Line]:
    """The rows behind the ticket figures: `received`, `answered`, `late`, `rated`."""
    query = select(Ticket.id).where(_TICKET_SETS[which](*day_bounds(day)), _REPORT).order_by(Ticket.id.desc())
    return lines.read(session, session.scalars(query.limit(ROWS)).all())


def _missed() -> ColumnElement[bool]:
    return and_(Call.outcome.in_(MISSED), Call.disposition.is_distinct_from(Disposition.SHORT_ABANDON))


def _calls(session: Session, days: Sequence[date]) -> dict[date, list[Row]]:
    columns = (Call.started_at, Call.queued_at, Call.outcome, Call.wait_s, Call.talk_s, Call.reason, Call.disposition)
    query = select(*columns, Call.caller).where(or_(*(and_(*of_day(day)) for day in days)))
    rows: dict[date, list[Row]] = {day: [] for day in days}
    for row in session.execute(query).mappings():
        rows[row["started_at"].astimezone(VIETNAM).date()].append(dict(row))
    return rows


def _until(calls: Iterable[Row], moment: datetime) -> list[Row]:
    return [call for call in calls if call["started_at"] < moment]


def _usual(figure: Figure, days: int) -> float:
    value = figure.value or 0.0
    # Counts are whole numbers, shares and means are floats.
    return value / days if isinstance(value, int) else value


def _hours(calls: Sequence[Row], others: Sequence[Sequence[Row]]) -> list[Hour]:
    def hour_of(call: Row) -> int:
        return int(call["started_at"].astimezone(VIETNAM).hour)

    usual = [0] * 24
    for call in (call for other in others for call in other):
        usual[hour_of(call)] += 1
    counts = [[0, 0, 0] for _ in range(24)]
    for call in calls:
        # A call that goes on has no outcome yet and is not counted.
        if call["outcome"] is not None:
            kind = 0 if call["outcome"] == Outcome.ANSWERED else 1 if is_missed(call) else 2
            counts[hour_of(call)][kind] += 1
    return [
        Hour(hour, answered, missed, other, usual[hour] / len(others) if others else None)
        for hour, (answered, missed, other) in enumerate(counts)
    ]


def _unreached(day: date) -> Any:
    """One row a number: missed that day, and neither spoken with nor settled since its first miss."""
    later, task, about = aliased(Call), aliased(CallBack), aliased(TicketCall)
    answered = exists().where(
        later.caller == Call.caller, later.outcome == Outcome.ANSWERED, later.started_at > Call.started_at
    )
    settled = exists().where(
        about.call_id == Call.id,
        task.id == about.ticket_id,
        task.standing.in_((CallBackStanding.DONE, CallBackStanding.ENDED)),
    )
    return (
        select(Call.caller, func.count().label("missed"), func.max(Call.started_at).label("last"))
        .where(*of_day(day), _missed(), Call.caller.is_not(None), ~answered, ~settled)
        .group_by(Call.caller)
    )


_PROMISED = clocks.last_due(Clock.ANSWER)
_REPORT = Ticket.filed_at.is_not(None)


def _between(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


_TICKET_SETS = {
    "received": lambda start, end: _between(Ticket.filed_at, start, end),
    "answered": lambda start, end: _between(Ticket.resolved_at, start, end),
    "late": lambda start, end: and_(_between(Ticket.resolved_at, start, end), Ticket.resolved_at > _PROMISED),
    "rated": lambda start, end: _between(Ticket.rated_at, start, end),
}
TICKET_SETS = tuple(_TICKET_SETS)


def _tickets(session: Session, start: datetime, end: datetime) -> TicketDay:
    received, answered, rated = (_TICKET_SETS[name](start, end) for name in ("received", "answered", "rated"))
    due = and_(answered, _PROMISED.is_not(None))
    count = func.count()
    query = select(
        count.filter(received),
        count.filter(answered),
        count.filter(due, Ticket.resolved_at <= _PROMISED),
        count.filter(due),
        count.filter(rated),
        count.filter(rated, Ticket.rating >= policy.SATISFIED_FROM),
    ).where(_REPORT, or_(received, answered, rated))
    return TicketDay(*session.execute(query).one())
