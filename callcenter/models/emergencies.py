"""Emergencies passed to 113, 114, 115 or 111, and the number that the PBX dials for each of these."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id
from callcenter.vocab import EmergencyEnd, EmergencyService, Level


class EmergencyLine(Base):
    """What the PBX dials for a service where that is not the service's own number; '' where it reaches none.

    `confirmed` once it has been tried from this PBX.
    """

    __tablename__ = "emergency_line"

    service: Mapped[EmergencyService] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    confirmed: Mapped[bool] = mapped_column(server_default=text("false"))


class Emergency(Base):
    """One service asked for in one call, from the key that began it until it is over (`ended_at`, `ended`).

    `number` is as it is dialled, '' where there is none. `call_id` is null where there was no call any more.
    `answered_at` is when the service's telephone was picked up, by the PBX's word; `taken_at` when a shift leader took
    it on. `level_before` is what the ticket was before it became urgent. Names outlive the accounts.
    """

    __tablename__ = "emergency"
    __table_args__ = (
        # The same key twice is one emergency.
        Index("uq_emergency_open", "ticket_id", "service", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_emergency_open_call_id", "call_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    service: Mapped[EmergencyService]
    number: Mapped[str] = mapped_column(String(20), server_default="")
    level_before: Mapped[Level]
    began_at: Mapped[datetime] = mapped_column(index=True)
    began_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    began_by: Mapped[str]
    extension: Mapped[str] = mapped_column(String(20), server_default="")
    answered_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended: Mapped[EmergencyEnd | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
