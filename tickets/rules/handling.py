"""Figures of one person's day at the telephone, each with its formula and its sample. Pure.

Notation: H calls handled, talk without holds, hold, ACW after-call work, ready: in a queue, not paused, not talking.
Whole means talk and hold together: known also where the hold within it is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from tickets.rules.metrics import Figure
from tickets.rules.talks import Talk

# Half-open, in order where it is the answer of a function here.
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class PersonWork:
    """What is known of one person and one day: `talks` by call, the seconds of each after-call work that is over.

    `ready`: in a queue and not paused, `signed_in`: in a queue; both None where no PBX reported its queues that day.
    `unheard` are the gaps in which no PBX was heard; nothing is known of them, and they count as neither.
    """

    talks: Sequence[Sequence[Talk]] = ()
    after_call: Sequence[float] = ()
    ready: Sequence[Interval] | None = None
    signed_in: Sequence[Interval] | None = None
    unheard: Sequence[Interval] = ()


@dataclass(frozen=True)
class Sums:
    """What figures are made of, of one person or of several together; seconds, None where it is not known.

    `unknown` parts of calls have no known length, of `holds_unknown` the holds are not known. `known` are the calls
    whose length is known, `known_s` their talk and hold, `whole_s` that of all parts.
    """

    calls: int
    parts: int
    known: int
    unknown: int
    holds_unknown: int
    talk_s: float | None
    hold_s: float | None
    whole_s: float
    known_s: float
    after_calls: int
    after_s: float
    ready_s: float | None
    signed_in_s: float | None


def sums(work: PersonWork) -> Sums:
    parts = [talk for call in work.talks for talk in call]
    known = [call for call in work.talks if all(talk.whole_s is not None for talk in call)]
    whole = [talk.whole_s for talk in parts if talk.whole_s is not None]
    signed_in = minus(work.signed_in, work.unheard) if work.signed_in is not None else None
    ready = minus(minus(work.ready, work.unheard), _talking(parts)) if work.ready is not None else None
    return Sums(
        calls=len(work.talks),
        parts=len(parts),
        known=len(known),
        unknown=len(parts) - len(whole),
        holds_unknown=[part.hold_s for part in parts].count(None),
        talk_s=_sum(part.talk_s for part in parts),
        hold_s=_sum(part.hold_s for part in parts),
        whole_s=sum(whole),
        known_s=sum(part.whole_s or 0.0 for call in known for part in call),
        after_calls=len(work.after_call),
        after_s=sum(work.after_call),
        ready_s=_seconds(ready),
        signed_in_s=_seconds(signed_in),
    )


def together(people: Sequence[Sums]) -> Sums:
    """Of a whole team: sums and not means of means. A call that was passed on counts for each operator in it."""
    return Sums(**{item.name: _sum(getattr(one, item.name) for one in people) for item in fields(Sums)})  # type: ignore[arg-type]


def figures(of: Sums) -> dict[str, Figure]:
    """By name, in the order in which they are shown."""
    handle = of.whole_s + of.after_s
    ready = of.ready_s
    return {
        "handled": Figure(of.calls, of.calls, "H: calls in which this person talked with the caller"),
        "talk": Figure(of.talk_s, of.parts, "sum of talks without holds, seconds"),
        "hold": Figure(of.hold_s, of.parts, "sum of holds, seconds"),
        "after_call": Figure(of.after_s, of.after_calls, "ACW: sum from hang-up to ready, seconds"),
        "aht": Figure(
            (of.known_s + of.after_s) / of.known if of.known else None,
            of.known,
            "(talk + hold + ACW) / H, seconds; no ringing",
        ),
        "occupancy": _share(
            handle,
            handle + ready if ready is not None else None,
            "handle / (handle + ready), handle = talk + hold + ACW",
        ),
        "utilisation": _share(handle, of.signed_in_s, "handle / signed in to a queue"),
        "signed_in": Figure(of.signed_in_s, of.calls, "in a queue, paused or not, seconds"),
    }


def overlap(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time that is in both."""
    others = merged(others)
    both = ((max(a, c), min(b, d)) for a, b in merged(some) for c, d in others)
    return [(start, end) for start, end in both if start < end]


def minus(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time of `some` that is in none of the others."""
    left = merged(some)
    for start, end in merged(others):
        cut = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in cut if a < b]
    return left


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order."""
    found: list[Interval] = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _talking(parts: Iterable[Talk]) -> list[Interval]:
    return [(part.since, part.until) for part in parts if part.until is not None]


def _sum(values: Iterable[float | None]) -> float | None:
    """Null where one of them is: half a sum would look like a whole one."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


def _seconds(intervals: Sequence[Interval] | None) -> float | None:
    return None if intervals is None else sum((end - start).total_seconds() for start, end in intervals)


def _share(part: float, whole: float | None, formula: str) -> Figure:
    return Figure(part / whole if whole else None, 0 if whole is None else round(whole), formula)
