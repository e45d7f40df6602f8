"""Many callers at once, of every kind, and what became of each by the clocks of the SIP side."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scripts.lab.asterisk_env import Asterisk, AsteriskSite
from tests.asterisk.sip_agent import RING_ON, Dialog, Phone, Plan
from tests.asterisk.sipp import Caller, Step
from tests.asterisk.stage import PROMPT_S, Truth, moments

OPERATORS = tuple(str(number) for number in range(155, 185))
DEAF = ("185", "186", "187")
_RING = Plan(after=0.4)
# The number that is dialled, with the settings that the dialplan has for it.
_SERVED, _UNHEARD, _CLOSED, _MESSAGES, _MENU = "02901022", "02911022", "02921022", "02931022", "02941022"
_SETTINGS = {
    _SERVED: {"QUEUE": "crowd", "MENU": "no", "VOICEMAIL": "no"},
    _UNHEARD: {"QUEUE": "deaf", "MENU": "no", "VOICEMAIL": "no"},
    _CLOSED: {"QUEUE": "crowd", "OPEN": "no", "VOICEMAIL": "no"},
    _MESSAGES: {"QUEUE": "crowd", "OPEN": "no", "VOICEMAIL": "1022@hotline"},
    _MENU: {"QUEUE": "crowd", "MENU": "yes", "VOICEMAIL": "no"},
}
_MOST_RUNNING_S = 60


@dataclass(frozen=True)
class Kind:
    """How one call goes: what the caller does (`talk` seconds more in a call that is answered), which side hangs up."""

    number: str
    outcome: str
    steps: tuple[Step, ...] = ()
    talk: bool = False
    stage: str | None = None
    reason: str | None = None
    queue: str | None = None
    hung_up_by: str = "caller"

    @property
    def listens(self) -> bool:
        return self.hung_up_by != "caller"


KINDS = {
    "served": Kind(_SERVED, "answered", talk=True, queue="crowd"),
    "served_to_the_end": Kind(_SERVED, "answered", talk=True, queue="crowd", hung_up_by="operator"),
    "given_up": Kind(_UNHEARD, "abandoned", (Step(wait=PROMPT_S + 1.5),), stage="queue", queue="deaf"),
    "patient": Kind(_UNHEARD, "abandoned", stage="queue", queue="deaf", hung_up_by="system"),
    "misdialled": Kind(_UNHEARD, "abandoned", (Step(wait=0.8),), stage="prompt"),
    # A key before the queue is entered has no effect, a busy PBX is late, and this queue lets go after 180 s.
    "call_me_back": Kind(
        _UNHEARD, "callback", (Step(wait=PROMPT_S + 5), Step(key="1")), queue="deaf", hung_up_by="system"
    ),
    "call_me_back_soon": Kind(_MENU, "callback", (Step(wait=2), Step(key="1")), hung_up_by="system"),
    "closed": Kind(_CLOSED, "unserved", reason="closed", hung_up_by="system"),
    "message": Kind(_MESSAGES, "voicemail", (Step(wait=PROMPT_S + 0.5), Step(speak=5))),
}
# Of twenty calls.
MIX = (
    *("served",) * 8, *("served_to_the_end",) * 3, *("given_up",) * 2, *("call_me_back",) * 2, "misdialled",
    "call_me_back_soon", "closed", "message", "message",
)  # fmt: skip


def with_crowd(site: AsteriskSite) -> AsteriskSite:
    """The same site with the queues and phones of a crowd."""
    lines = ["[crowd](hotline)\nstrategy = rrmemory\nretry = 1"]
    lines += [f"member => PJSIP/{number},0,Lan {number}" for number in OPERATORS]
    lines += ["[deaf](hotline)\nstrategy = rrmemory\nretry = 1"]
    lines += [f"member => PJSIP/{number},0,Minh {number}" for number in DEAF]
    ours = {f"HOTLINE_{key}_{number}": value for number, keys in _SETTINGS.items() for key, value in keys.items()}
    return AsteriskSite(
        (*site.extensions, *OPERATORS, *DEAF), site.queues + "\n" + "\n".join(lines) + "\n", {**site.settings, **ours}
    )


@dataclass
class Call:
    """One call of the ledger."""

    kind: Kind
    caller: Caller
    talk_s: float
    truth: Truth | None = None


@dataclass
class Crowd:
    """Callers, and the operators that answer them. `calls` is the ledger; `truths` what it says when all is over."""

    pbx: Asterisk
    phones: Sequence[Phone]
    seed: int
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._hang_ups: set[asyncio.Task[None]] = set()

    async def run(self, count: int, every: float) -> None:
        """So many calls, one each `every` seconds, in the proportions of MIX; returns when all are over."""
        kinds = list(MIX) * (count // len(MIX) + 1)
        self._chance.shuffle(kinds)
        async with self.on_duty(), asyncio.TaskGroup() as group:
            for name in kinds[:count]:
                group.create_task(self.call(name))
                await asyncio.sleep(every)

    @contextlib.asynccontextmanager
    async def on_duty(self):  # type: ignore[no-untyped-def]
        for phone in self.phones:
            phone.reset()
            phone.does(RING_ON if phone.number in DEAF else _RING)
        watchers = [asyncio.create_task(self._watch(phone)) for phone in self.phones]
        try:
            yield
        finally:
            for task in (*watchers, *self._hang_ups):
                task.cancel()

    async def call(self, name: str, talk_s: float | None = None) -> Call:
        """One call of that kind, to its end."""
        call = await self.begin(name, talk_s)
        try:
            async with asyncio.timeout(_MOST_RUNNING_S):
                await call.caller.done()
        except TimeoutError:
            raise AssertionError(f"{name} goes on after {_MOST_RUNNING_S} s: {call.caller.story()}") from None
        call.truth = self._truth(call)
        return call

    async def begin(self, name: str, talk_s: float | None = None) -> Call:
        kind = KINDS[name]
        talk = self._chance.uniform(0.5, 3.0) if talk_s is None else talk_s
        steps = (Step(wait=PROMPT_S + 0.4 + talk),) if kind.talk and not kind.listens else kind.steps
        number = f"0{938_000_000 + self.seed * 1000 + len(self.calls)}"
        call = Call(kind, Caller(number, kind.number, steps=steps, listens=kind.listens), talk)
        self.calls.append(call)
        await call.caller.start(self.pbx)
        return call

    async def _watch(self, phone: Phone) -> None:
        """An operator that hangs up where the caller waits for that."""
        while True:
            dialog = await phone.arrived.get()
            call = next((call for call in self.calls if call.caller.number == dialog.peer), None)
            if call is not None and call.kind.talk and call.caller.listens:
                task = asyncio.create_task(_talk_and_hang_up(dialog, call.talk_s))
                self._hang_ups.add(task)
                task.add_done_callback(self._hang_ups.discard)

    @property
    def truths(self) -> list[Truth]:
        return [call.truth for call in self.calls if call.truth is not None]

    def talked(self, caller: Caller) -> list[Dialog]:
        """The extensions that answered this caller, first to last."""
        rang = [dialog for phone in self.phones for dialog in phone.history if dialog.peer == caller.number]
        return sorted((one for one in rang if one.answered_at), key=lambda one: one.answered_at or 0)

    async def is_cut(self, call: Call, began: float, over: float) -> None:
        """The PBX broke this call off at some moment between these two, whether it sent the caller a BYE or not."""
        call.caller.quit()
        await call.caller.done()
        call.caller.ended_at = call.caller.ended_at or (began + over) / 2
        truth = self._truth(call)
        fields = {**truth.fields, "hung_up_by": self._told_end(call.caller.number) or "system"}
        fields |= {} if truth.fields["operators"] else {"outcome": "failed", "stage": None}
        call.truth = Truth(fields, truth.moments, (over - began) / 2 + 1)

    def _told_end(self, number: str) -> str | None:
        """A PBX that goes down may end the phone first: then its dialplan still says that the operator hung up."""
        rows = [line.split("|") for line in self.pbx.queue_log.read_text(errors="replace").splitlines()]
        call_ids = {row[1] for row in rows if row[4:6] == ["HOTLINESTART", number]}
        return next((row[5] for row in rows if row[1] in call_ids and row[4] == "HOTLINEEND"), None)

    def _truth(self, call: Call) -> Truth:
        kind, caller = call.kind, call.caller
        assert caller.answered_at
        assert caller.ended_at
        talked = self.talked(caller)
        outcome, stage = (kind.outcome, kind.stage) if talked or not kind.talk else ("abandoned", "queue")
        fields = {
            "number_dialled": caller.dials,
            "caller": f"+84{caller.number[1:]}",
            "caller_raw": caller.number,
            "outcome": outcome,
            "stage": stage,
            "reason": kind.reason,
            "queue": kind.queue,
            "branch": None,
            "operator": talked[-1].phone.number if talked else None,
            "operators": _numbers(talked),
            "transfers": [],
            "hung_up_by": kind.hung_up_by,
            "talk_s": caller.ended_at - (talked[0].answered_at or 0) if talked else 0.0,
        }
        if kind.queue:
            end = talked[0].answered_at if talked else caller.ended_at
            fields["wait_s"] = (end or 0) - caller.answered_at - PROMPT_S
        if kind.outcome == "callback" and kind.queue:
            # The key is taken at once; what follows is the farewell.
            fields["wait_s"] = (caller.pressed_at or caller.ended_at) - caller.answered_at - PROMPT_S
        return Truth(fields, moments(caller, self.phones))


def _numbers(dialogs: Iterable[Dialog]) -> list[str]:
    return list(dict.fromkeys(dialog.phone.number for dialog in dialogs))


async def _talk_and_hang_up(dialog: Dialog, talk_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(dialog.answered.wait(), 10)
        await asyncio.sleep(max(0.0, talk_s - (time.time() - (dialog.answered_at or 0))))
        await dialog.hang_up()
