"""Effects of a happening on a call by way of its channels: rings, talks, transfers, the end. True where it changed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from callcenter.vocab import HungUpBy, TransferKind
from telephony.callflow.call import CallState, Transfer
from telephony.callflow.calls import Calls, end_talks, explain, is_extension, is_operator, remember, talk
from telephony.callflow.end import decide, is_sure
from telephony.callflow.marks import resume
from telephony.events import INTO_APP, Happening, Kind

Move = Callable[[Calls, CallState, Happening], bool]

_TOLD_LATE = timedelta(seconds=0.5)
_RINGING_STATES = frozenset({"5", "6", "4"})


def _voicemail(calls: Calls, call: CallState, happening: Happening) -> bool:
    """Asterisk tells that a message is there, the dialplan tells its file: either may come first, or alone."""
    if call.voicemail and (call.message or not happening.word):
        return False
    call.voicemail = True
    call.message = call.message or happening.word or None
    return reconsider(calls, call)


def _rings(calls: Calls, call: CallState, happening: Happening) -> bool:
    leg = calls.leg(happening.dest, call.linkedid, happening.dest_channel)
    if leg is None:
        # A phone that refused at once can be gone before its ringing is announced.
        short = call.branch is None and is_extension(happening.word)
        return (short or bool(happening.queue)) and remember(call.rang, happening.word)
    if happening.queue:
        leg.member = True
        leg.extension = happening.word
    if not is_operator(call, leg) or leg.extension in call.talking:
        return False
    new = leg.uniqueid not in call.ringing and not leg.bridges
    if new:
        call.ringing[leg.uniqueid] = leg.extension
    return remember(call.rang, leg.extension) or new


def _connected(calls: Calls, call: CallState, happening: Happening) -> bool:
    if call.connected == happening.word and not call.completed:
        return False
    leg = calls.leg(happening.dest, call.linkedid, happening.dest_channel)
    if leg is not None:
        leg.member = True
        leg.extension = happening.word
    call.connected = happening.word
    call.answered_at = call.answered_at or happening.at
    call.talk_ended_at = call.talk_ended_at if call.talking else None
    call.in_queue = None
    call.left_at = call.left_at or happening.at
    call.in_transfer = call.completed = False
    call.ended_by = None
    call.ringing.clear()
    remember(call.operators, happening.word)
    remember(call.rang, happening.word)
    return True


def _blind_transfer(calls: Calls, call: CallState, happening: Happening) -> bool:
    if _is_repeated(call, happening):
        return False
    if call.ended_at is not None:
        return happening.at - call.ended_at <= _TOLD_LATE and _transferred_late(calls, call, happening)
    _transferred(call, TransferKind.BLIND, happening.word, happening.at)
    _let_go(calls, call, happening)
    return True


def _transferred_late(calls: Calls, call: CallState, happening: Happening) -> bool:
    """A target that refuses at once can end the call before the transfer is announced."""
    call.transfers.append(Transfer(TransferKind.BLIND, happening.word, happening.at))
    call.in_transfer = happening.word not in call.operators[1:]
    return reconsider(calls, call)


def _attended_transfer(calls: Calls, call: CallState, happening: Happening) -> bool:
    if _is_repeated(call, happening):
        return False
    dialled = happening.exten if happening.exten.isdigit() else ""
    # Under load the target can be missing from the event: then it is the leg that joined just before, or joins next.
    target = _target(calls, call, happening) or dialled or call.unexplained or _asked(call)
    _transferred(call, TransferKind.ATTENDED, target, happening.at)
    if happening.into == INTO_APP:
        _put_in_place(calls, call, happening)
    _let_go(calls, call, happening)
    return True


def _put_in_place(calls: Calls, call: CallState, happening: Happening) -> None:
    """Transferred before the consultation was joined: the transferred leg takes the place of the second leg.

    No event shows the exchange, which may be over before the transfer is announced.
    """
    moved = calls.legs.get(happening.word)
    if moved is not None and happening.other not in ("", happening.uniqueid, happening.word):
        calls.replace(call, happening.other, moved, happening.bridge, happening.at)


def _let_go(calls: Calls, call: CallState, happening: Happening) -> None:
    """Both legs that the transfer took leave their bridges; a hold ends."""
    for uniqueid in (happening.uniqueid, happening.other):
        leg = calls.legs.get(uniqueid)
        if leg is not None:
            resume(call, leg, happening.at)
            calls.part(leg)
    talk(calls, call, happening.at)


def _target(calls: Calls, call: CallState, happening: Happening) -> str:
    """The phone at the other end from the caller; a phone may send its REFER on either of its two legs."""
    for uniqueid, channel in ((happening.dest, happening.dest_channel), (happening.word, "")):
        leg = calls.legs.get(uniqueid)
        if leg is not None and leg.uniqueid != call.linkedid:
            return leg.extension
        if leg is None and uniqueid and channel:
            found = calls.leg(uniqueid, "", channel)
            return found.extension if found else ""
    return ""


def _asked(call: CallState) -> str:
    """What was dialled by the telephone's keys: the Local channel between the two is named after it."""
    near = (leg for leg in call.legs.values() if leg.local and leg.channel.endswith(";1"))
    return next((leg.extension for leg in near if leg.extension not in call.operators), "")


