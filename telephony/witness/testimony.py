"""Testimony of the PBX's own logs about one call: rows folded by the same state machine, and what they can prove.

A witness claims only what it can know. queue_log has whole seconds, no holds, none of the extensions rung but the one
that answered, and nothing of what follows a transfer to a plain Dial. CEL has channels and bridges, and no words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from telephony.callflow import Calls, CallState, Rules, columns, resync, step
from telephony.callflow.call import Leg
from telephony.callflow.marks import introduce
from telephony.events import Happening, Kind, extension_of
from telephony.witness import cel, queue_log
from telephony.witness.queue_log import Names, Row

UNMAPPED = "?"

_NOBODY = Rules.of(["-"], [])
_GRACE = timedelta(seconds=3)
# After an operator's hang-up the dialplan hangs up too; rows have whole seconds.
_HANGS_UP = timedelta(seconds=2)
_CALLER_GONE = ("ABANDON", "COMPLETECALLER")
_WHOLE = frozenset({"started_at", "queued_at", "answered_at", "ended_at", "wait_s", "talk_s"})
_LISTS = frozenset({"operators", "rang", "transfers"})


@dataclass(frozen=True)
class WitnessedFacts:
    """What witnesses hold of a call, as columns of its record.

    `values` are claimed: a record that says otherwise is wrong or the witness is. `guesses` fill what a record would
    have to leave open. `whole` names moments that are whole seconds, `partial` lists that may lack something.
    `unknown` is what such a call has and these witnesses do not hold. `ended` says that they saw its end.
    """

    values: Mapping[str, Any]
    guesses: Mapping[str, Any] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    ended: bool = False


def fold(call_id: str, happenings: Sequence[Happening], *, branch: str | None = None) -> tuple[Calls, CallState] | None:
    """The call after all of it; None where they hold nothing of it. `branch` is what another witness knows."""
    if not happenings:
        return None
    opening = next((one for one in happenings if one.kind in (Kind.STARTED, Kind.CHANNEL)), None)
    first = opening or happenings[0]
    call = CallState(call_id, queue_log.started_at(call_id) or first.at)
    if opening is not None:
        call.started_at, call.number_dialled, call.told_start = opening.at, opening.exten, True
        introduce(call, opening)
    call.branch = branch
    call.legs[call_id] = Leg(call_id, first.channel, extension_of(first.channel), call=call_id)
    calls = Calls(_NOBODY)
    calls.add(call)
    for happening in happenings:
        step(calls, happening)
    return calls, call


def cut(calls: Calls, at: datetime) -> None:
    """The PBX stopped: whatever goes on ended then, without an event."""
    step(calls, Happening(Kind.LINK_LOST, at))
    resync(calls, [], at)
    step(calls, Happening(Kind.TICK, at + _GRACE))


def settle(calls: Calls, at: datetime) -> None:
    """No more is to come: what waits for a late word is decided."""
    for moment in (at, at + _GRACE):
        step(calls, Happening(Kind.TICK, moment))


def of_queue_log(call_id: str, rows: Sequence[Row], names: Names) -> WitnessedFacts | None:
    """`rows` in order; a QUEUESTART among them cut the call off. None where they say nothing of the call."""
    own = queue_log.in_order(row for row in rows if row.callid == call_id)
    restart = next((row.at for row in rows if row.event == queue_log.RESTART), None)
    folded = fold(call_id, [happening for row in own for happening in queue_log.interpret(row, names)])
    if folded is None:
        return None
    calls, call = folded
    events = [row.event for row in own]
    tells = queue_log.START in events
    is_cut = call.ended_at is None and restart is not None
    if restart is not None and is_cut:
        cut(calls, restart)
    elif call.ended_at is None and events[-1] in _CALLER_GONE:
        step(calls, Happening(Kind.HUNG_UP, own[-1].at, call_id, call_id, context="hung-up"))
    settle(calls, own[-1].at)
    facts = _queue_log_facts(call, own, tells=tells, is_cut=is_cut)
    guesses = {**_guesses(calls, call, own[-1].at), **_caller(own, tells=tells)}
    return replace(facts, guesses=guesses)


def _guesses(calls: Calls, call: CallState, last: datetime) -> dict[str, Any]:
    """The likeliest words for the end. Of a call without a witnessed end, its last row is the end."""
    if call.ended_at is None:
        cut(calls, last)
        settle(calls, last)
    return _all(columns(call), "ended_at", "outcome", "stage", "reason", "hung_up_by", "talk_s", "wait_s")


def _queue_log_facts(call: CallState, own: Sequence[Row], *, tells: bool, is_cut: bool) -> WitnessedFacts:
    known = columns(call)
    events = [row.event for row in own]
    values = _present(known, "started_at", "queued_at", "queue", "answered_at")
    ended = call.ended_at is not None
    told = tells and (queue_log.TOLD_END in events or is_cut)
    if tells:
        values |= _all(known, "number_dialled", "caller", "caller_raw")
        values |= _present(known, "branch", "voicemail", "recording")
    if ended:
        values["ended_at"] = call.ended_at
    if call.operators:
        values |= _all(known, "outcome", "stage", "reason") if ended else {"outcome": "answered"}
    elif told:
        values |= _all(known, "outcome", "stage", "reason")
    if told:
        values |= _all(known, "hung_up_by")
    values |= {name: _named(known[name]) for name in ("operators", "rang")} | _all(known, "transfers")
    talk_over = bool(call.operators) and _saw_the_last_talk_end(own, call.ended_at)
    if talk_over:
        values["talk_s"] = known["talk_s"]
    if ended or call.operators or call.left_at:
        values["wait_s"] = known["wait_s"]
    passed_on = bool(call.operators) and not talk_over and any(row.event in queue_log.TALK_OVER for row in own)
    return WitnessedFacts(values, whole=_WHOLE, partial=_LISTS, unknown=_unknown(call, ended, passed_on), ended=ended)


def _saw_the_last_talk_end(own: Sequence[Row], ended_at: datetime | None) -> bool:
    """False where a talk went on that app_queue does not see.

    A transfer by keys on a busy PBX can be logged as COMPLETEAGENT: the caller's call goes on, and no row says so.
    """
    telling = (*queue_log.TALK_OVER, queue_log.CONNECTED)
    last = next((row for row in reversed(own) if row.event in telling), None)
    if last is None or last.event not in queue_log.COMPLETED:
        return False
    return ended_at is None or ended_at - last.at <= _HANGS_UP


def _unknown(call: CallState, ended: bool, passed_on: bool) -> frozenset[str]:
    found = set() if ended else {"ended_at"} if call.operators else {"ended_at", "outcome"}
    if passed_on:
        found |= {"operators", "talk_s"}
    if any(name.startswith(UNMAPPED) for name in call.operators):
        found.add("operators")
    return frozenset(found)


def _caller(own: Sequence[Row], *, tells: bool) -> dict[str, Any]:
    """On a PBX without the shipped dialplan only the queue's own row has a number, as the network sent it."""
    joined = next((row for row in own if row.event == queue_log.JOIN), None)
    if tells or joined is None:
        return {}
    call = CallState("", joined.at)
    introduce(call, Happening(Kind.STARTED, joined.at, number=joined.datum(1)))
    return {"caller": call.caller, "caller_raw": call.caller_raw}


