"""AMI server of the simulated PBX: log-in, a few actions, event blocks as Asterisk 22 has them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol
from uuid import uuid4

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
_UNKNOWN = "<unknown>"
_SPELLED = {"coreshowchannels": "CoreShowChannels", "listcommands": "ListCommands", "queuestatus": "QueueStatus"}

Headers = Mapping[str, str]


class ActionReply(NamedTuple):
    """Reply to an action: the error ('' where there is none), else the message, and the events that follow."""

    problem: str = ""
    said: str = ""
    events: Sequence[tuple[str, Headers]] = ()


class ActionHandler(Protocol):
    """What can be asked of a part of the PBX: `ACTIONS` are their names and what `ListCommands` says of them."""

    @property
    def ACTIONS(self) -> Mapping[str, str]: ...  # noqa: N802
    def do(self, name: str, action: Mapping[str, str], /) -> ActionReply: ...


class Queue(ActionHandler, Protocol):
    """The part that `QueueStatus` shows."""

    def rows(self) -> Sequence[Headers]: ...


@dataclass
class Channel:
    """What Asterisk shows of a channel in nearly every event."""

    name: str
    uniqueid: str
    linkedid: str
    number: str
    caller_name: str = _UNKNOWN
    connected: str = _UNKNOWN
    connected_name: str = _UNKNOWN
    state: int = 4
    context: str = "from-trunk"
    exten: str = "s"
    priority: int = 1
    bridge: str = ""

    def goes_to(self, context: str, exten: str, priority: int) -> None:
        self.context, self.exten, self.priority = context, exten, priority

    def headers(self, prefix: str = "") -> dict[str, str]:
        shown = {
            "Channel": self.name,
            "ChannelState": str(self.state),
            "ChannelStateDesc": _STATES[self.state],
            "CallerIDNum": self.number,
            "CallerIDName": self.caller_name,
            "ConnectedLineNum": self.connected,
            "ConnectedLineName": self.connected_name,
            "Language": "en",
            "AccountCode": "",
            "Context": self.context,
            "Exten": self.exten,
            "Priority": str(self.priority),
            "Uniqueid": self.uniqueid,
            "Linkedid": self.linkedid,
            "ChanVariable": "HOTLINE=1022",
        }
        return {f"{prefix}{name}": value for name, value in shown.items()}


@dataclass
class Bridge:
    """Where two channels talk; `inside` counts them as the events show it."""

    uniqueid: str = field(default_factory=lambda: str(uuid4()))
    inside: int = 0

    def headers(self) -> dict[str, str]:
        return {
            "BridgeUniqueid": self.uniqueid,
            "BridgeType": "basic",
            "BridgeTechnology": "simple_bridge",
            "BridgeCreator": _UNKNOWN,
            "BridgeName": _UNKNOWN,
            "BridgeNumChannels": str(self.inside),
            "BridgeVideoSourceMode": "none",
        }


def block(headers: Headers) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


def parse_action(text: bytes) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in text.decode(errors="replace").splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


class AmiServer:
    """Any number of clients; each hears every event from its log-in on, in order."""

    def __init__(
        self,
        user: str,
        secret: str,
        channels: Callable[[], Iterable[Channel]],
        queue: Queue,
        parts: Sequence[ActionHandler] = (),
    ) -> None:
        self._user = user
        self._secret = secret
        self._channels = channels
        self._queue = queue
        self._actions = {name: what for part in (queue, *parts) for name, what in part.ACTIONS.items()}
        self._parts = {name.lower(): partial(part.do, name) for part in (queue, *parts) for name in part.ACTIONS}
        self._listening: set[asyncio.StreamWriter] = set()
        self.heard = asyncio.Event()
        self._started = time.time()

    async def serve(self, host: str, port: int) -> None:
        server = await asyncio.start_server(self.client, host, port)
        async with server:
            await server.serve_forever()

    def emit(self, event: str, privilege: str, *parts: Headers) -> None:
        """Send one event to every client that is logged in."""
        headers = {"Event": event, "Privilege": f"{privilege},all", "Timestamp": f"{time.time():.6f}"}
        for part in parts:
            headers.update(part)
        data = block(headers)
        for writer in self._listening:
            writer.write(data)

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(BANNER)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                action = parse_action(await reader.readuntil(b"\r\n\r\n"))
                if not self._answer(action, writer):
                    break
                await writer.drain()
        self._listening.discard(writer)
        writer.close()

    def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        """Answer one action; False when the connection ends with it."""
        name = action.get("action", "").lower()
        tag = {"ActionID": action["actionid"]} if "actionid" in action else {}
        if name == "login":
            return self._login(action, tag, writer)
        if writer not in self._listening and name != "logoff":
            writer.write(block({"Response": "Error", **tag, "Message": "Permission denied"}))
            return True
        asked = self._parts.get(name)
        answers = self._of_a_part(asked(action), tag) if asked else getattr(self, f"_do_{name}", self._do_unknown)(tag)
        for headers in answers:
            writer.write(block(headers))
        return name != "logoff"

    def _of_a_part(self, answer: ActionReply, tag: Headers) -> list[Headers]:
        for event, headers in answer.events:
            self.emit(event, "agent", headers)
        response = "Error" if answer.problem else "Success"
        return [{"Response": response, **tag, "Message": answer.problem or answer.said}]

    def _login(self, action: dict[str, str], tag: Headers, writer: asyncio.StreamWriter) -> bool:
        if action.get("username") != self._user or action.get("secret") != self._secret:
            writer.write(block({"Response": "Error", **tag, "Message": "Authentication failed"}))
            return False
        writer.write(block({"Response": "Success", **tag, "Message": "Authentication accepted"}))
        up = str(int(time.time() - self._started))
        booted = {"Event": "FullyBooted", "Privilege": "system,all", "Uptime": up, "LastReload": up}
        writer.write(block({**booted, "Status": "Fully Booted"}))
        if action.get("events", "on").lower() != "off":
            self._listening.add(writer)
            self.heard.set()
        return True

    def _do_ping(self, tag: Headers) -> list[Headers]:
        return [{"Response": "Success", **tag, "Ping": "Pong", "Timestamp": f"{time.time():.6f}"}]

    def _do_events(self, tag: Headers) -> list[Headers]:
        return [{"Response": "Success", **tag, "Events": "On"}]

    def _do_logoff(self, tag: Headers) -> list[Headers]:
        return [{"Response": "Goodbye", **tag, "Message": "Thanks for all the fish."}]

    def _do_status(self, tag: Headers) -> list[Headers]:
        rows = [{"Event": "Status", **tag, **channel.headers()} for channel in self._channels()]
        return _list(tag, "Channel status will follow", rows, "StatusComplete")

    def _do_coreshowchannels(self, tag: Headers) -> list[Headers]:
        rows = [
            {"Event": "CoreShowChannel", **tag, **channel.headers(), "BridgeId": channel.bridge}
            for channel in self._channels()
        ]
        return _list(tag, "Channels will follow", rows, "CoreShowChannelsComplete")

    def _do_queuestatus(self, tag: Headers) -> list[Headers]:
        rows = [{**row, **tag} for row in self._queue.rows()]
        return _list(tag, "Queue status will follow", rows, "QueueStatusComplete")

    def _do_listcommands(self, tag: Headers) -> list[Headers]:
        """As Asterisk has it: one answer, a header an action."""
        own = sorted(name[4:] for name in dir(self) if name.startswith("_do_") and name != "_do_unknown")
        listed = {_SPELLED.get(name, name.capitalize()): "  (Priv: <none>)" for name in own}
        return [{"Response": "Success", **tag, **listed, **self._actions}]

    def _do_unknown(self, tag: Headers) -> list[Headers]:
        return [{"Response": "Error", **tag, "Message": "Invalid/unknown command"}]


def _list(tag: Headers, message: str, rows: Sequence[Headers], end: str) -> list[Headers]:
    head = {"Response": "Success", **tag, "EventList": "start", "Message": message}
    return [head, *rows, {"Event": end, **tag, "EventList": "Complete", "ListItems": str(len(rows))}]
