"""How much the shipped manager user has to hear: events counted in the recordings of each kind of call."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).with_name("recordings")
STREAMS = sorted(FOLDER.glob("*.ami"))
# Sent once a log-in, or of operators and not of a call.
APART = {"FullyBooted", "Shutdown", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"}
A_CALL, A_RING = 12, 3
# A transfer's own event, the ring, the bridges and the hang-ups of its legs; a consultation has two more.
A_TRANSFER = {"blind": 8, "attended": 12, "redirect": 8}
# A consulted party that did not take the call: its ring, two bridges, and the ends of three legs.
ASKED_IN_VAIN = 8
A_HOLD = 2
# The other half of a Local member: its ring, two halves in two bridges, and their two ends.
A_LOCAL_RING = 6


def _events(path: Path) -> list[dict[str, str]]:
    blocks = path.read_bytes().decode().split("\r\n\r\n")
    events = [dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line) for block in blocks]
    return [event for event in events if event.get("Event", "FullyBooted") not in APART]


def _calls(path: Path) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = json.loads(path.with_suffix(".json").read_text())["calls"]
    return calls


def _allowed(events: list[dict[str, str]], calls: list[dict[str, Any]]) -> int:
    rings = [event for event in events if event["Event"] == "AgentCalled"]
    local = sum(event["DestChannel"].startswith("Local/") for event in rings)
    holds = sum(event["Event"] == "Hold" for event in events)
    transfers = [transfer["kind"] for call in calls for transfer in call["transfers"]]
    asked = sum(event["Event"] == "DialBegin" for event in events) if holds and not transfers else 0
    apart = ASKED_IN_VAIN * asked + A_HOLD * holds + A_LOCAL_RING * local + sum(A_TRANSFER[kind] for kind in transfers)
    return A_CALL * len(calls) + A_RING * len(rings) + apart


@pytest.mark.parametrize("path", [path for path in STREAMS if _calls(path)], ids=lambda path: path.stem)
def test_a_call_takes_few_events(path: Path) -> None:
    events, calls = _events(path), _calls(path)
    assert len(events) <= _allowed(events, calls), Counter(event["Event"] for event in events)


def test_an_answered_call_with_the_menu_takes_fifteen() -> None:
    assert len(_events(FOLDER / "answered.ami")) <= 15


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_nothing_is_said_twice(path: Path) -> None:
    """No Dial of the queue's own rings, and nothing that the fold does not read."""
    events = _events(path)
    assert {"SoftHangupRequest", "BridgeLeave", "Newchannel", "VarSet"}.isdisjoint(event["Event"] for event in events)
    dials = [event for event in events if event["Event"] in ("DialBegin", "DialEnd")]
    assert [event for event in dials if event["Context"] in ("hotline-queue", "hotline-other-queue")] == []