def of_cel(call_id: str, rows: Iterable[cel.Row], *, branch: str | None = None) -> WitnessedFacts | None:
    """None where they say nothing of the call."""
    happenings = cel.read(call_id, rows)
    folded = fold(call_id, happenings, branch=branch)
    if folded is None:
        return None
    calls, call = folded
    settle(calls, happenings[-1].at)
    known = columns(call)
    ended = call.ended_at is not None
    values = _present(known, "started_at", "queued_at", "queue", "answered_at", "number_dialled")
    values |= _all(known, "operators", "rang", "transfers")
    if ended or call.operators:
        values["wait_s"] = known["wait_s"]
    if call.told_by is not None:
        values["hung_up_by"] = call.told_by
    if ended:
        values["ended_at"] = call.ended_at
    if call.operators:
        values["outcome"] = "answered"
        values |= _all(known, "talk_s", "lost_in_transfer") if ended else {}
    unknown = frozenset() if ended else frozenset({"ended_at", "outcome"} - values.keys())
    guesses = {**_guesses(calls, call, happenings[-1].at), **_all(known, "caller", "caller_raw")}
    return WitnessedFacts(values, guesses=guesses, unknown=unknown, ended=ended)


def merge(spoken: WitnessedFacts | None, seen: WitnessedFacts | None) -> WitnessedFacts | None:
    """queue_log (`spoken`) has the words, CEL (`seen`) the moments and the phones."""
    if spoken is None or seen is None:
        return spoken or seen
    words = {name: value for name, value in spoken.values.items() if name not in seen.values or name in _WORDS}
    values = {**seen.values, **words}
    if seen.values.get("operators"):
        # An operator talked with the caller without a queue.
        values |= {"outcome": "answered", "stage": None, "reason": None}
    guesses = {**seen.guesses, **spoken.guesses}
    guesses["ended_at"] = max(seen.guesses["ended_at"], spoken.guesses["ended_at"])
    return WitnessedFacts(
        values,
        guesses=guesses,
        whole=spoken.whole - seen.values.keys(),
        partial=spoken.partial - seen.values.keys(),
        unknown=(spoken.unknown | seen.unknown) - values.keys() - (set() if not seen.ended else {"operators"}),
        ended=spoken.ended or seen.ended,
    )


_WORDS = frozenset({"outcome", "stage", "reason", "hung_up_by", "number_dialled", "branch"})


def _present(known: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: known[name] for name in names if known[name] is not None}


def _all(known: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: known[name] for name in names}


def _named(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(UNMAPPED)]
