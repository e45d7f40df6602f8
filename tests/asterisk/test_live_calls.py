"""Every scenario on a real Asterisk: `scripts/manage calls` says what the SIP side saw and the PBX logged."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.asterisk_env import Asterisk
from tests.asterisk.compare import differences, pair
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Theatre, Truth, run_all, site_for

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "scripts" / "manage"

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300), pytest.mark.xdist_group("asterisk")]


@dataclass
class Evening:
    """All scenarios, played: what was true, what the product says, what the PBX wrote."""

    truths: dict[str, list[Truth] | BaseException]
    calls: list[dict[str, Any]]
    queue_log: list[list[str]]
    recordings: set[str]
    log: str

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
    return Evening(truths, _calls(environment), rows, recordings, (data / "listener.log").read_text())


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
