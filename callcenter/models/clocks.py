"""Ticket clocks: one row for each promise with a due moment, of the whole ticket or of one agency's part."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base, Id
from callcenter.vocab import Clock, ClockOutcome

if TYPE_CHECKING:
    from callcenter.models.tickets import Assignment

_RUNS = text("ended_at IS NULL")
_UNNOTED = text("ended_at IS NULL AND stands_since IS NULL AND breached_at IS NULL")


class TicketClock(Base):
    """A promise that runs, or ran, until `due`.

    Of the whole ticket, or of the `assignment_id` that has to keep it. It stands from `stands_since` on while the
    citizen is asked; `paused_minutes` of working time it stood before, together with the clocks that it took over from.
    `breached_at` is when the present due moment was noted as missed. Ended, it is `kept`, `broken` or `withdrawn`, and
    is changed no more; a promise given anew is a new row.

    Exactly one of a kind runs for a ticket. A writer of a clock holds the lock of its ticket.
    """

    __tablename__ = "clock"
    __table_args__ = (
        Index("uq_clock_runs", "ticket_id", "kind", unique=True, postgresql_where=_RUNS),
        # What runs out next, and was not noted yet.
        Index("ix_clock_due", "due", postgresql_where=_UNNOTED),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    kind: Mapped[Clock]
    started_at: Mapped[datetime]
    due: Mapped[datetime]
    stands_since: Mapped[datetime | None]
    paused_minutes: Mapped[int] = mapped_column(default=0)
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[ClockOutcome | None]

    assignment: Mapped["Assignment | None"] = relationship()
