"""Finding tickets by code, number, words and filters, newest first, page by page; only what the asker may see.

A word may be in every third ticket or in three of a million, and no plan is right for both. So the newest few thousand
tickets are looked through first: a common word fills the page from them. Only when it does not is the index asked for
all that there are, which are few then.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Pool, and_, bindparam, cast, exists, func, literal, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from callcenter import db, phones
from callcenter.models import Assignment, Ticket
from callcenter.models.tickets import words as ticket_words
from callcenter.text import fold
from callcenter.vocab import TicketState
from tickets import codes, lines, queries
from tickets.actors import DESK, Actor
from tickets.lines import Line
from tickets.queries import Query
from tickets.sla import VIETNAM

PAGE_SIZE = 25
# So many rows are read in 3 ms, and of a word that is in fewer than 25 of them even a million tickets hold few.
_WINDOW = 4000
_MOST_WORDS = 8
_NUMBER = re.compile(r"\+?\d(?:[ .()-]{0,2}\d){8,13}")

_NEWEST_FIRST = (Ticket.created_at.desc(), Ticket.id.desc())
_OLDEST_FIRST = (Ticket.created_at, Ticket.id)
_ENDS = {
    back: select(Ticket.created_at, Ticket.id).order_by(*order).offset(bindparam("window")).limit(1)
    for back, order in ((False, _NEWEST_FIRST), (True, _OLDEST_FIRST))
}
_KNOWN_S = 60.0
_known_ends: WeakKeyDictionary[Pool, tuple[float, datetime, int]] = WeakKeyDictionary()


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
class Place:
    """Where a page begins: behind the ticket `id`, towards older ones or, `back`, towards newer ones."""

    id: int
    back: bool = False


@dataclass(frozen=True)
class Found:
    """One page, newest first. `older` and `newer` say whether there are more on that side.

    `total` is how many there are in all, where knowing it cost nothing; `count` always tells.
    """

    tickets: Sequence[Line]
    older: bool
    newer: bool
    total: int | None


def search(session: Session, actor: Actor, wanted: Wanted, place: Place | None = None) -> Found:
    """The page at `place`; without one, or where its ticket is gone, the first page."""
    begin = _moment_of(session, place)
    back = begin is not None and place is not None and place.back
    which = _conditions(wanted, actor)
    beyond = [] if begin is None else [_position() > begin if back else _position() < begin]
    few = any(_code_and_number(wanted.text))
    # A plan for any word is wrong for most of them.
    with db.planned_anew(session):
        floor = None if few else _end_of_window(session, [*_days(wanted), *beyond], back=back)
        window = [] if floor is None else [_position() < floor if back else _position() > floor]
        ids = [] if few else _newest(session, actor, [*which, *beyond, *window], back=back)
        total = None
        if few or (floor is not None and len(ids) <= PAGE_SIZE):
            ids, total = _all(session, actor, [*which, *beyond], back=back)
        elif floor is None:
            total = len(ids) if len(ids) <= PAGE_SIZE else count(session, actor, wanted)
    more = len(ids) > PAGE_SIZE
    shown = lines.read(session, ids[:PAGE_SIZE][::-1] if back else ids[:PAGE_SIZE])
    known = total if begin is None else None
    if back:
        return Found(shown, older=True, newer=more, total=known)
    return Found(shown, older=more, newer=begin is not None, total=known)


def count(session: Session, actor: Actor, wanted: Wanted) -> int:
    """How many there are in all. Reads every one of them: a second for a common word among a million."""
    query = queries.visible(select(func.count()).select_from(Ticket), actor)
    return session.scalar(query.where(*_conditions(wanted, actor))) or 0


def _code_and_number(said: str) -> tuple[str | None, str | None]:
    """What names a ticket or a caller exactly, where `said` is all of it."""
    return codes.parse(said), phones.normalise(said)


def matches(said: str, actor: Actor) -> ColumnElement[bool]:
    """By code, by phone number in any form, and by words of the matter, the place, the answer or the name.

    An agency does not find a kept identity by its name or number: finding it would tell whose it is.
    """
    known = true() if actor.role in DESK else ~Ticket.keep_identity
    code, number = _code_and_number(said)
    ways: list[ColumnElement[bool]] = []
    if code is not None:
        ways.append(Ticket.code == code)
    if number is not None:
        ways.append(_called(number, known))
    return or_(*ways) if ways else and_(true(), *_parts(said, actor, known))


def _parts(said: str, actor: Actor, known: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """A number among words counts as one; all the rest are words, the last perhaps unfinished."""
    parts = []
    for written in _NUMBER.findall(said):
        number = phones.normalise(written)
        if number is not None:
            parts.append(_called(number, known))
            said = said.replace(written, " ")
    asked = query_of(said, "" if actor.role in DESK else "B")
    if asked:
        parts.append(ticket_words.op("@@")(cast(literal(asked), TSQUERY)))
    elif not parts:
        parts.append(~true())
    return parts


def query_of(said: str, weight: str = "") -> str:
    """All words of `said`, folded, as PostgreSQL's tsquery; of the last one the beginning is enough."""
    words = fold(said).split()[:_MOST_WORDS]
    ending = "" if said[-1:].isspace() else "*"
    marks = [weight] * (len(words) - 1) + [(ending if words and len(words[-1]) > 1 else "") + weight]
    return " & ".join(f"'{word}'{f':{mark}' if mark else ''}" for word, mark in zip(words, marks, strict=False))


