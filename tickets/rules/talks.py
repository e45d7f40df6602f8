"""Talks of one call: the operators, from when to when, as far as it is known. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

_STILL = datetime.max.replace(tzinfo=UTC)
COLUMNS = ("started_at", "answered_at", "operators", "talks", "talk_s", "hold_s")


class Part(Protocol):
    @property
    def until(self) -> datetime | None: ...


P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Talk:
    """One operator's part of a call. `whole_s` is talk and hold together; None where its length is not known."""

    extension: str
    since: datetime
    whole_s: float | None
    hold_s: float | None

    @property
    def until(self) -> datetime | None:
        return None if self.whole_s is None else self.since + timedelta(seconds=self.whole_s)

    @property
    def talk_s(self) -> float | None:
        """Without the holds."""
        if self.whole_s is None or self.hold_s is None:
            return None
        return max(0.0, self.whole_s - self.hold_s)


def of_call(call: Mapping[str, Any]) -> list[Talk]:
    """From a call's `COLUMNS`, in order.

    What a witness supplied has no `talks`: of a single operator the call's own figures are theirs; of several no length
    is known, and all are taken to have begun with the first answer.
    """
    operators = call["operators"]
    heard = [_heard(talk) for talk in call["talks"]]
    if {talk.extension for talk in heard} == set(operators):
        return heard
    began = call["answered_at"] or call["started_at"]
    alone = len(operators) == 1 and call["talk_s"]
    whole, hold = (call["talk_s"], call["hold_s"]) if alone else (None, None)
    return [Talk(extension, began, whole, hold) for extension in operators]


def of_row(row: Any) -> list[Talk]:
    """`of_call` of a row of the table."""
    return of_call({name: getattr(row, name) for name in COLUMNS})


def last(row: Any) -> Talk | None:
    """Owner of the call: the operator that talked last, be it for the second time; of several at once, the last to
    join.

    Where no length is known, the last to join.
    """
    return latest(of_row(row))


def latest(parts: Sequence[P]) -> P | None:
    """The operator that talks still, or did last; of several at once, the last to join."""
    return max(enumerate(parts), key=lambda one: (one[1].until or _STILL, one[0]), default=(0, None))[1]


def _heard(talk: Mapping[str, Any]) -> Talk:
    since = datetime.fromisoformat(talk["since"])
    whole = (datetime.fromisoformat(talk["until"]) - since).total_seconds() if talk["until"] else None
    return Talk(talk["extension"], since, whole, talk["hold_s"])
