"""Rules of emergencies: numbers dialled, stage, possible steps, and how one may end. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from callcenter.vocab import CommandResult, CommandVerb, EmergencyEnd, EmergencyService, Third

# What an administrator may enter: digits as the PBX dials them.
NUMBER = re.compile(r"[0-9]{3,15}")
# Those that our dialplan also calls from an operator's telephone (`hotline-callout`).
_CALLED_OUT = re.compile(r"11[1-5]|0[0-9]{8,14}|1[89]00[0-9]{4,6}")
# The words a person may say, in the order of the list.
ENDS = tuple(end for end in EmergencyEnd if end is not EmergencyEnd.ANSWERED)
# These need a text of what was done.
EXPLAINED = frozenset({EmergencyEnd.CALLER_GONE, EmergencyEnd.OTHER_LINE})


class EmergencyStage(StrEnum):
    """Where an emergency that is not over stands."""

    NO_NUMBER = "no_number"
    BY_HAND = "by_hand"
    ASKING = "asking"
    DIALLING = "dialling"
    SPEAKING = "speaking"
    BACK = "back"
    PASSED = "passed"
    CALLER_GONE = "caller_gone"


@dataclass(frozen=True)
class EmergencySituation:
    """What is known: of the call (`live`, `with_caller`: the operator talks with the caller, `third`: where the
    service's telephone stands), and of what the PBX was asked last in it (`verb`; its `result`, None while it is
    awaited; `fresh` while what was done may not show yet)."""

    number: str
    live: bool
    with_caller: bool = False
    third: Third | None = None
    verb: CommandVerb | None = None
    result: CommandResult | None = None
    fresh: bool = False


class EmergencyStep(StrEnum):
    """What can be asked for from the bar of an emergency."""

    AGAIN = "again"
    AT_ONCE = "at_once"
    JOIN = "join"
    BACK = "back"
    CALL_SERVICE = "call_service"
    CALL_CALLER = "call_caller"


def number_of(service: EmergencyService, entered: Mapping[EmergencyService, str]) -> str:
    """As the PBX dials it: what was entered, else the service's own number; '' where it reaches none."""
    return entered.get(service, service.value)


def may_be_called(number: str) -> bool:
    """Whether an operator's telephone can be made to call it."""
    return _CALLED_OUT.fullmatch(number) is not None


def stage(facts: EmergencySituation) -> EmergencyStage:
    """The strongest of what is true; what was asked counts until the PBX shows something else."""
    if not facts.live:
        return EmergencyStage.CALLER_GONE
    if facts.third is Third.WITH_CALLER:
        return EmergencyStage.PASSED
    if facts.third is Third.ANSWERED:
        return EmergencyStage.SPEAKING
    if not facts.number:
        return EmergencyStage.NO_NUMBER
    if facts.verb is None:
        return EmergencyStage.BY_HAND
    if facts.result is None:
        return EmergencyStage.ASKING
    if facts.result is not CommandResult.DONE:
        return EmergencyStage.BY_HAND
    back = facts.verb is CommandVerb.BACK or (facts.with_caller and not facts.fresh)
    return EmergencyStage.BACK if back else EmergencyStage.DIALLING


_STEPS: Mapping[EmergencyStage, tuple[EmergencyStep, ...]] = {
    EmergencyStage.NO_NUMBER: (),
    EmergencyStage.BY_HAND: (EmergencyStep.AGAIN, EmergencyStep.AT_ONCE),
    EmergencyStage.ASKING: (),
    EmergencyStage.DIALLING: (EmergencyStep.BACK,),
    EmergencyStage.SPEAKING: (EmergencyStep.JOIN, EmergencyStep.BACK),
    EmergencyStage.BACK: (EmergencyStep.AGAIN, EmergencyStep.AT_ONCE),
    EmergencyStage.PASSED: (),
    EmergencyStage.CALLER_GONE: (EmergencyStep.CALL_SERVICE, EmergencyStep.CALL_CALLER),
}


def steps(now: EmergencyStage) -> tuple[EmergencyStep, ...]:
    """What helps then, the first one first; whether this PBX can do it is another matter."""
    return _STEPS[now]


def is_over(number: str, third: Third | None, dialled: str, talking: Sequence[str] = ()) -> bool:
    """By the PBX's word: the caller talks with the telephone that was `dialled` last, and it is the service's.

    `talking` are the telephones of ours that the caller hears: a service may have its desk on this PBX.
    """
    return bool(number) and dialled == number and (third is Third.WITH_CALLER or number in talking)


def problem_of(end: EmergencyEnd, note: str) -> dict[str, str]:
    """What is wrong with a person's word for how it ended, by field."""
    if end not in ENDS:
        return {"ended": "unknown_choice"}
    return {"note": "required"} if end in EXPLAINED and not note.strip() else {}
