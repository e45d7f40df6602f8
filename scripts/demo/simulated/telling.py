"""Events of one simulated call, as Asterisk and the shipped dialplan send them to a filtered manager user."""

from typing import Protocol

from scripts.demo.simulated.ami import AmiServer, Bridge, Channel, Headers
from scripts.demo.simulated.astdb import Lists
from scripts.demo.simulated.phone import ConsolePhone
from scripts.demo.simulated.queue import QUEUE, WaitingLine

_WHY = {0: "Unknown", 16: "Normal Clearing", 17: "User busy", 21: "Call Rejected"}
_SIP = {17: "486", 21: "403"}


class PbxForCall(Protocol):
    """What a call needs of the PBX around it. `extensions` are its telephones, `free` those that can ring now."""

    ami: AmiServer
    lists: Lists
    extensions: frozenset[str]
    free: list[str]
    waiting: WaitingLine
    newcomer: str
    phone: ConsolePhone
    messages: int
    speed: float

    def next_free(self) -> str | None: ...
    def release(self, extension: str, after_s: float = 0) -> None: ...
    async def wait(self, seconds: float) -> None: ...
    def channel(self, peer: str, number: str, linkedid: str | None = None) -> Channel: ...
    def gone(self, channel: Channel) -> None: ...


class Telling:
    """One caller's channel, and the events of it and of the channels it meets."""

    def __init__(self, pbx: PbxForCall, caller: Channel) -> None:
        self.pbx = pbx
        self.caller = caller

    def emit(self, event: str, privilege: str, *parts: Headers) -> None:
        """Of the caller's channel."""
        self.pbx.ami.emit(event, privilege, self.caller.headers(), *parts)

    def emit_of(self, channel: Channel, event: str, *parts: Headers) -> None:
        self.pbx.ami.emit(event, "call", channel.headers(), *parts)

    def tell(
        self, exten: str, name: str, headers: Headers, *, context: str = "hotline-tell", priority: int = 1
    ) -> None:
        """The dialplan is in a routine of its own while it tells."""
        here = {"Context": context, "Exten": exten, "Priority": str(priority)}
        self.emit("UserEvent", "user", here, {"UserEvent": name}, headers)

    def stage(self, stage: str, *, choice: str = "", recording: str = "") -> None:
        self.tell("stage", "HotlineStage", {"Stage": stage, "Choice": choice, "Recording": recording})

    def leg(self, extension: str) -> Channel:
        """A telephone that is about to ring for the caller."""
        operator = self.pbx.channel(extension, extension, self.caller.linkedid)
        operator.goes_to("from-agents", "s", 1)
        operator.state, operator.caller_name = 0, extension
        operator.connected, operator.connected_name = self.caller.number, self.caller.caller_name
        return operator

    def bridge(self, *channels: Channel) -> Bridge:
        """They talk with each other, having entered in this order."""
        bridge = Bridge()
        for channel in channels:
            self.enter(bridge, channel)
        return bridge

    def enter(self, bridge: Bridge, channel: Channel) -> None:
        bridge.inside += 1
        channel.bridge = bridge.uniqueid
        self.pbx.ami.emit("BridgeEnter", "call", bridge.headers(), channel.headers())

    def complete(self, operator: Channel, waited: Headers, talked_s: float, reason: str) -> None:
        """The queue's word at the end of an operator's part."""
        ending = {"TalkTime": str(int(talked_s)), "Reason": reason}
        self.emit("AgentComplete", "agent", operator.headers("Dest"), member(operator.number), waited, ending)

    def end(self, by: str, *, cause: int) -> None:
        self.tell_end(by, cause)
        self.hang_up(self.caller, cause)

    def tell_end(self, by: str, cause: int) -> None:
        self.tell("s", "HotlineEnd", {"By": by, "Cause": str(cause)}, context="hotline-end", priority=6)

    def hang_up(self, channel: Channel, cause: int) -> None:
        self.pbx.gone(channel)
        sip = {"TechCause": _SIP[cause]} if cause in _SIP and channel.name.startswith("PJSIP/") else {}
        self.emit_of(channel, "Hangup", {"Cause": str(cause), "Cause-txt": _WHY[cause]}, sip)


def member(extension: str) -> Headers:
    return {"Queue": QUEUE, "Interface": f"PJSIP/{extension}", "MemberName": extension}
