"""What the citizen says of a ticket: here is more, not fixed, this is my rating, I take it back.

Said on the public site (`CITIZEN`; that door has checked that it is theirs), or on the phone, where somebody of the
desk writes it down. A form that is sent twice changes nothing the second time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused
from callcenter.models import Agency, Assignment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole, TicketKind
from tickets import rights
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import attachments, clocks, history
from tickets.life.files import StoredFile, unnamed
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.moves import allowed, check_move
from tickets.rules.states import ANSWERED

CITIZEN = Actor.link("citizen")
RATED = "rated"
MAX_TEXT = 10_000
MAX_NOTE = 1000
_REOPENS = ("reopen", "reopen_triage")


def rate(session: Session, actor: Actor, code: str, *, stars: int, note: str, now: datetime) -> Ticket:
    """One to five stars for the answer; within policy.OBJECT_WITHIN they may think again, and the last word counts.

    Raises Invalid for `stars` and `note`, MoveRefused where nothing was answered.
    """
    ticket = _theirs(session, actor, code)
    said = note.strip() or None
    if not _is_answered(ticket):
        raise MoveRefused("rate", ticket.state)
    if (ticket.rating, ticket.rating_note) == (stars, said) and _is_of_this_answer(ticket):
        return ticket
    problems = {}
    if not 1 <= stars <= 5:
        problems["stars"] = "unknown_choice"
    elif _is_too_late(ticket, now):
        problems["stars"] = "answered_long_ago"
    if len(note) > MAX_NOTE:
        problems["note"] = "too_long"
    if problems:
        raise Invalid(problems)
    history.note(session, ticket, RATED, actor, now=now, reason=said, stars=stars, before=ticket.rating)
    ticket.rating, ticket.rating_note, ticket.rated_at = stars, said, now
    return ticket


def not_fixed(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """The answer did not mend it: the same agency has it again at once, on the same history, with a new due moment.

    Where that agency is no more, triage gets it. Extensions and waits of before stay counted. Raises Invalid for
    `reason`, MoveRefused.
    """
    reason = reason.strip()
    ticket = _theirs(session, actor, code)
    if any(history.is_repeat(session, ticket, verb, actor, now=now, reason=reason) for verb in _REOPENS):
        return ticket
    if not _is_answered(ticket):
        raise MoveRefused("reopen", ticket.state)
    if _is_too_late(ticket, now):
        raise Invalid({"reason": "answered_long_ago"})
    _check_text("reason", reason)
    ticket.reopened += 1
    ticket.resolved_at = ticket.closed_at = ticket.resolution = None
    clocks.restart_answer(session, ticket, now)
    lead = session.get(Agency, ticket.lead_agency_id) if ticket.lead_agency_id else None
    if lead is not None and lead.active:
        session.add(
            Assignment(
                ticket_id=ticket.id, agency_id=lead.id, role=AssignmentRole.LEAD, assigned_at=now, accepted_at=now
            )
        )
        session.flush()
        history.move(session, ticket, "reopen", actor, now=now, reason=reason, agency=lead.id)
    else:
        ticket.lead_agency_id = ticket.accepted_at = None
        ticket.routing_reason = "agency_gone"
        clocks.start_triage(session, ticket, now)
        history.move(session, ticket, "reopen_triage", actor, now=now, reason=reason)
        announce(session, "stuck")
    return ticket


def supply(
    session: Session, actor: Actor, code: str, *, text: str, files: Sequence[StoredFile] = (), now: datetime
) -> Ticket:
    """What the agency asked for: it goes on, with as much time as was left when it asked. Raises Invalid for `text`."""
    text = text.strip()
    ticket = _theirs(session, actor, code)
    names = [file.name for file in (unnamed(files) if ticket.keep_identity else files)]
    if history.is_repeat(session, ticket, "supply", actor, now=now, reason=text or None, files=names):
        return ticket
    check_move("supply", ticket.state)
    if text or not files:
        _check_text("text", text)
    attachments.attach(session, ticket, files, actor, purpose=attachments.SUPPLIED, now=now)
    history.move(session, ticket, "supply", actor, now=now, reason=text or None, files=names)
    clocks.end_wait(session, ticket, now)
    return ticket


def withdraw(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """They take it back, and need not say why; nobody works on it any more. Raises MoveRefused once it is answered."""
    said = reason.strip() or None
    ticket = _theirs(session, actor, code)
    if history.is_repeat(session, ticket, "withdraw", actor, now=now, reason=said):
        return ticket
    if ticket.kind == TicketKind.CALLBACK:
        raise MoveRefused("withdraw", ticket.state)
    check_move("withdraw", ticket.state)
    if len(reason) > MAX_TEXT:
        raise Invalid({"reason": "too_long"})
    clocks.end_wait(session, ticket, now)
    history.move(session, ticket, "withdraw", actor, now=now, reason=said)
    ticket.closed_at = now
    casework.end_assignments(session, ticket, now)
    return ticket


def open_to(ticket: Ticket, now: datetime) -> frozenset[str]:
    """Which of `supply`, `rate`, `not_fixed`, `withdraw` the citizen can say now; pages ask before they show a form."""
    if ticket.kind == TicketKind.CALLBACK:
        return frozenset()
    says = {"supply", "withdraw"} & allowed(ticket.state)
    if _is_answered(ticket) and not _is_too_late(ticket, now):
        says |= {"rate", "not_fixed"}
    return frozenset(says)


def _theirs(session: Session, actor: Actor, code: str) -> Ticket:
    rights.require(actor, Right.SPEAK_FOR_CITIZEN)
    return history.locked(session, code)


def _is_answered(ticket: Ticket) -> bool:
    return ticket.state in ANSWERED and ticket.kind != TicketKind.CALLBACK and ticket.resolved_at is not None


def _is_too_late(ticket: Ticket, now: datetime) -> bool:
    return ticket.resolved_at is not None and now > ticket.resolved_at + policy.OBJECT_WITHIN


def _is_of_this_answer(ticket: Ticket) -> bool:
    """A reopened ticket keeps the rating of its earlier answer until the new one is rated."""
    return bool(ticket.rated_at and ticket.resolved_at and ticket.rated_at >= ticket.resolved_at)


def _check_text(field: str, text: str) -> None:
    if not text or len(text) > MAX_TEXT:
        raise Invalid({field: "too_long" if text else "required"})
