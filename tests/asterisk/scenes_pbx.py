"""Scenarios of a PBX that stops, restarts or reloads in the middle of calls."""

import asyncio

from tests.asterisk.sip_agent import RING_ON
from tests.asterisk.stage import Stage, Truth, scenario

TWO = ("PJSIP/{0}", "PJSIP/{1}")


async def _one_talks_one_waits(stage: Stage) -> tuple[object, object]:
    stage.phones[1].does(RING_ON)
    first = await stage.caller(listens=True)
    await stage.phones[0].next_talk()
    second = await stage.caller(listens=True)
    await stage.phones[1].next_call()
    await asyncio.sleep(2)
    return first, second


def _cut(stage: Stage) -> list[Truth]:
    first, second = stage.callers
    talked = {"operator": stage.ext(0), "operators": [stage.ext(0)], "rang": [stage.ext(0)]}
    return [
        stage.truth(first, "answered", free=("talk_s",), hung_up_by="system", **talked),
        stage.truth(second, "failed", rang=[stage.ext(1)], hung_up_by="system"),
    ]


@scenario(members=TWO, alone=True)
async def core_restart(stage: Stage) -> list[Truth]:
    """`core restart now` while one talks and one waits."""
    await _one_talks_one_waits(stage)
    await asyncio.to_thread(stage.pbx.restart_now)
    await asyncio.gather(*(caller.done() for caller in stage.callers))
    return _cut(stage)


@scenario(members=TWO, alone=True)
async def kill9(stage: Stage) -> list[Truth]:
    """The PBX dies without a word while one talks and one waits."""
    await _one_talks_one_waits(stage)
    await asyncio.to_thread(stage.pbx.kill)
    for caller in stage.callers:
        caller.quit()
    await asyncio.to_thread(stage.pbx.start)
    return _cut(stage)
