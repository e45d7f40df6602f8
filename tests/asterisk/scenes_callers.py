"""Scenarios of caller numbers: every form, withheld, hostile; and calls that are no citizen's."""

import asyncio
from typing import Any

from tests.asterisk.sipp import Step
from tests.asterisk.stage import PROMPT_S, Stage, Truth, scenario

WITHHELD: dict[str, Any] = {"caller": None, "free": ("caller_raw",)}


# Numbers and names


async def _answered_from(stage: Stage, number: str, **more: Any) -> list[Truth]:
    expected: dict[str, Any] = {
        key: more.pop(key) for key in ("caller", "caller_raw", "caller_name", "free") if key in more
    }
    caller = await stage.caller(number, steps=(Step(wait=PROMPT_S + 4),), **more)
    talk = await stage.phones[0].next_talk()
    await caller.done()
    return [stage.truth(caller, "answered", **stage.talk(caller, talk), **expected)]


@scenario()
async def plus84(stage: Stage) -> list[Truth]:
    return await _answered_from(stage, "+84905111222", caller="+84905111222")


@scenario()
async def zero084(stage: Stage) -> list[Truth]:
    return await _answered_from(stage, "0084905111223", caller="+84905111223")


@scenario(number="02731022")
async def area_code(stage: Stage) -> list[Truth]:
    """A fixed line of Tiền Giang dials 0273 1022."""
    return await _answered_from(stage, "02733871234", caller="+842733871234")


@scenario()
async def anonymous(stage: Stage) -> list[Truth]:
    return await _answered_from(stage, "anonymous", domain="anonymous.invalid", **WITHHELD)


@scenario()
async def private(stage: Stage) -> list[Truth]:
    """The network knows the number and asks for privacy."""
    asserted = ("P-Asserted-Identity: <sip:0905111225@carrier.invalid>", "Privacy: id")
    return await _answered_from(stage, "anonymous", domain="anonymous.invalid", headers=asserted, **WITHHELD)


@scenario()
async def hostile_name(stage: Stage) -> list[Truth]:
    name = "<script>alert(1)</script> ${SHELL(id)}, Reason: full | ' OR 1=1"
    return await _answered_from(stage, stage.new_number(), name=name, caller_name=name)


@scenario()
async def hostile_number(stage: Stage) -> list[Truth]:
    """%0D%0A in the user part of the address becomes a real line break inside Asterisk."""
    number = "0905%0D%0AEvent%3A%20Hangup%0D%0A%0D%0A111226"
    return await _answered_from(stage, number, caller="+84905111226", caller_raw="0905111226")


@scenario()
async def long_name(stage: Stage) -> list[Truth]:
    """Longer than the 79 bytes Asterisk keeps."""
    return await _answered_from(stage, stage.new_number(), name="Nguyễn Thị Hồng Ánh Tuyết " * 6)


# Not calls of citizens


@scenario(members=())
async def internal(stage: Stage) -> list[Truth]:
    """One operator calls another."""
    dialog = await stage.phones[0].call(stage.ext(1))
    await asyncio.sleep(1)
    await dialog.hang_up()
    return []


@scenario(members=("PJSIP/{1}",), number="1022", alone=True)
async def operator_dials_hotline(stage: Stage) -> list[Truth]:
    """An operator tries out 1022; a colleague answers."""
    dialog = await stage.phones[0].call("1022")
    await stage.phones[1].next_talk()
    await dialog.hang_up()
    return []


@scenario(members=())
async def outbound(stage: Stage) -> list[Truth]:
    """An operator calls a citizen."""
    stage.trunk.reset()
    dialog = await stage.phones[0].call("0905222333")
    await asyncio.sleep(1.5)
    await dialog.hang_up()
    return []
