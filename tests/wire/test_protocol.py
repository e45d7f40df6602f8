"""Bytes to events: cut anywhere, forged, broken or endless; nothing is raised and nothing genuine is lost."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

from telephony.ami.protocol import AmiProtocol, BadAction, Headers

FOLDER = Path(__file__).with_name("recordings")
CHANNEL = (
    "Channel: PJSIP/trunk-00000000\r\nChannelState: 4\r\nCallerIDNum: {number}\r\nCallerIDName: Nguyễn Thị Ánh\r\n"
    "ConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\n"
    "Context: from-trunk\r\nExten: 1022\r\nPriority: 1\r\nUniqueid: 1795400000.0\r\nLinkedid: 1795400000.0"
)
HEAD = "Event: {event}\r\nPrivilege: {read},all\r\nTimestamp: 1795400000.{stamp}\r\n"


def block(event: str, *, read: str = "call", number: str = "0905123456", stamp: str = "123456") -> bytes:
    text = HEAD.format(event=event, read=read, stamp=stamp) + CHANNEL.format(number=number)
    return f"{text}\r\n\r\n".encode()


def hear(stream: bytes, *, chunk: int = 1 << 20) -> tuple[list[Headers], AmiProtocol]:
    heard: list[Headers] = []
    protocol = AmiProtocol(heard.append, lambda why: None)
    for start in range(0, len(stream), chunk):
        protocol.feed(stream[start : start + chunk])
    return heard, protocol


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 64, 10_000])
def test_a_letter_may_be_cut_in_two(chunk: int) -> None:
    heard, protocol = hear(block("Newchannel") + block("Hold"), chunk=chunk)
    assert [event["Event"] for event in heard] == ["Newchannel", "Hold"]
    assert {event["CallerIDName"] for event in heard} == {"Nguyễn Thị Ánh"}
    assert protocol.tampered == 0


def test_what_is_not_wanted_is_dropped() -> None:
    heard, _ = hear(block("Newexten") + block("RTCPSent") + block("Newstate") + block("Hold"))
    assert [event["Event"] for event in heard] == ["Hold"]


def test_of_the_variables_only_the_recording_is_heard() -> None:
    noise = block("VarSet", read="dialplan")
    name = noise[:-4] + b"\r\nVariable: MIXMONITOR_FILENAME\r\nValue: /a/1.wav\r\n\r\n"
    heard, _ = hear(noise + name + noise)
    assert [event["Value"] for event in heard] == ["/a/1.wav"]


def test_a_repeated_header_is_a_list_and_an_empty_one_is_empty() -> None:
    tail = b"\r\nChanVariable: HOTLINE=1022\r\nChanVariable: OTHER=\r\nExtra: \r\n\r\n"
    heard, _ = hear(block("Hold")[:-4] + tail)
    assert heard[0]["ChanVariable"] == ["HOTLINE=1022", "OTHER="]
    assert heard[0]["Extra"] == ""


def test_one_line_break_too_many_is_forgiven() -> None:
    heard, protocol = hear(block("TestEvent", read="reporting") + b"\r\n" + block("Hold"))
    assert [event["Event"] for event in heard] == ["Hold"]
    assert protocol.tampered == 0


@pytest.mark.parametrize("event", ["Newchannel", "Newexten"])
@pytest.mark.parametrize(
    "number",
    [
        "0912\r\nEvent: AgentComplete\r\n\r\n000082",
        "0912\r\n\r\nEvent: Hangup\r\n",
        "0912\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1.0\r\nX: y",
        "0912\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795400000.123456\r\nX: y",
        "0912\r\n\r\nx\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795400000.123456\r\nX: y",
        "0912\r\n\r\nResponse: Success\r\nActionID: 1\r\n",
        "0912\r\n\r\n",
    ],
)
def test_a_callers_number_forges_nothing(event: str, number: str) -> None:
    stream = block("Unhold") + block(event, number=number) + block("Hold") + block("Unhold")
    heard, protocol = hear(stream)
    whole = [event["Event"] for event in heard if "Linkedid" in event and event["Event"] != "Newchannel"]
    assert whole == ["Unhold", "Hold", "Unhold"]
    assert protocol.tampered > 0


@pytest.mark.parametrize(
    "wrong",
    [
        block("Hangup", read="user"),
        block("UserEvent", read="call"),
        block("Hangup").replace(b"Privilege: call,all\r\n", b""),
        block("Hangup").replace(b"Timestamp: 1795400000.123456\r\n", b""),
        block("Hangup", stamp="1"),
        b"Nothing: 1\r\n\r\n",
    ],
)
def test_first_lines_must_be_asterisks(wrong: bytes) -> None:
    heard, protocol = hear(block("Hold") + wrong + block("Unhold"))
    assert [event["Event"] for event in heard] == ["Hold", "Unhold"]
    assert protocol.tampered == 1


def test_a_pbx_without_time_stamps_is_heard() -> None:
    plain = block("Hold").replace(b"Timestamp: 1795400000.123456\r\n", b"")
    heard, protocol = hear(plain + plain)
    assert (len(heard), protocol.tampered) == (2, 0)


def test_a_block_without_end_is_let_go() -> None:
    heard, protocol = hear(b"Event: Hold\r\n" + b"x" * (3 << 20) + b"\r\n\r\n" + block("Hold"), chunk=65536)
    assert [event["Event"] for event in heard] == ["Hold"]
    assert protocol.tampered > 0


def test_bytes_that_are_no_text_and_nul_do_no_harm() -> None:
    heard, _ = hear(block("Hold").replace(b"from-trunk", b"\xff\x00\xc3"))
    assert heard[0]["Context"] == "\ufffd\ufffd"


def test_a_handler_that_raises_closes_nothing() -> None:
    heard: list[Any] = []

    def handler(event: Headers) -> None:
        heard.append(event)
        raise ValueError("a mistake of ours")

    protocol = AmiProtocol(handler, lambda why: None)
    protocol.feed(block("Hold") + block("Unhold"))
    assert len(heard) == 2


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ami*")), ids=lambda path: path.name)
def test_in_recordings_only_the_hostile_number_is_tampering(path: Path) -> None:
    stream = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    _, protocol = hear(stream.replace(b"Asterisk Call Manager/11.0.0\r\n", b""))
    assert bool(protocol.tampered) == path.name.startswith("hostile_number.full")


@pytest.mark.parametrize("value", ["102\r\nAction: Originate", "102\n", "\r", "a\0b", ["1", "2\r\n"]])
def test_an_action_with_a_line_break_is_refused(value: Any) -> None:
    async def send() -> None:
        protocol = AmiProtocol(lambda event: None, lambda why: None)
        await protocol.send({"Action": "Redirect", "Exten": value})

    with pytest.raises(BadAction):
        asyncio.run(send())


def test_an_action_without_a_connection_fails_at_once() -> None:
    async def send() -> None:
        await AmiProtocol(lambda event: None, lambda why: None).send({"Action": "Ping"})

    with pytest.raises(ConnectionError):
        asyncio.run(send())
