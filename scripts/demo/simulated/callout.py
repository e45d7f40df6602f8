"""Outgoing call of the simulated PBX: the operator's telephone, then a citizen that may answer."""

import asyncio
import random
from collections.abc import Mapping
from typing import Protocol

from scripts.demo.simulated.ami import ActionReply, AmiServer

CONTEXT = "hotline-callout"
PICK_UP_S, RING_S, VAIN_S = 2.0, 4.0, 12.0
TALK_S = 40.0
_RESULTS = ("ANSWER", "ANSWER", "ANSWER", "NOANSWER", "BUSY")


class PbxForCallout(Protocol):
    """What such a call needs of the PBX around it."""

    ami: AmiServer
    free: list[str]

    async def wait(self, seconds: float) -> None: ...


def problem_of(action: Mapping[str, str]) -> str:
    """Why Asterisk would not even queue it; '' where it does."""
    if action.get("context") != CONTEXT or not action.get("exten", "").isdigit():
        return "Extension does not exist."
    return "" if action.get("channel", "").startswith("PJSIP/") else "Channel not specified"


async def call_out(pbx: PbxForCallout, action: Mapping[str, str]) -> None:
    """To its end; a telephone that is in use already is not picked up. The same number always does the same."""
    extension = action["channel"].removeprefix("PJSIP/")
    number = action["exten"]
    call = action.get("variable", "").partition("=")[2]
    answer = {"ActionID": action.get("actionid", ""), "Channel": action["channel"], "Exten": number}
    if extension not in pbx.free:
        pbx.ami.emit(
            "OriginateResponse", "call", answer, {"Response": "Failure", "Reason": "0", "Uniqueid": "<unknown>"}
        )
        return
    pbx.free.remove(extension)
    try:
        await pbx.wait(PICK_UP_S)
        pbx.ami.emit("OriginateResponse", "call", answer, {"Response": "Success", "Reason": "4"})
        _tell(pbx, call, "dialling")
        result = random.Random(number).choice(_RESULTS)  # noqa: S311 (citizens, not secrets)
        await pbx.wait(VAIN_S if result == "NOANSWER" else RING_S)
        if result == "ANSWER":
            _tell(pbx, call, "answered")
            await pbx.wait(TALK_S)
        _tell(pbx, call, "ended", result)
    finally:
        pbx.free.append(extension)


class CallOuts:
    """The calls that were asked for, each on its way until it ends."""

    ACTIONS: Mapping[str, str] = {"Originate": "Originate a call.  (Priv: originate,all)"}

    def __init__(self, pbx: PbxForCallout) -> None:
        self._pbx = pbx
        self._running: set[asyncio.Task[None]] = set()

    def do(self, _name: str, action: Mapping[str, str]) -> ActionReply:
        """Queued, as Asterisk says, or what stands in the way."""
        problem = problem_of(action)
        if problem:
            return ActionReply(problem)
        task = asyncio.get_running_loop().create_task(call_out(self._pbx, action))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return ActionReply(said="Originate successfully queued")


def _tell(pbx: PbxForCallout, call: str, stage: str, result: str = "") -> None:
    told = {"UserEvent": "HotlineCallOut", "Call": call, "Stage": stage}
    pbx.ami.emit("UserEvent", "user", told, {"Result": result} if result else {})
