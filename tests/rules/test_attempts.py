"""When a number is called again, and how long it may wait: tables of values."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.vocab import Attempt, TextResult
from tickets.notices import messages
from tickets.rules import attempts, policy

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def local(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("result", "tries", "now", "then"),
    [
        (Attempt.NO_ANSWER, 1, local(9), local(9, 30)),
        (Attempt.NO_ANSWER, 2, local(9), local(11)),
        (Attempt.OFF, 3, local(9), local(13)),
        (Attempt.NOT_THEM, 9, local(9), local(13)),
        (Attempt.BUSY, 1, local(9), local(9, 10)),
        # Busy for ever is as good as no answer.
        (Attempt.BUSY, 4, local(9), local(13)),
        # No calls at night: after nine in the evening it is tomorrow's.
        (Attempt.NO_ANSWER, 1, local(20, 45), local(8, day=24)),
        (Attempt.NO_ANSWER, 1, local(2), local(7)),
        (Attempt.NO_ANSWER, 1, local(23, 50), local(7, day=24)),
    ],
)
def test_the_next_time_goes_by_what_came_of_it_and_by_day(
    result: Attempt, tries: int, now: datetime, then: datetime
) -> None:
    assert attempts.next_time(result, tries, now) == then


def test_what_an_operator_chooses() -> None:
    at = local(10)
    assert {word: attempts.chosen_time(word, at) for word in policy.CALL_LATER} == {
        "15m": local(10, 15),
        "1h": local(11),
        "3h": local(13),
        "morning": local(8, day=24),
    }


def test_its_own_clock_begins_with_the_miss_and_again_with_each_next_time() -> None:
    assert attempts.due(local(9), None) == local(9, 30)
    assert attempts.due(local(9), local(11)) == local(11, 30)
    # Filed anew after an earlier plan.
    assert attempts.due(local(9), local(8)) == local(9) + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("Nuoc da co lai luc 9h.", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 153 * 3, 3),
        ("€" * 81, 2),
        ("Đã có nước lại", 1),
        ("đ" * 70, 1),
        ("đ" * 71, 2),
        ("đ" * 202, 4),
        # An emoji is two letters on the wire.
        ("🙂" * 36, 2),
    ],
)
def test_how_many_messages_a_text_is(text: str, parts: int) -> None:
    assert messages.parts(text) == parts


@pytest.mark.parametrize(
    ("number", "safe", "why"),
    [
        ("+84905123456", False, None),
        ("+84905123456", True, TextResult.SAFE_CONTACT),
        ("+842733872345", False, TextResult.NO_MOBILE),
        ("+12025550123", False, TextResult.NO_MOBILE),
        ("nonsense", False, TextResult.NO_MOBILE),
        (None, False, TextResult.NO_MOBILE),
    ],
)
def test_to_whom_nothing_is_sent(number: str | None, safe: bool, why: TextResult | None) -> None:
    assert messages.refusal(number, safe_contact=safe) == why
