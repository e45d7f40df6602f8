"""The figures of a span of time, from the database or from a file of calls."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.models import Call
from tickets.figures import exports, people_day
from tickets.rules import metrics
from tickets.rules.metrics import Figure


def figures(
    session: Session | None,
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    service_level_s: float,
    short_abandon_s: float,
    calls: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """`{id: {value, n, formula}}` for calls that began, and tickets opened, in [since, until) up to `now`.

    `calls` (the contract's objects) takes the place of the database's; without a session tickets count as none. Calls
    alone do not tell what operators did between them: occupancy and utilisation are of the database.
    """
    rows = calls if calls is not None else (exports.export_calls(session, since, until) if session else ())
    tickets = exports.export_tickets(session, since, until) if session else ()
    by_calls = metrics.call_figures(
        metrics.samples(rows), service_level_s=service_level_s, short_abandon_s=short_abandon_s
    )
    by_tickets = metrics.ticket_figures(tickets)
    if calls is None and session is not None:
        by_calls |= _of_people(session, since, min(until or now, now))
    return {name: figure.as_dict() for name, figure in {**by_calls, **by_tickets}.items()}


def _of_people(session: Session, since: datetime | None, until: datetime) -> Mapping[str, Figure]:
    """All operators together, where a PBX reported its queues."""
    began = since or session.scalar(select(func.min(Call.started_at))) or until
    known = people_day.between(session, began, until).figures
    return {name: known[name] for name in ("occupancy", "utilisation") if known[name].value is not None}
