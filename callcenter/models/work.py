"""Background work: the outbox, messages set aside after failing, and commands to the PBX."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word


class OutboxRow(Base):
    """A promise written with the change it follows from. Open until `done_at` or `failed_at` is set.

    A trigger of the table notifies the relay, once the transaction commits.

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
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)
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


class PbxCommand(Base):
    """Something a PBX shall do, asked for by a person, sent at most once by the listener that owns the connection.

    Taken (`taken_at`) in a transaction of its own before it is sent, so that a crash in between leaves it undone rather
    than done twice; it is not taken after `expires_at`. `result` is `done`, `refused`, `expired` or `unknown`, `answer`
    the PBX's own words.
    """

    __tablename__ = "pbx_command"
    __table_args__ = (
        Index("ix_pbx_command_open", "pbx", "id", postgresql_where=text("result IS NULL")),
        Index("ix_pbx_command_extension_id", "extension", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(80))
    verb: Mapped[Word]
    extension: Mapped[str] = mapped_column(String(20))
    arguments: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(40))
    answer: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class ChangeRecord(Base):
    """What an administrator changed, written once, never changed (the database refuses).

    `subject` is the kind of thing (`user`, `category`, `calendar_day`), `key` which one; `before` and `after` are its
    values without secrets, empty where it did not exist.
    """

    __tablename__ = "change_record"
    __table_args__ = (Index("ix_change_record_subject_key_id", "subject", "key", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    subject: Mapped[Word]
    key: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    after: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
