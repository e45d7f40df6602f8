"""Queue state of a person's telephone: its queues, ready, paused and why; and requests for another state.

What is shown is what the PBX last reported of its queues, never what was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, vocab
from callcenter.errors import Invalid, NotFound
from callcenter.models import PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import AFTER_CALL, UNANSWERED, CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.telephone import floor, phone
from tickets.telephone.floor import Doing
from tickets.telephone.handset import Handset

VERBS = (CommandVerb.SIGN_IN, CommandVerb.SIGN_OUT, CommandVerb.PAUSE, CommandVerb.RESUME)
# Those whose answer the strip tells; a button of a call tells its own.
_TOLD = frozenset(CommandVerb) - {CommandVerb.ANSWER, CommandVerb.HANG_UP}
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

    `at_call` is what goes on there besides: HOLDING, TALKING, RINGING or None.

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
    at_call: Doing | None = None
    away: bool = False
    asked: CommandVerb | None = None
    result: CommandResult | None = None
    answer: str = ""

    @property
    def inside(self) -> list[Membership]:
        return [queue for queue in self.queues if queue.inside]

    @property
    def unanswered(self) -> bool:
        """The PBX paused it by itself, because it rang unanswered."""
        return self.doing is Doing.PAUSED and self.reason == UNANSWERED

    @property
    def after_call(self) -> bool:
        return self.doing is Doing.PAUSED and self.reason == AFTER_CALL

    @property
    def may_leave(self) -> bool:
        return any(not queue.fixed for queue in self.inside)


def of(handset: Handset) -> Presence | None:
    """None for a person without a telephone, and where no PBX has reported its queues."""
    extension = handset.extension
    status = _pbx(handset) if extension else None
    if status is None:
        return None
    rows = [row for row in handset.queues if row.pbx == status.pbx]
    members = [member for row in rows if (member := _member(row, extension)) is not None]
    doing = floor.idle(members)
    reason, since = floor.why_paused(members) if doing is Doing.PAUSED else ("", None)
    asked, result, answer = _last(handset, status.pbx)
    working = handset.after_call(status.pbx) if reason == AFTER_CALL else None
    return Presence(
        pbx=status.pbx,
        extension=extension,
        doing=doing,
        queues=[_membership(row, extension) for row in rows],
        reason=reason,
        reason_name=_reason_name(handset, reason) if reason else "",
        since=working.began_at if working else since,
        ready_due=working.ready_due if working else None,
        at_call=_at_call(handset),
        can=frozenset(status.actions) if rights.may(handset.actor, Right.WORK_TELEPHONE) else frozenset(),
        away=phone.is_away(status, handset.now),
        asked=asked,
        result=result,
        answer=answer,
    )


def reasons(handset: Handset) -> dict[str, str]:
    """What people can choose from: code and name, in the order of the list."""
    return {reason.code: reason.name for reason in handset.reasons if reason.active}


def reason_names(session: Session) -> dict[str, str]:
    """By code, those that cannot be chosen any more too."""
    return {code: name for code, name in session.execute(select(PauseReason.code, PauseReason.name))}


def ask(
    session: Session, actor: Actor, verb: CommandVerb, *, queue: str = "", reason: str = "", now: datetime
) -> PbxCommand:
    """Ask for another state; without a `queue` in all of them. Twice is once.

    Raises NotFound without a telephone, Invalid where it cannot be done now or the reason is none of the list.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    handset = Handset(session, actor, now)
    here = of(handset)
    if here is None or actor.id is None:
        raise NotFound(f"no telephone of {actor.name} at any PBX")
    _check(handset, here, verb, queue, reason)
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


def _check(handset: Handset, here: Presence, verb: CommandVerb, queue: str, reason: str) -> None:
    if verb not in here.can:
        raise Invalid({"phone": "phone_not_here"})
    if here.away:
        raise Invalid({"phone": "phone_away"})
    if queue and queue not in {one.queue for one in here.queues}:
        raise Invalid({"phone": "unknown_choice"})
    if verb is CommandVerb.SIGN_OUT and not here.may_leave:
        raise Invalid({"phone": _NOT_IN})
    if verb is CommandVerb.PAUSE:
        if reason not in reasons(handset):
            raise Invalid({"phone": "pause_reason"})
        if not here.inside:
            raise Invalid({"phone": _NOT_IN})
    if verb is CommandVerb.RESUME and not any(one.paused for one in here.inside):
        raise Invalid({"phone": _NOT_PAUSED})


def _pbx(handset: Handset) -> PbxStatus | None:
    """The PBX in whose queues this telephone is, else the first one that is heard."""
    known = {row.pbx for row in handset.queues}
    here = next((row.pbx for row in handset.queues if _member(row, handset.extension) is not None), None)
    if here is not None:
        return handset.statuses.get(here)
    states = [state for state in handset.statuses.values() if state.pbx in known]
    return next(iter(sorted(states, key=lambda state: not state.connected)), None)


def _reason_name(handset: Handset, code: str) -> str:
    """As the list has it, else the PBX's own word; those of our own the page words itself."""
    named = next((reason.name for reason in handset.reasons if reason.code == code), None)
    return named or ("" if code in (UNANSWERED, AFTER_CALL) else code)


def _member(row: PbxQueue, extension: str | None) -> Mapping[str, Any] | None:
    return next((member for member in row.members if member.get("extension") == extension), None)


def _at_call(handset: Handset) -> Doing | None:
    """The strongest of what goes on at this telephone; None where nothing does."""
    here = handset.extension
    if any(here in call.talking and here not in call.holding for call in handset.calls):
        return Doing.TALKING
    if any(here in call.holding for call in handset.calls):
        return Doing.HOLDING
    return Doing.RINGING if any(here in call.ringing for call in handset.calls) else None


def _membership(row: PbxQueue, extension: str) -> Membership:
    member = _member(row, extension)
    if member is None:
        return Membership(row.name, row.title or row.name, inside=False)
    paused, dynamic = bool(member.get("paused")), bool(member.get("dynamic"))
    return Membership(row.name, row.title or row.name, inside=True, paused=paused, fixed=not dynamic)


def _last(handset: Handset, pbx: str) -> tuple[CommandVerb | None, CommandResult | None, str]:
    """What is awaited, or what did not work, of the last of these commands."""
    last = next((command for command in handset.recent if command.verb in _TOLD and command.pbx == pbx), None)
    if last is None:
        return None, None, ""
    asked, result = phone.what_became(last, handset.now)
    # A pause or a sign-in that is done shows in the queues themselves: there is nothing more to wait for.
    waiting = asked and last.result is None
    return vocab.read(CommandVerb, last.verb) if waiting else None, result, last.answer or "" if result else ""
