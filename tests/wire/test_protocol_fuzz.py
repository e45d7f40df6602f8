"""What no example shows: any bytes, any caller's number, cut anywhere: nothing is raised, forged or lost."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from telephony.ami.protocol import AmiProtocol, Headers
from telephony.events import EVENTS, Kind, interpret
from tests.generated import examples

MOST = 79
FORGERS_WORDS = (
    "\r\n", "\r\n\r\n", "\r\n\r\n\r\n", "\r", "\n", "Event: Hangup", "Event: Hold", "Event: a",
    "Privilege: call,", "Privilege: call,all",
    "Timestamp: 1795400000.123456", "Uniqueid: 1795400000.7", "Linkedid: 1795400000.7", "Uniqueid: ", "Linkedid: ",
    "CallerIDNum: ", "CallerIDName: ", "DestCallerIDNum: ", "ConnectedLineNum: ", "Language: ", "AccountCode: ",
    "Context: ", "Exten: ", "Priority: 1", "DestChannel: x", "Response: Success", "ActionID: 1",
    "ChanVariable: HOTLINE=1022", "Queue: q", "0905", ": ", "x",
)  # fmt: skip
WANTED = ("Newchannel", "Hold", "Hangup", "BridgeEnter", "AgentCalled", "AgentConnect", "DialBegin")
UNWANTED = ("Newexten", "Newstate", "VarSet", "Cdr")
OF_TWO = {"AgentCalled", "AgentConnect", "DialBegin"}
CLASSES = {
    "AgentCalled": "agent,all",
    "AgentConnect": "agent,all",
    "VarSet": "dialplan,all",
    "Newexten": "dialplan,all",
}

numbers = st.lists(st.sampled_from(FORGERS_WORDS) | st.text(max_size=8), max_size=9).map(
    lambda words: "".join(words).replace("\0", "").encode("utf-8", "replace")[:MOST].decode("utf-8", "ignore")
)
happenings = st.lists(st.tuples(st.sampled_from(WANTED + UNWANTED), st.booleans()), min_size=1, max_size=8)


def _channel(prefix: str, name: str, number: str, connected: str, uniqueid: str) -> list[str]:
    values = {
        "Channel": name, "ChannelState": "6", "ChannelStateDesc": "Up", "CallerIDNum": number, "CallerIDName": "An",
        "ConnectedLineNum": connected, "ConnectedLineName": "<unknown>", "Language": "en", "AccountCode": "",
        "Context": "from-trunk", "Exten": "1022", "Priority": "1", "Uniqueid": uniqueid, "Linkedid": uniqueid,
        "ChanVariable": "HOTLINE=1022",
    }  # fmt: skip
    return [f"{prefix}{key}: {value}" for key, value in values.items()]


def _written(event: str, hostile: bool, number: str, moment: int) -> tuple[bytes, tuple[str, str, str] | None]:
    """An event as Asterisk writes it, and what has to be heard of it."""
    stamp = f"1795400001.{moment:06}"
    uniqueid = "1795400000.6" if hostile else "1795400000.7"
    own = number if hostile else "0905123456"
    lines = [f"Event: {event}", f"Privilege: {CLASSES.get(event, 'call,all')}", f"Timestamp: {stamp}"]
    lines += _channel("", "PJSIP/trunk-00000000", own, "101", uniqueid)
    if event in OF_TWO:
        lines += [*_channel("Dest", "PJSIP/101-00000001", "101", own, "1795400000.8"), "Interface: PJSIP/101"]
    wanted = (event, stamp, uniqueid) if event in WANTED else None
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), wanted


def _hear(stream: bytes, cuts: Sequence[int]) -> tuple[list[Headers], AmiProtocol]:
    heard: list[Headers] = []
    protocol = AmiProtocol(heard.append, lambda why: None)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        protocol.feed(stream[start:end])
    return heard, protocol


@examples(400)
@example(
    "\r\nLinkedid: \r\n\r\nEvent: Hold\r\nPrivilege: call,\r\nTimestamp: 1795400000.123456", [("Newexten", True)], []
)
@example("\r\n\r\nEvent: a\r\n\r\nEvent: Hangup\r\nPrivilege: call,\r\nTimestamp: 1795400000.123456",
         [("Newexten", True), ("Hold", False)], [])  # fmt: skip
@example("0\r\nUniqueid: 1795400000.7\r\nLinkedid: 1795400000.7", [("Hangup", True), ("Hold", False)], [])
@given(number=numbers, happened=happenings, cuts=st.lists(st.integers(0, 1 << 16), max_size=6))
def test_a_number_forges_nothing_and_hides_nothing(
    number: str, happened: list[tuple[str, bool]], cuts: list[int]
) -> None:
    """Both calls are heard, each event once and in order, with the identifiers that Asterisk gave it."""
    serial = count(1)
    written = [_written(event, hostile, number, next(serial)) for event, hostile in happened]
    heard, _ = _hear(b"".join(block for block, _ in written), cuts)
    told = [(event["Event"], event["Timestamp"], event["Uniqueid"]) for event in heard]
    assert told == [wanted for _, wanted in written if wanted is not None]
    assert all(event["Linkedid"] == event["Uniqueid"] for event in heard)
    assert all(event.get("DestUniqueid", "1795400000.8") == "1795400000.8" for event in heard)


@examples(300)
@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([word.encode() for word in FORGERS_WORDS]), max_size=40),
    st.lists(st.integers(0, 1 << 16), max_size=8),
)
def test_any_bytes_are_survived(pieces: list[bytes], cuts: list[int]) -> None:
    """What follows is heard, once whatever came before has had its end."""
    genuine, wanted = _written("Hold", False, "", 1)
    _, protocol = _hear(b"".join(pieces), cuts)
    heard: list[Headers] = []
    protocol.hear = heard.append
    protocol.feed(b"\r\n\r\n" + 2 * genuine)
    assert wanted is not None
    assert heard
    assert {event["Timestamp"] for event in heard} == {wanted[1]}


@examples(20)
@given(st.sampled_from([b"Event: Hold\r\n", b"x", b"\r\n\r\nCallerIDNum: ", b"Event: Hold\r\n\r\nCallerIDNum: 1"]))
def test_what_never_ends_fills_no_memory(piece: bytes) -> None:
    protocol = AmiProtocol(lambda event: None, lambda why: None)
    for _ in range(64):
        protocol.feed(piece * (65536 // len(piece)))
        assert len(protocol._rest) + len(protocol._broken) + len(protocol._unread) < 3 << 20


HEADERS = (
    "Uniqueid", "Linkedid", "Timestamp", "Channel", "DestChannel", "UserEvent", "Stage", "Interface", "Waiting",
    "Number", "DID", "Pres", "Reason", "Cause", "Exten", "Variable", "Value",
)  # fmt: skip
_VALUE = st.text(max_size=30) | st.lists(st.text(max_size=5), min_size=1, max_size=3)


@examples(300)
@given(st.sampled_from(sorted(EVENTS)), st.dictionaries(st.sampled_from(HEADERS), _VALUE))
def test_any_headers_are_read(event: str, headers: dict[str, str | list[str]]) -> None:
    happening = interpret({**headers, "Event": event}, datetime(2026, 1, 1, tzinfo=UTC))
    assert happening is None or happening.kind in Kind
