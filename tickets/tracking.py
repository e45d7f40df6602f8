"""What may be told about a ticket outside the house: where it stands and what was answered, nobody's name or number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from callcenter.errors import NotFound
from callcenter.models import Ticket
from callcenter.vocab import Source, TicketKind, TicketState

# What is still being written down, or was put aside, is nobody's business yet.
_INNER = (TicketState.DRAFT, TicketState.DISCARDED)
_ANSWERED = (TicketState.RESOLVED, TicketState.CLOSED)


@dataclass(frozen=True)
class Standing:
    """A ticket as the citizen or another program sees it. `answer` only once it was given."""

    code: str
    state: TicketState
    category: str | None
    category_name: str | None
    ward: str | None
    ward_name: str | None
    agency: str | None
    filed_at: datetime | None
    answer_due: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    answer: str | None


def by_phone(session: Session, code: str, last_four: str) -> Standing:
    """For the citizen: the code and the last four digits of the number; NotFound does not tell which was wrong."""
    found = _ticket(session, code)
    numbers = [number for number in (found.reporter_phone, found.caller) if number]
    if len(last_four) != 4 or not any(number.endswith(last_four) for number in numbers):
        raise NotFound(f"no ticket {code} with these digits")
    return standing(found)


def by_source(session: Session, code: str, source: Source) -> Standing:
    """For a program: only what came in through its own door."""
    found = _ticket(session, code)
    if found.source != source:
        raise NotFound(f"no ticket {code} of {source}")
    return standing(found)


def standing(ticket: Ticket) -> Standing:
    return Standing(
        code=ticket.code,
        state=ticket.state,
        category=ticket.category_code,
        category_name=ticket.category.name if ticket.category else None,
        ward=ticket.ward_code,
        ward_name=ticket.ward.name if ticket.ward else None,
        agency=ticket.lead_agency.name if ticket.lead_agency else None,
        filed_at=ticket.filed_at,
        answer_due=ticket.answer_due,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        answer=ticket.resolution if ticket.state in _ANSWERED else None,
    )


def _ticket(session: Session, code: str) -> Ticket:
    query = (
        select(Ticket)
        .where(Ticket.code == code, Ticket.state.not_in(_INNER), Ticket.kind != TicketKind.CALLBACK)
        .options(joinedload(Ticket.category), joinedload(Ticket.ward), joinedload(Ticket.lead_agency))
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"no ticket {code}")
    return found
