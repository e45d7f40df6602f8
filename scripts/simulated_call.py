"""One call of the simulated PBX, event by event as the shipped dialplan and a filtered manager user show it.

`tests/wire/test_simulator_drift.py` holds it against recordings of a real Asterisk.
"""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

from scripts.simulated_ami import AmiServer, Bridge, Channel, Headers
from scripts.simulated_callers import Fate, Plan
from scripts.simulated_phone import ConsolePhone
from scripts.simulated_queue import QUEUE
from scripts.simulated_speech import GOODBYE, message, speech

PROMPT_S = 2.0
MENU_S = 1.5
RING_S = 10.0
RETRY_S = 1.0
GIVE_UP_S = 40.0
MESSAGE_S = 8.0
ANSWERED = 0.92
# The newcomer's own phone: only a person at the console answers it. One that nobody answers is a missed ring like any
# other: the caller goes to a colleague, and the phone rests a moment before the next.
NEWCOMER_RING_S = 15.0
REST_S = 5.0
# Extensions are shorter than any number outside.
OUTSIDE = 6
# After a talk the newcomer types.
WRAP_UP_S = 45.0
SHORTEST_TALK_S, LONGEST_TALK_S = 75.0, 180.0
_MAILBOX = {"Mailbox": "1022@hotline", "Waiting": "1", "New": "1", "Old": "0"}


class Pbx(Protocol):
    """What a call needs of the PBX around it. `free` and `waiting` are extensions and Linkedids, in order."""

    ami: AmiServer
    free: list[str]
    waiting: list[str]
    newcomer: str
    phone: ConsolePhone
    messages: int
    speed: float

    def next_free(self) -> str | None: ...
    def release(self, extension: str, after_s: float = 0) -> None: ...
    async def wait(self, seconds: float) -> None: ...
    def channel(self, peer: str, number: str, linkedid: str | None = None) -> Channel: ...
    def gone(self, channel: Channel) -> None: ...


