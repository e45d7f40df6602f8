"""Work behind the scenes: promises to be kept after a commit, and what was set aside because it could not be done."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word


class OutboxRow(Base):
    """A promise written with the change it follows from. Open until `done_at` or `failed_at` is set.

    `send_at` is when the relay may hand it to rq (again); the handler stamps `done_at` in its own transaction, so
    a job that the broker lost is sent once more, and one that was done twice changes nothing.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_open",
            "queue",
            "send_at",
            postgresql_where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    queue: Mapped[Word]
    payload: Mapped[dict[str, Any]]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    created_at: Mapped[datetime]
    send_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None]


class SetAside(Base):
    """Something that could not be worked on, kept whole so that a person can look and nothing else waits for it.

    `origin` is `listener`, `routing` or `api`; `reference` is the linkedid, ticket code or outbox number.
    """

    __tablename__ = "set_aside"
    __table_args__ = (Index("ix_set_aside_open", "created_at", postgresql_where=text("settled_at IS NULL")),)

    id: Mapped[Id]
    origin: Mapped[Word]
    reference: Mapped[str]
    payload: Mapped[dict[str, Any]]
    error: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
