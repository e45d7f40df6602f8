"""Clocks, to the minute: lunch breaks, weekends, Tết, swapped Saturdays, and the clock on the wall."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.policy import MAX_WAIT, WORKING_DAY, Target
from tickets.rules.sla import (
    VIETNAM,
    Calendar,
    clock_state,
    due_after_wait,
    due_at,
    postponed,
    wait_ends,
    working_time_between,
)

# 2026: 24 November is a holiday, Monday 23 is not; Saturday 22 August is worked for Monday 31 August.
CALENDAR = Calendar(
    exceptions={
        date(2026, 8, 31): False,
        date(2026, 9, 2): False,
        date(2026, 8, 22): True,
        date(2026, 11, 24): False,
        **{date(2026, 2, 14) + timedelta(days=n): False for n in range(9)},
    }
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-23 09:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 11:00", 60, "2026-11-23 14:00"),  # over lunch
        ("2026-11-23 12:00", 60, "2026-11-23 14:30"),  # begun in the break
        ("2026-11-23 16:30", 60, "2026-11-25 08:00"),  # over the holiday of the 24th
        ("2026-11-23 05:00", 30, "2026-11-23 08:00"),  # before opening
        ("2026-11-23 22:00", 30, "2026-11-25 08:00"),  # at night
        ("2026-11-23 07:30", 240, "2026-11-23 11:30"),  # used up exactly at the break: due then
        ("2026-11-23 07:30", 450, "2026-11-23 17:00"),  # a whole day
        ("2026-11-23 07:30", 451, "2026-11-25 07:31"),
        ("2026-11-27 16:59", 2, "2026-11-30 07:31"),  # over the weekend
        ("2026-08-21 16:30", 60, "2026-08-22 08:00"),  # the Saturday worked instead
        ("2026-08-28 16:30", 60, "2026-09-01 08:00"),  # the Monday taken off for it
        ("2026-02-13 16:30", 60, "2026-02-23 08:00"),  # Tết
    ],
)
def test_working_time(start: str, minutes: int, due: str) -> None:
    assert due_at(at(start), Target(minutes, working_time=True), CALENDAR) == at(due)


def test_the_clock_on_the_wall_knows_no_night() -> None:
    assert due_at(at("2026-02-16 23:00"), Target(240, working_time=False), CALENDAR) == at("2026-02-17 03:00")


def test_due_moments_are_utc() -> None:
    assert due_at(at("2026-11-23 09:00"), Target(60, working_time=True), CALENDAR).tzinfo is UTC


def test_a_calendar_without_a_working_day_is_an_error_and_not_a_loop() -> None:
    with pytest.raises(ValueError, match="no working time"):
        due_at(at("2026-11-23 09:00"), Target(60, working_time=True), Calendar(weekdays=frozenset()))


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 330 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))


@given(moments, st.integers(1, 5000))
def test_working_time_until_due_is_the_target(start: datetime, minutes: int) -> None:
    due = due_at(start, Target(minutes, working_time=True), CALENDAR)
    assert working_time_between(start, due, CALENDAR) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("before", "state"), [(300, "ok"), (240, "soon"), (1, "soon"), (0, "late"), (-1, "late")])
def test_how_a_clock_is_shown(before: int, state: str) -> None:
    now = at("2026-11-23 09:00")
    assert clock_state(now + timedelta(minutes=before), now) == state


@pytest.mark.parametrize(
    ("due", "days", "later"),
    [
        ("2026-11-26 10:00", 0, "2026-11-26 10:00"),
        ("2026-11-25 10:00", 1, "2026-11-26 10:00"),
        ("2026-11-26 10:00", 3, "2026-12-01 10:00"),  # over the weekend
        ("2026-11-23 17:00", 1, "2026-11-25 17:00"),  # over the holiday; the end of a day stays one
        ("2026-11-25 11:30", 1, "2026-11-26 11:30"),
        ("2026-11-25 23:00", 1, "2026-11-26 17:00"),  # an urgent one, due at night
    ],
)
def test_an_extension_counts_working_days_from_the_due_moment(due: str, days: int, later: str) -> None:
    assert postponed(at(due), days * WORKING_DAY, CALENDAR) == at(later)


@pytest.mark.parametrize(
    ("due", "since", "end", "working_time", "then"),
    [
        ("2026-11-25 10:00", "2026-11-23 09:00", "2026-11-23 11:00", True, "2026-11-25 14:00"),  # two hours, over lunch
        ("2026-11-25 10:00", "2026-11-23 16:00", "2026-11-25 08:30", True, "2026-11-25 14:00"),  # the holiday is none
        ("2026-11-25 10:00", "2026-11-23 18:00", "2026-11-25 07:00", True, "2026-11-25 10:00"),  # at night nothing runs
        ("2026-11-23 12:00", "2026-11-23 11:00", "2026-11-23 23:00", False, "2026-11-24 00:00"),  # on the wall all does
        ("2026-11-23 10:00", "2026-11-23 11:00", "2026-11-25 11:00", True, "2026-11-23 10:00"),  # was late, stays late
        ("2026-11-23 10:00", "2026-11-23 10:00", "2026-11-25 11:00", True, "2026-11-23 10:00"),
    ],
)
def test_a_clock_that_stood_goes_on_with_what_was_left(
    due: str, since: str, end: str, working_time: bool, then: str
) -> None:
    assert due_after_wait(at(due), at(since), at(end), CALENDAR, working_time=working_time) == at(then)


@given(moments, st.integers(1, 5000), st.integers(0, 4999), st.integers(0, 40_000))
def test_waiting_neither_gives_nor_takes_working_time(start: datetime, target: int, used: int, wait: int) -> None:
    due = due_at(start, Target(target, working_time=True), CALENDAR)
    since = due_at(start, Target(used % target, working_time=True), CALENDAR)
    end = since + timedelta(minutes=wait)
    then = due_after_wait(due, since, end, CALENDAR, working_time=True)
    assert working_time_between(end, then, CALENDAR) == timedelta(minutes=target - used % target)


@pytest.mark.parametrize(
    ("since", "paused", "ends"),
    [
        ("2026-11-25 09:00", timedelta(), "2026-12-09 09:00"),
        ("2026-11-25 09:00", 9 * WORKING_DAY, "2026-11-26 09:00"),
        ("2026-11-25 09:00", MAX_WAIT.time, "2026-11-25 09:00"),
        ("2026-11-25 09:00", 11 * WORKING_DAY, "2026-11-25 09:00"),
    ],
)
def test_all_waits_together_have_an_end(since: str, paused: timedelta, ends: str) -> None:
    assert wait_ends(at(since), paused, CALENDAR) == at(ends)
