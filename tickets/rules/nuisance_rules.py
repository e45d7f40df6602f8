"""Rules of nuisance numbers: decisions that may be made, and the commands that bring them to a PBX. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from callcenter.vocab import CommandVerb, NuisanceStep
from tickets.rules import policy

# The families of AstDB that the shipped dialplan reads (telephony/asterisk/hotline.conf).
FAMILIES = {NuisanceStep.LOW: "hotline-low", NuisanceStep.BLOCKED: "hotline-block"}
_PAUSE = timedelta(minutes=1)
_EMERGENCY = frozenset({"111", "112", "113", "114", "115"})

Order = tuple[CommandVerb, dict[str, str]]


def problems(
    *, step: NuisanceStep, now_is: NuisanceStep, number: str | None, protected: bool, reason: str, days: int
) -> dict[str, str]:
    """What speaks against a decision, by the form's field; nothing where it may be made.

    A withheld number identifies no caller, so it cannot be blocked; and a number is blocked only after it was lowered.
    """
    found = {}
    if number is None:
        found["number"] = "nuisance_withheld"
    elif protected:
        found["number"] = "nuisance_protected"
    elif step == NuisanceStep.BLOCKED and now_is == NuisanceStep.FREE:
        found["number"] = "nuisance_lower_first"
    if not reason.strip():
        found["reason"] = "required"
    if days not in policy.NUISANCE_DAYS and step != NuisanceStep.FREE:
        found["days"] = "unknown_choice"
    return found


def is_emergency(raw: str) -> bool:
    return raw.strip() in _EMERGENCY


def key_of(number: str) -> str:
    """As the dialplan's `hotline-block-key` makes it: 0905123456 at home, +… from abroad."""
    return "0" + number.removeprefix("+84") if number.startswith("+84") else number


def orders(number: str, wanted: NuisanceStep) -> Iterator[Order]:
    """What makes a PBX hold just this, whatever it held before: it was lost, or restored from an old copy."""
    for step, family in FAMILIES.items():
        entry = {"family": family, "key": key_of(number)}
        if step == wanted:
            yield CommandVerb.LIST, {**entry, "val": "1"}
    for step, family in FAMILIES.items():
        if step != wanted:
            yield CommandVerb.UNLIST, {"family": family, "key": key_of(number)}


def is_due(
    *,
    wanted: NuisanceStep,
    held: NuisanceStep | None,
    held_at: datetime | None,
    asked: NuisanceStep | None,
    asked_at: datetime | None,
    connected_since: datetime,
    now: datetime,
) -> bool:
    """Whether a PBX needs the command (again): it holds something else, or has been away since the last one.

    What it has just refused waits a moment; a new decision does not.
    """
    if asked == wanted and asked_at is not None and now - asked_at < _PAUSE and held != wanted:
        return False
    if held != wanted:
        return wanted != NuisanceStep.FREE or held is not None
    return wanted != NuisanceStep.FREE and (held_at is None or held_at < connected_since)
