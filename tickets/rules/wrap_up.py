"""After-call pauses: when a telephone may be paused at the PBX, and for how long. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

# app_queue's numbers for a telephone that does not count as a member: unknown, invalid, unavailable.
_NOBODY = frozenset({0, 4, 5})

Members = Sequence[Mapping[str, Any]]


def leaves_somebody(queues: Iterable[Members], extension: str, pausing: Collection[str] = ()) -> bool:
    """Whether every queue that rings this telephone still has another member to ring.

    Asterisk turns new and waiting callers away from a queue once all its members are paused
    (`joinempty`, `leavewhenempty`). `pausing` are telephones that are being paused, and do not show it yet.
    """
    away = {extension, *pausing}
    mine = (members for members in queues if any(member.get("extension") == extension for member in members))
    return all(any(_rings(member) and member.get("extension") not in away for member in members) for members in mine)


def alone(queues: Iterable[Members], reason: str) -> set[str]:
    """Telephones paused with this reason in a queue without another member to ring: they are needed now."""
    return {
        str(member["extension"])
        for members in queues
        if not any(_rings(member) for member in members)
        for member in members
        if member.get("reason") == reason and _works(member)
    }


def _rings(member: Mapping[str, Any]) -> bool:
    return not member.get("paused") and _works(member)


def _works(member: Mapping[str, Any]) -> bool:
    return member.get("status") not in _NOBODY
