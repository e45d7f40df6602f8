"""Sign-in sessions, one for each browser."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id


class UserSession(Base):
    """One sign-in of a person in one browser, valid until `ended_at` and while `epoch` is `User.session_epoch`.

    The browser's cookie holds a token; only its SHA-256 is kept here.
    """

    __tablename__ = "user_session"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    epoch: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
