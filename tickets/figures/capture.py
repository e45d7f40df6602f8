"""Completeness of capture over a span of time: calls seen by AMI, calls in the PBX's own logs, and repairs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxGap, PbxStatus, Testimony, WitnessCursor
from callcenter.vocab import Verdict, Witness

# In place of the state machine's own copy, of a call that it never had in hand.
MADE = {"made_from": "witness"}


@dataclass
class CaptureReport:
    """What there is to say of one PBX, in calls; `witnesses` is empty where the hotline has none to ask."""

    pbx: str
    witnesses: dict[str, dict[str, str | None]] = field(default_factory=dict)
    heard: int = 0
    witnessed: int = 0
    agreeing: int = 0
    repaired: int = 0
    differing: int = 0
    unexplained: int = 0
    waiting: int = 0
    gaps: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def count(session: Session, pbx: str, *, since: datetime | None = None, until: datetime | None = None) -> CaptureReport:
    """The figures of a span of time, by the calls' start."""
    report = CaptureReport(pbx)
    for cursor in session.scalars(select(WitnessCursor).where(WitnessCursor.pbx == pbx)):
        read_to = cursor.read_to.isoformat() if cursor.read_to else None
        report.witnesses[cursor.witness] = {"read_to": read_to, "error": cursor.error}
    calls = select(func.count()).where(Call.pbx == pbx, heard(), *_span(Call.started_at, since, until))
    report.heard = session.scalar(calls) or 0
    verdicts = (
        select(Testimony.verdict, func.count())
        .where(Testimony.pbx == pbx, *_span(Testimony.started_at, since, until))
        .group_by(Testimony.verdict)
    )
    found = {verdict: number for verdict, number in session.execute(verdicts)}
    report.agreeing = found.get(Verdict.AGREES.value, 0)
    report.repaired = found.get(Verdict.REPAIRED.value, 0)
    report.differing = found.get(Verdict.DIFFERS.value, 0)
    report.unexplained = found.get(Verdict.UNEXPLAINED.value, 0)
    report.waiting = found.get(None, 0)
    nothing = select(func.count()).where(Testimony.pbx == pbx, is_unknown(), *_span(Testimony.started_at, since, until))
    report.witnessed = sum(found.values()) - (session.scalar(nothing) or 0)
    gaps = select(func.count()).where(PbxGap.pbx == pbx, *_span(PbxGap.started_at, since, until))
    report.gaps = session.scalar(gaps) or 0
    return report


def heard() -> ColumnElement[bool]:
    """SQL: AMI showed this call, in part at least."""
    return ~Call.snapshot.contains(MADE)


def is_unknown() -> ColumnElement[bool]:
    """SQL: the PBX's log holds nothing of this call."""
    return (Testimony.verdict == Verdict.UNEXPLAINED.value) & (Testimony.rows == {})


def _span(column: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return [*([column >= since] if since else []), *([column < until] if until else [])]


# The sets of calls behind the figures of the page.
HEARD, WITNESSED, WAITING = "heard", "witnessed", "waiting"
SETS = (HEARD, WITNESSED, *(verdict.value for verdict in Verdict), WAITING)
ROWS = 500


@dataclass(frozen=True)
class ComparedCall:
    """One call, with what the PBX's log says of it: either may be missing."""

    pbx: str
    linkedid: str
    started_at: datetime
    call: Call | None
    testimony: Testimony | None


def pbx_names(session: Session) -> list[str]:
    """Every PBX of which there is something to say."""
    said = (select(PbxStatus.pbx), select(WitnessCursor.pbx), select(PbxGap.pbx))
    return sorted({name for query in said for name in session.scalars(query)})


def witnesses(session: Session, pbx: str) -> Sequence[WitnessCursor]:
    return session.scalars(select(WitnessCursor).where(WitnessCursor.pbx == pbx).order_by(WitnessCursor.witness)).all()


def gaps(session: Session, pbx: str, since: datetime, until: datetime) -> Sequence[PbxGap]:
    """Those that touch the span, newest first."""
    touches = (PbxGap.started_at < until, or_(PbxGap.ended_at.is_(None), PbxGap.ended_at >= since))
    query = select(PbxGap).where(PbxGap.pbx == pbx, *touches).order_by(PbxGap.started_at.desc())
    return session.scalars(query.limit(ROWS)).all()


def rows(session: Session, pbx: str, which: str, since: datetime, until: datetime) -> list[ComparedCall]:
    """The calls of one of `SETS`, newest first."""
    if which == HEARD:
        calls = select(Call, Testimony).outerjoin(Testimony, _same_call())
        calls = calls.where(Call.pbx == pbx, heard(), *_span(Call.started_at, since, until))
        heard_ones = session.execute(calls.order_by(Call.started_at.desc()).limit(ROWS))
        return [ComparedCall(pbx, call.linkedid, call.started_at, call, said) for call, said in heard_ones]
    query = select(Testimony, Call).outerjoin(Call, _same_call())
    query = query.where(Testimony.pbx == pbx, _of(which), *_span(Testimony.started_at, since, until))
    found = session.execute(query.order_by(Testimony.started_at.desc()).limit(ROWS))
    return [ComparedCall(pbx, said.linkedid, said.started_at, call, said) for said, call in found]


def one(session: Session, pbx: str, linkedid: str) -> ComparedCall | None:
    """A call from both sides."""
    said = session.get(Testimony, (pbx, linkedid))
    call = session.scalars(select(Call).where(Call.pbx == pbx, Call.linkedid == linkedid)).one_or_none()
    if said is None and call is None:
        return None
    started_at = call.started_at if call is not None else said.started_at  # type: ignore[union-attr]
    return ComparedCall(pbx, linkedid, started_at, call, said)


def evidence(compared: ComparedCall) -> dict[str, list[str]]:
    """The rows as the PBX wrote them; the number of a caller with privacy is never shown."""
    if compared.testimony is None:
        return {}
    rows = compared.testimony.rows
    found = {witness: [_line(row) for row in written] for witness, written in sorted(rows.items(), reverse=True)}
    hidden = {number for line in found.get(Witness.QUEUE_LOG.value, ()) for number in _withheld(line)}
    if compared.call is not None and compared.call.caller_raw is None:
        hidden |= {number for row in rows.get(Witness.CEL.value, ()) for number in _callers(row, compared.linkedid)}
    for number in sorted(hidden, key=len, reverse=True):
        found = {witness: [line.replace(number, "…") for line in lines] for witness, lines in found.items()}
    return found


def _line(row: Any) -> str:
    if isinstance(row, str):
        return row
    return " ".join(f"{name}={value}" for name, value in row.items() if value != "")


def _withheld(line: str) -> list[str]:
    parts = line.split("|")
    private = len(parts) > 6 and parts[4] == "HOTLINESTART" and parts[6].startswith("prohib") and parts[5]
    return [parts[5]] if private else []


def _callers(row: dict[str, Any], linkedid: str) -> list[str]:
    """CEL writes it whatever was asked, and does not say what was; the call's record does."""
    names = ("cidnum", "cid_num", "cidani", "cid_ani") if row.get("uniqueid") == linkedid else ()
    return [str(row[name]) for name in names if row.get(name)]


def _of(which: str) -> ColumnElement[bool]:
    if which == WITNESSED:
        return ~is_unknown() | Testimony.verdict.is_(None)
    return Testimony.verdict.is_(None) if which == WAITING else Testimony.verdict == which


def _same_call() -> ColumnElement[bool]:
    return (Testimony.pbx == Call.pbx) & (Testimony.linkedid == Call.linkedid)
