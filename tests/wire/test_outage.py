"""While the database is slow or away, calls wait in bounded memory, then on disk; killed or not, none is lost."""

import asyncio
import os
import resource
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from callcenter import embedded, migrate
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.embedded_servers import Postgres, Valkey
from callcenter.models import Call, PbxGap, PbxStatus, Ticket
from callcenter.vocab import Outcome
from telephony import writer
from telephony.call_rows import CallSnapshot
from telephony.spool import Spool
from tests.rules.trace import play
from tests.scripts.processes import MANAGE, environment, running, wait_for_line
from tests.wire.ami_server import SECRET, AmiServer
from tests.wire.ears import PATIENT, listening, seen
from tests.wire.test_listener import END, GIVE_UP, RING, TALK, ended, run, say

OWN = {"CALLCENTER_EMBEDDED_FSYNC": "off"}


@pytest.fixture
def own() -> Iterator[Settings]:
    """A PostgreSQL and a broker of this test alone, which it may stop; the settings name them as given."""
    with tempfile.TemporaryDirectory(prefix="outage") as folder:
        os.chmod(folder, 0o711)
        data_dir = Path(folder) / "var"
        try:
            with embedded.hold(Settings(data_dir=data_dir)) as lease:
                settings = Settings(data_dir=data_dir, database_url=lease.database_url, redis_url=lease.redis_url)
                engine = make_engine(lease.database_url)
                migrate.upgrade(engine)
                engine.dispose()
                yield settings
        finally:
            for server in (Valkey(data_dir), Postgres(data_dir)):
                server.stop()


def another(number: int) -> dict[str, str]:
    uniqueid = f"{number}.0"
    return {"Channel": f"PJSIP/trunk-{number:08x}", "Uniqueid": uniqueid, "Linkedid": uniqueid}


def begin(server: AmiServer, number: int) -> None:
    server.say("UserEvent", **another(number), UserEvent="HotlineStart", Number=f"0905{number:06d}", DID="1022")


def stop(settings: Settings) -> None:
    Postgres(settings.data_dir).stop()


def start(settings: Settings) -> embedded.Lease:
    """The held lease does not look after a server that was stopped by hand; a new one starts it."""
    return embedded.hold(Settings(data_dir=settings.data_dir))


@asynccontextmanager
async def process(settings: Settings, server: AmiServer) -> AsyncIterator[subprocess.Popen[str]]:
    address = f"test=ami://callcenter:{quote(SECRET)}@127.0.0.1:{server.port}"
    with running(environment(settings, CALLCENTER_PBX=address), *MANAGE, "listen") as listener:
        await asyncio.to_thread(wait_for_line, listener, "ready test")
        yield listener


@contextmanager
def frozen(settings: Settings) -> Iterator[None]:
    """PostgreSQL stands still: it takes what is sent, and answers nothing."""
    postmaster = psutil.Process(Postgres(settings.data_dir).running())
    all_of_it = [postmaster, *postmaster.children(recursive=True)]
    for one in all_of_it:
        one.suspend()
    try:
        yield
    finally:
        for one in all_of_it:
            one.resume()


async def spooled(settings: Settings, linkedid: str) -> None:
    path = settings.data_dir / "spool" / "test.jsonl"
    async with asyncio.timeout(60):
        while not (path.exists() and f'"linkedid": "{linkedid}"' in path.read_text()):
            await asyncio.sleep(0.05)


def test_the_database_stops_and_comes_back_under_events(own: Settings) -> None:
    engine = make_engine(str(own.database_url))

    async def test(server: AmiServer) -> None:
        async with process(own, server):
            say(server, RING)
            await seen(engine, lambda session: session.scalars(select(Call.ringing)).all() == [["101"]])
            await asyncio.to_thread(stop, own)
            say(server, [*TALK[len(RING) :], *END])
            begin(server, 2)
            await spooled(own, "2.0")
            begin(server, 3)
            lease = await asyncio.to_thread(start, own)
            try:
                engine.dispose()
                await seen(engine, lambda session: len(session.scalars(select(Call)).all()) == 3, 20)
                await seen(engine, lambda session: not (own.data_dir / "spool" / "test.jsonl").exists())
                with Session(engine) as session:
                    calls = session.scalars(select(Call).order_by(Call.linkedid)).all()
                    assert [row.outcome for row in calls] == [Outcome.ANSWERED, None, None]
                    assert calls[0].operators == ["101"]
                    assert session.scalars(select(PbxGap)).all() == []
                assert server.count("Login") == 1
                await seen(engine, lambda session: session.get_one(PbxStatus, "test").epoch == 2)
            finally:
                lease.release()

    run(test)
    engine.dispose()


def test_killed_during_the_outage_it_writes_what_it_had_kept(own: Settings) -> None:
    engine = make_engine(str(own.database_url))

    async def test(server: AmiServer) -> None:
        async with process(own, server) as listener:
            await asyncio.to_thread(stop, own)
            say(server, [*TALK, *END])
            begin(server, 2)
            await spooled(own, "2.0")
            listener.kill()  # type: ignore[attr-defined]
        lease = await asyncio.to_thread(start, own)
        try:
            engine.dispose()
            async with process(own, server):
                await seen(engine, lambda session: len(session.scalars(select(Call)).all()) == 2)
                # Of the second only the start was heard; the PBX does not show it any more.
                await seen(engine, lambda session: all(row.ended_at for row in session.scalars(select(Call))))
                with Session(engine) as session:
                    calls = session.scalars(select(Call).order_by(Call.linkedid)).all()
                    assert [row.outcome for row in calls] == [Outcome.ANSWERED, Outcome.FAILED]
                    assert session.scalars(select(Ticket.caller).order_by(Ticket.caller)).all()
        finally:
            lease.release()

    run(test)
    engine.dispose()


