"""The one writer of a PBX: in order, under the fence, until it is done; loss and return of the database logged once."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs

from callcenter.models import Call, PbxCommand, PbxGap
from callcenter.vocab import CommandResult
from telephony.leadership import Deposed, crown
from telephony.scribe import Away, Scribe
from tests import factories
from tests.factories import Province
from tests.wire.ami_server import AmiServer
from tests.wire.ears import PATIENT, listening, seen
from tests.wire.test_commands import BOTH, ask, ended
from tests.wire.test_listener import END, RING, TALK, run, say


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """The database refuses connections, and closes open ones."""
    name = engine.url.database
    admin = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(others), {"name": name})
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))


def with_scribe(engine: Engine, test: Callable[[Scribe], Awaitable[None]]) -> None:
    one = Scribe(crown(engine, "test"))

    async def within() -> None:
        async with asyncio.timeout(60):
            await test(one)

    try:
        asyncio.run(within())
    finally:
        one.close()


def note(why: str) -> Callable[[Session], None]:
    def job(session: Session) -> None:
        session.add(PbxGap(pbx=why, started_at=datetime.now(UTC), why=why))

    return job


def notes(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(PbxGap.why).order_by(PbxGap.id)))


async def tried(times: list[float], often: int) -> None:
    while len(times) < often:
        await asyncio.sleep(0.01)


def test_what_many_ask_for_is_written_in_the_order_in_which_they_asked(engine: Engine) -> None:
    async def test(one: Scribe) -> None:
        wanted = [str(number) for number in range(50)]
        await asyncio.gather(*(one.desk.write(note(why)) for why in wanted))
        assert notes(engine) == wanted

    with_scribe(engine, test)


def test_while_the_database_is_away_jobs_wait_in_their_order_and_it_is_said_once(engine: Engine) -> None:
    """Several clients on both lanes, each with one job after another: none is lost, none written twice."""

    async def client(one: Scribe, name: str) -> None:
        lane = one.calls if name < "c" else one.desk
        for number in range(3):
            await lane.write(note(f"{name}{number}"))

    async def test(one: Scribe) -> None:
        with away(engine):
            clients = [asyncio.create_task(client(one, name)) for name in "abcd"]
            while not any("is away" in str(line["event"]) for line in said):
                await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            assert not any(task.done() for task in clients)
        await asyncio.gather(*clients)

    with capture_logs() as said:
        with_scribe(engine, test)
    written = notes(engine)
    assert sorted(written) == [f"{name}{number}" for name in "abcd" for number in range(3)]
    assert all([why for why in written if why[0] == name] == [f"{name}{n}" for n in range(3)] for name in "abcd")
    heard = [(line["log_level"], line["event"].partition(":")[0]) for line in said]
    assert heard == [("warning", "the database is away"), ("info", "the database is back")]


def test_an_attempt_is_made_once_and_the_pauses_grow_to_a_second(engine: Engine) -> None:
    pauses: list[float] = []

    async def test(one: Scribe) -> None:
        with away(engine):
            for _ in range(6):
                with pytest.raises(Away):
                    await one.calls.attempt(note("never"))
                pauses.append(one.calls._health.pause_s)
        await one.calls.attempt(note("then"))

    with_scribe(engine, test)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert notes(engine) == ["then"]


def test_who_is_not_the_leader_any_more_writes_nothing(engine: Engine) -> None:
    async def test(one: Scribe) -> None:
        crown(engine, "test")
        for lane in (one.calls, one.desk):
            for write in (lane.write, lane.attempt):
                with pytest.raises(Deposed):
                    await write(note("late"))
        assert notes(engine) == []

    with_scribe(engine, test)


def test_a_job_s_own_error_is_raised_once_and_the_next_job_is_done(engine: Engine) -> None:
    calls: list[str] = []

    def broken(session: Session) -> None:
        note("half")(session)
        session.flush()
        calls.append("broken")
        raise KeyError("of the job")

    async def test(one: Scribe) -> None:
        with pytest.raises(KeyError):
            await one.desk.write(broken)
        await one.desk.write(note("next"))

    with_scribe(engine, test)
    assert (calls, notes(engine)) == (["broken"], ["next"])


def test_a_job_that_is_tried_again_and_again_holds_up_no_other(engine: Engine) -> None:
    """As where one row is locked by a transaction that waits for us."""
    times: list[float] = []

    def locked(session: Session) -> None:
        times.append(time.monotonic())
        session.execute(text("SET LOCAL lock_timeout = '10ms'"))
        session.execute(text("LOCK TABLE pbx_queue IN ACCESS EXCLUSIVE MODE"))

    async def test(one: Scribe) -> None:
        with engine.connect() as holder:
            holder.execute(text("LOCK TABLE pbx_queue IN ACCESS EXCLUSIVE MODE"))
            waiting = asyncio.create_task(one.desk.write(locked))
            await tried(times, 2)
            await one.desk.write(note("meanwhile"))
            assert (notes(engine), waiting.done()) == (["meanwhile"], False)
        await waiting

    with_scribe(engine, test)


def test_a_batch_of_calls_that_waits_for_a_lock_keeps_no_command_waiting(engine: Engine, province: Province) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine, watch=PATIENT) as ear:
            say(server, RING)
            await seen(engine, lambda session: session.scalars(select(Call.ringing)).all() == [["101"]])
            with engine.connect() as holder:
                holder.execute(text("SELECT FROM call FOR UPDATE"))
                say(server, TALK[len(RING) :])
                while not ear.writer.waiting:
                    await asyncio.sleep(0.01)
                command = await ended(engine, ask(engine, province))
                assert command.result == CommandResult.DONE
                with Session(engine) as session:
                    assert session.scalars(select(Call.talking)).all() == [[]]
            say(server, END)
            await seen(engine, lambda session: session.scalars(select(Call.ended_at)).one() is not None)

    run(test)


def test_a_command_that_waits_for_its_turn_until_it_is_too_late_is_not_sent(engine: Engine, province: Province) -> None:
    """Whether it is too late is decided when it is taken, not when it was asked for."""
    begun, goes_on = threading.Event(), threading.Event()

    def long(_: Session) -> None:
        begun.set()
        goes_on.wait(30)

    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine, watch=PATIENT) as ear:
            job = asyncio.create_task(ear._scribe.desk.write(long))
            await asyncio.to_thread(begun.wait, 30)
            command = ask(engine, province, expires_s=0.2)
            while not _over(engine, command):
                await asyncio.sleep(0.05)
            goes_on.set()
            await job
            assert (await ended(engine, command)).result == CommandResult.EXPIRED
            assert server.count("SimulatedAnswer") == 0

    run(test)


def _over(engine: Engine, command_id: int) -> bool:
    with Session(engine) as session:
        return session.get_one(PbxCommand, command_id).expires_at < datetime.now(UTC)
