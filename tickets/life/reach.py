"""Agency reach: the tickets that the officers of an agency may read, and those that left it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from callcenter.models import Assignment, Ticket
from callcenter.vocab import AssignmentRole

_AT_MOST = 20


class GivenBack(NamedTuple):
    """A part that an agency gave back: of the ticket nothing but its code."""

    code: str
    at: datetime | None
    reason: str | None


def in_reach(agency_id: int | None) -> ColumnElement[bool]:
    """A condition on `Ticket`: the agency has it in hand, or had it when all work on it ended (an answer).

    What was given back, went to triage, or was placed with another lead agency is out of reach: from then on it is
    none of theirs, whatever they knew of it before.
    """
    part, later = aliased(Assignment), aliased(Assignment)
    placed_anew = exists().where(
        later.ticket_id == part.ticket_id, later.role == AssignmentRole.LEAD, later.id > part.id
    )
    kept = and_(part.given_back_reason.is_(None), Ticket.lead_agency_id.is_not(None), ~placed_anew)
    return exists().where(part.ticket_id == Ticket.id, part.agency_id == agency_id, or_(part.ended_at.is_(None), kept))


def given_back(session: Session, agency_id: int | None) -> Sequence[GivenBack]:
    """The newest of what this agency gave back."""
    query = (
        select(Ticket.code, Assignment.ended_at, Assignment.given_back_reason)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(Assignment.agency_id == agency_id, Assignment.given_back_reason.is_not(None))
        .order_by(Assignment.ended_at.desc(), Assignment.id.desc())
        .limit(_AT_MOST)
    )
    return [GivenBack(code, at, reason) for code, at, reason in session.execute(query)]
