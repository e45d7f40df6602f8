"""Clocks: when something is due, by working time or by the clock on the wall. Minute-exact, `now` an argument."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_ONE_DAY = timedelta(days=1)
# A calendar without one working day in two years is a mistake in the data, not a long holiday.
_HORIZON_DAYS = 750

ClockState = Literal["ok", "soon", "late"]


@dataclass(frozen=True)
class Calendar:
    """Working time. `exceptions` says for a date whether it is worked, against its weekday."""

    periods: tuple[tuple[time, time], ...] = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
    weekdays: frozenset[int] = frozenset(range(5))
    exceptions: Mapping[date, bool] = field(default_factory=dict)
    zone: ZoneInfo = VIETNAM

    def is_worked(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() in self.weekdays)

    def periods_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working periods as moments, from the one that holds `moment` on; the first one cut to begin there."""
        day = moment.astimezone(self.zone).date()
        for _ in range(_HORIZON_DAYS):
            if self.is_worked(day):
                for opens, closes in self.periods:
                    start = datetime.combine(day, opens, self.zone)
                    end = datetime.combine(day, closes, self.zone)
                    if end > moment:
                        yield max(start, moment), end
            day += _ONE_DAY


@dataclass(frozen=True)
class Target:
    """How long a clock may run."""

    minutes: int
    working_time: bool


def due_at(start: datetime, target: Target, calendar: Calendar) -> datetime:
    """The moment at which the target is used up, in UTC.

    Used up exactly at the end of a working period means due then, not at the next opening.
    """
    left = timedelta(minutes=target.minutes)
    if not target.working_time:
        return (start + left).astimezone(UTC)
    for opens, closes in calendar.periods_from(start):
        if opens + left <= closes:
            return (opens + left).astimezone(UTC)
        left -= closes - opens
    raise ValueError("the calendar has no working time left to count")


def working_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time from `start` to `end`; zero when the end comes first."""
    total = timedelta()
    for opens, closes in calendar.periods_from(start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def clock_state(due: datetime, now: datetime, *, soon: timedelta = timedelta(hours=4)) -> ClockState:
    """How a clock is shown: `late` from the due moment on, `soon` within `soon` of it."""
    if now >= due:
        return "late"
    return "soon" if due - now <= soon else "ok"
