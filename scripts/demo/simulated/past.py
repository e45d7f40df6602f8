"""Calls of a past day, as the listener would have recorded them, by the callers of the simulated PBX."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from callcenter import phones
from callcenter.models import Call
from callcenter.vocab import HungUpBy, Outcome, Stage
from scripts.demo.reports import REPORTS
from scripts.demo.simulated.call import ANSWERED, MENU_S, PROMPT_S, RING_S
from scripts.demo.simulated.callers import LOCAL, Fate, Plan, busyness
from scripts.demo.simulated.queue import QUEUE
from scripts.demo.simulated.voice import leave_message

PBX = "simulated"
# A province has more citizens than a demo's afternoon.
CITIZENS = 2000
WEEKEND = 0.4
# The simulated PBX talks in haste, so that there is something to see.
UNHURRIED = 3.5
_MESSAGES = 6


def messages(data_dir: Path) -> list[str]:
    """Voice messages that callers of the past share, as files without their endings; spoken the first time."""
    folder = sounds_folder(data_dir) / "past"
    for serial in range(_MESSAGES - len(list(folder.glob("msg*.wav")))):
        leave_message(folder, serial, REPORTS[serial * 7].text)
    return sorted(str(file.with_suffix("")) for file in folder.glob("msg*.wav"))


def sounds_folder(data_dir: Path) -> Path:
    """Folder of the messages that callers left on the simulated PBX."""
    return data_dir / PBX / "voicemail"


def moments(chance: random.Random, day: date, calls: int) -> list[datetime]:
    """When the callers of this local day began, about `calls` of them on a weekday, oldest first."""
    # Some of them call twice.
    wanted = round(0.95 * chance.gauss(calls, calls / 12) * (WEEKEND if day.weekday() >= 5 else 1))
    found: list[datetime] = []
    while len(found) < wanted:
        at = datetime.combine(day, time(), LOCAL) + timedelta(seconds=chance.uniform(0, 86_399))
        if chance.random() < busyness(at):
            found.append(at)
    return sorted(found)


def on_duty(extensions: Sequence[str], at: datetime) -> list[str]:
    """Extensions on duty: four by day, two in the evening, one at night, each day others first."""
    local = at.astimezone(LOCAL)
    heads = 4 if 7 <= local.hour < 17 else 2 if 17 <= local.hour < 22 else 1
    turn = local.toordinal() % len(extensions)
    return [*extensions[turn:], *extensions[:turn]][:heads]


def make_call(plan: Plan, at: datetime, serial: int, extensions: Sequence[str]) -> Call:
    """One ended call, not yet in a session; `serial` tells calls of one second apart."""
    chance = random.Random(f"{at.timestamp()}:{serial}")  # noqa: S311 (callers, not secrets)
    linkedid = f"{int(at.timestamp())}.{serial}"
    withheld = plan.fate is Fate.WITHHELD
    call = Call(
        pbx=PBX,
        linkedid=linkedid,
        number_dialled=plan.dialled,
        caller=None if withheld else phones.normalise(plan.number),
        caller_raw=None if withheld else plan.number,
        caller_name=plan.name or None,
        started_at=at,
        rang=[],
        operators=[],
        transfers=[],
    )
    if plan.fate is Fate.LEAVES_IN_PROMPT:
        return _ended(call, Outcome.ABANDONED, PROMPT_S, stage=Stage.PROMPT)
    reached = PROMPT_S + (0 if plan.key is None else MENU_S)
    if plan.fate is Fate.CALLBACK:
        return _ended(call, Outcome.CALLBACK, reached + 2, by=HungUpBy.SYSTEM)
    call.queue, call.queued_at = QUEUE, at + timedelta(seconds=reached)
    call.recording = f"{linkedid}.wav"
    return _queued(call, plan, reached, on_duty(extensions, at), chance)


def _queued(call: Call, plan: Plan, reached: float, duty: list[str], chance: random.Random) -> Call:
    # All are busy more often at the busy hours.
    delay = chance.expovariate(1 / (2 + 14 * busyness(call.started_at) ** 2))
    if plan.fate is Fate.GIVES_UP:
        call.wait_s = round(plan.patience_s * chance.uniform(0.2, 6), 2)
        call.rang = duty[:1]
        return _ended(call, Outcome.ABANDONED, reached + call.wait_s, stage=Stage.QUEUE)
    if plan.fate is Fate.VOICEMAIL:
        call.wait_s = round(chance.uniform(110, 125), 2)
        call.rang = duty[:2]
        left = chance.random() < 0.7
        return _ended(call, Outcome.VOICEMAIL if left else Outcome.TIMEOUT, reached + call.wait_s + 25)
    missed = min(sum(luck > ANSWERED for luck in plan.luck[:2]), len(duty) - 1)
    call.rang = duty[: missed + 1]
    call.wait_s = round(delay + missed * RING_S + chance.uniform(1.5, 6), 2)
    call.operators = [duty[missed]]
    if plan.fate is Fate.TRANSFERRED and len(duty) > missed + 1:
        other = duty[missed + 1]
        call.rang, call.operators = [*call.rang, other], [*call.operators, other]
        call.transfers = [{"kind": "blind", "to": other}]
    call.operator = call.operators[0]
    call.talk_s = round(plan.talk_s * (1 if plan.fate is Fate.REDIALS else UNHURRIED), 2)
    if chance.random() < 0.15:
        call.hold_s = round(min(chance.uniform(10, 60), call.talk_s / 2), 2)
    call.answered_at = call.started_at + timedelta(seconds=reached + call.wait_s)
    by = HungUpBy.OPERATOR if plan.operator_ends else HungUpBy.CALLER
    return _ended(call, Outcome.ANSWERED, reached + call.wait_s + call.talk_s, by=by)


def _ended(
    call: Call, outcome: Outcome, age_s: float, *, stage: Stage | None = None, by: HungUpBy = HungUpBy.CALLER
) -> Call:
    call.outcome, call.stage, call.hung_up_by = outcome, stage, by
    call.ended_at = call.started_at + timedelta(seconds=age_s)
    return call
