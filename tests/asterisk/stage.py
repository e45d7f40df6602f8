"""Where a scenario plays: its own number, queue and phones on a shared Asterisk; and what is true afterwards."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.lab.asterisk_env import AMI_PORT, PHONE_PORT, Asterisk, AsteriskSite
from scripts.tools.record_ami import Recorder
from tests.asterisk.sip_agent import Dialog, Phone
from tests.asterisk.sipp import Caller, Step

# Answer() waits 0.5 s for sound that our callers do not send, then comes 1 s of greeting.
PROMPT_S = 1.5
NAMES = ("Lan", "Minh", "Hương", "Đức")
PHONES_EACH = 4


@dataclass(frozen=True)
class Truth:
    """What `scripts/manage calls` must say of one call; fields not named are free.

    `moments` are its times by the clock of the SIP side, in epoch seconds: `started_at`, `answered_at`, `ended_at`.
    They and all seconds may be off by `tolerance_s`.
    """

    fields: Mapping[str, Any]
    moments: Mapping[str, float] = field(default_factory=dict)
    tolerance_s: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """`queue` and `settings` are this scenario's own options in queues.conf and the hotline's globals."""

    name: str
    play: "Play"
    index: int
    about: str
    queue: Mapping[str, str]
    settings: Mapping[str, str]
    number: str
    members: tuple[str, ...]
    alone: bool

    @property
    def queue_name(self) -> str:
        return "hotline-1022" if self.number == "1022" else f"lane-{self.index:02}"

    def conf(self) -> str:
        options = {"strategy": "linear", "timeout": "20", "retry": "1", **self.queue}
        lines = "\n".join(f"{key} = {value}" for key, value in options.items())
        return "" if self.number == "1022" else f"[{self.queue_name}](hotline)\n{lines}\n"

    def globals(self) -> dict[str, str]:
        if self.number == "1022":
            return {}
        chosen = {"QUEUE": self.queue_name, "MENU": "no", "VOICEMAIL": "no", **self.settings}
        return {f"HOTLINE_{key}_{self.number}": value for key, value in chosen.items()}


Play = Callable[["Stage"], Awaitable[list[Truth]]]
SCENARIOS: dict[str, Scenario] = {}
_INDEX = itertools.count(10)


def scenario(
    members: Sequence[str] = ("PJSIP/{0}",),
    queue: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    number: str = "",
    alone: bool = False,
) -> Callable[["Play"], "Play"]:
    """Registers a scenario. `members` name queue members, {0} to {3} being the extensions it is given."""

    def register(play: "Play") -> "Play":
        index, name = next(_INDEX), play.__name__
        about = (play.__doc__ or "").strip()
        dialled = number or f"02{index:02}1022"
        SCENARIOS[name] = Scenario(
            name, play, index, about, queue or {}, settings or {}, dialled, tuple(members), alone
        )
        return play

    return register


class Stage:
    """One scenario being played."""

    def __init__(self, theatre: "Theatre", scene: Scenario, phones: Sequence[Phone]) -> None:
        assert theatre.trunk
        assert theatre.branch
        self.pbx, self.scene, self.phones = theatre.pbx, scene, list(phones)
        self.trunk, self.branch, self.round = theatre.trunk, theatre.branch, theatre.round
        self.callers: list[Caller] = []

    def ext(self, which: int) -> str:
        return self.phones[which].number

    def new_number(self) -> str:
        return f"090{51 + self.round}{self.scene.index:02}{len(self.callers):03}"

    async def caller(self, number: str = "", steps: Iterable[Step] = (), **more: Any) -> Caller:
        """A caller from the public network, invite sent."""
        more.setdefault("dials", self.scene.number)
        caller = Caller(number or self.new_number(), steps=tuple(steps), **more)
        self.callers.append(caller)
        return await caller.start(self.pbx)

    def member(self, pattern: str) -> str:
        return pattern.format(*(phone.number for phone in self.phones))

    async def cli(self, command: str) -> str:
        return await asyncio.to_thread(self.pbx.cli, command)

    async def add_members(self) -> None:
        for name, pattern in zip(NAMES, self.scene.members, strict=False):
            interface = self.member(pattern)
            state = f" state_interface PJSIP/{interface[6:9]}" if interface.startswith("Local/") else ""
            queue = self.scene.queue_name
            await self.cli(f"queue add member {interface} to {queue} penalty 0 as {name}{state}")

    async def remove_members(self) -> None:
        for pattern in self.scene.members:
            await self.cli(f"queue remove member {self.member(pattern)} from {self.scene.queue_name}")

    @contextlib.asynccontextmanager
    async def ami(self) -> Any:
        async with Recorder(self.pbx.address, AMI_PORT, "everything", self.pbx.secret) as connection:
            yield connection

    def truth(self, caller: Caller, outcome: str, /, free: Sequence[str] = (), **fields: Any) -> Truth:
        """Common fields are filled in from the caller; those named in `free` may be anything."""
        known: dict[str, Any] = {
            "number_dialled": self.scene.number,
            "caller_raw": caller.number,
            "caller": "+84" + caller.number.removeprefix("0"),
            "outcome": outcome,
            "stage": None,
            "reason": None,
            "branch": None,
            "queue": self.scene.queue_name,
            "operator": None,
            "operators": [],
            "rang": [],
            "transfers": [],
            "lost_in_transfer": False,
            "talk_s": 0.0,
            "hold_s": 0.0,
            "hung_up_by": "caller",
        }
        chosen = {key: value for key, value in {**known, **fields}.items() if key not in free}
        return Truth(chosen, moments(caller, self.phones))

    def waited(self, caller: Caller, until: float | None, prompt: float = PROMPT_S) -> float:
        """Seconds from entering the queue to `until`, by the SIP side's clocks."""
        assert caller.answered_at
        assert until
        return round(until - caller.answered_at - prompt, 2)

    def talk(self, caller: Caller, *dialogs: Dialog, until: float | None = None, **fields: Any) -> dict[str, Any]:
        """The fields of an answered call that `dialogs` talked with, in order."""
        first = dialogs[0]
        end = until or caller.ended_at
        assert first.answered_at
        assert end
        numbers = [dialog.phone.number for dialog in dialogs]
        found = {
            "operator": numbers[0],
            "operators": numbers,
            "rang": numbers,
            "wait_s": self.waited(caller, first.answered_at),
            "talk_s": round(end - first.answered_at, 2),
        }
        return {**found, **fields}

    def talk_until_transfer(self, first: Dialog) -> dict[str, Any]:
        """Of a call whose only talk ended just now, by a transfer that was not answered."""
        assert first.answered_at
        number, talked = first.phone.number, time.time() - first.answered_at
        return {"operator": number, "operators": [number], "talk_s": round(talked, 2)}

    async def channel_of(self, caller: Caller) -> str:
        """The name of the caller's channel in the PBX."""
        listing = await self.cli("core show channels concise")
        for line in listing.splitlines():
            fields = line.split("!")
            if fields[0].startswith("PJSIP/trunk") and caller.number in fields:
                return fields[0]
        raise LookupError(f"no channel of {caller.number}")

    async def channel_at(self, extension: str) -> str:
        """The name of this telephone's channel in the PBX."""
        return (await self._channels_at(extension))[0][0]

    async def joined(self, *extensions: str) -> None:
        """Waits until the PBX has these telephones in one bridge: it answers the one before it joins them."""
        while True:
            bridges = [{fields[12] for fields in await self._channels_at(one)} - {""} for one in extensions]
            if set.intersection(*bridges):
                return
            await asyncio.sleep(0.02)

    async def _channels_at(self, extension: str) -> list[list[str]]:
        """By Asterisk's columns: the channel's name first, its bridge the thirteenth."""
        listing = await self.cli("core show channels concise")
        return [line.split("!") for line in listing.splitlines() if line.startswith(f"PJSIP/{extension}-")]


