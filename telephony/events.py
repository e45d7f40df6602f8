"""AMI events to happenings: one event becomes one `Happening`, or None where it is of no call.

The events and their headers are those of Asterisk 22 (app_queue, bridging, PJSIP), seen in recorded streams, and
the UserEvents of the dialplan contract (`telephony/asterisk/hotline.conf`).
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

Ami = Mapping[str, str | list[str]]

# DestType of an attended transfer whose second leg is in an application still, mostly Dial.
INTO_APP = "App"

_LONGEST_ID = 150
_LONGEST_TEXT = 200
_UNKNOWN = frozenset({"", "<unknown>", "unknown", "<no name>"})
_HEX = frozenset("0123456789abcdef")


class Kind(StrEnum):
    """What can happen to a call, in the order in which it usually does."""

    # Enum's own is written in Python, and every step looks its kind up.
    __hash__ = str.__hash__

    CHANNEL = "channel"
    STARTED = "started"
    STAGE = "stage"
    BLOCKED = "blocked"
    UNSERVED = "unserved"
    CALLBACK = "callback"
    FORWARDED = "forwarded"
    VOICEMAIL = "voicemail"
    SAID = "said"
    RECORDING = "recording"
    JOINED = "joined"
    RINGS = "rings"
    RING_ENDED = "ring_ended"
    GAVE_UP = "gave_up"
    LEFT = "left"
    CONNECTED = "connected"
    BRIDGED = "bridged"
    UNBRIDGED = "unbridged"
    HELD = "held"
    RESUMED = "resumed"
    BLIND_TRANSFER = "blind_transfer"
    ATTENDED_TRANSFER = "attended_transfer"
    COMPLETED = "completed"
    HANGUP_ASKED = "hangup_asked"
    END_TOLD = "end_told"
    HUNG_UP = "hung_up"
    SHUTDOWN = "shutdown"
    LINK_LOST = "link_lost"
    TICK = "tick"


class Happening(NamedTuple):
    """One thing that happened at one moment. Texts are '' where Asterisk gave none.

    `uniqueid`, `linkedid`, `channel`: the channel it happened to. `dest`, `dest_channel`: the channel that rings, or
    the target of a transfer. `other`: the transferred channel, or the transferer's second leg. `into`: what a
    transfer leads into, by Asterisk's DestType. `word` is the one word that matters: DialStatus, AgentComplete's
    Reason, a stage, a reason, a key, a file, an extension.
    """

    kind: Kind
    at: datetime
    uniqueid: str = ""
    linkedid: str = ""
    channel: str = ""
    dest: str = ""
    dest_channel: str = ""
    other: str = ""
    word: str = ""
    context: str = ""
    exten: str = ""
    state: str = ""
    number: str = ""
    name: str = ""
    pres: str = ""
    queue: str = ""
    bridge: str = ""
    cause: str = ""
    recording: str = ""
    into: str = ""


def interpret(ami: Ami, at: datetime) -> Happening | None:
    """One event to one happening; `at` (when it was read) stands in where the PBX gives no `Timestamp`. Total."""
    reader = _READERS.get(_one(ami, "Event"))
    if reader is None:
        return None
    happening = reader(ami, _moment(ami, at))
    if happening is None or len(happening.uniqueid) > _LONGEST_ID or len(happening.linkedid) > _LONGEST_ID:
        return None
    if happening.uniqueid and not happening.linkedid:
        # Asterisk never gives one without the other; a forged event has no room for both.
        return None
    return happening


def extension_of(channel: str) -> str:
    """`PJSIP/101-0000002c`, `Local/101@agents/n`, `Local/101@agents-00000001;1` and `PJSIP/101` are all `101`."""
    technology, slash, rest = channel.partition("/")
    if not slash:
        return technology[:40]
    name, at_sign, _ = rest.partition("@")
    if not at_sign:
        head, dash, tail = name.rpartition("-")
        if dash and len(tail) >= 8 and _HEX.issuperset(tail.lower()):
            name = head
    return name.partition("/")[0][:40]


def _one(ami: Ami, header: str) -> str:
    value = ami.get(header, "")
    return value if type(value) is str else value[0]


def _moment(ami: Ami, at: datetime) -> datetime:
    stamp = ami.get("Timestamp")
    if stamp is None:
        return at
    try:
        return datetime.fromtimestamp(float(stamp), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return at


def _text(ami: Ami, header: str) -> str:
    """What a caller may have written, without Asterisk's escapes and control characters; '' for unknown."""
    value = _one(ami, header)
    if "\\" in value:
        value = re.sub(r"\\(.)", lambda found: found[1] if found[1] in "\\\"'" else " ", value)
    if not value.isprintable():
        value = "".join(letter for letter in value if letter.isprintable())
    return "" if value in _UNKNOWN else value[:_LONGEST_TEXT].strip()


