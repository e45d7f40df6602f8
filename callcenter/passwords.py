"""Passwords of people: kept as argon2id, checked in the same time whether the person exists or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Of every password that a person is given or takes; pages and commands ask here.
SHORTEST = 12
LONGEST = 1000
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An encoded argon2id hash; it holds its own salt and cost, so the cost can rise later."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it is that password. Pass None for an unknown user: it costs as much time, and is never true."""
    try:
        matches = _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody's")
