"""Finding tickets by code, number, words and filters, page by page; only what the asker may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from callcenter.models import Assignment, Ticket
from callcenter.vocab import TicketState
from tickets import queries
from tickets.actors import DESK, Actor
from tickets.sla import VIETNAM

PAGE_SIZE = 25


@dataclass(frozen=True)
class Wanted:
    """`since` and `until` are local days, both included, of the moment the ticket was opened.

    `mine` is what the desk's person owns, or what the officer's agency has in hand now.
    """

    text: str = ""
    state: TicketState | None = None
    agency_id: int | None = None
    category_code: str | None = None
    since: date | None = None
    until: date | None = None
    mine: bool = False


@dataclass(frozen=True)
class Found:
    """One page of the tickets found, newest first; pages count from 1, and there is always a first one."""

    tickets: Sequence[Ticket]
    total: int
    page: int
    pages: int


def search(session: Session, actor: Actor, wanted: Wanted, *, page: int = 1) -> Found:
    """A page beyond the last one is the last one."""
    which = and_(*_conditions(wanted, actor))
    query = queries.visible(select(func.count()).select_from(Ticket), actor).where(which)
    total = session.scalar(query) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    rows = (
        queries.visible(select(Ticket), actor)
        .where(which)
        .order_by(Ticket.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
        .options(*queries.SHOWN)
    )
    return Found(session.scalars(rows).all(), total, page, pages)


def _conditions(wanted: Wanted, actor: Actor) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.text.strip():
        conditions.append(queries.matches(wanted.text.strip(), actor))
    if wanted.state is not None:
        conditions.append(Ticket.state == wanted.state)
    if wanted.agency_id is not None:
        conditions.append(Ticket.lead_agency_id == wanted.agency_id)
    if wanted.category_code:
        conditions.append(Ticket.category_code == wanted.category_code)
    if wanted.since is not None:
        conditions.append(Ticket.created_at >= _midnight(wanted.since))
    if wanted.until is not None:
        conditions.append(Ticket.created_at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.mine:
        conditions.append(_mine(actor))
    return conditions or [Ticket.id.is_not(None)]


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.role in DESK:
        return Ticket.owner_id == actor.id
    in_hand = (Assignment.ticket_id == Ticket.id, Assignment.agency_id == actor.agency_id)
    return exists().where(*in_hand, Assignment.ended_at.is_(None))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)