_Reader = Callable[[Ami, datetime], Happening | None]


def _channel(kind: Kind) -> _Reader:
    """A reader for events of which only the channel matters."""

    def read(ami: Ami, at: datetime) -> Happening:
        return Happening(kind, at, _one(ami, "Uniqueid"), _one(ami, "Linkedid"), _one(ami, "Channel"))

    return read


def _new_channel(ami: Ami, at: datetime) -> Happening:
    return Happening(
        Kind.CHANNEL,
        at,
        _one(ami, "Uniqueid"),
        _one(ami, "Linkedid"),
        _one(ami, "Channel"),
        context=_one(ami, "Context"),
        exten=_one(ami, "Exten"),
        state=_one(ami, "ChannelState"),
        number=_text(ami, "CallerIDNum"),
        name=_text(ami, "CallerIDName"),
    )


def _in_queue(kind: Kind) -> _Reader:
    def read(ami: Ami, at: datetime) -> Happening:
        return Happening(
            kind,
            at,
            _one(ami, "Uniqueid"),
            _one(ami, "Linkedid"),
            _one(ami, "Channel"),
            context=_one(ami, "Context"),
            queue=_one(ami, "Queue"),
        )

    return read


def _with_agent(kind: Kind) -> _Reader:
    """Queue events that name a member: `word` is the extension, from the interface and not the member's name."""

    def read(ami: Ami, at: datetime) -> Happening:
        return Happening(
            kind,
            at,
            _one(ami, "Uniqueid"),
            _one(ami, "Linkedid") or _one(ami, "DestLinkedid"),
            _one(ami, "Channel"),
            _one(ami, "DestUniqueid"),
            _one(ami, "DestChannel"),
            word=extension_of(_one(ami, "Interface") or _one(ami, "DestChannel")),
            queue=_one(ami, "Queue"),
        )

    return read


def _completed(ami: Ami, at: datetime) -> Happening:
    """Reason (caller, agent, transfer) goes to `cause`; under load Uniqueid, or even all ids, can be missing."""
    return Happening(
        Kind.COMPLETED,
        at,
        _one(ami, "Uniqueid"),
        _one(ami, "Linkedid") or _one(ami, "DestLinkedid"),
        _one(ami, "Channel"),
        _one(ami, "DestUniqueid"),
        word=extension_of(_one(ami, "Interface")),
        queue=_one(ami, "Queue"),
        cause=_one(ami, "Reason"),
    )


def _dial(kind: Kind) -> _Reader:
    def read(ami: Ami, at: datetime) -> Happening | None:
        if _one(ami, "DialStatus") == "ANSWER":
            return None
        dest_channel = _one(ami, "DestChannel")
        return Happening(
            kind,
            at,
            _one(ami, "Uniqueid"),
            _one(ami, "Linkedid") or _one(ami, "DestLinkedid"),
            _one(ami, "Channel"),
            _one(ami, "DestUniqueid"),
            dest_channel,
            word=extension_of(dest_channel),
        )

    return read


def _bridge(kind: Kind) -> _Reader:
    def read(ami: Ami, at: datetime) -> Happening:
        return Happening(
            kind,
            at,
            _one(ami, "Uniqueid"),
            _one(ami, "Linkedid"),
            _one(ami, "Channel"),
            bridge=_one(ami, "BridgeUniqueid"),
        )

    return read


def _blind_transfer(ami: Ami, at: datetime) -> Happening:
    return Happening(
        Kind.BLIND_TRANSFER,
        at,
        _one(ami, "TransfererUniqueid"),
        _one(ami, "TransfererLinkedid"),
        _one(ami, "TransfererChannel"),
        other=_one(ami, "TransfereeUniqueid"),
        word=_one(ami, "Extension")[:40],
    )


def _attended_transfer(ami: Ami, at: datetime) -> Happening:
    """`dest` may be missing: a target that still rings is known by what the second leg had dialled (`exten`).

    A phone may send its REFER on either leg. Where one of them is in no bridge yet, that one is the second here.
    """
    legs, ends = ("OrigTransferer", "SecondTransferer"), ("Transferee", "TransferTarget")
    into = _one(ami, "DestType")
    bridge = _one(ami, "OrigBridgeUniqueid")
    if into == INTO_APP and not bridge:
        legs, ends, bridge = legs[::-1], ends[::-1], _one(ami, "SecondBridgeUniqueid")
    (first, second), (transferee, target) = legs, ends
    return Happening(
        Kind.ATTENDED_TRANSFER,
        at,
        _one(ami, f"{first}Uniqueid"),
        _one(ami, f"{first}Linkedid"),
        _one(ami, f"{first}Channel"),
        _one(ami, f"{target}Uniqueid"),
        _one(ami, f"{target}Channel"),
        other=_one(ami, f"{second}Uniqueid"),
        word=_one(ami, f"{transferee}Uniqueid"),
        exten=_one(ami, f"{second}Exten")[:40],
        bridge=bridge,
        into=into,
    )


