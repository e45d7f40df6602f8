"""Repair of one call from its witnesses: compared, completed where the record lacks something, and its ticket too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Call, Testimony
from callcenter.push import announce
from callcenter.vocab import Verdict, Witness
from telephony.connection_record import hides_talk
from telephony.events import extension_of
from telephony.witness import cel, queue_log
from telephony.witness.comparing import Comparison, compare
from telephony.witness.testimony import UNMAPPED, WitnessedFacts, merge, of_cel, of_queue_log
from tickets.desk import corrections
from tickets.figures.capture import MADE

_SETTLED = timedelta(seconds=3)
# Without a gap the listener may only be late: it waits for the database, or for the call's last word.
_LATE = timedelta(seconds=60)
_QUIET = timedelta(minutes=5)
_SLACK = timedelta(seconds=2)
# One row of a call can be written by a caller into their number; two of one call do not fit.
_ROWS_OF_A_CALL = 2


# Queue -> its members' names -> extension.
Members = Mapping[str, Mapping[str, str]]


class Silence(NamedTuple):
    """A gap as calls are compared with it, by the clock of the PBX; `restarted`: it was down itself."""

    began: datetime
    ended: datetime | None
    restarted: bool


@dataclass(frozen=True)
class Around:
    """What is known of the PBX besides the call: gaps, the members' extensions, whether a listener is connected.

    The clock of the PBX is `ahead` of ours.
    """

    gaps: Sequence[Silence]
    listening: bool
    members: Members = field(default_factory=dict)
    ahead: timedelta = timedelta()

    def in_gap(self, since: datetime, until: datetime) -> bool:
        return any(_touches(gap, since, until) for gap in self.gaps)

    def hides_talk(self, since: datetime, until: datetime) -> bool:
        """Whether a talk may have gone on between these two with its holds unknown."""
        hiding = (gap for gap in self.gaps if hides_talk(gap.began, gap.ended, restarted=gap.restarted))
        return any(gap.began <= until and (gap.ended is None or since <= gap.ended) for gap in hiding)

    def is_cut_off(self, last_at: datetime) -> bool:
        """The PBX went down after this, so that nothing goes on."""
        return any(gap.restarted and gap.ended is not None and last_at <= gap.ended for gap in self.gaps)


def _touches(gap: Silence, since: datetime, until: datetime) -> bool:
    return gap.began - _SLACK <= until and (gap.ended is None or since <= gap.ended + _SLACK)


def facts_of(testimony: Testimony, members: Members, branch: str | None) -> WitnessedFacts | None:
    """What both witnesses hold together."""
    lines = testimony.rows.get(Witness.QUEUE_LOG.value, [])
    rows = testimony.rows.get(Witness.CEL.value, [])
    parsed = [row for row in map(queue_log.parse, lines) if row is not None]
    spoken = of_queue_log(testimony.linkedid, parsed, _names(members, rows))
    known = spoken.values.get("branch") if spoken is not None else None
    return merge(spoken, of_cel(testimony.linkedid, rows, branch=known or branch))


def _names(members: Members, rows: Iterable[Mapping[str, Any]]) -> queue_log.Names:
    """By the channel that answered, by the queue's members, or a name that is a number itself."""
    phones = {cel.text(row, "uniqueid"): extension_of(cel.text(row, "channame")) for row in rows}
    answered: dict[str, str] = {}

    def extension(queue: str, name: str, channel: str) -> str:
        found = phones.get(channel) or answered.get(name) or members.get(queue, {}).get(name)
        if channel and found:
            answered[name] = found
        return found or (name if name.isdigit() else UNMAPPED + name)

    return extension


def settle(
    session: Session, pbx: str, linkedid: str, around: Around, *, now: datetime, short_abandon_s: float
) -> Verdict | None:
    """Compare and mend; None where it is too early to say. Both rows are held until the transaction ends.

    The call first, as the recorder does: two that take them in other orders could wait for each other.
    """
    row = session.scalar(select(Call).where(Call.pbx == pbx, Call.linkedid == linkedid).with_for_update())
    query = select(Testimony).where(Testimony.pbx == pbx, Testimony.linkedid == linkedid).with_for_update()
    testimony = session.scalar(query)
    if testimony is None or testimony.verdict is not None:
        return None
    until = testimony.last_at if row is None or row.ended_at is None else max(row.ended_at, testimony.last_at)
    in_gap = around.in_gap(testimony.started_at, until)
    over = testimony.closed or around.is_cut_off(testimony.last_at)
    if not _is_due(testimony, row, around, over=over, in_gap=in_gap, now=now + around.ahead):
        return None
    facts = facts_of(testimony, around.members, row.branch if row is not None else None)
    if facts is None or (row is None and _rows(testimony) < _ROWS_OF_A_CALL):
        return _conclude(session, testimony, row, Comparison(Verdict.UNEXPLAINED, [], {}), now)
    led = in_gap or (row is not None and _is_hearsay(row))
    unheard = row is not None and around.hides_talk(row.answered_at or row.started_at, until)
    compared = compare(_columns(row) if row is not None else None, facts, in_gap=led, over=over, unheard=unheard)
    if compared.mended:
        row = _mend(session, pbx, linkedid, row, compared.mended, now=now, short_abandon_s=short_abandon_s)
    return _conclude(session, testimony, row, compared, now)


def _is_due(testimony: Testimony, row: Call | None, around: Around, *, over: bool, in_gap: bool, now: datetime) -> bool:
    quiet = now - testimony.last_at
    live = row is not None and row.ended_at is None
    if over:
        return quiet >= (_SETTLED if in_gap or (row is not None and not live) else _LATE)
    if live:
        return False
    if row is not None and row.ended_at is not None:
        return min(quiet, now - row.ended_at) >= _LATE
    # At no telephone, and without an end: not while it may still go on in a gap.
    return around.listening and quiet >= _QUIET


def _is_hearsay(row: Call) -> bool:
    """Made from a witness, so that it follows it when more is read; or of an end that the listener did not see."""
    return row.repaired or bool(row.snapshot.get("vanished"))


def _rows(testimony: Testimony) -> int:
    return sum(len(rows) for rows in testimony.rows.values())


def _columns(row: Call) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in Call.__table__.columns}


def _mend(
    session: Session,
    pbx: str,
    linkedid: str,
    row: Call | None,
    mended: Mapping[str, Any],
    *,
    now: datetime,
    short_abandon_s: float,
) -> Call:
    if row is None:
        row = Call(pbx=pbx, linkedid=linkedid, snapshot=dict(MADE), rang=[], operators=[], ringing=[], talking=[])
    asked_before = corrections.asked_for(session, row, short_abandon_s=short_abandon_s)
    phones = {*(row.ringing or ()), *(row.talking or ())}
    for name, value in mended.items():
        setattr(row, name, value)
    row.repaired = True
    session.add(row)
    if row.ended_at is not None:
        row.ringing, row.talking, row.holding = [], [], []
    session.flush()
    corrections.settle_anew(session, row, asked_before=asked_before, now=now, short_abandon_s=short_abandon_s)
    announce(session, "calls", call=row.id)
    for extension in sorted(phones):
        announce(session, f"extension:{extension}", call=row.id)
    return row


def _conclude(session: Session, testimony: Testimony, row: Call | None, compared: Comparison, now: datetime) -> Verdict:
    testimony.call_id = row.id if row is not None else None
    testimony.verdict = compared.verdict.value
    testimony.differences = compared.differences
    testimony.checked_at = now
    announce(session, "capture")
    return compared.verdict
