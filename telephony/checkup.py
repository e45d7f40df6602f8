"""Capability check of a PBX after each log-in and at intervals: whether all events reach us; nothing rings by it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from uuid import uuid4

import structlog
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import PbxStatus
from callcenter.push import announce
from telephony import orders
from telephony.ami.link import Link
from telephony.findings import Finding, of_clock
from telephony.scribe import WriterThread
from telephony.witness.readers import UNREADABLE, CelDatabase, reason

log = structlog.get_logger(__name__)

_LOOK_S = 2.0
_AGAIN_S = 600.0
_ECHO_S = 2.0


async def check(link: Link, settings: Settings) -> list[Finding]:
    """All that can be found out by asking. Raises as `Link.ask` does."""
    found = list(_of_privileges(link))
    found += await _of_events(link)
    found += await _of_dialplan(link, settings)
    # In a thread: a disk or a database that does not answer must not deafen the listener.
    return [*found, *await asyncio.to_thread(of_witness, settings, link.pbx.name)]


def of_hearing(link: Link) -> list[Finding]:
    """What only shows while calls come in."""
    forged = [Finding("forged", {"count": link.tampered})] if link.tampered else []
    return [*link.evidence.findings(monotonic()), *forged]


def of_witness(settings: Settings, pbx: str) -> list[Finding]:
    """Whether the PBX's own logs can be read, where they are named. May block."""
    path, url = settings.queue_log.get(pbx), settings.cel.get(pbx)
    found = [] if path or url else [Finding("no_witness")]
    if path is not None:
        found += _readable("queue_log", "CALLCENTER_QUEUE_LOG", lambda: Path(path).open("rb").close())
    if url is not None:
        found += _readable("CEL", "CALLCENTER_CEL", lambda: _look_into(url))
    return found


def _readable(witness: str, setting: str, look: Callable[[], object]) -> list[Finding]:
    try:
        look()
    except UNREADABLE as error:
        return [Finding("witness_unreadable", {"witness": witness, "setting": setting, "why": reason(error)})]
    return []


def _look_into(url: str) -> None:
    with CelDatabase(url) as database:
        database.look()


def _of_privileges(link: Link) -> Iterator[Finding]:
    allowed = link.state.actions
    if link.state.uptime_s is None:
        yield Finding("no_system")
    if not allowed:
        return
    if "status" not in allowed:
        yield Finding("no_reporting")
    lacking = orders.lacking(allowed)
    if lacking:
        yield Finding("no_buttons", {"actions": ", ".join(lacking)})
    if "userevent" not in allowed:
        yield Finding("no_probe")
    if "showdialplan" not in allowed:
        yield Finding("no_dialplan")


async def _of_events(link: Link) -> list[Finding]:
    """An event of our own is sent through the PBX: it comes back, dated, or it does not."""
    if "userevent" not in link.state.actions:
        return []
    sent = datetime.now(UTC)
    echo = link.expect_probe(token := uuid4().hex)
    await link.ask({"Action": "UserEvent", "UserEvent": "HotlineProbe", "Token": token})
    try:
        async with asyncio.timeout(_ECHO_S):
            event = await echo
    except TimeoutError:
        return [Finding("no_user")]
    stamp = event.get("Timestamp")
    if not isinstance(stamp, str):
        return [Finding("no_timestamps")]
    between = sent + (datetime.now(UTC) - sent) / 2
    return of_clock(float(stamp) - between.timestamp())


async def _of_dialplan(link: Link, settings: Settings) -> list[Finding]:
    if "showdialplan" not in link.state.actions:
        return []
    contexts = [name for name in settings.inbound_contexts if await _has(link, name)]
    found = [Finding("no_context", {"context": name}) for name in settings.inbound_contexts if name not in contexts]
    unknown = [number for number in settings.hotline_numbers if not await _has_any(link, contexts, number)]
    where = ", ".join(contexts)
    found += [Finding("no_number", {"number": number, "context": where}) for number in unknown if contexts]
    if not await _has(link, "hotline-tell"):
        return [*found, Finding("no_contract")]
    return found + await _of_queues(link, settings.hotline_numbers)


async def _of_queues(link: Link, numbers: Sequence[str]) -> list[Finding]:
    """The queue that our dialplan sends a number to."""
    wanted = {await _variable(link, f"HOTLINE_QUEUE_{number}") for number in numbers}
    wanted.add(await _variable(link, "HOTLINE_QUEUE"))
    answer = await link.ask({"Action": "QueueStatus"})
    there = {str(row.get("Queue", "")) for row in answer[1:]}
    return [Finding("no_queue", {"queue": name}) for name in sorted(wanted - there - {""})]


async def _has_any(link: Link, contexts: Sequence[str], exten: str) -> bool:
    return any([await _has(link, name, exten) for name in contexts])


async def _has(link: Link, context: str, exten: str = "") -> bool:
    """Asterisk looks through the included contexts and the patterns itself."""
    where = {"Context": context, **({"Extension": exten} if exten else {})}
    answer = await link.ask({"Action": "ShowDialPlan", **where})
    return bool(answer[0].success)


async def _variable(link: Link, name: str) -> str:
    answer = await link.ask({"Action": "Getvar", "Variable": name})
    return str(answer[0].get("Value", "")) if answer[0].success else ""


class Checkup:
    """Beside the listener: keeps the findings where the console shows them, and says each new one in the log once."""

    def __init__(self, lane: WriterThread, link: Link, settings: Settings) -> None:
        self.link = link
        self._lane = lane
        self._settings = settings
        self._asked: list[Finding] = []
        self._said: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        since, due, kept = None, 0.0, None
        while True:
            state = self.link.state
            with suppress(ConnectionError, TimeoutError):
                if state.connected and (state.since != since or clock() >= due):
                    self._asked = await check(self.link, self._settings)
                    since, due = state.since, clock() + _AGAIN_S
                found = [*self._asked, *of_hearing(self.link)]
                # Until this process has asked, what an earlier one found stands: its clock above all.
                if since is not None and found != kept:
                    await self._lane.write(partial(self._keep, found))
                    kept = found
                    self._say(found)
            await asyncio.sleep(_LOOK_S)

    def _keep(self, found: Sequence[Finding], session: Session) -> None:
        row = session.get_one(PbxStatus, self._lane.pbx)
        row.findings = [finding.row() for finding in found]
        announce(session, "pbx")

    def _say(self, found: Sequence[Finding]) -> None:
        for finding in found:
            if finding.code not in self._said:
                self._said.add(finding.code)
                tell = log.warning if finding.serious else log.info
                tell(f"{self._lane.pbx} {finding.text}", mend=finding.mend)
