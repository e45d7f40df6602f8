"""What rq calls: shallow, idempotent, one message alone in its transaction."""

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
from tickets import assignment
from tickets.handover import Handover

log = structlog.get_logger(__name__)

_engine: Engine | None = None


def use(engine: Engine) -> None:
    """Name the database of this worker process, before it takes its first job."""
    global _engine  # noqa: PLW0603 (rq calls by dotted path and passes nothing of ours)
    _engine = engine


def take_handovers(messages: Sequence[dict[str, Any]]) -> int:
    """Route up to 100 filed tickets; returns how many were new.

    Each message is `{"outbox_id": 7, "payload": {Handover v1}}`. One that cannot be worked on is set aside alone,
    where a supervisor sees it. A database that is away raises: the relay sends the whole job again.
    """
    if _engine is None:
        raise RuntimeError("tickets.jobs.use(engine) was not called in this process")
    return sum(_take_alone(_engine, message) for message in messages)


def _take_alone(engine: Engine, message: dict[str, Any]) -> bool:
    now = datetime.now(UTC)
    outbox_id = message.get("outbox_id")
    try:
        handover = Handover.model_validate(message.get("payload"))
        with transaction(engine) as session:
            if outbox_id is not None and not outbox.stamp_done(session, outbox_id, now):
                return False
            assignment.take(session, handover, now=now)
            return True
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever is wrong with one message, the next one goes on)
        reason = _in_short(error)
        log.error("handover set aside", outbox=outbox_id, error=reason)
        with transaction(engine) as session:
            _set_aside(session, outbox_id, message, reason, now)
        return False


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
