"""Completeness of capture: gaps of each PBX connection, and the rows of its own logs (queue_log, CEL) by call."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word

# SQL: evidence that time takes away, in words that its index has too.
KEPT_ROWS = "verdict = 'agrees' AND rows <> '{}'"


class PbxGap(Base):
    """A time in which no listener was connected to this PBX; open (`ended_at` null) while it lasts.

    From the last moment that is known to have been heard to the log-in that ended it, by our clock. `why` is the
    reason in words. `restarted` says that the PBX itself was down in between, `settled_at` that its witnesses have
    been read beyond the end.
    """

    __tablename__ = "pbx_gap"
    __table_args__ = (
        Index("ix_pbx_gap_pbx_started_at", "pbx", "started_at"),
        Index("uq_pbx_gap_open", "pbx", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    pbx: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(server_default="")
    restarted: Mapped[bool] = mapped_column(server_default=text("false"))
    settled_at: Mapped[datetime | None]


class WitnessCursor(Base):
    """How far one witness of one PBX has been read: `place` is the reader's own, never a time.

    `read_at` is when it was last looked at, `read_to` the moment of the newest row seen, `error` why it could not
    be read the last time.
    """

    __tablename__ = "witness_cursor"

    pbx: Mapped[str] = mapped_column(String(80), primary_key=True)
    witness: Mapped[Word] = mapped_column(primary_key=True)
    place: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    read_at: Mapped[datetime]
    read_to: Mapped[datetime | None]
    error: Mapped[str | None]


class Testimony(Base):
    """What the PBX's own logs say of one call, and how that compares with the call as AMI showed it.

    `rows` are the raw rows, `{queue_log: [line], cel: [{column: value}]}`, in order, kept as they came. `verdict` is a
    `callcenter.vocab.Verdict`, `differences` `[{field, recorded, witnessed}]` at the time of the verdict. `call_id` is
    the record it was compared with. `closed` says that the witness saw the end, so that no more rows are expected.
    """

    __tablename__ = "testimony"
    __table_args__ = (
        Index("ix_testimony_unchecked", "pbx", "last_at", postgresql_where=text("verdict IS NULL")),
        Index("ix_testimony_pbx_started_at", "pbx", "started_at"),
        Index("ix_testimony_kept_rows", "pbx", "checked_at", postgresql_where=text(KEPT_ROWS)),
    )

    pbx: Mapped[str] = mapped_column(String(80), primary_key=True)
    linkedid: Mapped[str] = mapped_column(String(150), primary_key=True)
    rows: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed: Mapped[bool] = mapped_column(server_default=text("false"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    verdict: Mapped[str | None] = mapped_column(String(40))
    differences: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    checked_at: Mapped[datetime | None]
