"""Shift handovers: the open items that one leader left to the next, as they were at that moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id


class ShiftHandover(Base):
    """One handing over. `items` are `{list, code, caller, what, who, due}` in the lists' order, kept as they were.

    Open until the receiver confirms it (`confirmed_at`) or the giver takes it back (`withdrawn_at`).
    """

    __tablename__ = "shift_handover"
    __table_args__ = (
        Index(
            "uq_shift_handover_open",
            "given_by_id",
            unique=True,
            postgresql_where=text("confirmed_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    given_at: Mapped[datetime] = mapped_column(index=True)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    given_by: Mapped[str]
    given_to_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    given_to: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    confirmed_at: Mapped[datetime | None]
    remark: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
