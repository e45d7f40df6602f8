"""Ticket lists: the columns of a row, read without entities however long the list is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, SQLColumnExpression, any_, bindparam, null, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from callcenter.models import Agency, CallBack, Category, Ticket, TicketOrCallBack, Ward
from callcenter.vocab import Level, Source, TicketState

Columns = tuple[SQLColumnExpression[Any], ...]


def _columns(of: type[Ticket] | type[CallBack], filed_at: Any, lead_agency: Any) -> Columns:
    """Each name by a question of its own: that is planned in half the time of joins, which a search does each time."""
    return (
        *(of.id, of.code, of.state, of.level, of.source, of.created_at),
        *(filed_at, of.description),
        select(Category.name).where(Category.code == of.category_code).scalar_subquery(),
        select(Ward.name).where(Ward.code == of.ward_code).scalar_subquery(),
        lead_agency,
    )


# What a `Line` shows, of `Ticket` and of `CallBack`.
_LEAD = select(Agency.name).where(Agency.id == Ticket.lead_agency_id).scalar_subquery()
COLUMNS = _columns(Ticket, Ticket.filed_at, _LEAD)
CALL_BACK_COLUMNS = _columns(CallBack, CallBack.due_since, null())
# Built once: the statement is the same for any list, and so is the database's plan for it.
_LINES = select(*COLUMNS).where(Ticket.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))


class Line(NamedTuple):
    """One ticket; `category`, `ward` and `lead_agency` are names, None where it has none yet."""

    id: int
    code: str
    state: TicketState
    level: Level
    source: Source
    created_at: datetime
    filed_at: datetime | None
    description: str
    category: str | None
    ward: str | None
    lead_agency: str | None

    @classmethod
    def of(cls, ticket: TicketOrCallBack) -> "Line":
        return cls(
            *(ticket.id, ticket.code, ticket.state, ticket.level, ticket.source),
            *(ticket.created_at, ticket.filed_at, ticket.description),
            ticket.category.name if ticket.category else None,
            ticket.ward.name if ticket.ward else None,
            ticket.lead_agency.name if isinstance(ticket, Ticket) and ticket.lead_agency else None,
        )


def read(session: Session, ids: Sequence[int]) -> list[Line]:
    """These tickets, in this order."""
    found = {row[0]: Line(*row) for row in session.connection().execute(_LINES, {"ids": list(ids)})} if ids else {}
    return [found[number] for number in ids if number in found]


def of_all(tickets: Sequence[TicketOrCallBack]) -> list[Line]:
    return [Line.of(ticket) for ticket in tickets]
