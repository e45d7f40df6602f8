"""Due moments by working time or by the clock on the wall. Minute-exact, `now` an argument."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tickets.rules import policy
from tickets.rules.policy import Target

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_ONE_DAY = timedelta(days=1)
# A calendar without one working day in two years is a mistake in the data, not a long holiday.
_HORIZON_DAYS = 750

ClockState = Literal["ok", "soon", "late"]


@dataclass(frozen=True)
class Calendar:
    """Working time. `exceptions` says for a date whether it is worked, against its weekday.

    `week` has the hours of each weekday (0 Monday), where the province decided on them; without it `periods` are the
    hours of all `weekdays`.
    """

    periods: tuple[tuple[time, time], ...] = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
    weekdays: frozenset[int] = frozenset(range(5))
    exceptions: Mapping[date, bool] = field(default_factory=dict)
    zone: ZoneInfo = VIETNAM
    week: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)

    def hours_of(self, weekday: int) -> tuple[tuple[time, time], ...]:
        """The hours of an ordinary day of the week; none where it is free."""
        if self.week:
            return self.week.get(weekday, ())
        return self.periods if weekday in self.weekdays else ()

    def is_worked(self, day: date) -> bool:
        return self.exceptions.get(day, bool(self.hours_of(day.weekday())))

    def hours(self, day: date) -> tuple[tuple[time, time], ...]:
        """The hours of a date; a Saturday worked instead, having none of its own, takes the first worked weekday's."""
        if not self.is_worked(day):
            return ()
        return self.hours_of(day.weekday()) or next(filter(None, map(self.hours_of, range(7))), self.periods)

    def periods_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working periods as moments, from the one that holds `moment` on; the first one cut to begin there."""
        day = moment.astimezone(self.zone).date()
        for _ in range(_HORIZON_DAYS):
            for opens, closes in self.hours(day):
                start = datetime.combine(day, opens, self.zone)
                end = datetime.combine(day, closes, self.zone)
                if end > moment:
                    yield max(start, moment), end
            day += _ONE_DAY


def due_at(start: datetime, target: Target, calendar: Calendar) -> datetime:
    """The moment at which the target is used up, in UTC.

    Used up exactly at the end of a working period means due then, not at the next opening.
    """
    return _run(start, timedelta(minutes=target.minutes), calendar, working_time=target.working_time)


def postponed(due: datetime, by: timedelta, calendar: Calendar, *, working_time: bool = True) -> datetime:
    """The due moment moved on by so much working time (or time on the wall), in UTC; by nothing, it stays."""
    return _run(due, by, calendar, working_time=working_time) if by else due


def wait_ends(since: datetime, paused: timedelta, calendar: Calendar) -> datetime:
    """When a wait that began at `since` has used up policy.MAX_WAIT, of which `paused` was gone before; in UTC."""
    return _run(since, max(policy.MAX_WAIT.time - paused, timedelta()), calendar, working_time=True)


def due_after_wait(
    due: datetime, since: datetime, end: datetime, calendar: Calendar, *, working_time: bool
) -> datetime:
    """The due moment of a clock that stood from `since` to `end`: what was left then is left now.

    A clock that had run out before stays run out: waiting does not restore it.
    """
    if due <= since:
        return due
    stood = working_time_between(since, end, calendar) if working_time else max(end - since, timedelta())
    return postponed(due, stood, calendar, working_time=working_time)


def _run(start: datetime, left: timedelta, calendar: Calendar, *, working_time: bool) -> datetime:
    if not working_time:
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


def clock_state(due: datetime, now: datetime) -> ClockState:
    """How a clock is shown: `late` from the due moment on, `soon` within policy.SOON of it."""
    if now >= due:
        return "late"
    return "soon" if due - now <= policy.SOON else "ok"
