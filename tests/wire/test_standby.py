"""Two listeners as processes on one PBX: the second waits, takes over in time, and the first changes nothing more."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import make_engine, transaction
from callcenter.models import Call, PbxGap, PbxStatus
from callcenter.vocab import Outcome
from telephony import leadership
from telephony.leadership import Deposed, Leadership, Reign, crown
from tests.scripts.processes import MANAGE, environment, running, wait_for_line
from tests.wire.ami_server import SECRET, AmiServer, ami_server
from tests.wire.ears import seen
from tests.wire.test_listener import CALLER, END, LEG, TALK, say

TAKES_OVER_IN_S = 5.0
HOLDERS = """
SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() AND a.state = 'idle'
"""

Listen = Callable[[str], subprocess.Popen[str]]


def given(settings: Settings, server: AmiServer, name: str) -> dict[str, str]:
    """Each with a data folder of its own, as on two machines."""
    address = f"test=ami://callcenter:{quote(SECRET)}@127.0.0.1:{server.port}"
    return environment(settings, CALLCENTER_PBX=address, CALLCENTER_DATA_DIR=str(settings.data_dir / name))


@asynccontextmanager
async def pair(settings: Settings) -> AsyncIterator[tuple[AmiServer, subprocess.Popen[str], subprocess.Popen[str]]]:
    """A server, the process that leads, and the one that waits."""
    async with ami_server() as server:
        with ExitStack() as stack:
            first = stack.enter_context(running(given(settings, server, "first"), *MANAGE, "listen"))
            await asyncio.to_thread(wait_for_line, first, "ready test")
            second = stack.enter_context(running(given(settings, server, "second"), *MANAGE, "listen"))
            await asyncio.to_thread(wait_for_line, second, "another listener has this PBX")
            yield server, first, second


async def logged_in(server: AmiServer, times: int) -> float:
    began = time.monotonic()
    async with asyncio.timeout(30):
        await server.was_asked("Login", times)
    return time.monotonic() - began


def talking(session: Session) -> bool:
    return session.scalars(select(Call.talking)).all() == [["101"]]


def test_killed_the_other_goes_on_with_the_call(settings: Settings, engine: Engine) -> None:
    async def test() -> None:
        async with pair(settings) as (server, first, second):
            say(server, TALK)
            await seen(engine, talking)
            server.rows = [{**CALLER, "BridgeID": "b"}, {**LEG, "BridgeID": "b"}]
            before = datetime.now(UTC)
            first.kill()
            assert await logged_in(server, 2) < TAKES_OVER_IN_S
            await asyncio.to_thread(wait_for_line, second, "ready test")
            say(server, END)
            await seen(engine, lambda session: session.scalars(select(Call.outcome)).all() == [Outcome.ANSWERED])
            with Session(engine) as session:
                gap = session.scalars(select(PbxGap)).one()
                assert gap.ended_at is not None
                assert abs((gap.started_at - before).total_seconds()) < 3
                assert gap.ended_at > before
                assert session.get_one(PbxStatus, "test").epoch == 2

    asyncio.run(test())


def test_stopped_and_woken_it_changes_nothing(settings: Settings, engine: Engine) -> None:
    async def test() -> None:
        async with pair(settings) as (server, first, second):
            say(server, TALK)
            await seen(engine, talking)
            server.rows = [{**CALLER, "BridgeID": "b"}, {**LEG, "BridgeID": "b"}]
            old = server.connections[0]
            first.send_signal(signal.SIGSTOP)
            assert await logged_in(server, 2) < TAKES_OVER_IN_S
            await asyncio.to_thread(wait_for_line, second, "ready test")
            # What only the sleeper has heard, when it wakes: a call of its own, and the end of the one that goes on.
            stray = {"Channel": "PJSIP/trunk-00000009", "Uniqueid": "9.0", "Linkedid": "9.0"}
            server.say("UserEvent", to=old, **stray, UserEvent="HotlineStart", Number="0905123457", DID="1022")
            for event, headers in END:
                server.say(event, to=old, **headers)
            first.send_signal(signal.SIGCONT)
            await asyncio.to_thread(wait_for_line, first, "the listener steps down")
            async with asyncio.timeout(30):
                while not old.is_closing():
                    await asyncio.sleep(0.01)
            await seen(engine, lambda session: session.get_one(PbxStatus, "test").connected)
            with Session(engine) as session:
                assert talking(session)
                assert session.scalars(select(Call.linkedid)).all() == ["1.0"]
                assert session.get_one(PbxStatus, "test").epoch == 2
            # And it is good for something again: it waits.
            second.kill()
            assert await logged_in(server, 3) < TAKES_OVER_IN_S

    asyncio.run(test())


def test_without_its_lock_one_of_them_leads(settings: Settings, engine: Engine) -> None:
    async def test() -> None:
        async with pair(settings) as (server, _, _):
            with engine.begin() as connection:
                connection.execute(text(HOLDERS))
            await seen(engine, lambda session: session.get_one(PbxStatus, "test").epoch == 2, TAKES_OVER_IN_S)
            await seen(engine, lambda session: session.get_one(PbxStatus, "test").connected, TAKES_OVER_IN_S)
            say(server, TALK)
            await seen(engine, talking)
            assert len([each for each in server.connections if not each.is_closing()]) == 1

    asyncio.run(test())


def test_alone_it_takes_a_lost_lock_again_and_keeps_its_connection(settings: Settings, engine: Engine) -> None:
    async def test() -> None:
        async with ami_server() as server:
            with running(given(settings, server, "only"), *MANAGE, "listen") as only:
                await asyncio.to_thread(wait_for_line, only, "ready test")
                with engine.begin() as connection:
                    connection.execute(text(HOLDERS))
                await seen(engine, lambda session: session.get_one(PbxStatus, "test").epoch == 2, TAKES_OVER_IN_S)
                say(server, TALK)
                await seen(engine, talking)
                assert server.count("Login") == 1

    asyncio.run(test())


def test_a_listener_that_cannot_write_any_more_ends_with_an_error(settings: Settings, engine: Engine) -> None:
    """Its supervisor starts it again; here a table is missing."""

    async def test() -> None:
        async with ami_server() as server:
            with running(given(settings, server, "only"), *MANAGE, "listen") as only:
                await asyncio.to_thread(wait_for_line, only, "ready test")
                with engine.begin() as connection:
                    connection.execute(text("ALTER TABLE pbx_status RENAME TO taken_away"))
                try:
                    assert await asyncio.to_thread(only.wait, 20) == 1
                finally:
                    with engine.begin() as connection:
                        connection.execute(text("ALTER TABLE taken_away RENAME TO pbx_status"))

    asyncio.run(test())


def test_one_pbx_that_cannot_be_led_does_not_end_the_others(settings: Settings, engine: Engine) -> None:
    async def test() -> None:
        async with ami_server() as server:
            environ = given(settings, server, "only")
            # A name that no column can hold.
            environ["CALLCENTER_PBX"] = f"{'x' * 90}=ami://a:b@127.0.0.1:1,{environ['CALLCENTER_PBX']}"
            with running(environ, *MANAGE, "listen") as only:
                await asyncio.to_thread(wait_for_line, only, "ready test")
                say(server, TALK)
                await seen(engine, talking)
                assert only.poll() is None

    asyncio.run(test())


def test_nothing_is_written_under_a_number_that_is_over(engine: Engine) -> None:
    old = crown(engine, "test")
    new = crown(engine, "test")
    with pytest.raises(Deposed), old.transaction() as session:
        session.add(PbxGap(pbx="test", started_at=datetime.now(UTC), why="late"))
    with new.transaction() as session:
        assert session.scalars(select(PbxGap)).all() == []
    with pytest.raises(Deposed):
        crown(engine, "test", after=old.epoch)


def test_a_write_goes_on_while_its_own_leader_takes_a_new_number(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has the number before the leader hears of it: that is no other leader's reign."""
    reign = crown(engine, "test")
    in_the_database, goes_on = Event(), Event()

    def slow(*args: Any, **named: Any) -> Reign:
        new = crown(*args, **named)
        in_the_database.set()
        assert goes_on.wait(10)
        return new

    def write() -> None:
        with reign.transaction() as session:
            session.add(PbxGap(pbx="test", started_at=datetime.now(UTC), why="meanwhile"))

    monkeypatch.setattr(leadership, "crown", slow)
    with ThreadPoolExecutor(2) as threads:
        renewed = threads.submit(reign.renew)
        assert in_the_database.wait(10)
        written = threads.submit(write)
        with pytest.raises(TimeoutError):
            written.result(0.3)
        goes_on.set()
        written.result(10)
        renewed.result(10)
    with reign.transaction() as session:
        assert session.scalars(select(PbxGap.why)).all() == ["meanwhile"]


