"""The same calls, whatever the order, the repeats and the cuts of the events; and for a listener that joins late.

Properties over the recorded streams of a real Asterisk: each is played in ways in which it could have come.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.vocab import Outcome
from telephony.ami.protocol import AmiProtocol
from telephony.callflow import Calls, columns, resync, step
from telephony.events import Happening, Kind, interpret
from tests.generated import examples
from tests.wire.test_recordings import FOLDER, RULES

AT = datetime(2026, 1, 1, tzinfo=UTC)
SOME_MS = timedelta(milliseconds=10)
# What is a difference of the same order of size as the crossing itself.
CLOSE = 0.1
Rows = dict[str, dict[str, Any]]


@cache
def happenings(name: str) -> tuple[Happening, ...]:
    heard: list[Happening] = []

    def hear(event: Any) -> None:
        happening = interpret(event, AT)
        if happening is not None:
            heard.append(happening)

    AmiProtocol(hear, lambda why: None).feed((FOLDER / f"{name}.ami").read_bytes())
    return tuple(heard)


def names() -> list[str]:
    """Those of one connection: what a restart does to calls is another matter."""
    paths = sorted(FOLDER.glob("*.ami"))
    return [path.stem for path in paths if path.read_bytes().count(b"Asterisk Call Manager/") == 1 and calls_in(path)]


def calls_in(path: Path) -> bool:
    return b"UserEvent: HotlineStart" in path.read_bytes()


NAMES = names()
recordings = st.sampled_from(NAMES)
dice = st.integers(0, 2**32).map(random.Random)
often = examples(150)


def fold(heard: Iterable[Happening], calls: Calls | None = None) -> Rows:
    calls = calls or Calls(RULES)
    # Known from the first hang-up on; which of several calls hears it first is no matter here.
    calls.hears_requests = True
    rows: Rows = {}
    at = AT
    for happening in heard:
        at = max(at, happening.at)
        _keep(rows, calls, step(calls, happening))
    for _ in range(3):
        at += timedelta(seconds=2)
        _keep(rows, calls, step(calls, Happening(Kind.TICK, at)))
    return rows


@cache
def truth_of(name: str) -> Rows:
    """What the recording as it is folds to; these rows are never changed."""
    return fold(happenings(name))


def _keep(rows: Rows, calls: Calls, changed: Sequence[str]) -> None:
    for linkedid in changed:
        rows[linkedid] = columns(calls.by_id[linkedid])


def assert_same(rows: Rows, truth: Rows, *, but: Sequence[str] = ()) -> None:
    assert rows.keys() == truth.keys()
    for linkedid, row in truth.items():
        for name, value in row.items():
            if name not in but:
                assert _same(rows[linkedid][name], value), (name, rows[linkedid][name], value)


_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs((one - other).total_seconds()) < CLOSE
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < CLOSE
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, str) and isinstance(other, str) and _MOMENT.match(one) and _MOMENT.match(other):
        return _same(datetime.fromisoformat(one), datetime.fromisoformat(other))
    return bool(one == other)


def line_of(happening: Happening) -> tuple[str, str]:
    """Asterisk tells in order what happens in one bridge, and what happens to one channel outside of bridges."""
    if happening.kind in (Kind.BRIDGED, Kind.UNBRIDGED):
        return "bridge", happening.bridge
    if happening.kind == Kind.ATTENDED_TRANSFER:
        return "transfer", ""
    return "channel", happening.uniqueid


def crossed(heard: Sequence[Happening], dice: random.Random, within: timedelta = SOME_MS) -> list[Happening]:
    """In another order, each line keeping its own. Moments are given when an event is written: they stay in order."""
    mixed = list(heard)
    for _ in range(6 * len(mixed)):
        place = dice.randrange(len(mixed) - 1)
        one, next_one = mixed[place : place + 2]
        if line_of(one) != line_of(next_one) and abs(next_one.at - one.at) <= within:
            mixed[place : place + 2] = [next_one, one]
    return [happening._replace(at=before.at) for happening, before in zip(mixed, heard, strict=True)]


@often
@given(recordings, dice)
def test_events_of_different_bridges_and_channels_may_come_crossed(name: str, dice: random.Random) -> None:
    assert_same(fold(crossed(happenings(name), dice)), truth_of(name))


def each_crossing(heard: Sequence[Happening]) -> Iterator[list[Happening]]:
    """Every stream in which what one line tells in some ms has overtaken all that the others tell in them."""
    for early, first in enumerate(heard):
        late = early
        while late < len(heard) and heard[late].at - first.at <= SOME_MS:
            late += 1
        for line in {line_of(event) for event in heard[early:late]} - {line_of(first)}:
            ahead = [event for event in heard[early:late] if line_of(event) == line]
            behind = [event for event in heard[early:late] if line_of(event) != line]
            order = [*heard[:early], *ahead, *behind, *heard[late:]]
            yield [event._replace(at=before.at) for event, before in zip(order, heard, strict=True)]


@pytest.mark.parametrize("name", NAMES)
def test_any_bridge_or_channel_may_be_told_before_the_others(name: str) -> None:
    """Seen: a colleague that gets the caller in the moment of answering enters the second bridge first."""
    truth = truth_of(name)
    for stream in each_crossing(happenings(name)):
        assert_same(fold(stream), truth)


def apart(heard: Iterable[Happening], number: int) -> list[Happening]:
    """Ids and channel names of their own: the recordings are of several Asterisks, and one never gives a name twice."""

    def own(text: str) -> str:
        return re.sub(r"^(?=\d+\.)", str(number), re.sub(r"-(?=[0-9a-f]{8})", f"-{number}", text))

    fields = ("uniqueid", "linkedid", "channel", "dest", "dest_channel", "other", "word", "bridge")
    return [event._replace(**{field: own(getattr(event, field)) for field in fields}) for event in heard]


@often
@given(st.lists(recordings, min_size=2, max_size=5, unique=True), dice)
def test_independent_calls_do_not_disturb_each_other(chosen: list[str], dice: random.Random) -> None:
    streams = [apart(happenings(name), number) for number, name in enumerate(chosen)]
    truth: Rows = {}
    for stream in streams:
        truth |= fold(stream)
    mixed: list[Happening] = []
    while any(streams):
        mixed.append(dice.choice([stream for stream in streams if stream]).pop(0))
    assert_same(fold(mixed), truth)


@often
@given(recordings, dice)
def test_whatever_comes_twice_comes_once(name: str, dice: random.Random) -> None:
    heard = happenings(name)
    doubled = [happening for happening in heard for _ in range(dice.randint(1, 3))]
    assert_same(fold(doubled), truth_of(name))


@often
@given(recordings, dice)
def test_a_call_that_is_over_is_not_changed_by_its_own_past(name: str, dice: random.Random) -> None:
    heard = happenings(name)
    again = [happening for happening in heard if dice.random() < 0.7]
    assert_same(fold([*heard, *again]), truth_of(name))


@often
@given(recordings, dice)
def test_the_same_bytes_may_be_read_in_any_pieces(name: str, dice: random.Random) -> None:
    stream = (FOLDER / f"{name}.ami").read_bytes()
    heard: list[Any] = []
    protocol = AmiProtocol(heard.append, lambda why: None)
    place = 0
    while place < len(stream):
        size = dice.choice((1, 2, 3, 7, 100, 5_000))
        protocol.feed(stream[place : place + size])
        place += size
    assert [happening for event in heard if (happening := interpret(event, AT))] == list(happenings(name))


def snapshot(calls: Calls, at: datetime) -> list[dict[str, str]]:
    """The rows of `Status` and `QueueStatus` at this moment, as the PBX would give them."""
    rows = []
    for leg in calls.legs.values():
        call = calls.by_id.get(leg.call)
        if call is not None and call.ended_at is not None:
            continue
        row = {
            "Channel": leg.channel,
            "Uniqueid": leg.uniqueid,
            "Linkedid": leg.call or leg.uniqueid,
            "ChannelState": "5" if call is not None and leg.uniqueid in call.ringing else "6",
            "BridgeID": max(leg.bridges, key=lambda bridge: leg.bridges[bridge], default=""),
        }
        if call is not None and leg.uniqueid == call.linkedid:
            age = str(int((at - call.started_at).total_seconds()))
            row |= {"DNID": call.number_dialled, "CallerIDNum": call.caller_raw or "", "Seconds": age}
            if call.in_queue is not None and call.queued_at is not None:
                waited = str(int((at - call.queued_at).total_seconds()))
                row |= {"Application": "Queue", "Queue": call.in_queue, "Wait": waited}
        rows.append(row)
    return rows


def _last(row: dict[str, Any]) -> set[str]:
    """The possible last operators, each named once: a caller can be handed back to the first."""
    return {row["operators"][-1], *(transfer["to"] for transfer in row["transfers"][-1:])}


@examples(300)
@given(recordings, dice)
def test_who_joins_late_agrees_in_what_a_snapshot_holds(name: str, dice: random.Random) -> None:
    heard = happenings(name)
    cut = dice.randrange(1, len(heard))
    at = heard[cut - 1].at
    early, late = Calls(RULES), Calls(RULES)
    for happening in heard[:cut]:
        step(early, happening)
    resync(late, snapshot(early, at), at)
    live = {linkedid: call for linkedid, call in early.by_id.items() if call.ended_at is None}
    assert late.by_id.keys() == live.keys()
    began = {linkedid: (bool(call.talking), bool(call.operators)) for linkedid, call in live.items()}
    for linkedid, call in live.items():
        found = late.by_id[linkedid]
        assert (found.talking, found.in_queue) == (call.talking, call.in_queue)
        assert sorted(found.ringing.values()) == sorted(call.ringing.values())
    truth, rows = truth_of(name), fold(heard[cut:], late)
    for linkedid, (talked, had_talked) in began.items():
        row = rows[linkedid]
        for column in ("number_dialled", "caller", "ended_at"):
            assert row[column] == truth[linkedid][column], column
        if truth[linkedid]["outcome"] == Outcome.ANSWERED and (talked or not had_talked):
            assert row["outcome"] == Outcome.ANSWERED
            assert row["operators"][-1] in _last(truth[linkedid])


# What a caller may write into their number or name: up to 79 bytes, line breaks and whole events included.
_WORDS = st.sampled_from(
    ["\r\n", "\r\n\r\n", "Event: ", "Hangup", "UserEvent", "Privilege: user,all\r\n", "Privilege: call,all\r\n",
     "UserEvent: HotlineStart", "Uniqueid: 9.9\r\n", "Linkedid: 9.9\r\n", "Timestamp: 1795447748.455193\r\n",
     "DID: 1022", "Response: Success", ": ", "1022", "AgentConnect", "Newchannel", "\0"]
)  # fmt: skip
written_by_a_caller = st.lists(_WORDS | st.text(max_size=6), max_size=9).map(
    lambda words: "".join(words).encode("utf-8", "replace")[:79]
)


@examples(400)
@given(recordings, written_by_a_caller)
def test_no_number_makes_a_call_that_was_not_there(name: str, written: bytes) -> None:
    stream = (FOLDER / f"{name}.ami").read_bytes()
    blocks = stream.split(b"\r\n\r\n")
    forged = b"\r\n\r\n".join(_with_number(block, written) for block in blocks)
    heard: list[Any] = []
    AmiProtocol(heard.append, lambda why: None).feed(forged)
    rows = fold([happening for event in heard if (happening := interpret(event, AT))])
    assert rows.keys() <= truth_of(name).keys()


def _with_number(block: bytes, written: bytes) -> bytes:
    """As Asterisk writes it raw into every event of that channel."""
    lines = [
        header + b": " + written if (header := line.partition(b": ")[0]) in (b"CallerIDNum", b"CallerIDName") else line
        for line in block.split(b"\r\n")
    ]
    return b"\r\n".join(lines)


@often
@given(st.lists(st.binary(max_size=60) | _WORDS.map(str.encode), max_size=60))
def test_no_bytes_stop_the_protocol(pieces: list[bytes]) -> None:
    heard: list[Any] = []
    protocol = AmiProtocol(heard.append, lambda why: None)
    for piece in pieces:
        protocol.feed(piece)
    calls = Calls(RULES)
    for event in heard:
        happening = interpret(event, AT)
        if happening is not None:
            step(calls, happening)


_HEADERS = st.sampled_from(
    ["Uniqueid", "Linkedid", "Channel", "DestUniqueid", "DestLinkedid", "DestChannel", "Interface", "Queue", "Context",
     "Exten", "ChannelState", "BridgeUniqueid", "UserEvent", "Number", "DID", "Stage", "Reason", "Timestamp", "Cause",
     "TransfereeUniqueid", "OrigTransfererUniqueid", "SecondTransfererUniqueid", "TransferTargetUniqueid", "DialStatus",
     "Variable", "Value", "Waiting", "Extension", "By", "DestType", "OrigBridgeUniqueid"]
)  # fmt: skip
_VALUES = st.sampled_from(
    ["1.0", "1.1", "2.0", "1022", "PJSIP/101-00000001", "Local/101@a-00000001;1", "b", "4", "from-trunk", "App"]
)
_EVENTS = st.sampled_from(
    ["Newchannel", "UserEvent", "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled",
     "AgentConnect", "AgentComplete", "DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave", "Hold", "Unhold",
     "BlindTransfer", "AttendedTransfer", "HangupRequest", "Hangup", "Shutdown", "MessageWaiting", "VarSet"]
)  # fmt: skip
_TOLD = st.sampled_from(["HotlineStart", "HotlineStage", "HotlineEnd", "HotlineForwarded", "HotlineVoicemail"])
events = st.builds(
    lambda event, told, headers: {"UserEvent": told, **headers, "Event": event},
    _EVENTS,
    _TOLD,
    st.dictionaries(_HEADERS, _VALUES | st.text(max_size=12) | st.lists(st.text(max_size=5), min_size=1, max_size=3)),
)


@examples(400)
@given(st.lists(events, max_size=40))
def test_no_event_stops_the_fold(stream: list[dict[str, Any]]) -> None:
    """And of whatever it made a call, the row is one that could be true."""
    calls = Calls(RULES)
    rows: Rows = {}
    for event in stream:
        happening = interpret(event, AT)
        if happening is not None:
            _keep(rows, calls, step(calls, happening))
    for row in rows.values():
        assert (row["outcome"] is None) == (row["ended_at"] is None)
        assert min(row["wait_s"], row["talk_s"], row["hold_s"]) >= 0
