"""Audit of recorded calls against callers and PBX: lost, doubled, wrong, or each there once."""

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.models import Call, CallBack, PbxGap, Testimony, Ticket, TicketCall
from callcenter.vocab import Outcome, TicketKind, TicketState, Verdict
from scripts.lab.asterisk_env import Asterisk
from tests.asterisk.compare import differences
from tests.asterisk.stage import Truth
from tickets.figures.exports import export_calls

_MUCH_S = 0.5
# What a busy PBX takes off its own 1.5 s of prompt: neither the SIP side nor the lag of the moments shows it.
_PROMPT_OFF_S = 0.25
# Our clock and the PBX's, and a whole second of queue_log's, at the edges of a gap.
_SLACK_S = 2.0
_MOMENTS = {"CHAN_START": "started_at", "BRIDGE_ENTER": "answered_at", "CHAN_END": "ended_at"}


@dataclass
class Finding:
    """One row of the table of faults; `lost`, `doubled` and `wrong` have a line for each case."""

    fault: str
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    repaired: int = 0
    unexplained: int = 0
    lag: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        counts = (self.calls, len(self.lost), len(self.doubled), len(self.wrong), self.repaired, self.unexplained)
        names = ("calls", "lost", "doubled", "wrong", "repaired", "unexplained")
        figures = ", ".join(f"{number} {name}" for number, name in zip(counts, names, strict=True))
        late = f"; the PBX itself was up to {self.lag:.1f} s late" if self.lag > _MUCH_S else ""
        return f"{self.fault}: {figures}{self.note and f'; {self.note}'}{late}"

    @property
    def bad(self) -> list[str]:
        return [*(f"lost: {line}" for line in self.lost), *(f"doubled: {line}" for line in self.doubled), *self.wrong]


def audit(fault: str, engine: Engine, truths: Sequence[Truth], pbx: Asterisk, since: float) -> Finding:
    """Every call that began since then, by each of its witnesses: callers and phones, queue_log, CEL, our rows."""
    finding = Finding(fault, calls=len(truths))
    began = datetime.fromtimestamp(since, UTC)
    with Session(engine) as session:
        told = list(export_calls(session, began, None))
        _compare(finding, truths, told, _by_the_pbx(pbx.cel, since), session.scalars(select(PbxGap)).all())
        _ask_the_pbx(finding, told, pbx.queue_log, since)
        for row in session.scalars(select(Call).where(Call.started_at >= began)):
            _look_at_tickets(finding, session, row)
        verdicts = list(session.scalars(select(Testimony).where(Testimony.started_at >= began)))
        finding.repaired = sum(call["repaired"] for call in told)
        finding.unexplained = sum(one.verdict == Verdict.UNEXPLAINED for one in verdicts)
        finding.wrong += [
            f"{one.linkedid}: witness differs: {one.differences}" for one in verdicts if one.verdict == Verdict.DIFFERS
        ]
    return finding


def _by_the_pbx(cel: Path, since: float) -> dict[str, dict[str, float]]:
    """When each call began, was answered and ended by the PBX's own clock, by Linkedid."""
    found: dict[str, dict[str, float]] = {}
    query = (
        "SELECT linkedid, eventtype, eventtime FROM cel WHERE uniqueid = linkedid AND eventtime >= ? ORDER BY AcctId"
    )
    with contextlib.closing(sqlite3.connect(f"file:{cel}?mode=ro", uri=True)) as database:
        for linkedid, event, at in database.execute(query, (str(since),)):
            if event in _MOMENTS:
                found.setdefault(linkedid, {}).setdefault(_MOMENTS[event], float(at))
    return found


def _lag(truth: Truth, seen: Mapping[str, float]) -> float:
    """How late the PBX was itself with this call: a busy machine is none of the product's faults."""
    both = truth.moments.keys() & seen.keys()
    return max((abs(truth.moments[name] - seen[name]) for name in both), default=0.0)


