"""Live floor: each member of the team in a queue, ringing, talking or free, and the waits of callers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import extensions
from callcenter.models import Call, PbxQueue
from tickets.desk import queries

# app_queue's numbers for a telephone that cannot ring: invalid, unavailable.
_DEAD = frozenset({4, 5})


class Doing(StrEnum):
    """What one of the team does now, the strongest of what is true first."""

    HOLDING = "holding"
    TALKING = "talking"
    RINGING = "ringing"
    PAUSED = "paused"
    DEAD = "dead"
    FREE = "free"
    OUT = "out"


@dataclass(frozen=True)
class Seat:
    """An extension that a person has, or that a queue rings; `name` of its holder now, or as the PBX calls it.

    `since` begins the present talk, ring or pause where that is known, `call` is it. `reason` of a pause is a code of
    `PauseReason`, or `callcenter.vocab.UNANSWERED`, or the PBX's own word.
    """

    extension: str
    name: str
    doing: Doing
    call: Call | None = None
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Floor:
    """`seats` in the order of need; `known` is False while no PBX has reported its queues."""

    waiting: Sequence[Call]
    live: Sequence[Call]
    seats: Sequence[Seat]
    known: bool

    @property
    def queued(self) -> list[Call]:
        """Callers that wait in a queue; those that still hear the greeting are not among them."""
        return [call for call in self.waiting if call.queued_at is not None]

    @property
    def longest(self) -> datetime | None:
        return min((call.queued_at for call in self.queued if call.queued_at), default=None)

    @property
    def talks(self) -> list[Call]:
        return [call for call in self.live if call.talking]

    def count(self, *doing: Doing) -> int:
        return sum(seat.doing in doing for seat in self.seats)


def floor(session: Session) -> Floor:
    live = session.scalars(select(Call).where(Call.ended_at.is_(None)).order_by(Call.started_at)).all()
    queues = session.scalars(select(PbxQueue)).all()
    people = {extension: user.name for extension, user in extensions.held_now(session).items()}
    seats = _seats(people, queues, live)
    return Floor(queries.waiting_calls(session), live, seats, known=bool(queues))


def _seats(people: Mapping[str, str], queues: Iterable[PbxQueue], live: Sequence[Call]) -> list[Seat]:
    members: dict[str, list[Mapping[str, Any]]] = {}
    for queue in queues:
        for member in queue.members:
            members.setdefault(str(member.get("extension", "")), []).append(member)
    members.pop("", None)
    order = list(Doing)
    seats = [_seat(extension, people, members.get(extension, ()), live) for extension in {*people, *members}]
    return sorted(seats, key=lambda seat: (order.index(seat.doing), seat.extension))


def _seat(
    extension: str, people: Mapping[str, str], members: Sequence[Mapping[str, Any]], live: Sequence[Call]
) -> Seat:
    called = (str(member.get("name") or "") for member in members)
    name = people.get(extension) or next((name for name in called if name not in ("", extension)), "")
    for call in live:
        if extension in call.talking:
            # The talk of a call that was passed on began later than its first answer: not known, so not shown.
            since = call.answered_at if len(call.operators) <= 1 else None
            return Seat(extension, name, Doing.HOLDING if extension in call.holding else Doing.TALKING, call, since)
    for call in live:
        if extension in call.ringing:
            return Seat(extension, name, Doing.RINGING, call, call.queued_at or call.started_at)
    doing = idle(members)
    reason, since = why_paused(members) if doing is Doing.PAUSED else ("", None)
    return Seat(extension, name, doing, since=since, reason=reason)


def idle(members: Sequence[Mapping[str, Any]]) -> Doing:
    """State of a telephone without a call, from `PbxQueue.members` of all queues."""
    if not members:
        return Doing.OUT
    if all(member.get("paused") for member in members):
        return Doing.PAUSED
    return Doing.DEAD if all(member.get("status") in _DEAD for member in members) else Doing.FREE


def why_paused(members: Sequence[Mapping[str, Any]]) -> tuple[str, datetime | None]:
    """The reason and the beginning of a pause, from `PbxQueue.members`: of several queues the one that began last."""
    paused = [member for member in members if member.get("paused")]
    if not paused:
        return "", None
    latest = max(paused, key=lambda member: int(member.get("since") or 0))
    began = int(latest.get("since") or 0)
    return str(latest.get("reason") or ""), datetime.fromtimestamp(began, UTC) if began else None
