"""Times in which the PBX was not heard: written down, and what vanished in them waits for the PBX's own log."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Call, PbxGap
from callcenter.vocab import Outcome
from telephony import settling
from telephony.listener import Listener
from tests.wire.ami_server import AmiServer
from tests.wire.ears import PATIENT, hears, listening, seen
from tests.wire.test_listener import CALLER, RING, call, ended, run, say


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


class Log:
    """The PBX's own queue_log, which a hotline with the shipped dialplan has, with its rows of one call."""

    def __init__(self, path: Path, linkedid: str) -> None:
        self.path = path
        self.linkedid = linkedid
        self.path.touch()

    def writes(self, *events: str) -> int:
        now = int(time.time()) + 1
        with self.path.open("a") as file:
            file.writelines(f"{now}|{self.linkedid}|hotline|NONE|{event}\n" for event in events)
        return now


async def forgotten(ear: Listener) -> None:
    async with asyncio.timeout(30):
        while ear.calls.by_id:
            await asyncio.sleep(0.02)


def test_what_vanished_waits_for_the_log_and_stays_as_that_says(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_AGAIN_S", 0.5)
    log = Log(tmp_path / "queue_log", f"{int(time.time()) + 1}.0")
    ids = {"Uniqueid": log.linkedid, "Linkedid": log.linkedid}

    async def test(server: AmiServer) -> None:
        async with listening(server, engine, watch=PATIENT, queue_log={"test": str(log.path)}) as ear:
            say(server, [(event, {**headers, **ids}) for event, headers in RING[:2]])
            log.writes("HOTLINESTART|0905123456|allowed_not_screened|1022|trunk", "ENTERQUEUE||0905123456|1")
            await seen(engine, lambda session: call(session) is not None)
            await away(server, engine)
            await asyncio.sleep(3)
            with Session(engine) as session:
                assert not ended(session)
            wrote = log.writes("ABANDON|1|1|30", "HOTLINEEND|caller|0")
            await seen(engine, ended, 20)
            await forgotten(ear)
            # A Hangup that comes all the same is of no call, and the row is the witness's.
            server.say("Hangup", **{**CALLER, **ids}, Context="q", Cause="16")
            await asyncio.sleep(1)
        with Session(engine) as session:
            row = session.scalars(select(Call)).one()
            assert row.ended_at == datetime.fromtimestamp(wrote, UTC)
            assert (row.outcome, row.repaired) == (Outcome.ABANDONED, True)

    run(test)


def test_a_row_that_a_witness_has_ended_is_not_written_over(engine: Engine) -> None:
    ends_at = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)

    async def test(server: AmiServer) -> None:
        async with listening(server, engine, watch=PATIENT) as ear:
            say(server, RING)
            await seen(engine, lambda session: call(session) is not None)
            with transaction(engine) as session:
                session.execute(update(Call).values(ended_at=ends_at, outcome=Outcome.ABANDONED, repaired=True))
            say(server, [("QueueCallerJoin", {**CALLER, "Queue": "other", "Context": "q"})])
            await forgotten(ear)
        with Session(engine) as session:
            assert session.scalars(select(Call)).one().ended_at == ends_at

    run(test)
