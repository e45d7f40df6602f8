"""What the console asks of a PBX, on the simulated one: through command rows, the real listener and the fold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.config import Pbx
from callcenter.db import transaction
from callcenter.models import Call, PbxCommand
from callcenter.vocab import CommandResult, CommandVerb, Outcome
from scripts.demo.simulated import call as simulated_call
from scripts.demo.simulated import transfer as simulated_transfer
from scripts.demo.simulated.callers import Fate, Plan
from scripts.demo.simulator import Simulation
from tests import factories
from tests.wire.ami_server import AmiServer
from tests.wire.ears import PATIENT, listening, seen

SERVED = Plan("0900000001", "", Fate.SERVED, patience_s=20, talk_s=30, operator_ends=False, key=None)


@dataclass
class Desk:
    """Lan at 101, whose telephone is the newcomer's; 102 is a colleague."""

    engine: Engine
    pbx: Simulation
    lan: tuple[int, str]

    async def asks(self, verb: CommandVerb, **arguments: str) -> None:
        now = datetime.now(UTC)
        actor_id, actor_name = self.lan
        with transaction(self.engine) as session:
            number = commands.ask(
                session, pbx="test", verb=verb, extension="101", arguments=arguments, actor_id=actor_id,
                actor_name=actor_name, now=now, expires_s=20,
            ).id  # fmt: skip
        await self.ended(number)

    async def blocks(self, key: str) -> None:
        """As a leader decides it."""
        entry = {"family": "hotline-block", "key": key}
        with transaction(self.engine) as session:
            number = commands.ask_for_all(
                session, pbx="test", verb=CommandVerb.LIST, arguments=entry, actor_id=None, actor_name="Hoa",
                now=datetime.now(UTC),
            ).id  # fmt: skip
        await self.ended(number)

    async def ended(self, number: int) -> None:
        await seen(self.engine, lambda session: session.get_one(PbxCommand, number).result is not None)
        with Session(self.engine) as session:
            command = session.get_one(PbxCommand, number)
            assert command.result == CommandResult.DONE, command.answer

    async def shows(self, true: Callable[[Call], bool]) -> None:
        def there(session: Session) -> bool:
            call = session.scalars(select(Call).order_by(Call.id.desc())).first()
            return call is not None and true(call)

        try:
            await seen(self.engine, there, 20)
        except TimeoutError:
            call = self.call()
            raise AssertionError(
                (call.ringing, call.talking, call.holding, call.rang, call.operators, call.transfers)
            ) from None

    def call(self) -> Call:
        with Session(self.engine) as session:
            return session.scalars(select(Call).order_by(Call.id.desc())).one()


@dataclass
class Where:
    """The simulated PBX as the listener's settings name it."""

    port: int

    def pbx(self) -> Pbx:
        return Pbx(name="test", host="127.0.0.1", port=self.port, user="u", secret="s")


@asynccontextmanager
async def desk(engine: Engine) -> AsyncIterator[Desk]:
    with transaction(engine) as session:
        lan = factories.province(session).people["lan"]
        known = (lan.id, lan.name)
    pbx = Simulation(["101", "102"], seed=1, speed=10, user="u", secret="s")
    server = await asyncio.start_server(pbx.ami.client, "127.0.0.1", 0)
    where = Where(server.sockets[0].getsockname()[1])
    async with listening(cast(AmiServer, where), engine, watch=PATIENT):
        yield Desk(engine, pbx, known)
        server.close()
    await server.wait_closed()


@pytest.fixture
def play(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    # A telephone rings and a talk lasts until the test has done what it does.
    monkeypatch.setattr(simulated_call, "NEWCOMER_RING_S", 300.0)
    monkeypatch.setattr(simulated_call, "SHORTEST_TALK_S", 900.0)
    monkeypatch.setattr(simulated_call, "LONGEST_TALK_S", 900.0)
    monkeypatch.setattr(simulated_transfer, "PATIENCE_S", 900.0)

    def run(scene: Callable[[Desk], Awaitable[None]]) -> None:
        async def test() -> None:
            async with desk(engine) as seat:
                await scene(seat)

        asyncio.run(test())

    return run


def test_somebody_is_asked_let_go_asked_again_and_takes_the_call(
    play: Callable[[Callable[[Desk], Awaitable[None]]], None],
) -> None:
    async def scene(seat: Desk) -> None:
        citizen = asyncio.create_task(seat.pbx.citizen(SERVED))
        await seat.shows(lambda call: call.ringing == ["101"])
        linkedid = seat.call().linkedid
        await seat.asks(CommandVerb.ANSWER, call=linkedid)
        await seat.shows(lambda call: call.talking == ["101"])
        await seat.asks(CommandVerb.CONSULT, call=linkedid, to="102")
        await seat.shows(lambda call: call.rang == ["101", "102"] and not call.talking)
        await seat.asks(CommandVerb.BACK, call=linkedid)
        await seat.shows(lambda call: call.talking == ["101"])
        await seat.asks(CommandVerb.CONSULT, call=linkedid, to="102")
        await seat.shows(lambda call: not call.talking)
        await seat.asks(CommandVerb.JOIN, call=linkedid)
        await seat.shows(lambda call: call.talking == ["102"])
        await citizen
        await seat.shows(lambda call: call.ended_at is not None)
        call = seat.call()
        assert (call.outcome, call.operators) == (Outcome.ANSWERED, ["101", "102"])
        assert call.transfers == [{"kind": "attended", "to": "102"}]

    play(scene)


def test_a_number_that_is_blocked_is_kept_out(play: Callable[[Callable[[Desk], Awaitable[None]]], None]) -> None:
    async def scene(seat: Desk) -> None:
        await seat.blocks("0900000001")
        await seat.pbx.citizen(replace(SERVED, number="+84900000001"))
        await seat.shows(lambda call: call.outcome == Outcome.BLOCKED)
        assert seat.call().rang == []

    play(scene)
