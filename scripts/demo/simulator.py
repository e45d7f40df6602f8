"""Simulated PBX as a process: callers arrive at a pace, operators answer some, all of it over AMI."""

import argparse
import asyncio
import os
import random
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from scripts.demo.simulated.ami import AmiServer, Channel
from scripts.demo.simulated.astdb import Lists
from scripts.demo.simulated.call import PROMPT_S, SimulatedCall
from scripts.demo.simulated.callers import Fate, Plan, gap_s
from scripts.demo.simulated.callout import CallOuts
from scripts.demo.simulated.phone import ConsolePhone
from scripts.demo.simulated.queue import Roster, WaitingLine
from scripts.processes import lifeline, log

# How long the newcomer's telephone may be free and silent before a call is sent to it: the first time, and later on.
SILENT_S = 7.0
SILENT_LATER_S = 60.0
_SENT_TO_THE_NEWCOMER = 1_000_000


class Simulation:
    """All calls of one PBX. `speed` 10 makes a minute of theirs six seconds of ours."""

    def __init__(self, operators: list[str], *, seed: int, speed: float, user: str, secret: str) -> None:
        self.live: dict[str, Channel] = {}
        self.newcomer = operators[0]
        self.phone = ConsolePhone(self.newcomer)
        self.roster = Roster(operators)
        self.lists = Lists()
        self.ami = AmiServer(user, secret, self.live.values, self.roster, [self.phone, self.lists, CallOuts(self)])
        self.extensions = frozenset(operators)
        self.free: list[str] = list(operators)
        self.waiting = WaitingLine()
        self.messages = 0
        self.speed = speed
        self._seed = seed
        self._channels = 0
        self._resting: set[asyncio.Task[None]] = set()

    async def arrivals(self, every_s: float, pace: float | None = None) -> None:
        """Callers for ever, as soon as a listener is connected: on average one in `every_s`, or `pace` in the busiest
        hour."""
        await self.ami.heard.wait()
        chance = random.Random(self._seed)  # noqa: S311
        serial = 0
        async with asyncio.TaskGroup() as calls:
            while True:
                serial += 1
                calls.create_task(self.citizen(Plan.make(self._seed, serial)))
                gap = gap_s(chance, datetime.now(UTC), pace) if pace else chance.expovariate(1 / every_s)
                await self.wait(gap)

    async def never_silent(self) -> None:
        """The newcomer's telephone is never silent for long: the demo has calls to answer at night too."""
        await self.ami.heard.wait()
        silent_s, serial = 0.0, _SENT_TO_THE_NEWCOMER
        async with asyncio.TaskGroup() as calls:
            while True:
                await self.wait(1)
                idle = self.newcomer in self.free and self.roster.is_ready(self.newcomer)
                silent_s = silent_s + 1 if idle else 0.0
                if silent_s >= (SILENT_LATER_S if self.phone.used else SILENT_S):
                    silent_s, serial = -PROMPT_S, serial + 1
                    plan = replace(Plan.make(self._seed, serial), fate=Fate.SERVED, key=None)
                    calls.create_task(self.citizen(plan))

    async def citizen(self, plan: Plan) -> None:
        """One call, and a second one where the line broke."""
        await SimulatedCall(self, plan).run()
        if plan.fate is Fate.REDIALS:
            await self.wait(plan.redials_after_s)
            await SimulatedCall(self, plan.redial).run()

    def next_free(self) -> str | None:
        """The extension to ring next: the newcomer's when free, so that the visitor sees it ring; else by turns."""
        ready = [extension for extension in self.free if self.roster.is_ready(extension)]
        if not ready:
            return None
        chosen = self.newcomer if self.newcomer in ready else ready[0]
        self.free.remove(chosen)
        return chosen

    async def rest(self, extension: str, seconds: float) -> None:
        """This phone is not rung for a while: a ticket is being finished, or the last ring was not answered."""
        await self.wait(seconds)
        self.free.append(extension)

    def release(self, extension: str, after_s: float = 0) -> None:
        """Free again, the newcomer after a pause."""
        if extension != self.newcomer or not after_s:
            self.free.append(extension)
            return
        resting = asyncio.get_running_loop().create_task(self.rest(extension, after_s))
        self._resting.add(resting)
        resting.add_done_callback(self._resting.discard)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    def channel(self, peer: str, number: str, linkedid: str | None = None) -> Channel:
        uniqueid = f"{int(time.time())}.{self._channels}"
        channel = Channel(f"PJSIP/{peer}-{self._channels:08x}", uniqueid, linkedid or uniqueid, number)
        self._channels += 1
        self.live[uniqueid] = channel
        return channel

    def gone(self, channel: Channel) -> None:
        self.live.pop(channel.uniqueid, None)


async def _run(options: argparse.Namespace) -> None:
    user, secret = "callcenter", os.environ["HOTLINE_SIMULATOR_SECRET"]
    pbx = Simulation(options.operators.split(","), seed=options.seed, speed=options.speed, user=user, secret=secret)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pbx.ami.serve("127.0.0.1", options.port))
        tasks.create_task(pbx.arrivals(options.every, options.pace))
        tasks.create_task(pbx.never_silent())


def main() -> None:
    lifeline.tie()
    log.set_up()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5038)
    parser.add_argument("--operators", default="101,102,103,104", help="extensions; the first one is the newcomer's")
    parser.add_argument("--every", type=float, default=12.0, help="seconds between callers, on average, day and night")
    parser.add_argument("--pace", type=float, help="callers in the busiest hour, by the curve of a day, for --every")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1022)
    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
