"""Ticket lists: the columns of a row, read without entities however long the list is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, SQLColumnExpression, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from callcenter.models import Agency, Category, Ticket, Ward
from callcenter.vocab import Level, Source, TicketState

# What a `Line` shows, of `Ticket`. Each name by a question of its own: that is planned in half the time of joins, which
# a search does each time anew.
COLUMNS: tuple[SQLColumnExpression[Any], ...] = (
    *(Ticket.id, Ticket.code, Ticket.state, Ticket.level, Ticket.source, Ticket.created_at),
    *(Ticket.filed_at, Ticket.description),
    select(Category.name).where(Category.code == Ticket.category_code).scalar_subquery(),
    select(Ward.name).where(Ward.code == Ticket.ward_code).scalar_subquery(),
    select(Agency.name).where(Agency.id == Ticket.lead_agency_id).scalar_subquery(),
)
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
    def of(cls, ticket: Ticket) -> "Line":
        return cls(
            *(ticket.id, ticket.code, ticket.state, ticket.level, ticket.source),
            *(ticket.created_at, ticket.filed_at, ticket.description),
            ticket.category.name if ticket.category else None,
            ticket.ward.name if ticket.ward else None,
            ticket.lead_agency.name if ticket.lead_agency else None,
        )


def read(session: Session, ids: Sequence[int]) -> list[Line]:
    """These tickets, in this order."""
    found = {row[0]: Line(*row) for row in session.connection().execute(_LINES, {"ids": list(ids)})} if ids else {}
    return [found[number] for number in ids if number in found]


def of_all(tickets: Sequence[Ticket]) -> list[Line]:
    return [Line.of(ticket) for ticket in tickets]
