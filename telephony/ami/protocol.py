"""AMI protocol: bytes framed, unwanted events dropped by name unread, forged ones dropped and counted; never raises.

A protocol class for panoramisk's Manager, in place of its own. Asterisk writes what a caller sent into its events as it
came, CR LF included. Checked here: the first lines and their order, the privilege class, and the lines of each channel
(`telephony.ami.blocks`). An event that such a number cut in pieces is put together again without the caller's lines.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, cast

import structlog
from panoramisk.actions import Action
from panoramisk.message import Message

from telephony.ami.blocks import is_whole, mended
from telephony.events import EVENTS

Headers = dict[str, str | list[str]]
Hear = Callable[[Headers], None]

log = structlog.get_logger(__name__)

_BLANK = b"\r\n\r\n"
_LARGEST = 1 << 20
# An event of two channels is about 1,500 bytes; what is not whole by then never will be.
_LARGEST_BROKEN = 16384
_PRIVILEGE = b"\r\nPrivilege: "
# The read class that Asterisk gives each event; one that claims another was not written by Asterisk.
_CLASSES = {
    "UserEvent": b"user,",
    "VarSet": b"dialplan,",
    "Shutdown": b"system,",
    "FullyBooted": b"system,",
}
_AGENT = ("Queue", "Agent")
_ENDS = (b"\r\n", b"")
_WANTED_VARIABLE = b"\r\nVariable: MIXMONITOR_FILENAME\r\n"


# The members of the queues have changed: no call's affair, and read anew as a whole.
MEMBER_EVENTS = frozenset({"QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"})


# Of the calls that people asked for, not of the hotline's.
ORIGINATED = "OriginateResponse"


class BadAction(ValueError):
    """An action with a line break in it would be two actions."""


def _class_of(event: str) -> bytes:
    return _CLASSES.get(event) or (b"agent," if event.startswith(_AGENT) else b"call,")


# The first two lines of every event that is wanted, by the bytes of its name.
_WANTED = {
    name.encode(): b"\r\nPrivilege: " + _class_of(name)
    for name in (EVENTS | MEMBER_EVENTS | {ORIGINATED, "FullyBooted"}) - {"VarSet"}
}
_VARIABLE = b"\r\nPrivilege: " + _class_of("VarSet")


class AmiProtocol(asyncio.Protocol):
    """One connection. Events go to `hear`, answers to the actions they belong to; `closed` is called once.

    `tampered` counts the blocks that Asterisk did not write as they stand; `heard_at` is the loop's time of the last
    byte. Attributes that panoramisk's Manager sets or reads: transport, factory, responses, queue, version, log.
    """

    def __init__(self, hear: Hear, closed: Callable[[str], None]) -> None:
        self.hear = hear
        self.on_closed = closed
        self.transport: asyncio.Transport | None = None
        self.factory: Any = None
        self.responses: dict[str, Action] = {}
        self.queue: deque[str] = deque()
        self.version: str | None = None
        self.tampered = 0
        self.heard_at = 0.0
        self.refused = False
        self.closed = False
        self._rest = b""
        self._skipping = False
        self._stamped = False
        # The last block where it was not wanted, and so not looked at; the beginning of an event that was cut.
        self._unread = b""
        self._broken = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.heard_at = asyncio.get_running_loop().time()

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        self.feed(data)

    def feed(self, data: bytes) -> None:
        """Take the next bytes, cut anywhere, even within a letter."""
        blocks = (self._rest + data if self._rest else data).split(_BLANK)
        self._rest = blocks.pop()
        if self._skipping and blocks:
            blocks.pop(0)
            self._skipping = False
        for block in blocks:
            if self._broken:
                self._join(block)
            else:
                self._block(block)
        if len(self._rest) > _LARGEST:
            self._rest = b""
            self._skipping = True
            self._tampering("a block without end")

    def _block(self, block: bytes) -> None:
        if block[:7] != b"Event: ":
            return self._other(block)
        end = block.find(b"\r\n", 7)
        second = _WANTED.get(block[7:end])
        if second is not None:
            return self._event(block, second, end)
        if not block.startswith(_PRIVILEGE, end):
            # A row of an answer, or a forgery without use.
            return None if self._is_continued(block) else self._answer(block)
        self._unread = block
        if self.responses and b"\r\nActionID: " in block:
            self._answer(block)
        elif block[7:15] == b"VarSet\r\n" and _WANTED_VARIABLE in block:
            self._event(block, _VARIABLE, end)
        return None

    def _event(self, block: bytes, second: bytes, end: int) -> None:
        """An event that is wanted, if Asterisk wrote all of it."""
        if self._is_continued(block):
            return None
        if not block.startswith(second, end):
            if b"\r\nActionID: " in block:
                return self._answer(block)
            return self._tampering("first lines out of order")
        stamped = _is_stamped(block, block.find(b"\r\n", end + 2))
        if self._stamped and not stamped and not block.startswith(b"Event: FullyBooted"):
            return self._tampering("no time stamp")
        self._stamped = self._stamped or stamped
        if not is_whole(block):
            self._tampering("line breaks in a number")
            return self._mend(block)
        return self._pass_on(block)

    def _is_continued(self, block: bytes) -> bool:
        """True where this block is the rest of an event that was not wanted: then it is dropped with it."""
        unread, self._unread = self._unread, b""
        if is_whole(unread) or mended(unread) is not None:
            return False
        self._tampering("follows a block that was cut")
        self._broken = unread
        self._join(block)
        return True

    def _join(self, block: bytes) -> None:
        self._mend(self._broken + _BLANK + block)

    def _mend(self, block: bytes) -> None:
        """Pass on what can be trusted of a broken event that is wanted, as soon as all of it is there."""
        whole = mended(block)
        self._broken = block if whole is None and len(block) < _LARGEST_BROKEN else b""
        if whole is None:
            return
        end = whole.find(b"\r\n", 7)
        second = _WANTED.get(whole[7:end])
        if second is not None and whole.startswith(second, end):
            self._pass_on(whole)

    def _pass_on(self, block: bytes) -> None:
        given = headers(block)
        if len(given) <= block.count(b"\r\n") and any(
            isinstance(value, list) and not key.endswith("ChanVariable") for key, value in given.items()
        ):
            return self._tampering("a header twice")
        try:
            self.hear(given)
        except Exception:
            # Out of here an error would close the connection, and the next events with it.
            log.exception("an event could not be taken")

    def _other(self, block: bytes) -> None:
        if self.version is None and b"Call Manager/" in block[:60]:
            banner, _, block = block.partition(b"\r\n")
            self.version = banner.rpartition(b"/")[2].decode("ascii", "replace")
            if block.startswith(b"Event: "):
                return self._block(block)
        if block.startswith(b"\r\nEvent: "):
            # Asterisk writes one line break too many behind some events (seen: TestEvent).
            return self._block(block[2:])
        if not block.strip() or self._is_continued(block):
            return None
        if block.startswith(b"Response: "):
            return self._answer(block)
        return self._tampering("neither event nor answer")

    def _answer(self, block: bytes) -> None:
        """Part of an answer to one of our actions; what belongs to none is let go."""
        given = headers(block)
        action_id = given.get("ActionID")
        action = self.responses.get(action_id) if isinstance(action_id, str) else None
        if action is None:
            return
        try:
            if action.add_message(Message(given)):
                self.responses.pop(str(action_id), None)
        except Exception:
            log.exception("an answer could not be taken")

    def _tampering(self, why: str) -> None:
        self.tampered += 1
        if self.tampered & (self.tampered - 1) == 0:
            log.warning("AMI data dropped: not written by Asterisk as it stands", why=why, dropped=self.tampered)

    def send(self, action: Mapping[str, Any], as_list: bool | None = None) -> "asyncio.Future[Any]":
        """Send once; the future gets the answer, or a ConnectionError when the connection ends before it.

        Raises BadAction where a value holds a line break.
        """
        for key, value in action.items():
            for text in value if isinstance(value, list | tuple) else (value,):
                if any(letter in f"{key}{text}" for letter in "\r\n\0"):
                    raise BadAction(f"a line break in {key}")
        sent = action if isinstance(action, Action) else Action(dict(action))
        sent.as_list = as_list
        future: asyncio.Future[Any] = sent.future
        if self.closed or self.transport is None or self.transport.is_closing():
            future.set_exception(ConnectionError("not connected"))
            return future
        self.responses[sent["ActionID"]] = sent
        self.transport.write(str(sent).encode())
        return future

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(str(exc) if exc else "closed by the PBX")

    def close(self) -> None:
        """Hang up without waiting for anybody; no action is ever sent again on another connection."""
        if self.transport is not None:
            self.transport.abort()
        self._finish("closed")

    def _finish(self, why: str) -> None:
        if self.closed:
            return
        self.closed = True
        for action in self.responses.values():
            if not action.future.done():
                action.future.set_exception(ConnectionError(why))
                # The waiting task may be gone, and that is no error.
                action.future.exception()
        self.responses.clear()
        self.on_closed(why)


def _is_stamped(block: bytes, at: int) -> bool:
    """`Timestamp: 1795447748.455193` to the digit: a forger has 79 bytes for all, and none to spare."""
    return (
        block.startswith(b"\r\nTimestamp: ", at)
        and block[at + 23 : at + 24] == b"."
        and block[at + 30 : at + 32] in _ENDS
    )


def headers(block: bytes) -> Headers:
    """A block as a dictionary; a header that comes more than once is a list. Total, whatever the bytes."""
    text = block.decode("utf-8", "replace")
    if "\0" in text:
        text = text.replace("\0", "")
    lines = text.split("\r\n")
    try:
        given = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        return _repeated(lines)
    # A cast costs nothing; a copy into the wider type would be the dearest line of the protocol.
    return cast(Headers, given) if len(given) == len(lines) else _repeated(lines)


def _repeated(lines: list[str]) -> Headers:
    given: Headers = {}
    for line in lines:
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        before = given.get(key)
        if before is None:
            given[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            given[key] = [before, value]
    return given
