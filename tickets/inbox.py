"""An agency's inbox, sorted by what must be done now: each ticket in exactly one group, the first due on top."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.models import Attachment
from callcenter.text import fold
from callcenter.vocab import TicketState
from tickets import codes, desk, files, queries, reach
from tickets.actors import Actor
from tickets.queries import InboxRow
from tickets.reach import GivenBack
from tickets.sla import VIETNAM


class Group(StrEnum):
    """In the order of the page."""

    LATE = "late"
    TODAY = "today"
    NEW = "new"
    APPROVAL = "approval"
    WAITING = "waiting"
    REST = "rest"


@dataclass(frozen=True)
class Inbox:
    """`groups` hold what was asked for; `counts` are of everything in hand, whatever was asked for.

    `for_head`: what citizens asked about again and again, for the head of the agency alone. `given_back`: what the
    agency gave back of late, none of which it may open.
    """

    groups: Mapping[Group, Sequence[InboxRow]]
    counts: Mapping[Group, int]
    pictures: Mapping[int, int]
    total: int
    for_head: Sequence[InboxRow] = ()
    given_back: Sequence[GivenBack] = ()


def read(session: Session, actor: Actor, now: datetime, *, text: str = "", only: Group | None = None) -> Inbox:
    """What the agency has in hand, in groups; `text` is looked for in code, words, place and field."""
    everything = queries.agency_inbox(session, actor, now)
    grouped: dict[Group, list[InboxRow]] = {group: [] for group in Group}
    for row in everything:
        grouped[group_of(row, now)].append(row)
    counts = Counter({group: len(rows) for group, rows in grouped.items()})
    shown = {
        group: [row for row in rows if _says(row, text)] for group, rows in grouped.items() if only in (None, group)
    }
    return Inbox(
        groups={group: rows for group, rows in shown.items() if rows},
        counts=counts,
        pictures=_pictures(session, [row.ticket.id for rows in shown.values() for row in rows]),
        total=len(everything),
        for_head=[row for row in everything if row.ticket.asked_again >= desk.HEAD_FROM] if actor.approves else (),
        given_back=reach.given_back(session, actor.agency_id),
    )


def group_of(row: InboxRow, now: datetime) -> Group:
    """A clock that stands is never late; an answer that lies with the head waits for approval, late or not."""
    state = row.ticket.state
    if state == TicketState.WAITING:
        return Group.WAITING
    if state == TicketState.AWAITING_APPROVAL:
        return Group.APPROVAL
    if row.clock_state == "late":
        return Group.LATE
    if row.assignment.accepted_at is None:
        return Group.NEW
    if row.due is not None and row.due.astimezone(VIETNAM).date() == now.astimezone(VIETNAM).date():
        return Group.TODAY
    return Group.REST


def _says(row: InboxRow, text: str) -> bool:
    if not text.strip():
        return True
    ticket = row.ticket
    code = codes.parse(text)
    if code is not None:
        return ticket.code == code
    names = (ticket.category.name if ticket.category else "", ticket.ward.name if ticket.ward else "")
    heap = fold(" ".join((ticket.code, ticket.description, ticket.address, *names)))
    return all(word in heap for word in fold(text).split())


def _pictures(session: Session, tickets: Iterable[int]) -> dict[int, int]:
    query = (
        select(Attachment.ticket_id, func.count())
        .where(Attachment.ticket_id.in_(list(tickets)), Attachment.content_type.in_(files.IMAGES))
        .group_by(Attachment.ticket_id)
    )
    return {ticket: count for ticket, count in session.execute(query)}
