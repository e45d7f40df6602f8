"""Tickets, their append-only history, their assignments to agencies, their files and their calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base, Id, Word
from callcenter.models.clocks import TicketClock
from callcenter.models.matters import Noted, add_words, is_one_matter
from callcenter.models.people import Agency
from callcenter.vocab import AssignmentRole, Clock, TicketKind, TicketState


class Ticket(Noted, Base):
    """A report or a question, from its draft on. Every change of `state` is a `TicketEvent`.

    What is promised until when are its `clocks`, the oldest first; `triage_due`, `accept_due` and `answer_due` are the
    newest promise of each kind. `parent_id` is the matter that a duplicate was linked to.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        # A report of the app or the web that is sent twice is one ticket.
        Index("uq_ticket_source_source_ref", "source", "source_ref", unique=True),
        Index("ix_ticket_state_created_at", "state", "created_at"),
        Index("ix_ticket_reporter_phone", "reporter_phone"),
        Index("ix_ticket_caller", "caller"),
        Index("ix_ticket_safe_contact", "id", postgresql_where=text("safe_contact")),
        Index("ix_ticket_ward_code_created_at", "ward_code", "created_at"),
        Index("ix_ticket_created_at_id", "created_at", "id"),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    kind: Mapped[TicketKind]
    source_ref: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[TicketState]

    lead_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    routing_reason: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)

    filed_at: Mapped[datetime | None] = mapped_column(index=True)
    routed_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    bounces: Mapped[int] = mapped_column(server_default=text("0"))
    reopened: Mapped[int] = mapped_column(server_default=text("0"))
    extended: Mapped[int] = mapped_column(server_default=text("0"))
    rating: Mapped[int | None]
    rating_note: Mapped[str | None]
    rated_at: Mapped[datetime | None]

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


words = add_words(Ticket.__table__)
is_one_matter(Ticket.__table__, is_call_back=False)


class TicketEvent(Base):
    """One thing that happened to a ticket or a call-back; written once, never changed (the database refuses).

    `move` is a verb of `tickets.rules.moves`; `from_state` and `to_state` are equal where nothing moved. `actor_id`
    is empty where a rule or the citizen acted, and `actor` is the name, which outlives the account.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ix_ticket_event_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    move: Mapped[Word]
    from_state: Mapped[TicketState | None]
    to_state: Mapped[TicketState]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    reason: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class TicketCall(Base):
    """A call that belongs to a ticket or a call-back.

    It `opened` it, was `missed`, `asked_again`, or was made to `call_back`.
    """

    __tablename__ = "ticket_call"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
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
    """A file on a ticket or a call-back.

    Bytes lie in the data folder under `sha256`; `content_type` is what they really are.
    """

    __tablename__ = "attachment"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    purpose: Mapped[Word]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
