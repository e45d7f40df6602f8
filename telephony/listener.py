"""The process that hears one PBX: one ordered consumer folds what happens, a thread writes the calls that changed.

The ear never waits for the database: while that is away the newest picture of each changed call is kept and written
when it is back.
"""

import asyncio
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from callcenter import push
from callcenter.config import Pbx, Settings
from callcenter.db import make_engine, transaction
from callcenter.errors import SettingError
from telephony import recorder
from telephony.callflow import Calls, Rules, resync, step
from telephony.commands import Commander
from telephony.events import Happening, Kind, interpret
from telephony.link import Link, LinkState, Rows, Watch
from telephony.protocol import Headers
from telephony.queues import QueueWatch

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_TICK_S = 0.5
_HEARTBEAT_S = 5.0
_RETRY_S = 1.0
_SET_ASIDE_RETRY_S = 30.0
_BATCH = 100
_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class _Heard:
    event: Headers
    at: datetime


@dataclass(frozen=True)
class _Told:
    state: LinkState
    rows: Rows | None
    at: datetime


class Listener:
    """One PBX, from its bytes to its rows. `run` ends by being cancelled, and writes what is left to write.

    Beside the ear, and never in its way: what people ask of the PBX is carried out, and its queues are kept.
    """

    def __init__(
        self,
        pbx: Pbx,
        engine: Engine,
        rules: Rules,
        *,
        short_abandon_s: float = 5,
        epoch: int = 0,
        watch: Watch | None = None,
        broker_url: str | None = None,
    ) -> None:
        self.pbx = pbx
        self.calls = Calls(rules)
        self.link = Link(pbx, self._hear, self._tell, watch=watch)
        self.epoch = epoch
        self._engine = engine
        self._short_abandon_s = short_abandon_s
        self._inbox: asyncio.Queue[_Heard | _Told] = asyncio.Queue()
        self._waiting: dict[str, recorder.Picture] = {}
        self._set_aside: dict[str, recorder.Picture] = {}
        self._to_write = asyncio.Event()
        self._status: LinkState | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"write-{pbx.name}")
        self._commander = Commander(pbx.name, engine, self.link, broker_url)
        self._queues = QueueWatch(pbx.name, engine, self.link)

    async def run(self) -> None:
        """Load the live calls, then listen, fold and write until cancelled."""
        await self._in_thread(self._load)
        own = (self._fold(), self._tick(), self._write(), self._beat())
        jobs = (self.link.run(), *own, self._commander.run(), self._queues.run())
        try:
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(job)
        finally:
            await self._finish()

    def _hear(self, event: Headers) -> None:
        self._inbox.put_nowait(_Heard(event, datetime.now(UTC)))

    def _tell(self, state: LinkState, rows: Rows | None) -> None:
        self._inbox.put_nowait(_Told(state, rows, datetime.now(UTC)))

    async def _fold(self) -> None:
        """The one consumer: strictly in order, all that is there at once, then the writer's turn."""
        while True:
            changed = set(self._take(await self._inbox.get()))
            while not self._inbox.empty():
                changed.update(self._take(self._inbox.get_nowait()))
            self._hand_over(changed)

    def _take(self, item: _Heard | _Told) -> Sequence[str]:
        try:
            if isinstance(item, _Told):
                return self._take_state(item)
            happening = interpret(item.event, item.at)
            return step(self.calls, happening) if happening is not None else ()
        except Exception:
            # One event that nobody foresaw must not deafen the hotline.
            log.exception("an event could not be folded", pbx=self.pbx.name)
            return ()

    def _take_state(self, told: _Told) -> Sequence[str]:
        self._status = told.state
        self._to_write.set()
        if not told.state.connected:
            return step(self.calls, Happening(Kind.LINK_LOST, told.at))
        return resync(self.calls, told.rows, told.at) if told.rows is not None else ()

    def _hand_over(self, changed: Iterable[str]) -> None:
        for linkedid in changed:
            call = self.calls.by_id.get(linkedid)
            if call is not None:
                self._waiting[linkedid] = recorder.Picture.of(call)
        if self._waiting:
            self._to_write.set()

    async def _tick(self) -> None:
        retry_in = _SET_ASIDE_RETRY_S
        while True:
            await asyncio.sleep(_TICK_S)
            self._hand_over(step(self.calls, Happening(Kind.TICK, datetime.now(UTC))))
            retry_in -= _TICK_S
            if retry_in <= 0:
                retry_in = _SET_ASIDE_RETRY_S
                for linkedid, picture in self._set_aside.items():
                    self._waiting.setdefault(linkedid, picture)
                self._hand_over(())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            self._status = self._status or self.link.state
            self._to_write.set()

    async def _write(self) -> None:
        away = False
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            try:
                await self._write_waiting()
                if away:
                    log.info("the database is back", pbx=self.pbx.name)
                away = False
            except _AWAY as error:
                if not away:
                    log.warning("calls wait for the database", pbx=self.pbx.name, error=_reason(error))
                away = True
                await asyncio.sleep(_RETRY_S)
                self._to_write.set()

    async def _write_waiting(self) -> None:
        """All there is, in batches; what could not be written waits again, unless a newer picture came meanwhile."""
        while self._waiting or self._status is not None:
            status, self._status = self._status, None
            batch = {linkedid: self._waiting.pop(linkedid) for linkedid in list(self._waiting)[:_BATCH]}
            try:
                written = await self._in_thread(self._write_batch, list(batch.values()), status)
            except BaseException:
                self._waiting = {**batch, **self._waiting}
                self._status = self._status or status
                raise
            for linkedid, picture in batch.items():
                if linkedid in written.failed:
                    self._set_aside[linkedid] = picture
                else:
                    self._set_aside.pop(linkedid, None)

    def _write_batch(self, batch: Sequence[recorder.Picture], status: LinkState | None) -> recorder.Written:
        now = datetime.now(UTC)
        with transaction(self._engine) as session:
            if status is not None:
                recorder.note_status(session, self.pbx.name, status, epoch=self.epoch, now=now)
            return recorder.record(
                session,
                self.pbx.name,
                batch,
                epoch=self.epoch,
                now=now,
                short_abandon_s=self._short_abandon_s,
                tried_before=list(self._set_aside),
            )

    def _load(self) -> None:
        with transaction(self._engine) as session:
            self.calls.lost_at = recorder.last_heard(session, self.pbx.name)
            for call in recorder.load_live(session, self.pbx.name):
                self.calls.add(call)
        if self.calls.by_id:
            log.info("goes on with live calls", pbx=self.pbx.name, calls=len(self.calls.by_id))

    async def _in_thread(self, function: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args))

    async def _finish(self) -> None:
        """The last pictures are written, once; then the page is told that nobody listens any more."""
        since = datetime.now(UTC)
        self._status = LinkState(connected=False, since=since, detail="the listener was stopped")
        while not self._inbox.empty():
            self._hand_over(self._take(self._inbox.get_nowait()))
        try:
            async with asyncio.timeout(10):
                await self._write_waiting()
        except (*_AWAY, TimeoutError) as error:
            log.warning(
                "the last changes were not written",
                pbx=self.pbx.name,
                calls=len(self._waiting),
                error=type(error).__name__,
            )
        self._thread.shutdown(wait=False)


