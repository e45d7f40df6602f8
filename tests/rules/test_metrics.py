"""The published fixture of ten calls, and what each figure leaves out."""

from typing import Any

import pytest

from tickets.rules.metrics import Figure, call_figures, samples, ticket_figures


def call(outcome: str, wait_s: float, *, queued: bool = True, **more: Any) -> dict[str, Any]:
    queued_at = "2026-11-23T02:00:00Z" if queued else None
    return {"outcome": outcome, "queued_at": queued_at, "wait_s": wait_s, "talk_s": 60, **more}


# T = 20 s, s = 5 s: six service levels of one data set, from 40 % to 67 %.
TEN = [
    *(call("answered", wait) for wait in (5, 12, 18, 20, 25, 40)),
    *(call("abandoned", wait) for wait in (3, 8, 30)),
    call("timeout", 60),
]


def figures(calls: list[dict[str, Any]]) -> dict[str, Figure]:
    return call_figures(samples(calls), service_level_s=20, short_abandon_s=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("entered", 10), ("answered", 6), ("abandoned", 3), ("timeout", 1), ("unserved", 0), ("failed", 0),
        ("sl1", 4 / 6), ("sl2", 6 / 10), ("sl3", 4 / 9), ("sl3x", 4 / 10), ("sl4", 4 / 8), ("sl5", 4 / 7),
        ("asa", 20.0), ("wait_avg", 22.1), ("abandon_plain", 3 / 10), ("abandon_net", 2 / 9),
        ("abandon_google", 2 / 8), ("answered_rate", 6 / 10), ("aht", 60.0),
    ],
)  # fmt: skip
def test_the_published_fixture(name: str, value: float) -> None:
    assert figures(TEN)[name].value == pytest.approx(value)


def test_no_figure_needs_a_hold_that_nobody_heard() -> None:
    assert figures([{**one, "hold_s": None} for one in TEN]) == figures([{**one, "hold_s": 3.0} for one in TEN])


def test_nothing_to_divide_by_is_no_figure() -> None:
    empty = figures([])
    assert (empty["sl4"].value, empty["asa"].value, empty["abandon_net"].value) == (None, None, None)
    assert figures([call("abandoned", 2)])["abandon_net"].value is None


def test_turned_away_counts_against_the_answered_rate_but_closed_hours_do_not() -> None:
    calls = [*TEN, call("unserved", 0, queued=False, reason="full"), call("unserved", 0, queued=False, reason="closed")]
    assert figures(calls)["answered_rate"].value == pytest.approx(6 / 11)
    assert figures(calls)["unserved"].value == 2


def test_live_calls_and_test_calls_are_left_out() -> None:
    calls = [*TEN, call("answered", 1, disposition="test"), {**call("answered", 1), "outcome": None}]
    assert figures(calls)["entered"].value == 10


def test_hanging_up_in_the_greeting_is_no_queue_abandon() -> None:
    assert figures([*TEN, call("abandoned", 0, queued=False)])["abandon_plain"].value == pytest.approx(3 / 10)


def test_on_time_counts_the_due_moment_itself() -> None:
    due, late = "2026-11-24T03:00:00Z", "2026-11-24T03:00:01Z"
    row = {"kind": "report", "filed_at": "2026-11-23T02:00:00Z", "answer_due": due, "tier": 2}
    tickets = [{**row, "resolved_at": due}, {**row, "resolved_at": late}, {**row, "resolved_at": None, "tier": 1}]
    callback = {**row, "kind": "callback", "resolved_at": late}
    found = ticket_figures([*tickets, callback])
    assert (found["on_time"].value, found["on_time"].n) == (0.5, 2)
    assert (found["fcr"].value, found["fcr"].n) == (pytest.approx(1 / 3), 3)
