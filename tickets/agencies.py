"""What agencies do with a ticket, and how it comes to them: assign, accept, give back, resolve."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotFound
from callcenter.models import Agency, Assignment, Attachment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole, Role, TicketState
from tickets import clocks, history
from tickets.actors import LEADS, Actor
from tickets.files import StoredFile
from tickets.lifecycle import check_move

EVIDENCE = "evidence"
MAX_TEXT = 10_000


def place(
    session: Session,
    ticket: Ticket,
    lead: int,
    co: Sequence[int],
    actor: Actor,
    *,
    now: datetime,
    why: str,
    **data: Any,
) -> None:
    """Put the ticket into the hands of a lead agency and of those who co-ordinate; whoever had it loses it."""
    check_move("route", ticket.state)
    _end_assignments(session, ticket, now)
    session.flush()
    for agency_id, role in [(lead, AssignmentRole.LEAD), *((other, AssignmentRole.CO) for other in co)]:
        session.add(Assignment(ticket_id=ticket.id, agency_id=agency_id, role=role, assigned_at=now))
    session.flush()
    ticket.lead_agency_id = lead
    ticket.routing_reason = why
    ticket.routed_at = ticket.routed_at or now
    ticket.accepted_at = None
    ticket.tier = 3 if co else 2
    clocks.start_agency_clocks(session, ticket, now)
    history.move(session, ticket, "route", actor, now=now, agency=lead, co=list(co), why=why, **data)


def assign(session: Session, actor: Actor, code: str, agency_id: int, *, reason: str, now: datetime) -> Ticket:
    """A person decides who gets it: out of triage, or away from where it went wrong."""
    actor.require(*LEADS)
    ticket = history.locked(session, code)
    agency = session.get(Agency, agency_id)
    problems = {}
    if agency is None or not agency.active:
        problems["agency_id"] = "unknown_choice"
    if not reason.strip():
        problems["reason"] = "required"
    if problems:
        raise Invalid(problems)
    if ticket.lead_agency_id == agency_id and ticket.state == TicketState.ROUTED:
        return ticket
    place(session, ticket, agency_id, (), actor, now=now, why="by_hand", note=reason.strip())
    return ticket


def accept(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """The agency takes it on. Accepting twice changes nothing."""
    ticket, assignment = _in_hand(session, actor, code)
    if assignment.accepted_at is not None:
        return ticket
    assignment.accepted_at = now
    if assignment.role == AssignmentRole.LEAD:
        history.move(session, ticket, "accept", actor, now=now, agency=assignment.agency_id)
        ticket.accepted_at = now
    else:
        history.note(session, ticket, "accept_part", actor, now=now, agency=assignment.agency_id)
    return ticket


def give_back(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Not theirs: the lead's ticket goes back to triage with the reason, and counts as bounced."""
    ticket, assignment = _in_hand(session, actor, code)
    if not reason.strip():
        raise Invalid({"reason": "required"})
    assignment.given_back_reason = reason.strip()
    if assignment.role == AssignmentRole.CO:
        assignment.ended_at = now
        history.note(
            session, ticket, "give_back_part", actor, now=now, reason=reason.strip(), agency=assignment.agency_id
        )
        return ticket
    history.move(session, ticket, "give_back", actor, now=now, reason=reason.strip(), agency=assignment.agency_id)
    _end_assignments(session, ticket, now)
    ticket.bounces += 1
    ticket.lead_agency_id = None
    ticket.accepted_at = None
    ticket.routing_reason = "given_back"
    ticket.triage_due = clocks.triage_due(session, ticket)
    announce(session, "stuck")
    return ticket


def resolve(
    session: Session, actor: Actor, code: str, *, text: str, files: Sequence[StoredFile] = (), now: datetime
) -> Ticket:
    """The lead agency's answer to the citizen, with evidence where the field demands it.

    Goes to approval first where the agency's head wants to see it. Raises Invalid, MoveRefused.
    """
    ticket, assignment = _in_hand(session, actor, code)
    if assignment.role != AssignmentRole.LEAD:
        raise MoveRefused("resolve", ticket.state)
    problems = _answer_problems(session, ticket, text, files)
    if problems:
        raise Invalid(problems)
    attach(session, ticket, files, actor, purpose=EVIDENCE, now=now)
    approval = assignment.agency.needs_approval
    history.move(
        session,
        ticket,
        "propose" if approval else "resolve",
        actor,
        now=now,
        reason=text.strip(),
        files=[file.name for file in files],
    )
    ticket.resolution = text.strip()
    if not approval:
        ticket.resolved_at = now
        _end_assignments(session, ticket, now)
    return ticket


def attach(
    session: Session, ticket: Ticket, files: Sequence[StoredFile], actor: Actor, *, purpose: str, now: datetime
) -> None:
    for file in files:
        session.add(
            Attachment(
                ticket_id=ticket.id,
                purpose=purpose,
                name=file.name,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                uploaded_by_id=actor.id,
                created_at=now,
            )
        )


def _answer_problems(session: Session, ticket: Ticket, text: str, files: Sequence[StoredFile]) -> dict[str, str]:
    problems = {}
    if not text.strip():
        problems["text"] = "required"
    elif len(text) > MAX_TEXT:
        problems["text"] = "too_long"
    if ticket.category is not None and ticket.category.evidence_required and not files:
        earlier = select(Attachment.id).where(Attachment.ticket_id == ticket.id, Attachment.purpose == EVIDENCE)
        if session.scalars(earlier).first() is None:
            problems["files"] = "evidence_required"
    return problems


def _in_hand(session: Session, actor: Actor, code: str) -> tuple[Ticket, Assignment]:
    """The ticket and this agency's own part in it; for everybody else there is no such ticket."""
    actor.require(Role.OFFICER)
    ticket = history.locked(session, code)
    query = select(Assignment).where(
        Assignment.ticket_id == ticket.id, Assignment.agency_id == actor.agency_id, Assignment.ended_at.is_(None)
    )
    assignment = session.scalars(query).one_or_none()
    if assignment is None:
        raise NotFound(f"ticket {code} is not with this agency")
    return ticket, assignment


def _end_assignments(session: Session, ticket: Ticket, now: datetime) -> None:
    query = select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    for assignment in session.scalars(query):
        assignment.ended_at = now
        announce(session, f"agency:{assignment.agency_id}", ticket=ticket.id)
