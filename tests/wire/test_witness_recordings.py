"""The PBX's own logs of every recorded scenario, against the truth of the SIP side and against what AMI showed."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from telephony.witness import cel, queue_log
from telephony.witness.comparing import compare
from telephony.witness.testimony import WitnessedFacts, merge, of_cel, of_queue_log
from tests.wire.test_recordings import BANNER, FOLDER, Player, _play

SCENARIOS = sorted(path.name.removesuffix(".cel.json") for path in FOLDER.glob("*.cel.json"))
WITNESSES = ("queue_log", "cel", "both")
# A member known by name alone is compared by its number of the scenario's phones.
SECONDS = {"wait_s", "talk_s", "hold_s"}
WORDS = ("number_dialled", "caller", "caller_raw", "queue", "outcome", "stage", "reason", "branch", "operator",
         "operators", "transfers", "hung_up_by", "recording", "voicemail")  # fmt: skip
ENDS = tuple(word for word in WORDS if word not in ("operator", "operators", "transfers"))
MOMENTS = ("started_at", "queued_at", "answered_at", "ended_at")
# The PBX died without a word: its next start is the end, and that AMI does not say.
CUT_OFF = {"kill9"}


@cache
def _lines(name: str) -> tuple[queue_log.Row, ...]:
    sifted = queue_log.sift((FOLDER / f"{name}.queue_log").read_text().split("\n"))
    assert sifted.dropped == 0
    return tuple(row for _, row in sifted.rows)


@cache
def _rows(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((FOLDER / f"{name}.cel.json").read_text()))


def _names(queue: str, name: str, channel: str) -> str:
    return f"?{name}"


def _facts(name: str, call: str, witness: str) -> WitnessedFacts:
    restarts = [row for row in _lines(name) if row.event == queue_log.RESTART]
    spoken = of_queue_log(call, [*(row for row in _lines(name) if row.callid == call), *restarts], _names)
    assert spoken is not None
    own = [row for row in _rows(name) if call in (cel.linkedid(row), *cel.others(row))]
    seen = of_cel(call, own, branch=spoken.values.get("branch"))
    facts = {"queue_log": spoken, "cel": seen, "both": merge(spoken, seen)}[witness]
    assert facts is not None
    return facts


def _calls(name: str) -> list[str]:
    return [row.callid for row in _lines(name) if row.event == queue_log.START]


def _truths(name: str) -> list[dict[str, Any]]:
    truths: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["calls"]
    return truths


@pytest.mark.parametrize("witness", WITNESSES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_a_witness_holds_is_true(name: str, witness: str) -> None:
    calls, truths = _calls(name), _truths(name)
    assert len(calls) == len(truths)
    for call, truth in zip(calls, truths, strict=True):
        facts = _facts(name, call, witness)
        for field in truth.keys() & facts.values.keys():
            _holds(field, truth[field], facts, truth)


def _holds(field: str, true: Any, facts: WitnessedFacts, truth: dict[str, Any]) -> None:
    held = facts.values[field]
    if field in SECONDS:
        assert held == pytest.approx(true, abs=1.2 if field in facts.whole else 0.5), field
    elif field == "rang":
        assert set(held) <= set(true) if field in facts.partial else set(held) == set(true), field
    elif field in facts.partial:
        assert len(held) <= len(true), field
        if field == "transfers":
            assert all(one["kind"] in {other["kind"] for other in true} for one in held)
    else:
        assert held == true, field


@pytest.mark.parametrize("name", SCENARIOS)
def test_with_the_shipped_dialplan_the_end_is_witnessed(name: str) -> None:
    for call, truth in zip(_calls(name), _truths(name), strict=True):
        facts = _facts(name, call, "both")
        assert facts.ended
        assert facts.values["outcome"] == truth["outcome"]
        assert facts.values["ended_at"] is not None


@pytest.mark.parametrize("in_gap", [False, True])
@pytest.mark.parametrize("witness", WITNESSES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_ami_showed_agrees(name: str, witness: str, in_gap: bool) -> None:
    """Nothing to add and nothing to mend, gap or no gap: AMI heard all of it."""
    recorded = {row["linkedid"]: row for row in _play(FOLDER / f"{name}.ami")}
    assert recorded.keys() == set(_calls(name))
    for call, row in recorded.items():
        compared = compare(row, _facts(name, call, witness), in_gap=in_gap)
        cut_off = {"ended_at", "wait_s"} if name in CUT_OFF else set()
        assert {one["field"] for one in compared.differences} <= cut_off
        assert compared.mended.keys() <= cut_off


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_call_that_ami_did_not_show_is_made_as_it_was(name: str) -> None:
    recorded = {row["linkedid"]: row for row in _play(FOLDER / f"{name}.ami")}
    for call, row in recorded.items():
        made = compare(None, _facts(name, call, "both"), in_gap=True).mended
        assert {word: made.get(word) or None for word in WORDS} == {word: row[word] or None for word in WORDS}
        for moment in MOMENTS:
            if row[moment] is None:
                assert made.get(moment) is None
            elif name not in CUT_OFF:
                assert abs((made[moment] - row[moment]).total_seconds()) <= 1, moment


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in CUT_OFF and _calls(name)])
def test_wherever_ami_falls_silent_the_witness_knows_the_rest(name: str) -> None:
    """The line is lost after each event in turn and comes back when all is over: the record ends up the same."""
    whole = {row["linkedid"]: row for row in _play(FOLDER / f"{name}.ami")}
    blocks = (FOLDER / f"{name}.ami").read_bytes().split(b"\r\n\r\n")
    for heard in range(1, len(blocks)):
        player = Player()
        player.play(b"\r\n\r\n".join(blocks[:heard]) + b"\r\n\r\n" + BANNER + b"12.0.0\r\n", 65536)
        for call, row in whole.items():
            recorded = player.rows.get(call)
            mended = compare(recorded, _facts(name, call, "both"), in_gap=True).mended
            _is_the_same({**(recorded or {}), **mended}, row, f"{name} after {heard} of {len(blocks)} events")


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in CUT_OFF and _calls(name)])
def test_queue_log_alone_knows_how_every_call_ended(name: str) -> None:
    """Wherever AMI fell silent. What it cannot know are phones behind names, and the talk after a plain transfer."""
    whole = {row["linkedid"]: row for row in _play(FOLDER / f"{name}.ami")}
    blocks = (FOLDER / f"{name}.ami").read_bytes().split(b"\r\n\r\n")
    for heard in range(1, len(blocks)):
        player = Player()
        player.play(b"\r\n\r\n".join(blocks[:heard]) + b"\r\n\r\n" + BANNER + b"12.0.0\r\n", 65536)
        for call, row in whole.items():
            recorded = player.rows.get(call)
            found = {**(recorded or {}), **compare(recorded, _facts(name, call, "queue_log"), in_gap=True).mended}
            for word in ENDS:
                assert (found.get(word) or None) == (row[word] or None), f"{word}, {name} after {heard}"
            for moment in MOMENTS:
                apart = (found[moment] - row[moment]).total_seconds() if row[moment] else 0
                assert abs(apart) <= 1.2, f"{moment}, {name} after {heard}"


def _is_the_same(found: dict[str, Any], row: dict[str, Any], where: str) -> None:
    for word in WORDS:
        assert (found.get(word) or None) == (row[word] or None), f"{word}, {where}"
    assert set(found.get("rang") or ()) == set(row["rang"]), where
    for moment in MOMENTS:
        apart = (found[moment] - row[moment]).total_seconds() if row[moment] else 0
        assert abs(apart) <= 1.2, f"{moment}, {where}"
    for seconds in ("wait_s", "talk_s"):
        assert found[seconds] == pytest.approx(row[seconds], abs=1.5), f"{seconds}, {where}"


@pytest.mark.parametrize("name", ["internal", "outbound", "operator_dials_hotline"])
def test_calls_of_operators_are_announced_by_nobody(name: str) -> None:
    assert _calls(name) == []


def test_every_scenario_has_its_logs() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.ami")} == set(SCENARIOS)
