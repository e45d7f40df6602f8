"""A small AMI server on a real socket: speaks the bytes, checks the secret, can fall silent or hang up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from callcenter.config import Pbx

SECRET = "correct horse"


class AmiServer:
    """`actions` holds what was asked, in order; `rows` is what `Status` answers. `silent` hears and says nothing.

    `uptime` is what it says of its own age. `listed` are the actions it knows besides, and `refuses` its words for
    each of them; `members` answer `QueueStatus`.
    """

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.rows: list[dict[str, str]] = []
        self.silent = False
        self.boots = True
        self.uptime = 1_000
        self.status_allowed = True
        self.listed: list[str] = []
        self.refuses = ""
        self.members: list[dict[str, str]] = []
        self.port = 0
        self.logged_in = asyncio.Event()
        self.asked = asyncio.Condition()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Break every connection, as a dying PBX does."""
        self.logged_in.clear()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def pbx(self, secret: str = SECRET) -> Pbx:
        return Pbx(name="test", host="127.0.0.1", port=self.port, user="callcenter", secret=secret)

    @property
    def connections(self) -> list[asyncio.StreamWriter]:
        """Those that have logged in, in order."""
        return list(self._writers)

    def say(self, event: str, *, to: asyncio.StreamWriter | None = None, **headers: str) -> None:
        """Send an event to all that are logged in, or to one of them."""
        privilege = (
            "user,all" if event == "UserEvent" else "agent,all" if event[:5] in ("Queue", "Agent") else "call,all"
        )
        self._send({"Event": event, "Privilege": privilege, **headers}, writer=to)

    async def was_asked(self, action: str, times: int = 1) -> None:
        """Until this action has come so often."""
        async with self.asked:
            await self.asked.wait_for(lambda: self.count(action) >= times)

    def count(self, action: str) -> int:
        return sum(asked["Action"] == action for asked in self.actions)

    def _do(self, action: dict[str, str]) -> str:
        """Its words for it."""
        if action["Action"] != "QueueAdd" or self.refuses:
            return "Done"
        self.members.append(_member(action))
        return "Added interface to queue"

    def _send(self, *blocks: dict[str, str], writer: asyncio.StreamWriter | None = None) -> None:
        text = "".join("".join(f"{key}: {value}\r\n" for key, value in block.items()) + "\r\n" for block in blocks)
        for each in [writer] if writer else self._writers:
            each.write(text.encode())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                async with self.asked:
                    self.actions.append(action)
                    self.asked.notify_all()
                if not self.silent:
                    self._answer(action, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> None:
        own = {"ActionID": action["ActionID"]}
        good = {"Response": "Success", **own}
        match action["Action"]:
            case "Login" if action["Secret"] != SECRET:
                self._send({"Response": "Error", **own, "Message": "Authentication failed"}, writer=writer)
                writer.close()
            case "Login":
                self._send({**good, "Message": "Authentication accepted"}, writer=writer)
                if self.boots:
                    self._send(
                        {"Event": "FullyBooted", "Privilege": "system,all", "Uptime": str(self.uptime)}, writer=writer
                    )
                self._writers.append(writer)
                self.logged_in.set()
            case "Status" if not self.status_allowed:
                self._send({"Response": "Error", **own, "Message": "Permission denied"}, writer=writer)
            case "Status" | "QueueStatus" as name:
                rows = [{"Event": "Status", **own, **row} for row in self.rows] if name == "Status" else []
                if name == "QueueStatus":
                    rows = [{**row, **own} for row in self.members]
                start = {**good, "EventList": "start", "Message": f"{name} will follow"}
                self._send(start, *rows, {"Event": f"{name}Complete", **own, "EventList": "Complete"}, writer=writer)
            case "ListCommands":
                self._send({**good, **dict.fromkeys(self.listed, "does something  (Priv: <none>)")}, writer=writer)
            case name if name in self.listed:
                done = self._do(action)
                self._send(
                    {**good, "Message": done}
                    if not self.refuses
                    else {"Response": "Error", **own, "Message": self.refuses},
                    writer=writer,
                )
            case "Ping":
                self._send({**good, "Ping": "Pong"}, writer=writer)
            case _:
                self._send({"Response": "Error", **own, "Message": "Invalid/unknown command"}, writer=writer)


def _member(added: dict[str, str]) -> dict[str, str]:
    """As `QueueStatus` shows a member that `QueueAdd` has added."""
    return {
        "Event": "QueueMember",
        "Queue": added["Queue"],
        "Name": added["MemberName"],
        "Location": added["Interface"],
        "StateInterface": added["StateInterface"],
        "Membership": "dynamic",
        "Penalty": added["Penalty"],
        "Status": "1",
        "Paused": "1" if added["Paused"] == "true" else "0",
    }


@asynccontextmanager
async def ami_server() -> AsyncIterator[AmiServer]:
    server = await AmiServer().start()
    try:
        yield server
    finally:
        await server.stop()
