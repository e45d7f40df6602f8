"""Finding tickets and call-backs by code, number, words and filters, newest first; only what the asker may see.

A word may be in every third ticket or in three of a million, and no plan is right for both. So the newest few thousand
tickets are looked through first: a common word fills the page from them. Only when it does not is the index asked for
all that there are, which are few then.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import cache, lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Pool,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from callcenter import db, phones
from callcenter.models import Assignment, CallBack, Ticket
from callcenter.models.call_backs import words as call_back_words
from callcenter.models.tickets import words as ticket_words
from callcenter.text import fold
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.life import lines
from tickets.life.lines import Line
from tickets.life.visibility import sees_call_backs, visible, visible_call_backs
from tickets.rights import Right
from tickets.rules import codes
from tickets.rules.sla import VIETNAM

Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
# What is looked through: each has the same columns to be found by.
Searched = type[Ticket] | type[CallBack]
Conditions = Callable[[Searched], Sequence[ColumnElement[bool]]]

PAGE_SIZE = 25
# So many rows are read in 3 ms, and of a word that is in fewer than 25 of them even a million tickets hold few.
_WINDOW = 4000
_KNOWN_S = 60.0
_known_ends: WeakKeyDictionary[Pool, tuple[float, datetime, int]] = WeakKeyDictionary()
_MOST_WORDS = 8
_NUMBER = re.compile(r"\+?\d(?:[ .()-]{0,2}\d){8,13}")


def _at(name: str) -> ColumnElement[Any]:
    return tuple_(bindparam(f"{name}_at", type_=Ticket.created_at.type), bindparam(f"{name}_id", type_=Ticket.id.type))


Ways = Mapping[str, ColumnElement[bool]]


def _ways(of: Searched, words: ColumnElement[Any], beside: Ways) -> Ways:
    def called(name: str) -> ColumnElement[bool]:
        number: BindParameter[str] = bindparam(name)
        return or_(of.reporter_phone == number, of.caller == number)

    position = tuple_(of.created_at, of.id)
    return {
        "words": words.op("@@")(cast(bindparam("words"), TSQUERY)),
        "code": of.code == bindparam("code"),
        "number": called("number"),
        "second_number": called("second_number"),
        # Of an agency: finding a kept identity by its name or number would tell whose it is.
        "shown_number": and_(~of.keep_identity, called("shown_number")),
        "shown_second_number": and_(~of.keep_identity, called("shown_second_number")),
        "nothing": ~true(),
        "since": of.created_at >= bindparam("since"),
        "before": of.created_at < bindparam("before"),
        "state": of.state == bindparam("state", type_=Ticket.state.type),
        "category": of.category_code == bindparam("category"),
        "owner": of.owner_id == bindparam("owner"),
        "older": _at("place") > position,
        "newer": _at("place") < position,
        "below_end": _at("end") > position,
        "above_end": _at("end") < position,
        **beside,
    }


# Every way to narrow a search, with its values as parameters. A search is a few of their names, and there are few such
# sets: the statements of each are built once (`_statement`), which takes as long as asking them.
_IN_HAND = exists().where(
    Assignment.ticket_id == Ticket.id, Assignment.agency_id == bindparam("in_hand"), Assignment.ended_at.is_(None)
)
_OF_TICKETS = {"agency": Ticket.lead_agency_id == bindparam("agency"), "in_hand": _IN_HAND}
_WAYS: Mapping[Searched, Ways] = {
    Ticket: _ways(Ticket, ticket_words, _OF_TICKETS),
    # No agency has any.
    CallBack: _ways(CallBack, call_back_words, dict.fromkeys(_OF_TICKETS, ~true())),
}


@dataclass(frozen=True)
class SearchQuery:
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
class PageCursor:
    """Where a page begins: behind the ticket `id`, towards older ones or, `back`, towards newer ones."""

    id: int
    back: bool = False


@dataclass(frozen=True)
class SearchPage:
    """One page, newest first. `older` and `newer` say whether there are more on that side.

    `total` is how many there are in all, where knowing it cost nothing; `count` always tells.
    """

    tickets: Sequence[Line]
    older: bool
    newer: bool
    total: int | None


@dataclass(frozen=True)
class _Asked:
    """Names of `_WAYS`: all of `ways` must be true, and one of `exact` where there are any; with their values."""

    ways: tuple[str, ...]
    exact: tuple[str, ...]
    values: Mapping[str, object]

    def beside(self, way: str, **values: object) -> "_Asked":
        return _Asked((*self.ways, way), self.exact, {**self.values, **values})


def search(session: Session, actor: Actor, wanted: SearchQuery, place: PageCursor | None = None) -> SearchPage:
    """The page at `place`; without one, or where its ticket is gone, the first page."""
    asked = _asked(wanted, actor)
    begin = _moment_of(session, place)
    back = begin is not None and place is not None and place.back
    if begin is not None and place is not None:
        asked = asked.beside("newer" if back else "older", place_at=begin, place_id=place.id)
    # A plan for any word is wrong for most of them.
    with db.planned_anew(session):
        end = None if asked.exact else _end_of_window(session, asked, back=back)
        found, total = _page(session, actor, asked, end, back=back)
    more = len(found) > PAGE_SIZE
    shown = found[:PAGE_SIZE][::-1] if back else found[:PAGE_SIZE]
    known = total if begin is None else None
    if back:
        return SearchPage(shown, older=True, newer=more, total=known)
    return SearchPage(shown, older=more, newer=begin is not None, total=known)


def count(session: Session, actor: Actor, wanted: SearchQuery) -> int:
    """How many there are in all. Reads every one of them: a second for a common word among a million."""
    asked = _asked(wanted, actor)
    conditions = _conditions(asked.ways, asked.exact)
    counts = (_found(of, select(func.count()), conditions, actor).scalar_subquery() for of in _searched(actor))
    return session.scalar(select(sum(counts, literal_column("0"))), asked.values) or 0


def _asked(wanted: SearchQuery, actor: Actor) -> _Asked:
    values: dict[str, object] = {}
    if wanted.since is not None:
        values["since"] = _midnight(wanted.since)
    if wanted.until is not None:
        values["before"] = _midnight(wanted.until + timedelta(days=1))
    if wanted.state is not None:
        values["state"] = wanted.state
    if wanted.agency_id is not None:
        values["agency"] = wanted.agency_id
    if wanted.category_code:
        values["category"] = wanted.category_code
    if wanted.mine:
        values |= {"owner": actor.id} if rights.has_all(actor, Right.SEE_TICKET) else {"in_hand": actor.agency_id}
    exact = _exactly(wanted.text, actor)
    if wanted.text.strip() and not exact:
        values |= _parts(wanted.text, actor)
    return _Asked(tuple(values), tuple(exact), {**values, **exact})


def _exactly(said: str, actor: Actor) -> dict[str, object]:
    """A ticket's code or a caller's number in any form, where `said` is all of it; some digits are both."""
    code, number = codes.parse(said), phones.normalise(said)
    ways = {"code": code, _shown("number", actor): number}
    return {name: value for name, value in ways.items() if value}


def _parts(said: str, actor: Actor) -> dict[str, object]:
    """Words of the matter, the place, the answer or the name, the last perhaps unfinished; numbers among them count
    as one each."""
    numbers: dict[str, None] = {}
    for written in _NUMBER.findall(said):
        number = phones.normalise(written)
        if number is not None:
            numbers[number] = None
            said = said.replace(written, " ")
    # A ticket has two numbers at most, its caller's and its reporter's.
    if len(numbers) > 2:
        return {"nothing": True}
    names = (_shown(name, actor) for name in ("number", "second_number"))
    parts: dict[str, object] = dict(zip(names, numbers, strict=False))
    words = query_of(said, "" if rights.may(actor, Right.SEE_IDENTITY) else "B")
    return parts | {"words": words} if words else parts or {"nothing": True}


def _shown(name: str, actor: Actor) -> str:
    return name if rights.may(actor, Right.SEE_IDENTITY) else f"shown_{name}"


def query_of(said: str, weight: str = "") -> str:
    """All words of `said`, folded, as PostgreSQL's tsquery; of the last one the beginning is enough."""
    words = fold(said).split()[:_MOST_WORDS]
    ending = "" if said[-1:].isspace() else "*"
    marks = [weight] * (len(words) - 1) + [(ending if words and len(words[-1]) > 1 else "") + weight]
    return " & ".join(f"'{word}'{f':{mark}' if mark else ''}" for word, mark in zip(words, marks, strict=False))


