"""A real Asterisk that dies and forgets its queue members: the listener adds them again, as they were."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.config import Pbx, Settings
from callcenter.models import PbxCommand, PbxGap, PbxQueue
from callcenter.vocab import CommandResult
from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from telephony.ami.link import Watch
from telephony.leadership import crown
from telephony.listener import Listener
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import site_for
from tests.wire.ears import seen

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120), pytest.mark.xdist_group("asterisk-restart")]

QUEUE = "hotline-1022"


@pytest.fixture
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:
    pbx = Asterisk(site_for(SCENARIOS.values(), lanes=1))
    pbx.start()
    yield pbx
    pbx.remove()


def members(session: Session) -> dict[str, bool]:
    row = session.get(PbxQueue, ("lab", QUEUE))
    return {member["extension"]: member["paused"] for member in row.members} if row else {}


def forget(pbx: Asterisk) -> None:
    """The PBX's own memory of its queue members, lost in the crash."""
    found = list(pbx.home.rglob("astdb.sqlite3*"))
    assert found
    for path in found:
        path.unlink()


def test_signed_in_again_after_a_crash(pbx: Asterisk, engine: Engine, tmp_path: Path) -> None:
    async def test() -> None:
        lab = Pbx(name="lab", host=pbx.address, port=AMI_PORT, user="callcenter", secret=pbx.secret)
        reign = crown(engine, "lab")
        ear = Listener(lab, reign, Settings(data_dir=tmp_path), watch=Watch(longest_pause=1))
        task = asyncio.create_task(ear.run())
        try:
            await seen(engine, lambda session: session.get(PbxQueue, ("lab", QUEUE)) is not None, 20)
            for words in (
                f"queue add member PJSIP/121 to {QUEUE} penalty 2 as Lan",
                f"queue add member Local/122@agents/n to {QUEUE} penalty 0 as Minh state_interface PJSIP/122",
                f"queue pause member Local/122@agents/n queue {QUEUE} reason lunch",
            ):
                await asyncio.to_thread(pbx.cli, words)
            await seen(engine, lambda session: members(session) == {"121": False, "122": True}, 20)
            died = datetime.now(UTC)
            await asyncio.to_thread(pbx.kill)
            forget(pbx)
            await asyncio.to_thread(pbx.start)
            await seen(engine, lambda session: len(results(session)) == 2, 30)
            await seen(engine, lambda session: members(session) == {"121": False, "122": True}, 20)
            with Session(engine) as session:
                assert results(session) == [CommandResult.DONE] * 2
                gap = session.scalars(select(PbxGap)).one()
                assert gap.restarted
                assert gap.started_at <= died
            shown = await asyncio.to_thread(pbx.cli, f"queue show {QUEUE}")
            lan, minh = (next(line for line in shown.splitlines() if name in line) for name in ("Lan", "Minh"))
            assert "penalty 2" in lan
            assert "paused" not in lan
            assert "from PJSIP/122" in minh
            # As the console of the PBX writes why.
            assert "paused:lunch" in minh.replace(" ", "")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(test())


def results(session: Session) -> list[str | None]:
    ended = select(PbxCommand.result).where(PbxCommand.result.is_not(None))
    return list(session.scalars(ended))
