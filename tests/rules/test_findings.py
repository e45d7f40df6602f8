"""What is concluded from what was heard, and which findings have to be mended."""

from itertools import product

import pytest

from agent_ui.words import pbx_words
from telephony import findings
from telephony.findings import EventCounts, Finding, of_clock

CALL = (
    "HotlineStart", "Queued", "QueueCallerJoin", "AgentCalled", "QueueCallerLeave", "AgentConnect", "BridgeEnter",
    "AgentComplete", "HotlineEnd", "Hangup",
)  # fmt: skip


# When the ear was opened, and a moment at which nothing is under way any more; seconds of a clock of ours.
OPENED, LATER = 1000.0, 2000.0


def event(name: str, mark: str = "HOTLINE=1022", **headers: str) -> dict[str, str]:
    if name == "Queued":
        headers |= {"Stage": "queue"}
        name = "HotlineStage"
    if name.startswith("Hotline"):
        return {"Event": "UserEvent", "UserEvent": name, "ChanVariable": mark, **headers}
    return {"Event": name, **headers}


def told(evidence: EventCounts, now: float = LATER) -> set[tuple[str, str]]:
    return {(finding.code, finding.values.get("event", "")) for finding in evidence.findings(now)}


def heard(calls: int, without: set[str], mark: str = "HOTLINE=1022") -> set[tuple[str, str]]:
    evidence = EventCounts(OPENED)
    for _ in range(calls):
        for name in CALL:
            if name not in without:
                evidence.hear(event(name, mark), OPENED + 1)
    return told(evidence)


@pytest.mark.parametrize(
    ("without", "found"),
    [
        (set(), set()),
        ({"Hangup"}, {("hidden", "Hangup")}),
        ({"BridgeEnter"}, {("hidden", "BridgeEnter")}),
        ({"AgentCalled"}, {("hidden", "AgentCalled")}),
        ({"QueueCallerJoin", "AgentCalled", "QueueCallerLeave", "AgentConnect", "AgentComplete"},
         {("hidden", "QueueCallerJoin")}),
        ({"HotlineStart", "Queued", "HotlineEnd"}, {("deaf", "")}),
    ],
)  # fmt: skip
def test_what_never_came_is_told_after_three_calls(without: set[str], found: set[tuple[str, str]]) -> None:
    assert heard(3, without) == found
    assert heard(2, without) == set()


def test_nothing_is_missing_while_the_first_calls_go_on() -> None:
    """However many callers wait, ring and talk at once, and however long before the first of them ends."""
    evidence, now = EventCounts(OPENED), OPENED
    together = (CALL[:3], ("AgentCalled",), ("QueueCallerLeave", "AgentConnect", "BridgeEnter"))
    for names, number in product(together, range(5)):
        now += 60
        for name in names:
            evidence.hear(event(name, Uniqueid=f"1795617265.{number}"), now)
        assert told(evidence, now + 50) == set(), names


@pytest.mark.parametrize("first", ["HotlineEnd", "AgentComplete", "QueueCallerAbandon"])
def test_what_is_on_its_way_is_not_missing(first: str) -> None:
    """Three calls end at once: what each ends with comes a moment later, or never."""
    evidence = EventCounts(OPENED)
    for name in ("HotlineStart", "Newchannel", "QueueCallerJoin", "QueueCallerLeave", *[first] * 3):
        evidence.hear(event(name), OPENED + 1)
    assert told(evidence, OPENED + 1.5) == set()
    assert told(evidence) == {("hidden", "Hangup")}


def test_calls_of_before_the_ear_was_opened_prove_nothing() -> None:
    """They were dialled, joined and rang unheard; their channels say when they began, by the PBX's own clock."""
    ends = CALL[CALL.index("QueueCallerLeave") :]
    evidence = EventCounts(OPENED)
    for number, name in product(range(5), ends):
        headers = {"Uniqueid": f"lab-1795617265.{number}", "Timestamp": "1795617300.5"}
        evidence.hear(event(name, **headers), OPENED + 30)
    assert told(evidence) == set()
    # The same of calls that began when it was open: they never rang, and joined no queue.
    for number, name in product(range(5), ends):
        headers = {"Uniqueid": f"lab-1795617280.{number}", "Timestamp": "1795617300.5"}
        evidence.hear(event(name, **headers), OPENED + 30)
    assert told(evidence) == {("hidden", "QueueCallerJoin"), ("hidden", "AgentCalled")}


def test_a_call_that_began_with_the_ear_counts() -> None:
    """A channel's name tells the second in which it began, and no part of it."""
    evidence = EventCounts(OPENED)
    for number in range(3):
        headers = {"Uniqueid": f"1795617265.{number}", "Timestamp": "1795617265.9"}
        evidence.hear(event("AgentConnect", **headers), OPENED + 0.1)
    assert ("hidden", "AgentCalled") in told(evidence)


def test_who_was_turned_away_at_the_queue_did_not_have_to_join_it() -> None:
    evidence = EventCounts(OPENED)
    for number in range(5):
        for name in ("HotlineStart", "Queued", "HotlineUnserved", "HotlineEnd", "Hangup"):
            evidence.hear(event(name, Uniqueid=f"1795617265.{number}"), OPENED + 1)
    assert told(evidence) == set()


@pytest.mark.parametrize(("mark", "found"), [("", True), ("OTHER=1", True), ("HOTLINE=", False)])
def test_marks_of_hotline_calls(mark: str, found: bool) -> None:
    assert (("no_variables", "") in heard(1, set(), mark)) == found


@pytest.mark.parametrize(
    ("seconds", "serious"), [(0.9, None), (-0.9, None), (1.4, False), (-4.0, False), (5.3, True), (-60.0, True)]
)
def test_clocks(seconds: float, serious: bool | None) -> None:
    assert [finding.serious for finding in of_clock(seconds)] == ([] if serious is None else [serious])


@pytest.mark.parametrize("code", sorted(findings._WORDS))
def test_each_finding_has_its_words_and_its_mend(code: str) -> None:
    names = (
        "actions",
        "context",
        "count",
        "event",
        "number",
        "queue",
        "read",
        "seconds",
        "setting",
        "user",
        "why",
        "witness",
    )
    finding = Finding(code, dict.fromkeys(names, 7))
    assert "{" not in finding.text + finding.mend
    # A running listener is let in, or no process could keep the finding.
    assert code in pbx_words.WORDS or code in ("refused", "away") or not finding.serious
