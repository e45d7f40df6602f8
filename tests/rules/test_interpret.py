"""AMI words to ours, one table; what says nothing about a call, or cannot be true, is None."""

from datetime import UTC, datetime
from typing import Any

import pytest

from telephony.events import EVENTS, Happening, Kind, extension_of, interpret

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
IDS = {"Uniqueid": "1.0", "Linkedid": "1.0", "Channel": "PJSIP/trunk-00000000"}
DEST = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": "PJSIP/101-00000001"}
MEMBER = {"Queue": "hotline", "Interface": "PJSIP/101", "MemberName": "Lan"}


@pytest.mark.parametrize(
    ("event", "headers", "kind", "fields"),
    [
        ("Newchannel", {"Exten": "1022", "Context": "from-trunk", "ChannelState": "4", "CallerIDNum": "0905"},
         Kind.CHANNEL, {"exten": "1022", "context": "from-trunk", "state": "4", "number": "0905"}),
        ("Newchannel", {"CallerIDNum": "<unknown>", "CallerIDName": "unknown"},
         Kind.CHANNEL, {"number": "", "name": ""}),
        ("Newchannel", {"CallerIDName": 'Nguyễn \\"Lan\\"\x07'}, Kind.CHANNEL, {"name": 'Nguyễn "Lan"'}),
        ("UserEvent",
         {"UserEvent": "HotlineStart", "Number": "0905", "Pres": "prohib", "DID": "1022", "CallerIDName": "Lan"},
         Kind.STARTED, {"number": "0905", "pres": "prohib", "exten": "1022", "name": "Lan"}),
        ("UserEvent", {"UserEvent": "HotlineStage", "Stage": "menu", "Recording": "/a/b.wav"},
         Kind.STAGE, {"word": "menu", "recording": "b.wav"}),
        ("UserEvent", {"UserEvent": "HotlineUnserved", "Reason": "full"}, Kind.UNSERVED, {"word": "full"}),
        ("UserEvent", {"UserEvent": "HotlineBlocked"}, Kind.BLOCKED, {}),
        ("UserEvent", {"UserEvent": "HotlineCallback", "Number": "0906"}, Kind.CALLBACK, {"number": "0906"}),
        ("UserEvent", {"UserEvent": "HotlineForwarded", "Branch": "119"}, Kind.FORWARDED, {"word": "119"}),
        ("UserEvent", {"UserEvent": "HotlineVoicemail", "File": "/a"}, Kind.VOICEMAIL, {"word": "/a"}),
        ("UserEvent", {"UserEvent": "SimulatedSpeech", "Text": "A lô"}, Kind.SAID, {"word": "A lô"}),
        ("UserEvent", {"UserEvent": "HotlineEnd", "By": "caller", "Cause": "16"}, Kind.END_TOLD, {"word": "caller"}),
        ("MixMonitorStart", {}, Kind.RECORDING, {"recording": ""}),
        ("VarSet", {"Variable": "MIXMONITOR_FILENAME", "Value": "/a/1.0.wav"},
         Kind.RECORDING, {"recording": "1.0.wav"}),
        ("QueueCallerJoin", {"Queue": "hotline"}, Kind.JOINED, {"queue": "hotline"}),
        ("QueueCallerAbandon", {"Queue": "hotline", "Context": "q"}, Kind.GAVE_UP, {"context": "q"}),
        ("QueueCallerLeave", {"Queue": "hotline"}, Kind.LEFT, {}),
        ("AgentCalled", {**MEMBER, **DEST}, Kind.RINGS, {"word": "101", "dest": "1.1", "queue": "hotline"}),
        ("AgentRingNoAnswer", {**MEMBER, **DEST}, Kind.RING_ENDED, {"word": "101"}),
        ("AgentConnect", {**MEMBER, **DEST}, Kind.CONNECTED, {"word": "101"}),
        ("AgentComplete", {**MEMBER, **DEST, "Reason": "agent"}, Kind.COMPLETED, {"cause": "agent", "word": "101"}),
        ("DialBegin", DEST, Kind.RINGS, {"word": "101", "queue": ""}),
        ("DialEnd", {**DEST, "DialStatus": "CANCEL"}, Kind.RING_ENDED, {"dest": "1.1"}),
        ("BridgeEnter", {"BridgeUniqueid": "b"}, Kind.BRIDGED, {"bridge": "b"}),
        ("BridgeLeave", {"BridgeUniqueid": "b"}, Kind.UNBRIDGED, {"bridge": "b"}),
        ("Hold", {}, Kind.HELD, {}),
        ("Unhold", {}, Kind.RESUMED, {}),
        ("MessageWaiting", {"Waiting": "1"}, Kind.VOICEMAIL, {}),
        ("HangupRequest", {}, Kind.HANGUP_ASKED, {}),
        ("Hangup", {"Cause": "17", "Context": "q", "ChannelState": "5"}, Kind.HUNG_UP, {"cause": "17", "state": "5"}),
        ("Shutdown", {}, Kind.SHUTDOWN, {}),
    ],
)  # fmt: skip
def test_read(event: str, headers: dict[str, str], kind: Kind, fields: dict[str, Any]) -> None:
    happening = interpret({"Event": event, **IDS, **headers}, AT)
    assert happening is not None
    assert (happening.kind, happening.at) == (kind, AT)
    assert {name: getattr(happening, name) for name in fields} == fields
    assert event in EVENTS


