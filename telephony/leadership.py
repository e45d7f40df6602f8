"""Leader election for a PBX: an advisory lock, a number for each reign, and a fence around all that a leader writes.

The leader beats every second by the database's clock. A waiting listener ends the lock of one that has stopped beating;
a leader that slept through that finds its number outdated, and every write of it refused.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.errors import HotlineError
from callcenter.models import PbxStatus
from callcenter.push import announce

log = structlog.get_logger(__name__)

# The database is not there, or not for now; everything else it says is an error of ours.
AWAY = (OperationalError, InterfaceError)

NEVER, STARTING = "not heard yet", "the listener starts"

_BEAT_S = 1.0
_STALE_S = 3.0
_LOOK_S = 0.25
_KEY = "hashtextextended(:key, 1022)"
# Which backends hold the advisory lock of a key: its two halves stand in pg_locks.
_END_HOLDERS = f"""
SELECT pg_terminate_backend(held.pid) FROM pg_locks held, (SELECT {_KEY} AS number) wanted
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1 AND held.pid <> pg_backend_pid()
  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND held.classid = ((wanted.number >> 32) & 4294967295)::oid AND held.objid = (wanted.number & 4294967295)::oid
"""  # noqa: S608


class Deposed(HotlineError):
    """Another listener leads this PBX now; nothing that this one still has to say may be written."""


class Reign:
    """One leader's time. `epoch` is its number, which rises for each; `transaction` is the only way for it to write."""

    def __init__(self, engine: Engine, pbx: str, epoch: int) -> None:
        self.engine = engine
        self.pbx = pbx
        self.epoch = epoch
        self._renewing = Lock()

    def renew(self) -> None:
        """The next number for the same leader; raises Deposed where another has one by now."""
        with self._renewing:
            self.epoch = crown(self.engine, self.pbx, after=self.epoch).epoch

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One use case that no later leader can overtake; raises Deposed where one leads already."""
        with transaction(self.engine) as session:
            # Two statements: the second must see what was committed while the first waited.
            session.execute(text(f"SELECT pg_advisory_xact_lock_shared({_KEY})"), {"key": _fence(self.pbx)})
            self._check(session)
            yield session

    def _check(self, session: Session) -> None:
        now = epoch_of(session, self.pbx)
        if now != self.epoch:
            # The new number can be our own: it is in the database a moment before it is here.
            with self._renewing:
                if now != self.epoch:
                    raise Deposed(f"reign {self.epoch} over {self.pbx} is over, now is {now}")


def epoch_of(session: Session, pbx: str) -> int | None:
    """The number of the last reign over this PBX."""
    return session.scalar(select(PbxStatus.epoch).where(PbxStatus.pbx == pbx))


def crown(engine: Engine, pbx: str, *, after: int | None = None) -> Reign:
    """A new reign, written at once; what an older one still has open is finished before, and refused from then on.

    With `after` only where that is still the last one; raises Deposed where it is not.
    """
    with transaction(engine) as session:
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        try:
            session.execute(text(f"SELECT pg_advisory_xact_lock({_KEY})"), {"key": _fence(pbx)})
        except OperationalError:
            session.rollback()
            _end_holders(session, pbx, _fence(pbx))
            raise
        if after is not None and (now := epoch_of(session, pbx)) != after:
            raise Deposed(f"reign {after} over {pbx} is over, now is {now}")
        return Reign(engine, pbx, _next(session, pbx, new=after is None))


def _end_holders(connection: Connection | Session, pbx: str, *keys: str, quiet: bool = False) -> None:
    """A leader under another role of the database may not be cut off: then it is waited for."""
    try:
        for key in keys:
            connection.execute(text(_END_HOLDERS), {"key": key})
    except ProgrammingError as error:
        if not quiet:
            mend = "give all listeners one role of the database, or GRANT pg_signal_backend to it"
            log.error("the leader of the PBX cannot be cut off", pbx=pbx, why=reason(error), mend=mend)


def _next(session: Session, pbx: str, *, new: bool) -> int:
    """The row of the PBX under its next number. A new leader has not heard it yet, whatever the last one had."""
    moment = session.scalars(select(func.clock_timestamp())).one()
    row = session.get(PbxStatus, pbx)
    if row is None:
        row = PbxStatus(pbx=pbx, connected=False, since=moment, detail=NEVER, epoch=0)
        session.add(row)
    elif new and row.connected:
        row.connected, row.since, row.detail = False, row.seen_at, STARTING
        announce(session, "pbx")
    row.seen_at = moment
    row.epoch += 1
    return row.epoch


class Leadership:
    """The lock of one PBX, held by a connection of its own; it falls when that connection does."""

    def __init__(self, engine: Engine, pbx: str) -> None:
        self.pbx = pbx
        self._engine = engine
        self._connection: Connection | None = None
        self._leads = False
        self._stale: datetime | None = None
        self._said: datetime | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lead-{pbx}")

    async def take(self) -> Reign:
        """Wait for it; says once what it waits for."""
        said = ""
        while True:
            try:
                if await self._in_thread(self._try):
                    reign: Reign = await self._in_thread(crown, self._engine, self.pbx)
                    return reign
                why = "another listener has this PBX"
            except AWAY as error:
                self._drop()
                why = f"CALLCENTER_DATABASE_URL does not answer ({reason(error)})"
            if why != said:
                log.warning("the listener waits", pbx=self.pbx, why=why)
            said = why
            await asyncio.sleep(_LOOK_S)

    async def keep(self, reign: Reign) -> None:
        """Beat until cancelled; raises Deposed when another listener leads.

        A lock that was lost with its connection is taken again, under a new number, if none led in between.
        """
        while True:
            await asyncio.sleep(_BEAT_S)
            try:
                if not self._leads:
                    await self._again(reign)
                await self._in_thread(self._beat, reign)
            except AWAY as error:
                if self._leads:
                    log.warning("the lock on the PBX is lost with its connection", pbx=self.pbx, why=reason(error))
                self._drop()

    def give_up(self) -> None:
        self._drop()
        self._thread.shutdown(wait=False)

    async def _again(self, reign: Reign) -> None:
        if not await self._in_thread(self._try):
            raise Deposed(f"another listener has {self.pbx}")
        await self._in_thread(reign.renew)
        log.info("the PBX is led again", pbx=self.pbx, epoch=reign.epoch)

    def _beat(self, reign: Reign) -> None:
        assert self._connection is not None
        beat = "UPDATE pbx_status SET seen_at = clock_timestamp() WHERE pbx = :pbx AND epoch = :epoch"
        if self._connection.execute(text(beat), {"pbx": self.pbx, "epoch": reign.epoch}).rowcount == 0:
            raise Deposed(f"another listener has taken {self.pbx}")

    def _try(self) -> bool:
        """The lock, if it is free; one whose holder has stopped beating is free by the next look."""
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._leads = bool(self._connection.scalar(text(f"SELECT pg_try_advisory_lock({_KEY})"), self._lock))
        if not self._leads:
            self._look_at_the_leader(self._connection)
        return self._leads

    def _look_at_the_leader(self, connection: Connection) -> None:
        """Seen twice at the same old beat: a database that itself stood still gives its leader a chance first."""
        stale = connection.scalar(
            text(
                "SELECT seen_at FROM pbx_status WHERE pbx = :pbx"
                " AND clock_timestamp() - seen_at > make_interval(secs => :stale)"
            ),
            {"pbx": self.pbx, "stale": _STALE_S},
        )
        if stale is not None and stale == self._stale:
            if stale != self._said:
                log.warning("the leader of the PBX does not beat any more: its lock is ended", pbx=self.pbx)
            _end_holders(connection, self.pbx, self._lock["key"], _fence(self.pbx), quiet=stale == self._said)
            self._said = stale
        self._stale = stale

    @property
    def _lock(self) -> dict[str, str]:
        return {"key": f"listener:{self.pbx}"}

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._leads = False
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args))


def _fence(pbx: str) -> str:
    return f"writes:{pbx}"


def reason(error: DBAPIError) -> str:
    """The database's error message, in one line."""
    return (str(error.orig).strip().splitlines() or [type(error).__name__])[0]
