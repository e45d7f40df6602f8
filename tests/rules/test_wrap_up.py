"""After-call work never leaves a queue without a member to ring: Asterisk would turn its callers away."""

from typing import Any

import pytest

from tickets.rules import wrap_up

PAUSED = {"paused": True, "reason": "an-trua"}
AFTER = {"paused": True, "reason": "after-call"}
GONE = {"status": 5}


def member(extension: str, **given: Any) -> dict[str, Any]:
    return {"extension": extension, "paused": False, "reason": "", "status": 1, **given}


ME = member("101", status=2)


@pytest.mark.parametrize(
    ("queues", "pausing", "leaves"),
    [
        ([[ME, member("102")]], (), True),
        # A talking member still counts: the queue is not empty.
        ([[ME, member("102", status=2)]], (), True),
        ([[ME]], (), False),
        ([[ME, member("102", **PAUSED)]], (), False),
        ([[ME, member("102", **GONE)]], (), False),
        ([[ME, member("102", status=0)]], (), False),
        # Two hang up at the same moment: the first goes, the second stays.
        ([[ME, member("102")]], ("102",), False),
        ([[ME, member("102"), member("103")]], ("102",), True),
        # One's own second queue counts, another's does not.
        ([[ME, member("102")], [ME]], (), False),
        ([[ME, member("102")], [member("103")]], (), True),
        ([[member("102")]], (), True),
        ([], (), True),
    ],
)
def test_who_may_be_paused(queues: list[list[dict[str, Any]]], pausing: tuple[str, ...], leaves: bool) -> None:
    assert wrap_up.leaves_somebody(queues, "101", pausing) is leaves


@pytest.mark.parametrize(
    ("queues", "needed"),
    [
        ([[member("101", **AFTER), member("102")]], set()),
        ([[member("101", **AFTER), member("102", **PAUSED)]], {"101"}),
        ([[member("101", **AFTER), member("102", **AFTER), member("103", **GONE)]], {"101", "102"}),
        ([[member("101", **AFTER, **GONE)]], set()),
        ([[member("101", **PAUSED)]], set()),
        ([[member("101", **AFTER), member("102")], [member("101", **AFTER)]], {"101"}),
        ([], set()),
    ],
)
def test_who_is_needed_back(queues: list[list[dict[str, Any]]], needed: set[str]) -> None:
    assert wrap_up.alone(queues, "after-call") == needed
