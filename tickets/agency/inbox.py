"""An agency's inbox, sorted by what must be done now: each ticket in exactly one group, the first due on top."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from callcenter.models import Assignment, Attachment, Ticket, TicketClock
from callcenter.text import fold
from callcenter.vocab import AssignmentRole, Clock
from tickets.actors import Actor
from tickets.life import files, reach
from tickets.life.loading import SHOWN
from tickets.life.reach import GivenBack
from tickets.rules import codes, policy
from tickets.rules.sla import VIETNAM, ClockState, clock_state
from tickets.rules.states import STATES, InboxGroup

_UNTAKEN = and_(Assignment.role == AssignmentRole.LEAD, Assignment.accepted_at.is_(None))
# Of `TicketClock`: what an assignment has to keep next.
_RUNS_NEXT = (
    TicketClock.ended_at.is_(None),
    TicketClock.kind == case((_UNTAKEN, Clock.ACCEPT.value), else_=Clock.ANSWER.value),
)


@dataclass(frozen=True)
class InboxRow:
    """A ticket in an agency's hands and the clock that runs next: accept until taken on, then answer.

    `stands_since` is set while that clock stands.
    """

    ticket: Ticket
    assignment: Assignment
    due: datetime | None
    clock_state: ClockState
    stands_since: datetime | None = None


@dataclass(frozen=True)
class Inbox:
    """`groups` hold what was asked for; `counts` are of everything in hand, whatever was asked for.

    `for_head`: what citizens asked about again and again, for the head of the agency alone. `given_back`: what the
    agency gave back of late, none of which it may open.
    """

    groups: Mapping[InboxGroup, Sequence[InboxRow]]
    counts: Mapping[InboxGroup, int]
    pictures: Mapping[int, int]
    total: int
    for_head: Sequence[InboxRow] = ()
    given_back: Sequence[GivenBack] = ()


def read(session: Session, actor: Actor, now: datetime, *, text: str = "", only: InboxGroup | None = None) -> Inbox:
    """What the agency has in hand, in groups; `text` is looked for in code, words, place and field."""
    everything = in_hand_of(session, actor, now)
    grouped: dict[InboxGroup, list[InboxRow]] = {group: [] for group in InboxGroup}
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
        for_head=[row for row in everything if row.ticket.asked_again >= policy.HEAD_FROM] if actor.approves else (),
        given_back=reach.given_back(session, actor.agency_id),
    )


def in_hand_of(session: Session, actor: Actor, now: datetime) -> list[InboxRow]:
    """What this agency has in hand, what is due first on top."""
    query = (
        select(Ticket, Assignment, TicketClock.due, TicketClock.stands_since)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .outerjoin(TicketClock, and_(TicketClock.ticket_id == Ticket.id, *_RUNS_NEXT))
        .where(Assignment.agency_id == actor.agency_id, Assignment.ended_at.is_(None))
        .options(*SHOWN)
    )
    rows = [_inbox_row(*found, now) for found in session.execute(query)]
    return sorted(rows, key=lambda row: (row.due is None, row.due, row.ticket.id))


def _inbox_row(
    ticket: Ticket, assignment: Assignment, due: datetime | None, stands: datetime | None, now: datetime
) -> InboxRow:
    # A clock that stands shows as it did when it stopped.
    return InboxRow(ticket, assignment, due, clock_state(due, stands or now) if due else "ok", stands)


def group_of(row: InboxRow, now: datetime) -> InboxGroup:
    """A clock that stands is never late; an answer that lies with the head waits for approval, late or not."""
    fixed = STATES[row.ticket.state].group
    if fixed is not None:
        return fixed
    if row.clock_state == "late":
        return InboxGroup.LATE
    if row.assignment.accepted_at is None:
        return InboxGroup.NEW
    if row.due is not None and row.due.astimezone(VIETNAM).date() == now.astimezone(VIETNAM).date():
        return InboxGroup.TODAY
    return InboxGroup.REST


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
