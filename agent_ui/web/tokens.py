"""API keys of other programs: long and random, so one plain SHA-256 is enough; only that is kept."""

import hashlib
import secrets


def make_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """64 hexadecimal digits, as `ApiToken.token_hash` holds them."""
    return hashlib.sha256(token.encode()).hexdigest()
