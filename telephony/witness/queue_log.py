"""queue_log, the log of Asterisk's queues: a line to a row, a row to the happenings that AMI reports of the same.

app_queue writes `epoch|callid|queue|agent|event|d1..d5`, whole seconds, the agent by member name; the shipped dialplan
adds HOTLINE… rows. A caller's number may hold line breaks on a PBX that does not clean it: `sift` leaves out what may
be forged.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from telephony.events import Happening, Kind

START = "HOTLINESTART"
JOIN = "ENTERQUEUE"
RESTART = "QUEUESTART"
TOLD_END = "HOTLINEEND"
CONNECTED = "CONNECT"
COMPLETED = ("COMPLETECALLER", "COMPLETEAGENT")
TALK_OVER = (*COMPLETED, "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER")

_EPOCH = re.compile(r"\d{9,11}(?:\.\d{1,6})?")
_CALL = re.compile(r"[\w.:-]{0,120}\d{9,11}\.\d{1,12}")
_WORD = re.compile(r"[A-Z]{4,30}")
_LONGEST_LINE = 2_000
_LONGEST_TEXT = 200
# What a caller can write into a number, in bytes, before Asterisk cuts it.
_CALLERS_BYTES = 80
# How many data these rows have, never fewer nor more: those that hold a caller's number, and those that forge an end.
_DATA = {
    JOIN: (3, 4), START: (4, 4), TOLD_END: (2, 2), CONNECTED: (3, 3), "ABANDON": (3, 3), "COMPLETECALLER": (3, 3),
    "COMPLETEAGENT": (3, 3), "EXITWITHTIMEOUT": (3, 3), "EXITEMPTY": (3, 3),
}  # fmt: skip
_ANY = (0, 20)
_HOLDS_A_NUMBER = re.compile(rf"(?:[^|]*\|){{4}}(?:{JOIN}\|[^|]*|{START})\|(.*)", re.DOTALL)


class Row(NamedTuple):
    """One row. `callid` is the caller's Uniqueid and so the Linkedid, '' where the row is about no call."""

    at: datetime
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    def datum(self, number: int) -> str:
        return self.data[number][:_LONGEST_TEXT].strip() if number < len(self.data) else ""


class Sifted(NamedTuple):
    """`rows` with the line each came from; `dropped` were torn or may be forged; `torn` bytes are in doubt yet."""

    rows: list[tuple[str, Row]]
    dropped: int
    torn: int


def parse(line: str) -> Row | None:
    """None for anything that app_queue, or the dialplan by QueueLog(), would not have written so. Total."""
    if len(line) > _LONGEST_LINE or not line.isprintable():
        return None
    parts = line.split("|")
    if len(parts) < 5 or not _EPOCH.fullmatch(parts[0]) or not _WORD.fullmatch(parts[4]):
        return None
    epoch, callid, queue, agent, event, *data = parts
    least, most = _DATA.get(event, _ANY)
    if not least <= len(data) <= most:
        return None
    callid = callid if _CALL.fullmatch(callid) else ""
    return Row(datetime.fromtimestamp(float(epoch), UTC), callid, queue[:80], agent[:80], event, tuple(data))


def sift(lines: Iterable[str], torn: int = 0) -> Sifted:
    """The rows of lines without their line feed. After a torn row all that its caller may have written is left out.

    That can cost the next honest row. Whatever would tell the two apart, a caller can write as well.
    """
    rows: list[tuple[str, Row]] = []
    dropped = 0
    for line in lines:
        row = parse(line)
        if torn > 0:
            torn -= len(line.encode("utf-8", "replace")) + 1
            dropped += 1
        elif row is not None:
            rows.append((line, row))
        elif line.strip():
            dropped += 1
            torn = _in_doubt(line)
    return Sifted(rows, dropped, max(0, torn))


def _in_doubt(line: str) -> int:
    """How many bytes after this line a caller may have written: it holds their number, and stops inside it."""
    found = _HOLDS_A_NUMBER.match(line)
    return max(0, _CALLERS_BYTES - len(found[1].encode("utf-8", "replace")) - 1) if found else 0


