"""Records of listening to calls' messages and recordings, and text messages to citizens."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id
from callcenter.vocab import Hearing, Sound, TextResult


class Listening(Base):
    """One listening to a call's message or recording; written once, never changed (the database refuses).

    `how` is on the page, or on a telephone where this machine has no file. `ticket_id` is the ticket it was heard
    from, where it was one; `who` outlives the account.
    """

    __tablename__ = "listening"
    __table_args__ = (Index("ix_listening_call_id_sound", "call_id", "sound"),)

    id: Mapped[Id]
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    sound: Mapped[Sound]
    how: Mapped[Hearing]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    who: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    at: Mapped[datetime] = mapped_column(index=True)


class TextMessage(Base):
    """A text message (SMS) to a citizen about a ticket; sent at most once.

    Taken (`taken_at`) in a transaction of its own before it goes out, so that a crash in between leaves it `unknown`
    rather than sent twice. `answer` are the gateway's own words.
    """

    __tablename__ = "text_message"
    __table_args__ = (Index("ix_text_message_open", "id", postgresql_where=text("result IS NULL")),)

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by: Mapped[str]
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[TextResult | None]
    answer: Mapped[str | None]
