"""Every scenario on a real Asterisk: `scripts/manage calls` says what the SIP side saw and the PBX logged."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.lab.asterisk_env import Asterisk
from tests.asterisk.compare import differences, pair
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Theatre, Truth, run_all, site_for

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "scripts" / "manage"

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300), pytest.mark.xdist_group("asterisk-live")]


@dataclass
class Evening:
    """All scenarios, played: what was true, what the product says, what the PBX wrote."""

    truths: dict[str, list[Truth] | BaseException]
    calls: list[dict[str, Any]]
    queue_log: list[list[str]]
    recordings: set[str]
    log: str
    # What `scripts/manage reconcile` says with each witness alone, and with both.
    reconciled: dict[str, dict[str, Any]]
    repaired: list[str]

    def true(self, name: str) -> list[Truth]:
        found = self.truths[name]
        if isinstance(found, BaseException):
            raise AssertionError(f"the scenario itself failed: {found!r}") from found
        return found

    @property
    def all_true(self) -> list[Truth]:
        return [truth for found in self.truths.values() if isinstance(found, list) for truth in found]


@pytest.fixture(scope="module")
def evening(asterisk_tree: None) -> Iterator[Evening]:
    data = Path(tempfile.mkdtemp(prefix="hotline-live-"))
    data.chmod(0o711)
    pbx = Asterisk(site_for(SCENARIOS.values()))
    ours = {"CALLCENTER_DATA_DIR": str(data / "var"), "CALLCENTER_PBX": f"lab={pbx.ami_url()}"}
    environment = {**os.environ, **ours}
    pbx.start()
    listener = _listen(environment, data)
    try:
        yield _play_all(pbx, environment, data)
    finally:
        listener.send_signal(signal.SIGTERM)
        listener.wait(20)
        pbx.remove()
        shutil.rmtree(data, ignore_errors=True)


def _listen(environment: dict[str, str], data: Path) -> "subprocess.Popen[bytes]":
    subprocess.run([MANAGE, "migrate"], env=environment, check=True, capture_output=True)
    with (data / "listener.log").open("wb") as log:
        listener = subprocess.Popen([MANAGE, "listen"], env=environment, stdout=log, stderr=log)
    _until(lambda: re.search(r"\bready\b.*\blab\b", (data / "listener.log").read_text()) is not None, 30)
    return listener


def _play_all(pbx: Asterisk, environment: dict[str, str], data: Path) -> Evening:
    truths = asyncio.run(_scenes(pbx))
    expected = sum(len(found) for found in truths.values() if isinstance(found, list))

    def settled() -> bool:
        calls = _calls(environment)
        return len(calls) >= expected and all(call["outcome"] for call in calls)

    _until(settled, 30)
    rows = [line.split("|") for line in pbx.queue_log.read_text(errors="replace").splitlines()]
    recordings = {path.name for path in pbx.recordings.rglob("*.wav")}
    calls = _calls(environment)
    reconciled = _reconciled_all(pbx, environment)
    repaired = [call["linkedid"] for call in _calls(environment) if call["repaired"]]
    return Evening(truths, calls, rows, recordings, (data / "listener.log").read_text(), reconciled, repaired)


def _reconciled_all(pbx: Asterisk, environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    logs = {"CALLCENTER_QUEUE_LOG": f"lab={pbx.queue_log}", "CALLCENTER_CEL": f"lab=sqlite:///{pbx.cel}"}
    found = {}
    for name, chosen in {"queue_log": [0], "cel": [1], "both": [0, 1]}.items():
        given = dict(list(logs.items())[number] for number in chosen)
        found[name] = _reconciled({**environment, **given})
        found[name]["log"] = _forget_testimonies(environment)
    return found


def _reconciled(environment: dict[str, str]) -> dict[str, Any]:
    """Asked again until no call waits any more: one that has just ended is given a moment."""
    command = [str(MANAGE), "reconcile"]
    report: dict[str, Any] = {}

    def settled() -> bool:
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        report.update(json.loads(done.stdout))
        return report["waiting"] == 0

    _until(settled, 30)
    return report


def _forget_testimonies(environment: dict[str, str]) -> str:
    """As if this were the first look: the next witness is read from its beginning. Returns what did not agree."""
    code = (
        "from sqlalchemy import delete, select\n"
        "from callcenter.db import transaction\n"
        "from callcenter.models import Testimony, WitnessCursor\n"
        "from scripts.processes.ground import ground\n"
        "with ground('test') as here, transaction(here.engine) as session:\n"
        "    for one in session.scalars(select(Testimony).where(Testimony.verdict != 'agrees')):\n"
        "        print(one.linkedid, one.verdict, one.differences, one.rows)\n"
        "    session.execute(delete(Testimony)); session.execute(delete(WitnessCursor))\n"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout


async def _scenes(pbx: Asterisk) -> dict[str, list[Truth] | BaseException]:
    theatre = await Theatre(pbx).open()
    try:
        return await run_all(SCENARIOS.values(), theatre)
    finally:
        theatre.close()


def _calls(environment: dict[str, str]) -> list[dict[str, Any]]:
    command = [str(MANAGE), "calls", "--format", "jsonl"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _until(condition: Any, timeout: float) -> bool:
    """Asks again until it holds or the time is over; the tests themselves say what is missing then."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.25)
    return False


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(evening: Evening, name: str) -> None:
    wrong = []
    for truth, call in pair(evening.true(name), evening.calls):
        wrong += ["no such call"] if call is None else differences(truth.fields, call)
    assert not wrong, "\n".join(wrong)


def test_nothing_else_is_a_hotline_call(evening: Evening) -> None:
    numbers = sorted(truth.fields["number_dialled"] for truth in evening.all_true)
    assert sorted(call["number_dialled"] for call in evening.calls) == numbers


def test_queue_log_witnesses_every_call(evening: Evening) -> None:
    """The PBX's own log has the start of each call, and a CONNECT for each that was answered."""
    started = {row[1] for row in evening.queue_log if len(row) > 4 and row[4] == "HOTLINESTART"}
    connected = {row[1] for row in evening.queue_log if len(row) > 4 and row[4] == "CONNECT"} & started
    assert {call["linkedid"] for call in evening.calls} == started
    assert {call["linkedid"] for call in evening.calls if call["operators"]} == connected


def test_recordings_are_there(evening: Evening) -> None:
    named = {call["recording"] for call in evening.calls if call["outcome"] == "answered"}
    assert None not in named
    assert named <= evening.recordings


def test_listener_says_no_error(evening: Evening) -> None:
    assert "Traceback" not in evening.log, evening.log


@pytest.mark.parametrize("witness", ["queue_log", "cel", "both"])
def test_every_call_agrees_with_the_log_of_the_pbx(evening: Evening, witness: str) -> None:
    """AMI heard all, so the second witness has nothing to add: whatever differs is a fault of the comparison."""
    report = evening.reconciled[witness]
    cut_off = 2 * ("kill9" in SCENARIOS)
    assert (report["differing"], report["unexplained"], report["waiting"]) == (0, 0, 0), report["log"]
    assert report["agreeing"] + report["repaired"] == report["witnessed"] == report["heard"] == len(evening.calls)
    # The end of a call that a killed PBX cut off is when it started again, and that only the log knows.
    assert report["repaired"] <= cut_off, report["log"]
    assert len(evening.repaired) <= cut_off
