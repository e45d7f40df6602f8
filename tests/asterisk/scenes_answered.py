"""Scenarios of answered calls without a transfer."""

import asyncio

from tests.asterisk.sip_agent import BUSY, RING_ON, Plan
from tests.asterisk.sipp import Step
from tests.asterisk.stage import PROMPT_S, Stage, Truth, scenario

TWO = ("PJSIP/{0}", "PJSIP/{1}")
TALK_5 = (Step(wait=PROMPT_S + 1 + 5),)


# Answered


@scenario(number="1022")
async def answered(stage: Stage) -> list[Truth]:
    """Key 0 in the menu of 1022 itself, one operator, the caller hangs up."""
    caller = await stage.caller(steps=(Step(wait=2), Step(key="0"), Step(wait=5)))
    talk = await stage.phones[0].next_talk()
    await caller.done()
    wait = stage.waited(caller, talk.answered_at, prompt=2)
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, wait_s=wait))]


@scenario()
async def operator_hangs_up(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    talk = await stage.phones[0].next_talk()
    await asyncio.sleep(3)
    await talk.hang_up()
    await caller.done()
    fields = stage.talk(caller, talk, until=talk.ended_at, hung_up_by="operator")
    return [stage.truth(caller, "answered", **fields)]


@scenario(settings={"MENU": "yes", "MENU_S": "2"})
async def menu_without_key(stage: Stage) -> list[Truth]:
    """No key: after the menu's time the caller is put through."""
    caller = await stage.caller(steps=(Step(wait=8),))
    talk = await stage.phones[0].next_talk()
    await caller.done()
    wait = stage.waited(caller, talk.answered_at, prompt=PROMPT_S + 2)
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, wait_s=wait))]


@scenario(members=TWO, queue={"timeout": "3"})
async def ring_no_answer(stage: Stage) -> list[Truth]:
    """The first operator does not answer in 3 s, the second does."""
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 8),))
    talk = await stage.phones[1].next_talk()
    await caller.done()
    rang = [stage.ext(0), stage.ext(1)]
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, rang=rang))]


@scenario(members=TWO)
async def rejected(stage: Stage) -> list[Truth]:
    """The first operator's phone says 486."""
    stage.phones[0].does(BUSY)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 5),))
    talk = await stage.phones[1].next_talk()
    await caller.done()
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, rang=[stage.ext(0), stage.ext(1)]))]


@scenario(members=TWO, queue={"strategy": "ringall"})
async def ring_all(stage: Stage) -> list[Truth]:
    """Two phones ring at once; the second answers."""
    stage.phones[0].does(RING_ON)
    stage.phones[1].does(Plan(after=2))
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 6),))
    talk = await stage.phones[1].next_talk()
    await caller.done()
    fields = stage.talk(caller, talk, rang_unordered=[stage.ext(0), stage.ext(1)])
    return [stage.truth(caller, "answered", free=("rang",), **fields)]


@scenario()
async def hold(stage: Stage) -> list[Truth]:
    """The operator holds the caller for 2 s."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 8),))
    talk = await stage.phones[0].next_talk()
    await asyncio.sleep(1)
    await talk.hold()
    await asyncio.sleep(2)
    await talk.unhold()
    await caller.done()
    return [stage.truth(caller, "answered", **stage.talk(caller, talk), hold_s=2.0)]


@scenario(members=TWO)
async def same_number(stage: Stage) -> list[Truth]:
    """Two calls of one number at once are two calls."""
    first = await stage.caller("0905777001", steps=TALK_5)
    one = await stage.phones[0].next_talk()
    second = await stage.caller("0905777001", steps=TALK_5)
    two = await stage.phones[1].next_talk()
    await asyncio.gather(first.done(), second.done())
    return [
        stage.truth(first, "answered", **stage.talk(first, one)),
        stage.truth(second, "answered", **stage.talk(second, two)),
    ]


# Members behind Local channels


@scenario(members=("Local/{0}@agents/n",))
async def local_member(stage: Stage) -> list[Truth]:
    caller = await stage.caller(steps=TALK_5)
    talk = await stage.phones[0].next_talk()
    await caller.done()
    return [stage.truth(caller, "answered", **stage.talk(caller, talk))]


@scenario(members=("Local/{0}@agents/n", "Local/{1}@agents/n"), queue={"timeout": "3"})
async def local_no_answer(stage: Stage) -> list[Truth]:
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 8),))
    talk = await stage.phones[1].next_talk()
    await caller.done()
    rang = [stage.ext(0), stage.ext(1)]
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, rang=rang))]
