"""Tickets, their append-only history, their assignments to agencies, their files and their calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base, Id, Word
from callcenter.models.clocks import TicketClock
from callcenter.models.people import Agency, User
from callcenter.models.places import Ward
from callcenter.models.rules import Category
from callcenter.vocab import AssignmentRole, Clock, Level, Source, TicketKind, TicketState

ticket_number = Sequence("ticket_number", metadata=Base.metadata)


class Ticket(Base):
    """A report, a question, or a call-back to make. Every change of `state` is a `TicketEvent`.

    `version` counts edits of what people type, so that two of them notice each other; what the listener or a rule
    changes beside it (owner, state) does not disturb a person typing. What is promised until when are its `clocks`, the
    oldest first; `triage_due`, `accept_due` and `answer_due` are the newest promise of each kind. `consented_at` is
    when the citizen agreed that the personal data are used for this report, `may_publish` that it may be published
    without them. `call_at` is the earliest moment of the next try to call back (null: any time), `agency_may_hear`
    that the agency may play the recordings of its calls. `safe_contact`: no call, no message, nothing shown
    (`tickets.life.safe`).
    """

    __tablename__ = "ticket"
    __table_args__ = (
        # A report of the app or the web that is sent twice is one ticket.
        Index("uq_ticket_source_source_ref", "source", "source_ref", unique=True),
        # One open call-back a number (DESIGN: further missed calls join it).
        Index(
            "uq_ticket_open_callback",
            "caller",
            unique=True,
            postgresql_where=text("kind = 'callback' AND state IN ('draft', 'filed')"),
        ),
        Index("ix_ticket_state_created_at", "state", "created_at"),
        Index("ix_ticket_reporter_phone", "reporter_phone"),
        Index("ix_ticket_caller", "caller"),
        Index("ix_ticket_safe_contact", "id", postgresql_where=text("safe_contact")),
        Index("ix_ticket_ward_code_created_at", "ward_code", "created_at"),
        Index("ix_ticket_created_at_id", "created_at", "id"),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[TicketKind]
    tier: Mapped[int | None]
    source: Mapped[Source]
    source_ref: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[TicketState]
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"), index=True)
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("ward.code"))
    address: Mapped[str] = mapped_column(server_default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    level: Mapped[Level]
    description: Mapped[str] = mapped_column(server_default="")
    reporter_name: Mapped[str] = mapped_column(server_default="")
    reporter_phone: Mapped[str | None] = mapped_column(String(20))
    keep_identity: Mapped[bool] = mapped_column(server_default=text("false"))
    caller: Mapped[str | None] = mapped_column(String(20))

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    lead_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    routing_reason: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    resolution: Mapped[str | None]

    created_at: Mapped[datetime]
    filed_at: Mapped[datetime | None] = mapped_column(index=True)
    routed_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    bounces: Mapped[int] = mapped_column(server_default=text("0"))
    asked_again: Mapped[int] = mapped_column(server_default=text("0"))
    reopened: Mapped[int] = mapped_column(server_default=text("0"))
    extended: Mapped[int] = mapped_column(server_default=text("0"))
    rating: Mapped[int | None]
    rating_note: Mapped[str | None]
    rated_at: Mapped[datetime | None]
    consented_at: Mapped[datetime | None]
    may_publish: Mapped[bool] = mapped_column(server_default=text("false"))
    safe_contact: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    call_at: Mapped[datetime | None]
    agency_may_hear: Mapped[bool] = mapped_column(server_default=text("false"))

    category: Mapped[Category | None] = relationship()
    ward: Mapped[Ward | None] = relationship()
    owner: Mapped[User | None] = relationship()
    lead_agency: Mapped[Agency | None] = relationship()
    clocks: Mapped[list[TicketClock]] = relationship(order_by=TicketClock.id)

    def clock(self, kind: Clock) -> TicketClock | None:
        """The newest clock of this kind, running or ended."""
        return next((clock for clock in reversed(self.clocks) if clock.kind == kind), None)

    @property
    def triage_due(self) -> datetime | None:
        return self._due(Clock.TRIAGE)

    @property
    def accept_due(self) -> datetime | None:
        return self._due(Clock.ACCEPT)

    @property
    def answer_due(self) -> datetime | None:
        return self._due(Clock.ANSWER)

    @property
    def waiting_since(self) -> datetime | None:
        """When the present wait for the citizen began; None where the answer's clock does not stand."""
        clock = self.clock(Clock.ANSWER)
        return clock.stands_since if clock else None

    @property
    def paused_minutes(self) -> int:
        """Working minutes of the waits for the citizen that are over."""
        clock = self.clock(Clock.ANSWER)
        return clock.paused_minutes if clock else 0

    def _due(self, kind: Clock) -> datetime | None:
        clock = self.clock(kind)
        return clock.due if clock else None


# What a ticket is found by, folded: a name that is kept from the agencies has the weight A, everything else B. The
# database writes it, and no ticket that is read carries it: it is a column of the table and not of the class.
words: Column[str] = Column(
    "words",
    TSVECTOR,
    Computed(
        "setweight(to_tsvector('simple'::regconfig,"
        " folded(description || ' ' || address || ' ' || COALESCE(resolution, ''))), 'B')"
        " || setweight(to_tsvector('simple'::regconfig, folded(reporter_name)),"
        " CASE WHEN keep_identity THEN 'A'::\"char\" ELSE 'B'::\"char\" END)",
        persisted=True,
    ),
)
assert isinstance(Ticket.__table__, Table)
Ticket.__table__.append_column(words)
Index(
    "ix_ticket_words",
    words,
    postgresql_using="gin",
    postgresql_with={"gin_pending_list_limit": 256},
)


class TicketEvent(Base):
    """One thing that happened to a ticket; written once, never changed (the database refuses).

    `move` is a verb of `tickets.rules.moves`; `from_state` and `to_state` are equal where nothing moved. `actor_id`
    is empty where a rule or the citizen acted, and `actor` is the name, which outlives the account.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ix_ticket_event_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    move: Mapped[Word]
    from_state: Mapped[TicketState | None]
    to_state: Mapped[TicketState]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    # Written after the ticket that it is of, where both are new.
    ticket: Mapped[Ticket] = relationship()


class TicketCall(Base):
    """A call that belongs to a ticket: `opened` it, was `missed`, `asked_again`, or was made to `call_back`."""

    __tablename__ = "ticket_call"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True, index=True)
    relation: Mapped[Word]


class Assignment(Base):
    """A ticket in an agency's hands, from being routed there until it is done or given back."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("uq_assignment_open", "ticket_id", "agency_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_assignment_agency_id_ticket_id", "agency_id", "ticket_id"),
        Index("ix_assignment_agency_id_open", "agency_id", postgresql_where=text("ended_at IS NULL")),
        Index(
            "ix_assignment_given_back",
            "agency_id",
            "ended_at",
            postgresql_where=text("given_back_reason IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    role: Mapped[AssignmentRole]
    assigned_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    given_back_reason: Mapped[str | None]

    agency: Mapped[Agency] = relationship()


class Attachment(Base):
    """A file on a ticket. Bytes lie in the data folder under `sha256`; `content_type` is what they really are."""

    __tablename__ = "attachment"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    purpose: Mapped[Word]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
