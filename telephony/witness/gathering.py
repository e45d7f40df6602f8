"""Collection of the PBX's own logs: read on from the stored cursor, and kept call by call, unchanged.

Only rows of hotline calls are kept: of a call that the dialplan announced, that came in by a hotline number, that is
recorded already, or, on a PBX without the shipped dialplan, that waits in a queue of the hotline.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import Call, PbxQueue, Testimony, WitnessCursor
from callcenter.vocab import Witness
from telephony.callflow import Rules
from telephony.callflow.calls import is_extension
from telephony.witness import cel, queue_log
from telephony.witness.readers import UNREADABLE, CelDatabase, CelRows, Lines, read_lines, reason

log = structlog.get_logger(__name__)

_LOOK_BACK = timedelta(days=1)
_CLOSING = frozenset({queue_log.TOLD_END, "ABANDON"})


@dataclass(frozen=True)
class LogSource:
    """One witness of one PBX: where it is, and what makes a call of the hotline."""

    pbx: str
    witness: Witness
    address: str
    rules: Rules


def sources(settings: Settings, pbx: str) -> list[LogSource]:
    """queue_log first: what it announces decides which rows of CEL are kept."""
    rules = Rules.of(settings.hotline_numbers, settings.inbound_contexts)
    named = {Witness.QUEUE_LOG: settings.queue_log, Witness.CEL: settings.cel}
    return [LogSource(pbx, witness, places[pbx], rules) for witness, places in named.items() if pbx in places]


def gather(engine: Engine, source: LogSource, now: datetime, *, since: datetime | None = None) -> bool:
    """Read all there is; False, with the reason in the cursor, where it could not be read to its end."""
    try:
        place = _begin(engine, source, now, since)
        begin = datetime.fromisoformat(place["begin"]) if "at" not in place else None
        if source.witness == Witness.QUEUE_LOG:
            for lines in read_lines(Path(source.address), place.get("at", {}), begin):
                place = _keep_lines(engine, source, lines, place)
        else:
            with CelDatabase(source.address) as database:
                for rows in database.read(place.get("at", {}), begin):
                    place = _keep_cel(engine, source, rows, place)
    except UNREADABLE as error:
        why = reason(error)
        log.warning("a witness cannot be read", pbx=source.pbx, witness=source.witness.value, error=why)
        _note(engine, source, now, error=why)
        return False
    _note(engine, source, now, error=None)
    return True


def remembered_members(session: Session, pbx: str) -> dict[str, dict[str, str]]:
    """Queue -> name -> extension, as its members are and as they were: one that has signed out is still in the log."""
    cursor = session.get(WitnessCursor, (pbx, Witness.QUEUE_LOG.value), with_for_update=True)
    known: dict[str, dict[str, str]] = dict(cursor.place.get("members", {})) if cursor is not None else {}
    for queue in session.scalars(select(PbxQueue).where(PbxQueue.pbx == pbx)):
        now = {member["name"]: member["extension"] for member in queue.members}
        known[queue.name] = {**known.get(queue.name, {}), **now}
    if cursor is not None:
        cursor.place = {**cursor.place, "members": known}
    return known


def began_at(cursor: WitnessCursor) -> datetime:
    """Calls before this moment are none of ours: the log is older than the hotline."""
    return datetime.fromisoformat(cursor.place["begin"])


def tells_all(cursor: WitnessCursor) -> bool:
    """Whether every call leaves a trace in it: CEL always, queue_log with the shipped dialplan."""
    return cursor.witness == Witness.CEL or bool(cursor.place.get("tells"))


def _begin(engine: Engine, source: LogSource, now: datetime, since: datetime | None) -> dict[str, Any]:
    """The remembered place; at the first look, or where more of the past is wanted, the start of the log."""
    with transaction(engine) as session:
        cursor = session.get(WitnessCursor, (source.pbx, source.witness.value))
        same = cursor is not None and cursor.place.get("of") == _of(source)
        if cursor is not None and same and (since is None or since >= began_at(cursor)):
            return dict(cursor.place)
        first = select(func.min(Call.started_at)).where(Call.pbx == source.pbx)
        if cursor is not None and not same:
            # Another log, of a PBX that was set up anew: what the old one did not tell, this one cannot.
            first = first.where(Call.started_at > cursor.read_at)
        # A call missed longer ago makes no call-back because a log is read for the first time.
        heard = max(session.scalar(first) or now, now - _LOOK_BACK)
        begin = min(heard, since or now)
        members = cursor.place.get("members", {}) if cursor is not None else {}
        place = {"begin": begin.isoformat(), "of": _of(source), "members": members}
        if cursor is None:
            cursor = WitnessCursor(pbx=source.pbx, witness=source.witness.value, read_at=now)
            session.add(cursor)
        cursor.place = place
        return place


def _of(source: LogSource) -> str:
    """Which log a place belongs to; an address may hold a password."""
    return hashlib.sha256(source.address.encode()).hexdigest()[:16]


def _note(engine: Engine, source: LogSource, now: datetime, *, error: str | None) -> None:
    with transaction(engine) as session:
        cursor = session.get(WitnessCursor, (source.pbx, source.witness.value))
        if cursor is not None:
            cursor.error = error
            cursor.read_at = cursor.read_at if error else now


def _keep_lines(engine: Engine, source: LogSource, read: Lines, place: Mapping[str, Any]) -> dict[str, Any]:
    sifted = queue_log.sift(read.lines, int(place.get("torn", 0)))
    if sifted.dropped:
        log.warning("lines of queue_log are dropped", pbx=source.pbx, lines=sifted.dropped)
    if read.lost:
        log.error("a part of queue_log is gone: it was moved away before it was read", pbx=source.pbx)
    kept = {**place, "at": read.place, "torn": sifted.torn}
    rows = [row for _, row in sifted.rows]
    kept["tells"] = bool(place.get("tells")) or any(_announces(row, source.rules) for row in rows)
    with transaction(engine) as session:
        notes = _Notes(session, source, began=datetime.fromisoformat(str(place["begin"])))
        notes.open(_callids(session, source, rows, told=kept["tells"]))
        notes.know(row.callid for row in rows)
        for line, row in sifted.rows:
            if row.event == queue_log.RESTART:
                notes.cut_off(line, row.at)
            else:
                notes.add(row.callid, line, row.at, closes=row.event in _CLOSING)
        _remember(session, source, kept, max((row.at for row in rows), default=None))
    return kept


def _announces(row: queue_log.Row, rules: Rules) -> bool:
    """The dialplan's own first row, of a channel that was made just then."""
    made = queue_log.started_at(row.callid)
    fresh = made is not None and abs((row.at - made).total_seconds()) <= _ANNOUNCED_WITHIN_S
    return row.event == queue_log.START and fresh and rules.is_hotline(row.datum(2))


