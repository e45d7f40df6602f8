"""Transfers of a simulated call: blind, or attended while the caller is on hold."""

from dataclasses import dataclass
from enum import Enum, auto

from scripts.demo.simulated.ami import Bridge, Channel, Headers
from scripts.demo.simulated.phone import Did
from scripts.demo.simulated.telling import Telling

PICK_UP_S = 2.0
# A consulted party that hears nothing more hangs up.
PATIENCE_S = 180.0
_BUSY = {"Cause": "17", "TechCause": "486"}
_ROAD = "Local/{to}@from-agents-{serial};{end}"


class Ending(Enum):
    """How asking ends: the operator is back with the caller, or has left them to the other."""

    BACK = auto()
    LEFT = auto()


@dataclass(frozen=True)
class SimulatedTalk:
    """An operator with the caller; `waited` is what the queue says of the wait, `half_s` how long each half lasts."""

    operator: Channel
    bridge: Bridge
    waited: Headers
    half_s: float


async def pass_on(call: Telling, talk: SimulatedTalk, to: str, *, taken: bool) -> None:
    """At once, to its end, by REFER of the operator's phone: it tells an Unhold though nothing was held."""
    operator = talk.operator
    call.emit_of(operator, "Unhold")
    parties = {**operator.headers("Transferer"), **call.caller.headers("Transferee")}
    target = {"IsExternal": "Yes", "Context": "from-agents", "Extension": to}
    call.pbx.ami.emit("BlindTransfer", "call", {"Result": "Success"}, parties, talk.bridge.headers(), target)
    call.caller.goes_to("from-agents", to, 1)
    call.complete(operator, talk.waited, talk.half_s, "transfer")
    call.hang_up(operator, 16)
    call.pbx.release(operator.number)
    other = _rung(call, to)
    call.emit("DialBegin", "call", other.headers("Dest"), {"DialString": to})
    if not taken:
        _refuses(call, other, call.caller)
        call.caller.goes_to("from-agents", to, 2)
        call.end("system", cause=17)
        return
    await call.pbx.wait(PICK_UP_S)
    other.exten, other.state = "", 6
    call.caller.connected = call.caller.connected_name = to
    call.bridge(other, call.caller)
    await call.pbx.wait(talk.half_s)
    call.emit("HangupRequest", "call", {"Cause": "16"})
    call.tell_end("caller", 16)
    call.hang_up(other, 16)
    _put_down(call, to)
    call.hang_up(call.caller, 16)


async def ask(call: Telling, talk: SimulatedTalk) -> Ending:
    """By the keys of the newcomer's telephone: the caller is held, a third party rings, talks, and gets the call or
    not."""
    operator, phone = talk.operator, call.pbx.phone
    call.emit_of(operator, "Hold")
    to = await phone.dialled(call.caller.linkedid)
    if not to:
        call.emit_of(operator, "Unhold")
        return Ending.BACK
    return await _Asking(call, talk, to).go()