def _page(
    session: Session, actor: Actor, asked: _Asked, end: tuple[datetime, int] | None, *, back: bool
) -> tuple[list[Line], int | None]:
    """Rows of the page and one more, the nearest first, with how many there are in all where that was seen."""
    page, values = _page_of_all, dict(asked.values)
    if end is not None:
        page, values = _page_of_newest, values | {"end_at": end[0], "end_id": end[1]}
    query = _statement(page, asked.ways, asked.exact, actor, back)
    rows = session.connection().execute(query, values).all()
    near, far = rows[0][:2] if rows else (0, 0)
    return [Line(*row[2:]) for row in rows], near + far if near <= PAGE_SIZE else None


@lru_cache(500)
def _statement(
    page: Callable[[Conditions, Actor, bool], Statement],
    ways: tuple[str, ...],
    exact: tuple[str, ...],
    actor: Actor,
    back: bool,
) -> Statement:
    return page(_conditions(ways, exact), actor, back)


def _conditions(ways: Sequence[str], exact: Sequence[str]) -> Conditions:
    def of_model(of: Searched) -> list[ColumnElement[bool]]:
        conditions = [_WAYS[of][way] for way in ways]
        return [*conditions, or_(*(_WAYS[of][way] for way in exact))] if exact else conditions

    return of_model


