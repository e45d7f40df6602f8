"""Accounts: agencies, users with their extensions, and the programs that send reports."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from callcenter.db import Base, Id, Word
from callcenter.vocab import AgencyKind, Role


class Agency(Base):
    """A body that resolves tickets: a department, a company, a commune's committee, an office."""

    __tablename__ = "agency"

    id: Mapped[Id]
    code: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[AgencyKind]
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("ward.code"), index=True)
    phone: Mapped[str | None]
    needs_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class ExtensionSpan(Base):
    """One person's hold of an extension, from `since` to `until`; open (`until` is null) while it lasts. Closed, never
    changed.

    `ended_by_id` is another person where it was taken over by them. An extension is one telephone, whatever PBX it is
    at.
    """

    __tablename__ = "extension_span"
    __table_args__ = (
        CheckConstraint("until >= since", name="ends_after_it_began"),
        # Two people on one extension would share a caller, and a person sits at one desk.
        Index("uq_extension_span_extension", "extension", unique=True, postgresql_where=text("until IS NULL")),
        Index("uq_extension_span_user", "user_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_extension_span_extension_since", "extension", "since"),
        Index("ix_extension_span_user_id_since", "user_id", "since"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    extension: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class User(Base):
    """A person who signs in. `session_epoch` rises to end all sessions of that person.

    `extension` is the one this person has now (`ExtensionSpan`), `usual_extension` the one they are given at sign-in
    where it is free. `approves` marks an officer who heads the agency and approves its answers; `tours` are the guided
    tours that this person has seen or left.
    """

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("role <> 'officer' OR agency_id IS NOT NULL", name="officer_has_agency"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    username: Mapped[Word] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    usual_extension: Mapped[str | None] = mapped_column("extension", String(20))
    extension: Mapped[str | None] = column_property(
        select(ExtensionSpan.extension)
        .where(ExtensionSpan.user_id == id, ExtensionSpan.until.is_(None))
        .correlate_except(ExtensionSpan)
        .scalar_subquery()
    )
    language: Mapped[str] = mapped_column(String(5), server_default="vi")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    approves: Mapped[bool] = mapped_column(server_default=text("false"))
    tours: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    session_epoch: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]

    agency: Mapped[Agency | None] = relationship()


class ApiToken(Base):
    """A program's key. Only its SHA-256 is kept; `scope` is `api` or `open311`, `source` marks its reports."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Word]
    source: Mapped[Word]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SavedSearch(Base):
    """A search that a person keeps under a name; `query` is what stands in its address."""

    __tablename__ = "saved_search"
    __table_args__ = (Index("uq_saved_search_name", "user_id", "name", unique=True),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    query: Mapped[str]
    created_at: Mapped[datetime]