class SimulatedCall:
    """One caller from the first ring to the end."""

    def __init__(self, pbx: Pbx, plan: Plan) -> None:
        self.pbx = pbx
        self.plan = plan
        self.caller = pbx.channel("trunk", plan.number)
        if plan.name:
            self.caller.caller_name = plan.name
        self._luck = list(plan.luck)
        self._joined = 0.0

    async def run(self) -> None:
        plan = self.plan
        # The number is in the event, and the caller asked for it to be kept back.
        pres = "prohib_not_screened" if plan.fate is Fate.WITHHELD else "allowed_not_screened"
        self._tell("start", "HotlineStart", {"Number": plan.number, "Pres": pres, "DID": plan.dialled,
                                             "Trunk": "trunk"})  # fmt: skip
        self._stage("prompt")
        self.caller.state = 6
        await self.pbx.wait(PROMPT_S)
        if plan.fate is Fate.LEAVES_IN_PROMPT:
            self.caller.goes_to("hotline-say", "s", 4)
            self._emit("HangupRequest", "call")
            self._end("caller", cause=0)
        elif plan.fate is Fate.CALLBACK:
            await self._ask_for_callback()
        else:
            await self._queue(await self._menu())

    async def _menu(self) -> str:
        if self.plan.key is None:
            return ""
        self._stage("menu")
        await self.pbx.wait(MENU_S)
        return self.plan.key

    async def _ask_for_callback(self) -> None:
        self._stage("menu")
        await self.pbx.wait(MENU_S)
        self._stage("menu", choice="1")
        self._tell("callback", "HotlineCallback", {"Number": self.plan.number, "Linked": self.caller.linkedid})
        await self.pbx.wait(1)
        self.caller.goes_to("hotline-callback", "s", 10)
        self._end("system", cause=16)

    async def _queue(self, choice: str) -> None:
        caller, fate = self.caller, self.plan.fate
        self._stage("queue", choice=choice, recording=f"{caller.linkedid}.wav")
        caller.goes_to("hotline-queue", "s", 8)
        self.pbx.waiting.append(caller.linkedid)
        self._joined = time.monotonic()
        place = str(len(self.pbx.waiting))
        self._emit("QueueCallerJoin", "agent", {"Queue": QUEUE, "Position": place, "Count": place})
        if fate is Fate.GIVES_UP:
            await self._ring_in_vain(self.plan.patience_s, caller_leaves=True)
        elif fate is Fate.VOICEMAIL:
            await self._ring_in_vain(RING_S, caller_leaves=False)
        elif operator := await self._find_operator():
            await self._talk(operator)
        else:
            self._emit("HangupRequest", "call")
            self._abandon()

    async def _find_operator(self) -> Channel | None:
        """Ring one free operator after the other until one answers, or the caller's patience ends."""
        while self._waited() < GIVE_UP_S:
            extension = self.pbx.next_free()
            if extension is None:
                await self.pbx.wait(0.5)
                continue
            operator = self._ring(extension)
            if await self._answers(extension):
                operator.state = 6
                return operator
            self._no_answer(operator)
            self._hang_up(operator, 0)
            self.pbx.release(extension, REST_S)
            await self.pbx.wait(RETRY_S)
        return None

    async def _answers(self, extension: str) -> bool:
        """Whether this phone is answered, after it has rung."""
        if extension == self.pbx.newcomer:
            answered = await self._newcomer_answers(NEWCOMER_RING_S)
        else:
            answered = (self._luck.pop(0) if self._luck else 0.0) < ANSWERED
            await self.pbx.wait(2 if answered else RING_S)
        self.caller.connected = self.caller.connected_name = extension
        return answered

    async def _newcomer_answers(self, seconds: float) -> bool:
        return await self.pbx.phone.ring(self.caller.linkedid, seconds / self.pbx.speed)

    async def _ring_in_vain(self, seconds: float, *, caller_leaves: bool) -> None:
        """A phone rings, if one is free, and the caller is gone, or the queue's time over, before anybody takes it.

        Only a person at the console can be quicker: then it is a call like any other.
        """
        extension = self.pbx.next_free()
        operator = self._ring(extension) if extension else None
        answered = False
        if operator and extension == self.pbx.newcomer:
            answered = await self._newcomer_answers(seconds)
        else:
            await self.pbx.wait(seconds)
        if operator:
            self.caller.connected = self.caller.connected_name = operator.number
        if operator and answered:
            operator.state = 6
            await self._talk(operator)
            return
        await self._not_served(operator, caller_leaves=caller_leaves)

    async def _not_served(self, operator: Channel | None, *, caller_leaves: bool) -> None:
        if caller_leaves:
            self._emit("HangupRequest", "call")
        elif operator:
            self._no_answer(operator)
        if not caller_leaves:
            self._lost_from_queue()
        if operator:
            self._hang_up(operator, 0)
            self.pbx.release(operator.number, REST_S)
        if caller_leaves:
            self._abandon()
        else:
            await self._voicemail()

    def _ring(self, extension: str) -> Channel:
        operator = self._leg(extension)
        self._emit("AgentCalled", "agent", operator.headers("Dest"), _member(extension))
        operator.state = 5
        return operator

    def _leg(self, extension: str) -> Channel:
        operator = self.pbx.channel(extension, extension, self.caller.linkedid)
        operator.goes_to("from-agents", "s", 1)
        operator.state, operator.caller_name = 0, extension
        operator.connected, operator.connected_name = self.caller.number, self.caller.caller_name
        return operator

    def _no_answer(self, operator: Channel) -> None:
        seconds = NEWCOMER_RING_S if operator.number == self.pbx.newcomer else RING_S
        ring = {"RingTime": str(int(seconds * 1000))}
        self._emit("AgentRingNoAnswer", "agent", operator.headers("Dest"), _member(operator.number), ring)

    async def _talk(self, operator: Channel) -> None:
        waited = {"HoldTime": str(int(self._waited()))}
        self._leave_queue()
        self._emit("AgentConnect", "agent", operator.headers("Dest"), _member(operator.number), waited,
                   {"RingTime": "2"})  # fmt: skip
        bridge = self._bridge(operator)
        other = self._free_for_transfer(operator)
        if other:
            await self.pbx.wait(self.plan.talk_s / 2)
            await self._transfer(operator, other, bridge, waited)
            return
        answered = time.monotonic()
        operator_ends = await self._talks(operator)
        target = self.pbx.phone.passed_to if operator.number == self.pbx.newcomer and operator_ends else ""
        if target:
            await self._passed_on(operator, target, bridge, waited)
            return
        talked_s = (time.monotonic() - answered) * self.pbx.speed
        leaving = operator if operator_ends else self.caller
        self.pbx.ami.emit("HangupRequest", "call", leaving.headers())
        self._complete(operator, waited, talked_s, "agent" if leaving is operator else "caller")
        if leaving is operator:
            self.caller.goes_to("hotline-after", "CONTINUE", 2)
        self._hang_up(operator, 16)
        self.pbx.release(operator.number, WRAP_UP_S)
        self._end("operator" if leaving is operator else "caller", cause=16)

    async def _talks(self, operator: Channel) -> bool:
        """Until one of the two hangs up; True where it is the operator."""
        if operator.number != self.pbx.newcomer:
            await self.pbx.wait(self.plan.talk_s)
            return self.plan.operator_ends
        call, speed = self.caller.linkedid, self.pbx.speed
        lines = speech(self.plan.number, self.plan.name)
        left = min(max(self.plan.talk_s * 2, SHORTEST_TALK_S), LONGEST_TALK_S)
        for line in lines:
            if await self.pbx.phone.talk(call, line.after_s / speed):
                return True
            self._says(line.text)
            left -= line.after_s
            if self.plan.fate is Fate.REDIALS and line is lines[2]:
                # The line breaks in the middle of the report, and the citizen calls again.
                return False
        if await self.pbx.phone.talk(call, left / speed):
            return True
        self._says(GOODBYE)
        return await self.pbx.phone.talk(call, 3 / speed)

    def _says(self, text: str) -> None:
        """Not of the dialplan contract, and not of a real Asterisk: there a person listens."""
        self._tell("speech", "SimulatedSpeech", {"Text": text}, context="simulated")

    def _complete(self, operator: Channel, waited: Headers, talked_s: float, reason: str) -> None:
        ending = {"TalkTime": str(int(talked_s)), "Reason": reason}
        self._emit("AgentComplete", "agent", operator.headers("Dest"), _member(operator.number), waited, ending)

    def _free_for_transfer(self, operator: Channel) -> str | None:
        if operator.number == self.pbx.newcomer:
            return None
        others = [extension for extension in self.pbx.free if extension != self.pbx.newcomer]
        if self.plan.fate is not Fate.TRANSFERRED or not others:
            return None
        self.pbx.free.remove(others[0])
        return others[0]

    async def _transfer(
        self, operator: Channel, extension: str, bridge: Bridge, waited: Headers, *, taken: bool = True
    ) -> None:
        """By REFER of the operator's phone: it tells an Unhold though nothing was held."""
        self.pbx.ami.emit("Unhold", "call", operator.headers())
        parties = {**operator.headers("Transferer"), **self.caller.headers("Transferee")}
        target = {"IsExternal": "Yes", "Context": "from-agents", "Extension": extension}
        self.pbx.ami.emit("BlindTransfer", "call", {"Result": "Success"}, parties, bridge.headers(), target)
        self.caller.goes_to("from-agents", extension, 1)
        self._complete(operator, waited, self.plan.talk_s / 2, "transfer")
        self._hang_up(operator, 16)
        self.pbx.free.append(operator.number)
        await self._with_other(extension, taken=taken)

    async def _passed_on(self, operator: Channel, target: str, bridge: Bridge, waited: Headers) -> None:
        """By the console: to a free colleague or to somebody outside; who is not free does not take it."""
        inside = len(target) < OUTSIDE
        taken = target in self.pbx.free or not inside
        if taken and inside:
            self.pbx.free.remove(target)
        await self._transfer(operator, target, bridge, waited, taken=taken)

    async def _with_other(self, extension: str, *, taken: bool = True) -> None:
        other = self._leg(extension)
        other.state, other.exten = 5, extension
        self._emit("DialBegin", "call", other.headers("Dest"), {"DialString": extension})
        await self.pbx.wait(2)
        if not taken:
            self._emit("DialEnd", "call", other.headers("Dest"), {"DialStatus": "BUSY"})
            self._hang_up(other, 16)
            self._end("system", cause=16)
            return
        other.exten = ""
        self.caller.connected = self.caller.connected_name = extension
        other.state = 6
        self._bridge(other)
        await self.pbx.wait(self.plan.talk_s / 2)
        self._emit("HangupRequest", "call", {"Cause": "16"})
        self._tell_end("caller", 16)
        self._hang_up(other, 16)
        if len(extension) < OUTSIDE:
            self.pbx.free.append(extension)
        self._hang_up(self.caller, 16)

    def _bridge(self, operator: Channel) -> Bridge:
        bridge = Bridge()
        for channel in (operator, self.caller):
            bridge.inside += 1
            channel.bridge = bridge.uniqueid
            self.pbx.ami.emit("BridgeEnter", "call", bridge.headers(), channel.headers())
        return bridge

    async def _voicemail(self) -> None:
        self._leave_queue()
        self._stage("voicemail")
        await self.pbx.wait(MESSAGE_S)
        self.caller.goes_to("hotline-voicemail", "s", 6)
        self._emit("HangupRequest", "call")
        self._emit("MessageWaiting", "call", _MAILBOX)
        serial, self.pbx.messages = self.pbx.messages, self.pbx.messages + 1
        file = await asyncio.to_thread(message, serial, self.plan.number)
        self._tell("voicemail", "HotlineVoicemail", {"File": file}, priority=3)
        self._end("caller", cause=0)

    def _abandon(self) -> None:
        self._lost_from_queue()
        self._leave_queue()
        self._end("caller", cause=0)

    def _lost_from_queue(self) -> None:
        """app_queue says Abandon for a caller whose time is over as well."""
        place = {"Queue": QUEUE, "Position": self._place(), "OriginalPosition": self._place()}
        self._emit("QueueCallerAbandon", "agent", place, {"HoldTime": str(int(self._waited()))})

    def _leave_queue(self) -> None:
        place = {"Queue": QUEUE, "Position": self._place()}
        with suppress(ValueError):
            self.pbx.waiting.remove(self.caller.linkedid)
        self._emit("QueueCallerLeave", "agent", place, {"Count": str(len(self.pbx.waiting))})

    def _place(self) -> str:
        return str(self.pbx.waiting.index(self.caller.linkedid) + 1)

    def _waited(self) -> float:
        """The caller's seconds in the queue, not ours."""
        return (time.monotonic() - self._joined) * self.pbx.speed

    def _end(self, by: str, *, cause: int) -> None:
        self._tell_end(by, cause)
        self._hang_up(self.caller, cause)

    def _hang_up(self, channel: Channel, cause: int) -> None:
        self.pbx.gone(channel)
        why = {0: "Unknown", 16: "Normal Clearing"}[cause]
        self.pbx.ami.emit("Hangup", "call", channel.headers(), {"Cause": str(cause), "Cause-txt": why})

    def _stage(self, stage: str, *, choice: str = "", recording: str = "") -> None:
        self._tell("stage", "HotlineStage", {"Stage": stage, "Choice": choice, "Recording": recording})

    def _tell_end(self, by: str, cause: int) -> None:
        told = {"By": by, "Cause": str(cause)}
        self._tell("s", "HotlineEnd", told, context="hotline-end", priority=6)

    def _tell(
        self, exten: str, name: str, headers: Headers, *, context: str = "hotline-tell", priority: int = 1
    ) -> None:
        """The dialplan is in a routine of its own while it tells."""
        here = {"Context": context, "Exten": exten, "Priority": str(priority)}
        self._emit("UserEvent", "user", here, {"UserEvent": name}, headers)

    def _emit(self, event: str, privilege: str, *parts: Headers) -> None:
        self.pbx.ami.emit(event, privilege, self.caller.headers(), *parts)


def _member(extension: str) -> Headers:
    return {"Queue": QUEUE, "Interface": f"PJSIP/{extension}", "MemberName": extension}
