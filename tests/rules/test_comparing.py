"""What queue_log alone mends of a call that was picked up alive: whole seconds, and no phone after a transfer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.vocab import Verdict
from telephony.witness.comparing import compare
from telephony.witness.testimony import WitnessedFacts

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
LISTS = frozenset({"operators", "rang", "transfers"})
WHOLE = frozenset({"queued_at", "answered_at", "wait_s", "talk_s"})
ATTENDED = {"kind": "attended", "to": ""}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def mend(recorded: dict[str, Any], **witnessed: Any) -> dict[str, Any]:
    """What is written of a call that was heard again at 6.1 s and ended at 8.3 s; its holds are unknown."""
    heard = {
        "started_at": at(0), "queued_at": None, "answered_at": at(6.1), "ended_at": at(8.3), "outcome": "answered",
        "operator": "101", "operators": ["101"], "rang": ["101"], "transfers": [], "wait_s": 0.0, "talk_s": 2.2,
        "hold_s": None,
    }  # fmt: skip
    found = compare({**heard, **recorded}, WitnessedFacts(witnessed, whole=WHOLE, partial=LISTS), in_gap=True)
    assert found.verdict == Verdict.UNEXPLAINED
    return found.mended


def test_one_more_who_talked_unheard_may_have_held() -> None:
    """A transfer in a gap: all that is known is the operator after it."""
    recorded = {"operators": ["138"], "hold_s": 0.0, "ended_at": at(9), "answered_at": at(1)}
    found = compare(recorded, WitnessedFacts({"operators": ["137"]}, whole=WHOLE, partial=LISTS), in_gap=True)
    assert (found.mended["operators"], found.mended["hold_s"]) == (["137", "138"], None)
    assert found.verdict == Verdict.UNEXPLAINED


def test_a_talk_that_began_unheard_is_longer_by_that() -> None:
    mended = mend({}, queued_at=at(2), answered_at=at(4), wait_s=1.0, talk_s=4.0)
    assert mended == {"queued_at": at(2), "answered_at": at(4), "wait_s": 1.0, "talk_s": 4.3}


def test_a_talk_that_nobody_heard_is_as_long_as_the_log_says() -> None:
    """However short: two seconds are no rounding of none."""
    assert mend({"talk_s": 0.0}, talk_s=2.0) == {"talk_s": 2.0}


def test_the_wait_is_counted_by_one_clock() -> None:
    """The answer was heard to the millisecond, the queue was entered in that whole second."""
    assert mend({"answered_at": at(4.9)}, queued_at=at(4), answered_at=at(4), wait_s=0.0) == {"queued_at": at(4)}


@pytest.mark.parametrize(
    ("heard", "witnessed", "joined"),
    [
        (["134"], ["133"], ["133", "134"]),
        (["133", "134"], ["133", "140"], ["133", "134", "140"]),
        (["134"], ["133", "140"], ["133", "140", "134"]),
    ],
)
def test_whom_the_queue_sent_came_before_whom_no_witness_names(
    heard: list[str], witnessed: list[str], joined: list[str]
) -> None:
    mended = mend({"operators": heard, "operator": heard[0]}, operators=witnessed)
    assert mended["operators"] == joined
    assert mended.get("operator", heard[0]) == joined[0]


def test_an_attended_transfer_went_to_who_talked_next() -> None:
    mended = mend({"operators": ["138"], "operator": "138"}, operators=["137"], transfers=[ATTENDED])
    assert mended["transfers"] == [{"kind": "attended", "to": "138"}]
