"""Pool task: argon2id hashes, made and compared."""

from collections.abc import Mapping

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from callcenter.pool.framing import Work

_hasher = PasswordHasher()
# Made before the first password comes, so that an unknown name never takes longer than a known one.
_UNKNOWN = _hasher.hash("of no account")


def _hash(_body: bytes, *, password: str) -> tuple[dict[str, str], bytes]:
    try:
        return {"hash": _hasher.hash(password)}, b""
    except HashingError:
        raise MemoryError from None


def _verify(_body: bytes, *, password_hash: str | None, password: str) -> tuple[dict[str, bool], bytes]:
    try:
        _hasher.verify(password_hash or _UNKNOWN, password)
    except (VerifyMismatchError, InvalidHashError):
        return {"matches": False}, b""
    except VerificationError:
        # No memory or no thread for it: that says nothing about the password.
        raise MemoryError from None
    return {"matches": password_hash is not None}, b""


WORK: Mapping[str, Work] = {"hash": _hash, "verify": _verify}
