"""What the doctor says of a real Asterisk that was set up wrongly, one mistake at a time; and of one that was not."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from callcenter.config import Pbx, Settings
from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from scripts.tools import doctor
from telephony.ami.link import Link
from telephony.findings import Finding
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.sipp import Step
from tests.asterisk.stage import PROMPT_S, Stage, Theatre, Truth, run, site_for

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120), pytest.mark.xdist_group("asterisk-doctor")]
SCENES = [SCENARIOS[name] for name in ("answered", "plus84")]
Edit = Callable[[str], str]


@pytest.fixture(scope="module")
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:
    pbx = Asterisk(site_for(SCENES, lanes=1))
    pbx.start()
    yield pbx
    pbx.remove()


@pytest.fixture
def edited(pbx: Asterisk) -> Iterator[Callable[[Edit], None]]:
    """Changes the shipped manager.conf as that PBX reads it; afterwards it is as shipped again."""
    path = pbx.home / "etc" / "shipped" / "manager.conf"
    shipped = path.read_text()

    def edit(change: Edit) -> None:
        changed = change(shipped)
        assert changed != shipped
        path.write_text(changed)
        pbx.cli("manager reload")

    yield edit
    path.write_text(shipped)
    pbx.cli("manager reload")


def _settings(rig: Asterisk, /, **more: object) -> Settings:
    log = {"queue_log": {"rig": str(rig.queue_log)}}
    door = Pbx(name="rig", host=rig.address, port=AMI_PORT, user="callcenter", secret=rig.secret)
    return Settings(**{"pbx": (door,), "database_url": None, **log, **more})  # type: ignore[arg-type]


def _found(settings: Settings) -> dict[str, Finding]:
    return {finding.code: finding for finding in doctor._pbx(settings.pbx[0], settings)}


def test_the_shipped_files_are_well(pbx: Asterisk) -> None:
    pbx.queue_log.touch()
    assert _found(_settings(pbx)) == {}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda text: text.replace("read = system,call", "read = call"), {"no_system"}),
        (lambda text: text.replace("write = reporting,user,agent,call,originate,system", "write = user,agent"),
         {"no_reporting", "no_dialplan", "no_buttons"}),
        (lambda text: text.replace("write = reporting,user,agent,call,originate,system", "write = reporting,user"),
         {"no_buttons"}),
        (lambda text: text.replace("write = reporting,user,", "write = reporting,"), {"no_probe"}),
        (lambda text: text.replace("call,agent,user\n", "call,agent\n"), {"no_user"}),
        (lambda text: re.sub(r"(?m)^eventfilter.*UserEvent.*$", "", text), {"no_user"}),
        (lambda text: text.replace("timestampevents = yes", "timestampevents = no"), {"no_timestamps"}),
    ],
)  # fmt: skip
def test_a_mistake_in_manager_conf(
    pbx: Asterisk, edited: Callable[[Edit], None], change: Edit, codes: set[str]
) -> None:
    edited(change)
    found = _found(_settings(pbx))
    assert set(found) == codes
    assert all(finding.text and finding.mend for finding in found.values())


def test_a_wrong_secret(pbx: Asterisk) -> None:
    door = Pbx(name="rig", host=pbx.address, port=AMI_PORT, user="callcenter", secret="wrong")
    found = _found(_settings(pbx, pbx=(door,)))
    assert set(found) == {"refused"}
    assert "wrong" not in found["refused"].text + found["refused"].mend


def test_a_pbx_that_is_not_there(pbx: Asterisk) -> None:
    door = Pbx(name="rig", host=pbx.address, port=AMI_PORT - 1, user="callcenter", secret="wrong")
    assert set(_found(_settings(pbx, pbx=(door,)))) == {"away"}


def test_names_that_the_pbx_does_not_know(pbx: Asterisk) -> None:
    found = _found(_settings(pbx, inbound_contexts=("from-trunk", "from-pstn"), hotline_numbers=("1022", "1900")))
    assert found["no_context"].values == {"context": "from-pstn"}
    assert found["no_number"].values == {"number": "1900", "context": "from-trunk"}
    pbx.cli("dialplan set global HOTLINE_QUEUE hotline-1023")
    try:
        assert _found(_settings(pbx))["no_queue"].values == {"queue": "hotline-1023"}
    finally:
        pbx.cli("dialplan set global HOTLINE_QUEUE hotline-1022")


def test_an_old_dialplan(pbx: Asterisk) -> None:
    pbx.cli("dialplan remove context hotline-tell")
    try:
        found = _found(_settings(pbx))
        assert set(found) == {"no_contract"}
        assert not found["no_contract"].serious
    finally:
        pbx.cli("dialplan reload")


def test_a_witness_that_cannot_be_read(pbx: Asterisk, tmp_path: Path) -> None:
    assert set(_found(_settings(pbx, queue_log={}))) == {"no_witness"}
    nowhere = {"rig": str(tmp_path / "queue_log")}
    cel = {"rig": f"sqlite:///{tmp_path / 'cel.db'}"}
    found = list(doctor._pbx(_settings(pbx).pbx[0], _settings(pbx, queue_log=nowhere, cel=cel)))
    assert [(one.code, one.values["witness"]) for one in found] == [
        ("witness_unreadable", "queue_log"), ("witness_unreadable", "CEL"),
    ]  # fmt: skip
    assert _found(_settings(pbx, cel={"rig": f"sqlite:///{pbx.cel}"})) == {}


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        (lambda text: text.replace("read = system,call,", "read = system,"), {"Hangup", "BridgeEnter"}),
        (lambda text: text.replace(",agent,user\n", ",user\n"), {"QueueCallerJoin"}),
        (lambda text: re.sub(r"(?m)^eventfilter.*\(Hangup\).*$", "", text), {"Hangup"}),
        (lambda text: re.sub(r"(?m)^eventfilter.*\(AgentCalled\).*$", "", text), {"AgentCalled"}),
        (lambda text: text.replace("channelvars = HOTLINE", "channelvars = OTHER"), set()),
    ],
)  # fmt: skip
def test_what_is_hidden_shows_after_three_calls(
    pbx: Asterisk, edited: Callable[[Edit], None], change: Edit, hidden: set[str]
) -> None:
    edited(change)
    found = asyncio.run(_after_three_calls(pbx))
    assert {finding.values["event"] for finding in found if finding.code == "hidden"} == hidden
    assert hidden or {finding.code for finding in found} == {"no_variables"}


def test_nothing_is_hidden_by_the_shipped_files(pbx: Asterisk) -> None:
    assert asyncio.run(_after_three_calls(pbx)) == []


async def _at_once(stage: Stage) -> list[Truth]:
    """Three callers, each answered by a telephone of their own."""
    callers = [await stage.caller(steps=(Step(wait=PROMPT_S + 3),)) for _ in range(3)]
    await asyncio.gather(*(phone.next_talk() for phone in stage.phones[:3]))
    await asyncio.gather(*(caller.done() for caller in callers))
    return []


THREE = replace(SCENARIOS["plus84"], play=_at_once, members=tuple(f"PJSIP/{{{number}}}" for number in range(3)))


async def _after_three_calls(pbx: Asterisk) -> list[Finding]:
    """What a link has found by listening to answered calls."""
    theatre = await Theatre(pbx).open()
    link = Link(_settings(pbx).pbx[0], lambda _: None, lambda _, __: None)
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(20):
            while not link.state.connected:
                await asyncio.sleep(0.05)
        await run(THREE, theatre)
        # What would have to come by then has: asked as if that moment were past.
        await asyncio.sleep(0.5)
        return list(link.evidence.findings(monotonic() + 60))
    finally:
        theatre.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
