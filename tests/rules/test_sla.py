"""Clocks, to the minute: lunch breaks, weekends, Tết, swapped Saturdays, and the clock on the wall."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.sla import VIETNAM, Calendar, Target, clock_state, due_at, working_time_between

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