def test_transfers_name_their_channels_by_role() -> None:
    blind = interpret(
        {"Event": "BlindTransfer", "TransfererUniqueid": "1.1", "TransfererLinkedid": "1.0",
         "TransfereeUniqueid": "1.0", "Extension": "102"}, AT)  # fmt: skip
    assert blind == Happening(Kind.BLIND_TRANSFER, AT, "1.1", "1.0", other="1.0", word="102")
    attended = interpret(
        {"Event": "AttendedTransfer", "OrigTransfererUniqueid": "1.1", "OrigTransfererLinkedid": "1.0",
         "SecondTransfererUniqueid": "1.2", "SecondTransfererExten": "103", "TransfereeUniqueid": "1.0",
         "TransferTargetUniqueid": "1.3", "TransferTargetChannel": "PJSIP/103-1"}, AT)  # fmt: skip
    assert attended is not None
    assert (attended.uniqueid, attended.other, attended.dest, attended.word) == ("1.1", "1.2", "1.3", "1.0")
    assert attended.exten == "103"


def test_asterisks_own_moment_counts() -> None:
    happening = interpret({"Event": "Hold", **IDS, "Timestamp": "1795447748.455193"}, AT)
    assert happening is not None
    assert happening.at == datetime(2026, 11, 23, 15, 29, 8, 455193, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "1e300", "-1e300"])
def test_a_senseless_moment_is_replaced_by_ours(stamp: str) -> None:
    happening = interpret({"Event": "Hold", **IDS, "Timestamp": stamp}, AT)
    assert happening is not None
    assert happening.at == AT


@pytest.mark.parametrize(
    "ami",
    [
        {},
        {"Event": "Newexten", **IDS},
        {"Event": "UserEvent", **IDS, "UserEvent": "Other"},
        {"Event": "VarSet", **IDS, "Variable": "BRIDGEPEER", "Value": "x"},
        {"Event": "MessageWaiting", "Mailbox": "1022@default", "Waiting": "1"},
        {"Event": "MessageWaiting", **IDS, "Waiting": "0"},
        {"Event": "DialEnd", **IDS, **DEST, "DialStatus": "ANSWER"},
        {"Event": "Hangup", "Uniqueid": "1.0", "Channel": "x"},
        {"Event": "Hangup", "Uniqueid": "1" * 151, "Linkedid": "1.0"},
        {"Event": ["Hangup", "Other"], "Uniqueid": "", "Linkedid": "x" * 151},
    ],
)
def test_says_nothing(ami: dict[str, str | list[str]]) -> None:
    assert interpret(ami, AT) is None


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_no_header_is_needed(event: str) -> None:
    interpret({"Event": event}, AT)
    interpret({"Event": event, "Uniqueid": ["1", "2"], "Linkedid": ["1"], "Variable": ["a"], "Interface": [""]}, AT)


@pytest.mark.parametrize(
    ("channel", "extension"),
    [
        ("PJSIP/101-0000002c", "101"),
        ("PJSIP/101", "101"),
        ("SIP/101-0000002c", "101"),
        ("Local/101@agents/n", "101"),
        ("Local/101@agents-00000001;1", "101"),
        ("Local/101@agents-00000001;2", "101"),
        ("PJSIP/trunk-my-dong-thap-0000002c", "trunk-my-dong-thap"),
        ("Agent/101", "101"),
        ("101", "101"),
        ("", ""),
    ],
)
def test_an_extension_is_the_number_alone(channel: str, extension: str) -> None:
    assert extension_of(channel) == extension