_ANNOUNCED_WITHIN_S = 60


def _callids(session: Session, source: LogSource, rows: Sequence[queue_log.Row], *, told: bool) -> set[str]:
    """The calls of these rows that are the hotline's by these rows alone."""
    if told:
        return {row.callid for row in rows if _announces(row, source.rules)}
    queues = set(session.scalars(select(Call.queue).where(Call.pbx == source.pbx).distinct()))
    joins = [row for row in rows if row.event == queue_log.JOIN and row.callid and row.queue in queues]
    return {row.callid for row in joins if not is_extension(row.datum(1))}


def _keep_cel(engine: Engine, source: LogSource, read: CelRows, place: Mapping[str, Any]) -> dict[str, Any]:
    kept = {**place, "at": read.place}
    with transaction(engine) as session:
        notes = _Notes(session, source, began=datetime.fromisoformat(str(place["begin"])))
        notes.open(cel.linkedid(row) for row in read.rows if _comes_in(row, source.rules))
        notes.know(linkedid for row in read.rows for linkedid in (cel.linkedid(row), *cel.others(row)))
        moments = []
        shift = timedelta(seconds=place.get("shift", 0))
        for row in read.rows:
            at = cel.moment(row)
            if at is None:
                continue
            shift = cel.zone_shift(row) if cel.kind_of(row) == cel.START else shift
            at -= shift
            moments.append(at)
            for linkedid in dict.fromkeys((cel.linkedid(row), *cel.others(row))):
                ends = cel.kind_of(row) == cel.END and cel.text(row, "uniqueid") == linkedid
                notes.add(linkedid, row, at, closes=ends)
        kept["shift"] = shift.total_seconds()
        _remember(session, source, kept, max(moments, default=None))
    return kept


