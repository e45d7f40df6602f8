"""Scenarios of transfers: blind, attended, by keys, by AMI, and ended by either side."""

import asyncio

from tests.asterisk.sip_agent import BUSY, RING_ON, Dialog, Plan
from tests.asterisk.sipp import Caller, Step
from tests.asterisk.stage import PROMPT_S, Stage, Truth, scenario

TWO = ("PJSIP/{0}", "PJSIP/{1}")


# Transfers


async def ask_by_keys(stage: Stage) -> Dialog:
    """The first telephone talks with the caller, then asks the second one: *2 and the extension on the keypad."""
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(1)
    await first.press("*2")
    await asyncio.sleep(0.5)
    await first.press(stage.ext(1))
    return first


async def come_back(stage: Stage) -> None:
    """The operator leaves the consulted party, as the console does it."""
    async with stage.ami() as ami:
        ami.send("CancelAtxfer", Channel=await stage.channel_at(stage.ext(0)))
        await asyncio.sleep(2)


async def asked_and_stayed(stage: Stage, caller: Caller, first: Dialog) -> list[Truth]:
    """The operator ends the call; the consulted colleague never had it."""
    await first.hang_up()
    await caller.done()
    fields = stage.talk(caller, first, hung_up_by="operator")
    fields |= {"rang": [stage.ext(0), stage.ext(1)]}
    return [stage.truth(caller, "answered", free=("hold_s",), **fields)]


@scenario()
async def blind(stage: Stage) -> list[Truth]:
    """Transferred to a colleague that answers."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 9),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await first.transfer(stage.ext(1))
    second = await stage.phones[1].next_talk()
    await first.hang_up()
    await caller.done()
    transfers = [{"kind": "blind", "to": stage.ext(1)}]
    return [stage.truth(caller, "answered", **stage.talk(caller, first, second, transfers=transfers))]


@scenario()
async def blind_lost(stage: Stage) -> list[Truth]:
    """Transferred to a colleague that does not answer; the caller gives up."""
    stage.phones[1].does(RING_ON)
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 8),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await first.transfer(stage.ext(1))
    await stage.phones[1].next_call()
    await first.hang_up()
    fields = stage.talk_until_transfer(first)
    await caller.done()
    fields |= {"wait_s": stage.waited(caller, first.answered_at), "rang": [stage.ext(0), stage.ext(1)]}
    fields |= {"transfers": [{"kind": "blind", "to": stage.ext(1)}], "lost_in_transfer": True}
    return [stage.truth(caller, "answered", **fields)]


@scenario()
async def blind_refused(stage: Stage) -> list[Truth]:
    """The colleague's phone is busy: the call ends there."""
    stage.phones[1].does(BUSY)
    caller = await stage.caller(listens=True)
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await first.transfer(stage.ext(1))
    fields = stage.talk_until_transfer(first)
    await first.hang_up()
    await caller.done()
    fields |= {"wait_s": stage.waited(caller, first.answered_at), "rang": [stage.ext(0), stage.ext(1)]}
    fields |= {"transfers": [{"kind": "blind", "to": stage.ext(1)}], "lost_in_transfer": True}
    return [stage.truth(caller, "answered", **fields, hung_up_by="system")]


@scenario()
async def blind_to_queue(stage: Stage) -> list[Truth]:
    """Transferred to the second queue, where another operator answers: still one call."""
    await stage.cli(f"queue add member PJSIP/{stage.ext(1)} to hotline-tra-cuu penalty 0 as Tra")
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 10),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await first.transfer("200")
    second = await stage.phones[1].next_talk()
    await first.hang_up()
    await caller.done()
    await stage.cli(f"queue remove member PJSIP/{stage.ext(1)} from hotline-tra-cuu")
    transfers = [{"kind": "blind", "to": "200"}]
    return [stage.truth(caller, "answered", **stage.talk(caller, first, second, transfers=transfers))]


@scenario()
async def attended(stage: Stage) -> list[Truth]:
    """Held, a colleague consulted on a second line, then joined by REFER with Replaces."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 10),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(1)
    await first.hold()
    consult = await stage.phones[0].call(stage.ext(1))
    second = await stage.phones[1].next_talk()
    await asyncio.sleep(1.5)
    await first.transfer_to(consult)
    await first.hang_up()
    await consult.hang_up()
    await caller.done()
    transfers = [{"kind": "attended", "to": stage.ext(1)}]
    fields = stage.talk(caller, first, second, transfers=transfers)
    return [stage.truth(caller, "answered", **fields, hold_s=2.5)]


@scenario()
async def attended_by_keys(stage: Stage) -> list[Truth]:
    """*2 and the extension on the keypad; the operator hangs up to join them."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 13),))
    first = await ask_by_keys(stage)
    second = await stage.phones[1].next_talk()
    await asyncio.sleep(1.5)
    await first.hang_up()
    await caller.done()
    transfers = [{"kind": "attended", "to": stage.ext(1)}]
    fields = stage.talk(caller, first, second, transfers=transfers)
    return [stage.truth(caller, "answered", free=("hold_s",), **fields)]


