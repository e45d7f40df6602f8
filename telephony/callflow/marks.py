"""Marks that a happening leaves on its own call, without other channels; each returns whether anything changed."""

from collections.abc import Callable
from datetime import datetime

from callcenter.phones import normalise
from callcenter.vocab import HungUpBy, Reason, Stage, TransferKind
from telephony.callflow.call import CallState, Leg, Transfer
from telephony.callflow.calls import is_operator, remember
from telephony.events import Happening, Kind

Mark = Callable[[CallState, Happening], bool]

_MOST_LINES = 20
_STAGES = {"prompt": Stage.PROMPT, "menu": Stage.MENU, "queue": Stage.QUEUE}


def introduce(call: CallState, happening: Happening) -> None:
    """Identifies the caller, from the dialplan's cleaned number, or from the channel before it."""
    withheld = happening.pres.startswith("prohib")
    call.caller_raw = None if withheld else happening.number or None
    call.caller = normalise(call.caller_raw)
    if withheld:
        call.caller_name = None
    elif happening.name:
        call.caller_name = happening.name


def _started(call: CallState, happening: Happening) -> bool:
    if call.told_start:
        return False
    call.told_start = True
    introduce(call, happening)
    call.number_dialled = happening.exten or call.number_dialled
    return True


def _stage(call: CallState, happening: Happening) -> bool:
    before = (call.stage, call.turned_away, call.after_queue, call.recording)
    call.recording = happening.recording or call.recording
    if happening.word in _STAGES:
        call.stage = _STAGES[happening.word]
    elif happening.word == "closed":
        call.turned_away = Reason.CLOSED
    if call.stage == Stage.QUEUE and happening.word == "queue" and call.gave_up_at is None:
        call.turned_away = None
    elif call.gave_up_at is not None:
        call.after_queue = True
    return before != (call.stage, call.turned_away, call.after_queue, call.recording)


def _unserved(call: CallState, happening: Happening) -> bool:
    try:
        reason = Reason(happening.word)
    except ValueError:
        return False
    changed = call.turned_away != reason
    call.turned_away = reason
    return changed


def _blocked(call: CallState, _: Happening) -> bool:
    changed = not call.blocked
    call.blocked = True
    return changed


def _callback(call: CallState, happening: Happening) -> bool:
    changed = call.asked_for is None
    call.asked_for = happening.number
    return changed


def _forwarded(call: CallState, happening: Happening) -> bool:
    if call.branch is not None:
        return False
    call.branch = happening.word
    return True


def _recording(call: CallState, happening: Happening) -> bool:
    name = happening.recording or call.recording or f"{call.linkedid}.wav"
    changed = name != call.recording
    call.recording = name
    return changed


def _said(call: CallState, happening: Happening) -> bool:
    """The same line may come twice, and a call that never ends must not fill the memory."""
    if not happening.word or happening.word in call.said or len(call.said) >= _MOST_LINES:
        return False
    call.said.append(happening.word)
    return True


def _joined(call: CallState, happening: Happening) -> bool:
    late = call.left_at is not None and happening.at <= call.left_at
    if late or call.in_queue == happening.queue:
        return False
    if call.operators and not call.completed and not call.in_transfer and not call.talking:
        call.transfers.append(Transfer(TransferKind.REDIRECT, happening.queue, happening.at))
        call.in_transfer = True
    call.in_queue = happening.queue
    call.queue = call.queue or happening.queue
    call.queued_at = call.queued_at or happening.at
    call.left_at = call.gave_up_at = None
    call.after_queue = False
    call.turned_away = None
    return True


def _gave_up(call: CallState, happening: Happening) -> bool:
    if call.gave_up_at is not None or call.in_queue is None:
        return False
    call.gave_up_at = happening.at
    call.gave_up_context = happening.context
    return True


def _left(call: CallState, happening: Happening) -> bool:
    if call.in_queue is None:
        return False
    call.in_queue = None
    call.left_at = happening.at
    call.ringing.clear()
    return True


def _ring_ended(call: CallState, happening: Happening) -> bool:
    stopped = call.ringing.pop(happening.dest, None) is not None
    if happening.queue:
        return remember(call.rang, happening.word) or stopped
    return stopped


def _held(call: CallState, happening: Happening) -> bool:
    leg = call.legs.get(happening.uniqueid)
    if leg is None or leg.held_at is not None or not is_operator(call, leg) or leg.uniqueid == call.linkedid:
        return False
    leg.held_at = happening.at
    return True


def _resumed(call: CallState, happening: Happening) -> bool:
    leg = call.legs.get(happening.uniqueid)
    return leg is not None and resume(call, leg, happening.at)


def resume(call: CallState, leg: Leg, at: datetime) -> bool:
    """A hold ends, by the key, a transfer or a hang-up; False for an Unhold without a Hold (REFER sends one)."""
    if leg.held_at is None:
        return False
    call.hold_s += max(0.0, (at - leg.held_at).total_seconds())
    for talk in call.talks:
        if talk.extension == leg.extension:
            within = min(at, talk.until or at) - max(leg.held_at, talk.since)
            talk.hold_s += max(0.0, within.total_seconds())
    leg.held_at = None
    return True


def _hangup_asked(call: CallState, happening: Happening) -> bool:
    leg = call.legs.get(happening.uniqueid)
    if leg is None or leg.local:
        return False
    if leg.uniqueid == call.linkedid:
        if call.asked_at is not None:
            return False
        call.asked_at = happening.at
        call.ended_by = call.ended_by or HungUpBy.CALLER
        return True
    if leg.extension not in call.talking or call.ended_by is not None:
        return False
    call.ended_by = HungUpBy.OPERATOR
    return True


MARKS: dict[Kind, Mark] = {
    Kind.STARTED: _started,
    Kind.STAGE: _stage,
    Kind.UNSERVED: _unserved,
    Kind.BLOCKED: _blocked,
    Kind.CALLBACK: _callback,
    Kind.FORWARDED: _forwarded,
    Kind.RECORDING: _recording,
    Kind.SAID: _said,
    Kind.JOINED: _joined,
    Kind.GAVE_UP: _gave_up,
    Kind.LEFT: _left,
    Kind.RING_ENDED: _ring_ended,
    Kind.HELD: _held,
    Kind.RESUMED: _resumed,
    Kind.HANGUP_ASKED: _hangup_asked,
}
