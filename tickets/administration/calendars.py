"""Administration of working time: weekly hours, exceptional days, clock targets, and a due moment computed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import CalendarDay, SlaTarget, WorkingPeriod
from callcenter.vocab import Clock, Level
from tickets.actors import Actor
from tickets.life import clocks
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.fields import owed
from tickets.rules.policy import Target
from tickets.rules.sla import Calendar, due_at

Week = dict[int, tuple[tuple[time, time], ...]]
_MINUTES_OF = {"minutes": 1, "hours": 60}
_DAY = 24 * 60
_WORKING_DAY = int(policy.WORKING_DAY.total_seconds()) // 60


@dataclass(frozen=True)
class Deadline:
    """A clock's target as people decide on it; `stored` is False where our default stands in."""

    level: Level
    clock: Clock
    target: Target
    confirmed: bool


@dataclass(frozen=True)
class DeadlineFields:
    """`unit` is minutes, hours or days: of work where `working_time`, else by the clock on the wall."""

    amount: str
    unit: str
    working_time: bool
    confirmed: bool = False


def week(session: Session) -> Week:
    """The hours of each weekday, 0 Monday; the default week where nothing was decided."""
    calendar = clocks.calendar(session)
    return {weekday: tuple(calendar.hours_of(weekday)) for weekday in range(7)}


def week_facts(hours: Mapping[int, Sequence[tuple[time, time]]]) -> dict[str, Any]:
    """`{"0": "07:30–11:30, 13:30–17:00", …}`: readable in the record."""
    return {str(weekday): ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours.get(weekday, ()))
            for weekday in range(7)}  # fmt: skip


def set_week(session: Session, actor: Actor, typed: Mapping[int, Sequence[tuple[str, str]]], *, seen: str | None,
             now: datetime) -> None:  # fmt: skip
    """The hours of all weekdays, as typed. Raises Invalid by `day-N`, or `week` where no hour would be left."""
    begin(session, actor, Right.ADMINISTER_CALENDAR)
    problems: dict[str, str] = {}
    hours = {weekday: _periods(weekday, typed.get(weekday, ()), problems) for weekday in range(7)}
    if not problems and not any(hours.values()):
        problems["week"] = "week_empty"
    if problems:
        raise Invalid(problems)
    before, after = week_facts(week(session)), week_facts(hours)
    if is_news("week", "week", before, after, seen):
        session.execute(delete(WorkingPeriod))
        session.add_all(
            WorkingPeriod(weekday=weekday, opens=opens, closes=closes)
            for weekday, periods in hours.items()
            for opens, closes in periods
        )
        record_change(session, actor, "week", "week", before, after, now)


def _periods(weekday: int, typed: Sequence[tuple[str, str]], problems: dict[str, str]) -> tuple[tuple[time, time], ...]:
    periods: list[tuple[time, time]] = []
    for opens, closes in typed:
        if not opens and not closes:
            continue
        try:
            period = (time.fromisoformat(opens), time.fromisoformat(closes))
        except ValueError:
            problems[f"day-{weekday}"] = "time_unreadable"
            return ()
        if period[0] >= period[1] or (periods and period[0] < periods[-1][1]):
            problems[f"day-{weekday}"] = "time_order"
        periods.append(period)
    return tuple(periods)


def days_of(session: Session, year: int) -> Sequence[CalendarDay]:
    query = select(CalendarDay).where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return session.scalars(query.order_by(CalendarDay.day)).all()


def day_facts(row: CalendarDay) -> dict[str, Any]:
    return {"working": row.working, "note": row.note}


def set_day(
    session: Session, actor: Actor, day: date, working: bool, note: str, *, seen: str | None, now: datetime
) -> None:
    """A day off, or a day worked instead. `seen` None adds: raises Invalid where the day differs already."""
    begin(session, actor, Right.ADMINISTER_CALENDAR)
    note = note.strip()
    if why := owed(note, 200):
        raise Invalid({"note": why})
    row = session.get(CalendarDay, day, with_for_update=True, populate_existing=True)
    before, after = day_facts(row) if row else {}, {"working": working, "note": note}
    if seen is None and row is not None and before != after:
        raise Invalid({"day": "day_taken"})
    if not is_news("calendar_day", day.isoformat(), before, after, seen):
        return
    if row is None:
        session.add(CalendarDay(day=day, **after))
    else:
        row.working, row.note = working, note
    record_change(session, actor, "calendar_day", day.isoformat(), before, after, now)