def _comes_in(row: Mapping[str, Any], rules: Rules) -> bool:
    own = cel.text(row, "uniqueid") == cel.linkedid(row)
    return (
        own
        and cel.kind_of(row) == cel.START
        and cel.text(row, "context") in rules.contexts
        and rules.is_hotline(cel.text(row, "exten"))
    )


def _remember(session: Session, source: LogSource, place: dict[str, Any], newest: datetime | None) -> None:
    """In the transaction that keeps the rows, so that a restart reads on exactly there."""
    cursor = session.get(WitnessCursor, (source.pbx, source.witness.value), with_for_update=True)
    if cursor is not None:
        cursor.place = place
        cursor.read_to = max(filter(None, (cursor.read_to, newest)), default=None)


class _Notes:
    """The testimonies that a piece of a log adds to."""

    def __init__(self, session: Session, source: LogSource, *, began: datetime) -> None:
        self._session = session
        self._source = source
        self._began = began
        self._by_id: dict[str, Testimony | None] = {}
        self._opening: set[str] = set()

    def open(self, linkedids: Iterable[str]) -> None:
        """These are hotline calls, whether anybody heard of them or not."""
        self._opening |= {one for one in linkedids if one}

    def know(self, linkedids: Iterable[str]) -> None:
        """Look up at once which of these are known."""
        asked = {one for one in linkedids if one} - self._by_id.keys()
        pbx = self._source.pbx
        there = select(Testimony).where(Testimony.pbx == pbx, Testimony.linkedid.in_(asked)).with_for_update()
        self._by_id |= dict.fromkeys(asked)
        self._by_id |= {row.linkedid: row for row in self._session.scalars(there)}
        recorded = select(Call.linkedid).where(Call.pbx == pbx, Call.linkedid.in_(asked))
        self._opening |= set(self._session.scalars(recorded))

    def add(self, linkedid: str, raw: Any, at: datetime, *, closes: bool) -> None:
        if not linkedid:
            return
        if linkedid not in self._by_id:
            self.know([linkedid])
        row = self._by_id[linkedid]
        if row is None:
            made = queue_log.started_at(linkedid) or at
            if linkedid not in self._opening or made < self._began.replace(microsecond=0):
                return
            row = Testimony(
                pbx=self._source.pbx,
                linkedid=linkedid,
                started_at=made,
                last_at=at,
                rows={},
                differences=[],
                closed=False,
            )
            self._session.add(row)
            self._by_id[linkedid] = row
        self._append(row, raw, at, closes=closes)

    def cut_off(self, line: str, at: datetime) -> None:
        """The PBX started: a call without an end is over."""
        self._session.flush()
        open_ones = select(Testimony).where(
            Testimony.pbx == self._source.pbx,
            Testimony.closed.is_(False),
            Testimony.verdict.is_(None),
            Testimony.started_at < at,
        )
        for row in self._session.scalars(open_ones.with_for_update()):
            self._by_id[row.linkedid] = row
            self._append(row, line, at, closes=True)

    def _append(self, row: Testimony, raw: Any, at: datetime, *, closes: bool) -> None:
        kept = row.rows.get(self._source.witness.value, [])
        if raw in kept:
            return
        row.rows = {**row.rows, self._source.witness.value: [*kept, raw]}
        row.last_at = max(row.last_at, at)
        row.closed = row.closed or closes
        row.verdict = None
