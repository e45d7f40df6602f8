"""Nuisance numbers: a leader's decision about each, and the list that each PBX holds."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base
from callcenter.vocab import NuisanceStep


class NuisanceNumber(Base):
    """What holds for one number (E.164), until `until`; `free` where nothing holds any more.

    `lowered_at` is since when it waits behind the others without a pause: a number is never blocked before that. Each
    decision is a `ChangeRecord` too.
    """

    __tablename__ = "nuisance_number"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    step: Mapped[NuisanceStep]
    reason: Mapped[str]
    until: Mapped[datetime]
    lowered_at: Mapped[datetime]
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by: Mapped[str]


class PbxListed(Base):
    """What one PBX is known to hold of a number: `held` since `held_at`, and what it was asked to hold.

    `commands` are the numbers of the `PbxCommand`s that do it, while their end is not known.
    """

    __tablename__ = "pbx_listed"

    pbx: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[str] = mapped_column(ForeignKey("nuisance_number.number"), primary_key=True)
    held: Mapped[NuisanceStep | None]
    held_at: Mapped[datetime | None]
    asked: Mapped[NuisanceStep | None]
    asked_at: Mapped[datetime | None]
    commands: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default="{}")