def test_a_slow_database_leaves_little_in_memory(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No error comes, only no answer: snapshots go to the disk, those on their way first, and nothing comes twice."""
    monkeypatch.setattr(writer, "SPOOL_AFTER_S", 1.0)
    monkeypatch.setattr(writer, "MOST_WAITING", 50)
    many = 1_000

    async def test(server: AmiServer) -> None:
        async with listening(server, engine, watch=PATIENT) as ear:
            most = 0
            with engine.connect() as lock:
                lock.execute(text("LOCK TABLE call IN ACCESS EXCLUSIVE MODE"))
                for number in range(1, many + 1):
                    begin(server, number)
                    if number % 20 == 0:
                        await asyncio.sleep(0.02)
                        most = max(most, ear.writer.waiting)
                async with asyncio.timeout(60):
                    while len(ear.calls.by_id) < many or ear.writer.waiting:
                        await asyncio.sleep(0.02)
                        most = max(most, ear.writer.waiting)
            await seen(engine, lambda session: len(session.scalars(select(Call.id)).all()) == many)
            assert most < 500
            await seen(engine, lambda session: not ear.writer.spool.waits())

    run(test)


def test_a_refusing_disk_loses_nothing_while_the_process_lives(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SPOOL_AFTER_S", 0.2)
    (tmp_path / "spool").write_text("a file where the folder should be")

    async def test(server: AmiServer) -> None:
        async with listening(server, engine, watch=PATIENT, data_dir=tmp_path) as ear:
            with engine.connect() as lock:
                lock.execute(text("LOCK TABLE call IN ACCESS EXCLUSIVE MODE"))
                say(server, [*RING, *GIVE_UP])
                async with asyncio.timeout(60):
                    while not ear.writer.waiting:
                        await asyncio.sleep(0.02)
                # Some tries of the disk, each in vain.
                await asyncio.sleep(0.6)
                assert ear.writer.waiting
            await seen(engine, ended)

    run(test)


@pytest.fixture
def snapshot() -> CallSnapshot:
    played = play("0 Newchannel caller Context=from-trunk Exten=1022 ChannelState=4 CallerIDNum=0905123456")
    return CallSnapshot.of(next(iter(played.calls.by_id.values())), 3)


def test_a_torn_line_costs_itself_alone(tmp_path: Path, snapshot: CallSnapshot) -> None:
    spool = Spool(tmp_path, "a/b")
    assert not spool.waits()
    spool.append([snapshot])
    with spool.path.open("ab") as file:
        file.write(b'{"epoch": 3, "call": {"linkedid": "half')
    spool.append([snapshot])
    snapshots, place = spool.read(0, 10)
    assert [each.linkedid for each in snapshots] == [snapshot.linkedid] * 2
    assert snapshots[0].columns == snapshot.columns
    assert spool.read(place, 10) == ([], place)
    spool.append([snapshot])
    assert not spool.finish(place)
    _, place = spool.read(place, 10)
    assert spool.finish(place)
    assert not spool.waits()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_in_the_middle_of_a_line_costs_that_line(tmp_path: Path, snapshot: CallSnapshot) -> None:
    """What was on it is read, what comes when there is room again too, and the file goes without needing any."""
    spool = Spool(tmp_path, "test")
    spool.append([snapshot])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.path.stat().st_size + 50, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            spool.append([snapshot])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    spool.append([snapshot])
    snapshots, place = spool.read(0, 10)
    assert [each.linkedid for each in snapshots] == [snapshot.linkedid] * 2
    assert spool.finish(place)
    assert list(tmp_path.iterdir()) == []


def test_the_callers_numbers_on_disk_are_nobody_else_s(tmp_path: Path, snapshot: CallSnapshot) -> None:
    spool = Spool(tmp_path / "spool", "test")
    spool.append([snapshot])
    assert (spool.path.stat().st_mode & 0o777, spool.path.parent.stat().st_mode & 0o077) == (0o600, 0)


def test_who_is_stopped_while_the_database_stands_still_ends_in_time_with_the_calls_on_disk(own: Settings) -> None:
    async def test(server: AmiServer) -> None:
        async with process(own, server) as listener:
            begin(server, 1)
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(known, own, "1.0"):
                    await asyncio.sleep(0.05)
            with frozen(own):
                begin(server, 2)
                # By now every thread of it has asked for something, if only for its heartbeat.
                await spooled(own, "2.0")
                begin(server, 3)
                listener.terminate()
                # Two seconds for its last words, and nothing is waited for after that.
                assert await asyncio.to_thread(listener.wait, 10) == 0
        assert {snapshot.linkedid for snapshot in Spool(own.data_dir / "spool", "test").read(0, 10)[0]} == {
            "2.0",
            "3.0",
        }

    run(test)


def known(settings: Settings, linkedid: str) -> bool:
    engine = make_engine(str(settings.database_url))
    with Session(engine) as session:
        found = session.scalar(select(Call.id).where(Call.linkedid == linkedid)) is not None
    engine.dispose()
    return found
