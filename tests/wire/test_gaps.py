"""Times in which the PBX was not heard: written down, and what vanished in them waits for the PBX's own log."""

import asyncio
import sys
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import Call, PbxGap
from callcenter.vocab import Outcome
from telephony import settling
from tests.wire.ami_server import AmiServer
from tests.wire.ears import hears, listening, seen
from tests.wire.test_listener import CALLER, RING, call, ended, run, say

WITNESS = {"queue_log": {"test": "/nowhere/queue_log"}}
WITNESSED_END = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


def gaps(session: Session) -> list[PbxGap]:
    return list(session.scalars(select(PbxGap).order_by(PbxGap.started_at)))


def closed(session: Session) -> bool:
    return [gap.ended_at is not None for gap in gaps(session)] == [True]


async def away(server: AmiServer, engine: Engine) -> None:
    await server.stop()
    await seen(engine, lambda session: not hears(session))
    await server.start()
    await seen(engine, hears)


def test_a_lost_line_is_a_gap_with_its_reason(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        before = datetime.now(UTC)
        async with listening(server, engine):
            with Session(engine) as session:
                assert gaps(session) == []
            await away(server, engine)
            await seen(engine, closed)
            with Session(engine) as session:
                (gap,) = gaps(session)
                assert before < gap.started_at < gap.ended_at  # type: ignore[operator]
                assert (bool(gap.why), gap.restarted) == (True, False)

    run(test)


def test_a_silent_line_is_a_gap_from_its_last_byte(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            server.silent = True
            silent_at = datetime.now(UTC)
            await seen(engine, lambda session: not hears(session))
            server.silent = False
            await seen(engine, closed)
            with Session(engine) as session:
                (gap,) = gaps(session)
                assert "silent" in gap.why
                # It is noticed 0.2 s later; an answer to an earlier ping may have come last.
                assert abs((gap.started_at - silent_at).total_seconds()) < 0.15

    run(test)


def test_a_stop_of_the_listener_is_a_gap_until_the_next_one_hears(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            pass
        with Session(engine) as session:
            (open_gap,) = gaps(session)
            assert (open_gap.ended_at, open_gap.why) == (None, "the listener was stopped")
        async with listening(server, engine):
            await seen(engine, closed)

    run(test)


def test_a_restart_of_the_pbx_shows_in_its_uptime(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            server.uptime = 0
            await away(server, engine)
            await seen(engine, closed)
            with Session(engine) as session:
                assert gaps(session)[0].restarted

    run(test)


@pytest.fixture
def reconciler(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Stands in for the reader of the PBX's logs: told True it has found the end of every live call."""
    knows = [False]

    def reconcile(engine: Engine, settings: Settings, pbx: str, now: datetime) -> Any:
        if knows[0]:
            with transaction(engine) as session:
                session.execute(
                    update(Call).values(ended_at=WITNESSED_END, outcome=Outcome.ABANDONED, repaired=True, ringing=[])
                )

    module = ModuleType("telephony.reconcile")
    module.reconcile = reconcile  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "telephony.reconcile", module)
    monkeypatch.setattr(settling, "_AGAIN_S", 0.2)
    return knows


def test_what_vanished_waits_for_the_log_and_stays_as_that_says(engine: Engine, reconciler: list[bool]) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine, **WITNESS) as ear:
            say(server, RING)
            await seen(engine, lambda session: call(session) is not None)
            await away(server, engine)
            await asyncio.sleep(3)
            with Session(engine) as session:
                assert not ended(session)
            reconciler[0] = True
            await seen(engine, ended)
            async with asyncio.timeout(5):
                while ear.calls.by_id:
                    await asyncio.sleep(0.02)
            # A Hangup that comes all the same is nobody's, and the row is the witness's.
            server.say("Hangup", **CALLER, Context="q", Cause="16")
            await asyncio.sleep(1)
        with Session(engine) as session:
            row = session.scalars(select(Call)).one()
            assert (row.ended_at, row.outcome, row.repaired) == (WITNESSED_END, Outcome.ABANDONED, True)

    run(test)


def test_a_live_call_that_the_log_ended_is_not_written_over(engine: Engine, reconciler: list[bool]) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine, **WITNESS) as ear:
            say(server, RING)
            await seen(engine, lambda session: call(session) is not None)
            reconciler[0] = True
            server.rows = [{**CALLER, "Application": "Queue", "Data": "hotline,t"}]
            await away(server, engine)
            await seen(engine, ended)
            say(server, [("QueueCallerJoin", {**CALLER, "Queue": "other", "Context": "q"})])
            async with asyncio.timeout(5):
                while ear.calls.by_id:
                    await asyncio.sleep(0.02)
        with Session(engine) as session:
            assert session.scalars(select(Call)).one().ended_at == WITNESSED_END

    run(test)
