"""Newcomer's telephone on the simulated PBX, worked only by a person at the console."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from scripts.demo.simulated.ami import ActionReply

ANSWER = "SimulatedAnswer"
HANG_UP = "SimulatedHangup"
# features.conf: the code on the keypad before the number to consult.
ASK_KEYS = "*2"
# A number is over when no key follows for so long: by our clock, as the console presses them.
DIGIT_S = 1.5


class Did(Enum):
    """What a person did at the telephone."""

    ANSWERED = auto()
    HUNG_UP = auto()
    PASSED_ON = auto()
    ASKS = auto()
    CAME_BACK = auto()


@dataclass(frozen=True)
class PhoneAction:
    """`to` is the target of a transfer."""

    did: Did
    to: str = ""


class ConsolePhone:
    """Rings until it is answered, talks until something is done at it; `used` once a person did anything."""

    # What `ListCommands` says of them; a real PBX has neither of the first two, so that its console shows no buttons.
    ACTIONS: Mapping[str, str] = {
        ANSWER: "Pick up the ringing telephone of the newcomer.  (Priv: call,all)",
        HANG_UP: "Put down the telephone of the newcomer.  (Priv: call,all)",
        "BlindTransfer": "Blind transfer channel(s) to the given destination  (Priv: call,all)",
        "PlayDTMF": "Play DTMF signal on a specific channel.  (Priv: call,all)",
        "Hangup": "Hangup channel.  (Priv: system,call,all)",
        "CancelAtxfer": "Cancel an attended transfer.  (Priv: call,all)",
    }

    def __init__(self, extension: str) -> None:
        self.extension = extension
        self.ringing = ""
        self.talking = ""
        # The caller is on hold during a consultation.
        self.asking = False
        self.used = False
        self.digit_s = DIGIT_S
        self._keys = ""
        self._key = asyncio.Event()
        self._deed: PhoneAction | None = None
        self._done = asyncio.Event()

    async def ring(self, call: str, seconds: float) -> bool:
        """Whether it was answered within so many seconds."""
        self._forget()
        self.ringing = call
        try:
            return await self._next(seconds) is not None
        finally:
            self.ringing = ""

    async def talk(self, call: str, seconds: float) -> PhoneAction | None:
        """What was done at it, or None once the caller has finished."""
        self._forget()
        return await self._talk(call, seconds)

    async def consult(self, call: str, seconds: float) -> PhoneAction | None:
        """As `talk`, with the consulted party, while the caller is on hold; what was done while it was dialled
        counts."""
        self.asking = True
        try:
            return await self._talk(call, seconds)
        finally:
            self.asking = False

    async def dialled(self, call: str) -> str:
        """The number that is pressed behind the keys."""
        self.talking, self.asking = call, True
        try:
            while await _within(self.digit_s, self._key):
                self._key.clear()
            return self._keys
        finally:
            self.talking, self.asking = "", False

    def do(self, name: str, action: Mapping[str, str]) -> ActionReply:
        """One of `ACTIONS`, by its headers in lower case."""
        if name in (ANSWER, HANG_UP):
            return ActionReply(self._press(name, action.get("extension", ""), action.get("call", "")), said="Done")
        if not self.talking or not action.get("channel", "").startswith(f"PJSIP/{self.extension}-"):
            return ActionReply(_NOT_HERE[name])
        if name == "BlindTransfer":
            return self._pass_on(action.get("exten", ""))
        if name == "PlayDTMF":
            return self._tone(action.get("digit", ""))
        if name == "CancelAtxfer":
            return self._come_back()
        self._does(PhoneAction(Did.HUNG_UP))
        return ActionReply(said="Channel Hungup")

    def _press(self, name: str, extension: str, call: str) -> str:
        """Answer or hang up; what stands in the way, or nothing. With `call` only for that call."""
        here = self.ringing if name == ANSWER else self.talking
        if extension != self.extension:
            return f"No telephone {extension} at the console"
        if not here or (call and call != here):
            return "Not ringing" if name == ANSWER else "No such talk"
        self._does(PhoneAction(Did.ANSWERED if name == ANSWER else Did.HUNG_UP))
        return ""

    def _pass_on(self, target: str) -> ActionReply:
        if not target.isdigit():
            return ActionReply("Transfer failed. Transfer invalid")
        self._does(PhoneAction(Did.PASSED_ON, target))
        return ActionReply(said="Transfer succeeded")

    def _tone(self, key: str) -> ActionReply:
        """A key by itself: those that ask begin, those behind them are the number."""
        self._keys += key
        if self.asking:
            self._key.set()
        elif self._keys.endswith(ASK_KEYS):
            self._keys = ""
            self._key.clear()
            self._does(PhoneAction(Did.ASKS))
        return ActionReply(said="DTMF successfully queued")

    def _come_back(self) -> ActionReply:
        if self.asking:
            self._does(PhoneAction(Did.CAME_BACK))
        return ActionReply(said="CancelAtxfer successfully queued")

    def _does(self, deed: PhoneAction) -> None:
        self.used, self._deed = True, deed
        self._done.set()

    async def _talk(self, call: str, seconds: float) -> PhoneAction | None:
        self.talking = call
        try:
            return await self._next(seconds)
        finally:
            self.talking = ""

    async def _next(self, seconds: float) -> PhoneAction | None:
        await _within(seconds, self._done)
        deed = self._deed
        self._forget()
        return deed

    def _forget(self) -> None:
        self._deed = None
        self._done.clear()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


_NOT_HERE = {
    "BlindTransfer": "Call to transfer not found",
    "PlayDTMF": "Channel not found",
    "Hangup": "No such channel",
    "CancelAtxfer": "Channel specified does not exist",
}
