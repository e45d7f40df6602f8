"""Callers with line breaks in their number, live: nothing forged where the dialplan cleans it, no call lost without."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callcenter import embedded
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.models import PbxStatus
from scripts.lab.asterisk_env import Asterisk
from tests.asterisk.compare import differences, pair
from tests.asterisk.sipp import Step
from tests.asterisk.stage import PROMPT_S, Scenario, Stage, Theatre, Truth, run, site_for

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "scripts" / "manage"
pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240), pytest.mark.xdist_group("asterisk-hostile")]
_BREAK, _COLON = "%0D%0A", "%3A%20"
TALKS = ("PJSIP/{0}", "PJSIP/{1}")


def _forged(*lines: str) -> str:
    return "0905" + _BREAK + _BREAK.join(line.replace(": ", _COLON) for line in lines)


# What Asterisk keeps is at most 79 bytes of it.
NUMBERS = (
    _forged("Event: Hangup", "", "111226"),
    _forged("Linkedid: ", "", "Event: Hold", "Privilege: call,", "Timestamp: 1795400000.123456"),
    _forged("", "Event: a", "", "Event: Hangup", "Privilege: call,", "Timestamp: 1795400000.1"),
    _forged("", ""),
)


async def _beside_a_victim(stage: Stage) -> list[Truth]:
    """During a talk, callers with its identifiers in their numbers come, talk and go."""
    victim = await stage.caller(listens=True)
    talk = await stage.phones[0].next_talk()
    uniqueid = await _uniqueid(stage, victim.number)
    truths = []
    for number in (*NUMBERS, _forged(f"Uniqueid: {uniqueid}", f"Linkedid: {uniqueid}")):
        caller = await stage.caller(number, steps=(Step(wait=PROMPT_S + 1.5),))
        dialog = await stage.phones[1].next_talk()
        await caller.done()
        truths.append(stage.truth(caller, "answered", free=FREE, **stage.talk(caller, dialog)))
    await talk.hang_up()
    await victim.done()
    fields = stage.talk(victim, talk, until=talk.ended_at, hung_up_by="operator")
    return [stage.truth(victim, "answered", free=FREE[2:], **fields), *truths]


# Without our dialplan there is no greeting to take off the wait.
FREE = ("caller", "caller_raw", "wait_s")


async def _uniqueid(stage: Stage, number: str) -> str:
    listing = await stage.cli("core show channels concise")
    rows = [line.split("!") for line in listing.splitlines()]
    return next(row[-1] for row in rows if row[0].startswith("PJSIP/trunk") and number in row)


def _scene(name: str, index: int, number: str) -> Scenario:
    return Scenario(name, _beside_a_victim, index, "", {}, {}, number, TALKS, False)


CLEANED = _scene("cleaned", 98, "02981022")
PLAIN = _scene("plain", 99, "02991022")
NUMBER_OF = {"shipped": CLEANED.number, "plain": PLAIN.number}


@dataclass
class Evening:
    """`calls` by PBX name: `shipped` hears as telephony/asterisk says, `plain` hears all of the same PBX."""

    truths: dict[str, list[Truth]]
    calls: dict[str, list[dict[str, Any]]]
    findings: dict[str, dict[str, Any]]
    clean_rows: list[str]
    log: str


@pytest.fixture(scope="module")
def evening(asterisk_tree: None) -> Iterator[Evening]:
    data = Path(tempfile.mkdtemp(prefix="hotline-hostile-"))
    data.chmod(0o711)
    pbx = Asterisk(site_for([CLEANED, PLAIN], lanes=1))
    pbx.start()
    doors = ",".join(f"{name}={pbx.ami_url(user)}" for name, user in (("shipped", "callcenter"), ("plain", "plain")))
    ours = {"CALLCENTER_DATA_DIR": str(data / "var"), "CALLCENTER_PBX": doors}
    log = data / "listener.log"
    environment = {**os.environ, **ours}
    subprocess.run([MANAGE, "migrate"], env=environment, check=True, capture_output=True)
    with log.open("wb") as file:
        listener = subprocess.Popen([MANAGE, "listen"], env=environment, stdout=file, stderr=file)
    try:
        assert _until(lambda: len(set(re.findall(r"ready (shipped|plain)", log.read_text()))) == 2, 30), log.read_text()
        yield _play(pbx, environment, log)
    finally:
        listener.send_signal(signal.SIGTERM)
        listener.wait(20)
        pbx.remove()
        shutil.rmtree(data, ignore_errors=True)


def _play(pbx: Asterisk, environment: dict[str, str], log: Path) -> Evening:
    truths = {"shipped": asyncio.run(_scene_on(pbx, CLEANED))}
    clean_rows = pbx.queue_log.read_text(errors="replace").splitlines()
    # The other user hears Newchannel, which is older than the first line of any dialplan.
    _until(lambda: "forged" in _findings(environment)["plain"], 10)
    clean = _findings(environment)["shipped"]
    truths["plain"] = asyncio.run(_scene_on(pbx, PLAIN))
    expected = 2 * len(truths["shipped"]) + len(truths["plain"])
    _until(lambda: len(found := _calls(environment)) >= expected and all(call["outcome"] for call in found), 20)
    _until(lambda: _findings(environment)["plain"]["forged"]["count"] > 2 * len(NUMBERS), 10)
    calls: dict[str, list[dict[str, Any]]] = {"shipped": [], "plain": []}
    for call in _calls(environment):
        calls[call["pbx"]].append(call)
    return Evening(truths, calls, {**_findings(environment), "shipped": clean}, clean_rows, log.read_text())


def _calls(environment: dict[str, str]) -> list[dict[str, Any]]:
    command = [str(MANAGE), "calls", "--format", "jsonl"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _findings(environment: dict[str, str]) -> dict[str, dict[str, Any]]:
    """PBX -> code -> values, as pages read them."""
    with embedded.hold(Settings(data_dir=Path(environment["CALLCENTER_DATA_DIR"]))) as lease:
        engine = make_engine(lease.database_url)
        with engine.connect() as connection:
            rows = connection.execute(select(PbxStatus.pbx, PbxStatus.findings)).all()
        engine.dispose()
    return {pbx: {found["code"]: found["values"] for found in findings} for pbx, findings in rows}


def _until(condition: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.25)
    return False


async def _scene_on(pbx: Asterisk, scene: Scenario) -> list[Truth]:
    theatre = await Theatre(pbx).open()
    try:
        return await run(scene, theatre)
    finally:
        theatre.close()


@pytest.mark.parametrize("name", ["shipped", "plain"])
def test_every_call_is_recorded_once_and_right(evening: Evening, name: str) -> None:
    wrong = []
    calls = [call for call in evening.calls[name] if call["number_dialled"] == NUMBER_OF[name]]
    for truth, call in pair(evening.truths[name], calls):
        wrong += ["no such call"] if call is None else differences(truth.fields, call)
    assert not wrong, "\n".join(wrong)
    assert len(calls) == len(evening.truths[name]) == len(NUMBERS) + 2


def test_with_the_shipped_dialplan_no_forged_line_arrives(evening: Evening) -> None:
    assert "forged" not in evening.findings["shipped"]
    assert len({call["linkedid"] for call in evening.calls["shipped"]}) == len(evening.truths["shipped"])
    assert [row for row in evening.clean_rows if row.count("|") < 4] == []


def test_without_it_the_attempts_are_counted_and_told(evening: Evening) -> None:
    assert evening.findings["plain"]["forged"]["count"] >= len(NUMBERS) + 1
    assert "caller tries to forge events" in evening.log
    assert "Traceback" not in evening.log
