"""The shipped files on a real Asterisk: no complaint at start, no forged event, every event in AMI and queue_log."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from panoramisk.message import Message

from callcenter.config import Pbx
from callcenter.vocab import CommandVerb
from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from scripts.tools.record_ami import Mask, Recorder, record
from telephony.ami.link import Link, LinkState
from telephony.orders import known
from telephony.queues import read
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Theatre, run, site_for

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120), pytest.mark.xdist_group("asterisk-rig")]
# What a rig without site-wide files says of itself; nothing of it comes from telephony/asterisk.
EXPECTED_NOISE = (
    "ccss.conf", "cdr.conf", "CDR configuration", "CDR simple", "indications.conf", "acl.conf", "udptl",
    "pjproject.conf", "music on hold", "queuerules", "modules will be loaded", "cdrel_custom", "built by",
)  # fmt: skip


@pytest.fixture(scope="module")
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:
    pbx = Asterisk(site_for(SCENARIOS.values(), lanes=1))
    pbx.start()
    yield pbx
    pbx.remove()


def _heard(pbx: Asterisk, name: str, user: str = "callcenter") -> str:
    """What `user` hears while one scenario is played."""

    async def play() -> bytes:
        theatre = await Theatre(pbx).open()
        try:
            async with Recorder(pbx.address, AMI_PORT, user, pbx.secret) as recorder:
                await run(SCENARIOS[name], theatre)
                await asyncio.sleep(0.5)
                return recorder.taken()
        finally:
            theatre.close()

    return asyncio.run(play()).decode("utf-8", "replace")


def test_shipped_files_load_without_complaint(pbx: Asterisk) -> None:
    log = (pbx.home / "log" / "messages.log").read_text(errors="replace").splitlines()
    assert [line for line in log if not any(word in line for word in EXPECTED_NOISE)] == []


def test_it_is_asterisk_22(pbx: Asterisk) -> None:
    assert pbx.version.startswith("Asterisk 22.")


def test_hostile_number_forges_no_event(pbx: Asterisk) -> None:
    """The line breaks in the number reach Newchannel, which is why the shipped user does not hear it."""
    heard = _heard(pbx, "hostile_number")
    blocks = [block for block in heard.split("\r\n\r\n") if block.strip()]
    assert "Newchannel" not in heard
    assert all(block.startswith(("Event: ", "Asterisk Call Manager", "Response: ")) for block in blocks)
    assert not [block for block in blocks if block.count("\r\nEvent: ")]


def test_hostile_name_adds_no_header(pbx: Asterisk) -> None:
    heard = _heard(pbx, "hostile_name")
    start = next(block for block in heard.split("\r\n\r\n") if "UserEvent: HotlineStart" in block)
    own = start[start.index("UserEvent:") :].split("\r\n")
    assert [line.partition(":")[0] for line in own] == ["UserEvent", "Number", "Pres", "DID", "Trunk"]


def test_privacy_is_told(pbx: Asterisk) -> None:
    assert "Pres: prohib" in _heard(pbx, "private")


def test_every_word_is_in_queue_log_too(pbx: Asterisk) -> None:
    before = len(pbx.queue_log.read_text())
    heard = _heard(pbx, "callback")
    told = [line.partition(": ")[2].upper() for line in heard.splitlines() if line.startswith("UserEvent: ")]
    rows = [line.split("|") for line in pbx.queue_log.read_text()[before:].splitlines()]
    assert [row[4] for row in rows if row[4].startswith("HOTLINE")] == told
    assert told[0] == "HOTLINESTART"
    assert told[-1] == "HOTLINEEND"


def test_filter_leaves_few_events(pbx: Asterisk) -> None:
    filtered = _heard(pbx, "answered").count("\r\nEvent: ")
    everything = _heard(pbx, "answered", user="everything").count("\r\nEvent: ")
    assert filtered < 30 < everything / 4


def test_cel_has_microseconds(pbx: Asterisk) -> None:
    _heard(pbx, "abandoned_in_prompt")
    with sqlite3.connect(f"file:{pbx.cel}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT eventtype, eventtime, linkedid FROM cel ORDER BY AcctId").fetchall()
    assert rows[-1][0] == "LINKEDID_END"
    assert len(str(rows[-1][1]).partition(".")[2]) >= 5


def test_wrong_secret_is_refused(pbx: Asterisk) -> None:
    async def knock() -> None:
        async with Recorder(pbx.address, AMI_PORT, "callcenter", "wrong"):
            pass

    with pytest.raises(PermissionError):
        asyncio.run(knock())


def test_recording_is_masked(pbx: Asterisk, tmp_path: Path) -> None:
    """The tool for sites: no number of a caller is left in its file, the call still is."""
    path = tmp_path / "calls.ami"

    async def play() -> None:
        theatre = await Theatre(pbx).open()
        try:
            await asyncio.gather(record(pbx.ami_url(), path, 9, Mask()), run(SCENARIOS["plus84"], theatre))
        finally:
            theatre.close()

    asyncio.run(play())
    text = path.read_text()
    assert "905111222" not in text
    assert "Number: +8490000000" in text


def test_each_rig_has_its_own_addresses(pbx: Asterisk) -> None:
    with Asterisk(site_for(())) as other:
        assert other.address != pbx.address
        assert "Asterisk 22" in other.version


def test_it_says_what_it_can_do_and_who_is_in_the_queues(pbx: Asterisk) -> None:
    """The shipped user may ask; a telephone is answered where it stands, so the console gets no button for it."""
    seen: list[LinkState] = []

    async def ask() -> list[Message]:
        door = Pbx(name="rig", host=pbx.address, port=AMI_PORT, user="callcenter", secret=pbx.secret)
        link = Link(door, lambda event: None, lambda state, rows: seen.append(state))
        task = asyncio.create_task(link.run())
        try:
            async with asyncio.timeout(20):
                while not link.state.connected:
                    await asyncio.sleep(0.05)
            return await link.ask({"Action": "QueueStatus"})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    answer = asyncio.run(ask())
    assert {"queuestatus", "listcommands", "ping", "status"} <= seen[-1].actions
    # A real telephone is answered and hung up where it stands.
    assert set(CommandVerb) - set(known(seen[-1].actions)) == {CommandVerb.ANSWER, CommandVerb.HANG_UP}
    queues = read([{key: str(value) for key, value in row.items()} for row in answer[1:]])
    members = [member for found in queues.values() for member in found]
    assert queues
    assert all(str(member["extension"]).isdigit() for member in members)
