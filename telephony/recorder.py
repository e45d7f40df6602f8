"""Writes calls as they are now: one transaction a batch, one savepoint a call, with its ticket and its announcements.

A call that cannot be stored is set aside for a person to see, and the next one goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxStatus, SetAside
from callcenter.push import announce
from telephony import callflow
from telephony.commands import known
from telephony.link import LinkState
from tickets import desk

ORIGIN = "listener"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Picture:
    """One call at one moment: the columns of its row, and the state machine's own copy."""

    linkedid: str
    columns: Mapping[str, Any]
    snapshot: Mapping[str, Any]

    @classmethod
    def of(cls, call: callflow.Call) -> "Picture":
        return cls(call.linkedid, callflow.columns(call), callflow.to_json(call))


@dataclass
class Written:
    """What became of a batch: `failed` holds the Linkedids that were set aside."""

    failed: list[str] = field(default_factory=list)


def record(
    session: Session,
    pbx: str,
    pictures: Iterable[Picture],
    *,
    epoch: int,
    now: datetime,
    short_abandon_s: float,
    tried_before: Sequence[str] = (),
) -> Written:
    """Write each call, newest picture wins; an error of the database itself is raised, one of a call is set aside."""
    written = Written()
    for picture in pictures:
        try:
            with session.begin_nested():
                _record_one(session, pbx, picture, epoch=epoch, now=now, short_abandon_s=short_abandon_s)
                if picture.linkedid in tried_before:
                    _settle(session, pbx, picture.linkedid, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next call must go on
            written.failed.append(picture.linkedid)
            if picture.linkedid not in tried_before:
                # Not the error's text nor its traceback: SQLAlchemy puts the caller's number there.
                log.error("a call is set aside", pbx=pbx, linkedid=picture.linkedid, error=type(error).__name__)
                _set_aside(session, pbx, picture, error, now)
    return written


def load_live(session: Session, pbx: str) -> list[callflow.Call]:
    """The calls that were going on when the last listener stopped; one whose snapshot cannot be read is left."""
    query = select(Call).where(Call.pbx == pbx, Call.ended_at.is_(None)).order_by(Call.started_at)
    calls = []
    for row in session.scalars(query):
        try:
            calls.append(callflow.from_json(row.snapshot))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a live call cannot be gone on with", pbx=pbx, linkedid=row.linkedid, error=str(error))
    return calls


def last_heard(session: Session, pbx: str) -> datetime | None:
    """When this PBX was last heard: where the record of a call that ended in the gap has to stop."""
    row = session.get(PbxStatus, pbx)
    if row is None:
        return None
    return row.seen_at if row.connected else row.since


def note_status(session: Session, pbx: str, state: LinkState, *, epoch: int, now: datetime) -> None:
    """Keep what pages say of the connection, and the heartbeat that shows a listener is alive at all."""
    row = session.get(PbxStatus, pbx)
    if row is None:
        row = PbxStatus(pbx=pbx, connected=state.connected, since=state.since, seen_at=now)
        session.add(row)
        announce(session, "pbx")
    elif (row.connected, row.detail or "") != (state.connected, state.detail):
        announce(session, "pbx")
    if state.connected:
        # While it is away pages still know what it will be able to do, and say so.
        row.actions = [verb.value for verb in known(state.actions)]
    row.connected = state.connected
    row.since = state.since
    row.detail = state.detail or None
    row.seen_at = now
    row.epoch = epoch


def _record_one(
    session: Session, pbx: str, picture: Picture, *, epoch: int, now: datetime, short_abandon_s: float
) -> None:
    query = select(Call).where(Call.pbx == pbx, Call.linkedid == picture.linkedid).with_for_update()
    row = session.scalar(query)
    if row is None:
        row = Call(pbx=pbx)
        session.add(row)
    elif row.epoch > epoch or (row.ended_at is not None and picture.columns["ended_at"] is None):
        # A newer listener has it, or this is an old stream played again.
        return
    phones = {*(row.ringing or ()), *(row.talking or ())}
    for name, value in picture.columns.items():
        setattr(row, name, value)
    row.snapshot = dict(picture.snapshot)
    row.epoch = epoch
    session.flush()
    _ticket(session, row, now=now, short_abandon_s=short_abandon_s)
    announce(session, "calls", call=row.id)
    for extension in sorted(phones.union(row.ringing, row.talking)):
        announce(session, f"extension:{extension}", call=row.id)


def _ticket(session: Session, row: Call, *, now: datetime, short_abandon_s: float) -> None:
    """A draft from the moment it rings; at the end what the outcome asks for."""
    if row.ringing or row.operators:
        desk.open_draft(session, row, now=now)
    if row.ended_at is not None:
        desk.settle_call(session, row, now=now, short_abandon_s=short_abandon_s)


def _set_aside(session: Session, pbx: str, picture: Picture, error: Exception, now: datetime) -> None:
    session.add(
        SetAside(
            origin=ORIGIN,
            reference=f"{pbx}:{picture.linkedid}",
            payload=dict(picture.snapshot),
            error=f"{type(error).__name__}: {error}"[:2000],
            created_at=now,
        )
    )
    announce(session, "stuck")


def _settle(session: Session, pbx: str, linkedid: str, now: datetime) -> None:
    session.execute(
        update(SetAside)
        .where(
            SetAside.origin == ORIGIN,
            SetAside.reference == f"{pbx}:{linkedid}",
            SetAside.settled_at.is_(None),
        )
        .values(settled_at=now)
    )
    announce(session, "stuck")
