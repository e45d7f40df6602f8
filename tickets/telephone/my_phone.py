"""Where a person's telephone stands at the PBX: in which queues, ready, paused and why; and asking for another state.

What is shown is what the PBX last said of its queues, never what was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.errors import Invalid, NotFound
from callcenter.models import PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import AFTER_CALL, UNANSWERED, CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.telephone import after_call, floor, phone
from tickets.telephone.floor import Doing

VERBS = (CommandVerb.SIGN_IN, CommandVerb.SIGN_OUT, CommandVerb.PAUSE, CommandVerb.RESUME)
# Those whose answer the strip tells; a button of a call tells its own.
_TOLD = frozenset(CommandVerb) - {CommandVerb.ANSWER, CommandVerb.HANG_UP}
_REMEMBERED = timedelta(seconds=30)
# Asked for by every page of the desk.
_QUEUES = select(PbxQueue).order_by(PbxQueue.pbx, PbxQueue.name)
_STATES = select(PbxStatus).order_by(PbxStatus.pbx)
_NOT_IN, _NOT_PAUSED = "phone_not_in_queue", "phone_not_paused"


@dataclass(frozen=True)
class Membership:
    """One queue and this telephone in it. `fixed`: the PBX's configuration put it there, and it cannot leave."""

    queue: str
    title: str
    inside: bool
    paused: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Presence:
    """`doing` is PAUSED, DEAD, FREE or OUT; `reason` and `since` of a pause, as far as the PBX says.

    After-call work is a pause with the reason `callcenter.vocab.AFTER_CALL`; it ends by itself at `ready_due`.

    `can` are the verbs this PBX takes; `asked` while an answer is awaited, `result` and `answer` of a command that
    did not work. `away`: the PBX is not heard, and nothing is sure.
    """

    pbx: str
    extension: str
    doing: Doing
    queues: Sequence[Membership]
    reason: str = ""
    reason_name: str = ""
    since: datetime | None = None
    ready_due: datetime | None = None
    can: frozenset[str] = frozenset()
    away: bool = False
    asked: CommandVerb | None = None
    result: CommandResult | None = None
    answer: str = ""

    @property
    def inside(self) -> list[Membership]:
        return [queue for queue in self.queues if queue.inside]

    @property
    def unanswered(self) -> bool:
        """The PBX paused it by itself, because it rang and nobody answered."""
        return self.doing is Doing.PAUSED and self.reason == UNANSWERED

    @property
    def after_call(self) -> bool:
        return self.doing is Doing.PAUSED and self.reason == AFTER_CALL

    @property
    def may_leave(self) -> bool:
        return any(not queue.fixed for queue in self.inside)


def of(session: Session, actor: Actor, now: datetime) -> Presence | None:
    """None for somebody without a telephone, and where no PBX has told its queues."""
    if not actor.extension:
        return None
    queues = session.scalars(_QUEUES).all()
    status = _pbx(session, queues, actor.extension)
    if status is None:
        return None
    rows = [row for row in queues if row.pbx == status.pbx]
    members = [member for row in rows if (member := _member(row, actor.extension)) is not None]
    doing = floor.idle(members)
    reason, since = floor.why_paused(members) if doing is Doing.PAUSED else ("", None)
    asked, result, answer = _last(session, status.pbx, actor, now)
    working = after_call.of_phone(session, status.pbx, actor.extension) if reason == AFTER_CALL else None
    named = session.get(PauseReason, reason) if reason else None
    return Presence(
        pbx=status.pbx,
        extension=actor.extension,
        doing=doing,
        queues=[_membership(row, actor.extension) for row in rows],
        reason=reason,
        reason_name=named.name if named else reason if reason not in (UNANSWERED, AFTER_CALL) else "",
        since=working.began_at if working else since,
        ready_due=working.ready_due if working else None,
        can=frozenset(status.actions) if rights.may(actor, Right.WORK_TELEPHONE) else frozenset(),
        away=phone.is_away(status, now),
        asked=asked,
        result=result,
        answer=answer,
    )


def reasons(session: Session) -> Sequence[PauseReason]:
    """What people can choose from."""
    query = select(PauseReason).where(PauseReason.active).order_by(PauseReason.position, PauseReason.code)
    return session.scalars(query).all()


def ask(
    session: Session, actor: Actor, verb: CommandVerb, *, queue: str = "", reason: str = "", now: datetime
) -> PbxCommand:
    """Ask for another state; without a `queue` in all of them. Twice is once.

    Raises NotFound without a telephone, Invalid where it cannot be done now or the reason is none of the list.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    here = of(session, actor, now)
    if here is None or actor.id is None:
        raise NotFound(f"no telephone of {actor.name} at any PBX")
    _check(session, here, verb, queue, reason)
    given = {"queue": queue} if queue else {"reason": reason} if reason else {}
    return commands.ask(
        session,
        pbx=here.pbx,
        verb=verb,
        extension=here.extension,
        arguments=given,
        actor_id=actor.id,
        actor_name=actor.name,
        now=now,
    )


def _check(session: Session, here: Presence, verb: CommandVerb, queue: str, reason: str) -> None:
    if verb not in here.can:
        raise Invalid({"phone": "phone_not_here"})
    if here.away:
        raise Invalid({"phone": "phone_away"})
    if queue and queue not in {one.queue for one in here.queues}:
        raise Invalid({"phone": "unknown_choice"})
    if verb is CommandVerb.SIGN_OUT and not here.may_leave:
        raise Invalid({"phone": _NOT_IN})
    if verb is CommandVerb.PAUSE:
        if reason not in {one.code for one in reasons(session)}:
            raise Invalid({"phone": "pause_reason"})
        if not here.inside:
            raise Invalid({"phone": _NOT_IN})
    if verb is CommandVerb.RESUME and not any(one.paused for one in here.inside):
        raise Invalid({"phone": _NOT_PAUSED})


def _pbx(session: Session, queues: Sequence[PbxQueue], extension: str) -> PbxStatus | None:
    """The PBX in whose queues this telephone is, else the first one that is heard."""
    known = {row.pbx for row in queues}
    here = next((row.pbx for row in queues if _member(row, extension) is not None), None)
    states = [state for state in session.scalars(_STATES) if state.pbx in known]
    if here is not None:
        return next((state for state in states if state.pbx == here), None)
    return next(iter(sorted(states, key=lambda state: not state.connected)), None)


def _member(row: PbxQueue, extension: str | None) -> Mapping[str, Any] | None:
    return next((member for member in row.members if member.get("extension") == extension), None)


def _membership(row: PbxQueue, extension: str) -> Membership:
    member = _member(row, extension)
    if member is None:
        return Membership(row.name, row.title or row.name, inside=False)
    paused, dynamic = bool(member.get("paused")), bool(member.get("dynamic"))
    return Membership(row.name, row.title or row.name, inside=True, paused=paused, fixed=not dynamic)


def _last(
    session: Session, pbx: str, actor: Actor, now: datetime
) -> tuple[CommandVerb | None, CommandResult | None, str]:
    """What is awaited, or what did not work, of the last of these commands."""
    latest = commands.latest(session, pbx, actor.extension or "", now - _REMEMBERED)
    last = next((command for command in latest if command.verb in _TOLD and command.asked_by_id == actor.id), None)
    if last is None:
        return None, None, ""
    asked, result = phone.what_became(last, now)
    # A pause or a sign-in that is done shows in the queues themselves: there is nothing more to wait for.
    waiting = asked and last.result is None
    return CommandVerb(last.verb) if waiting else None, result, last.answer or "" if result else ""
