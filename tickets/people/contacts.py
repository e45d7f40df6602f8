"""Caller card of a telephone number: names it gave, and the desk's note. A guess never binds a name to a number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import FromClause, Select, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from callcenter.errors import Invalid, Stale
from callcenter.models import Call, Contact, Ticket, User
from callcenter.text import fold
from callcenter.vocab import ContactFlag, Outcome
from tickets import rights
from tickets.actors import Actor
from tickets.desk import queries
from tickets.desk.queries import Asker
from tickets.life import safe
from tickets.rights import Right
from tickets.rules.fields import MAX_NAME
from tickets.rules.states import HIDDEN

MAX_NOTE = 500
MAX_NAMES = 10
_NAMES = 6
_NOT_MISSED = (Outcome.ANSWERED, Outcome.FORWARDED, Outcome.BLOCKED)


@dataclass(frozen=True)
class KnownName:
    """One person that may be calling; `tickets` is how often this number gave the name."""

    name: str
    tickets: int


@dataclass(frozen=True)
class Card:
    """What is known of a number: the note on it, the names it gave (most likely first), and how often it was missed."""

    number: str
    contact: Contact | None
    names: Sequence[KnownName]
    missed: int
    missed_last: datetime | None
    writer: str = ""

    @property
    def flags(self) -> Sequence[ContactFlag]:
        return [flag for flag in ContactFlag if self.contact and flag in self.contact.flags]


def card(session: Session, number: str, *, before_call: int | None = None) -> Card:
    """`number` in E.164. Missed calls are those since the last one that was answered."""
    return cards(session, [(number, before_call)])[number, before_call]


def cards(session: Session, askers: Collection[Asker]) -> dict[Asker, Card]:
    """`card` for many numbers, by one statement."""
    return {
        (number, call_id): Card(number, contact, _people(contact, given or ()), count, last, writer or "")
        for number, call_id, contact, writer, count, last, given in session.execute(
            _cards(), queries.asker_values(askers)
        )
    }


@cache
def _cards() -> Select[Any]:
    asker = queries.asker_table()
    missed, names = _missed(asker), _names(asker)
    return (
        select(asker.c.number, asker.c.call_id, Contact, User.name, missed.c.count, missed.c.last, names.c.names)
        .select_from(asker)
        .outerjoin(Contact, Contact.number == asker.c.number)
        .outerjoin(User, User.id == Contact.changed_by_id)
        .join(missed, true())
        .join(names, true())
    )


def save(
    session: Session,
    actor: Actor,
    number: str,
    *,
    names: Sequence[str],
    note: str,
    flags: Sequence[str],
    seen: str,
    now: datetime,
) -> Contact:
    """Write the note on a number down. `seen` is `stamp` of what the writer had before them.

    Raises Invalid by field, Stale where another person has written meanwhile.
    """
    rights.require(actor, Right.NOTE_CALLER)
    contact = session.get(Contact, number, with_for_update=True)
    if seen != stamp(contact):
        raise Stale(f"the note on {number} has changed")
    people = list(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
    problems = _problems(people, note, flags)
    if problems:
        raise Invalid(problems)
    if contact is None:
        contact = Contact(number=number)
        session.add(contact)
    contact.names, contact.note, contact.flags = people, note.strip(), [flag for flag in ContactFlag if flag in flags]
    contact.changed_at, contact.changed_by_id = now, actor.id
    if ContactFlag.SAFE_CONTACT in contact.flags:
        safe.shield(session, number, actor, now=now)
    session.flush()
    return contact


def stamp(contact: Contact | None) -> str:
    return contact.changed_at.isoformat() if contact is not None else ""


def _problems(names: Sequence[str], note: str, flags: Sequence[str]) -> dict[str, str]:
    problems = {}
    if len(names) > MAX_NAMES or any(len(name) > MAX_NAME for name in names):
        problems["names"] = "too_long"
    if len(note) > MAX_NOTE:
        problems["note"] = "too_long"
    if not set(flags) <= set(ContactFlag):
        problems["flags"] = "unknown_choice"
    return problems


def _people(contact: Contact | None, given: Sequence[tuple[str, int]]) -> Sequence[KnownName]:
    """Those of the note first; one name in two writings is one person."""
    found: dict[str, KnownName] = {fold(name): KnownName(name, 0) for name in (contact.names if contact else ())}
    for name, times in given:
        known = found.get(fold(name), KnownName(name, 0))
        found[fold(name)] = KnownName(known.name, known.tickets + times)
    return list(found.values())[:_NAMES]


def _names(asker: FromClause) -> LateralFromClause:
    """SQL: `names`, the names that a number gave, each with how often: `[[name, tickets], …]`, the most used first."""
    times, last = func.count().label("times"), func.max(Ticket.created_at).label("last")
    given = (
        select(Ticket.reporter_name.label("name"), times, last)
        .where(
            or_(Ticket.caller == asker.c.number, Ticket.reporter_phone == asker.c.number),
            Ticket.reporter_name != "",
            Ticket.state.not_in(HIDDEN),
        )
        .group_by(Ticket.reporter_name)
        .order_by(times.desc(), last.desc())
        .limit(50)
        .correlate(asker)
        .subquery()
    )
    order = aggregate_order_by(
        func.jsonb_build_array(given.c.name, given.c.times), given.c.times.desc(), given.c.last.desc()
    )
    return select(func.jsonb_agg(order).label("names")).lateral()


def _missed(asker: FromClause) -> LateralFromClause:
    """SQL: `count` and `last` of a number's unanswered calls since its last answered one."""
    calls = [Call.caller == asker.c.number, Call.ended_at.is_not(None), Call.id.is_distinct_from(asker.c.call_id)]
    answered = (
        select(func.max(Call.started_at)).where(*calls, Call.outcome == Outcome.ANSWERED).correlate(asker)
    ).scalar_subquery()
    return (
        select(func.count().label("count"), func.max(Call.started_at).label("last"))
        .where(*calls, Call.outcome.not_in(_NOT_MISSED), or_(answered.is_(None), Call.started_at > answered))
        .correlate(asker)
        .lateral()
    )
