"""Ordered database writer of one PBX: threads, the leader's fence, retries, and one warning while it is away.

There are two lanes, each a thread that does its jobs in the order in which they came: what calls become goes by one, in
batches that may be long or wait for a row's lock; commands, queues, outgoing calls and findings by the other, in short
transactions that people wait for. Nothing on one lane has to be written before something on the other (decision 0033).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from callcenter.errors import HotlineError
from telephony.leadership import AWAY, Reign, reason

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
# One transaction's work, in the lane's thread; it may be called again where the database went away in it.
Job = Callable[[Session], Result]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0


class Away(HotlineError):
    """The database is not there, or not for now. Whether a commit that was on its way took place is not known."""


class WriterThread:
    """One thread that writes. A client that awaits each job before the next has them written in this order.

    A client whose job is tried again holds up none of the others.
    """

    def __init__(self, reign: Reign, name: str, health: "_Health") -> None:
        self.reign = reign
        self.pbx = reign.pbx
        self._health = health
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-{reign.pbx}")

    async def write(self, job: Job[Result]) -> Result:
        """Do it in one transaction within the fence, again and again until it is done.

        Raises Deposed where another listener leads by now, and whatever else the job raises.
        """
        while True:
            with suppress(Away):
                return await self.attempt(job)
            await self.pause()

    async def attempt(self, job: Job[Result]) -> Result:
        """Do it once. Raises Away where the database is, besides what `write` raises."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            result = await loop.run_in_executor(self._thread, self._do, job)
        except AWAY as error:
            self._health.away(reason(error), began)
            raise Away(reason(error)) from None
        self._health.well(loop.time())
        return result

    async def pause(self) -> None:
        """Between two attempts: longer the oftener they failed, up to a second."""
        await asyncio.sleep(self._health.pause_s)

    def close(self) -> None:
        """The running job goes on by itself, and is not awaited."""
        self._thread.shutdown(wait=False)

    def _do(self, job: Job[Result]) -> Result:
        with self.reign.transaction() as session:
            return job(session)


class Scribe:
    """Both lanes of one reign, and what is known of the database by what became of their jobs."""

    def __init__(self, reign: Reign) -> None:
        health = _Health(reign.pbx)
        self.calls = WriterThread(reign, "calls", health)
        self.desk = WriterThread(reign, "desk", health)

    def close(self) -> None:
        self.calls.close()
        self.desk.close()


class _Health:
    """Says once that the database is away, and once that it is back; on the loop alone."""

    def __init__(self, pbx: str) -> None:
        self._pbx = pbx
        self._failures = 0
        self._well_at = float("-inf")
        self._said = False

    @property
    def pause_s(self) -> float:
        return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10))

    def away(self, why: str, began: float) -> None:
        """A job that began at `began` on the loop's clock failed; one that began before the return says nothing new."""
        self._failures += 1
        if not self._said and began >= self._well_at:
            self._said = True
            log.warning("the database is away: what is to be written waits", pbx=self._pbx, error=why)

    def well(self, now: float) -> None:
        self._failures = 0
        self._well_at = now
        if self._said:
            self._said = False
            log.info("the database is back", pbx=self._pbx)
