"""Moves of the citizen on a ticket: more information, not fixed, rating, withdrawal.

Made on the public site (`CITIZEN`; the site has checked that the ticket is theirs), or on the phone, where an operator
notes it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.models import Ticket
from callcenter.push import announce
from tickets.actors import Actor
from tickets.life import attachments, offers
from tickets.life.effects import Hands
from tickets.life.files import StoredFile, unnamed
from tickets.rules.moves.citizen import REOPEN

CITIZEN = Actor.link("citizen")


@offers.carries("rate")
def rate(session: Session, actor: Actor, code: str, *, stars: int, note: str, now: datetime) -> Ticket:
    """One to five stars for the answer; within policy.OBJECT_WITHIN they may think again, and the last word counts.

    Raises Invalid for `stars` and `note`, MoveRefused where nothing was answered.
    """
    begun = offers.begin(session, actor, code, "rate", now=now, stars=stars, note=note)
    ticket, words = begun.about, note.strip() or None
    if (ticket.rating, ticket.rating_note) == (stars, words) and _is_of_this_answer(ticket):
        return ticket
    before = ticket.rating
    ticket.rating, ticket.rating_note, ticket.rated_at = stars, words, now
    return begun.go(reason=words, stars=stars, before=before)


@offers.carries("not_fixed")
def not_fixed(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """The answer did not mend it: the same agency has it again at once, on the same history, with a new due moment.

    Where that agency is no more, triage gets it. Extensions and waits of before stay counted. Raises Invalid for
    `reason`, MoveRefused.
    """
    begun = offers.begin(session, actor, code, "not_fixed", now=now, reason=reason)
    ticket, lead = begun.about, begun.about.lead_agency_id
    ticket.reopened += 1
    if begun.move is REOPEN and lead is not None:
        return begun.go(reason=reason.strip(), hands=Hands(lead, accepted=True), agency=lead)
    ticket.routing_reason = "agency_gone"
    announce(session, "stuck")
    return begun.go(reason=reason.strip())


@offers.carries("supply")
def supply(
    session: Session, actor: Actor, code: str, *, text: str, files: Sequence[StoredFile] = (), now: datetime
) -> Ticket:
    """What the agency asked for: it goes on, with as much time as was left when it asked. Raises Invalid for `text`."""
    begun = offers.begin(session, actor, code, "supply", now=now, text=text.strip(), files=files)
    ticket = begun.about
    names = [file.name for file in (unnamed(files) if ticket.keep_identity else files)]
    attachments.attach(session, ticket, files, actor, purpose=attachments.SUPPLIED, now=now)
    return begun.go(reason=text.strip() or None, files=names)


@offers.carries("withdraw")
def withdraw(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """They take it back, and need not say why. Raises MoveRefused once it is answered."""
    begun = offers.begin(session, actor, code, "withdraw", now=now, reason=reason)
    return begun.go(reason=reason.strip() or None)


def open_to(session: Session, ticket: Ticket, now: datetime) -> frozenset[str]:
    """Which of `supply`, `rate`, `not_fixed`, `withdraw` the citizen can say now."""
    return frozenset(move.action for move in offers.offered(session, CITIZEN, ticket, now))


def _is_of_this_answer(ticket: Ticket) -> bool:
    """A reopened ticket keeps the rating of its earlier answer until the new one is rated."""
    return bool(ticket.rated_at and ticket.resolved_at and ticket.rated_at >= ticket.resolved_at)
