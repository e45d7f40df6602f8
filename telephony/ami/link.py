"""AMI connection to one PBX: logged in by panoramisk's Manager, supervised, and made again when it is lost.

What panoramisk leaves out is here: a time limit for the log-in, one clear line for a wrong secret, pings with a
deadline, a pause that grows before each new attempt. Nothing that was sent before is ever sent again.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.message import Message

from callcenter.config import Pbx
from telephony.ami.protocol import MEMBER_EVENTS, ORIGINATED, AmiProtocol, Headers
from telephony.findings import EventCounts

log = structlog.get_logger(__name__)

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Watch:
    """The link's patience, in seconds."""

    login: float = 10.0
    booted: float = 3.0
    silence: float = 10.0
    answer: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 15.0
    after_refusal: float = 30.0


@dataclass(frozen=True)
class LinkState:
    """What pages say of a PBX: connected or not, since when, and why not. `uptime_s` is Asterisk's own, when known.

    `heard_at`, of one that is lost, is when its last byte came: a half-open line is noticed later than it fell silent.
    `heard_from`, of one that is there, is when it let us in: from then on it tells what happens.
    `actions` are the names, in lower case, of the AMI actions that this user may send.
    """

    connected: bool
    since: datetime
    detail: str = ""
    uptime_s: int | None = None
    actions: frozenset[str] = frozenset()
    heard_at: datetime | None = None
    heard_from: datetime | None = None


class Refused(ConnectionError):
    """The PBX answers, but does not let this user in."""


class _Manager(Manager):  # type: ignore[misc]
    """panoramisk's Manager for exactly one connection: it neither pings nor connects again by itself."""

    def ping(self) -> None:
        pass

    def connection_made(self, f: "asyncio.Future[Any]") -> None:
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def login(self, future: "asyncio.Future[Any]") -> bool:
        self.authenticated = not future.cancelled() and future.exception() is None and bool(future.result().success)
        return self.authenticated


