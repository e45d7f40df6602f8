"""A PBX for those who have none: callers who arrive at a pace, operators who answer some, all of it over AMI."""

import argparse
import asyncio
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from scripts import lifeline, log
from scripts.simulated_ami import QUEUE, AmiServer, Channel, Headers

PROMPT_S = 2.0
RING_S = 10.0
GIVE_UP_S = 40.0
# The newcomer's own phone: it rings long enough to look at the page, and now and then nobody picks it up.
NEWCOMER_ANSWERS = 0.75


class Fate(Enum):
    """What becomes of a caller."""

    SERVED = "served"
    TRANSFERRED = "transferred"
    GIVES_UP = "gives_up"
    LEAVES_IN_PROMPT = "leaves_in_prompt"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    WITHHELD = "withheld"


OF_A_HUNDRED = {
    Fate.SERVED: 62,
    Fate.TRANSFERRED: 6,
    Fate.GIVES_UP: 10,
    Fate.LEAVES_IN_PROMPT: 4,
    Fate.CALLBACK: 8,
    Fate.VOICEMAIL: 6,
    Fate.WITHHELD: 4,
}


@dataclass(frozen=True)
class Plan:
    """One caller, settled beforehand: the same seed gives the same callers, whatever happens around them."""

    number: str
    fate: Fate
    patience_s: float
    talk_s: float
    operator_ends: bool

    @classmethod
    def make(cls, seed: int, serial: int) -> "Plan":
        chance = random.Random(f"{seed}:{serial}")  # noqa: S311 (callers, not secrets)
        prefix = chance.choice(("090", "091", "093", "097", "098", "035", "070", "084"))
        # Few enough numbers that some citizens call again.
        number = f"{prefix}{chance.randrange(40) * 24_971 + 1_000_000:07d}"
        fate = chance.choices(list(OF_A_HUNDRED), list(OF_A_HUNDRED.values()))[0]
        talk = max(8.0, chance.gauss(45, 20))
        return cls("" if fate is Fate.WITHHELD else number, fate, chance.uniform(6, 25), talk, chance.random() < 0.3)


class Simulation:
    """All calls of one PBX. `speed` 10 makes a minute of theirs six seconds of ours."""

    def __init__(self, operators: list[str], *, seed: int, speed: float, user: str, secret: str) -> None:
        self.live: dict[str, Channel] = {}
        self.ami = AmiServer(user, secret, self.live.values, operators)
        self.free: list[str] = list(operators)
        self.newcomer = operators[0]
        self._seed = seed
        self._speed = speed
        self._serial = 0
        self._channels = 0

    async def arrivals(self, every_s: float) -> None:
        """Callers for ever, on average one in `every_s`, as soon as somebody listens."""
        await self.ami.heard.wait()
        chance = random.Random(self._seed)  # noqa: S311
        async with asyncio.TaskGroup() as calls:
            while True:
                self._serial += 1
                calls.create_task(SimulatedCall(self, Plan.make(self._seed, self._serial)).run())
                await self.wait(chance.expovariate(1 / every_s))

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def channel(self, peer: str, number: str, linkedid: str | None = None) -> Channel:
        uniqueid = f"{int(time.time())}.{self._channels}"
        channel = Channel(f"PJSIP/{peer}-{self._channels:08x}", uniqueid, linkedid or uniqueid, number)
        self._channels += 1
        self.live[uniqueid] = channel
        return channel


