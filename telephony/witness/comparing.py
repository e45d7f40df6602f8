"""Comparison of a recorded call with its witnesses: the verdict, the differences, and the repair.

Of a call that was heard throughout, AMI is the better witness: only what it lacks is added, and what contradicts is
shown. Of one that overlaps a gap the witnesses are, in all that they hold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.vocab import Verdict
from telephony.witness.testimony import WitnessedFacts

# Two clocks read by two programs; a whole second may be the one before or after besides.
_CLOSE_S = 1.0
_WHOLE_S = (-1.0, 2.0)
# A moment that has to be mended is written with its second, so that one within it is as good. The row can be written in
# the next second, and the clock of whole seconds turns some milliseconds late.
_SAME_S = (-0.2, 1.01)
_SECONDS_APART = 2.0
_LISTS = frozenset({"operators", "rang", "transfers"})


@dataclass(frozen=True)
class Comparison:
    """`mended` are the columns to write, `differences` `{field, recorded, witnessed}` whether mended or not."""

    verdict: Verdict
    differences: list[dict[str, Any]]
    mended: dict[str, Any]


def compare(
    recorded: Mapping[str, Any] | None, facts: WitnessedFacts, *, in_gap: bool, over: bool = True, unheard: bool = False
) -> Comparison:
    """`recorded` are the columns of the call's row, None where there is none; `over`: the call does not go on.

    `unheard`: a talk may have gone on in a gap.
    """
    if recorded is None:
        return _made(facts)
    differing = {
        name: value
        for name, value in facts.values.items()
        if not _same(name, recorded.get(name), value, facts, strict=in_gap)
    }
    wanted = {name: value for name, value in differing.items() if in_gap or _is_missing(name, recorded, value, facts)}
    for name in _LISTS & wanted.keys():
        wanted[name] = _joined(recorded.get(name) or [], wanted[name], name in facts.partial)
    guessed = _guessed(recorded, facts, over=over)
    mended = _derived(recorded, {**wanted, **guessed}, facts)
    if _hides_a_hold(recorded, mended, unheard=unheard):
        mended["hold_s"] = None
    lacking = sorted(name for name in facts.unknown if name in mended or recorded.get(name) in (None, [], ""))
    lacking += ["hold_s"] * ({**recorded, **mended}.get("hold_s", 0.0) is None)
    against = differing.keys() - mended.keys()
    named = sorted({*differing, *lacking, *(guessed.keys() & mended.keys())})
    return Comparison(
        _verdict(mended, against, lacking),
        [_row(name, recorded.get(name), {**guessed, **facts.values}.get(name)) for name in named],
        mended,
    )


def _verdict(mended: Mapping[str, Any], against: set[str], lacking: Sequence[str]) -> Verdict:
    if lacking:
        return Verdict.UNEXPLAINED
    if against:
        return Verdict.DIFFERS
    return Verdict.REPAIRED if mended else Verdict.AGREES


def _made(facts: WitnessedFacts) -> Comparison:
    """A call that AMI did not show."""
    guesses = {name: value for name, value in facts.guesses.items() if name not in facts.values}
    whole = {**guesses, **facts.values}
    mended = _derived({}, whole, facts)
    unknown = sorted(facts.unknown)
    if mended.get("operators"):
        mended["hold_s"] = None
        unknown.append("hold_s")
    differences = [_row(name, None, None) for name in unknown]
    return Comparison(Verdict.UNEXPLAINED if unknown else Verdict.REPAIRED, differences, mended)


def _hides_a_hold(recorded: Mapping[str, Any], mended: Mapping[str, Any], *, unheard: bool) -> bool:
    """A talk or its end fell into a gap: whether there was a hold in it no witness shows."""
    talked = {**recorded, **mended}.get("operators")
    if not mended or not talked or recorded.get("hold_s", 0.0) is None:
        return False
    return not set(talked) <= set(recorded.get("operators") or ()) or (unheard and recorded.get("ended_at") is None)


def _guessed(recorded: Mapping[str, Any], facts: WitnessedFacts, *, over: bool) -> dict[str, Any]:
    """A record that never ended, of a call that did: the likeliest words are better than none."""
    if recorded.get("ended_at") is not None or not (facts.ended or over):
        return {}
    names = ("ended_at", "outcome", "stage", "reason", "hung_up_by")
    return {name: facts.guesses[name] for name in names if name in facts.guesses and name not in facts.values}


def _same(name: str, recorded: Any, witnessed: Any, facts: WitnessedFacts, *, strict: bool) -> bool:
    if isinstance(recorded, datetime) and isinstance(witnessed, datetime):
        apart = (recorded - witnessed).total_seconds()
        low, high = (-_CLOSE_S, _CLOSE_S) if name not in facts.whole else _SAME_S if strict else _WHOLE_S
        return bool(low <= apart <= high)
    if strict and name == "talk_s" and witnessed and not recorded:
        # Of a talk in a gap there is no length to be near to.
        return False
    if name.endswith("_s"):
        return bool(abs((recorded or 0.0) - witnessed) <= (_SECONDS_APART if name in facts.whole else _CLOSE_S))
    if name in _LISTS:
        return _same_list(name, recorded or [], witnessed, partial=name in facts.partial)
    return bool(recorded == witnessed)


def _same_list(name: str, recorded: Sequence[Any], witnessed: Sequence[Any], *, partial: bool) -> bool:
    """The order is chance where all ring at once; a partial list may lack any."""
    if name == "rang":
        return set(witnessed) <= set(recorded) if partial else set(witnessed) == set(recorded)
    if not partial and len(witnessed) != len(recorded):
        return False
    rest = iter(recorded)
    return all(any(_is_one(name, one, other) for other in rest) for one in witnessed)


def _is_one(name: str, witnessed: Any, recorded: Any) -> bool:
    if name != "transfers":
        return bool(witnessed == recorded)
    return witnessed["kind"] == recorded["kind"] and witnessed["to"] in ("", recorded["to"])


def _is_missing(name: str, recorded: Mapping[str, Any], witnessed: Any, facts: WitnessedFacts) -> bool:
    """Something that happened and is not in the record; an answer takes the outcome with it."""
    value = recorded.get(name)
    if name in _LISTS:
        return len(witnessed) > 0 and (not value or _same_list(name, witnessed, value, partial=True))
    if name in ("outcome", "stage", "reason"):
        return (value is None and name == "outcome") or _is_unheard_answer(recorded, facts)
    return value is None or (name == "talk_s" and value == 0)


def _is_unheard_answer(recorded: Mapping[str, Any], facts: WitnessedFacts) -> bool:
    return recorded.get("answered_at") is None and facts.values.get("answered_at") is not None


def _joined(recorded: Sequence[Any], witnessed: Sequence[Any], partial: bool) -> list[Any]:
    """What both hold, in order: a full list stands; into a partial one goes what was heard besides.

    Each after what it followed. Operators sent by a queue are witnessed: one that AMI has first and no witness names
    came later.
    """
    joined = list(witnessed)
    if not partial:
        return joined
    place = len(joined)
    for one in recorded:
        if one in joined:
            place = joined.index(one) + 1
        else:
            joined.insert(place, one)
            place += 1
    return joined


@dataclass(frozen=True)
class _Mending:
    """A call's row, the columns that are to be mended, what the witnesses hold, and the row as it will be `after`."""

    recorded: Mapping[str, Any]
    mended: Mapping[str, Any]
    facts: WitnessedFacts
    after: Mapping[str, Any]

    def touches(self, *names: str) -> bool:
        return not self.mended.keys().isdisjoint(names)


