"""Call recorder: writes a batch of calls in one transaction, with their tickets and their announcements.

A call that cannot be stored is set aside for a person to see, with the PBX's lines of it, and the next one goes on.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from callcenter.models import Call, SetAside
from callcenter.push import announce
from telephony import call_rows, callflow
from telephony.call_rows import CallSnapshot
from telephony.leadership import AWAY

ORIGIN = "listener"

log = structlog.get_logger(__name__)

# The PBX's last events of a call, for people to read, each a list of lines.
Lines = Callable[[str], list[list[str]]]


@dataclass
class BatchResult:
    """What became of a batch, in Linkedids: `failed` were set aside; `over` were ended by another writer."""

    failed: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


def record(
    session: Session,
    pbx: str,
    snapshots: Sequence[CallSnapshot],
    *,
    now: datetime,
    short_abandon_s: float,
    tried_before: Collection[str] = (),
) -> BatchResult:
    """Write all calls together; an error of one is an error of all: then each is written by itself, by `record_each`.

    Of each call there is one snapshot. `tried_before` are those that were set aside, and are settled by this.
    """
    over = call_rows.write(session, pbx, snapshots, now=now, short_abandon_s=short_abandon_s)
    tried = sorted({snapshot.linkedid for snapshot in snapshots}.intersection(tried_before))
    if tried:
        _settle(session, pbx, tried, now)
    return BatchResult(over=over)


def record_each(
    session: Session,
    pbx: str,
    snapshots: Iterable[CallSnapshot],
    *,
    now: datetime,
    short_abandon_s: float,
    tried_before: Collection[str] = (),
    lines: Lines | None = None,
) -> BatchResult:
    """Write each call in a savepoint of its own; an error of the database is raised, one of a call is set aside."""
    written = BatchResult()
    for snapshot in snapshots:
        try:
            with session.begin_nested():
                one = record(
                    session, pbx, [snapshot], now=now, short_abandon_s=short_abandon_s, tried_before=tried_before
                )
            written.over += one.over
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next call must go on
            written.failed.append(snapshot.linkedid)
            if snapshot.linkedid not in tried_before:
                # Not the error's text nor its traceback: SQLAlchemy puts the caller's number there.
                log.error("a call is set aside", pbx=pbx, linkedid=snapshot.linkedid, error=type(error).__name__)
                said = lines(snapshot.linkedid) if lines else []
                set_aside(session, pbx, snapshot.linkedid, dict(snapshot.state) | {"ami": said}, error, now)
    return written


def load_live(session: Session, pbx: str, linkedids: Collection[str] | None = None) -> list[callflow.CallState]:
    """The calls that are going on, all or of these; one whose snapshot cannot be read is left."""
    query = select(Call).where(Call.pbx == pbx, Call.ended_at.is_(None)).order_by(Call.started_at)
    if linkedids is not None:
        query = query.where(Call.linkedid.in_(linkedids))
    calls = []
    for row in session.scalars(query):
        try:
            calls.append(callflow.from_json(row.snapshot))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a live call cannot be gone on with", pbx=pbx, linkedid=row.linkedid, error=str(error))
    return calls


def claim(session: Session, pbx: str, epoch: int) -> None:
    """What an older reign may still have kept of its live calls is not written over what this one knows."""
    session.execute(update(Call).where(Call.pbx == pbx, Call.ended_at.is_(None)).values(epoch=epoch))


def ended(session: Session, pbx: str, linkedids: Collection[str]) -> list[str]:
    """Which of these calls are over by now."""
    query = select(Call.linkedid).where(Call.pbx == pbx, Call.linkedid.in_(linkedids), Call.ended_at.is_not(None))
    return list(session.scalars(query))


def set_aside(
    session: Session, pbx: str, linkedid: str, payload: dict[str, Any], error: Exception, now: datetime
) -> None:
    """Keep it whole, so that a person can look and nothing else waits for it."""
    session.add(
        SetAside(
            origin=ORIGIN,
            reference=f"{pbx}:{linkedid}",
            payload=payload,
            error=f"{type(error).__name__}: {error}"[:2000],
            created_at=now,
        )
    )
    announce(session, "stuck")


def _settle(session: Session, pbx: str, linkedids: Collection[str], now: datetime) -> None:
    session.execute(
        update(SetAside)
        .where(
            SetAside.origin == ORIGIN,
            SetAside.reference.in_([f"{pbx}:{linkedid}" for linkedid in linkedids]),
            SetAside.settled_at.is_(None),
        )
        .values(settled_at=now)
    )
    announce(session, "stuck")
