"""Safe contact (violence at home, minors): no message, no call back, nothing that others can look up.

A number is protected from the moment one ticket, or the note on the number, says so. Every use case that would call,
write or publish asks here.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.models import Contact, Ticket
from callcenter.vocab import ContactFlag, TicketKind, TicketState
from tickets.actors import Actor
from tickets.life import history

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
    for caller, phone in session.execute(select(Ticket.caller, Ticket.reporter_phone).where(Ticket.safe_contact)):
        found |= {number for number in (caller, phone) if number}
    return found


def shield(session: Session, number: str | None, actor: Actor, *, now: datetime) -> None:
    """The number's open call-back leaves the list: it is a draft that a person of the desk ends, without a call."""
    if number is None:
        return
    query = (
        select(Ticket)
        .where(Ticket.kind == TicketKind.CALLBACK, Ticket.caller == number, Ticket.state == TicketState.FILED)
        .with_for_update()
    )
    for task in session.scalars(query).all():
        history.move(session, task, SHIELDED, actor, now=now)
        task.kind = TicketKind.REPORT
