"""A small SIP telephone on asyncio: rings, answers, rejects, holds, transfers blind and attended, dials.

It does what SIPp cannot (two dialogs of one phone, REFER with Replaces), over UDP on a loopback address where
nothing is lost, so it keeps no retransmission timers. Each dialog notes when things happened: the call's truth.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

from tests.asterisk.sip_message import Message, fresh, response, sdp, tag_of, uri_of, user_of

Address = tuple[str, int]
RTP_PORT = 19000


@dataclass(frozen=True)
class Plan:
    """What a phone does with a call: rings `after` seconds, then answers or refuses with `code`; None rings on."""

    after: float | None = 1.0
    code: int = 200


RING_ON = Plan(after=None)
BUSY = Plan(after=0, code=486)


@dataclass
class Dialog:
    """One call of one phone. Times are epoch seconds, None when it did not happen."""

    phone: "Phone"
    call_id: str
    local: str
    remote: str
    target: str
    invite: Message | None = None
    sequence: int = 1
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None
    peer: str = ""
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    replies: dict[int, "asyncio.Future[Message]"] = field(default_factory=dict)
    notified: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def hang_up(self) -> None:
        if not self.ended.is_set():
            self.close("me")
            await self.request("BYE")

    async def hold(self) -> None:
        await self._offer("sendonly")

    async def unhold(self) -> None:
        await self._offer("sendrecv")

    async def _offer(self, direction: str) -> None:
        await self.request("INVITE", sdp(self.phone.host, RTP_PORT, direction))

    async def press(self, keys: str, pause: float = 0.15) -> None:
        for key in keys:
            body = f"Signal={key}\r\nDuration=120\r\n"
            await self.request("INFO", body, content_type="application/dtmf-relay")
            await asyncio.sleep(pause)

    async def transfer(self, extension: str) -> None:
        """Blind: REFER; returns when the PBX reports that it is at it, so that one may hang up."""
        await self._refer(f"<sip:{extension}@{self.phone.pbx[0]}>", until="SIP/2.0")

    async def transfer_to(self, other: "Dialog") -> None:
        """Attended: joins this dialog's caller with `other`'s called party, by REFER with Replaces."""
        replaces = f"{other.call_id};to-tag={tag_of(other.remote)};from-tag={tag_of(other.local)}"
        await self._refer(f"<{uri_of(other.target)}?Replaces={quote(replaces, safe='')}>", until="200")

    async def _refer(self, refer_to: str, until: str) -> None:
        answer = await self.request("REFER", refer_to=refer_to, referred_by=f"<{self.phone.uri}>")
        assert answer.status == 202, answer.first
        while until not in await asyncio.wait_for(self.notified.get(), 10):
            pass

    async def request(self, method: str, body: str = "", **extra: str) -> Message:
        """Sends a request in this dialog and waits for its final answer."""
        self.sequence += 1
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.replies[self.sequence] = reply
        self.send(method, self.sequence, body, **extra)
        return await asyncio.wait_for(reply, 10)

    def send(self, method: str, sequence: int, body: str = "", **extra: str) -> None:
        headers = [
            ("via", f"SIP/2.0/UDP {self.phone.host}:{self.phone.port};rport;branch={fresh('z9hG4bK')}"),
            ("max-forwards", "70"),
            ("from", self.local), ("to", self.remote), ("call-id", self.call_id),
            ("cseq", f"{sequence} {method}"), ("contact", f"<{self.phone.uri}>"),
        ]  # fmt: skip
        headers += [(name.replace("_", "-"), value) for name, value in extra.items()]
        if body and "content_type" not in extra:
            headers.append(("content-type", "application/sdp"))
        self.phone.send(Message(f"{method} {uri_of(self.target)} SIP/2.0", headers, body))

    def close(self, by: str) -> None:
        if not self.ended.is_set():
            self.ended_at, self.ended_by = time.time(), by
            self.ended.set()

    def on_response(self, message: Message) -> None:
        if message.status < 200:
            return
        if message.method == "INVITE":
            self._on_final(message)
        reply = self.replies.pop(message.sequence, None)
        if reply and not reply.done():
            reply.set_result(message)

    def _on_final(self, message: Message) -> None:
        self.remote = message.get("to")
        if message.status < 300:
            self.target = message.get("contact") or self.target
            if self.answered_at is None:
                self.answered_at = time.time()
                self.answered.set()
        elif not self.answered.is_set():
            self.close(f"rejected {message.status}")
        self.send("ACK", message.sequence)


class Phone(asyncio.DatagramProtocol):
    """Extension `number` at `host:port`, known to `pbx`. `plans` are used one per call, the last for ever."""

    def __init__(self, number: str, host: str, port: int, pbx: Address) -> None:
        self.number, self.host, self.port, self.pbx = number, host, port, pbx
        self.uri = f"sip:{number}@{host}:{port}"
        self.plans: list[Plan] = [Plan()]
        self.dialogs: dict[str, Dialog] = {}
        self.history: list[Dialog] = []
        self.arrived: asyncio.Queue[Dialog] = asyncio.Queue()
        self._answers: dict[str, Message] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wire: asyncio.DatagramTransport

    async def open(self) -> "Phone":
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        return self

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._wire.close()

    def reset(self) -> None:
        """As new: no plans, no calls waiting to be looked at."""
        self.plans = [Plan()]
        self.history = []
        self.arrived = asyncio.Queue()

    def does(self, *plans: Plan) -> None:
        self.plans = list(plans)

    async def call(self, extension: str, wait: float = 10) -> Dialog:
        """Dials; returns when answered or refused."""
        number = f"sip:{extension}@{self.pbx[0]}"
        local = f'"{self.number}" <sip:{self.number}@{self.pbx[0]}>;tag={fresh()}'
        dialog = Dialog(self, fresh(), local, f"<{number}>", f"<{number}>", peer=extension)
        self.dialogs[dialog.call_id] = dialog
        self.history.append(dialog)
        dialog.send("INVITE", dialog.sequence, sdp(self.host, RTP_PORT))
        await _first(dialog.answered, dialog.ended, timeout=wait)
        return dialog

    async def next_call(self, timeout: float = 20) -> Dialog:
        """The next call that rings here."""
        return await asyncio.wait_for(self.arrived.get(), timeout)

    async def next_talk(self, timeout: float = 30) -> Dialog:
        """The next call that rings here and is answered."""
        while True:
            dialog = await self.next_call(timeout)
            await _first(dialog.answered, dialog.ended, timeout=timeout)
            if dialog.answered.is_set():
                return dialog

    def send(self, message: Message) -> None:
        self._wire.sendto(message.encode(), self.pbx)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if not data.strip():
            return
        message = Message.parse(data)
        dialog = self.dialogs.get(message.get("call-id"))
        if message.status:
            if dialog:
                dialog.on_response(message)
            return
        key = f"{message.get('via')}{message.get('cseq')}"
        if key in self._answers and message.method != "ACK":
            self.send(self._answers[key])
            return
        handler: Callable[[Message, Dialog | None], Message | None] = getattr(
            self, f"_on_{message.method.lower()}", self._on_other
        )
        answer = handler(message, dialog)
        if answer:
            self._answers[key] = answer
            self.send(answer)

    def _on_invite(self, message: Message, dialog: Dialog | None) -> Message | None:
        if dialog:
            return self._accept(message, dialog)
        local = f"{message.get('to')};tag={fresh()}"
        contact = message.get("contact")
        dialog = Dialog(self, message.get("call-id"), local, message.get("from"), contact, invite=message)
        dialog.rang_at, dialog.peer = time.time(), user_of(message.get("from"))
        self.dialogs[dialog.call_id] = dialog
        self.history.append(dialog)
        self.arrived.put_nowait(dialog)
        plan = self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]
        task = asyncio.get_running_loop().create_task(self._follow(plan, dialog, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if plan.code != 200 and not plan.after:
            return None
        return response(message, 180, "Ringing", tag_of(local), contact=f"<{self.uri}>")

    async def _follow(self, plan: Plan, dialog: Dialog, message: Message) -> None:
        if plan.after is None:
            return
        await asyncio.sleep(plan.after)
        if dialog.ended.is_set():
            return
        if plan.code == 200:
            dialog.answered_at = time.time()
            dialog.answered.set()
            self.send(self._accept(message, dialog))
        else:
            dialog.close("me")
            self.send(response(message, plan.code, "Refused", tag_of(dialog.local)))

    def _accept(self, message: Message, dialog: Dialog) -> Message:
        answer = response(message, 200, "OK", tag_of(dialog.local), contact=f"<{self.uri}>")
        answer.headers.append(("content-type", "application/sdp"))
        answer.body = sdp(self.host, RTP_PORT)
        return answer

    def _on_ack(self, message: Message, dialog: Dialog | None) -> None:
        return None

    def _on_cancel(self, message: Message, dialog: Dialog | None) -> Message:
        if dialog and dialog.invite and not dialog.answered.is_set():
            dialog.close("pbx")
            self.send(response(dialog.invite, 487, "Request Terminated", tag_of(dialog.local)))
        return response(message, 200, "OK")

    def _on_bye(self, message: Message, dialog: Dialog | None) -> Message:
        if dialog:
            dialog.close("pbx")
        return response(message, 200, "OK")

    def _on_notify(self, message: Message, dialog: Dialog | None) -> Message:
        if dialog:
            dialog.notified.put_nowait(message.body)
        return response(message, 200, "OK")

    def _on_other(self, message: Message, dialog: Dialog | None) -> Message:
        return response(message, 200, "OK", contact=f"<{self.uri}>")


async def _first(*events: asyncio.Event, timeout: float) -> None:
    """Waits for the first of several events; TimeoutError when none comes."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    done, waiting = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    if not done:
        raise TimeoutError("nothing happened on the phone")
