"""Caller notes by telephone number, and complaints and denunciations that were referred elsewhere."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base, Id
from callcenter.models.people import User
from callcenter.vocab import GrievanceKind


class Contact(Base):
    """One telephone number (E.164): its holder's name, what to mind (`ContactFlag`), and the last author of the
    note."""

    __tablename__ = "contact"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    note: Mapped[str] = mapped_column(server_default="")
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Grievance(Base):
    """A complaint or a denunciation: the party it is against, its summary, and the operator that guided the caller.

    Kept apart from the tickets by law (it is never public, and no agency's inbox shows it); `ticket_id` is the draft
    that ended so, and holds none of these words.
    """

    __tablename__ = "grievance"

    id: Mapped[Id]
    kind: Mapped[GrievanceKind]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    against: Mapped[str] = mapped_column(server_default="")
    summary: Mapped[str] = mapped_column(server_default="")
    reporter_name: Mapped[str] = mapped_column(server_default="")
    reporter_phone: Mapped[str | None] = mapped_column(String(20))
    guided_at: Mapped[datetime] = mapped_column(index=True)
    guided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    guided_by: Mapped[User | None] = relationship()
