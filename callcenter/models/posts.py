"""Form posts: nonces that were carried out, and answers kept for the browser's redirect."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base


class FormPost(Base):
    """The nonce of a form whose post was carried out, written in the same transaction: a second post does nothing."""

    __tablename__ = "form_post"
    __table_args__ = (Index("ix_form_post_at", "at"),)

    nonce: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]


class KeptAnswer(Base):
    """A page that answers a post (a refusal with what was typed), for the redirect that follows; `body` is packed.

    `token` is the hash of what the browser's address holds, `holder` that of a value in its session.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (Index("ix_kept_answer_at", "at"),)

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
