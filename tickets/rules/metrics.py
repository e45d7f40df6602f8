"""The figures of a call centre, each with its formula and its sample, from calls in the contract's format.

Notation (by calls that entered a queue): E entered, A answered, Ab hung up waiting, X left the queue otherwise, B
turned away before a queue, w seconds waited, T the service threshold, s the short-abandon threshold; A_T answered
with w <= T, Ab_T abandoned with w <= T, Ab_s abandoned with w < s. Six "service levels" of one data set lie far
apart, so each is named. Sources: Asterisk app_queue.c (SL1, SL2), Vonage (SL3, SL3x), RingCentral (SL4), XCALLY
(SL5), Google CCAI (abandon_google), Wazo queue statistics (wait_avg, answered_rate).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.vocab import Disposition, Outcome, Reason


@dataclass(frozen=True)
class Figure:
    """`value` is None where there is nothing to divide by; `n` is the size of the sample it is taken over."""

    value: float | None
    n: int
    formula: str

    def as_dict(self) -> dict[str, Any]:
        return {"value": self.value, "n": self.n, "formula": self.formula}


@dataclass(frozen=True)
class Sample:
    """What of one call counts; `wait_s` only where it entered a queue."""

    outcome: Outcome
    queued: bool
    wait_s: float
    talk_s: float
    reason: str | None


def samples(calls: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """Finished calls of the contract's format; live ones and calls of test numbers are left out."""
    return [
        Sample(
            Outcome(call["outcome"]),
            call["queued_at"] is not None,
            float(call["wait_s"] or 0),
            float(call["talk_s"] or 0),
            call.get("reason"),
        )
        for call in calls
        if call["outcome"] is not None and call.get("disposition") != Disposition.TEST
    ]


def call_figures(calls: Iterable[Sample], *, service_level_s: float, short_abandon_s: float) -> dict[str, Figure]:
    """Every figure that calls alone can tell."""
    calls = list(calls)
    entered = [call for call in calls if call.queued]
    answered = [call for call in entered if call.outcome == Outcome.ANSWERED]
    abandoned = [call for call in entered if call.outcome == Outcome.ABANDONED]
    refused = [c for c in calls if c.outcome == Outcome.UNSERVED and not c.queued and c.reason != Reason.CLOSED]
    e, a, ab = len(entered), len(answered), len(abandoned)
    x = e - a - ab
    a_t = sum(call.wait_s <= service_level_s for call in answered)
    ab_t = sum(call.wait_s <= service_level_s for call in abandoned)
    ab_s = sum(call.wait_s < short_abandon_s for call in abandoned)
    return {
        "entered": Figure(e, len(calls), "E: calls that entered a queue"),
        "answered": Figure(a, e, "A: of E, an operator talked with the caller"),
        "abandoned": Figure(ab, e, "Ab: of E, the caller hung up waiting"),
        "timeout": _count(calls, Outcome.TIMEOUT, "waited as long as the queue allows, no message"),
        "unserved": _count(calls, Outcome.UNSERVED, "turned away: full, empty or closed"),
        "failed": _count(calls, Outcome.FAILED, "broken by technology before an answer"),
        "sl1": _share(a_t, a, "A_T / A"),
        "sl2": _share(a_t + ab_t, a + ab + x, "(A_T + Ab_T) / (A + Ab + X)"),
        "sl3": _share(a_t, a + ab, "A_T / (A + Ab)"),
        "sl3x": _share(a_t, a + ab + x, "A_T / (A + Ab + X)"),
        "sl4": _share(a_t, a + ab - ab_s, "A_T / (A + Ab - Ab_s)"),
        "sl5": _share(a_t, a + ab - ab_t, "A_T / (A + Ab with w > T)"),
        "asa": _mean([call.wait_s for call in answered], "sum(w of A) / A, seconds"),
        "wait_avg": _mean([call.wait_s for call in entered], "sum(w of E) / E, seconds"),
        "abandon_plain": _share(ab, e, "Ab / E"),
        "abandon_net": _share(ab - ab_s, e - ab_s, "(Ab - Ab_s) / (E - Ab_s)"),
        "abandon_google": _share(ab - ab_s, a + ab - ab_s, "(Ab - Ab_s) / (A + Ab - Ab_s)"),
        "answered_rate": _share(a, e + len(refused), "A / (A + Ab + X + B), closed hours left out of B"),
        "aht": _mean([call.talk_s for call in answered], "sum(talk with holds) / A, seconds, no after-call work"),
        "occupancy": Figure(None, 0, "handle / (handle + ready); calls alone do not tell who was ready"),
        "utilisation": Figure(None, 0, "handle / signed in; calls alone do not tell who was signed in"),
    }  # fmt: skip


def ticket_figures(tickets: Iterable[Mapping[str, Any]]) -> dict[str, Figure]:
    """What tickets tell: closed at the first contact, answered on time. Call-backs count as neither."""
    filed = [t for t in tickets if t["kind"] != "callback" and t["filed_at"] is not None]
    answered = [t for t in filed if t["resolved_at"] is not None and t["answer_due"] is not None]
    on_time = sum(datetime.fromisoformat(t["resolved_at"]) <= datetime.fromisoformat(t["answer_due"]) for t in answered)
    first = sum(t["tier"] == 1 for t in filed)
    return {
        "fcr": _share(first, len(filed), "tickets closed at tier 1 / tickets filed"),
        "on_time": _share(
            on_time, len(answered), "answered at or before the due moment (extensions and waits moved it) / answered"
        ),
    }


def _count(calls: list[Sample], outcome: Outcome, formula: str) -> Figure:
    return Figure(sum(call.outcome == outcome for call in calls), len(calls), formula)


def _share(part: int, whole: int, formula: str) -> Figure:
    return Figure(part / whole if whole > 0 else None, max(whole, 0), formula)


def _mean(values: list[float], formula: str) -> Figure:
    return Figure(sum(values) / len(values) if values else None, len(values), formula)
