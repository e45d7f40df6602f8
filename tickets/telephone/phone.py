"""Call control of the operator's telephone: the possible commands now, and requesting them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, vocab
from callcenter.errors import Invalid, NotFound
from callcenter.models import Call, PbxCommand, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.telephone.handset import Handset

# How long a done command may take to show in the call.
_SHOWS_WITHIN = timedelta(seconds=5)
# A listener beats every second, and another one takes over within five: after this no listener is there.
_HEARTBEAT = timedelta(seconds=30)
_CALL = "call"


@dataclass(frozen=True)
class PhoneLine:
    """One live call at this person's telephone.

    `verb` is what the console can do with it now, None where this PBX cannot be asked; `asked` while an answer is
    awaited; `result` and `answer` are of the last command, where it did not work. `said` is the caller's speech, which
    only a simulated PBX knows.
    """

    call_id: int
    caller: str | None = None
    caller_name: str | None = None
    since: datetime | None = None
    verb: CommandVerb | None = None
    away: bool = False
    asked: bool = False
    result: CommandResult | None = None
    answer: str = ""
    said: Sequence[str] = field(default_factory=list)


def lines(handset: Handset) -> dict[int, PhoneLine]:
    """Each live call of this telephone, by its id."""
    return {call.id: _line(handset, call) for call in handset.calls}


def press(session: Session, actor: Actor, call_id: int, verb: CommandVerb, *, now: datetime) -> PbxCommand:
    """Ask the PBX to answer or hang up this call at the actor's own telephone; twice is once.

    Raises NotFound for a call that is not at this telephone, Invalid where it cannot be done now.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    call = session.get(Call, call_id)
    if call is None or not actor.extension or actor.id is None:
        raise NotFound(f"no call {call_id} for {actor.name}")
    if verb.value not in _actions(session, call):
        raise Invalid({"phone": "phone_not_here"})
    if verb != fitting(call, actor.extension):
        raise Invalid({"phone": "phone_too_late"})
    if is_away(session.get(PbxStatus, call.pbx), now):
        raise Invalid({"phone": "phone_away"})
    return commands.ask(
        session,
        pbx=call.pbx,
        verb=verb,
        extension=actor.extension,
        arguments={_CALL: call.linkedid},
        actor_id=actor.id,
        actor_name=actor.name,
        now=now,
    )


def fitting(call: Call, extension: str) -> CommandVerb | None:
    """What one does with a telephone that rings, or talks."""
    if call.ended_at is not None:
        return None
    if extension in call.talking:
        return CommandVerb.HANG_UP
    return CommandVerb.ANSWER if extension in call.ringing else None


def _line(handset: Handset, call: Call) -> PhoneLine:
    actor, now, status = handset.actor, handset.now, handset.statuses.get(call.pbx)
    last, verb = _last(handset, call), fitting(call, handset.extension)
    reachable = verb is not None and status is not None and verb.value in status.actions
    if verb is None or not reachable or not rights.may(actor, Right.WORK_TELEPHONE):
        return PhoneLine(call.id, call.caller, call.caller_name)
    # A real PBX has nothing to say here, whatever its events claim: only one that can be answered from here speaks.
    said = call.snapshot.get("said", [])
    asked, result = (False, None) if last is None or last.verb != verb else what_became(last, now)
    answer = last.answer or "" if last is not None and result is CommandResult.REFUSED else ""
    since = call.answered_at or call.started_at
    away = is_away(status, now)
    return PhoneLine(call.id, call.caller, call.caller_name, since, verb, away, asked, result, answer, said)


def what_became(command: PbxCommand, now: datetime) -> tuple[bool, CommandResult | None]:
    """Whether its answer is awaited still, and what went wrong, if anything did."""
    if command.result is None:
        if command.expires_at > now:
            return True, None
        return False, CommandResult.UNKNOWN if command.taken_at else CommandResult.EXPIRED
    if command.result == CommandResult.DONE:
        # The PBX did it; the call's own events are a moment behind.
        return command.ended_at is not None and now - command.ended_at < _SHOWS_WITHIN, None
    return False, vocab.read(CommandResult, command.result)


def _last(handset: Handset, call: Call) -> PbxCommand | None:
    about = (command for command in handset.recent if command.arguments == {_CALL: call.linkedid})
    return next((command for command in about if command.pbx == call.pbx), None)


def _actions(session: Session, call: Call) -> Sequence[str]:
    return session.scalar(select(PbxStatus.actions).where(PbxStatus.pbx == call.pbx)) or ()


def is_away(status: PbxStatus | None, now: datetime) -> bool:
    """This PBX is not connected: what is known of it is old, and nothing can be asked."""
    return status is None or not status.connected or now - status.seen_at > _HEARTBEAT
