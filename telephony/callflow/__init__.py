"""Call state machine: `step` finds the call that a happening belongs to and moves it on.

Deterministic and total: late, doubled and unknown happenings change nothing. Time passing is a happening too (`TICK`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from callcenter.vocab import HungUpBy, Outcome
from telephony.callflow.call import CallState, Leg, columns, from_json, to_json
from telephony.callflow.calls import GRACE, Calls, Rules, explain, is_extension, remember, talk
from telephony.callflow.end import vanish
from telephony.callflow.marks import MARKS, Mark, introduce
from telephony.callflow.moves import AFTER_THE_END, MOVES, Move, close, reconsider
from telephony.events import Happening, Kind, extension_of

__all__ = ["CallState", "Calls", "Rules", "columns", "from_json", "locate", "resync", "step", "to_json"]

# How long a call is remembered, so that what comes late finds it.
_KEEP = timedelta(minutes=10)
# `core restart now` hangs up every channel about a second before it says so.
_BEFORE_SHUTDOWN = timedelta(seconds=3)
_RING_STATE = "4"

Changed = Sequence[str]
Step = Callable[[Calls, Happening], Changed]


def step(calls: Calls, happening: Happening) -> Changed:
    """Fold one happening in; the Linkedids of the calls that are different now."""
    return _STEPS[happening.kind](calls, happening)


def locate(calls: Calls, happening: Happening) -> CallState | None:
    """By the channel it happened to, its Linkedid, the channels it names besides, or the one phone it can mean."""
    for uniqueid in (happening.uniqueid, happening.dest, happening.other):
        leg = calls.legs.get(uniqueid)
        if leg is not None and leg.call:
            return calls.by_id.get(leg.call)
    call = calls.by_id.get(happening.linkedid) or calls.by_id.get(happening.uniqueid)
    if call is not None:
        return call
    if happening.kind == Kind.ATTENDED_TRANSFER:
        leg = calls.legs.get(happening.word)
        return calls.by_id.get(leg.call) if leg is not None else None
    if happening.kind == Kind.COMPLETED and not happening.uniqueid and not happening.dest:
        held = [call for call in calls.by_id.values() if not call.completed and call.connected == happening.word]
        return held[0] if len(held) == 1 else None
    return None


def _marks(mark: Mark) -> Step:
    """The step of a happening that only its own call cares for, while it goes on."""

    def run(calls: Calls, happening: Happening) -> Changed:
        call = locate(calls, happening)
        if call is None or call.ended_at is not None or not mark(call, happening):
            return ()
        return (call.linkedid,)

    return run


def _moves(move: Move, *, after_the_end: bool) -> Step:
    def run(calls: Calls, happening: Happening) -> Changed:
        call = locate(calls, happening)
        if call is None or (call.ended_at is not None and not after_the_end):
            return ()
        return (call.linkedid,) if move(calls, call, happening) else ()

    return run


def _started(calls: Calls, happening: Happening) -> Changed:
    return _open(calls, happening) or _TOLD_START(calls, happening)


def _hangup_asked(calls: Calls, happening: Happening) -> Changed:
    calls.hears_requests = True
    return _ASKED(calls, happening)


def _hung_up(calls: Calls, happening: Happening) -> Changed:
    changed = _HUNG_UP(calls, happening)
    leg = calls.legs.get(happening.uniqueid)
    if leg is not None and not leg.call:
        calls.drop(leg)
    return changed


def _open(calls: Calls, happening: Happening) -> Changed:
    """A channel that came in from outside and dialled the hotline is a new call, once."""
    known = calls.legs.get(happening.uniqueid)
    if happening.kind == Kind.CHANNEL and known is None and happening.uniqueid:
        known = calls.leg(happening.uniqueid, happening.linkedid, happening.channel)
        if known is not None:
            known.context = happening.context
    if happening.uniqueid in calls.by_id or not _is_hotline(calls, known, happening):
        return ()
    call = CallState(happening.uniqueid, happening.at, number_dialled=happening.exten)
    call.told_start = happening.kind == Kind.STARTED
    introduce(call, happening)
    leg = known or Leg(happening.uniqueid, happening.channel, extension_of(happening.channel))
    leg.call = call.linkedid
    call.legs[leg.uniqueid] = leg
    calls.add(call)
    return (call.linkedid,)


def _is_hotline(calls: Calls, leg: Leg | None, happening: Happening) -> bool:
    if (
        not happening.uniqueid
        or happening.uniqueid != happening.linkedid
        or not calls.rules.is_hotline(happening.exten)
    ):
        return False
    if happening.kind == Kind.CHANNEL:
        return happening.state == _RING_STATE and happening.context in calls.rules.contexts
    # The dialplan says so itself; but not for a channel that was seen to come from elsewhere.
    return leg is None or not leg.context or leg.context in calls.rules.contexts


def _rebridged(calls: Calls, happening: Happening) -> Changed:
    """The connected channels have changed; the bridge identifies the call, where the Linkedid does not yet."""
    successor = calls.legs.get(calls.replaced.get(happening.uniqueid, ""))
    leg = successor or calls.leg(happening.uniqueid, happening.linkedid, happening.channel)
    if leg is None or (happening.kind == Kind.BRIDGED) == (happening.bridge in leg.bridges):
        if leg is not None and happening.bridge in leg.bridges:
            # Back in a bridge before it was heard to enter another one.
            leg.bridges[happening.bridge] = max(leg.bridges[happening.bridge], happening.at)
        return ()
    touched = calls.touched(happening.bridge) | {leg.call}
    for bridge in leg.bridges:
        touched |= calls.touched(bridge)
    if happening.kind == Kind.BRIDGED:
        calls.join(leg, happening.bridge, happening.at)
    else:
        calls.part(leg, happening.bridge)
    live = [calls.by_id[linkedid] for linkedid in touched if linkedid in calls.by_id]
    return [call.linkedid for call in live if call.ended_at is None and talk(calls, call, happening.at)]


def _stopped(calls: Calls, happening: Happening) -> Changed:
    return [call.linkedid for call in calls.by_id.values() if _shut_down(calls, call, happening.at)]


def _link_lost(calls: Calls, happening: Happening) -> Changed:
    if calls.lost_at is None:
        calls.lost_at = happening.at
        calls.lost_talks = frozenset(
            call.linkedid for call in calls.by_id.values() if call.operators and call.ended_at is None
        )
    return ()


def _ticked(calls: Calls, happening: Happening) -> Changed:
    return [call.linkedid for call in list(calls.by_id.values()) if _tick(calls, call, happening.at)]


def _shut_down(calls: Calls, call: CallState, at: datetime) -> bool:
    """The PBX stopped on purpose: what ended a moment ago was hung up by it."""
    if call.ended_at is None or at - call.ended_at > _BEFORE_SHUTDOWN or call.told_by or call.asked_at:
        return False
    if call.settled and call.outcome != Outcome.ANSWERED:
        return False
    call.vanished = True
    call.ended_by = HungUpBy.SYSTEM
    return reconsider(calls, call)


def _tick(calls: Calls, call: CallState, at: datetime) -> bool:
    """`at` is our clock: each grace runs from the first tick that sees it, so that clocks may differ."""
    if call.missing_since is not None and at - call.missing_since >= calls.patience:
        _end_unseen(calls, call, call.lost_at or call.missing_since)
        return True
    if call.ended_at is None and call.unexplained is None:
        return False
    if call.waiting_since is None:
        call.waiting_since = at
    waited = at - call.waiting_since
    if call.settled:
        if waited >= _KEEP:
            calls.forget(call)
        return explain(call)
    if waited < GRACE:
        return False
    call.settled = call.ended_at is not None
    call.waiting_since = at if call.settled else None
    return explain(call) or call.settled


def _end_unseen(calls: Calls, call: CallState, at: datetime) -> None:
    """The call is over, and its end was not heard: for the record it ended when the link did."""
    moment = max(at, call.answered_at or call.queued_at or call.started_at)
    vanish(call, moment)
    close(call, moment)
    reconsider(calls, call)


def resync(calls: Calls, rows: Sequence[Mapping[str, str]], at: datetime, *, unheard: bool = True) -> Changed:
    """Compare with what the PBX says is there (the rows of the `Status` action), after a log-in.

    New calls are picked up where they are; a call that is not there any more is ended, unless its Hangup is only a
    moment late. `unheard`: calls may have gone on meanwhile; False where the PBX itself was down. `at` is our clock.
    """
    present = {row.get("Uniqueid", ""): row for row in rows}
    heard = _talks_heard_since(calls)
    changed = {linkedid for uniqueid, row in present.items() for linkedid in _pick_up(calls, uniqueid, row, at)}
    _resync_legs(calls, present, at)
    for call in calls.by_id.values():
        moved = call.ended_at is None and _resync_call(calls, call, present, at)
        missed = unheard and call.linkedid not in heard and _may_have_missed_a_hold(calls, call)
        if moved or missed:
            changed.add(call.linkedid)
    calls.lost_at, calls.lost_talks = None, frozenset()
    return sorted(changed)


def _talks_heard_since(calls: Calls) -> set[str]:
    """Between the log-in and the list the PBX was heard already."""
    return {call.linkedid for call in calls.by_id.values() if call.operators} - calls.lost_talks


def _resync_legs(calls: Calls, present: Mapping[str, Mapping[str, str]], at: datetime) -> None:
    """Each channel stands where the PBX shows it; one that it does not show is gone, unless a call began with it."""
    for uniqueid, row in present.items():
        _place(calls, uniqueid, row, at)
    for leg in [leg for leg in calls.legs.values() if leg.uniqueid not in present and leg.uniqueid not in calls.by_id]:
        calls.drop(leg)


def _may_have_missed_a_hold(calls: Calls, call: CallState) -> bool:
    """Of a talk that went on when the link was lost; returns whether that is news to be written now."""
    concerns = call.ended_at is None or call.linkedid in calls.lost_talks
    return concerns and miss_holds(call) and call.missing_since is None


def miss_holds(call: CallState) -> bool:
    """Marks the holds of running talks as unknown after a gap; returns whether that is news."""
    missed = bool(call.operators) and not call.hold_unheard
    call.hold_unheard = call.hold_unheard or missed
    return missed


def _pick_up(calls: Calls, uniqueid: str, row: Mapping[str, str], at: datetime) -> Changed:
    """A caller already in the PBX: dialled the hotline (DNID), and is no phone of ours."""
    channel = row.get("Channel", "")
    if is_extension(extension_of(channel)) or not calls.rules.is_hotline(row.get("DNID", "")):
        return ()
    return _open(
        calls,
        Happening(
            Kind.STARTED,
            at - _seconds(row, "Seconds"),
            uniqueid,
            row.get("Linkedid", ""),
            channel,
            exten=row.get("DNID", ""),
            number=row.get("CallerIDNum", "").replace("<unknown>", ""),
        ),
    )


def _place(calls: Calls, uniqueid: str, row: Mapping[str, str], at: datetime) -> None:
    leg = calls.leg(uniqueid, row.get("Linkedid", ""), row.get("Channel", ""))
    bridge = row.get("BridgeID") or row.get("BridgeId") or ""
    if leg is None or set(leg.bridges) == {bridge}:
        return
    calls.part(leg)
    if bridge:
        calls.join(leg, bridge, at)


def _resync_call(calls: Calls, call: CallState, present: Mapping[str, Mapping[str, str]], at: datetime) -> bool:
    row = present.get(call.linkedid)
    if row is None:
        if call.missing_since is None:
            call.missing_since, call.lost_at = at, calls.lost_at
        return False
    call.missing_since = None
    before = (call.in_queue, dict(call.ringing))
    _resync_queue(call, row, at)
    call.ringing = {
        leg.uniqueid: leg.extension
        for leg in call.legs.values()
        if is_extension(leg.extension) and present.get(leg.uniqueid, {}).get("ChannelState") == "5"
    }
    for extension in call.ringing.values():
        remember(call.rang, extension)
    talked = talk(calls, call, at)
    return talked or before != (call.in_queue, call.ringing)


def _resync_queue(call: CallState, row: Mapping[str, str], at: datetime) -> None:
    """Whether the caller waits, and where."""
    waiting = row.get("Application") == "Queue" and not (row.get("BridgeID") or row.get("BridgeId"))
    if waiting and call.answered_at is None:
        call.in_queue = row.get("Queue") or row.get("Data", "").partition(",")[0] or call.in_queue
        call.queue = call.queue or call.in_queue
        call.queued_at = call.queued_at or at - _seconds(row, "Wait")
    elif not waiting:
        call.in_queue = None


def _seconds(row: Mapping[str, str], header: str) -> timedelta:
    value = row.get(header, "")
    return timedelta(seconds=int(value) if value.isdigit() and len(value) < 9 else 0)


_TOLD_START = _marks(MARKS[Kind.STARTED])
_ASKED = _marks(MARKS[Kind.HANGUP_ASKED])
_HUNG_UP = _moves(MOVES[Kind.HUNG_UP], after_the_end=True)

_STEPS: dict[Kind, Step] = {
    **{kind: _marks(mark) for kind, mark in MARKS.items()},
    **{kind: _moves(move, after_the_end=kind in AFTER_THE_END) for kind, move in MOVES.items()},
    Kind.CHANNEL: _open,
    Kind.STARTED: _started,
    Kind.BRIDGED: _rebridged,
    Kind.UNBRIDGED: _rebridged,
    Kind.HANGUP_ASKED: _hangup_asked,
    Kind.HUNG_UP: _hung_up,
    Kind.SHUTDOWN: _stopped,
    Kind.LINK_LOST: _link_lost,
    Kind.TICK: _ticked,
}
