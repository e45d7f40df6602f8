"""A whole hotline to be broken: a real PBX, real servers, listener processes, and a wire between that can be cut."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter import embedded, migrate
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.embedded_servers import Postgres, Valkey
from callcenter.models import Call, PbxQueue
from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from telephony.witness.reconcile import reconcile
from tests.asterisk.crowd import DEAF, OPERATORS, Crowd
from tests.asterisk.stage import Theatre

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "scripts" / "manage"
PBX = "lab"
MAIN_QUEUE = "hotline-1022"
_READY = rf"\bready\b.*\b{PBX}\b"


class Wire:
    """Carries AMI between listeners and the PBX, until it is cut."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._ends: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._deaf: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def open(self, host: str) -> "Wire":
        self._server = await asyncio.start_server(self._carry, host, AMI_PORT)
        return self

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self.target, AMI_PORT)
        except OSError:
            writer.close()
            return
        self._ends.append((writer, far_writer))
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if sink not in self._deaf:
                    sink.write(data)
        if sink not in self._deaf:
            sink.close()

    def cut(self) -> None:
        """As the PBX closes a connection."""
        for near, far in self._ends:
            near.close()
            far.close()
        self._ends.clear()

    def fall_silent(self, *, both: bool) -> None:
        """Connections of now stay open and carry nothing that the PBX says, nor the listener if `both`."""
        for near, far in self._ends:
            self._deaf |= {near, far} if both else {near}

    def close(self) -> None:
        self.cut()
        self._server.close()
        for task in self._tasks:
            task.cancel()


