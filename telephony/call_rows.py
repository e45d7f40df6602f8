"""Batch update of call rows: read, written and followed up together, with a constant number of statements.

Only what an unanswered call leaves to do takes statements of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from callcenter.db import any_of
from callcenter.models import Call, Testimony
from callcenter.push import announce
from callcenter.vocab import Third
from telephony import callflow
from tickets.desk import corrections, filing
from tickets.rules import talks
from tickets.telephone import after_call, emergency_watch
from tickets.telephone.after_call import HungUp

_ONE_ROW = update(Call.__table__).where(Call.__table__.c.id == bindparam("row_id"))  # type: ignore[arg-type]


@dataclass(frozen=True)
class CallSnapshot:
    """One call at one moment, as the leader of that epoch saw it: the columns of its row, and the fold's own copy."""

    linkedid: str
    epoch: int
    columns: Mapping[str, Any]
    state: Mapping[str, Any]

    @classmethod
    def of(cls, call: callflow.CallState, epoch: int) -> "CallSnapshot":
        return cls(call.linkedid, epoch, callflow.columns(call), callflow.to_json(call))


# An operator's part of a call that is over: the extension, and when (ISO).
Part = tuple[str, str]


@dataclass(frozen=True)
class _Before:
    """The row before this batch, as far as its change has consequences.

    `owned` is what a draft depends on: whether it rang at all, and the operator that talked last; `asked` what the end
    by a witness asked for, which the listener's own end replaces now (`late`). `parts` were over already; `third` is
    the state of the party it was transferred to.
    """

    owned: tuple[bool, str]
    phones: frozenset[str]
    same: bool
    late: bool
    asked: str | None
    parts: frozenset[Part] = frozenset()
    third: Third | None = None


_Change = tuple[Call, _Before]


def write(
    session: Session, pbx: str, snapshots: Sequence[CallSnapshot], *, now: datetime, short_abandon_s: float
) -> list[str]:
    """Write each call, one snapshot of each, with its ticket and its announcements.

    Returns the Linkedids of those that have ended already, as their rows say and their snapshots do not.
    """
    known = _known(session, pbx, snapshots)
    over: list[str] = []
    changes: list[_Change] = []
    changed: list[tuple[Call, CallSnapshot]] = []
    for snapshot in snapshots:
        row = known.get(snapshot.linkedid)
        late = row is not None and row.repaired and _is_first_word_of_the_end(row, snapshot)
        if row is None:
            row = Call(pbx=pbx, snapshot=snapshot.state, epoch=snapshot.epoch, **snapshot.columns)
            session.add(row)
            changes.append((row, _NEW))
        elif row.ended_at is not None and not late and (row.repaired or snapshot.columns["ended_at"] is None):
            # A witness has settled it, or this is an old stream played again.
            over.append(snapshot.linkedid)
        elif row.epoch <= snapshot.epoch:
            asked = corrections.asked_for(session, row, short_abandon_s=short_abandon_s) if late else None
            changes.append((row, _before(row, snapshot, late=late, asked=asked)))
            changed.append((row, snapshot))
        # Else a newer listener has it, and this was kept on disk meanwhile.
    _update(session, changed)
    session.flush()
    _follow_up(session, pbx, changes, now=now, short_abandon_s=short_abandon_s)
    return over


_NEW = _Before((False, ""), frozenset(), same=False, late=False, asked=None)


def _known(session: Session, pbx: str, snapshots: Sequence[CallSnapshot]) -> dict[str, Call]:
    """The rows that are there, held; without the fold's copy, which is only written."""
    query = (
        select(Call)
        .where(Call.pbx == pbx, Call.linkedid == any_of([snapshot.linkedid for snapshot in snapshots]))
        .order_by(Call.id)
        .with_for_update()
        .options(defer(Call.snapshot))
        .execution_options(populate_existing=True)
    )
    return {row.linkedid: row for row in session.scalars(query)}


