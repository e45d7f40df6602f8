"""Listener process of one PBX: one ordered consumer folds the events and hands changed calls to the writer.

The ear never waits: not for the database, not for what people ask of the PBX, not for its queues or its witness.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine

from callcenter import push
from callcenter.config import Pbx, Settings
from callcenter.db import make_engine
from callcenter.errors import SettingError
from telephony.ami.link import Link, LinkState, Rows, Watch
from telephony.ami.protocol import Headers
from telephony.call_rows import CallSnapshot
from telephony.callflow import Calls, CallState, Rules, miss_holds, resync, step
from telephony.calling_out import CallsOut
from telephony.checkup import Checkup
from telephony.commands import Commander
from telephony.connection_record import Gap, hides_talk
from telephony.events import Happening, Kind, interpret
from telephony.leadership import Deposed, Leadership, Reign
from telephony.queues import QueueWatch
from telephony.scribe import Scribe
from telephony.settling import Settling, has_witness
from telephony.spool import Spool
from telephony.writer import Poison, Writer

log = structlog.get_logger(__name__)

_TICK_S = 0.5
_LONGEST_PAUSE_S = 30.0
# Events remembered as they came, for the investigation of a call that could not be folded.
_MOST_LINES = 2_000
_LINES_OF_A_CALL = 40
# How long a call that vanished in a gap waits for the word of the PBX's own log, where there is one.
HELD = timedelta(seconds=90)
_STOPPED = "the listener was stopped"


@dataclass(frozen=True)
class _EventHeard:
    event: Headers
    at: datetime


@dataclass(frozen=True)
class _LinkChanged:
    state: LinkState
    rows: Rows | None
    at: datetime


@dataclass(frozen=True)
class _RowsEnded:
    """Calls that another writer has ended."""

    linkedids: Sequence[str]


@dataclass(frozen=True)
class _CallsRestored:
    """Calls that were going on when they were last seen, by whatever was kept of them."""

    calls: Sequence[CallState]
    at: datetime


class Listener:
    """One PBX, from its bytes to its rows. `run` ends by being cancelled, and writes what is left to write."""

    def __init__(
        self, pbx: Pbx, reign: Reign, settings: Settings, *, watch: Watch | None = None, rules: Rules | None = None
    ) -> None:
        self.pbx = pbx
        self.reign = reign
        self.calls = Calls(rules or Rules.of(settings.hotline_numbers, settings.inbound_contexts))
        self.link = Link(pbx, self._hear, self._tell, watch=watch)
        self._inbox: asyncio.Queue[_Item] = asyncio.Queue()
        self._recent: deque[Headers] = deque(maxlen=_MOST_LINES)
        self._gap: Gap | None = None
        self._begun = self._shut_down = False
        self._scribe = Scribe(reign)
        self.writer = Writer(
            self._scribe.calls,
            Spool(settings.data_dir / "spool", pbx.name),
            short_abandon_s=settings.short_abandon_s,
            lines=self._lines_of,
            ended=self._tell_ended,
            found=lambda calls: self._inbox.put_nowait(_CallsRestored(calls, datetime.now(UTC))),
        )
        desk = self._scribe.desk
        self._commander = Commander(desk, self.link, settings.redis_url, phone=settings.phone)
        self._queues = QueueWatch(desk, self.link)
        self._calls_out = CallsOut(desk)
        self.link.called_out = self._calls_out.hear
        self._checkup = Checkup(desk, self.link, settings)
        self._settling: Settling | None = None
        if has_witness(settings, pbx.name):
            self.calls.patience = HELD
            self._settling = Settling(
                desk, settings, missing=self._missing, ended=self._tell_ended, noted=self.writer.noted
            )

    async def run(self) -> None:
        """Load the live calls, then listen, fold and write until cancelled; raises Deposed when another one leads."""
        jobs = [self.link.run, self._fold, self._tick, self.writer.run, self._commander.run, self._queues.run]
        jobs += [self._checkup.run, self._calls_out.run]
        if self._settling is not None:
            jobs.append(self._settling.run)
        try:
            await self._begin()
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(job())
        finally:
            await self._finish()

    async def _begin(self) -> None:
        """What an earlier listener kept on disk is written, what it left live is gone on with."""
        calls, heard_to = await self.writer.begin()
        for call in calls:
            self.calls.add(call)
        if calls:
            log.info("goes on with live calls", pbx=self.pbx.name, calls=len(calls))
        if heard_to is not None:
            step(self.calls, Happening(Kind.LINK_LOST, heard_to))
            self._open_gap(heard_to, "nobody listened")
        self._begun = True

    def _hear(self, event: Headers) -> None:
        self._recent.append(event)
        self._inbox.put_nowait(_EventHeard(event, datetime.now(UTC)))

    def _tell(self, state: LinkState, rows: Rows | None) -> None:
        self._inbox.put_nowait(_LinkChanged(state, rows, datetime.now(UTC)))

    def _tell_ended(self, linkedids: Sequence[str]) -> None:
        self._inbox.put_nowait(_RowsEnded(linkedids))

    async def _fold(self) -> None:
        """The one consumer: strictly in order, all that is there at once, then the writer's turn."""
        while True:
            changed = set(self._take(await self._inbox.get()))
            while not self._inbox.empty():
                changed.update(self._take(self._inbox.get_nowait()))
            self._hand_over(changed)

    def _take(self, item: "_Item") -> Sequence[str]:
        try:
            return self._take_one(item)
        except Exception as error:
            # One unforeseen event must not stop the listener.
            log.exception("an event could not be folded", pbx=self.pbx.name)
            if isinstance(item, _EventHeard):
                self.writer.set_aside(Poison(str(item.event.get("Linkedid", "?")), _lines(item.event), error))
            return ()

    def _take_one(self, item: "_Item") -> Sequence[str]:
        match item:
            case _EventHeard():
                happening = interpret(item.event, item.at)
                if happening is None:
                    return ()
                self._shut_down = self._shut_down or happening.kind == Kind.SHUTDOWN
                return step(self.calls, happening)
            case _LinkChanged():
                return self._take_state(item)
            case _RowsEnded():
                return self._forget(item.linkedids)
            case _CallsRestored():
                return self._adopt(item)

    def _take_state(self, told: _LinkChanged) -> Sequence[str]:
        self.writer.note(told.state)
        if not told.state.connected:
            at = told.state.heard_at or told.at
            self._open_gap(at, told.state.detail)
            return step(self.calls, Happening(Kind.LINK_LOST, at))
        gap = self._gap
        if gap is not None:
            self._close_gap(gap, told)
        unheard = gap is None or hides_talk(gap.started_at, gap.ended_at, restarted=gap.restarted)
        changed = resync(self.calls, told.rows, told.at, unheard=unheard) if told.rows is not None else ()
        if self._settling is not None:
            self._settling.begin()
        return changed

    def _open_gap(self, at: datetime, why: str) -> None:
        if self._gap is None:
            self._gap = Gap(at, why)
            self.writer.note_gap(self._gap)

    def _close_gap(self, gap: Gap, told: _LinkChanged) -> None:
        """It ended with the log-in: the list of what is there comes later, and what happened until then was heard."""
        heard_from, uptime_s = told.state.heard_from or told.at, told.state.uptime_s
        booted = heard_from - timedelta(seconds=uptime_s) if uptime_s is not None else gap.started_at
        gap.restarted = self._shut_down or booted > gap.started_at
        gap.ended_at = max(heard_from, gap.started_at)
        self.writer.note_gap(gap)
        if gap.restarted:
            self._queues.restarted()
        self._gap, self._shut_down = None, False

    def _missing(self) -> list[str]:
        """Calls that the PBX does not show any more, and whose end was not heard."""
        return [call.linkedid for call in self.calls.by_id.values() if call.missing_since is not None]

    def _forget(self, linkedids: Iterable[str]) -> Sequence[str]:
        """Their rows say how they ended; what this fold knows of them is less."""
        for linkedid in linkedids:
            call = self.calls.by_id.get(linkedid)
            if call is not None and not call.settled:
                self.calls.forget(call)
        return ()

    def _adopt(self, found: _CallsRestored) -> Sequence[str]:
        """Kept on disk by a listener that did not see their end: the PBX's next list of channels tells, or time."""
        for call in found.calls:
            if call.linkedid not in self.calls.by_id:
                call.missing_since = found.at
                miss_holds(call)
                self.calls.add(call)
        return ()

    def _hand_over(self, changed: Iterable[str]) -> None:
        calls = [self.calls.by_id[linkedid] for linkedid in changed if linkedid in self.calls.by_id]
        if calls:
            self.writer.keep(CallSnapshot.of(call, self.reign.epoch) for call in calls)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._hand_over(step(self.calls, Happening(Kind.TICK, datetime.now(UTC))))

    def _lines_of(self, linkedid: str) -> list[list[str]]:
        """The last events that name this call, oldest first; asked for by the writer's thread."""
        said = [_lines(event) for event in self._recent.copy() if linkedid in event.values()]
        return said[-_LINES_OF_A_CALL:]

    async def _finish(self) -> None:
        """The last snapshots are written, once; then the pages learn that no listener is connected."""
        while not self._inbox.empty():
            self._hand_over(self._take(self._inbox.get_nowait()))
        if self._begun:
            now = datetime.now(UTC)
            self._open_gap(now, _STOPPED)
            since = now if self.link.state.connected else self.link.state.since
            self.writer.note(LinkState(connected=False, since=since, detail=_STOPPED))
        await self.writer.finish()
        self._scribe.close()