class Ear:
    """One listener process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                [*gives_way(), MANAGE, "listen"], env=environment, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def says(self, word: str, timeout: float = 30, times: int = 1) -> float:
        """When it has said it so often; the moment by the monotonic clock."""
        try:
            await until(lambda: len(re.findall(word, self.said)) >= times, timeout)
        except TimeoutError:
            raise TimeoutError(f"{self.log.name} does not say {word!r}:\n{self.said}") from None
        return time.monotonic()

    @property
    def readies(self) -> int:
        return len(re.findall(_READY, self.said))

    async def ready(self, timeout: float = 30, times: int = 1) -> float:
        return await self.says(_READY, timeout, times)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.thaw()
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class Hotline:
    """All of it. `since` is where the present fault began."""

    def __init__(self, pbx: Asterisk, data: Path) -> None:
        self.pbx, self.data = pbx, data
        self.wire = Wire(pbx.address)
        self.theatre = Theatre(pbx)
        self.ears: list[Ear] = []
        host = f"{pbx.net}.5"
        names = {
            "CALLCENTER_DATA_DIR": str(data / "var"),
            "CALLCENTER_PBX": f"{PBX}=ami://callcenter:{pbx.secret}@{host}:{AMI_PORT}",
            "CALLCENTER_QUEUE_LOG": f"{PBX}={pbx.queue_log}",
            "CALLCENTER_CEL": f"{PBX}=sqlite:///{pbx.cel}",
        }
        self.environment = {**os.environ, **names}
        self.settings = Settings.model_validate(
            {name.removeprefix("CALLCENTER_").lower(): value for name, value in names.items()}
        )
        self._host = host
        self._lease: embedded.Lease
        self.engine: Engine

    async def open(self) -> "Hotline":
        self._lease = await asyncio.to_thread(embedded.hold, self.settings)
        self.engine = make_engine(self._lease.database_url, application="audit")
        await asyncio.to_thread(migrate.upgrade, self.engine)
        await self.wire.open(self._host)
        await self.theatre.open()
        return self

    def stop_listeners(self) -> None:
        for ear in self.ears:
            ear.stop()

    def close(self) -> None:
        self.stop_listeners()
        self.wire.close()
        self.theatre.close()
        self.engine.dispose()
        self._lease.release()

    @property
    def lanes(self) -> Theatre:
        """Phones for scenarios: those that are not of the crowd."""
        others = [phone for phone in self.theatre.phones if phone.number not in (*OPERATORS, *DEAF)]
        self.theatre.round += 1
        return Theatre(self.pbx, self.theatre.round, others, self.theatre.trunk, self.theatre.branch)

    def crowd(self, seed: int) -> Crowd:
        return Crowd(self.pbx, [phone for phone in self.theatre.phones if phone.number in (*OPERATORS, *DEAF)], seed)

    async def listen(self) -> Ear:
        """One more listener process; returns when it hears the PBX, or, as a standby, waits for that."""
        ear = Ear(self.environment, self.data / f"listener-{len(self.ears)}.log")
        self.ears.append(ear)
        await ear.says(rf"{_READY}|another listener has this PBX")
        return ear

    @contextlib.contextmanager
    def without_cel(self) -> Iterator[None]:
        """A site that has none, for so long; no listener goes on from before to within or after."""
        environment, settings = self.environment, self.settings
        self.environment = {name: value for name, value in environment.items() if name != "CALLCENTER_CEL"}
        self.settings = settings.model_copy(update={"cel": {}})
        self.stop_listeners()
        try:
            yield
        finally:
            self.stop_listeners()
            self.environment, self.settings = environment, settings

    async def ear(self) -> Ear:
        """The one listener: that of the last fault if it still runs."""
        alive = [ear for ear in self.ears if ear.process.poll() is None]
        for ear in alive[1:]:
            await asyncio.to_thread(ear.stop)
        return alive[0] if alive else await self.listen()

    async def kick(self) -> None:
        """The PBX ends the listener's connection itself."""
        listing = await asyncio.to_thread(self.pbx.cli, "manager show connected")
        for line in listing.splitlines():
            words = line.split()
            if words[:1] == ["callcenter"]:
                # User, address, start, elapsed, file descriptor.
                await asyncio.to_thread(self.pbx.cli, f"manager kick session {words[4]}")

    async def manage(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            MANAGE, *arguments, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def reconcile(self) -> None:
        """As the schedule does it."""
        settings = self.settings
        await asyncio.to_thread(lambda: reconcile(self.engine, settings, PBX, datetime.now(UTC)))

    def talking(self) -> list[str]:
        """The live calls with a talking operator, as pages show them."""
        with Session(self.engine) as session:
            query = select(Call.linkedid).where(Call.ended_at.is_(None), func.cardinality(Call.talking) > 0)
            return list(session.scalars(query))

    async def sign_in(self) -> None:
        """An operator signs in to the main queue, and the listener has seen it."""
        phone = self.theatre.phones[0].number
        self.member = f"PJSIP/{phone}"
        await asyncio.to_thread(self.pbx.cli, f"queue add member {self.member} to {MAIN_QUEUE} penalty 0 as Lan")
        await until(lambda: self.member in self._members_seen(), 5)

    def _members_seen(self) -> list[str]:
        with Session(self.engine) as session:
            row = session.get(PbxQueue, (PBX, MAIN_QUEUE))
            return [member["interface"] for member in row.members] if row is not None else []

    async def is_signed_in(self) -> bool:
        return self.member in await asyncio.to_thread(self.pbx.cli, f"queue show {MAIN_QUEUE}")

    def forget_members(self) -> None:
        """Asterisk's own memory of its queue members is lost with its disk."""
        for path in self.pbx.home.rglob("astdb*"):
            path.unlink()

    @property
    def database(self) -> Postgres:
        return Postgres(self.data / "var")

    @property
    def broker(self) -> Valkey:
        return Valkey(self.data / "var")


def gives_way() -> list[str]:
    """Before a command: beside a PBX that goes first, what hears it may be late, but not make it late."""
    return ["nice", "-n", "10"] if os.getpriority(os.PRIO_PROCESS, 0) < 0 else []


async def until(condition: Callable[[], bool], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)