@scenario()
async def redirect(stage: Stage) -> list[Truth]:
    """Moved by an AMI Redirect, which Asterisk announces by no transfer event."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 8),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    channel = await stage.channel_of(caller)
    async with stage.ami() as ami:
        ami.send("Redirect", Channel=channel, Context="from-agents", Exten=stage.ext(1), Priority="1")
        second = await stage.phones[1].next_talk()
    await caller.done()
    transfers = [{"kind": "redirect", "to": stage.ext(1)}]
    return [stage.truth(caller, "answered", **stage.talk(caller, first, second, transfers=transfers))]


@scenario(members=("Local/{0}@agents/n",))
async def local_blind(stage: Stage) -> list[Truth]:
    """Asterisk names the Local channel as transferee, not the citizen."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 9),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await first.transfer(stage.ext(1))
    second = await stage.phones[1].next_talk()
    await first.hang_up()
    await caller.done()
    transfers = [{"kind": "blind", "to": stage.ext(1)}]
    return [stage.truth(caller, "answered", **stage.talk(caller, first, second, transfers=transfers))]


# The last operator hangs up


@scenario()
async def blind_operator_ends(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(1)
    await first.transfer(stage.ext(1))
    second = await stage.phones[1].next_talk()
    await first.hang_up()
    await asyncio.sleep(2)
    await second.hang_up()
    await caller.done()
    transfers = [{"kind": "blind", "to": stage.ext(1)}]
    fields = stage.talk(caller, first, second, transfers=transfers, hung_up_by="operator")
    return [stage.truth(caller, "answered", **fields)]


@scenario()
async def attended_operator_ends(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    first = await stage.phones[0].next_talk()
    await first.hold()
    consult = await stage.phones[0].call(stage.ext(1))
    second = await stage.phones[1].next_talk()
    # Right after they are joined: the events of the two bridges can come crossed. Before that, the PBX puts the
    # caller in the place of the second leg, and may take that leg's end for the caller's own.
    await stage.joined(stage.ext(0), stage.ext(1))
    await first.transfer_to(consult)
    await first.hang_up()
    await consult.hang_up()
    await asyncio.sleep(2)
    await second.hang_up()
    await caller.done()
    transfers = [{"kind": "attended", "to": stage.ext(1)}]
    fields = stage.talk(caller, first, second, transfers=transfers, hung_up_by="operator", hold_s=1.0)
    return [stage.truth(caller, "answered", **fields)]


@scenario(members=("Local/{0}@agents/n",))
async def local_operator_ends(stage: Stage) -> list[Truth]:
    caller = await stage.caller(listens=True)
    talk = await stage.phones[0].next_talk()
    await asyncio.sleep(2)
    await talk.hang_up()
    await caller.done()
    return [stage.truth(caller, "answered", **stage.talk(caller, talk, hung_up_by="operator"))]


@scenario(members=TWO)
async def transferred_back(stage: Stage) -> list[Truth]:
    """Transferred to a colleague and back again: two transfers, the first operator talks twice."""
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 11),))
    first = await stage.phones[0].next_talk()
    await asyncio.sleep(1)
    await first.transfer(stage.ext(1))
    second = await stage.phones[1].next_talk()
    await first.hang_up()
    await asyncio.sleep(1)
    await second.transfer(stage.ext(0))
    await stage.phones[0].next_talk()
    await second.hang_up()
    await caller.done()
    transfers = [{"kind": "blind", "to": stage.ext(1)}, {"kind": "blind", "to": stage.ext(0)}]
    fields = stage.talk(caller, first, second, transfers=transfers)
    return [stage.truth(caller, "answered", free=("operators",), **fields)]


# A colleague is consulted, and the operator comes back


@scenario()
async def asked_and_back(stage: Stage) -> list[Truth]:
    """*2 and the extension, a word with the colleague, and back to the caller by CancelAtxfer, as the console does."""
    caller = await stage.caller(listens=True)
    first = await ask_by_keys(stage)
    await stage.phones[1].next_talk()
    await asyncio.sleep(1)
    await come_back(stage)
    return await asked_and_stayed(stage, caller, first)


@scenario()
async def asked_and_refused(stage: Stage) -> list[Truth]:
    """The consulted colleague is busy: the PBX brings the operator back to the caller by itself."""
    stage.phones[1].does(BUSY)
    caller = await stage.caller(listens=True)
    first = await ask_by_keys(stage)
    await stage.phones[1].next_call()
    await asyncio.sleep(4)
    return await asked_and_stayed(stage, caller, first)


@scenario()
async def asked_in_vain(stage: Stage) -> list[Truth]:
    """The consulted colleague does not answer, and the operator comes back by CancelAtxfer while it rings."""
    stage.phones[1].does(RING_ON)
    caller = await stage.caller(listens=True)
    first = await ask_by_keys(stage)
    await stage.phones[1].next_call()
    await asyncio.sleep(1)
    await come_back(stage)
    return await asked_and_stayed(stage, caller, first)


@scenario()
async def asked_and_left(stage: Stage) -> list[Truth]:
    """The operator hangs up while the consulted colleague still rings: the caller hears it ring, then the answer."""
    stage.phones[1].does(Plan(after=5))
    caller = await stage.caller(steps=(Step(wait=PROMPT_S + 13),))
    first = await ask_by_keys(stage)
    await asyncio.sleep(1.5)
    await first.hang_up()
    second = await stage.phones[1].next_talk()
    await caller.done()
    transfers = [{"kind": "attended", "to": stage.ext(1)}]
    fields = stage.talk(caller, first, second, transfers=transfers)
    return [stage.truth(caller, "answered", free=("hold_s",), **fields)]
