"""JSON lines of `scripts/manage calls` and `tickets`: the contract's names, oldest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Assignment, Call, Ticket, TicketCall
from callcenter.vocab import AssignmentRole
from tickets.life.loading import CLOCKS

_CALL_COLUMNS = (
    "pbx", "linkedid", "number_dialled", "caller", "caller_raw", "caller_name", "started_at", "queued_at",
    "answered_at", "ended_at", "queue", "outcome", "stage", "reason", "branch", "lost_in_transfer", "wait_s",
    "talk_s", "hold_s", "operator", "operators", "rang", "transfers", "hung_up_by", "recording",
)  # fmt: skip
_TICKET_COLUMNS = (
    "code", "kind", "tier", "source", "state", "level", "created_at", "filed_at", "routed_at", "accepted_at",
    "resolved_at", "closed_at", "accept_due", "answer_due", "bounces", "asked_again", "reopened", "rating",
)  # fmt: skip
_PAGE = 1000


def export_calls(session: Session, since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
    """Calls that began in [since, until), each as the contract's object."""
    query = _between(select(Call), Call.started_at, since, until).order_by(Call.started_at, Call.id)
    for page in _pages(session, query):
        codes = _codes_of(session, [call.id for call in page])
        for call in page:
            yield {
                **{name: _plain(getattr(call, name)) for name in _CALL_COLUMNS},
                "tickets": codes.get(call.id, []),
                "disposition": call.disposition,
                "repaired": call.repaired,
            }


def export_tickets(session: Session, since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
    """Tickets that were opened in [since, until), drafts included."""
    query = _between(select(Ticket).options(CLOCKS), Ticket.created_at, since, until)
    query = query.order_by(Ticket.created_at, Ticket.id)
    agencies = {id_: code for id_, code in session.execute(select(Agency.id, Agency.code))}
    for page in _pages(session, query):
        ids = [ticket.id for ticket in page]
        calls, partners = _calls_of(session, ids), _partners_of(session, ids, agencies)
        for ticket in page:
            yield {
                **{name: _plain(getattr(ticket, name)) for name in _TICKET_COLUMNS},
                "category": ticket.category_code,
                "ward": ticket.ward_code,
                "lead_agency": agencies.get(ticket.lead_agency_id or 0),
                "co_agencies": partners.get(ticket.id, []),
                "calls": calls.get(ticket.id, []),
            }


def _between(query: Select[Any], column: Any, since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        query = query.where(column >= since)
    if until is not None:
        query = query.where(column < until)
    return query


def _pages(session: Session, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """A cursor on the server, so that a year of calls does not have to fit into memory."""
    return session.scalars(query.execution_options(yield_per=_PAGE)).partitions()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _codes_of(session: Session, calls: Sequence[int]) -> dict[int, list[str]]:
    query = (
        select(TicketCall.call_id, Ticket.code)
        .join(Ticket, Ticket.id == TicketCall.ticket_id)
        .where(TicketCall.call_id.in_(calls))
        .order_by(Ticket.id)
    )
    return _grouped(session, query)


def _calls_of(session: Session, tickets: Sequence[int]) -> dict[int, list[str]]:
    query = (
        select(TicketCall.ticket_id, Call.linkedid)
        .join(Call, Call.id == TicketCall.call_id)
        .where(TicketCall.ticket_id.in_(tickets))
        .order_by(Call.started_at, Call.id)
    )
    return _grouped(session, query)


def _partners_of(session: Session, tickets: Sequence[int], agencies: dict[int, str]) -> dict[int, list[str]]:
    query = (
        select(Assignment.ticket_id, Assignment.agency_id)
        .where(
            Assignment.ticket_id.in_(tickets),
            Assignment.role == AssignmentRole.CO,
            Assignment.given_back_reason.is_(None),
        )
        .order_by(Assignment.id)
    )
    return {ticket: [agencies[id_] for id_ in dict.fromkeys(ids)] for ticket, ids in _grouped(session, query).items()}


def _grouped(session: Session, query: Select[int, Any]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for key, value in session.execute(query):
        groups.setdefault(key, []).append(value)
    return groups
