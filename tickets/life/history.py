"""Ticket history: every move is checked, written once, and announced."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.errors import NotFound, Stale
from callcenter.models import CallBack, Ticket, TicketEvent, TicketOrCallBack
from callcenter.models.matters import matter_id, ticket_number
from callcenter.push import announce, is_mute
from callcenter.vocab import Level, Source, TicketKind, TicketState
from tickets.actors import Actor
from tickets.life import clocks, effects, parts
from tickets.life.effects import Hands
from tickets.life.loading import CLOCKS
from tickets.rules import codes
from tickets.rules.moves import MOVES, check_move

_LOCKED = "ticket"
_NEXT = select(func.nextval(matter_id.name), func.nextval(ticket_number.name)).select_from(
    func.generate_series(1, bindparam("wanted", type_=Integer))
)


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

    Without `flush` they are written with what follows, by `new_rows.write`.
    """
    fresh = new_codes(session, len(many))
    tickets = [
        Ticket(id=id_, code=code, created_at=now, clocks=[], **columns)
        for (id_, code), columns in zip(fresh, many, strict=True)
    ]
    session.add_all(tickets)
    if flush:
        session.flush()
    tell_locked(session, tickets)
    for ticket in tickets:
        write(session, ticket, move, None, actor, now=now)
    return tickets


def new_codes(session: Session, wanted: int) -> list[tuple[int, str]]:
    """So many ids and codes that nothing has, in the order of their numbers."""
    numbers = _numbers(session, wanted)
    return [(id_, codes.make_code(number)) for id_, number in (numbers.pop() for _ in range(wanted))]


def _numbers(session: Session, wanted: int) -> list[tuple[int, int]]:
    """At least so many next ids and numbers, the first at the end."""
    kept = batch.once(session, "numbers", list[tuple[int, int]])
    if len(kept) < wanted:
        found = session.execute(_NEXT, {"wanted": wanted})
        kept[:0] = sorted(((id_, number) for id_, number in found), reverse=True)
    return kept


def locked(session: Session, code: str, version: int | None = None) -> Ticket:
    """The ticket, locked until the transaction ends, so that two people's moves come one after the other.

    Raises NotFound, for a call-back too; Stale when `version` is given and somebody has changed the ticket since it was
    read.
    """
    ticket = locked_either(session, code, version)
    if not isinstance(ticket, Ticket):
        raise NotFound(f"no ticket {code}")
    return ticket


def locked_either(session: Session, code: str, version: int | None = None) -> TicketOrCallBack:
    """`locked` for whatever has the code. Raises NotFound, Stale."""
    about = locked_all(session, [code]).get(code)
    if about is None:
        raise NotFound(f"no ticket {code}")
    if version is not None and version != about.version:
        raise Stale(f"ticket {code} is at version {about.version}, not {version}")
    return about


def locked_all(session: Session, wanted: Collection[str]) -> dict[str, TicketOrCallBack]:
    """`locked_either` for many codes, each kind in the order of its ids, so that nobody waits in a circle."""

    def ask(missing: Collection[str]) -> dict[str, TicketOrCallBack]:
        found: dict[str, TicketOrCallBack] = {}
        # What became the other kind while this waited for it is there, committed, when that is asked: once more, then.
        for model in (Ticket, CallBack, Ticket):
            left = [code for code in missing if code not in found]
            if left:
                found |= {about.code: about for about in _held(session, model, left)}
        return found

    return batch.each(session, _LOCKED, wanted, ask)


def _held(
    session: Session, model: type[Ticket] | type[CallBack], wanted: Collection[str]
) -> Sequence[TicketOrCallBack]:
    query: Select[Any] = select(model).where(model.code == any_of(wanted)).order_by(model.id).with_for_update()
    if model is Ticket and len(wanted) > 1:
        # Of one they are read when they are asked for.
        query = query.options(CLOCKS)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def tell_locked(session: Session, many: Collection[TicketOrCallBack]) -> None:
    """What a batch has made or moved need not be asked for again."""
    batch.tell(session, _LOCKED, {about.code: about for about in many})


def of_id(session: Session, id_: int) -> TicketOrCallBack:
    """Whatever has this id. Raises LookupError."""
    found = session.get(Ticket, id_) or session.get(CallBack, id_)
    if found is None:
        raise LookupError(f"no ticket and no call-back {id_}")
    return found


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
    write(session, ticket, verb, before, actor, now=now, reason=reason, data=data)


def note(
    session: Session,
    about: TicketOrCallBack,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Something that happened without a move (asked again, one more missed call)."""
    write(session, about, verb, about.state, actor, now=now, reason=reason, data=data)


def write(
    session: Session,
    about: TicketOrCallBack,
    verb: str,
    before: TicketState | None,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """One line of the history, of a move that was made: from the state `before` to that of now."""
    event = TicketEvent(
        ticket_id=about.id,
        at=now,
        move=verb,
        from_state=before,
        to_state=about.state,
        actor_id=actor.id,
        actor=actor.name,
        reason=reason,
        data=dict(data or {}),
    )
    session.add(event)
    changed(session, about)


def changed(session: Session, about: TicketOrCallBack) -> None:
    """Tell the pages that show it to read it again: the desk, and each agency that has it in hand."""
    announce(session, "tickets", ticket=about.id)
    if isinstance(about, CallBack) or about.routed_at is None or is_mute(session):
        return
    with session.no_autoflush:
        for part in parts.open_parts(session, about):
            announce(session, f"agency:{part.agency_id}", ticket=about.id)