def _compare(
    finding: Finding,
    truths: Sequence[Truth],
    told: Iterable[Mapping[str, Any]],
    seen: Mapping[str, Mapping[str, float]],
    gaps: Sequence[PbxGap],
) -> None:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for call in told:
        found.setdefault((call["number_dialled"], call["caller"]), []).append(call)
    lags = [_lag(truth, seen.get(call["linkedid"], {})) for truth in truths for call in found.get(_who(truth), [])[:1]]
    finding.lag = max(lags, default=0.0)
    for truth in truths:
        who = _who(truth)
        calls = found.pop(who, [])
        if not calls:
            finding.lost.append(f"{who} {truth.fields['outcome']}")
            continue
        finding.doubled += [f"{who} is there {len(calls)} times"] * (len(calls) > 1)
        unheard, maybe = (_talk_unheard(calls[0], gaps, slack) for slack in (-_SLACK_S, _SLACK_S))
        # Of a call that was heard to its end only what was written late lies in the gap: it was on the disk.
        known = calls[0]["hold_s"] is not None
        if (not known and not maybe) or (known and unheard and calls[0]["repaired"]):
            finding.wrong.append(f"{who} {calls[0]['linkedid']}: hold_s is {calls[0]['hold_s']}, {unheard=}, {maybe=}")
        unseen = {"hold_s"} if calls[0]["hold_s"] is None else set()
        fields = {name: value for name, value in truth.fields.items() if name not in unseen}
        lag = _lag(truth, seen.get(calls[0]["linkedid"], {}))
        # How late a key or a queue was heeded no witness holds: as late as the PBX was with anything meanwhile.
        seconds = truth.tolerance_s + finding.lag + _PROMPT_OFF_S
        lines = [*differences(fields, calls[0], seconds), *_late(truth, calls[0], truth.tolerance_s + lag)]
        if lines:
            finding.wrong.append(f"{who} {calls[0]['linkedid']}: {'; '.join(lines)}")
    finding.wrong += [f"{who} called nobody: {calls}" for who, calls in found.items()]


def _who(truth: Truth) -> tuple[str, str]:
    return truth.fields["number_dialled"], truth.fields["caller"]


def _talk_unheard(call: Mapping[str, Any], gaps: Iterable[PbxGap], slack: float) -> bool:
    """Whether there was a talk, give or take so many seconds, in a gap during which the PBX went on."""
    if not call["answered_at"]:
        return False
    began, over = (datetime.fromisoformat(call[name] or call["answered_at"]) for name in ("answered_at", "ended_at"))
    more = timedelta(seconds=slack)
    return any(
        gap.started_at - more <= over and (gap.ended_at or over) + more >= began
        for gap in gaps
        if not gap.restarted or slack > 0
    )


def _late(truth: Truth, call: Mapping[str, Any], allowed: float) -> list[str]:
    lines = []
    for name, moment in truth.moments.items():
        at = datetime.fromisoformat(call[name]).timestamp() if call[name] else None
        if at is None or abs(at - moment) > allowed:
            lines.append(f"{name}: {call[name]} is {at and round(at - moment, 2)} s off")
    return lines


def _ask_the_pbx(finding: Finding, told: Iterable[Mapping[str, Any]], queue_log: Path, since: float) -> None:
    """Its log has the start of every call, and a CONNECT for each that was answered."""
    rows = [line.split("|") for line in queue_log.read_text(errors="replace").splitlines()]
    rows = [row for row in rows if len(row) > 4 and row[0].isdigit() and int(row[0]) >= int(since)]
    started = {row[1] for row in rows if row[4] == "HOTLINESTART"}
    connected = {row[1] for row in rows if row[4] == "CONNECT"}
    recorded = {call["linkedid"]: call for call in told}
    finding.lost += [f"{linkedid} is in queue_log alone" for linkedid in sorted(started - recorded.keys())]
    for linkedid, call in recorded.items():
        if (linkedid in connected) != (call["outcome"] == Outcome.ANSWERED):
            finding.wrong.append(f"{linkedid} is {call['outcome']}, in queue_log it is {linkedid in connected=}")


def _look_at_tickets(finding: Finding, session: Session, call: Call) -> None:
    """One draft for an answered caller; one call-back or one disposition for an unanswered one."""
    tickets = [
        one
        for of in (Ticket, CallBack)
        for one in session.scalars(
            select(of).join(TicketCall, TicketCall.ticket_id == of.id).where(TicketCall.call_id == call.id)
        )
        if one.state != TicketState.DISCARDED
    ]
    kinds = [ticket.kind for ticket in tickets]
    ends = len(tickets) + (call.disposition is not None)
    wanted = TicketKind.REPORT if call.outcome == Outcome.ANSWERED else TicketKind.CALLBACK
    story = f"{call.linkedid} {call.outcome}: {[kind.value for kind in kinds]}, disposition {call.disposition}"
    if ends > 1:
        finding.doubled.append(story)
    elif ends == 0 or any(kind != wanted for kind in kinds):
        finding.wrong.append(story)
