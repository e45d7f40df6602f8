"""What is concluded from what was heard, and which findings have to be mended."""

import pytest

from agent_ui.words import pbx_words
from telephony import findings
from telephony.findings import Evidence, Finding, of_clock

CALL = (
    "HotlineStart", "Queued", "QueueCallerJoin", "AgentCalled", "QueueCallerLeave", "AgentConnect", "BridgeEnter",
    "AgentComplete", "HotlineEnd", "Hangup",
)  # fmt: skip


def heard(calls: int, without: set[str], mark: str = "HOTLINE=1022") -> set[tuple[str, str]]:
    evidence = Evidence()
    for _ in range(calls):
        for name in CALL:
            if name in without:
                continue
            if name == "Queued":
                evidence.hear(
                    {"Event": "UserEvent", "UserEvent": "HotlineStage", "Stage": "queue", "ChanVariable": mark}
                )
            elif name.startswith("Hotline"):
                evidence.hear({"Event": "UserEvent", "UserEvent": name, "ChanVariable": mark})
            else:
                evidence.hear({"Event": name})
    return {(finding.code, finding.values.get("event", "")) for finding in evidence.findings()}


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
    # A running listener is let in, or there is nobody who could keep the finding.
    assert code in pbx_words.WORDS or code in ("refused", "away") or not finding.serious
