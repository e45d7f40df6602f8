"""JSON lines of `scripts/manage calls` and `tickets`: the contract's names, oldest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Assignment, Call, CallBack, Matter, Ticket, TicketCall, TicketOrCallBack
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
# Of what never comes to a call-back.
_NEVER = {"bounces": 0, "reopened": 0}
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
    """Tickets and call-backs that were opened in [since, until), drafts included."""
    agencies = {id_: code for id_, code in session.execute(select(Agency.id, Agency.code))}
    for page in _tickets_and_call_backs(session, since, until):
        ids = [one.id for one in page]
        calls, partners = _calls_of(session, ids), _partners_of(session, ids, agencies)
        for one in page:
            yield {
                **{name: _plain(getattr(one, name, _NEVER.get(name))) for name in _TICKET_COLUMNS},
                "category": one.category_code,
                "ward": one.ward_code,
                "lead_agency": agencies.get(getattr(one, "lead_agency_id", None) or 0),
                "co_agencies": partners.get(one.id, []),
                "calls": calls.get(one.id, []),
            }


def _tickets_and_call_backs(
    session: Session, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[TicketOrCallBack]]:
    """Of both tables in one order, page by page."""
    tickets = _between(select(Ticket).options(CLOCKS), Ticket.created_at, since, until)
    waiting = _between(select(CallBack), CallBack.created_at, since, until)
    sides: list[Iterator[TicketOrCallBack]] = [
        (one for page in _pages(session, query.order_by(of.created_at, of.id)) for one in page)
        for of, query in ((Ticket, tickets), (CallBack, waiting))
    ]
    both = merge(*sides, key=lambda one: (one.created_at, one.id))
    while page := list(islice(both, _PAGE)):
        yield page


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
        select(TicketCall.call_id, Matter.code)
        .join(Matter, Matter.id == TicketCall.ticket_id)
        .where(TicketCall.call_id.in_(calls))
        .order_by(Matter.id)
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