def _hangup(ami: Ami, at: datetime) -> Happening:
    return Happening(
        Kind.HUNG_UP,
        at,
        _one(ami, "Uniqueid"),
        _one(ami, "Linkedid"),
        _one(ami, "Channel"),
        context=_one(ami, "Context"),
        state=_one(ami, "ChannelState"),
        cause=_one(ami, "Cause"),
    )


def _message_waiting(ami: Ami, at: datetime) -> Happening | None:
    """A message left carries the caller's channel; the one Asterisk sends at its start, or when heard, does not."""
    if not _one(ami, "Uniqueid") or _one(ami, "Waiting") != "1":
        return None
    return _channel(Kind.VOICEMAIL)(ami, at)


def _variable(ami: Ami, at: datetime) -> Happening | None:
    if _one(ami, "Variable") != "MIXMONITOR_FILENAME":
        return None
    path = _text(ami, "Value")
    happening = _channel(Kind.RECORDING)(ami, at)
    return happening and happening._replace(recording=path.rpartition("/")[2])


def _user_event(ami: Ami, at: datetime) -> Happening | None:
    kind, header = _TOLD.get(_one(ami, "UserEvent"), (None, ""))
    if kind is None:
        return None
    return Happening(
        kind,
        at,
        _one(ami, "Uniqueid"),
        _one(ami, "Linkedid"),
        _one(ami, "Channel"),
        word=_text(ami, header),
        context=_one(ami, "Context"),
        exten=_text(ami, "DID"),
        number=_text(ami, "Number"),
        name=_text(ami, "CallerIDName") if kind == Kind.STARTED else "",
        pres=_text(ami, "Pres"),
        cause=_text(ami, "Cause"),
        recording=_text(ami, "Recording").rpartition("/")[2],
    )


# The UserEvents of the dialplan contract, and the header that holds their word.
_TOLD: dict[str, tuple[Kind | None, str]] = {
    "HotlineStart": (Kind.STARTED, "Trunk"),
    "HotlineStage": (Kind.STAGE, "Stage"),
    "HotlineUnserved": (Kind.UNSERVED, "Reason"),
    "HotlineBlocked": (Kind.BLOCKED, ""),
    "HotlineCallback": (Kind.CALLBACK, "Number"),
    "HotlineForwarded": (Kind.FORWARDED, "Branch"),
    "HotlineVoicemail": (Kind.VOICEMAIL, "File"),
    "HotlineEnd": (Kind.END_TOLD, "By"),
    # Of the simulated PBX alone; the shipped event filter lets none of this name through from a real one.
    "SimulatedSpeech": (Kind.SAID, "Text"),
}

_READERS: dict[str, _Reader] = {
    "Newchannel": _new_channel,
    "UserEvent": _user_event,
    "MixMonitorStart": _channel(Kind.RECORDING),
    "VarSet": _variable,
    "QueueCallerJoin": _in_queue(Kind.JOINED),
    "QueueCallerAbandon": _in_queue(Kind.GAVE_UP),
    "QueueCallerLeave": _in_queue(Kind.LEFT),
    "AgentCalled": _with_agent(Kind.RINGS),
    "AgentRingNoAnswer": _with_agent(Kind.RING_ENDED),
    "AgentConnect": _with_agent(Kind.CONNECTED),
    "AgentComplete": _completed,
    "DialBegin": _dial(Kind.RINGS),
    "DialEnd": _dial(Kind.RING_ENDED),
    "BridgeEnter": _bridge(Kind.BRIDGED),
    "BridgeLeave": _bridge(Kind.UNBRIDGED),
    "Hold": _channel(Kind.HELD),
    "Unhold": _channel(Kind.RESUMED),
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "MessageWaiting": _message_waiting,
    "HangupRequest": _channel(Kind.HANGUP_ASKED),
    "Hangup": _hangup,
    "Shutdown": lambda _, at: Happening(Kind.SHUTDOWN, at),
}

# What the protocol lets through; everything else is dropped by its name, unread.
EVENTS = frozenset(_READERS)
