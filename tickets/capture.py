"""How complete the calls of a span of time are: heard by AMI, witnessed by the PBX's own logs, and what came of it."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxGap, Testimony, WitnessCursor
from callcenter.vocab import Verdict

# In place of the state machine's own copy, of a call that it never had in hand.
MADE = {"made_from": "witness"}


@dataclass
class Report:
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


def count(session: Session, pbx: str, *, since: datetime | None = None, until: datetime | None = None) -> Report:
    """The figures of a span of time, by the calls' start."""
    report = Report(pbx)
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
