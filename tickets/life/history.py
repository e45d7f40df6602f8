"""Ticket history: every move is checked, written once, and announced."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.errors import NotFound, Stale
from callcenter.models import Ticket, TicketEvent
from callcenter.models.tickets import ticket_number
from callcenter.push import announce, is_mute
from callcenter.vocab import Level, Source, TicketKind, TicketState
from tickets.actors import Actor
from tickets.life import clocks, effects, parts
from tickets.life.effects import Hands
from tickets.life.loading import CLOCKS
from tickets.rules import codes
from tickets.rules.moves import MOVES, check_move

_LOCKED = "ticket"
_NEXT = select(
    func.nextval(ticket_number.name), func.nextval(func.pg_get_serial_sequence(Ticket.__tablename__, Ticket.id.key))
).select_from(func.generate_series(1, bindparam("wanted", type_=Integer)))


def begin(
    session: Session,
    actor: Actor,
    *,
    kind: TicketKind,
    source: Source,
    state: TicketState,
    now: datetime,
    move: str,
    level: Level = Level.NORMAL,
    **columns: Any,
) -> Ticket:
    """A new ticket with its code and the first line of its history."""
    alike = {"kind": kind, "source": source, "state": state, "level": level}
    return begin_all(session, actor, [alike | columns], now=now, move=move)[0]


def begin_all(
    session: Session,
    actor: Actor,
    many: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    move: str,
    flush: bool = True,
) -> list[Ticket]:
    """A new ticket for each of these columns, in their order, written together.

    Without `flush` a move that follows at once is written with them; what else refers to the ticket flushes first.
    """
    numbers = _numbers(session, len(many))
    tickets = []
    for columns in many:
        number, ticket_id = numbers.pop()
        tickets.append(Ticket(id=ticket_id, code=codes.make_code(number), created_at=now, clocks=[], **columns))
    session.add_all(tickets)
    if flush:
        session.flush()
    batch.tell(session, _LOCKED, {ticket.code: ticket for ticket in tickets})
    for ticket in tickets:
        _write(session, ticket, move, None, actor, now, None, {})
    return tickets


def _numbers(session: Session, wanted: int) -> list[tuple[int, int]]:
    """At least so many next numbers and ids of tickets, the first at the end."""
    kept = batch.once(session, "numbers", list[tuple[int, int]])
    if len(kept) < wanted:
        found = session.execute(_NEXT, {"wanted": wanted})
        kept[:0] = sorted(((number, ticket_id) for number, ticket_id in found), reverse=True)
    return kept


def locked(session: Session, code: str, version: int | None = None) -> Ticket:
    """The ticket, locked until the transaction ends, so that two people's moves come one after the other.

    Raises NotFound; Stale when `version` is given and the ticket has changed since it was read.
    """
    ticket = locked_all(session, [code]).get(code)
    if ticket is None:
        raise NotFound(f"no ticket {code}")
    if version is not None and version != ticket.version:
        raise Stale(f"ticket {code} is at version {ticket.version}, not {version}")
    return ticket


def locked_all(session: Session, wanted: Collection[str]) -> dict[str, Ticket]:
    """`locked` for many codes at once, in the order of their ids, against deadlocks."""

    def ask(missing: Collection[str]) -> dict[str, Ticket]:
        query = select(Ticket).where(Ticket.code == any_of(missing)).order_by(Ticket.id).with_for_update()
        if len(missing) > 1:
            # Of one they are read when they are asked for.
            query = query.options(CLOCKS)
        found = session.scalars(query.execution_options(populate_existing=True))
        return {ticket.code: ticket for ticket in found}

    return batch.each(session, _LOCKED, wanted, ask)


def move(
    session: Session,
    ticket: Ticket,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    hands: Hands | None = None,
    **data: Any,
) -> None:
    """Take the ticket where the verb leads, with all that its row says follows; or raise MoveRefused, changing nothing.

    `hands` are the agencies that get it, where the verb gives it away.
    """
    before = ticket.state
    to = check_move(verb, before)
    effects.before(session, ticket, MOVES[verb], now)
    ticket.state = to
    clocks.follow(ticket, before, now)
    effects.after(session, ticket, MOVES[verb], hands, now)
    _write(session, ticket, verb, before, actor, now, reason, data)


def note(
    session: Session,
    ticket: Ticket,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Something that happened to the ticket without moving it (asked again, one more missed call)."""
    _write(session, ticket, verb, ticket.state, actor, now, reason, data)


def _write(
    session: Session,
    ticket: Ticket,
    verb: str,
    before: TicketState | None,
    actor: Actor,
    now: datetime,
    reason: str | None,
    data: dict[str, Any],
) -> None:
    event = TicketEvent(
        ticket=ticket,
        at=now,
        move=verb,
        from_state=before,
        to_state=ticket.state,
        actor_id=actor.id,
        actor=actor.name,
        reason=reason,
        data=data,
    )
    session.add(event)
    changed(session, ticket)


def changed(session: Session, ticket: Ticket) -> None:
    """Tell the pages that show this ticket to read it again: the desk, and each agency that has it in hand."""
    announce(session, "tickets", ticket=ticket.id)
    if ticket.routed_at is None or is_mute(session):
        return
    with session.no_autoflush:
        for part in parts.open_parts(session, ticket):
            announce(session, f"agency:{part.agency_id}", ticket=ticket.id)
