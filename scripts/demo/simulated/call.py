"""One call of the simulated PBX, from the first ring to the end, as the shipped dialplan and Asterisk's queue do it.

`tests/wire/test_simulator_drift.py` holds it against recordings of a real Asterisk.
"""

import asyncio
import time

from scripts.demo.simulated import transfer as simulated_transfer
from scripts.demo.simulated.ami import Channel
from scripts.demo.simulated.astdb import BLOCKED, LOW
from scripts.demo.simulated.callers import Fate, Plan
from scripts.demo.simulated.phone import Did, PhoneAction
from scripts.demo.simulated.queue import QUEUE
from scripts.demo.simulated.speech import GOODBYE, message, speech
from scripts.demo.simulated.telling import PbxForCall, Telling, member
from scripts.demo.simulated.transfer import Ending, SimulatedTalk

PROMPT_S = 2.0
# 113, 114 and 115 read out to callers that the dialplan blocks.
ANNOUNCEMENT_S = 6.0
MENU_S = 1.5
RING_S = 10.0
RETRY_S = 1.0
GIVE_UP_S = 40.0
MESSAGE_S = 8.0
ANSWERED = 0.92
# The newcomer's own phone: only a person at the console answers it. An unanswered one is a missed ring like any
# other: the caller goes to a colleague, and the phone rests a moment before the next.
NEWCOMER_RING_S = 15.0
REST_S = 5.0
# After a talk the newcomer types.
WRAP_UP_S = 45.0
SHORTEST_TALK_S, LONGEST_TALK_S = 75.0, 180.0
_MAILBOX = {"Mailbox": "1022@hotline", "Waiting": "1", "New": "1", "Old": "0"}


