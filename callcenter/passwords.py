"""Passwords: kept as argon2id, checked in the same time whether the account exists or not."""

from collections.abc import Mapping
from typing import Any

from callcenter.errors import Busy, WorkFailed
from callcenter.pool.lane import Bounds, Lane

# Of every password that a person is given or takes; pages and commands ask here.
SHORTEST = 12
LONGEST = 1000
# Hashing takes 64 MB and a tenth of a second of both processors of a small machine: one at a time. A shift that signs
# in together waits a few seconds at most; a process stays for the next one.
_LANE = Lane(
    "passwords",
    "callcenter.argon",
    Bounds(waiting=40, patience_s=10, memory_mb=512, nice=5, idle_s=600, usual_s=0.15),
)


def hash_password(password: str) -> str:
    """An encoded argon2id hash; it holds its own salt and cost, so the cost can rise later. Raises Busy."""
    found = _run("hash", {"password": password})
    return str(found["hash"])


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it is that password. Pass None for an unknown user: it costs as much time, and is never true.

    Raises Busy when too many passwords wait to be looked at.
    """
    found = _run("verify", {"password_hash": password_hash, "password": password})
    return found["matches"] is True


def _run(call: str, arguments: Mapping[str, str | None]) -> dict[str, Any]:
    try:
        return _LANE.run(call, arguments)[0]
    except WorkFailed:
        # Nothing is wrong with the password: the machine could not look at it now.
        raise Busy(5) from None
