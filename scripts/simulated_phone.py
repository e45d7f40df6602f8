"""The newcomer's telephone on the simulated PBX: a person at the console answers it and hangs it up, nobody else."""

import asyncio

ANSWER = "SimulatedAnswer"
HANG_UP = "SimulatedHangup"
# What `ListCommands` says of them; a real PBX has neither, so that its console shows no buttons.
ACTIONS = {
    ANSWER: "Pick up the ringing telephone of the newcomer.  (Priv: call,all)",
    HANG_UP: "Put down the telephone of the newcomer.  (Priv: call,all)",
}


class ConsolePhone:
    """Rings until it is answered, talks until it is put down; `used` once a person did either."""

    def __init__(self, extension: str) -> None:
        self.extension = extension
        self.ringing = ""
        self.talking = ""
        self.used = False
        # Where the talk goes, once the console has passed it on.
        self.passed_to = ""
        self._pressed = asyncio.Event()

    async def ring(self, call: str, seconds: float) -> bool:
        """Whether it was answered within so many seconds."""
        self.ringing = call
        try:
            return await self._press(seconds)
        finally:
            self.ringing = ""

    async def talk(self, call: str, seconds: float) -> bool:
        """Until it is put down (True), or the caller has said all (False)."""
        self.talking, self.passed_to = call, ""
        try:
            return await self._press(seconds)
        finally:
            self.talking = ""

    def do(self, action: str, extension: str, call: str) -> str:
        """Answer or hang up; what stands in the way, or nothing. With `call` only for that call."""
        here = self.ringing if action == ANSWER else self.talking
        if extension != self.extension:
            return f"No telephone {extension} at the console"
        if not here or (call and call != here):
            return "Not ringing" if action == ANSWER else "No such talk"
        self.used = True
        self._pressed.set()
        return ""

    def pass_on(self, channel: str, target: str) -> str:
        """Transfer the talk at this telephone blind; what stands in the way, or nothing."""
        if not channel.startswith(f"PJSIP/{self.extension}-") or not self.talking:
            return "Call to transfer not found"
        if not target.isdigit():
            return "Transfer failed. Transfer invalid"
        self.used, self.passed_to = True, target
        self._pressed.set()
        return ""

    async def _press(self, seconds: float) -> bool:
        self._pressed.clear()
        try:
            async with asyncio.timeout(seconds):
                return await self._pressed.wait()
        except TimeoutError:
            return False
