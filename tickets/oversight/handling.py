"""One person's day at the telephone in figures, each with its formula and its sample. Pure.

Notation: H calls handled, talk without holds, hold, ACW after-call work, ready: in a queue, not paused, not talking.
Whole means talk and hold together: known also where nobody heard how much of it was hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tickets.calls.talks import Talk
from tickets.metrics import Figure

# Half-open, in order where it is the answer of a function here.
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Work:
    """What is known of one person and one day: `talks` by call, the seconds of each after-call work that is over.

    `ready`: in a queue and not paused, `signed_in`: in a queue; both None where no PBX told who was in its queues that
    day. `unheard` are the gaps in which no PBX was heard; nothing is known of them, and they count as neither.
    """

    talks: Sequence[Sequence[Talk]] = ()
    after_call: Sequence[float] = ()
    ready: Sequence[Interval] | None = None
    signed_in: Sequence[Interval] | None = None
    unheard: Sequence[Interval] = ()


@dataclass(frozen=True)
class Handling:
    """`figures` by name. `unknown` parts of calls have no known length, of `holds_unknown` nobody heard the holds."""

    figures: dict[str, Figure] = field(default_factory=dict)
    unknown: int = 0
    holds_unknown: int = 0


def figures(work: Work) -> Handling:
    parts = [talk for call in work.talks for talk in call]
    known = [call for call in work.talks if all(talk.whole_s is not None for talk in call)]
    whole = [talk.whole_s for talk in parts if talk.whole_s is not None]
    talk = [part.talk_s for part in parts]
    hold = [part.hold_s for part in parts]
    n, acw = len(work.talks), sum(work.after_call)
    handle = sum(whole) + acw
    of_known = sum(part.whole_s or 0.0 for call in known for part in call) + acw
    signed_in = minus(work.signed_in, work.unheard) if work.signed_in is not None else None
    ready = minus(minus(work.ready, work.unheard), _talking(parts)) if work.ready is not None else None
    ready_s, signed_in_s = _seconds(ready), _seconds(signed_in)
    return Handling(
        {
            "handled": Figure(n, n, "H: calls in which this person talked with the caller"),
            "talk": Figure(_sum(talk), len(parts), "sum of talks without holds, seconds"),
            "hold": Figure(_sum(hold), len(parts), "sum of holds, seconds"),
            "after_call": Figure(acw, len(work.after_call), "ACW: sum from hang-up to ready, seconds"),
            "aht": Figure(
                of_known / len(known) if known else None, len(known), "(talk + hold + ACW) / H, seconds; no ringing"
            ),
            "occupancy": _share(handle, handle + ready_s if ready_s is not None else None,
                                "handle / (handle + ready), handle = talk + hold + ACW"),
            "utilisation": _share(handle, signed_in_s, "handle / signed in to a queue"),
            "signed_in": Figure(signed_in_s, n, "in a queue, paused or not, seconds"),
        },
        unknown=len(parts) - len(whole),
        holds_unknown=hold.count(None),
    )  # fmt: skip


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


def _sum(values: Sequence[float | None]) -> float | None:
    """Null where one of them is: half a sum would look like a whole one."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _seconds(intervals: Sequence[Interval] | None) -> float | None:
    return None if intervals is None else sum((end - start).total_seconds() for start, end in intervals)


def _share(part: float, whole: float | None, formula: str) -> Figure:
    return Figure(part / whole if whole else None, 0 if whole is None else round(whole), formula)
