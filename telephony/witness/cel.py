"""CEL, a log of channels and bridges: its rows to the happenings that AMI reports of the same.

It knows extensions, bridges and microseconds, and nothing of what the dialplan meant. Columns are named as in
cel_sqlite3_custom.conf or in the table of cel_pgsql; both are taken.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, islice
from typing import Any

from telephony.events import INTO_APP, Happening, Kind
from telephony.witness.queue_log import started_at

Row = Mapping[str, Any]

START = "CHAN_START"
END = "HANGUP"
ALL_OVER = "LINKEDID_END"
_TRANSFERS = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER"})

_LONGEST_ID = 150
_NOT_A_NUMBER = re.compile(r"[^0-9+*#]")
_RING_STATE = "4"
# Under load a transfer does not know its target, or its transferee.
_UNKNOWN = "N/A"
_JSON_AT_MOST = 4_000
# A table that keeps event types as numbers: enum ast_cel_event_type.
_NUMBERED = {
    "1": START, "2": "CHAN_END", "3": END, "4": "ANSWER", "5": "APP_START", "6": "APP_END", "10": "BRIDGE_ENTER",
    "11": "BRIDGE_EXIT", "12": "BLINDTRANSFER", "13": "ATTENDEDTRANSFER", "16": ALL_OVER,
}  # fmt: skip
_OTHER_NAMES = {"cidname": "cid_name", "cidnum": "cid_num", "cidani": "cid_ani", "ciddnid": "cid_dnid",
                "eventextra": "extra"}  # fmt: skip
# A clock that is a whole number of quarter hours off is a time zone, not a clock.
_ZONE_STEP_S = 900


def text(row: Row, column: str) -> str:
    """'' where it is null or not there; in either spelling of the column."""
    value = row.get(column)
    if value is None and column in _OTHER_NAMES:
        value = row.get(_OTHER_NAMES[column])
    return "" if value is None else str(value)[:_JSON_AT_MOST]


def kind_of(row: Row) -> str:
    word = text(row, "eventtype")
    return _NUMBERED.get(word, word)


def linkedid(row: Row) -> str:
    """The call, where the row's ids are such as Asterisk makes; '' otherwise."""
    ids = (text(row, "uniqueid"), text(row, "linkedid"))
    return ids[1] if all(value and len(value) <= _LONGEST_ID and value.isprintable() for value in ids) else ""


def others(row: Row) -> tuple[str, ...]:
    """Channels that a transfer names besides its own: it can be written on the leg of a consultation."""
    if kind_of(row) not in _TRANSFERS:
        return ()
    extra = _extra(row)
    return tuple(str(extra[name]) for name in extra if name.endswith("_uniqueid"))


def moment(row: Row) -> datetime | None:
    """`eventtime` as a number, an ISO text or a datetime; one without a zone is taken as UTC. None when it is none."""
    value = row.get("eventtime")
    try:
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        written = text(row, "eventtime")
        if re.fullmatch(r"\d{9,11}(\.\d{1,9})?", written):
            return datetime.fromtimestamp(float(written), UTC)
        found = datetime.fromisoformat(written)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def zone_shift(row: Row) -> timedelta:
    """How far this table's clock is off by its time zone: a Uniqueid holds the true second its channel was made."""
    at, made = moment(row), started_at(text(row, "uniqueid"))
    if kind_of(row) != START or at is None or made is None:
        return timedelta()
    steps = round((at - made).total_seconds() / _ZONE_STEP_S)
    return timedelta(seconds=steps * _ZONE_STEP_S)


def read(call: str, rows: Iterable[Row]) -> list[Happening]:
    """The happenings of one call from all its rows. Total.

    In the order of their own moments: rows of two channels are written by two threads and can cross.
    """
    timed = sorted(((at, row) for row in rows if (at := moment(row)) is not None), key=lambda pair: pair[0])
    reading = _Reading(call, [row for _, row in timed])
    for at, row in timed:
        if reading.first:
            reading.shift, reading.first = zone_shift(row), False
        reader = _READERS.get(kind_of(row))
        if reader is not None:
            reading.happenings += reader(reading, row, at - reading.shift)
    return reading.happenings


