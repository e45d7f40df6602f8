"""Who has a telephone number: the names it gave, and the note that the desk keeps on it. Nobody is bound by a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, Stale
from callcenter.models import Call, Contact, Ticket, User
from callcenter.text import fold
from callcenter.vocab import ContactFlag, Outcome
from tickets import rights
from tickets.actors import Actor
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
    """One person who may be calling; `tickets` is how often this number gave the name."""

    name: str
    tickets: int


@dataclass(frozen=True)
class Card:
    """What is known of a number: the note on it, who it has been (most likely first), and how often it was missed."""

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
    contact = session.get(Contact, number)
    missed, last = _missed(session, number, before_call)
    writer = session.get(User, contact.changed_by_id) if contact and contact.changed_by_id else None
    return Card(number, contact, _names(session, number, contact), missed, last, writer.name if writer else "")


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

    Raises Invalid by field, Stale where somebody else has written meanwhile.
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


def _names(session: Session, number: str, contact: Contact | None) -> Sequence[KnownName]:
    """Those of the note first; one name in two writings is one person."""
    count, last = func.count(), func.max(Ticket.created_at)
    query = (
        select(Ticket.reporter_name, count)
        .where(
            or_(Ticket.caller == number, Ticket.reporter_phone == number),
            Ticket.reporter_name != "",
            Ticket.state.not_in(HIDDEN),
        )
        .group_by(Ticket.reporter_name)
        .order_by(count.desc(), last.desc())
        .limit(50)
    )
    found: dict[str, KnownName] = {fold(name): KnownName(name, 0) for name in (contact.names if contact else ())}
    for name, times in session.execute(query):
        known = found.get(fold(name), KnownName(name, 0))
        found[fold(name)] = KnownName(known.name, known.tickets + times)
    return list(found.values())[:_NAMES]


def _missed(session: Session, number: str, before_call: int | None) -> tuple[int, datetime | None]:
    calls = [Call.caller == number, Call.ended_at.is_not(None)]
    if before_call is not None:
        calls.append(Call.id != before_call)
    answered = select(func.max(Call.started_at)).where(*calls, Call.outcome == Outcome.ANSWERED).scalar_subquery()
    query = select(func.count(), func.max(Call.started_at)).where(
        *calls, Call.outcome.not_in(_NOT_MISSED), or_(answered.is_(None), Call.started_at > answered)
    )
    missed, last = session.execute(query).one()
    return missed, last
