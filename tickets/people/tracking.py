"""Tracking of a ticket from outside: its state and answer, without names or numbers of people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from callcenter.errors import NotFound
from callcenter.models import Attachment, Ticket, TicketEvent
from callcenter.vocab import Clock, Source, TicketState
from tickets.life import clocks
from tickets.life.attachments import EVIDENCE
from tickets.life.loading import CLOCKS
from tickets.people import citizens
from tickets.rules import policy
from tickets.rules.states import ANSWERED, HIDDEN, STATES


@dataclass(frozen=True)
class PublicStatus:
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


@dataclass(frozen=True)
class Evidence:
    """A file that the agency put to its answer."""

    id: int
    name: str
    content_type: str
    size: int


@dataclass(frozen=True)
class Journey:
    """A ticket's progress for the citizen that has proved it theirs; `standing` is the part that is public.

    `promised`: the answer is due then; before an agency has it, the time that such a report gets. `refusal` is why it
    was rejected. `question` is what the agency wants to know while it waits, until `waits_until`. `may` holds verbs
    of `tickets.people.citizens`.
    """

    now: datetime
    standing: PublicStatus
    routed_at: datetime | None
    accepted_at: datetime | None
    reopened_at: datetime | None
    triage_due: datetime | None
    promised: datetime | None
    closes_at: datetime | None
    refusal: str | None
    question: str | None
    waits_until: datetime | None
    extended: int
    evidence: tuple[Evidence, ...]
    rating: int | None
    rating_note: str | None
    may: frozenset[str]


def by_phone(session: Session, code: str, last_four: str) -> PublicStatus:
    """For the citizen: the code and the last four digits of the number; NotFound does not tell which was wrong."""
    found = _ticket(session, code)
    numbers = [number for number in (found.reporter_phone, found.caller) if number]
    if len(last_four) != 4 or not any(number.endswith(last_four) for number in numbers):
        raise NotFound(f"no ticket {code} with these digits")
    return standing(found)


def journey(session: Session, code: str, now: datetime) -> Journey:
    """For the citizen after a check of code and digits. Raises NotFound."""
    ticket = _ticket(session, code)
    answered = ticket.state in ANSWERED
    waiting = STATES[ticket.state].stands
    asked = _last(session, ticket, "ask") if waiting else None
    reopened = _last(session, ticket, "reopen", "reopen_triage") if ticket.reopened else None
    return Journey(
        now=now,
        standing=standing(ticket),
        routed_at=ticket.routed_at,
        accepted_at=ticket.accepted_at,
        reopened_at=reopened.at if reopened else None,
        triage_due=ticket.triage_due,
        promised=ticket.answer_due or _usual_answer(session, ticket),
        closes_at=_closes_at(ticket),
        refusal=ticket.resolution if ticket.state == TicketState.REJECTED else None,
        question=asked.reason if asked else None,
        waits_until=clocks.waits_until(session, ticket) if waiting else None,
        extended=ticket.extended,
        evidence=_evidence(session, ticket) if answered else (),
        rating=ticket.rating,
        rating_note=ticket.rating_note,
        may=citizens.open_to(session, ticket, now),
    )


def evidence(session: Session, file_id: int) -> Attachment:
    """A file of an answer that was given; NotFound for every other file."""
    query = (
        select(Attachment)
        .join(Ticket, Ticket.id == Attachment.ticket_id)
        .where(Attachment.id == file_id, Attachment.purpose == EVIDENCE)
        .where(Ticket.state.in_(ANSWERED), ~Ticket.safe_contact)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"no evidence {file_id}")
    return found


def by_source(session: Session, code: str, source: Source) -> PublicStatus:
    """For a program: only what came in through its own door."""
    found = _ticket(session, code)
    if found.source != source:
        raise NotFound(f"no ticket {code} of {source}")
    return standing(found)


def standing(ticket: Ticket) -> PublicStatus:
    return PublicStatus(
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
        answer=ticket.resolution if ticket.state in ANSWERED else None,
    )


def _ticket(session: Session, code: str) -> Ticket:
    query = (
        select(Ticket)
        .where(
            Ticket.code == code,
            Ticket.state.not_in(HIDDEN),
            # Whoever holds the telephone of somebody in danger finds nothing here.
            ~Ticket.safe_contact,
        )
        .options(joinedload(Ticket.category), joinedload(Ticket.ward), joinedload(Ticket.lead_agency), CLOCKS)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"no ticket {code}")
    return found


def _usual_answer(session: Session, ticket: Ticket) -> datetime | None:
    """When such a report is answered, while no agency has it yet."""
    if ticket.filed_at is None:
        return None
    return clocks.times(session).due(ticket.level, Clock.ANSWER, ticket.filed_at)


def _closes_at(ticket: Ticket) -> datetime | None:
    if ticket.state != TicketState.RESOLVED or ticket.resolved_at is None:
        return None
    return ticket.resolved_at + policy.CLOSE_AFTER


def _last(session: Session, ticket: Ticket, *moves: str) -> TicketEvent | None:
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.move.in_(moves))
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _evidence(session: Session, ticket: Ticket) -> tuple[Evidence, ...]:
    query = (
        select(Attachment.id, Attachment.name, Attachment.content_type, Attachment.size)
        .where(Attachment.ticket_id == ticket.id, Attachment.purpose == EVIDENCE)
        .order_by(Attachment.id)
    )
    return tuple(Evidence(*row) for row in session.execute(query))