class _Reading:
    """What has to be remembered from row to row: the queue the caller is in, and whether that was more than a try.

    `channels` are all channels in the rows, by name; `entered` are those with a row of their own for entering a bridge.
    """

    def __init__(self, call: str, rows: Sequence[Row]) -> None:
        self.call = call
        self.rows = rows
        self.channels = {text(row, "channame"): text(row, "uniqueid") for row in rows}
        self.entered = {(text(row, "channame"), _bridge(row)) for row in rows if kind_of(row) == "BRIDGE_ENTER"}
        self.happenings: list[Happening] = []
        self.first = True
        self.shift = timedelta()
        self.queue = ""
        self.context = ""
        self.joined: Happening | None = None
        self.talked = False

    def is_callers(self, row: Row) -> bool:
        return text(row, "uniqueid") == self.call

    def left_unentered(self, transfer: Row, before: str) -> Row | None:
        """By which row the caller left a bridge never entered: put there by this transfer, out of `before`."""
        for row in islice(dropwhile(lambda row: row is not transfer, self.rows), 1, None):
            if kind_of(row) in _TRANSFERS:
                return None
            if kind_of(row) == "BRIDGE_EXIT" and self.is_callers(row):
                here = _bridge(row)
                if here != before and (text(row, "channame"), here) not in self.entered:
                    return row
        return None

    def plain(self, kind: Kind, row: Row, at: datetime, **more: str) -> Happening:
        return Happening(kind, at, text(row, "uniqueid"), self.call, text(row, "channame"), **more)

    def confirm(self) -> list[Happening]:
        """The caller really waits: a member rings. A queue that is full or empty lets go at once."""
        joined, self.joined = self.joined, None
        return [joined] if joined is not None else []


