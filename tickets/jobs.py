"""Jobs of rq: shallow and idempotent, one message in one transaction."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.db import transaction
from callcenter.models import SetAside
from callcenter.push import announce
from tickets.agency import assignment
from tickets.notices import messages as texts
from tickets.notices.gateways import OFF, Gateway, TryLater
from tickets.rules.handover import Handover

log = structlog.get_logger(__name__)

# A gateway that takes its time gives the worker back after this; the relay sends the rest again.
_TEXTS_FOR_S = 30.0

_engine: Engine | None = None
_gateway: Gateway | None = None


def use(engine: Engine, gateway: Gateway | None = None) -> None:
    """Name the database and the gateway for texts of this worker process, before it takes its first job."""
    global _engine, _gateway
    _engine, _gateway = engine, gateway


def take_handovers(messages: Sequence[dict[str, Any]]) -> int:
    """Route up to 100 filed tickets; returns how many were new.

    Each message is `{"outbox_id": 7, "payload": {Handover v1}}`. One that cannot be worked on is set aside alone,
    where a supervisor sees it. A database that is away raises: the relay sends the whole job again.
    """
    try:
        return _take_together(_database(), messages)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 (which of them it is shows when each is alone)
        log.info("handovers taken one by one", of=len(messages), error=type(error).__name__)
        return sum(_take_alone(_database(), message) for message in messages)


def send_texts(messages: Sequence[dict[str, Any]]) -> int:
    """Send up to 100 text messages, `{"outbox_id": 8, "payload": {"message": 3}}` each; returns how many ended.

    Where the gateway is away, or slow, the rest is left to the relay, which sends this job again.
    """
    until = time.monotonic() + _TEXTS_FOR_S
    ended = 0
    for message in messages:
        if time.monotonic() > until or not _send_alone(_database(), message):
            log.info("texts wait", ended=ended, of=len(messages))
            break
        ended += 1
    return ended


def _send_alone(engine: Engine, message: dict[str, Any]) -> bool:
    """False where the gateway can take nothing now. The message is marked as taken before it goes out."""
    number = int(message["payload"]["message"])
    with transaction(engine) as session:
        text = texts.take(session, number, datetime.now(UTC))
        if text is None:
            if texts.is_ended(session, number):
                outbox.stamp_done(session, message["outbox_id"], datetime.now(UTC))
            return True
    try:
        answer = _gateway.send(text.id, text.number, text.text) if _gateway else OFF
    except TryLater as error:
        log.info("gateway for texts is away", error=str(error))
        with transaction(engine) as session:
            texts.put_back(session, number)
        return False
    with transaction(engine) as session:
        texts.finish(session, number, answer.result, answer.words, datetime.now(UTC))
        outbox.stamp_done(session, message["outbox_id"], datetime.now(UTC))
    return True


def _database() -> Engine:
    if _engine is None:
        raise RuntimeError("tickets.jobs.use(engine) was not called in this process")
    return _engine


def _take_together(engine: Engine, messages: Sequence[dict[str, Any]]) -> int:
    """All in one transaction, whose cost they share; raises whatever is wrong with any, having done nothing."""
    now = datetime.now(UTC)
    handovers = [(message.get("outbox_id"), Handover.model_validate(message.get("payload"))) for message in messages]
    with transaction(engine) as session:
        promised = [outbox_id for outbox_id, _ in handovers if outbox_id is not None]
        first = outbox.stamp_all_done(session, promised, now)
        new: list[Handover] = []
        for outbox_id, handover in handovers:
            if outbox_id is None or outbox_id in first:
                first.discard(outbox_id)
                new.append(handover)
        assignment.take_all(session, new, now=now)
    return len(new)


def _take_alone(engine: Engine, message: dict[str, Any]) -> int:
    try:
        return _take_together(engine, [message])
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever is wrong with one message, the next one goes on)
        outbox_id, reason = message.get("outbox_id"), _in_short(error)
        log.error("handover set aside", outbox=outbox_id, error=reason)
        with transaction(engine) as session:
            _set_aside(session, outbox_id, message, reason, datetime.now(UTC))
        return 0


def _set_aside(session: Session, outbox_id: int | None, message: dict[str, Any], reason: str, now: datetime) -> None:
    if outbox_id is not None:
        outbox.stamp_failed(session, outbox_id, now, reason)
    session.add(
        SetAside(
            origin="routing",
            reference=str(outbox_id or "-"),
            payload={"message": message},
            error=reason,
            created_at=now,
        )
    )
    announce(session, "stuck")


def _in_short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'message'}: {first['msg']}"
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]