def run(settings: Settings, pbx_name: str | None = None) -> None:
    """Listen until SIGTERM or Ctrl-C: to the PBX of that name, or to all of `CALLCENTER_PBX`.

    `settings.database_url` must be set; without `redis_url` pages are not told at once. Raises SettingError where
    there is no such PBX.
    """
    chosen = [pbx for pbx in settings.pbx if pbx_name in (None, pbx.name)]
    if not chosen:
        known = ", ".join(pbx.name for pbx in settings.pbx) or "none"
        raise SettingError("CALLCENTER_PBX", f"no PBX {pbx_name or 'at all'} (known: {known})", "add it")
    if settings.redis_url:
        push.connect(settings.redis_url)
    engine = make_engine(str(settings.database_url), pool_size=4 * len(chosen), application="listener")
    try:
        asyncio.run(_run_all(settings, chosen, engine))
    finally:
        engine.dispose()


async def _run_all(settings: Settings, chosen: Sequence[Pbx], engine: Engine) -> None:
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, this.cancel)
    with suppress(asyncio.CancelledError):
        async with asyncio.TaskGroup() as group:
            for pbx in chosen:
                group.create_task(lead(settings, pbx, engine))


async def lead(settings: Settings, pbx: Pbx, engine: Engine, *, watch: Watch | None = None) -> None:
    """Wait until nobody else listens to this PBX, then listen; until cancelled."""
    rules = Rules.of(settings.hotline_numbers, settings.inbound_contexts)
    leadership = Leadership(engine, pbx.name)
    try:
        epoch = await leadership.take()
        listener = Listener(
            pbx,
            engine,
            rules,
            short_abandon_s=settings.short_abandon_s,
            epoch=epoch,
            watch=watch,
            broker_url=settings.redis_url,
        )
        await listener.run()
    finally:
        leadership.give_up()


class Leadership:
    """A PostgreSQL advisory lock for one PBX, held by a connection of its own; it falls when that connection does."""

    def __init__(self, engine: Engine, pbx: str) -> None:
        self._engine = engine
        self._pbx = pbx
        self._connection: Connection | None = None

    async def take(self) -> int:
        """Wait for it; the number of this reign, one higher than the last. Says once what it waits for."""
        said = ""
        while True:
            try:
                epoch = await asyncio.to_thread(self._try)
                if epoch is not None:
                    return epoch
                why = "another listener has this PBX"
            except DBAPIError as error:
                why = f"CALLCENTER_DATABASE_URL does not answer ({_reason(error)})"
            if why != said:
                log.warning("the listener waits", pbx=self._pbx, why=why)
            said = why
            await asyncio.sleep(_RETRY_S)

    def give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _try(self) -> int | None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            key = {"key": f"listener:{self._pbx}"}
            query = text("SELECT pg_try_advisory_lock(hashtextextended(:key, 1022))")
            if not connection.scalar(query, key):
                connection.close()
                return None
            last = connection.scalar(text("SELECT epoch FROM pbx_status WHERE pbx = :pbx"), {"pbx": self._pbx})
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self._connection = connection
        return int(last or 0) + 1


def _reason(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or [type(error).__name__])[0]
