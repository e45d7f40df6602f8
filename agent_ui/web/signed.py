"""Signed tokens that a browser carries: each for one purpose, and valid for a while."""

import hmac
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from callcenter.errors import NotFound


def seal(purpose: str, value: Any) -> str:
    """A token that fits into an address or a hidden field. Readable by all, changed by none without the key."""
    return _serializer(purpose).dumps(value)


def unseal(purpose: str, token: str, *, max_age_s: int) -> Any:
    """What was sealed. Raises NotFound for a token of another purpose or key, or one that is too old."""
    try:
        return _serializer(purpose).loads(token, max_age=max_age_s)
    except BadSignature:
        raise NotFound(f"no good token for {purpose}") from None


def own_key(purpose: str, subject: int) -> str:
    """32 bytes in hex that this site gives to one person for one purpose, the same ones each time they sign in."""
    return hmac.new(str(current_app.secret_key).encode(), f"{purpose}:{subject}".encode(), "sha256").hexdigest()


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"hotline-{purpose}")