def _before(row: Call, snapshot: CallSnapshot, *, late: bool, asked: str | None) -> _Before:
    # What a simulated caller says is in no column, and each line of it is news.
    same = not snapshot.state.get("said") and all(
        getattr(row, name) == value for name, value in snapshot.columns.items()
    )
    phones = frozenset((*row.ringing, *row.talking))
    return _Before(_owned_by(row), phones, same, late, asked, _over(row), row.third)


def _over(row: Call) -> frozenset[Part]:
    return frozenset((talk["extension"], talk["until"]) for talk in row.talks or () if talk["until"])


def _owned_by(row: Call) -> tuple[bool, str]:
    last = talks.last(row)
    return bool(row.ringing or row.operators), last.extension if last else ""


def _is_first_word_of_the_end(row: Call, snapshot: CallSnapshot) -> bool:
    """The listener saw the end and could not write it: the database was away until a witness came first."""
    seen = snapshot.columns["ended_at"] is not None and not snapshot.state.get("vanished")
    return row.ended_at is not None and seen and not row.snapshot.get("settled")


def _update(session: Session, changed: Sequence[tuple[Call, CallSnapshot]]) -> None:
    """One statement for all, prepared once; the objects get the same values, so that no flush writes them again."""
    if not changed:
        return
    values = [
        {**snapshot.columns, "snapshot": snapshot.state, "epoch": snapshot.epoch, "row_id": row.id}
        for row, snapshot in changed
    ]
    session.connection().execute(_ONE_ROW, values)
    for row, snapshot in changed:
        for name, value in snapshot.columns.items():
            set_committed_value(row, name, value)


def _follow_up(
    session: Session, pbx: str, changes: Sequence[_Change], *, now: datetime, short_abandon_s: float
) -> None:
    """A draft from the moment it rings; at the end what the outcome asks for; and announcements to the pages."""
    in_time = [(row, before) for row, before in changes if not before.late]
    if owned := _newly_owned(in_time):
        filing.open_drafts(session, owned, now=now)
    if ended := _ended(in_time):
        filing.settle_calls(session, ended, now=now, short_abandon_s=short_abandon_s)
    if hung_up := _hung_up(in_time):
        after_call.begin(session, pbx, hung_up, now=now)
    if passed := _passed_on(changes):
        emergency_watch.follow(session, passed, now=now)
    for row, before in changes:
        if before.late:
            _take_the_place_of_the_witness(session, row)
            corrections.settle_anew(session, row, asked_before=before.asked, now=now, short_abandon_s=short_abandon_s)
        if not before.same:
            _tell(session, row, before)


def _newly_owned(changes: Sequence[_Change]) -> list[Call]:
    """Those that ring for the first time, or are with another operator than before."""
    return [row for row, before in changes if _owned_by(row)[0] and _owned_by(row) != before.owned]


def _ended(changes: Sequence[_Change]) -> list[Call]:
    return [row for row, _ in changes if row.ended_at is not None]


def _hung_up(changes: Sequence[_Change]) -> list[HungUp]:
    """The parts of operators that are over now and were not before."""
    return [
        HungUp(row, extension, datetime.fromisoformat(until))
        for row, before in changes
        for extension, until in _over(row) - before.parts
    ]


def _passed_on(changes: Sequence[_Change]) -> list[Call]:
    return [row for row, before in changes if row.third != before.third]


def _tell(session: Session, row: Call, before: _Before) -> None:
    """The pages of calls, and of each telephone that is in it or was."""
    announce(session, "calls", call=row.id)
    for extension in sorted(before.phones.union(row.ringing, row.talking)):
        announce(session, f"extension:{extension}", call=row.id)


def _take_the_place_of_the_witness(session: Session, row: Call) -> None:
    """What the witness says is compared with what was heard, as if that had come in time."""
    row.repaired = False
    theirs = update(Testimony).where(Testimony.pbx == row.pbx, Testimony.linkedid == row.linkedid)
    session.execute(theirs.values(verdict=None))
