"""Progress of outgoing calls: read from the PBX's events, written in order, without delaying the event loop.

Two events tell all: `OriginateResponse` that the operator's own telephone was not picked up, `HotlineCallOut` of our
dialplan the rest.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from callcenter.vocab import CallOut
from telephony.ami.protocol import ORIGINATED, Headers
from telephony.orders import call_of
from telephony.scribe import WriterThread
from tickets.telephone import calling_out

# Dial()'s own words for how it ended.
_RESULTS: Mapping[str, CallOut] = {
    "ANSWER": CallOut.REACHED,
    "BUSY": CallOut.BUSY,
    "NOANSWER": CallOut.NO_ANSWER,
    "CANCEL": CallOut.GIVEN_UP,
}


@dataclass(frozen=True)
class CallProgress:
    """`stage` is `dialling`, `answered` or `ended`; only an end has a `result`."""

    call_id: int
    stage: str
    at: datetime
    result: CallOut = CallOut.FAILED


def read(event: Headers, now: datetime) -> CallProgress | None:
    """None for an event of any other call. Total."""
    if event.get("Event") == ORIGINATED:
        call_id = call_of(str(event.get("ActionID", "")))
        if call_id is None or event.get("Response") != "Failure":
            return None
        return CallProgress(call_id, "ended", _at(event, now), CallOut.NOT_PICKED_UP)
    number = str(event.get("Call", ""))
    stage = str(event.get("Stage", ""))
    if not (number.isascii() and number.isdigit() and len(number) < 16) or stage not in _WRITERS:
        return None
    return CallProgress(int(number), stage, _at(event, now), _RESULTS.get(str(event.get("Result", "")), CallOut.FAILED))


def _at(event: Headers, now: datetime) -> datetime:
    """The PBX's own moment, where it says one that can be."""
    try:
        return datetime.fromtimestamp(float(str(event["Timestamp"])), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return now


def _dialling(session: Session, told: CallProgress) -> None:
    calling_out.dialling(session, told.call_id, told.at)


def _answered(session: Session, told: CallProgress) -> None:
    calling_out.reached(session, told.call_id, told.at)


def _ended(session: Session, told: CallProgress) -> None:
    calling_out.ended(session, told.call_id, told.result, told.at, now=datetime.now(UTC))


_WRITERS = {"dialling": _dialling, "answered": _answered, "ended": _ended}


class CallsOut:
    """What is heard is written in order, and waits for the database; the ear does not."""

    def __init__(self, lane: WriterThread) -> None:
        self._lane = lane
        self._heard: asyncio.Queue[CallProgress] = asyncio.Queue()

    def hear(self, event: Headers) -> None:
        told = read(event, datetime.now(UTC))
        if told is not None:
            self._heard.put_nowait(told)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            told = await self._heard.get()
            await self._write(told)

    async def _write(self, told: CallProgress) -> None:
        await self._lane.write(lambda session: _WRITERS[told.stage](session, told))
