"""End of a call: its one outcome, the party that hung up, and whether that is already certain."""

from datetime import datetime, timedelta

from callcenter.vocab import HungUpBy, Outcome, Reason, Stage
from telephony.callflow.call import CallState

# A true abandon and its Hangup are 1 to 4 ms apart; what the dialplan does after a timeout takes longer.
_SAME_MOMENT = timedelta(seconds=0.5)
_BUSY = "17"


def decide(call: CallState, *, hears_requests: bool) -> None:
    """Settle what the record says of the end; the caller's channel is gone. May be asked again with more known."""
    call.outcome = _outcome(call, hears_requests)
    call.stage = _stage(call) if call.outcome == Outcome.ABANDONED else None
    call.reason = call.turned_away or Reason.FULL if call.outcome == Outcome.UNSERVED else None
    call.hung_up_by = _hung_up_by(call, hears_requests)
    call.lost_in_transfer = bool(call.operators) and call.in_transfer


def is_sure(call: CallState) -> bool:
    """True where nothing that may still arrive could change the outcome."""
    if call.told_by or call.asked_at or call.vanished:
        return True
    if call.operators:
        return call.ended_by is not None
    told = (call.branch, call.asked_for, call.turned_away)
    return call.voicemail or call.blocked or any(mark is not None for mark in told)


def _outcome(call: CallState, hears_requests: bool) -> Outcome:
    """The first that fits, in the order of `Outcome`."""
    if call.operators:
        return Outcome.ANSWERED
    if call.branch is not None:
        return Outcome.FORWARDED
    if call.asked_for is not None:
        return Outcome.CALLBACK
    if call.voicemail:
        return Outcome.VOICEMAIL
    if call.blocked:
        return Outcome.BLOCKED
    if call.turned_away or (call.end_cause == _BUSY and call.queued_at is None):
        return Outcome.UNSERVED
    if call.vanished or _broken(call, hears_requests):
        return Outcome.FAILED
    return Outcome.TIMEOUT if _timed_out(call) else Outcome.ABANDONED


def _timed_out(call: CallState) -> bool:
    """QueueCallerAbandon is sent for a timeout too: only what came before and after it tells them apart."""
    if call.gave_up_at is None or call.ended_at is None:
        return False
    if call.asked_at is not None and call.asked_at <= call.gave_up_at:
        return False
    if call.after_queue or call.end_context != call.gave_up_context:
        return True
    return call.ended_at - call.gave_up_at > _SAME_MOMENT


def _broken(call: CallState, hears_requests: bool) -> bool:
    """Neither side asked for this end: not the caller's network, nor the dialplan, which gives a reason when it hangs
    up."""
    if call.asked_at is not None or call.after_queue or _timed_out(call):
        return False
    if call.told_by is not None:
        return call.told_by == HungUpBy.SYSTEM
    # Without the contract a dialplan may end a call before the queue as it likes; in the queue it cannot.
    return hears_requests and call.gave_up_at is not None


def _stage(call: CallState) -> Stage:
    if call.stage is not None:
        return call.stage
    if call.queued_at is not None:
        return Stage.QUEUE
    context = call.end_context.lower()
    return Stage.MENU if "ivr" in context or "menu" in context else Stage.PROMPT


def _hung_up_by(call: CallState, hears_requests: bool) -> HungUpBy | None:
    """The side that ended it: by the dialplan, by the first request, or as the outcome implies; None where nothing
    shows it."""
    if call.told_by or call.ended_by:
        return call.told_by or call.ended_by
    if call.vanished or call.outcome == Outcome.FAILED:
        return HungUpBy.SYSTEM
    # Where requests are heard and none came, it was neither phone.
    if hears_requests or call.end_cause == _BUSY:
        return HungUpBy.SYSTEM
    return HungUpBy.CALLER if call.outcome == Outcome.ABANDONED else None


def vanish(call: CallState, at: datetime) -> None:
    """The channel went without a Hangup event: a PBX that died, or a gap in the connection."""
    call.vanished = True
    call.ended_at = at