def moments(caller: Caller, phones: Iterable[Phone]) -> dict[str, float]:
    """When the call began, was answered and ended; a phone knows the caller by the number it was shown."""
    answers = [dialog.answered_at for phone in phones for dialog in phone.history if dialog.peer == caller.number]
    answered = min((at for at in answers if at is not None), default=None)
    times = {"started_at": caller.invited_at, "answered_at": answered, "ended_at": caller.ended_at}
    return {name: at for name, at in times.items() if at}


@dataclass
class Theatre:
    """A running Asterisk with all phones on, that plays scenarios side by side.

    Played again in another `round`, a scenario has callers with other numbers.
    """

    pbx: Asterisk
    round: int = 0
    phones: list[Phone] = field(default_factory=list)
    trunk: Phone | None = None
    branch: Phone | None = None

    async def open(self) -> "Theatre":
        sip = (self.pbx.address, 5060)
        for number in self.pbx.site.extensions:
            self.phones.append(await Phone(number, self.pbx.phones, PHONE_PORT + int(number), sip).open())
        self.trunk = await Phone("trunk", self.pbx.trunk, 5060, sip).open()
        self.branch = await Phone("branch", self.pbx.phones, 5999, sip).open()
        return self

    def close(self) -> None:
        for phone in (*self.phones, self.trunk, self.branch):
            if phone:
                phone.close()

    async def play(self, scene: Scenario, phones: Sequence[Phone]) -> list[Truth]:
        for phone in phones:
            phone.reset()
        stage = Stage(self, scene, phones)
        await stage.add_members()
        try:
            async with asyncio.timeout(60):
                return await scene.play(stage)
        finally:
            for caller in stage.callers:
                caller.quit()
            await stage.remove_members()


def site_for(scenes: Iterable[Scenario], lanes: int = 12) -> AsteriskSite:
    chosen = list(scenes)
    settings: dict[str, str] = {}
    for scene in chosen:
        settings |= scene.globals()
    # From 121: 112 to 115 are emergency numbers, which the dialplan sends outside.
    extensions = tuple(str(121 + number) for number in range(lanes * PHONES_EACH))
    return AsteriskSite(extensions, "\n".join(scene.conf() for scene in chosen), settings)


async def run(scene: Scenario, theatre: Theatre) -> list[Truth]:
    """Plays one scenario with the first phones of the theatre."""
    return await theatre.play(scene, theatre.phones[:PHONES_EACH])


async def run_all(scenes: Iterable[Scenario], theatre: Theatre) -> dict[str, list[Truth] | BaseException]:
    """Plays all, as many at once as there are phones for; those that want the PBX to themselves come last."""
    lanes: asyncio.Queue[Sequence[Phone]] = asyncio.Queue()
    for start in range(0, len(theatre.phones), PHONES_EACH):
        lanes.put_nowait(theatre.phones[start : start + PHONES_EACH])
    chosen = list(scenes)

    async def one(scene: Scenario) -> list[Truth] | BaseException:
        phones = await lanes.get()
        try:
            return await theatre.play(scene, phones)
        except Exception as error:  # noqa: BLE001 - reported by the test of that scenario
            return error
        finally:
            lanes.put_nowait(phones)

    together = [scene for scene in chosen if not scene.alone]
    results = dict(zip([s.name for s in together], await asyncio.gather(*map(one, together)), strict=True))
    for scene in chosen:
        if scene.alone:
            results[scene.name] = await one(scene)
    return results