def started_at(callid: str) -> datetime | None:
    """When the channel was made, to the second, as its Uniqueid says (`1795612659.0`, `pbx1-1795612659.0`)."""
    found = re.search(r"(\d{9,11})\.\d+$", callid)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows of one call, the end of a talk before what followed it.

    The queue that a caller is passed on from, and the one they come to, write from two threads: the second can be ahead
    (Asterisk 22, seen on a busy machine), within the same moment.
    """
    found: list[Row] = []
    for row in rows:
        at = _joined_ahead(row, found) if row.event in TALK_OVER else len(found)
        found.insert(at, row if at == len(found) else row._replace(at=min(row.at, found[at].at)))
    return found


def _joined_ahead(over: Row, before: list[Row]) -> int:
    """Where the caller joined their next queue, if that is written before the end `over` of the talk they came from."""
    for at in range(len(before) - 1, 0, -1):
        row = before[at]
        if over.at - row.at > _SAME_MOMENT or (row.event == CONNECTED and row.queue == over.queue):
            break
        if row.event == JOIN and any(earlier.event == CONNECTED for earlier in before[:at]):
            return at
    return len(before)


# From the name of a queue and of a member, and the channel that answered where one did, to the extension.
Names = Callable[[str, str, str], str]


def interpret(row: Row, names: Names) -> tuple[Happening, ...]:
    """What this row says happened to its call, in order; nothing where it says nothing. Total."""
    reader = _READERS.get(row.event)
    if reader is None or not row.callid:
        return ()
    return reader(row, names)


def _plain(kind: Kind, row: Row, **more: str) -> Happening:
    return Happening(kind, row.at, row.callid, row.callid, **more)


def _started(row: Row, _: Names) -> tuple[Happening, ...]:
    number = row.datum(0)
    return (_plain(Kind.STARTED, row, number=number, pres=row.datum(1), exten=row.datum(2), word=row.datum(3)),)


def _stage(row: Row, _: Names) -> tuple[Happening, ...]:
    return (_plain(Kind.STAGE, row, word=row.datum(0), recording=row.datum(2).rpartition("/")[2]),)


def _word(kind: Kind) -> "_Reader":
    return lambda row, _: (_plain(kind, row, word=row.datum(0)),)


def _callback(row: Row, _: Names) -> tuple[Happening, ...]:
    return (_plain(Kind.CALLBACK, row, word=row.datum(0), number=row.datum(0)),)


def _told_end(row: Row, _: Names) -> tuple[Happening, ...]:
    """The hangup handler runs as the caller's channel goes; the context tells nothing is left of the queue."""
    return (
        _plain(Kind.END_TOLD, row, word=row.datum(0), cause=row.datum(1)),
        _plain(Kind.HUNG_UP, row, context=_AFTER, cause=row.datum(1)),
    )


def _joined(row: Row, _: Names) -> tuple[Happening, ...]:
    return (_plain(Kind.JOINED, row, queue=row.queue),)


def _rang(row: Row, names: Names) -> tuple[Happening, ...]:
    extension = names(row.queue, row.agent, "")
    return (_plain(Kind.RING_ENDED, row, queue=row.queue, word=extension),)


def _connected(row: Row, names: Names) -> tuple[Happening, ...]:
    dest = row.datum(1) if _CALL.fullmatch(row.datum(1)) else ""
    extension = names(row.queue, row.agent, dest)
    return (_plain(Kind.CONNECTED, row, queue=row.queue, word=extension, dest=dest),)


def _completed(cause: str) -> "_Reader":
    def read(row: Row, names: Names) -> tuple[Happening, ...]:
        return (_plain(Kind.COMPLETED, row, queue=row.queue, word=names(row.queue, row.agent, ""), cause=cause),)

    return read


def _gave_up(row: Row, _: Names) -> tuple[Happening, ...]:
    """Here ABANDON means what it says: the caller is gone, and however late the end is written, it is this moment."""
    gave_up = _plain(Kind.GAVE_UP, row, context=_AFTER)
    return (gave_up._replace(at=row.at + _AS_ONE), _plain(Kind.LEFT, row))


def _out_of_time(row: Row, _: Names) -> tuple[Happening, ...]:
    return (_plain(Kind.GAVE_UP, row, context=row.queue or _QUEUE), _plain(Kind.LEFT, row))


def _left_empty(row: Row, names: Names) -> tuple[Happening, ...]:
    return (*_out_of_time(row, names), _plain(Kind.UNSERVED, row, word="empty"))


def _left(row: Row, _: Names) -> tuple[Happening, ...]:
    return (_plain(Kind.LEFT, row),)


def _blind(row: Row, _: Names) -> tuple[Happening, ...]:
    """From here on the row's own leg is done; older logs wrote `exten|context` as one."""
    to = row.datum(0).partition("|")[0][:40]
    return (_plain(Kind.BLIND_TRANSFER, row, word=to),)


def _attended(row: Row, _: Names) -> tuple[Happening, ...]:
    """It names bridges and channels, never the extension that the caller was passed on to."""
    return (_plain(Kind.ATTENDED_TRANSFER, row),)


_Reader = Callable[[Row, Names], tuple[Happening, ...]]

_AS_ONE = timedelta(minutes=1)
# Whole seconds, written by two threads.
_SAME_MOMENT = timedelta(seconds=2)
_QUEUE = "queue"
_AFTER = "hung-up"

_READERS: dict[str, _Reader] = {
    START: _started,
    "HOTLINESTAGE": _stage,
    "HOTLINEUNSERVED": _word(Kind.UNSERVED),
    "HOTLINEBLOCKED": lambda row, _: (_plain(Kind.BLOCKED, row),),
    "HOTLINECALLBACK": _callback,
    "HOTLINEFORWARDED": _word(Kind.FORWARDED),
    "HOTLINEVOICEMAIL": _word(Kind.VOICEMAIL),
    TOLD_END: _told_end,
    JOIN: _joined,
    "RINGNOANSWER": _rang,
    "RINGCANCELED": _rang,
    CONNECTED: _connected,
    "COMPLETECALLER": _completed("caller"),
    "COMPLETEAGENT": _completed("agent"),
    "BLINDTRANSFER": _blind,
    "TRANSFER": _blind,
    "ATTENDEDTRANSFER": _attended,
    "ABANDON": _gave_up,
    "EXITWITHTIMEOUT": _out_of_time,
    "WITHDRAW": _out_of_time,
    "EXITEMPTY": _left_empty,
    "EXITWITHKEY": _left,
}
