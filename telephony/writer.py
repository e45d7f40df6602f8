"""Write buffer between state machine and rows: newest snapshot of each call in memory, then on disk, never lost.

Nothing here is waited for by the ear. While the database is away or slow, snapshots go to the spool after some seconds,
or when they are too many; the spool is written before anything newer is.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from telephony import connection_record, recorder
from telephony.ami.link import LinkState
from telephony.call_rows import CallSnapshot
from telephony.callflow import CallState
from telephony.connection_record import Gap
from telephony.leadership import Deposed
from telephony.recorder import Lines
from telephony.scribe import Away, WriterThread
from telephony.spool import Spool

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_BATCH = 100
_LOOK_S = 1.0
_SET_ASIDE_RETRY_S = 30.0
# What Asterisk tells in one breath (an answer is four events in 2 ms) is one snapshot, and after a quiet moment that
# is all that is waited for. A writer that has just written rests first: a batch costs the same, however full it is.
_BREATH_S, _REST_S = 0.004, 0.02
_LAST_WORDS_S = 2.0
# Snapshots wait so long, and so many of them, before they go to the disk.
SPOOL_AFTER_S = 5.0
MOST_WAITING = 2_000
_MOST_SET_ASIDE = 1_000
_MOST_NOTES = 100


@dataclass(frozen=True)
class Poison:
    """An event that could not be folded, as the PBX sent it."""

    linkedid: str
    lines: list[str]
    error: Exception


class Writer:
    """One PBX's snapshots, gaps and state, written in order under one reign.

    `ended` is called with the Linkedids of calls that another writer ended, `found` with the calls that are live by
    what was on disk; both on the loop.
    """

    def __init__(
        self,
        lane: WriterThread,
        spool: Spool,
        *,
        short_abandon_s: float,
        lines: Lines,
        ended: Callable[[Sequence[str]], None],
        found: Callable[[Sequence[CallState]], None],
    ) -> None:
        self.pbx = lane.pbx
        self.spool = spool
        self._lane = lane
        self._short_abandon_s = short_abandon_s
        self._lines = lines
        self._ended, self._found = ended, found
        self._waiting: dict[str, tuple[CallSnapshot, float]] = {}
        self._in_flight: dict[str, tuple[CallSnapshot, float]] = {}
        self._spilling = 0
        self._set_aside: dict[str, CallSnapshot] = {}
        self._place = 0
        self._spooled_live: set[str] = set()
        self._gaps: list[Gap] = []
        self._poison: list[Poison] = []
        self._status: LinkState | None = None
        self._rested_at = 0.0
        self._wake = asyncio.Event()
        self._noted = asyncio.Event()
        self._turn = asyncio.Lock()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"spool-{lane.pbx}")

    @property
    def waiting(self) -> int:
        """How many calls have a snapshot that is neither written nor on disk."""
        return len(self._waiting) + len(self._in_flight) + self._spilling

    def keep(self, snapshots: Iterable[CallSnapshot]) -> None:
        """The newest snapshot of each call takes the place of an older one."""
        now = asyncio.get_running_loop().time()
        for snapshot in snapshots:
            before = self._waiting.get(snapshot.linkedid)
            self._waiting[snapshot.linkedid] = (snapshot, before[1] if before else now)
        self._wake.set()

    def note(self, state: LinkState) -> None:
        self._status = state
        self._noted.clear()
        self._wake.set()

    def note_gap(self, gap: Gap) -> None:
        """A gap that began; its end is set on the same object. Too many of them are one long one."""
        if gap not in self._gaps:
            if len(self._gaps) < _MOST_NOTES:
                self._gaps.append(gap)
            else:
                self._gaps[-1].ended_at = gap.ended_at
        self._noted.clear()
        self._wake.set()

    def set_aside(self, poison: Poison) -> None:
        if len(self._poison) < _MOST_NOTES:
            self._poison.append(poison)
        self._wake.set()

    async def noted(self) -> None:
        """Until states and gaps are written."""
        await self._noted.wait()

    async def run(self) -> None:
        """Until cancelled; raises Deposed as soon as anything is refused."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            group.create_task(self._spill_in_time())
            group.create_task(self._try_again())

    async def finish(self) -> None:
        """The last snapshots are written once more, or kept on disk; then nothing is left here."""
        try:
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._write_all()
        except (Deposed, TimeoutError, Exception) as error:  # noqa: BLE001 - whatever it is, the calls are kept
            log.warning("the last changes are kept on disk", pbx=self.pbx, calls=self.waiting, error=str(error))
            with suppress(OSError):
                self.spool.append([snapshot for snapshot, _ in (*self._in_flight.values(), *self._waiting.values())])
        self._disk.shutdown(wait=False)

    async def begin(self) -> tuple[list[CallState], datetime | None]:
        """Write what is on disk; then the live calls, and when the PBX was last heard. Waits for the database."""
        while True:
            try:
                while self.spool.waits():
                    await self._write_spooled()
                return await self._lane.attempt(self._take_over)
            except Away:
                await self._lane.pause()

    def _take_over(self, session: Session) -> tuple[list[CallState], datetime | None]:
        """From here on live calls are this reign's, whether anything more happens to them or not."""
        calls = recorder.load_live(session, self.pbx)
        recorder.claim(session, self.pbx, self._lane.reign.epoch)
        return calls, connection_record.heard_to(session, self.pbx)

    async def _on_disk(self, function: Callable[..., Result], *args: Any) -> Result:
        """In the one thread that reads and writes the spool."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, partial(function, *args))

    async def _write(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_all()
            except Away:
                await self._lane.pause()
                self._wake.set()

    async def _write_all(self) -> None:
        """The notes, what is on disk, then what is in memory, until nothing is left."""
        await self._write_notes()
        while self.spool.waits() or self._waiting:
            await self._write_spooled() if self.spool.waits() else await self._write_waiting()
            await self._write_notes()

    async def _write_notes(self) -> None:
        status, poison = self._status, list(self._poison)
        gaps = [gap for gap in self._gaps if gap.ended_at or not gap.noted]
        if status or poison or gaps:
            ended = [gap for gap in gaps if gap.ended_at]
            await self._lane.attempt(partial(self._write_down, status, poison, gaps))
            for gap in gaps:
                gap.noted = True
            self._gaps = [gap for gap in self._gaps if gap not in ended]
            del self._poison[: len(poison)]
            self._status = None if self._status is status else self._status
        if self._status is None and not any(gap.ended_at for gap in self._gaps):
            self._noted.set()

    def _write_down(
        self, status: LinkState | None, poison: Sequence[Poison], gaps: Sequence[Gap], session: Session
    ) -> None:
        if status is not None:
            connection_record.note_status(session, self.pbx, status)
        for gap in gaps:
            connection_record.note_gap(session, self.pbx, gap)
        for event in poison:
            said = {"ami": [event.lines]}
            recorder.set_aside(session, self.pbx, event.linkedid, said, event.error, datetime.now(UTC))

    async def _write_spooled(self) -> None:
        try:
            snapshots, place = await self._on_disk(self.spool.read, self._place, _BATCH)
        except OSError as error:
            log.error("the spool cannot be read, and is put aside", path=str(self.spool.path), error=str(error))
            self._place = 0
            return self.spool.put_aside()
        if place > self._place:
            await self._record(snapshots)
            self._place = place
            for snapshot in snapshots:
                over = snapshot.columns["ended_at"] is not None
                (self._spooled_live.discard if over else self._spooled_live.add)(snapshot.linkedid)
            return None
        spooled = sorted(self._spooled_live)
        live = await self._lane.attempt(lambda session: recorder.load_live(session, self.pbx, spooled))
        if await self._on_disk(self.spool.finish, place):
            log.info("what was kept on disk is written", pbx=self.pbx)
            self._found(live)
            self._place = 0
            self._spooled_live.clear()
        return None

    async def _write_waiting(self) -> None:
        """One batch; what could not be written waits again, unless it is on disk or a newer snapshot came meanwhile."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(_BREATH_S, self._rested_at - now))
        async with self._turn:
            if self.spool.waits():
                return
            batch = {linkedid: self._waiting.pop(linkedid) for linkedid in list(self._waiting)[:_BATCH]}
            self._in_flight = batch
        try:
            await self._record([snapshot for snapshot, _ in batch.values()])
        except BaseException:
            self._waiting = {**self._in_flight, **self._waiting}
            raise
        finally:
            self._in_flight = {}
            self._rested_at = asyncio.get_running_loop().time() + _REST_S

    async def _record(self, snapshots: Sequence[CallSnapshot]) -> None:
        written = await self._write_batch(_newest(snapshots))
        for snapshot in snapshots:
            if snapshot.linkedid not in written.failed:
                self._set_aside.pop(snapshot.linkedid, None)
            elif len(self._set_aside) < _MOST_SET_ASIDE:
                self._set_aside[snapshot.linkedid] = snapshot
        if written.over:
            self._ended(written.over)

    async def _write_batch(self, snapshots: Sequence[CallSnapshot]) -> recorder.BatchResult:
        """All together; only where that fails, each in a savepoint of its own."""
        how: dict[str, Any] = {
            "pbx": self.pbx,
            "snapshots": snapshots,
            "now": datetime.now(UTC),
            "short_abandon_s": self._short_abandon_s,
            "tried_before": frozenset(self._set_aside),
        }
        try:
            return await self._lane.attempt(partial(recorder.record, **how))
        except (Away, Deposed):
            raise
        except Exception as error:  # noqa: BLE001 - found out below whose error it is
            log.warning("a batch failed, its calls are written one by one", pbx=self.pbx, error=str(error))
        return await self._lane.attempt(partial(recorder.record_each, lines=self._lines, **how))

    async def _try_again(self) -> None:
        """What was set aside, now and then: whatever was wrong may be mended."""
        while True:
            await asyncio.sleep(_SET_ASIDE_RETRY_S)
            self.keep(snapshot for linkedid, snapshot in self._set_aside.items() if linkedid not in self._waiting)

    async def _spill_in_time(self) -> None:
        said = False
        while True:
            await asyncio.sleep(SPOOL_AFTER_S / 20)
            if self._is_late():
                try:
                    await self._spill()
                    said = False
                except OSError as error:
                    if not said:
                        log.error("the spool cannot be written: calls are in memory alone", error=str(error))
                    said = True

    def _is_late(self) -> bool:
        first = next(iter((*self._in_flight.values(), *list(self._waiting.values())[:1])), None)
        if first is None:
            return False
        late = asyncio.get_running_loop().time() - first[1] > SPOOL_AFTER_S
        return late or self.waiting > MOST_WAITING

    async def _spill(self) -> None:
        """All that waits goes to the disk, what is on its way to a database that does not answer before it."""
        async with self._turn:
            flying, self._in_flight = self._in_flight, {}
            waiting, self._waiting = self._waiting, {}
            snapshots = [snapshot for snapshot, _ in (*flying.values(), *waiting.values())]
            self._spilling = len(snapshots)
            try:
                await self._on_disk(self.spool.append, snapshots)
            except BaseException:
                # Cancelled between here and the disk it may come twice, which changes nothing.
                self._waiting = {**flying, **waiting, **self._waiting}
                raise
            finally:
                self._spilling = 0
        log.info("calls are kept on disk until the database answers", pbx=self.pbx, calls=len(snapshots))


def _newest(snapshots: Sequence[CallSnapshot]) -> list[CallSnapshot]:
    return list({snapshot.linkedid: snapshot for snapshot in snapshots}.values())
