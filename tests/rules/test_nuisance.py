"""Decisions about a number that misuses the hotline, and the commands to a PBX: tables of values."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.vocab import CommandVerb, NuisanceStep
from tickets.rules import nuisance_rules as rules

FREE, LOW, BLOCKED = NuisanceStep.FREE, NuisanceStep.LOW, NuisanceStep.BLOCKED
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
NUMBER = "+84905123456"


@pytest.mark.parametrize(
    ("step", "now_is", "number", "protected", "reason", "days", "wrong"),
    [
        (LOW, FREE, NUMBER, False, "gọi 30 lần", 7, set()),
        (BLOCKED, LOW, NUMBER, False, "vẫn gọi", 7, set()),
        (BLOCKED, BLOCKED, NUMBER, False, "vẫn gọi", 30, set()),
        (FREE, BLOCKED, NUMBER, False, "đã xin lỗi", 0, set()),
        # A number is blocked only after it was lowered.
        (BLOCKED, FREE, NUMBER, False, "gọi 30 lần", 7, {"number"}),
        # A withheld number identifies no caller.
        (LOW, FREE, None, False, "gọi 30 lần", 7, {"number"}),
        (LOW, FREE, NUMBER, True, "gọi 30 lần", 7, {"number"}),
        (LOW, FREE, NUMBER, False, "  ", 7, {"reason"}),
        (FREE, LOW, NUMBER, False, "", 0, {"reason"}),
        (LOW, FREE, NUMBER, False, "x", 365, {"days"}),
        (BLOCKED, FREE, None, False, "", 0, {"number", "reason", "days"}),
    ],
)
def test_what_speaks_against_a_decision(
    step: NuisanceStep,
    now_is: NuisanceStep,
    number: str | None,
    protected: bool,
    reason: str,
    days: int,
    wrong: set[str],
) -> None:
    found = rules.problems(step=step, now_is=now_is, number=number, protected=protected, reason=reason, days=days)
    assert set(found) == wrong


@pytest.mark.parametrize(("number", "key"), [(NUMBER, "0905123456"), ("+12025550123", "+12025550123")])
def test_the_key_is_the_dialplan_s(number: str, key: str) -> None:
    assert rules.key_of(number) == key


def test_a_pbx_is_made_to_hold_just_this() -> None:
    def told(step: NuisanceStep) -> list[tuple[CommandVerb, str]]:
        return [(verb, entry["family"]) for verb, entry in rules.orders(NUMBER, step)]

    put, delete = CommandVerb.LIST, CommandVerb.UNLIST
    assert told(LOW) == [(put, "hotline-low"), (delete, "hotline-block")]
    assert told(BLOCKED) == [(put, "hotline-block"), (delete, "hotline-low")]
    assert told(FREE) == [(delete, "hotline-low"), (delete, "hotline-block")]


@pytest.mark.parametrize(
    ("wanted", "held", "held_ago", "asked", "asked_ago", "connected_ago", "due"),
    [
        (LOW, None, None, None, None, 100, True),
        (FREE, None, None, None, None, 100, False),
        (LOW, LOW, 50, LOW, 50, 100, False),
        # It has been away since the command: it may have lost it.
        (LOW, LOW, 150, LOW, 150, 100, True),
        (FREE, LOW, 50, LOW, 200, 100, True),
        (FREE, FREE, 150, FREE, 150, 100, False),
        # Refused a moment ago: not again at once.
        (LOW, None, None, LOW, 10, 100, False),
        (LOW, None, None, LOW, 61, 100, True),
        # A leader decides anew a moment after.
        (BLOCKED, LOW, 5, LOW, 10, 100, True),
    ],
)
def test_when_it_is_told_again(
    wanted: NuisanceStep,
    held: NuisanceStep | None,
    held_ago: int | None,
    asked: NuisanceStep | None,
    asked_ago: int | None,
    connected_ago: int,
    due: bool,
) -> None:
    def ago(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW - timedelta(seconds=seconds)

    since = ago(connected_ago)
    assert since
    assert due == rules.is_due(
        wanted=wanted,
        held=held,
        held_at=ago(held_ago),
        asked=asked,
        asked_at=ago(asked_ago),
        connected_since=since,
        now=NOW,
    )
