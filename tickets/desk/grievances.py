"""Complaints and denunciations, which the law keeps apart: the caller is guided, and only an internal record stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from callcenter.errors import Invalid
from callcenter.models import Grievance, Ticket, TicketCall
from callcenter.vocab import Disposition, GrievanceKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import callbacks
from tickets.desk import filing
from tickets.life import history
from tickets.rights import Right
from tickets.rules.fields import MAX_ADDRESS, MAX_DESCRIPTION

_ROWS = 200
_DISPOSITIONS = {
    GrievanceKind.COMPLAINT: Disposition.COMPLAINT_GUIDED,
    GrievanceKind.DENUNCIATION: Disposition.DENUNCIATION_GUIDED,
}


def guide(
    session: Session, actor: Actor, code: str, kind: GrievanceKind, *, against: str, summary: str, now: datetime
) -> Grievance:
    """Ends the draft after the caller was guided to the receiving body; its text goes into the grievance alone.

    `against` is the body or person it is about; without a `summary` the draft's own text is taken. Twice is once.
    Raises Invalid by field, MoveRefused, NotAllowed.
    """
    ticket = filing.mine(session, actor, code)
    known = session.scalars(select(Grievance).where(Grievance.ticket_id == ticket.id)).one_or_none()
    if known is not None:
        return known
    summary = summary.strip() or ticket.description
    problems = _problems(against, summary) | filing.answer_left(ticket)
    if problems:
        raise Invalid(problems)
    call_id = _own_call(session, ticket)
    record = Grievance(
        kind=kind,
        ticket_id=ticket.id,
        call_id=call_id,
        against=against.strip(),
        summary=summary.strip(),
        reporter_name=ticket.reporter_name,
        reporter_phone=ticket.reporter_phone,
        guided_at=now,
        guided_by_id=actor.id,
    )
    session.add(record)
    disposition = _DISPOSITIONS[kind]
    if call_id is not None and ticket.state == TicketState.DRAFT:
        filing.dispose(session, actor, call_id, disposition, now=now)
    else:
        history.move(session, ticket, "discard", actor, now=now, disposition=disposition)
        callbacks.close_reached(session, ticket, actor, now=now, disposition=disposition)
    ticket.description = ticket.reporter_name = ticket.address = ""
    ticket.reporter_phone = None
    ticket.version += 1
    session.flush()
    return record


def recent(session: Session, actor: Actor) -> Sequence[Grievance]:
    """For the shift leader and above, newest first."""
    rights.require(actor, Right.SEE_GRIEVANCES)
    query = select(Grievance).order_by(Grievance.id.desc()).limit(_ROWS).options(joinedload(Grievance.guided_by))
    return session.scalars(query).all()


def _problems(against: str, summary: str) -> dict[str, str]:
    problems = {}
    if len(against) > MAX_ADDRESS:
        problems["against"] = "too_long"
    if not summary.strip():
        problems["summary"] = "required"
    elif len(summary) > MAX_DESCRIPTION:
        problems["summary"] = "too_long"
    return problems


def _own_call(session: Session, ticket: Ticket) -> int | None:
    query = select(TicketCall.call_id).where(TicketCall.ticket_id == ticket.id, TicketCall.relation == filing.OPENED)
    return session.scalars(query.order_by(TicketCall.call_id.desc())).first()
