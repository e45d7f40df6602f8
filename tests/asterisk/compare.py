"""Comparison of a call in the product's export with the call that was played."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.asterisk.stage import Truth

TOLERANCE_S = 1.2
Told = Mapping[str, Any]


def differences(truth: Mapping[str, Any], call: Mapping[str, Any], tolerance: float = TOLERANCE_S) -> list[str]:
    """One line for each field that differs; seconds may be off by 1.2, for both sides measure over a wire."""
    return [
        f"{name}: {call.get(_field(name))!r} instead of {wanted!r}"
        for name, wanted in truth.items()
        if not _same(name, wanted, call.get(_field(name)), tolerance)
    ]


def pair(truths: Sequence[Truth], calls: Iterable[Told]) -> list[tuple[Truth, Told | None]]:
    """Each truth with its call: by the number dialled, in the order they came; None where there is none."""
    waiting: dict[str, list[Told]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: str(call["started_at"])):
        waiting[call["number_dialled"]].append(call)
    return [(truth, _next(waiting[truth.fields["number_dialled"]])) for truth in truths]


def _next(calls: list[Told]) -> Told | None:
    return calls.pop(0) if calls else None


def _field(name: str) -> str:
    return name.removesuffix("_unordered")


def _same(name: str, wanted: Any, found: Any, tolerance: float) -> bool:
    if name.endswith("_s"):
        return found is not None and abs(found - wanted) <= tolerance
    if name.endswith("_unordered"):
        return sorted(found or ()) == sorted(wanted)
    return bool(found == wanted)