def _called(number: str, known: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(known, or_(Ticket.reporter_phone == number, Ticket.caller == number))


def _newest(session: Session, actor: Actor, which: list[ColumnElement[bool]], *, back: bool) -> list[int]:
    query = queries.visible(select(Ticket.id), actor).where(*which)
    return list(session.scalars(_ordered(query, back=back).limit(PAGE_SIZE + 1)))


def _all(session: Session, actor: Actor, which: list[ColumnElement[bool]], *, back: bool) -> tuple[list[int], int]:
    """All are found before the newest are taken, so that nobody walks through every ticket for a rare word."""
    query = queries.visible(select(Ticket.id, Ticket.created_at), actor).where(*which)
    hits = query.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    total = select(func.count()).select_from(hits).scalar_subquery()
    order = (hits.c.created_at, hits.c.id) if back else (hits.c.created_at.desc(), hits.c.id.desc())
    rows = session.execute(select(hits.c.id, total).order_by(*order).limit(PAGE_SIZE + 1)).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def _ordered(query: Query, *, back: bool) -> Query:
    return query.order_by(*(_OLDEST_FIRST if back else _NEWEST_FIRST))


def _position() -> Any:
    return tuple_(Ticket.created_at, Ticket.id)


def _moment_of(session: Session, place: Place | None) -> Any:
    """The position of a ticket in the order of all."""
    if place is None:
        return None
    at = session.scalar(select(Ticket.created_at).where(Ticket.id == place.id))
    return None if at is None else _at(at, place.id)


def _end_of_window(session: Session, within: list[ColumnElement[bool]], *, back: bool) -> Any:
    """The position of the ticket behind the first few thousand of these; None where there are not so many.

    That of all tickets is remembered for a while: with those that came since, the window is a little larger, no more.
    """
    pool = session.connection().engine.pool
    now = time.monotonic()
    known = None if within else _known_ends.get(pool)
    if known is None or now - known[0] > _KNOWN_S:
        query = _ENDS[back].where(*within) if within else _ENDS[back]
        row = session.execute(query, {"window": _WINDOW}).one_or_none()
        if row is None:
            return None
        known = (now, row.created_at, row.id)
        if not within:
            _known_ends[pool] = known
    return _at(*known[1:])


def _at(moment: datetime, number: int) -> Any:
    return tuple_(literal(moment, Ticket.created_at.type), literal(number, Ticket.id.type))


def _conditions(wanted: Wanted, actor: Actor) -> list[ColumnElement[bool]]:
    conditions = _days(wanted)
    if wanted.text.strip():
        conditions.append(matches(wanted.text, actor))
    if wanted.state is not None:
        conditions.append(Ticket.state == wanted.state)
    if wanted.agency_id is not None:
        conditions.append(Ticket.lead_agency_id == wanted.agency_id)
    if wanted.category_code:
        conditions.append(Ticket.category_code == wanted.category_code)
    if wanted.mine:
        conditions.append(_mine(actor))
    return conditions


def _days(wanted: Wanted) -> list[ColumnElement[bool]]:
    days = []
    if wanted.since is not None:
        days.append(Ticket.created_at >= _midnight(wanted.since))
    if wanted.until is not None:
        days.append(Ticket.created_at < _midnight(wanted.until + timedelta(days=1)))
    return days


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.role in DESK:
        return Ticket.owner_id == actor.id
    in_hand = (Assignment.ticket_id == Ticket.id, Assignment.agency_id == actor.agency_id)
    return exists().where(*in_hand, Assignment.ended_at.is_(None))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time_of_day(), VIETNAM)
