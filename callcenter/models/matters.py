"""What tickets and call-backs share: the table of their codes, and what is noted of a caller and what they say."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from callcenter.db import Base
from callcenter.models.people import User
from callcenter.models.places import Ward
from callcenter.models.rules import Category
from callcenter.vocab import Level, Source

ticket_number = Sequence("ticket_number", metadata=Base.metadata)
matter_id = Sequence("matter_id", metadata=Base.metadata)


class Matter(Base):
    """What has a code: a ticket or, where `is_call_back`, a call-back, whose row has the same id and code.

    What may hang on either (history, calls, files, what was sent, heard and dialled) refers to it, so that nothing of
    that moves when a draft becomes a call-back, or a call-back a draft again. By its keys a code is one matter's, and a
    matter one of the two. The database writes it (the trigger `matter` of both tables): nobody asks for it twice.
    """

    __tablename__ = "matter"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("id", "code", "is_call_back"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(12))
    is_call_back: Mapped[bool]


class Noted:
    """The columns that a draft and a call-back both have, and that go along when one becomes the other.

    `version` counts edits of what people type, so that two of them notice each other; what the listener or a rule
    changes beside it (owner, state) does not disturb somebody who is typing. `consented_at` is when the citizen agreed
    that the personal data are used for this report, `may_publish` that it may be shown to everybody without them.
    `agency_may_hear`: the agency may play the recordings of its calls.
    `safe_contact`: nobody calls, writes or shows anything (`tickets.life.safe`).
    """

    # From the sequence `matter_id`, and known beforehand: so many rows are written by one statement.
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    tier: Mapped[int | None]
    source: Mapped[Source]
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
    resolution: Mapped[str | None]
    created_at: Mapped[datetime]
    asked_again: Mapped[int] = mapped_column(server_default=text("0"))
    consented_at: Mapped[datetime | None]
    may_publish: Mapped[bool] = mapped_column(server_default=text("false"))
    safe_contact: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    agency_may_hear: Mapped[bool] = mapped_column(server_default=text("false"))

    @declared_attr
    @classmethod
    def category(cls) -> Mapped[Category | None]:
        return relationship(Category)

    @declared_attr
    @classmethod
    def ward(cls) -> Mapped[Ward | None]:
        return relationship(Ward)

    @declared_attr
    @classmethod
    def owner(cls) -> Mapped[User | None]:
        return relationship(User)


NOTED = tuple(Noted.__annotations__)


def add_words(table: Any) -> Column[str]:
    """What it is found by, folded: a name that is kept from the agencies has the weight A, everything else B.

    The database writes it, and no row that is read carries it: it is a column of the table and not of the class.
    """
    assert isinstance(table, Table)
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
    table.append_column(words)
    options: dict[str, Any] = {"postgresql_using": "gin", "postgresql_with": {"gin_pending_list_limit": 256}}
    Index(f"ix_{table.name}_words", words, **options)
    return words


def is_one_matter(table: Any, *, is_call_back: bool) -> None:
    """Tie the rows of a table to those of `matter` that are of its kind: by id, code, and what nobody can set."""
    assert isinstance(table, Table)
    said = "true" if is_call_back else "false"
    table.append_column(Column("is_call_back", Boolean, nullable=False, server_default=text(said)))
    table.append_constraint(CheckConstraint(f"is_call_back = {said}", name="is_call_back"))
    names = ("id", "code", "is_call_back")
    table.append_constraint(ForeignKeyConstraint(names, [f"matter.{name}" for name in names]))