class SimulatedCall(Telling):
    """One caller from the first ring to the end."""

    def __init__(self, pbx: PbxForCall, plan: Plan) -> None:
        super().__init__(pbx, pbx.channel("trunk", plan.number))
        self.plan = plan
        if plan.name:
            self.caller.caller_name = plan.name
        self._luck = list(plan.luck)
        self._joined = 0.0

    async def run(self) -> None:
        plan = self.plan
        # The number is in the event, and the caller asked for it to be kept back.
        pres = "prohib_not_screened" if plan.fate is Fate.WITHHELD else "allowed_not_screened"
        self.tell("start", "HotlineStart", {"Number": plan.number, "Pres": pres, "DID": plan.dialled,
                                             "Trunk": "trunk"})  # fmt: skip
        if self.pbx.lists.has(BLOCKED, plan.number):
            await self._kept_out()
            return
        self.stage("prompt")
        self.caller.state = 6
        await self.pbx.wait(PROMPT_S)
        if plan.fate is Fate.LEAVES_IN_PROMPT:
            self.caller.goes_to("hotline-say", "s", 4)
            self.emit("HangupRequest", "call")
            self.end("caller", cause=0)
        elif plan.fate is Fate.CALLBACK:
            await self._ask_for_callback()
        else:
            await self._queue(await self._menu())

    async def _kept_out(self) -> None:
        self.tell("blocked", "HotlineBlocked", {})
        self.caller.state = 6
        await self.pbx.wait(ANNOUNCEMENT_S)
        self.caller.goes_to("hotline-blocked", "s", 11)
        self.end("system", cause=21)

    async def _menu(self) -> str:
        if self.plan.key is None:
            return ""
        self.stage("menu")
        await self.pbx.wait(MENU_S)
        return self.plan.key

    async def _ask_for_callback(self) -> None:
        self.stage("menu")
        await self.pbx.wait(MENU_S)
        self.stage("menu", choice="1")
        self.tell("callback", "HotlineCallback", {"Number": self.plan.number, "Linked": self.caller.linkedid})
        await self.pbx.wait(1)
        self.caller.goes_to("hotline-callback", "s", 10)
        self.end("system", cause=16)

    async def _queue(self, choice: str) -> None:
        caller, fate = self.caller, self.plan.fate
        self.stage("queue", choice=choice, recording=f"{caller.linkedid}.wav")
        caller.goes_to("hotline-queue", "s", 8)
        self.pbx.waiting.join(caller.linkedid, -1 if self.pbx.lists.has(LOW, self.plan.number) else 0)
        self._joined = time.monotonic()
        place = {"Queue": QUEUE, "Position": self._place(), "Count": str(len(self.pbx.waiting))}
        self.emit("QueueCallerJoin", "agent", place)
        if fate is Fate.GIVES_UP:
            await self._ring_in_vain(self.plan.patience_s, caller_leaves=True)
        elif fate is Fate.VOICEMAIL:
            await self._ring_in_vain(RING_S, caller_leaves=False)
        elif operator := await self._find_operator():
            await self._talk(operator)
        else:
            self.emit("HangupRequest", "call")
            self._abandon()

    async def _find_operator(self) -> Channel | None:
        """Ring one free operator after the other until one answers, or the caller's patience ends."""
        while self._waited() < GIVE_UP_S:
            served = self.pbx.waiting.is_served(self.caller.linkedid)
            extension = self.pbx.next_free() if served else None
            if extension is None:
                await self.pbx.wait(0.5)
                continue
            operator = self._ring(extension)
            if await self._answers(extension):
                operator.state = 6
                return operator
            self._no_answer(operator)
            self.hang_up(operator, 0)
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
            self.emit("HangupRequest", "call")
        elif operator:
            self._no_answer(operator)
        if not caller_leaves:
            self._lost_from_queue()
        if operator:
            self.hang_up(operator, 0)
            self.pbx.release(operator.number, REST_S)
        if caller_leaves:
            self._abandon()
        else:
            await self._voicemail()

    def _ring(self, extension: str) -> Channel:
        operator = self.leg(extension)
        self.emit("AgentCalled", "agent", operator.headers("Dest"), member(extension))
        operator.state = 5
        return operator

    def _no_answer(self, operator: Channel) -> None:
        seconds = NEWCOMER_RING_S if operator.number == self.pbx.newcomer else RING_S
        ring = {"RingTime": str(int(seconds * 1000))}
        self.emit("AgentRingNoAnswer", "agent", operator.headers("Dest"), member(operator.number), ring)

    async def _talk(self, operator: Channel) -> None:
        waited = {"HoldTime": str(int(self._waited()))}
        self._leave_queue()
        self.emit("AgentConnect", "agent", operator.headers("Dest"), member(operator.number), waited,
                  {"RingTime": "2"})  # fmt: skip
        talk = SimulatedTalk(operator, self.bridge(operator, self.caller), waited, self.plan.talk_s / 2)
        other = self._free_for_transfer(operator)
        if other:
            await self.pbx.wait(talk.half_s)
            await simulated_transfer.pass_on(self, talk, other, taken=True)
            return
        answered = time.monotonic()
        deed = await self._talks(talk)
        if deed and deed.did is Did.PASSED_ON:
            await simulated_transfer.pass_on(self, talk, deed.to, taken=simulated_transfer.take(self, deed.to))
        elif not deed or deed.did is not Did.ASKS:
            self._hangs_up(talk, deed is not None, (time.monotonic() - answered) * self.pbx.speed)

    def _hangs_up(self, talk: SimulatedTalk, operator_ends: bool, talked_s: float) -> None:
        operator = talk.operator
        self.emit_of(operator if operator_ends else self.caller, "HangupRequest")
        self.complete(operator, talk.waited, talked_s, "agent" if operator_ends else "caller")
        if operator_ends:
            self.caller.goes_to("hotline-after", "CONTINUE", 2)
        self.hang_up(operator, 16)
        self.pbx.release(operator.number, WRAP_UP_S)
        self.end("operator" if operator_ends else "caller", cause=16)

    async def _talks(self, talk: SimulatedTalk) -> PhoneAction | None:
        """Until one of the two hangs up, or the operator passes the call on; None where it is the caller."""
        if talk.operator.number != self.pbx.newcomer:
            await self.pbx.wait(self.plan.talk_s)
            return PhoneAction(Did.HUNG_UP) if self.plan.operator_ends else None
        lines = speech(self.plan.number, self.plan.name)
        left = min(max(self.plan.talk_s * 2, SHORTEST_TALK_S), LONGEST_TALK_S)
        for line in lines:
            if deed := await self._listens(talk, line.after_s):
                return deed
            self._says(line.text)
            left -= line.after_s
            if self.plan.fate is Fate.REDIALS and line is lines[2]:
                # The line breaks in the middle of the report, and the citizen calls again.
                return None
        if deed := await self._listens(talk, left):
            return deed
        self._says(GOODBYE)
        return await self._listens(talk, 3)

    async def _listens(self, talk: SimulatedTalk, seconds: float) -> PhoneAction | None:
        """What the newcomer does within so many seconds. One that returns from a consultation listens on."""
        while deed := await self.pbx.phone.talk(self.caller.linkedid, seconds / self.pbx.speed):
            if deed.did is not Did.ASKS or await simulated_transfer.ask(self, talk) is Ending.LEFT:
                return deed
        return None

    def _says(self, text: str) -> None:
        """Not of the dialplan contract, and not of a real Asterisk: there a person listens."""
        self.tell("speech", "SimulatedSpeech", {"Text": text}, context="simulated")

    def _free_for_transfer(self, operator: Channel) -> str | None:
        if operator.number == self.pbx.newcomer:
            return None
        others = [extension for extension in self.pbx.free if extension != self.pbx.newcomer]
        if self.plan.fate is not Fate.TRANSFERRED or not others:
            return None
        self.pbx.free.remove(others[0])
        return others[0]

    async def _voicemail(self) -> None:
        self._leave_queue()
        self.stage("voicemail")
        await self.pbx.wait(MESSAGE_S)
        self.caller.goes_to("hotline-voicemail", "s", 6)
        self.emit("HangupRequest", "call")
        self.emit("MessageWaiting", "call", _MAILBOX)
        serial, self.pbx.messages = self.pbx.messages, self.pbx.messages + 1
        file = await asyncio.to_thread(message, serial, self.plan.number)
        self.tell("voicemail", "HotlineVoicemail", {"File": file}, priority=3)
        self.end("caller", cause=0)

    def _abandon(self) -> None:
        self._lost_from_queue()
        self._leave_queue()
        self.end("caller", cause=0)

    def _lost_from_queue(self) -> None:
        """app_queue says Abandon for a caller whose time is over as well."""
        place = {"Queue": QUEUE, "Position": self._place(), "OriginalPosition": self._place()}
        self.emit("QueueCallerAbandon", "agent", place, {"HoldTime": str(int(self._waited()))})

    def _leave_queue(self) -> None:
        place = {"Queue": QUEUE, "Position": self._place()}
        self.pbx.waiting.leave(self.caller.linkedid)
        self.emit("QueueCallerLeave", "agent", place, {"Count": str(len(self.pbx.waiting))})

    def _place(self) -> str:
        return str(self.pbx.waiting.place(self.caller.linkedid))

    def _waited(self) -> float:
        """The caller's seconds in the queue, not ours."""
        return (time.monotonic() - self._joined) * self.pbx.speed