def _transferred(call: CallState, kind: TransferKind, to: str, at: datetime) -> None:
    call.transfers.append(Transfer(kind, to, at))
    call.in_transfer = True
    call.connected = None
    call.ended_by = None
    if kind == TransferKind.ATTENDED:
        call.unexplained = None
        if is_extension(to):
            remember(call.rang, to)


def _is_repeated(call: CallState, happening: Happening) -> bool:
    return any(transfer.at == happening.at for transfer in call.transfers)


def _completed(calls: Calls, call: CallState, happening: Happening) -> bool:
    ender = {"caller": HungUpBy.CALLER, "agent": HungUpBy.OPERATOR}.get(happening.cause)
    changed = False
    if ender is not None and call.ended_by is None:
        call.ended_by = ender
        changed = True
    if not call.completed and call.ended_at is None:
        call.completed = changed = True
        if not call.talking and call.talk_ended_at is None:
            call.talk_ended_at = happening.at
    return changed and (call.ended_at is None or reconsider(calls, call))


def _end_told(calls: Calls, call: CallState, happening: Happening) -> bool:
    try:
        told = HungUpBy(happening.word)
    except ValueError:
        return False
    changed = call.told_by != told
    call.told_by = told
    return changed and reconsider(calls, call)


def _hung_up(calls: Calls, call: CallState, happening: Happening) -> bool:
    if happening.uniqueid == call.linkedid:
        return end(calls, call, happening)
    if happening.uniqueid in call.gone:
        return False
    known = happening.uniqueid in calls.legs
    leg = calls.leg(happening.uniqueid, call.linkedid, happening.channel)
    if leg is None:
        return False
    changed = resume(call, leg, happening.at)
    if not known and happening.state in _RINGING_STATES and is_operator(call, leg):
        # A filtered stream does not say that a phone rings; that it stopped ringing says so too.
        changed = remember(call.rang, leg.extension)
    changed = call.ringing.pop(leg.uniqueid, None) is not None or changed
    calls.drop(leg)
    return talk(calls, call, happening.at) or changed


def end(calls: Calls, call: CallState, happening: Happening) -> bool:
    """The caller's channel is gone: the outcome is decided, and final once nothing can change it any more."""
    if call.ended_at is not None:
        return False
    call.end_context = happening.context
    call.end_cause = happening.cause
    close(call, happening.at)
    return reconsider(calls, call)


def close(call: CallState, at: datetime) -> None:
    """Ends all ringing, waiting, holds and talks."""
    explain(call)
    for leg in call.legs.values():
        resume(call, leg, at)
    if call.operators and (call.talking or call.talk_ended_at is None):
        call.talk_ended_at = at
    if call.in_queue is not None and call.left_at is None:
        call.left_at = at
    call.ended_at = at
    call.in_queue = None
    call.ringing.clear()
    call.talking = []
    end_talks(call, at)
    call.third = None
    call.missing_since = None


def reconsider(calls: Calls, call: CallState) -> bool:
    """Decide again where the call has ended; True, so that it is written."""
    if call.ended_at is not None:
        decide(call, hears_requests=calls.hears_requests)
        call.settled = call.settled or is_sure(call)
    return True


MOVES: dict[Kind, Move] = {
    Kind.VOICEMAIL: _voicemail,
    Kind.RINGS: _rings,
    Kind.CONNECTED: _connected,
    Kind.BLIND_TRANSFER: _blind_transfer,
    Kind.ATTENDED_TRANSFER: _attended_transfer,
    Kind.COMPLETED: _completed,
    Kind.END_TOLD: _end_told,
    Kind.HUNG_UP: _hung_up,
}

# What may still be news after the caller's channel is gone.
AFTER_THE_END = frozenset({Kind.BLIND_TRANSFER, Kind.COMPLETED, Kind.VOICEMAIL, Kind.END_TOLD, Kind.HUNG_UP})
