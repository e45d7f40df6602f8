"""Configuration data of the province: fields, routing rules, deadlines, working days, test numbers."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Id, Word
from callcenter.vocab import Clock, Level


class Category(Base):
    """A field (lĩnh vực). The code stays; the name may change."""

    __tablename__ = "category"

    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    evidence_required: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class PauseReason(Base):
    """Why an operator takes no calls for a while, in the PBX's own words (`code`) and in people's (`name`)."""

    __tablename__ = "pause_reason"

    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class RoutingRule(Base):
    """Agency of the tickets that meet the conditions. An empty condition fits all; `to_commune` sends it to the
    committee of the ticket's ward."""

    __tablename__ = "routing_rule"
    __table_args__ = (CheckConstraint("to_commune <> (agency_id IS NOT NULL)", name="one_target"),)

    id: Mapped[Id]
    position: Mapped[int]
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("ward.code"))
    level: Mapped[Level | None]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    to_commune: Mapped[bool] = mapped_column(server_default=text("false"))
    co_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    co_commune: Mapped[bool] = mapped_column(server_default=text("false"))
    note: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class SlaTarget(Base):
    """How long a clock may run for a level, in minutes, of working time or by the clock on the wall.

    `confirmed` once the province has adopted it as its own, and not our default.
    """

    __tablename__ = "sla_target"

    level: Mapped[Level] = mapped_column(primary_key=True)
    clock: Mapped[Clock] = mapped_column(primary_key=True)
    minutes: Mapped[int]
    working_time: Mapped[bool]
    confirmed: Mapped[bool] = mapped_column(server_default=text("false"))


class WorkingPeriod(Base):
    """Hours of a weekday (0 Monday) in which working time runs, by the local clock. None at all: the default week."""

    __tablename__ = "working_period"
    __table_args__ = (CheckConstraint("opens < closes AND weekday BETWEEN 0 AND 6", name="sensible"),)

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]


class CalendarDay(Base):
    """A day that differs from its weekday: a holiday, or a Saturday worked instead."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    note: Mapped[str]


class TestNumber(Base):
    """A number whose calls are tests and count in no figure (E.164)."""

    __tablename__ = "test_number"

    number: Mapped[Word] = mapped_column(primary_key=True)
    note: Mapped[str]
