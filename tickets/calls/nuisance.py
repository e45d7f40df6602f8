"""Nuisance numbers: operators mark calls, a leader lowers a number's priority, then blocks it, on each PBX too.

A command to a PBX is sent at most once; what must hold there is asked for anew until it does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid
from callcenter.models import Agency, Call, NuisanceNumber, PbxCommand, PbxListed, PbxStatus
from callcenter.push import announce
from callcenter.vocab import CommandResult, CommandVerb, Disposition, NuisanceStep, Outcome
from tickets import rights
from tickets.actors import Actor
from tickets.life.records import record_change
from tickets.rights import Right
from tickets.rules import nuisance_rules as rules
from tickets.rules import policy

TIME = Actor.rule("time")
# How a call ends that was no citizen's concern: the operator's mark.
MARKS = (Disposition.PRANK, Disposition.HARASSMENT, Disposition.FALSE_REPORT)
_SUBJECT = "nuisance"
_MOST = 300


@dataclass(frozen=True)
class Marked:
    """A number with marks, or with a decision. `blocked` are calls kept out since the decision; `held` by PBX."""

    number: str
    marks: int
    calls: int
    last: datetime | None
    notes: Sequence[str]
    decision: NuisanceNumber | None
    blocked: int
    held: Mapping[str, NuisanceStep | None]

    @property
    def step(self) -> NuisanceStep:
        return self.decision.step if self.decision else NuisanceStep.FREE


def decide(
    session: Session,
    actor: Actor,
    typed: str,
    step: NuisanceStep,
    *,
    reason: str,
    days: int,
    now: datetime,
    hotline_numbers: Sequence[str] = (),
) -> NuisanceNumber:
    """A leader decides about a number, in any written form; a command goes to every PBX. Twice is once. Raises
    Invalid."""
    rights.require(actor, Right.DECIDE_NUISANCE)
    number = phones.normalise(typed)
    row = session.get(NuisanceNumber, number, with_for_update=True) if number else None
    now_is = row.step if row else NuisanceStep.FREE
    protected = rules.is_emergency(typed) or _is_protected(session, number, typed, hotline_numbers)
    # An emergency number is no caller's and no E.164: reported as what it is.
    known = number or (typed if protected else None)
    problems = rules.problems(step=step, now_is=now_is, number=known, protected=protected, reason=reason, days=days)
    if problems:
        raise Invalid(problems)
    assert number is not None
    until = now + timedelta(days=days) if step != NuisanceStep.FREE else now
    row = _write(session, actor, row, number, step, reason.strip(), until, now)
    tell(session, now)
    return row


def release_expired(session: Session, now: datetime) -> int:
    """Decisions whose time is over hold no more. May run twice."""
    query = (
        select(NuisanceNumber)
        .where(NuisanceNumber.step != NuisanceStep.FREE, NuisanceNumber.until <= now)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query).all()
    for row in rows:
        _write(session, TIME, row, row.number, NuisanceStep.FREE, "expired", row.until, now)
    return len(rows)


def tell(session: Session, now: datetime) -> int:
    """Ask each PBX that can be asked for what it does not hold yet; returns how many numbers. May run at any time."""
    asked = 0
    query = select(NuisanceNumber).order_by(NuisanceNumber.number).with_for_update()
    numbers = session.scalars(query).all()
    for status in session.scalars(select(PbxStatus).where(PbxStatus.connected)):
        if CommandVerb.LIST not in status.actions or CommandVerb.UNLIST not in status.actions:
            continue
        for row in numbers:
            asked += _tell_one(session, status, row, now)
    return asked


def marked(session: Session, now: datetime) -> list[Marked]:
    """Every number with a mark or a decision, the worst first."""
    marks = _marks(session, now)
    decisions = {row.number: row for row in session.scalars(select(NuisanceNumber))}
    active = {number for number, row in decisions.items() if row.step != NuisanceStep.FREE}
    numbers = sorted({*marks, *active}, key=lambda number: (number not in active, -len(marks.get(number, ())), number))[
        :_MOST
    ]
    calls = _calls(session, numbers, now)
    blocked = _blocked(session, numbers)
    held = _held(session, numbers)
    return [
        Marked(
            number=number,
            marks=len(marks.get(number, ())),
            calls=calls.get(number, 0),
            last=max((call.started_at for call in marks.get(number, ())), default=None),
            notes=[call.disposition_note for call in marks.get(number, ()) if call.disposition_note][:3],
            decision=decisions.get(number),
            blocked=blocked.get(number, 0),
            held=held.get(number, {}),
        )
        for number in numbers
    ]


def deaf(session: Session) -> Sequence[str]:
    """PBXs that take no list from us: their manager user may not write it."""
    names = session.scalars(
        select(PbxStatus.pbx).where(~PbxStatus.actions.contains([CommandVerb.LIST.value])).order_by(PbxStatus.pbx)
    )
    return names.all()


def _write(
    session: Session,
    actor: Actor,
    row: NuisanceNumber | None,
    number: str,
    step: NuisanceStep,
    reason: str,
    until: datetime,
    now: datetime,
) -> NuisanceNumber:
    before = _facts(row) if row else {}
    if row is None:
        row = NuisanceNumber(number=number, lowered_at=now, step=NuisanceStep.FREE)
        session.add(row)
    elif row.step == NuisanceStep.FREE:
        row.lowered_at = now
    row.step, row.reason, row.until = step, reason, until
    row.decided_at, row.decided_by_id, row.decided_by = now, actor.id, actor.name
    session.flush()
    record_change(session, actor, _SUBJECT, number, before, _facts(row), now)
    announce(session, "stuck")
    return row


def _facts(row: NuisanceNumber) -> dict[str, str]:
    return {"step": row.step.value, "reason": row.reason, "until": row.until.isoformat(timespec="minutes")}


def _tell_one(session: Session, status: PbxStatus, row: NuisanceNumber, now: datetime) -> bool:
    entry = session.get(PbxListed, (status.pbx, row.number))
    if entry is None:
        entry = PbxListed(pbx=status.pbx, number=row.number, commands=[])
        session.add(entry)
    elif entry.commands and not _has_ended(session, entry):
        return False
    if not rules.is_due(
        wanted=row.step,
        held=entry.held,
        held_at=entry.held_at,
        asked=entry.asked,
        asked_at=entry.asked_at,
        connected_since=status.since,
        now=now,
    ):
        return False
    asked = [
        commands.ask_for_all(
            session,
            pbx=status.pbx,
            verb=verb,
            arguments=arguments,
            actor_id=row.decided_by_id,
            actor_name=row.decided_by,
            now=now,
        )
        for verb, arguments in rules.orders(row.number, row.step)
    ]
    entry.asked, entry.asked_at, entry.commands = row.step, now, [str(command.id) for command in asked]
    return True


def _has_ended(session: Session, entry: PbxListed) -> bool:
    """Whether all that was asked has an answer; what it was is written down."""
    query = select(PbxCommand).where(PbxCommand.id.in_([int(number) for number in entry.commands]))
    asked = session.scalars(query).all()
    if any(command.result is None for command in asked):
        return False
    entry.commands = []
    if all(command.result == CommandResult.DONE or _was_not_there(command) for command in asked):
        entry.held = entry.asked
        entry.held_at = max((command.ended_at for command in asked if command.ended_at), default=None)
    return True


def _was_not_there(command: PbxCommand) -> bool:
    """Asterisk refuses to delete what it does not have ("Database entry …"), and then does not have it."""
    refused = command.verb == CommandVerb.UNLIST and command.result == CommandResult.REFUSED
    return refused and (command.answer or "").startswith("Database entry")


def _is_protected(session: Session, number: str | None, typed: str, hotline_numbers: Sequence[str]) -> bool:
    """The hotline itself, and those it works with: from a blocked agency no call about a ticket comes through."""
    if typed.strip() in hotline_numbers:
        return True
    if number is None:
        return False
    agencies = session.scalars(select(Agency.phone).where(Agency.phone.is_not(None), Agency.active))
    return any(phones.normalise(phone) == number for phone in agencies)


def _marks(session: Session, now: datetime) -> dict[str, list[Call]]:
    query = (
        select(Call)
        .where(Call.disposition.in_(MARKS), Call.caller.is_not(None), Call.started_at > now - policy.MARKS_COUNT)
        .order_by(Call.started_at.desc())
        .limit(5000)
    )
    found: dict[str, list[Call]] = {}
    for call in session.scalars(query):
        found.setdefault(call.caller or "", []).append(call)
    return found


def _calls(session: Session, numbers: Sequence[str], now: datetime) -> dict[str, int]:
    query = (
        select(Call.caller, func.count())
        .where(Call.caller.in_(numbers), Call.started_at > now - policy.MARKS_COUNT)
        .group_by(Call.caller)
    )
    return {number: count for number, count in session.execute(query) if number}


def _blocked(session: Session, numbers: Sequence[str]) -> dict[str, int]:
    query = (
        select(Call.caller, func.count())
        .join(NuisanceNumber, NuisanceNumber.number == Call.caller)
        .where(Call.caller.in_(numbers), Call.outcome == Outcome.BLOCKED)
        .where(or_(NuisanceNumber.step == NuisanceStep.FREE, Call.started_at >= NuisanceNumber.lowered_at))
        .group_by(Call.caller)
    )
    return {number: count for number, count in session.execute(query) if number}


def _held(session: Session, numbers: Sequence[str]) -> dict[str, dict[str, NuisanceStep | None]]:
    found: dict[str, dict[str, NuisanceStep | None]] = {}
    for entry in session.scalars(select(PbxListed).where(PbxListed.number.in_(numbers)).order_by(PbxListed.pbx)):
        found.setdefault(entry.number, {})[entry.pbx] = entry.held
    return found
