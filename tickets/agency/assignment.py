"""Routing of a filed ticket by the rules: to an agency, or to triage; either way with the reason."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import batch, new_rows
from callcenter.db import any_of
from callcenter.models import Agency, Assignment, RoutingRule, Ticket
from callcenter.push import announce
from callcenter.vocab import AgencyKind, TicketState
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import history, parts
from tickets.rules.handover import Handover
from tickets.rules.routing import Decision, Rule, choose_agency

ROUTING = Actor.rule("routing")


def take_all(session: Session, handovers: Sequence[Handover], *, now: datetime) -> None:
    """Route these tickets, in this order, with what they share read once.

    Raises what `take` raises; then none of them is routed. `session` is theirs alone.
    """
    batch.begin(session)
    tickets = history.locked_all(session, [handover.ticket for handover in handovers])
    ids = [ticket.id for ticket in tickets.values()]
    parts.open_of_all(session, ids)
    # A lead and a co-ordinating agency each.
    parts.reserve_ids(session, 2 * len(ids))
    refused = _refused(session, ids)
    for handover in handovers:
        ticket = history.locked(session, handover.ticket)
        _route(session, ticket, refused[ticket.id], now)
    new_rows.write(session)


def take(session: Session, handover: Handover, *, now: datetime) -> None:
    """Route one ticket. A ticket that is past being filed (routed by hand, withdrawn) is left as it is.

    Raises NotFound where there is no such ticket.
    """
    ticket = history.locked(session, handover.ticket)
    _route(session, ticket, None, now)


def _route(session: Session, ticket: Ticket, refused: frozenset[int] | None, now: datetime) -> None:
    if ticket.state != TicketState.FILED:
        return
    decision = decide(session, ticket, refused)
    if decision.lead is None:
        ticket.routing_reason = decision.why
        history.move(session, ticket, "triage", ROUTING, now=now, why=decision.why)
        announce(session, "stuck")
        return
    casework.place(
        session, ticket, decision.lead, decision.co, ROUTING, now=now, why=decision.why, rule=decision.rule_id
    )


def decide(session: Session, ticket: Ticket, refused: frozenset[int] | None = None) -> Decision:
    """What the rules say of this ticket now; the database's row is believed, not the message's copy of it."""
    return choose_agency(
        batch.once(session, "rules", lambda: rules(session)),
        batch.once(session, "communes", lambda: communes(session)),
        category=ticket.category_code,
        ward=ticket.ward_code,
        level=ticket.level,
        refused=_refused(session, [ticket.id])[ticket.id] if refused is None else refused,
    )


def rules(session: Session) -> list[Rule]:
    """The active rules in their order; one whose agency no longer works is left out."""
    query = (
        select(RoutingRule)
        .outerjoin(Agency, Agency.id == RoutingRule.agency_id)
        .where(RoutingRule.active, RoutingRule.to_commune | Agency.active)
        .order_by(RoutingRule.position, RoutingRule.id)
    )
    return [
        Rule(
            id=row.id,
            category=row.category_code,
            ward=row.ward_code,
            level=row.level,
            agency_id=row.agency_id,
            to_commune=row.to_commune,
            co_agency_id=row.co_agency_id,
            co_commune=row.co_commune,
        )
        for row in session.scalars(query)
    ]


def communes(session: Session) -> dict[str, int]:
    """Ward code to its committee."""
    query = select(Agency.ward_code, Agency.id).where(
        Agency.kind == AgencyKind.COMMUNE, Agency.active, Agency.ward_code.is_not(None)
    )
    return {ward: agency for ward, agency in session.execute(query) if ward is not None}


def _refused(session: Session, ticket_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The agencies that gave each of these tickets back, by the ticket's id."""
    query = select(Assignment.ticket_id, Assignment.agency_id).where(
        Assignment.ticket_id == any_of(ticket_ids), Assignment.given_back_reason.is_not(None)
    )
    found: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    for ticket_id, agency_id in session.execute(query):
        found[ticket_id].add(agency_id)
    return {ticket_id: frozenset(agencies) for ticket_id, agencies in found.items()}
