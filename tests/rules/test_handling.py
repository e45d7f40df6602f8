"""A person's day in figures: the formulas on a day small enough to reckon by hand, and what is not known."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.rules import handling
from tickets.rules.handling import Interval, PersonWork, figures, sums, together
from tickets.rules.talks import Talk

EIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return EIGHT + timedelta(minutes=minute)


def span(start: float, end: float) -> Interval:
    return at(start), at(end)


def talk(start: float, whole: float | None, hold: float | None = 0.0) -> Talk:
    """Minutes."""
    return Talk("101", at(start), whole * 60 if whole is not None else None, hold * 60 if hold is not None else None)


# An hour in the queue: calls of 6 and 10 minutes with 2 on hold, 2 and 4 of after-call work, 8 of lunch, else ready.
HOUR = PersonWork(
    talks=[[talk(5, 6)], [talk(20, 10, 2)]],
    after_call=[120.0, 240.0],
    ready=[span(0, 11), span(13, 30), span(34, 45), span(53, 60)],
    signed_in=[span(0, 60)],
)


def values(work: PersonWork) -> dict[str, float | None]:
    return {name: figure.value for name, figure in figures(sums(work)).items()}


def test_an_hour_by_hand() -> None:
    """Handle: 16 + 6 = 22 minutes; ready and idle: 46 - 16 = 30."""
    assert values(HOUR) == {
        "handled": 2,
        "talk": 14 * 60,
        "hold": 2 * 60,
        "after_call": 6 * 60,
        "aht": 11 * 60,
        "occupancy": pytest.approx(22 / 52),
        "utilisation": pytest.approx(22 / 60),
        "signed_in": 3600,
    }


def test_each_figure_names_its_formula_and_its_sample() -> None:
    found = figures(sums(HOUR))
    assert all(figure.formula for figure in found.values())
    assert (found["aht"].n, found["after_call"].n, found["utilisation"].n) == (2, 2, 3600)


def test_a_hold_that_nobody_heard_hides_talk_and_hold_and_not_their_sum() -> None:
    work = PersonWork(talks=[[talk(5, 6)], [talk(20, 10, None)]], signed_in=[span(0, 60)], ready=[span(0, 60)])
    known, found = values(work), sums(work)
    assert (known["talk"], known["hold"], known["aht"]) == (None, None, 8 * 60)
    assert known["utilisation"] == pytest.approx(16 / 60)
    assert (found.unknown, found.holds_unknown) == (0, 1)


def test_a_talk_of_no_known_length_is_counted_and_in_no_mean() -> None:
    found = sums(PersonWork(talks=[[talk(5, 6)], [talk(20, None, None)]]))
    known = figures(found)
    assert (known["handled"].value, known["aht"].value, known["aht"].n) == (2, 6 * 60, 1)
    assert found.unknown == 1


def test_a_team_is_its_sums_and_not_the_mean_of_means() -> None:
    """Two calls of 11 minutes and one of 20: 42 minutes of 3 calls, of 60 and 100 minutes in the queue."""
    other = PersonWork(talks=[[talk(0, 20, None)]], ready=[span(0, 100)], signed_in=[span(0, 100)])
    team = figures(together([sums(HOUR), sums(other)]))
    assert {name: figure.value for name, figure in team.items()} == {
        "handled": 3,
        "talk": None,
        "hold": None,
        "after_call": 6 * 60,
        "aht": 14 * 60,
        "occupancy": pytest.approx(42 / (42 + 30 + 80)),
        "utilisation": pytest.approx(42 / 160),
        "signed_in": 160 * 60,
    }
    assert figures(together([]))["aht"].value is None


def test_where_no_pbx_told_of_its_queues_shares_are_not_known() -> None:
    known = values(PersonWork(talks=[[talk(5, 6)]]))
    assert (known["aht"], known["occupancy"], known["utilisation"], known["signed_in"]) == (6 * 60, None, None, None)


def test_what_nobody_heard_is_neither_ready_nor_signed_in() -> None:
    known = values(
        PersonWork(talks=[[talk(5, 6)]], ready=[span(0, 60)], signed_in=[span(0, 60)], unheard=[span(30, 60)])
    )
    assert known["signed_in"] == 30 * 60
    assert known["occupancy"] == pytest.approx(6 / 30)


@pytest.mark.parametrize(
    "work", [PersonWork(), PersonWork(ready=[], signed_in=[]), PersonWork(ready=[span(5, 5)], signed_in=[])]
)
def test_nothing_to_divide_by_is_no_figure(work: PersonWork) -> None:
    known = values(work)
    assert (known["handled"], known["aht"], known["occupancy"], known["utilisation"]) == (0, None, None, None)


def test_a_call_taken_twice_is_handled_once() -> None:
    assert values(PersonWork(talks=[[talk(5, 6), talk(20, 4)]]))["handled"] == 1
    assert values(PersonWork(talks=[[talk(5, 6), talk(20, 4)]]))["aht"] == 10 * 60


@pytest.mark.parametrize(
    ("some", "others", "both", "left"),
    [
        ([(0, 10)], [(5, 15)], [(5, 10)], [(0, 5)]),
        ([(0, 10)], [(2, 3), (5, 6)], [(2, 3), (5, 6)], [(0, 2), (3, 5), (6, 10)]),
        ([(0, 10), (5, 20)], [(8, 12)], [(8, 12)], [(0, 8), (12, 20)]),
        ([(0, 10)], [(-5, 20)], [(0, 10)], []),
        ([(0, 10)], [], [], [(0, 10)]),
        ([], [(0, 10)], [], []),
        ([(0, 10)], [(10, 20)], [], [(0, 10)]),
    ],
)
def test_time_in_both_and_time_that_is_left(
    some: list[tuple[int, int]], others: list[tuple[int, int]], both: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    first, second = ([span(*pair) for pair in pairs] for pairs in (some, others))
    assert handling.overlap(first, second) == [span(*pair) for pair in both]
    assert handling.minus(first, second) == [span(*pair) for pair in left]
