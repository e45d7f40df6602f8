"""Settlement after a gap: the PBX's own logs are asked about calls that vanished in it, until none is left."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import structlog

from callcenter.config import Settings
from telephony import recorder
from telephony.scribe import WriterThread
from telephony.witness.reconcile import reconcile

log = structlog.get_logger(__name__)

_AGAIN_S = 5.0
_NOTED_S = 5.0


def has_witness(settings: Settings, pbx: str) -> bool:
    """Whether this PBX has a log that can be read: then what vanished waits for its word."""
    return pbx in settings.queue_log or pbx in settings.cel


class Settling:
    """One PBX's. `missing` are the calls without a known end, `ended` is called with those that have one.

    `noted` waits until the gap itself has its row: the reader of the logs looks there.
    """

    def __init__(
        self,
        lane: WriterThread,
        settings: Settings,
        *,
        missing: Callable[[], Collection[str]],
        ended: Callable[[Sequence[str]], None],
        noted: Callable[[], Awaitable[None]],
    ) -> None:
        self._lane = lane
        self._settings = settings
        self._missing = missing
        self._ended = ended
        self._noted = noted
        self._wake = asyncio.Event()
        # Not a lane's: a log may be long, and a disk or another database may not answer.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix=f"settle-{lane.pbx}")

    def begin(self) -> None:
        """The PBX is heard again."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A log that cannot be read is reported, and tried again while calls wait for it."""
        try:
            while True:
                await self._next()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_NOTED_S):
                        await self._noted()
                missing = list(self._missing())
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._reader, self._read)
                ended = await self._lane.write(partial(recorder.ended, pbx=self._lane.pbx, linkedids=missing))
                if ended:
                    self._ended(ended)
        finally:
            self._reader.shutdown(wait=False)

    async def _next(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN_S if self._missing() else None):
                await self._wake.wait()
        self._wake.clear()

    def _read(self) -> None:
        pbx = self._lane.pbx
        try:
            reconcile(self._lane.reign.engine, self._settings, pbx, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the ear goes on, whatever is wrong with a log
            log.warning("the PBX's own log could not be read", pbx=pbx, error=f"{type(error).__name__}")