def _searched(actor: Actor) -> tuple[Searched, ...]:
    return (Ticket, CallBack) if sees_call_backs(actor) else (Ticket,)


def _found(of: Searched, query: Select[*tuple[Any, ...]], conditions: Conditions, actor: Actor) -> Any:
    """`query` of those of this table that fit and that this person may see."""
    seen = visible if of is Ticket else visible_call_backs
    return seen(query.select_from(of), actor).where(*conditions(of))


def _page_of_newest(conditions: Conditions, actor: Actor, back: bool) -> Statement:
    """Of those within the window, up to `end`; where they do not fill the page, of the others as well."""
    window = "below_end" if back else "above_end"
    every = {of: _found(of, select(of.id, of.created_at), conditions, actor) for of in _searched(actor)}
    nearest = [
        query.where(_WAYS[of][window]).order_by(*_order(of, back=back)).limit(PAGE_SIZE + 1)
        for of, query in every.items()
    ]
    near = _asked_once(_nearest_of(nearest, back=back), "near")
    others = [query.where(~_WAYS[of][window], _number_of(near) <= PAGE_SIZE) for of, query in every.items()]
    far = _asked_once(_all_of(others), "far")
    found = union_all(select(near), select(far)).subquery()
    return _rows_of(found, _number_of(near), _number_of(far), actor, back=back)


def _page_of_all(conditions: Conditions, actor: Actor, back: bool) -> Statement:
    queries = [_found(of, select(of.id, of.created_at), conditions, actor) for of in _searched(actor)]
    hits = _asked_once(_all_of(queries), "hits")
    return _rows_of(hits, literal_column("0"), _number_of(hits), actor, back=back)


def _nearest_of(queries: Sequence[Any], *, back: bool) -> Any:
    if len(queries) == 1:
        return queries[0]
    return union_all(*queries).order_by(*_order(None, back=back)).limit(PAGE_SIZE + 1)


def _all_of(queries: Sequence[Any]) -> Any:
    return union_all(*queries) if len(queries) > 1 else queries[0]


def _asked_once(query: Statement, name: str) -> CTE:
    """By a plan of its own: all are found before the nearest are taken, without a walk through every ticket."""
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _number_of(found: CTE) -> ScalarSelect[int]:
    return select(func.count()).select_from(found).scalar_subquery()


def _rows_of(
    found: FromClause, near: ColumnElement[int], far: ColumnElement[int], actor: Actor, *, back: bool
) -> Statement:
    """How many there are `near` and `far`, beside the lines of the nearest of `found`."""
    nearest = select(found.c.id).order_by(*_order(found.c, back=back)).limit(PAGE_SIZE + 1).cte("nearest")
    shown: Mapping[Searched, lines.Columns] = {Ticket: lines.COLUMNS, CallBack: lines.CALL_BACK_COLUMNS}
    rows = [select(near, far, *shown[of]).join(nearest, nearest.c.id == of.id) for of in _searched(actor)]
    page: Statement = _all_of(rows).order_by(*_order(None if len(rows) > 1 else Ticket, back=back))
    return page


def _order(of: Any, *, back: bool) -> tuple[ColumnElement[Any], ...]:
    """Of a table, of columns that were taken from it, or (None) of what was found in more than one."""
    if of is None:
        created_at: ColumnElement[Any] = literal_column("created_at")
        id_: ColumnElement[Any] = literal_column("id")
        return (created_at, id_) if back else (created_at.desc(), id_.desc())
    return (of.created_at, of.id) if back else (of.created_at.desc(), of.id.desc())


def _moment_of(session: Session, place: PageCursor | None) -> datetime | None:
    """Where in the order of all that ticket stands, beside its number."""
    if place is None:
        return None
    of_either = (select(of.created_at).where(of.id == place.id).scalar_subquery() for of in (Ticket, CallBack))
    return session.scalar(select(func.coalesce(*of_either)))


def _end_of_window(session: Session, asked: _Asked, *, back: bool) -> tuple[datetime, int] | None:
    """The position of the ticket behind the first few thousand of these days; None where there are not so many.

    That of all tickets is remembered for a while: with those that came since, the window is a little larger, no more.
    """
    within = tuple(way for way in asked.ways if way in ("since", "before", "older", "newer"))
    pool, now = session.connection().engine.pool, time.monotonic()
    known = None if within else _known_ends.get(pool)
    if known is None or now - known[0] > _KNOWN_S:
        row = session.connection().execute(_end_statement(within, back), {**asked.values, "window": _WINDOW}).first()
        if row is None:
            return None
        known = (now, row[0], row[1])
        if not within:
            _known_ends[pool] = known
    return known[1:]


@cache
def _end_statement(within: tuple[str, ...], back: bool) -> Select[datetime, int]:
    query = select(Ticket.created_at, Ticket.id).where(*_conditions(within, ())(Ticket))
    return query.order_by(*_order(Ticket, back=back)).offset(bindparam("window")).limit(1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time_of_day(), VIETNAM)