class SimulatedCall:
    """One caller from the first ring to the end, as the shipped dialplan and a filtered manager user show it."""

    def __init__(self, pbx: Simulation, plan: Plan) -> None:
        self.pbx = pbx
        self.plan = plan
        self.caller = pbx.channel("trunk", plan.number or "anonymous")
        self._chance = random.Random(f"{plan.number}{plan.talk_s}")  # noqa: S311

    async def run(self) -> None:
        plan, caller = self.plan, self.caller
        pres = "prohib_not_screened" if plan.fate is Fate.WITHHELD else "allowed_not_screened"
        caller.exten = "1022"
        self._tell("HotlineStart", {"Number": plan.number, "Pres": pres, "DID": "1022", "Trunk": "trunk"})
        self._stage("prompt")
        await self.pbx.wait(PROMPT_S)
        caller.state = 6
        if plan.fate is Fate.LEAVES_IN_PROMPT:
            return self._end("caller", "hotline-menu")
        if plan.fate is Fate.CALLBACK:
            return await self._ask_for_callback()
        await self._queue()
        return None

    async def _ask_for_callback(self) -> None:
        self._stage("menu")
        await self.pbx.wait(1.5)
        self._stage("menu", choice="1")
        self._tell("HotlineCallback", {"Number": self.plan.number, "Linked": self.caller.linkedid})
        await self.pbx.wait(1)
        self._end("system", "hotline-callback")

    async def _queue(self) -> None:
        caller = self.caller
        self._stage("queue", recording=f"{caller.linkedid}.wav")
        caller.context = "hotline-queue"
        self._emit("QueueCallerJoin", "agent", {"Queue": QUEUE, "Position": "1", "Count": "1"})
        joined = time.monotonic()
        operator = None
        if self.plan.fate not in {Fate.GIVES_UP, Fate.VOICEMAIL}:
            operator = await self._find_operator(joined)
        elif self.plan.fate is Fate.GIVES_UP:
            await self._ring_in_vain(self.plan.patience_s)
        else:
            await self._ring_in_vain(GIVE_UP_S)
        if operator:
            await self._talk(operator, joined)
        elif self.plan.fate is Fate.VOICEMAIL:
            await self._voicemail()
        else:
            self._abandon(joined)

    async def _find_operator(self, joined: float) -> Channel | None:
        """Ring one free operator after the other until one answers, or the caller's patience ends."""
        while (time.monotonic() - joined) * self.pbx._speed < GIVE_UP_S:
            if not self.pbx.free:
                await self.pbx.wait(0.5)
                continue
            extension = self.pbx.free.pop(0)
            operator = self._ring(extension)
            newcomer = extension == self.pbx.newcomer
            answers = self._chance.random() < (NEWCOMER_ANSWERS if newcomer else 0.92)
            await self.pbx.wait(self._chance.uniform(4, 8) if newcomer and answers else 2 if answers else RING_S)
            if answers:
                self._dial_end(operator, "ANSWER")
                return operator
            self._no_answer(operator, RING_S)
            self._hang_up(operator)
            self.pbx.free.append(extension)
        return None

    async def _ring_in_vain(self, seconds: float) -> None:
        """A phone rings, if one is free, and the caller is gone before anybody takes it."""
        extension = self.pbx.free.pop(0) if self.pbx.free else None
        operator = self._ring(extension) if extension else None
        await self.pbx.wait(min(seconds, RING_S) if operator else seconds)
        if operator and extension:
            self._no_answer(operator, min(seconds, RING_S))
            self._hang_up(operator)
            self.pbx.free.append(extension)
            await self.pbx.wait(max(seconds - RING_S, 0))

    def _ring(self, extension: str) -> Channel:
        operator = self.pbx.channel(extension, extension, self.caller.linkedid)
        operator.state, operator.context, operator.caller_name = 5, "from-agents", extension
        operator.connected = self.caller.number
        self.caller.connected = self.caller.connected_name = extension
        self._emit("AgentCalled", "agent", operator.headers("Dest"), _member(extension))
        self._emit("DialBegin", "call", operator.headers("Dest"), {"DialString": f"PJSIP/{extension}"})
        return operator

    def _dial_end(self, operator: Channel, status: str) -> None:
        operator.state = 6 if status == "ANSWER" else operator.state
        self._emit("DialEnd", "call", operator.headers("Dest"), {"DialStatus": status})

    def _no_answer(self, operator: Channel, rang_s: float) -> None:
        self._dial_end(operator, "NOANSWER")
        ring = {"RingTime": str(int(rang_s * 1000))}
        self._emit("AgentRingNoAnswer", "agent", operator.headers("Dest"), _member(operator.number), ring)

    async def _talk(self, operator: Channel, joined: float) -> None:
        waited = {"HoldTime": str(int(time.monotonic() - joined))}
        self._emit("QueueCallerLeave", "agent", {"Queue": QUEUE, "Position": "1", "Count": "0"})
        self._emit("AgentConnect", "agent", operator.headers("Dest"), _member(operator.number), waited,
                   {"RingTime": "2"})  # fmt: skip
        bridge = self._bridge(operator)
        talk = self.plan.talk_s
        other = self._free_for_transfer()
        await self.pbx.wait(talk / 2 if other else talk)
        by = "operator" if self.plan.operator_ends or other else "caller"
        if other:
            self._transfer(operator, other, bridge)
        ending: Headers = {**waited, "TalkTime": str(int(talk)), "Reason": "caller" if by == "caller" else "agent"}
        if not other:
            leaving = operator if by == "operator" else self.caller
            self.pbx.ami.emit("HangupRequest", "call", leaving.headers())
        self._emit("AgentComplete", "agent", operator.headers("Dest"), _member(operator.number), ending)
        self._unbridge(operator, bridge)
        self.pbx.free.append(operator.number)
        if other:
            await self._after_transfer(other)
        else:
            self._end(by, "hotline-queue")

    def _free_for_transfer(self) -> str | None:
        others = [extension for extension in self.pbx.free if extension != self.pbx.newcomer]
        if self.plan.fate is not Fate.TRANSFERRED or not others:
            return None
        self.pbx.free.remove(others[0])
        return others[0]

    def _transfer(self, operator: Channel, extension: str, bridge: Headers) -> None:
        parties = {**operator.headers("Transferer"), **self.caller.headers("Transferee")}
        target = {"IsExternal": "Yes", "Context": "from-agents", "Extension": extension}
        self.pbx.ami.emit("BlindTransfer", "call", {"Result": "Success"}, parties, bridge, target)

    async def _after_transfer(self, extension: str) -> None:
        operator = self.pbx.channel(extension, extension, self.caller.linkedid)
        operator.state, operator.context, operator.connected = 5, "from-agents", self.caller.number
        self.caller.context, self.caller.exten = "from-agents", extension
        self._emit("DialBegin", "call", operator.headers("Dest"), {"DialString": extension})
        await self.pbx.wait(2)
        self._dial_end(operator, "ANSWER")
        bridge = self._bridge(operator)
        await self.pbx.wait(self.plan.talk_s / 2)
        self.pbx.ami.emit("HangupRequest", "call", self.caller.headers())
        self._unbridge(operator, bridge)
        self.pbx.free.append(extension)
        self._end("caller", "from-agents")

    def _bridge(self, operator: Channel) -> Headers:
        bridge = {
            "BridgeUniqueid": str(UUID(int=self._chance.getrandbits(128), version=4)),
            "BridgeType": "basic",
            "BridgeTechnology": "simple_bridge",
            "BridgeCreator": "<unknown>",
            "BridgeName": "<unknown>",
            "BridgeNumChannels": "2",
            "BridgeVideoSourceMode": "none",
        }
        for channel, count in ((operator, "1"), (self.caller, "2")):
            self.pbx.ami.emit("BridgeEnter", "call", {**bridge, "BridgeNumChannels": count}, channel.headers())
        return bridge

    def _unbridge(self, operator: Channel, bridge: Headers) -> None:
        for channel, count in ((self.caller, "1"), (operator, "0")):
            self.pbx.ami.emit("BridgeLeave", "call", {**bridge, "BridgeNumChannels": count}, channel.headers())
        self._hang_up(operator)

    async def _voicemail(self) -> None:
        self._emit("QueueCallerLeave", "agent", {"Queue": QUEUE, "Position": "1", "Count": "0"})
        self._stage("voicemail")
        await self.pbx.wait(8)
        self.caller.context = "hotline-voicemail"
        self._emit("HangupRequest", "call")
        self._emit("MessageWaiting", "call", {"Mailbox": "1022@hotline", "Waiting": "1", "New": "1", "Old": "0"})
        file = f"/var/spool/asterisk/voicemail/hotline/1022/INBOX/msg{self.pbx._serial:04d}"
        self._tell("HotlineVoicemail", {"File": file})
        self._end("caller", "hotline-voicemail", asked=True)

    def _abandon(self, joined: float) -> None:
        waited = str(int(time.monotonic() - joined))
        place = {"Queue": QUEUE, "Position": "1"}
        self._emit("QueueCallerAbandon", "agent", place, {"OriginalPosition": "1", "HoldTime": waited})
        self._emit("QueueCallerLeave", "agent", place, {"Count": "0"})
        self._end("caller", "hotline-queue")

    def _end(self, by: str, context: str, *, asked: bool = False) -> None:
        self.caller.context = context
        if by == "caller" and not asked:
            self._emit("HangupRequest", "call")
        self._tell("HotlineEnd", {"By": by, "Cause": "16"})
        self._hang_up(self.caller)

    def _hang_up(self, channel: Channel) -> None:
        self.pbx.live.pop(channel.uniqueid, None)
        self.pbx.ami.emit("Hangup", "call", channel.headers(), {"Cause": "16", "Cause-txt": "Normal Clearing"})

    def _stage(self, stage: str, *, choice: str = "", recording: str = "") -> None:
        self._tell("HotlineStage", {"Stage": stage, "Choice": choice, "Recording": recording})

    def _tell(self, name: str, headers: Headers) -> None:
        self._emit("UserEvent", "user", {"UserEvent": name}, headers)

    def _emit(self, event: str, privilege: str, *parts: Headers) -> None:
        self.pbx.ami.emit(event, privilege, self.caller.headers(), *parts)


def _member(extension: str) -> Headers:
    return {"Queue": QUEUE, "Interface": f"PJSIP/{extension}", "MemberName": extension}


async def _run(options: argparse.Namespace) -> None:
    user, secret = "callcenter", os.environ["HOTLINE_SIMULATOR_SECRET"]
    pbx = Simulation(options.operators.split(","), seed=options.seed, speed=options.speed, user=user, secret=secret)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pbx.ami.serve("127.0.0.1", options.port))
        tasks.create_task(pbx.arrivals(options.every))


def main() -> None:
    lifeline.tie()
    log.set_up()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5038)
    parser.add_argument("--operators", default="101,102,103,104", help="extensions; the first one is the newcomer's")
    parser.add_argument("--every", type=float, default=12.0, help="seconds between callers, on average")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1022)
    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
