"""Outgoing calls: requested from a ticket and made by the PBX, with the progress that it reported."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id
from callcenter.vocab import CallOut


class OutgoingCall(Base):
    """One call to a citizen about a ticket: the operator's own telephone first (`picked_up_at`), then the citizen's.

    `dialling_at`, `reached_at` and `ended_at` are the PBX's own moments, `result` its word for how it ended, `talk_s`
    how long the two were connected. `who` outlives the account. The id goes to the PBX and comes back with its events.
    """

    __tablename__ = "outgoing_call"
    __table_args__ = (
        Index("ix_outgoing_call_open", "extension", postgresql_where=text("ended_at IS NULL")),
        Index("ix_outgoing_call_extension_id", "extension", "id"),
    )

    id: Mapped[Id]
    pbx: Mapped[str] = mapped_column(String(80))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    who: Mapped[str]
    extension: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime]
    dialling_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[CallOut | None]
    talk_s: Mapped[float] = mapped_column(server_default=text("0"))
