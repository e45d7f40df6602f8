"""Sign-in sessions: begun at sign-in, ended at sign-out or with all of the account (`User.session_epoch`)."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from callcenter.models import UserSession
from callcenter.push import announce

_TOKEN_BYTES = 32


def begin(session: Session, user_id: int, epoch: int, *, now: datetime) -> str:
    """A new session; its token, which nothing but the browser's cookie keeps.

    `epoch` is the one that the password was checked with: a password that is changed meanwhile ends this session too.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(UserSession(token_hash=hash_of(token), user_id=user_id, epoch=epoch, created_at=now))
    return token


def end(session: Session, token: str | None, *, now: datetime) -> None:
    """This browser's session is over, wherever its cookie was copied to; open pages hear it. Twice is once."""
    if token is None:
        return
    query = (
        update(UserSession)
        .where(UserSession.token_hash == hash_of(token), UserSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(UserSession.id)
    )
    for session_id in session.scalars(query):
        announce(session, topic(session_id))


def keep(session: Session, session_id: int, epoch: int) -> None:
    """The one session that goes on after its person's `session_epoch` rose."""
    session.get_one(UserSession, session_id).epoch = epoch


def topic(session_id: int) -> str:
    """Where it is announced that a session has ended."""
    return f"session:{session_id}"


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