def remove_day(session: Session, actor: Actor, day: date, *, now: datetime) -> None:
    """The day is again what its weekday is."""
    begin(session, actor, Right.ADMINISTER_CALENDAR)
    row = session.get(CalendarDay, day, with_for_update=True)
    if row is not None:
        session.delete(row)
        record_change(session, actor, "calendar_day", day.isoformat(), day_facts(row), {}, now)


def deadlines(session: Session) -> list[Deadline]:
    rows = {(row.level, row.clock): row for row in session.scalars(select(SlaTarget))}
    found = []
    for (level, clock), default in policy.TARGETS.items():
        row = rows.get((level, clock))
        target = Target(row.minutes, row.working_time) if row else default
        found.append(Deadline(level, clock, target, row.confirmed if row else False))
    return found


def deadline(session: Session, level: Level, clock: Clock) -> Deadline:
    for found in deadlines(session):
        if (found.level, found.clock) == (level, clock):
            return found
    raise NotFound(f"no deadline {level} {clock}")


def deadline_facts(found: Deadline) -> dict[str, Any]:
    return {
        "minutes": found.target.minutes,
        "working_time": found.target.working_time,
        "confirmed": found.confirmed,
    }


def set_deadline(
    session: Session, actor: Actor, level: Level, clock: Clock, fields: DeadlineFields, *, seen: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """How long a clock may run from now on; clocks that run already keep the moment they promised."""
    begin(session, actor, Right.ADMINISTER_CALENDAR)
    before = deadline_facts(deadline(session, level, clock))
    after = {
        "minutes": _minutes(fields),
        "working_time": fields.working_time,
        "confirmed": fields.confirmed,
    }
    key = f"{level}/{clock}"
    if not is_news("sla_target", key, before, after, seen):
        return
    row = session.get(SlaTarget, (level, clock), with_for_update=True, populate_existing=True)
    if row is None:
        session.add(SlaTarget(level=level, clock=clock, **after))
    else:
        row.minutes, row.working_time, row.confirmed = _minutes(fields), fields.working_time, fields.confirmed
    record_change(session, actor, "sla_target", key, before, after, now)


def _minutes(fields: DeadlineFields) -> int:
    day = _WORKING_DAY if fields.working_time else _DAY
    factor = {**_MINUTES_OF, "days": day}.get(fields.unit)
    if factor is None:
        raise Invalid({"unit": "unknown_choice"})
    if not re.fullmatch(r"[0-9]{1,5}", fields.amount.strip()):
        raise Invalid({"amount": "whole_number"})
    minutes = int(fields.amount) * factor
    if not 0 < minutes <= policy.LONGEST_DEADLINE // timedelta(minutes=1):
        raise Invalid({"amount": "deadline_range"})
    return minutes


def in_units(target: Target) -> tuple[int, str]:
    """The biggest unit in which a target is a whole number: 2250 working minutes are 5 days."""
    day = _WORKING_DAY if target.working_time else _DAY
    for unit, factor in (("days", day), ("hours", 60)):
        if target.minutes % factor == 0:
            return target.minutes // factor, unit
    return target.minutes, "minutes"


def preview(session: Session, filed: datetime) -> list[tuple[Deadline, datetime | None]]:
    """When each clock of a ticket filed (and handed over) at that moment would be up; None: the calendar has no end."""
    calendar = clocks.calendar(session)
    return [(found, _due(filed, found.target, calendar)) for found in deadlines(session)]


def _due(filed: datetime, target: Target, calendar: Calendar) -> datetime | None:
    try:
        return due_at(filed, target, calendar)
    except ValueError:
        return None
