"""Transactional outbox: what must happen after a commit is promised in the same transaction, and relayed to rq."""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import redis
import structlog
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from callcenter.db import any_of, transaction
from callcenter.models import OutboxRow, TicketOrCallBack

ROUTING = "agency-routing"
TEXTS = "text-messages"
# In the order in which a worker takes them: a slow gateway holds up no ticket that waits already.
QUEUES = (ROUTING, TEXTS)
# The rq entry point behind each queue, by its dotted path: this package knows no ticket rules.
HANDLERS = {ROUTING: "tickets.jobs.take_handovers", TEXTS: "tickets.jobs.send_texts"}
BATCH = 100
MAX_ATTEMPTS = 12
_WAKE = "outbox"
_NEVER_DONE = "sent again and again and never done: is a worker running?"

log = structlog.get_logger(__name__)


def promise(
    session: Session, queue: str, payload: Mapping[str, Any], *, now: datetime, about: TicketOrCallBack | None = None
) -> OutboxRow:
    """Write the promise, at the next flush; the relay wakes when (and only if) the transaction commits."""
    row = OutboxRow(
        queue=queue, payload=dict(payload), ticket_id=about.id if about else None, created_at=now, send_at=now
    )
    session.add(row)
    return row


def back_off(attempts: int) -> timedelta:
    """How long a sent job may take before it counts as lost: 30 s, doubling, at most 10 minutes."""
    return timedelta(seconds=min(30 * 2 ** max(attempts - 1, 0), 600))


class Claimed(NamedTuple):
    """A row that a relay hands over, `attempts` times up to now."""

    id: int
    queue: str
    payload: dict[str, Any]
    attempts: int


def claim(session: Session, now: datetime, limit: int) -> list[Claimed]:
    """Take what is due, oldest first, past rows another relay holds; each gets its next time before it is sent."""
    due = (
        select(OutboxRow.id, OutboxRow.queue, OutboxRow.payload, OutboxRow.attempts + 1)
        .where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.send_at <= now)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = [Claimed(*row) for row in session.execute(due)]
    for attempts in sorted({row.attempts for row in rows}):
        ids = [row.id for row in rows if row.attempts == attempts]
        stamps: dict[str, Any] = {"attempts": attempts, "sent_at": now, "send_at": now + back_off(attempts)}
        if attempts > MAX_ATTEMPTS:
            stamps |= {"failed_at": now, "error": func.coalesce(OutboxRow.error, _NEVER_DONE)}
        stamped = update(OutboxRow).where(OutboxRow.id == any_of(ids)).values(stamps)
        session.execute(stamped, execution_options={"synchronize_session": False})
    return [row for row in rows if row.attempts <= MAX_ATTEMPTS]


def enqueue(broker: redis.Redis, rows: Iterable[Claimed]) -> int:
    """Hand rows to rq, up to `BATCH` of one queue in one job; returns how many rows were handed over."""
    # Here, because only the relay speaks to rq: every web worker that writes promises would carry it for nothing.
    from rq import Queue
    from rq.serializers import JSONSerializer

    by_queue: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_queue[row.queue].append({"outbox_id": row.id, "payload": row.payload})
    for name, messages in by_queue.items():
        queue = Queue(name, connection=broker, serializer=JSONSerializer)
        jobs = [
            Queue.prepare_data(
                HANDLERS[name], (messages[start : start + BATCH],), result_ttl=60, failure_ttl=86_400, timeout=120
            )
            for start in range(0, len(messages), BATCH)
        ]
        queue.enqueue_many(jobs)
    return sum(len(messages) for messages in by_queue.values())


def relay_once(engine: Engine, broker: redis.Redis, *, now: datetime | None = None, limit: int = 2000) -> int:
    """Claim and hand over what is due. If the broker is away the claim is rolled back and nothing is lost.

    Handing over comes before the commit: a crash between the two sends a job twice, never not at all.
    """
    with transaction(engine) as session:
        rows = claim(session, now or datetime.now(UTC), limit)
        return enqueue(broker, rows)


def stamp_done(session: Session, outbox_id: int, now: datetime) -> bool:
    """Inside the handler's transaction: True for the first that does it, False when it was done before."""
    done = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.done_at.is_(None))
        .values(done_at=now, failed_at=None)
        .returning(OutboxRow.id)
    )
    return done.first() is not None


def stamp_all_done(session: Session, outbox_ids: Collection[int], now: datetime) -> set[int]:
    """`stamp_done` for many: those that this transaction is the first to do. Held in one order by whoever asks."""
    not_done = select(OutboxRow.id).where(OutboxRow.id == any_of(outbox_ids), OutboxRow.done_at.is_(None))
    first = set(session.scalars(not_done.order_by(OutboxRow.id).with_for_update()))
    if first:
        stamped = update(OutboxRow).where(OutboxRow.id == any_of(first)).values(done_at=now, failed_at=None)
        session.execute(stamped, execution_options={"synchronize_session": False})
    return first


def stamp_failed(session: Session, outbox_id: int, now: datetime, error: str) -> None:
    """Set a promise aside that can never be kept as it is: it waits for a person, the next go on."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.done_at.is_(None))
        .values(failed_at=now, error=error)
    )


def retry(session: Session, outbox_id: int, now: datetime) -> None:
    """A person has mended the cause: send it once more."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.failed_at.is_not(None))
        .values(failed_at=None, error=None, attempts=0, send_at=now)
    )
    session.execute(text(f"NOTIFY {_WAKE}"))


def relay(engine: Engine, broker: redis.Redis, stop: threading.Event, *, idle_s: float = 1.0) -> None:
    """Relay until `stop` is set: at once when a promise is committed, and at least every `idle_s` seconds.

    Database or broker away: says so once, tries again, and goes on where it was.
    """
    away = False
    while not stop.is_set():
        try:
            with _listening(engine) as wake:
                while not stop.is_set():
                    handed = relay_once(engine, broker)
                    if away:
                        log.info("relay goes on")
                        away = False
                    if handed == 0:
                        _wait(wake, idle_s)
        except (OperationalError, psycopg.OperationalError, redis.RedisError) as error:
            if not away:
                log.warning("relay waits", error=str(error).splitlines()[0])
                away = True
            stop.wait(1.0)


def _listening(engine: Engine) -> psycopg.Connection[Any]:
    """A connection of its own that hears NOTIFY; outside the pool, because it stays open."""
    # The engine's own arguments, not its address as text: a space in a path does not survive that.
    arguments, options = engine.dialect.create_connect_args(engine.url)
    connection = psycopg.connect(*arguments, **options, autocommit=True, connect_timeout=5)
    connection.execute(f"LISTEN {_WAKE}")
    return connection


def _wait(wake: psycopg.Connection[Any], idle_s: float) -> None:
    for _ in wake.notifies(timeout=idle_s, stop_after=1):
        pass
