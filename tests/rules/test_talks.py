"""Each operator's part of a call, as far as it is known, from what the call's row says."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tickets.rules.talks import Talk, last, of_call

BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ANSWERED = BEGAN + timedelta(seconds=8)


def heard(extension: str, since_s: float, until_s: float | None, hold_s: float | None = 0.0) -> dict[str, Any]:
    until = (BEGAN + timedelta(seconds=until_s)).isoformat() if until_s is not None else None
    return {"extension": extension, "since": (BEGAN + timedelta(seconds=since_s)).isoformat(), "until": until,
            "hold_s": hold_s}  # fmt: skip


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("operators", "talks", "talk_s", "hold_s", "parts"),
    [
        ([], [], 0.0, 0.0, []),
        (["101"], [heard("101", 8, 68, 5.0)], 60.0, 5.0, [Talk("101", after(8), 60.0, 5.0)]),
        # It goes on: no length yet.
        (["101"], [heard("101", 8, None)], 0.0, 0.0, [Talk("101", after(8), None, 0.0)]),
        # Passed on and taken back: three parts of two people.
        (["101", "102"], [heard("101", 8, 20), heard("102", 20, 30), heard("101", 30, 40)], 32.0, 0.0,
         [Talk("101", after(8), 12.0, 0.0), Talk("102", after(20), 10.0, 0.0), Talk("101", after(30), 10.0, 0.0)]),
        # The holds fell into a gap: the whole is known, its parts are not.
        (["101"], [heard("101", 8, 68, None)], 60.0, None, [Talk("101", after(8), 60.0, None)]),
        # By a witness, or of the time before parts were kept: the only operator had all of it,
        (["101"], [], 60.0, 5.0, [Talk("101", ANSWERED, 60.0, 5.0)]),
        # of several no part is known, nor where the witness knows of more than was heard.
        (["101", "102"], [], 60.0, 5.0, [Talk("101", ANSWERED, None, None), Talk("102", ANSWERED, None, None)]),
        (["101", "102"], [heard("101", 8, 20)], 60.0, 0.0,
         [Talk("101", ANSWERED, None, None), Talk("102", ANSWERED, None, None)]),
        (["101"], [], 0.0, 0.0, [Talk("101", ANSWERED, None, None)]),
    ],
)  # fmt: skip
def test_the_parts(
    operators: list[str], talks: list[dict[str, Any]], talk_s: float, hold_s: float | None, parts: list[Talk]
) -> None:
    call = {"started_at": BEGAN, "answered_at": ANSWERED, "operators": operators, "talks": talks, "talk_s": talk_s,
            "hold_s": hold_s}  # fmt: skip
    assert of_call(call) == parts


@pytest.mark.parametrize(
    ("whole_s", "hold_s", "talk_s"), [(60.0, 5.0, 55.0), (60.0, None, None), (None, 0.0, None), (1.0, 1.2, 0.0)]
)
def test_talk_is_what_is_no_hold(whole_s: float | None, hold_s: float | None, talk_s: float | None) -> None:
    assert Talk("101", BEGAN, whole_s, hold_s).talk_s == talk_s


@pytest.mark.parametrize(
    ("operators", "talks", "whose"),
    [
        ([], [], None),
        (["101"], [heard("101", 8, None)], "101"),
        (["101", "102"], [heard("101", 8, 20), heard("102", 20, 30)], "102"),
        # Passed on and taken back: it is hers again, while she talks and afterwards.
        (["101", "102"], [heard("101", 8, 20), heard("102", 20, 30), heard("101", 30, None)], "101"),
        (["101", "102"], [heard("101", 8, 20), heard("102", 20, 30), heard("101", 30, 40)], "101"),
        # Three talk: the last to come, but the one that stays when the others go.
        (["101", "102"], [heard("101", 8, None), heard("102", 20, None)], "102"),
        (["101", "102"], [heard("101", 8, 40), heard("102", 20, 40)], "102"),
        (["101", "102"], [heard("101", 8, 40), heard("102", 20, 30)], "101"),
        # Only a witness tells of the second one.
        (["101", "102"], [heard("101", 8, 20)], "102"),
    ],
)
def test_whose_call_it_is(operators: list[str], talks: list[dict[str, Any]], whose: str | None) -> None:
    known = {"started_at": BEGAN, "answered_at": ANSWERED, "talk_s": 0.0, "hold_s": 0.0}
    found = last(SimpleNamespace(operators=operators, talks=talks, **known))
    assert (found.extension if found else None) == whose