def _derived(recorded: Mapping[str, Any], mended: Mapping[str, Any], facts: WitnessedFacts) -> dict[str, Any]:
    """Columns that follow from others are mended with them."""
    if not mended:
        return {}
    mending = _Mending(recorded, mended, facts, {**recorded, **mended})
    whole = {**mended}
    for follows in _FOLLOWING:
        whole |= follows(mending)
    return {name: value for name, value in whole.items() if name not in recorded or recorded[name] != value}


def _operator(of: _Mending) -> dict[str, Any]:
    return {"operator": of.after["operators"][0]} if of.after.get("operators") else {}


def _ended_at(of: _Mending) -> dict[str, Any]:
    """A whole second may lie before what happened in it."""
    if not of.mended.get("ended_at"):
        return {}
    known = (of.after.get(name) for name in ("started_at", "queued_at", "answered_at"))
    return {"ended_at": max(of.mended["ended_at"], *(moment for moment in known if moment))}


def _wait_s(of: _Mending) -> dict[str, Any]:
    """Its own count, where a witness has one: two moments of two clocks are further apart than either is wrong."""
    known = of.after.get("queued_at") and of.after.get("answered_at")
    moved = known and of.touches("queued_at", "answered_at")
    if "wait_s" in of.facts.values and (moved or of.touches("ended_at")):
        return {"wait_s": of.facts.values["wait_s"]}
    return {"wait_s": _seconds(of.after["queued_at"], of.after["answered_at"])} if moved else {}


def _talk_from_an_earlier_answer(of: _Mending) -> dict[str, Any]:
    """Its end was heard, it only began earlier than it seemed: the talk runs from the first answer."""
    seemed, talked, is_now = of.recorded.get("answered_at"), of.recorded.get("talk_s"), of.mended.get("answered_at")
    if not (seemed and talked and is_now) or of.touches("ended_at", "talk_s"):
        return {}
    return {"talk_s": round(max(0.0, talked + (seemed - is_now).total_seconds()), 3)}


def _transfers(of: _Mending) -> dict[str, Any]:
    """Neither log names the other end of an attended transfer; AMI has the next operator."""
    match of.after.get("transfers"), of.after.get("operators"):
        case [{"to": ""} as only], [_, joined]:
            return {"transfers": [{**only, "to": joined}]}
    return {}


def _talk_to_a_mended_end(of: _Mending) -> dict[str, Any]:
    """Of a talk whose end fell into a gap."""
    if not of.mended.get("ended_at") or of.touches("talk_s") or of.recorded.get("talk_s"):
        return {}
    return {"talk_s": of.facts.values.get("talk_s", of.facts.guesses.get("talk_s", 0.0))}


# What follows, each from the row as it is mended and from none of the others.
_FOLLOWING: Sequence[Callable[[_Mending], dict[str, Any]]] = (
    _operator,
    _ended_at,
    _wait_s,
    _talk_from_an_earlier_answer,
    _transfers,
    _talk_to_a_mended_end,
)


def _seconds(since: datetime, until: datetime) -> float:
    return round(max(0.0, (until - since).total_seconds()), 3)


def _row(name: str, recorded: Any, witnessed: Any) -> dict[str, Any]:
    return {"field": name, "recorded": _plain(recorded), "witnessed": _plain(witnessed)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