class Link:
    """Keeps one PBX heard. `hear` gets each wanted event, `told` each state of the connection; neither may wait or
    raise.

    With `connected` come the rows of `Status`, at their place among the events, so that calls can be compared.
    `members_changed` is set when a member signs in, out or pauses; `called_out` gets the events of outgoing calls.
    """

    def __init__(
        self,
        pbx: Pbx,
        hear: Callable[[Headers], None],
        told: Callable[[LinkState, Rows | None], None],
        *,
        watch: Watch | None = None,
    ) -> None:
        self.pbx = pbx
        self.state = LinkState(connected=False, since=datetime.now(UTC), detail="starting")
        self.watch = watch or Watch()
        self.evidence = EventCounts(monotonic())
        self._hear = hear
        self._told = told
        self._manager: _Manager | None = None
        self._booted: asyncio.Future[int | None] | None = None
        self._lost: asyncio.Future[str] | None = None
        self._said = ""
        self.members_changed = asyncio.Event()
        self.called_out: Callable[[Headers], None] | None = None
        self._heard_at: datetime | None = None
        self._heard_from: datetime | None = None
        self._probes: dict[str, asyncio.Future[Headers]] = {}
        self._tampered = 0

    @property
    def tampered(self) -> int:
        """How many pieces Asterisk had not written as they stood, on all connections so far."""
        protocol = self._manager.protocol if self._manager is not None else None
        return self._tampered + (protocol.tampered if protocol is not None else 0)

    def expect_probe(self, token: str) -> "asyncio.Future[Headers]":
        """The event that comes back for a `UserEvent` action `HotlineProbe` with this Token; `hear` does not get it."""
        self._probes.clear()
        self._probes[token] = asyncio.get_running_loop().create_future()
        return self._probes[token]

    async def run(self) -> None:
        """Until cancelled. Leaves no connection and no timer behind."""
        pause = self.watch.first_pause
        try:
            while True:
                why, heard = await self._once()
                self._tell(False, why)
                refused = isinstance(why, Refused)
                pause = self.watch.first_pause if heard else min(pause * 2, self.watch.longest_pause)
                self._say_why(why)
                seconds = self.watch.after_refusal if refused else pause * random.uniform(0.8, 1.2)  # noqa: S311
                await asyncio.sleep(seconds)
        finally:
            self._hang_up()

    async def ask(
        self, action: Mapping[str, Any], *, within: float | None = None, as_list: bool | None = None
    ) -> list[Message]:
        """Send one action, once, and wait for all of its answer; `as_list` says whether more than a line comes.

        Unsaid, panoramisk goes by the words of the first line, and waits in vain for more behind some of them.

        Raises ConnectionError when not connected or cut off, TimeoutError after `within` seconds, BadAction for a
        value with a line break.
        """
        manager = self._manager
        if manager is None or manager.protocol is None:
            raise ConnectionError("not connected")
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with the answer.
        async with asyncio.timeout(within or self.watch.answer):
            answer = await manager.protocol.send(dict(action), as_list)
        return answer if isinstance(answer, list) else [answer]

    async def _once(self) -> tuple[Exception, bool]:
        """One connection from beginning to end: why it ended, and whether the PBX was heard at all."""
        heard = False
        try:
            async with asyncio.timeout(self.watch.login):
                await self._log_in()
            uptime_s = await self._wait_until_booted()
            actions = await self._actions()
            rows = await self._status()
            heard = True
            self._said = ""
            self._tell(True, None, rows, uptime_s, actions)
            ready = f"ready {self.pbx.name}"
            log.info(ready)
            await self._stay()
            raise ConnectionError("closed")
        except TimeoutError:
            return ConnectionError("no answer in time"), heard
        except OSError as error:
            return error, heard
        finally:
            self._hang_up()

    async def _log_in(self) -> None:
        loop = asyncio.get_running_loop()
        self._lost, self._booted = loop.create_future(), loop.create_future()
        self.evidence = EventCounts(monotonic())
        self._manager = _Manager(
            loop=loop,
            host=self.pbx.host,
            port=self.pbx.port,
            username=self.pbx.user,
            secret=self.pbx.secret,
            protocol_factory=lambda: AmiProtocol(self._listen, self._closed),
        )
        await self._manager.connect()
        # connect()'s own callback, which sends the log-in, is run before this is resumed.
        answer = await self._manager.authenticated_future
        if not answer.success:
            raise Refused(str(answer.message or "Authentication failed"))
        self._heard_from = datetime.now(UTC)

    def _closed(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    def _listen(self, event: Headers) -> None:
        if event.get("Event") == "FullyBooted":
            uptime = str(event.get("Uptime", ""))
            if self._booted is not None and not self._booted.done():
                self._booted.set_result(int(uptime) if uptime.isdigit() else None)
            return
        if str(event.get("Event")) in MEMBER_EVENTS:
            self.members_changed.set()
            return
        if event.get("Event") == ORIGINATED or event.get("UserEvent") == "HotlineCallOut":
            if self.called_out is not None:
                self.called_out(event)
            return
        if event.get("UserEvent") == "HotlineProbe":
            probe = self._probes.pop(str(event.get("Token", "")), None)
            if probe is not None and not probe.done():
                probe.set_result(event)
            return
        self.evidence.hear(event, monotonic())
        self._hear(event)

    async def _wait_until_booted(self) -> int | None:
        """FullyBooted, or, for a user without read class `system`, an answer to a ping."""
        assert self._booted is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(self.watch.booted):
                return await self._booted
        await self.ask({"Action": "Ping"})
        log.warning(
            "no FullyBooted from the PBX: give its user the read class system, or a restart of it is noticed late",
            pbx=self.pbx.name,
        )
        return None

    async def _actions(self) -> frozenset[str]:
        """One header an action, `Name: what it does`; none where the PBX does not say."""
        answer = await self.ask({"Action": "ListCommands"}, within=self.watch.login)
        return frozenset(name.lower() for name in answer[0]) if answer[0].success else frozenset()

    async def _status(self) -> Rows | None:
        """One row for each channel of the PBX, as `Status` lists them, with `Queue` and `Wait` of waiting callers.

        None where this user may not ask: then nothing is known, which is not the same as no calls.
        """
        channels = await self._list("Status", "Status")
        if channels is None:
            hint = "the PBX does not tell its calls: give its user the write class reporting"
            log.warning(hint, pbx=self.pbx.name)
            return None
        waiting = {entry.get("Uniqueid"): entry for entry in await self._list("QueueStatus", "QueueEntry") or ()}
        for row in channels:
            entry = waiting.get(row.get("Uniqueid"), {})
            row |= {header: entry[header] for header in ("Queue", "Wait") if header in entry}
        return channels

    async def _list(self, action: str, event: str) -> list[dict[str, str]] | None:
        answer = await self.ask({"Action": action}, within=self.watch.login)
        if not answer[0].success:
            return None
        return [{key: str(value) for key, value in row.items()} for row in answer[1:] if row.event == event]

    async def _stay(self) -> None:
        """Until the connection ends or falls silent; raises ConnectionError or TimeoutError with the reason."""
        assert self._lost is not None
        while True:
            done, _ = await asyncio.wait({self._lost}, timeout=self._until_ping())
            if done:
                raise ConnectionError(self._lost.result())
            if self._until_ping() <= 0:
                try:
                    await self.ask({"Action": "Ping"})
                except TimeoutError:
                    raise ConnectionError(f"silent for {self.watch.silence + self.watch.answer:.0f} s") from None

    def _until_ping(self) -> float:
        assert self._manager is not None
        heard_at: float = self._manager.protocol.heard_at
        return max(0.0, heard_at + self.watch.silence - asyncio.get_running_loop().time())

    def _hang_up(self) -> None:
        manager, self._manager = self._manager, None
        if manager is not None:
            self._tampered += manager.protocol.tampered if manager.protocol is not None else 0
            if self.state.connected and manager.protocol is not None:
                silent = asyncio.get_running_loop().time() - manager.protocol.heard_at
                self._heard_at = datetime.now(UTC) - timedelta(seconds=silent)
            manager.close()

    def _tell(
        self,
        connected: bool,
        why: Exception | None,
        rows: Rows | None = None,
        uptime_s: int | None = None,
        actions: frozenset[str] = frozenset(),
    ) -> None:
        """`since` stays while the state does, so that pages say since when it really is."""
        detail = str(why) if why else ""
        if connected == self.state.connected:
            self.state = replace(self.state, detail=detail)
        else:
            heard_at, heard_from = (None, self._heard_from) if connected else (self._heard_at, None)
            self.state = LinkState(connected, datetime.now(UTC), detail, uptime_s, actions, heard_at, heard_from)
        self._told(self.state, rows)

    def _say_why(self, why: Exception) -> None:
        """In one line, and again only when the reason is another."""
        if str(why) == self._said:
            return
        self._said = str(why)
        if isinstance(why, Refused):
            line = (
                f"CALLCENTER_PBX: {self.pbx.name} refuses the user {self.pbx.user!r} ({why}); correct user and "
                f"secret in {self.pbx.name}=ami://USER:SECRET@HOST:PORT, or its section in manager.conf"
            )
            log.error(line)
        else:
            line = f"CALLCENTER_PBX: {self.pbx} is not heard ({why}); tried again until it is"
            log.warning(line)
