"""A number that a leader blocks, on a real Asterisk: written by AMI, kept out with an announcement, written again."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.config import Pbx, Settings
from callcenter.db import transaction
from callcenter.models import Call, PbxCommand, PbxListed, PbxStatus
from callcenter.vocab import CommandResult, HungUpBy, NuisanceStep, Outcome
from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from telephony.ami.link import Watch
from telephony.leadership import crown
from telephony.listener import Listener
from tests import factories
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.sipp import Caller
from tests.asterisk.stage import site_for
from tests.asterisk.test_restart import forget
from tests.wire.ears import seen
from tickets.actors import Actor
from tickets.calls import nuisance

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180), pytest.mark.xdist_group("asterisk-nuisance")]

NUMBER = "0905777001"


@pytest.fixture
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:
    pbx = Asterisk(site_for(SCENARIOS.values(), lanes=1))
    pbx.start()
    yield pbx
    pbx.remove()


def held(session: Session) -> NuisanceStep | None:
    """What the PBX is known to hold, after the answers that came in are read as cron does."""
    nuisance.tell(session, datetime.now(UTC))
    session.flush()
    return session.scalar(select(PbxListed.held))


async def told(engine: Engine, step: NuisanceStep) -> None:
    def is_held() -> bool:
        with transaction(engine) as session:
            return held(session) == step

    async with asyncio.timeout(40):
        while not await asyncio.to_thread(is_held):
            await asyncio.sleep(0.2)


async def listed(pbx: Asterisk) -> str:
    return await asyncio.to_thread(pbx.cli, "database show")


def test_lowered_blocked_kept_out_and_told_again(pbx: Asterisk, engine: Engine, tmp_path: Path) -> None:
    async def test() -> None:
        lab = Pbx(name="lab", host=pbx.address, port=AMI_PORT, user="callcenter", secret=pbx.secret)
        ear = Listener(lab, crown(engine, "lab"), Settings(data_dir=tmp_path), watch=Watch(longest_pause=1))
        task = asyncio.create_task(ear.run())
        try:
            await seen(engine, lambda session: "list" in session.get_one(PbxStatus, "lab").actions, 20)
            with transaction(engine) as session:
                hoa = factories.province(session).actor("hoa")
            decide(engine, hoa, NuisanceStep.LOW)
            await told(engine, NuisanceStep.LOW)
            assert "/hotline-low/0905777001" in await listed(pbx)
            decide(engine, hoa, NuisanceStep.BLOCKED)
            await told(engine, NuisanceStep.BLOCKED)
            shown = await listed(pbx)
            assert "/hotline-block/0905777001" in shown
            assert "hotline-low/0905777001" not in shown
            caller = await Caller(NUMBER, dials="1022", listens=True).start(pbx)
            await caller.done()
            assert caller.answered_at, "no announcement was heard"
            await seen(engine, lambda session: outcome(session) == (Outcome.BLOCKED, HungUpBy.SYSTEM), 30)
            await asyncio.to_thread(pbx.kill)
            forget(pbx)
            await asyncio.to_thread(pbx.start)
            since = datetime.now(UTC)
            await seen(engine, lambda session: session.get_one(PbxStatus, "lab").connected, 30)
            while "/hotline-block/0905777001" not in await listed(pbx):
                with transaction(engine) as session:
                    nuisance.tell(session, datetime.now(UTC))
                await asyncio.sleep(0.2)
                assert (datetime.now(UTC) - since).total_seconds() < 60
            with Session(engine) as session:
                asked = session.scalars(select(PbxCommand).order_by(PbxCommand.id)).all()
                assert {command.asked_by for command in asked} == {hoa.name}
                assert {command.result for command in asked if command.verb == "list"} <= {CommandResult.DONE, None}
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(test())


def decide(engine: Engine, hoa: Actor, step: NuisanceStep) -> None:
    with transaction(engine) as session:
        nuisance.decide(session, hoa, NUMBER, step, reason="gọi phá", days=7, now=datetime.now(UTC))


def outcome(session: Session) -> tuple[Outcome | None, HungUpBy | None] | None:
    found = session.execute(select(Call.outcome, Call.hung_up_by).where(Call.caller_raw == NUMBER)).first()
    return None if found is None else (found[0], found[1])