class _Asking:
    """Between the operator and the consulted party lies a Local channel, `near` at the operator's end."""

    def __init__(self, call: Telling, talk: SimulatedTalk, to: str) -> None:
        self.call, self.talk, self.to = call, talk, to
        self.near, self.far = self._end(), self._end()
        serial = self.near.name[-8:]
        for channel, end in ((self.near, 1), (self.far, 2)):
            channel.name = _ROAD.format(to=to, serial=serial, end=end)
        self.near.state = 0
        self.near.connected = self.near.connected_name = talk.operator.number
        self.far.number = self.far.caller_name = talk.operator.number
        self.bridge = Bridge()

    def _end(self) -> Channel:
        call = self.call
        channel = call.pbx.channel(self.to, "<unknown>", call.caller.linkedid)
        channel.goes_to("from-agents", self.to, 1)
        return channel

    async def go(self) -> Ending:
        call, operator, taken = self.call, self.talk.operator, take(self.call, self.to)
        call.enter(self.bridge, self.near)
        other = _rung(call, self.to)
        other.connected = other.connected_name = operator.number
        call.emit_of(self.far, "DialBegin", other.headers("Dest"), {"DialString": self.to})
        call.enter(self.bridge, operator)
        self._shows_target()
        if not taken:
            return self._refused(other)
        other.state, self.near.state = 5, 5
        deed = await call.pbx.phone.consult(call.caller.linkedid, PICK_UP_S / call.pbx.speed)
        if deed and deed.did is Did.CAME_BACK:
            return self._let_go(other)
        if deed and deed.did is Did.HUNG_UP:
            await self._handed_over(other, answered=False)
            return Ending.LEFT
        self._answers(other)
        deed = await call.pbx.phone.consult(call.caller.linkedid, PATIENCE_S / call.pbx.speed)
        if deed and deed.did is Did.HUNG_UP:
            await self._handed_over(other, answered=True)
            return Ending.LEFT
        return self._let_go(other)

    def _shows_target(self) -> None:
        self.near.number = self.near.caller_name = self.to
        self.far.connected = self.far.connected_name = self.to
        self.talk.operator.connected = self.talk.operator.connected_name = self.to

    def _answers(self, other: Channel) -> None:
        other.exten = ""
        other.state = self.near.state = self.far.state = 6
        self.call.bridge(other, self.far)

    def _refused(self, other: Channel) -> Ending:
        """The PBX brings the operator back by itself."""
        call = self.call
        _refuses(call, other, self.far)
        self.far.priority = 2
        call.hang_up(self.far, 17)
        self._back()
        call.hang_up(self.near, 17)
        return Ending.BACK

    def _let_go(self, other: Channel) -> Ending:
        call = self.call
        self._back()
        call.hang_up(self.near, 16)
        if other.state == 5:
            call.emit_of(self.far, "DialEnd", other.headers("Dest"), {"DialStatus": "CANCEL"})
            call.hang_up(other, 16)
            call.hang_up(self.far, 16)
        else:
            call.hang_up(self.far, 16)
            call.hang_up(other, 16)
        _put_down(call, self.to)
        return Ending.BACK

    def _back(self) -> None:
        """The operator is with the caller again; the caller never left the bridge."""
        call, operator = self.call, self.talk.operator
        self.talk.bridge.inside = 1
        call.enter(self.talk.bridge, operator)
        call.emit_of(operator, "Unhold")
        operator.connected, operator.connected_name = call.caller.number, call.caller.caller_name

    async def _handed_over(self, other: Channel, *, answered: bool) -> None:
        """The operator hangs up, and the caller is with the other; or hears it ring, until it is answered."""
        call, operator, caller = self.call, self.talk.operator, self.call.caller
        call.emit_of(operator, "HangupRequest")
        self.talk.bridge.inside = 1
        call.enter(self.talk.bridge, self.near)
        caller.connected = caller.connected_name = self.to
        self.far.number, self.far.caller_name = caller.number, caller.caller_name
        self._transferred(answered)
        call.complete(operator, self.talk.waited, self.talk.half_s, "transfer")
        if not answered:
            await call.pbx.wait(PICK_UP_S)
            self._answers(other)
        call.hang_up(operator, 16)
        call.pbx.release(operator.number)
        await call.pbx.wait(self.talk.half_s)
        call.emit("HangupRequest", "call")
        call.tell_end("caller", 16)
        for channel in (caller, self.near, self.far, other):
            call.hang_up(channel, 16)
        _put_down(call, self.to)

    def _transferred(self, answered: bool) -> None:
        operator, bridge = self.talk.operator, self.talk.bridge
        self.bridge.inside = 0
        parties: list[Headers] = [
            operator.headers("OrigTransferer"),
            {f"Orig{name}": value for name, value in bridge.headers().items()},
            operator.headers("SecondTransferer"),
            {f"Second{name}": value for name, value in self.bridge.headers().items()},
            self.call.caller.headers("Transferee"),
        ]
        if answered:
            parties.append(self.near.headers("TransferTarget"))
        where = {"IsExternal": "No", "DestType": "Bridge", "DestBridgeUniqueid": bridge.uniqueid}
        self.call.pbx.ami.emit("AttendedTransfer", "call", {"Result": "Success"}, *parties, where)


def take(call: Telling, to: str) -> bool:
    """Whether the target will answer: a free colleague does, and is then busy; an outside number always."""
    if to not in call.pbx.extensions:
        return True
    if to not in call.pbx.free:
        return False
    call.pbx.free.remove(to)
    return True


def _put_down(call: Telling, to: str) -> None:
    if to in call.pbx.extensions:
        call.pbx.release(to)


def _rung(call: Telling, to: str) -> Channel:
    other = call.leg(to)
    other.exten = to
    if to not in call.pbx.extensions:
        # A number outside: what rings is the trunk.
        other.name = f"PJSIP/trunk-{other.name[-8:]}"
    return other


def _refuses(call: Telling, other: Channel, dialling: Channel) -> None:
    call.emit_of(other, "HangupRequest", _BUSY)
    dialling.connected = dialling.connected_name = other.number
    call.emit_of(dialling, "DialEnd", other.headers("Dest"), {"DialStatus": "BUSY"})
    call.hang_up(other, 17)