_Item = _EventHeard | _LinkChanged | _RowsEnded | _CallsRestored


def _lines(event: Headers) -> list[str]:
    """An event as the PBX wrote it."""
    return [
        f"{name}: {value}" for name, given in event.items() for value in (given if isinstance(given, list) else [given])
    ]


def run(settings: Settings, pbx_name: str | None = None) -> None:
    """Listen until SIGTERM or Ctrl-C: to the PBX of that name, or to all of `CALLCENTER_PBX`.

    `settings.database_url` must be set; without `redis_url` there are no live announcements. Raises SettingError where
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
    # Alone, a listener that fails ends the process, and its supervisor starts it again.
    one = lead if len(chosen) == 1 else _lead_for_ever
    with suppress(asyncio.CancelledError):
        async with asyncio.TaskGroup() as group:
            for pbx in chosen:
                group.create_task(one(settings, pbx, engine))


async def _lead_for_ever(settings: Settings, pbx: Pbx, engine: Engine) -> None:
    """One of several: what ends one of them does not end the others."""
    pause = 1.0
    while True:
        try:
            await lead(settings, pbx, engine)
        except Exception:
            log.exception("the listener of one PBX failed, and is started again", pbx=pbx.name, pause_s=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


async def lead(settings: Settings, pbx: Pbx, engine: Engine, *, watch: Watch | None = None) -> None:
    """Wait until no other listener leads this PBX, then listen until cancelled; deposed, wait again."""
    while True:
        leadership = Leadership(engine, pbx.name)
        try:
            reign = await leadership.take()
            async with asyncio.TaskGroup() as group:
                group.create_task(leadership.keep(reign))
                group.create_task(Listener(pbx, reign, settings, watch=watch).run())
        except* Deposed as group_of_them:
            log.warning("the listener steps down", pbx=pbx.name, why=str(group_of_them.exceptions[0]))
        finally:
            leadership.give_up()