def test_a_leader_that_stands_still_in_the_middle_of_a_write_is_cut_off(engine: Engine) -> None:
    """Its write is rolled back, and its successor does not wait for it."""

    async def half_a_write(old: Reign, other: Leadership) -> None:
        with old.transaction() as session:
            session.add(PbxGap(pbx="test", started_at=datetime.now(UTC), why="half written"))
            session.flush()
            began = time.monotonic()
            new.append(await other.take())
            assert time.monotonic() - began < TAKES_OVER_IN_S

    async def test() -> None:
        asleep, other = Leadership(engine, "test"), Leadership(engine, "test")
        with pytest.raises(DBAPIError):
            await half_a_write(await asleep.take(), other)
        with new[0].transaction() as session:
            assert session.scalars(select(PbxGap)).all() == []
        for each in (asleep, other):
            each.give_up()

    new: list[Reign] = []
    asyncio.run(test())


def test_a_new_number_waits_for_what_the_old_one_has_open(engine: Engine) -> None:
    old = crown(engine, "test")
    with old.transaction() as session:
        session.add(PbxGap(pbx="test", started_at=datetime.now(UTC), why="in time"))
        session.flush()
        with engine.connect() as other:
            free = "SELECT pg_try_advisory_xact_lock(hashtextextended('writes:test', 1022))"
            assert other.scalar(text(free)) is False
    with crown(engine, "test").transaction() as session:
        assert session.scalars(select(PbxGap.why)).all() == ["in time"]


def test_a_leader_that_may_not_be_cut_off_is_waited_for(engine: Engine, settings: Settings) -> None:
    """The standby has another database role than the leader."""
    role = f"waits_{os.getpid()}"
    plain = make_engine(str(settings.database_url))

    def as_role(connection: Any, _: Any) -> None:
        connection.execute(f"SET ROLE {role}")
        connection.commit()

    event.listen(plain, "connect", as_role)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}; GRANT SELECT, INSERT, UPDATE ON pbx_status TO {role}"))
    try:
        with engine.connect() as leader:
            leader.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('listener:test', 1022))"))
            with transaction(engine) as session:
                long_ago = datetime.now(UTC) - timedelta(minutes=1)
                session.add(PbxStatus(pbx="test", connected=True, since=long_ago, seen_at=long_ago))
            waits = Leadership(plain, "test")
            assert [waits._try() for _ in range(3)] == [False] * 3
        assert waits._try()
        waits.give_up()
    finally:
        plain.dispose()
        with engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}; DROP ROLE {role}"))
