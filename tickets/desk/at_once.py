"""Tier 1: a question answered during the call, stored with field, place and answer, and counted as such."""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.errors import Invalid
from callcenter.models import Ticket
from callcenter.vocab import TicketKind, TicketState
from tickets.actors import Actor
from tickets.calls import callbacks
from tickets.desk import filing
from tickets.life import history
from tickets.rules.fields import TicketFields, missing_to_file

TIER = 1


def answer(
    session: Session, actor: Actor, code: str, fields: TicketFields, *, version: int | None, now: datetime
) -> Ticket:
    """The draft is answered with `fields.answer`: no agency gets it.

    The citizen can look it up, rate it and say that it did not help. Twice is once.
    Raises Invalid with everything that is missing, Stale, MoveRefused.
    """
    ticket = filing.mine(session, actor, code)
    if ticket.state == TicketState.RESOLVED and ticket.tier == TIER:
        return ticket
    ticket = history.locked(session, code, version)
    filing.fill_in(session, ticket, fields, actor, now=now)
    problems = _missing(ticket)
    if problems:
        raise Invalid(problems)
    history.move(session, ticket, "answer_at_once", actor, now=now)
    ticket.kind, ticket.tier = TicketKind.INQUIRY, TIER
    ticket.owner_id = actor.id
    callbacks.close_reached(session, ticket, actor, now=now)
    return ticket


def _missing(ticket: Ticket) -> dict[str, str]:
    problems = missing_to_file(
        category_code=ticket.category_code,
        description=ticket.description,
        reporter_phone=ticket.reporter_phone,
        caller=ticket.caller,
    )
    if ticket.ward_code is None and not ticket.address:
        problems["ward_code"] = "place_required_desk"
    if not ticket.resolution:
        problems["answer"] = "required"
    return problems
