"""Idempotent form posts: each nonce is carried out once, and the answering page is kept for the redirect."""

import hashlib
import re
import zlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.models import FormPost, KeptAnswer

# A form that is posted once more after this is checked by the ticket's state alone.
_NONCE_LASTS = timedelta(days=2)
ANSWER_LASTS = timedelta(hours=1)
_NONCE = re.compile(r"[0-9a-f]{32}")


def is_first(session: Session, nonce: str, now: datetime) -> bool:
    """Whether the form with this nonce is carried out for the first time; True for a form without one.

    A second post waits for the transaction of the first one, and is no second post where that fails.
    """
    if not _NONCE.fullmatch(nonce):
        return True
    once = insert(FormPost).values(nonce=nonce, at=now).on_conflict_do_nothing().returning(FormPost.nonce)
    return session.scalar(once) is not None


def is_done(session: Session, nonce: str) -> bool:
    """Whether the form with this nonce was carried out before."""
    return bool(nonce) and session.get(FormPost, nonce) is not None


def keep(session: Session, token: str, holder: str, status: int, body: bytes, now: datetime) -> None:
    """Keep the page that answers a post, for the holder of the token."""
    packed = zlib.compress(body, 6)
    session.add(KeptAnswer(token=_hash(token), holder=_hash(holder), status=status, body=packed, at=now))


def kept(session: Session, token: str, holder: str, now: datetime) -> tuple[int, bytes] | None:
    """Status and page; None for a token that is unknown, too old, or another holder's."""
    query = select(KeptAnswer.status, KeptAnswer.body).where(
        KeptAnswer.token == _hash(token), KeptAnswer.holder == _hash(holder), KeptAnswer.at > now - ANSWER_LASTS
    )
    found = session.execute(query).one_or_none()
    return (found.status, zlib.decompress(found.body)) if found else None


def sweep(session: Session, now: datetime) -> None:
    """Clear away what is too old to be asked for."""
    session.execute(delete(FormPost).where(FormPost.at < now - _NONCE_LASTS))
    session.execute(delete(KeptAnswer).where(KeptAnswer.at < now - ANSWER_LASTS))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
