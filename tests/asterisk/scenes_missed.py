"""Scenarios of unanswered calls: abandoned, timed out, turned away, blocked, called back, forwarded."""

import asyncio

from tests.asterisk.sip_agent import BUSY, RING_ON
from tests.asterisk.sipp import Step
from tests.asterisk.stage import PROMPT_S, Stage, Truth, scenario

TWO = ("PJSIP/{0}", "PJSIP/{1}")
WITH_MENU = {"MENU": "yes"}


@scenario()
async def abandoned_in_prompt(stage: Stage) -> list[Truth]:
    caller = await stage.caller(steps=(Step(wait=0.8),))
    await caller.done()
    return [stage.truth(caller, "abandoned", stage="prompt", queue=None, wait_s=0.0)]


@scenario(settings=WITH_MENU)
async def abandoned_in_menu(stage: Stage) -> list[Truth]:
    caller = await stage.caller(steps=(Step(wait=3),))
    await caller.done()
    return [stage.truth(caller, "abandoned", stage="menu", queue=None, wait_s=0.0)]


@scenario()
async def abandoned_soon(stage: Stage) -> list[Truth]:
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 2),))
    await caller.done()
    wait = stage.waited(caller, caller.ended_at)
    return [stage.truth(caller, "abandoned", stage="queue", rang=[stage.ext(0)], wait_s=wait)]


@scenario(members=TWO, queue={"timeout": "3"})
async def abandoned_late(stage: Stage) -> list[Truth]:
    """Two operators let it ring before the caller gives up."""
    for phone in stage.phones[:2]:
        phone.does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 7),))
    await caller.done()
    wait = stage.waited(caller, caller.ended_at)
    return [stage.truth(caller, "abandoned", stage="queue", rang=[stage.ext(0), stage.ext(1)], wait_s=wait)]


@scenario(settings={"QUEUE_S": "4"})
async def timeout(stage: Stage) -> list[Truth]:
    """Waits as long as the queue allows; there is no mailbox."""
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(listens=True)
    await caller.done()
    return [stage.truth(caller, "timeout", rang=[stage.ext(0)], wait_s=4.0, hung_up_by="system")]


@scenario(settings={"QUEUE_S": "3", "VOICEMAIL": "1022@hotline"})
async def timeout_message(stage: Stage) -> list[Truth]:
    """Leaves a message after the queue's time."""
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 4), Step(speak=6)))
    await caller.done()
    return [stage.truth(caller, "voicemail", rang=[stage.ext(0)], wait_s=3.0)]


@scenario(settings={"QUEUE_S": "3", "VOICEMAIL": "1022@hotline"})
async def message_too_short(stage: Stage) -> list[Truth]:
    """Hangs up one second after the tone: no message."""
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 3.5), Step(speak=1)))
    await caller.done()
    return [stage.truth(caller, "timeout", rang=[stage.ext(0)], wait_s=3.0)]


@scenario(queue={"maxlen": "1"})
async def full(stage: Stage) -> list[Truth]:
    """One may wait; the second is turned away."""
    stage.phones[0].does(RING_ON)
    first = await stage.caller(steps=(Step(wait=PROMPT_S + 5),))
    await stage.phones[0].next_call()
    second = await stage.caller(listens=True)
    await asyncio.gather(first.done(), second.done())
    return [
        stage.truth(first, "abandoned", stage="queue", rang=[stage.ext(0)], wait_s=stage.waited(first, first.ended_at)),
        stage.truth(second, "unserved", reason="full", wait_s=0.0, hung_up_by="system", queue=None),
    ]


@scenario(members=())
async def nobody_on_duty(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    await caller.done()
    return [stage.truth(caller, "unserved", reason="empty", wait_s=0.0, hung_up_by="system", queue=None)]


@scenario()
async def everybody_paused(stage: Stage) -> list[Truth]:
    await stage.cli(f"queue pause member PJSIP/{stage.ext(0)} queue {stage.scene.queue_name}")
    caller = await stage.caller(listens=True)
    await caller.done()
    return [stage.truth(caller, "unserved", reason="empty", wait_s=0.0, hung_up_by="system", queue=None)]


@scenario()
async def last_one_left(stage: Stage) -> list[Truth]:
    """The only operator is busy elsewhere and then leaves while the caller waits."""
    stage.phones[0].does(BUSY)
    caller = await stage.caller(listens=True)
    await stage.phones[0].next_call()
    await asyncio.sleep(0.5)
    await stage.remove_members()
    await caller.done()
    fields = {"reason": "empty", "rang": [stage.ext(0)], "hung_up_by": "system"}
    return [stage.truth(caller, "unserved", **fields)]


@scenario(settings={"OPEN": "no"})
async def closed(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    await caller.done()
    return [stage.truth(caller, "unserved", reason="closed", wait_s=0.0, hung_up_by="system", queue=None)]


@scenario(settings={"HOURS": "*,*,30,feb,Asia/Ho_Chi_Minh", "VOICEMAIL": "1022@hotline"})
async def closed_message(stage: Stage) -> list[Truth]:
    """Closed by the hours: a message is a message."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 0.5), Step(speak=5)))
    await caller.done()
    return [stage.truth(caller, "voicemail", wait_s=0.0, queue=None)]


@scenario()
async def blocked(stage: Stage) -> list[Truth]:
    """Blocked as 0905…, calling as +84905…: they hear which numbers help in need, then the PBX hangs up."""
    await asyncio.to_thread(stage.pbx.block, "0905666001")
    caller = await stage.caller("+84905666001", listens=True)
    await caller.done()
    fields = {"caller": "+84905666001", "hung_up_by": "system"}
    return [stage.truth(caller, "blocked", wait_s=0.0, queue=None, **fields)]


@scenario(settings=WITH_MENU)
async def callback(stage: Stage) -> list[Truth]:
    """Key 1 in the menu."""
    caller = await stage.caller(steps=(Step(wait=2), Step(key="1")), listens=True)
    await caller.done()
    return [stage.truth(caller, "callback", wait_s=0.0, hung_up_by="system", queue=None)]


@scenario()
async def callback_while_waiting(stage: Stage) -> list[Truth]:
    """Key 1 while the phone rings."""
    stage.phones[0].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 3), Step(key="1")), listens=True)
    await caller.done()
    wait = stage.waited(caller, caller.pressed_at)
    return [stage.truth(caller, "callback", wait_s=wait, rang=[stage.ext(0)], hung_up_by="system")]


@scenario(settings=WITH_MENU)
async def forwarded(stage: Stage) -> list[Truth]:
    """Key 2: the branch answers and hangs up."""
    stage.branch.reset()
    caller = await stage.caller(steps=(Step(wait=2), Step(key="2"), Step(wait=4)))
    await stage.branch.next_talk()
    await caller.done()
    return [stage.truth(caller, "forwarded", branch="cong-an", wait_s=0.0, queue=None)]
