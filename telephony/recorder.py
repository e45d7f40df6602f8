"""Writes calls as they are now: one transaction a batch, with their tickets and their announcements.

A call that cannot be stored is set aside for a person to see, with the lines that the PBX said of it, and the next
one goes on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from callcenter.models import Call, SetAside, Testimony
from callcenter.push import announce
from telephony import callflow
from telephony.leadership import AWAY
from tickets import corrections, desk

ORIGIN = "listener"

log = structlog.get_logger(__name__)

# What the PBX said of a call, for people to read: its last events, each a list of lines.
Lines = Callable[[str], list[list[str]]]


@dataclass(frozen=True)
class Picture:
    """One call at one moment, as the leader of that epoch saw it: the columns of its row, and the fold's own copy."""

    linkedid: str
    epoch: int
    columns: Mapping[str, Any]
    snapshot: Mapping[str, Any]

    @classmethod
    def of(cls, call: callflow.Call, epoch: int) -> "Picture":
        return cls(call.linkedid, epoch, callflow.columns(call), callflow.to_json(call))


@dataclass
class Written:
    """What became of a batch, in Linkedids: `failed` were set aside; `over` have ended by somebody else's word."""

    failed: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


def record(
    session: Session,
    pbx: str,
    pictures: Iterable[Picture],
    *,
    now: datetime,
    short_abandon_s: float,
    tried_before: Collection[str] = (),
    lines: Lines | None = None,
) -> Written:
    """Write each call, newest picture wins; an error of the database itself is raised, one of a call is set aside.

    All of them in one savepoint; only where that fails each gets its own.
    """
    chosen = list(pictures)
    write = partial(_write, session, pbx, now=now, short_abandon_s=short_abandon_s, tried_before=tried_before)
    try:
        with session.begin_nested():
            return write(chosen)
    except AWAY:
        raise
    except Exception:  # noqa: BLE001 - found out below whose error it is
        written = Written()
    for picture in chosen:
        try:
            with session.begin_nested():
                written.over += write([picture]).over
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next call must go on
            written.failed.append(picture.linkedid)
            if picture.linkedid not in tried_before:
                # Not the error's text nor its traceback: SQLAlchemy puts the caller's number there.
                log.error("a call is set aside", pbx=pbx, linkedid=picture.linkedid, error=type(error).__name__)
                said = lines(picture.linkedid) if lines else []
                set_aside(session, pbx, picture.linkedid, dict(picture.snapshot) | {"ami": said}, error, now)
    return written


def _write(
    session: Session,
    pbx: str,
    pictures: Sequence[Picture],
    *,
    now: datetime,
    short_abandon_s: float,
    tried_before: Collection[str],
) -> Written:
    written = Written()
    names = [picture.linkedid for picture in pictures]
    query = select(Call).where(Call.pbx == pbx, Call.linkedid.in_(names)).order_by(Call.id).with_for_update()
    rows = {row.linkedid: row for row in session.scalars(query)}
    for picture in pictures:
        row = rows.get(picture.linkedid)
        if not _record_one(session, pbx, row, picture, now=now, short_abandon_s=short_abandon_s):
            written.over.append(picture.linkedid)
        if picture.linkedid in tried_before:
            _settle(session, pbx, picture.linkedid, now)
    return written


def load_live(session: Session, pbx: str, linkedids: Collection[str] | None = None) -> list[callflow.Call]:
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


def _record_one(
    session: Session, pbx: str, row: Call | None, picture: Picture, *, now: datetime, short_abandon_s: float
) -> bool:
    """False where the call has ended already, as its row says and the picture does not."""
    late = row is not None and row.repaired and _is_first_word_of_the_end(row, picture)
    if row is None:
        row = Call(pbx=pbx)
        session.add(row)
    elif row.ended_at is not None and not late and (row.repaired or picture.columns["ended_at"] is None):
        # A witness has settled it, or this is an old stream played again.
        return False
    elif row.epoch > picture.epoch:
        # A newer listener has it, and this was kept on disk meanwhile.
        return True
    asked_before = corrections.asked_for(session, row, short_abandon_s=short_abandon_s) if late else None
    phones = {*(row.ringing or ()), *(row.talking or ())}
    had = _owned_by(row)
    for name, value in picture.columns.items():
        setattr(row, name, value)
    row.snapshot = dict(picture.snapshot)
    row.epoch = picture.epoch
    session.flush()
    if late:
        _take_the_place_of_the_witness(session, row)
        corrections.settle_anew(session, row, asked_before=asked_before, now=now, short_abandon_s=short_abandon_s)
    else:
        _ticket(session, row, had, now=now, short_abandon_s=short_abandon_s)
    announce(session, "calls", call=row.id)
    for extension in sorted(phones.union(row.ringing, row.talking)):
        announce(session, f"extension:{extension}", call=row.id)
    return True


def _owned_by(row: Call) -> tuple[bool, str]:
    """What a draft depends on: whether it rang at all, and who talked last."""
    return bool(row.ringing or row.operators), row.operators[-1] if row.operators else ""


def _is_first_word_of_the_end(row: Call, picture: Picture) -> bool:
    """The listener saw the end and could not write it: the database was away until a witness came first."""
    seen = picture.columns["ended_at"] is not None and not picture.snapshot.get("vanished")
    return row.ended_at is not None and seen and not row.snapshot.get("settled")


def _take_the_place_of_the_witness(session: Session, row: Call) -> None:
    """What the witness says is compared with what was heard, as if that had come in time."""
    row.repaired = False
    theirs = update(Testimony).where(Testimony.pbx == row.pbx, Testimony.linkedid == row.linkedid)
    session.execute(theirs.values(verdict=None))


def _ticket(session: Session, row: Call, had: tuple[bool, str], *, now: datetime, short_abandon_s: float) -> None:
    """A draft from the moment it rings; at the end what the outcome asks for."""
    if _owned_by(row)[0] and _owned_by(row) != had:
        desk.open_draft(session, row, now=now)
    if row.ended_at is not None:
        desk.settle_call(session, row, now=now, short_abandon_s=short_abandon_s)


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