def _made(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    if reading.is_callers(row):
        number = _NOT_A_NUMBER.sub("", text(row, "cidnum"))
        came = reading.plain(Kind.CHANNEL, row, at, state=_RING_STATE, context=text(row, "context"), number=number)
        return [came._replace(exten=text(row, "exten")[:40], name=_name(row))]
    leg = Happening(
        Kind.RINGS, at, reading.call, reading.call, dest=text(row, "uniqueid"), dest_channel=text(row, "channame")
    )
    return [*reading.confirm(), leg]


def _app_start(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    if not reading.is_callers(row) or text(row, "appname").lower() != "queue":
        return []
    reading.queue = text(row, "appdata").partition(",")[0][:80]
    reading.context = text(row, "context")
    reading.joined = reading.plain(Kind.JOINED, row, at, queue=reading.queue)
    return []


def _app_end(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    if not reading.is_callers(row) or not reading.queue or text(row, "appname").lower() != "queue":
        return []
    waited = reading.joined is None or at - reading.joined.at >= _A_TRY
    joined = reading.confirm() if waited else []
    reading.joined, reading.queue = None, ""
    if not waited:
        return []
    gave_up = reading.plain(Kind.GAVE_UP, row, at, context=reading.context)
    return [*joined, gave_up, reading.plain(Kind.LEFT, row, at)]


def _entered(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    entered = [*_there_already(reading, row, at), reading.plain(Kind.BRIDGED, row, at, bridge=_bridge(row))]
    reading.talked = reading.talked or reading.is_callers(row)
    if not reading.is_callers(row) or not reading.queue:
        return entered
    reading.queue = ""
    return [*reading.confirm(), reading.plain(Kind.LEFT, row, at), *entered]


def _there_already(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    """Whose own row belonged to another call then: picked up in the moment of a transfer, as part of a consultation."""
    bridge = _bridge(row)
    return [
        Happening(Kind.BRIDGED, at, reading.channels[name], reading.call, name, bridge=bridge)
        for name in text(row, "peer").split(",")
        if name and name in reading.channels and (name, bridge) not in reading.entered
    ]


def _left(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    return [reading.plain(Kind.UNBRIDGED, row, at, bridge=_bridge(row))]


def _bridge(row: Row) -> str:
    return str(_extra(row).get("bridge_id", ""))


def _hung_up(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    """The caller's channel ended it, another did, or the dialplan, which also goes on after an operator hung up."""
    extra = _extra(row)
    ended = reading.plain(Kind.HUNG_UP, row, at, context=text(row, "context"), cause=str(extra.get("hangupcause", "")))
    source = str(extra.get("hangupsource", ""))
    by_dialplan = source.startswith("dialplan")
    if not reading.is_callers(row) or not source or (by_dialplan and reading.talked):
        return [ended]
    by = "system" if by_dialplan else "operator"
    by = "caller" if source == text(row, "channame") else by
    return [reading.plain(Kind.END_TOLD, row, at, word=by), ended]


def _blind(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    extra = _extra(row)
    to = str(extra.get("extension", ""))[:40]
    other = str(extra.get("transferee_channel_uniqueid", ""))
    return [reading.plain(Kind.BLIND_TRANSFER, row, at, word=to, other=other)]


def _attended(reading: _Reading, row: Row, at: datetime) -> list[Happening]:
    extra = _extra(row)
    transfer = reading.plain(
        Kind.ATTENDED_TRANSFER,
        row,
        at,
        dest=str(extra.get("transfer_target_channel_uniqueid", "")),
        dest_channel=str(extra.get("transfer_target_channel_name", "")),
        other=str(extra.get("channel2_uniqueid", "")),
        word=str(extra.get("transferee_channel_uniqueid", "")),
        bridge=str(extra.get("bridge1_id", "")),
        into=INTO_APP if "app" in extra else "",
    )
    left = reading.left_unentered(row, transfer.bridge) if transfer.into else None
    return [transfer, *_in_place_of(transfer, left)] if left is not None else [transfer]


def _in_place_of(transfer: Happening, left: Row) -> list[Happening]:
    """The caller, put in the place of the leg that consulted, and the peer there: only their leaving shows it.

    The rows of the consultation belong to another call and are not kept; the caller's own name the peer, or what the
    leg had dialled.
    """
    met = text(left, "peer").partition(",")[0] or _dialled(left)
    if not met:
        return []
    there = transfer._replace(kind=Kind.BRIDGED, uniqueid=met, channel=met, bridge=_bridge(left))
    return [there, there._replace(uniqueid=text(left, "uniqueid"), channel=text(left, "channame"))]


def _dialled(row: Row) -> str:
    """The one channel that Dial called: `PJSIP/122,25,t` is `PJSIP/122`, `PJSIP/115@trunk` `PJSIP/trunk`."""
    target = text(row, "appdata").partition(",")[0]
    if text(row, "appname").lower() != "dial" or not _ONE_CHANNEL.fullmatch(target):
        return ""
    technology, _, rest = target.partition("/")
    return f"{technology}/{rest.rpartition('@')[2]}"


def _extra(row: Row) -> dict[str, Any]:
    try:
        found = json.loads(text(row, "eventextra") or "{}")
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if value != _UNKNOWN} if isinstance(found, dict) else {}


def _name(row: Row) -> str:
    return "".join(letter for letter in text(row, "cidname") if letter.isprintable())[:200].strip()


_A_TRY = timedelta(seconds=1)
_ONE_CHANNEL = re.compile(r"(?!Local/)[A-Za-z0-9]+/[\w.+-]+(@[\w.-]+)?")

_READERS = {
    START: _made,
    "APP_START": _app_start,
    "APP_END": _app_end,
    "BRIDGE_ENTER": _entered,
    "BRIDGE_EXIT": _left,
    END: _hung_up,
    "BLINDTRANSFER": _blind,
    "ATTENDEDTRANSFER": _attended,
}
