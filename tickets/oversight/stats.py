"""The figures of a span of time, from the database or from a file of calls."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tickets import metrics
from tickets.oversight import exports


def figures(
    session: Session | None,
    *,
    since: datetime | None,
    until: datetime | None,
    service_level_s: float,
    short_abandon_s: float,
    calls: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """`{id: {value, n, formula}}` for calls that began, and tickets opened, in [since, until).

    `calls` (the contract's objects) takes the place of the database's; without a session tickets count as none.
    """
    rows = calls if calls is not None else (exports.export_calls(session, since, until) if session else ())
    tickets = exports.export_tickets(session, since, until) if session else ()
    by_calls = metrics.call_figures(
        metrics.samples(rows), service_level_s=service_level_s, short_abandon_s=short_abandon_s
    )
    by_tickets = metrics.ticket_figures(tickets)
    return {name: figure.as_dict() for name, figure in {**by_calls, **by_tickets}.items()}
