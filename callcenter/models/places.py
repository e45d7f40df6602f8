"""Administrative units: today's, and the names of before July 2025 that people still use."""

from sqlalchemy import Boolean, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word


class Ward(Base):
    """A commune (`xã`) or ward (`phường`) of today, by its official code."""

    __tablename__ = "ward"

    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[Word]
    folded: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class FormerUnit(Base):
    """A unit of before July 2025 and one unit of today that took it over; a split unit has several rows."""

    __tablename__ = "former_unit"
    __table_args__ = (Index("uq_former_unit_place", "name", "district", "province", "ward_code", unique=True),)

    id: Mapped[Id]
    name: Mapped[str]
    district: Mapped[str]
    province: Mapped[str]
    folded: Mapped[str] = mapped_column(String, index=True)
    ward_code: Mapped[str] = mapped_column(ForeignKey("ward.code"), index=True)
    partial: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
