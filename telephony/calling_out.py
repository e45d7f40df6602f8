"""What the PBX says of the calls that people asked for: read from its events, written in order, never in the ear's way.

Two events tell all: `OriginateResponse` that the operator's own telephone was not picked up, `HotlineCallOut` of our
dialplan the rest.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy.orm import Session

from callcenter.vocab import CallOut
from telephony.ami.protocol import ORIGINATED, Headers
from telephony.leadership import AWAY, Reign
from telephony.orders import call_of
from tickets.telephone import calling_out

log = structlog.get_logger(__name__)

_RETRY_S = 1.0
# Dial()'s own words for how it ended.
_RESULTS: Mapping[str, CallOut] = {
    "ANSWER": CallOut.REACHED,
    "BUSY": CallOut.BUSY,
    "NOANSWER": CallOut.NO_ANSWER,
    "CANCEL": CallOut.GIVEN_UP,
}


@dataclass(frozen=True)
class Told:
    """`stage` is `dialling`, `answered` or `ended`; only an end has a `result`."""

    call_id: int
    stage: str
    at: datetime
    result: CallOut = CallOut.FAILED


def read(event: Headers, now: datetime) -> Told | None:
    """None for an event of any other call. Total."""
    if event.get("Event") == ORIGINATED:
        call_id = call_of(str(event.get("ActionID", "")))
        if call_id is None or event.get("Response") != "Failure":
            return None
        return Told(call_id, "ended", _at(event, now), CallOut.NOT_PICKED_UP)
    number = str(event.get("Call", ""))
    stage = str(event.get("Stage", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 16) or stage not in _WRITERS:
        return None
    return Told(int(number), stage, _at(event, now), _RESULTS.get(str(event.get("Result", "")), CallOut.FAILED))


def _at(event: Headers, now: datetime) -> datetime:
    """The PBX's own moment, where it says one that can be."""
    try:
        return datetime.fromtimestamp(float(str(event["Timestamp"])), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return now


def _dialling(session: Session, told: Told) -> None:
    calling_out.dialling(session, told.call_id, told.at)


def _answered(session: Session, told: Told) -> None:
    calling_out.reached(session, told.call_id, told.at)


def _ended(session: Session, told: Told) -> None:
    calling_out.ended(session, told.call_id, told.result, told.at, now=datetime.now(UTC))


_WRITERS = {"dialling": _dialling, "answered": _answered, "ended": _ended}


class CallsOut:
    """One ordered writer: what is heard waits for the database, the ear does not."""

    def __init__(self, reign: Reign) -> None:
        self._reign = reign
        self._heard: asyncio.Queue[Told] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"calls-out-{reign.pbx}")

    def hear(self, event: Headers) -> None:
        told = read(event, datetime.now(UTC))
        if told is not None:
            self._heard.put_nowait(told)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._write(await self._heard.get())
        finally:
            self._thread.shutdown(wait=False)

    async def _write(self, told: Told) -> None:
        def write() -> None:
            with self._reign.transaction() as session:
                _WRITERS[told.stage](session, told)

        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, write)
            except AWAY as error:
                log.info("an outgoing call waits for the database", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
