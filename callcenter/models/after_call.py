"""Operators between calls: after-call work, and the state of each telephone in the queues."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word
from callcenter.vocab import AfterCallEnd


class AfterCall(Base):
    """From hang-up (`began_at`) to ready (`ended_at`), by our clock; `user_id` had the extension then.

    `paused_at` is when the PBX first showed the pause, `ready_due` when they are ready again by themselves, `asked_at`
    when that was last asked of the PBX. `how` it ended; where the PBX never paused them, it lasted no time.
    """

    __tablename__ = "after_call"
    __table_args__ = (
        Index("uq_after_call_open", "pbx", "extension", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_after_call_user_id_began_at", "user_id", "began_at"),
    )

    id: Mapped[Id]
    pbx: Mapped[str] = mapped_column(String(80))
    extension: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    began_at: Mapped[datetime]
    ready_due: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    how: Mapped[AfterCallEnd | None]


class PhoneStint(Base):
    """A telephone in a queue of a PBX, as that showed it: `doing` `free`, `paused` (why: `reason`) or `dead`.

    A telephone in no queue has none. While the PBX is not heard (`PbxGap`) the last one stands, and says nothing.
    """

    __tablename__ = "phone_stint"
    __table_args__ = (
        Index("uq_phone_stint_open", "pbx", "extension", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_phone_stint_since", "since"),
    )

    id: Mapped[Id]
    pbx: Mapped[str] = mapped_column(String(80))
    extension: Mapped[str] = mapped_column(String(20))
    doing: Mapped[Word]
    reason: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
