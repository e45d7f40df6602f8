"""Safe contact (violence at home, minors): no message, no call back, nothing that others can look up.

A number is protected from the moment one ticket, or the note on the number, says so. Every use case that would call,
write or publish asks here.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.models import CallBack, Contact, Ticket
from callcenter.vocab import ContactFlag
from tickets.actors import Actor
from tickets.life import call_backs

SHIELDED = "shielded"


def is_protected(session: Session, number: str | None) -> bool:
    """True where this number must not be called or written to."""
    return number is not None and number in numbers(session)


def numbers(session: Session) -> Collection[str]:
    """All protected numbers; few, and read once where a session works alone."""
    return batch.once(session, "safe", lambda: frozenset(_read(session)))


def _read(session: Session) -> set[str]:
    said = select(Contact.number).where(Contact.flags.contains([ContactFlag.SAFE_CONTACT.value]))
    found = set(session.scalars(said))
    of_both = union_all(*(select(one.caller, one.reporter_phone).where(one.safe_contact) for one in (Ticket, CallBack)))
    for caller, phone in session.execute(of_both):
        found |= {number for number in (caller, phone) if number}
    return found


def shield(session: Session, number: str | None, actor: Actor, *, now: datetime) -> Ticket | None:
    """The number's open call-back leaves the list: it is a draft that a person of the desk ends, without a call.

    Returns that draft, where there was a call-back.
    """
    waiting = session.scalars(call_backs.held_of_numbers([number])).first() if number is not None else None
    return call_backs.to_draft(session, waiting, SHIELDED, actor, now=now) if waiting is not None else None
