"""What agencies do with a ticket, and how it comes to them: assign, accept, give back, ask, extend, reject, resolve.

A form that is sent twice changes nothing the second time. Only the lead agency asks, extends, rejects and answers; one
that co-ordinates takes its part or gives it back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotFound
from callcenter.models import Agency, Assignment, Attachment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.life import attachments, clocks, history
from tickets.life.files import StoredFile
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.moves import check_move
from tickets.rules.policy import WorkingDays
from tickets.rules.sla import postponed

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
    end_assignments(session, ticket, now)
    session.flush()
    parts = [
        Assignment(ticket_id=ticket.id, agency_id=agency_id, role=role, assigned_at=now)
        for agency_id, role in [(lead, AssignmentRole.LEAD), *((other, AssignmentRole.CO) for other in co)]
    ]
    session.add_all(parts)
    session.flush()
    ticket.lead_agency_id = lead
    ticket.routing_reason = why
    ticket.routed_at = ticket.routed_at or now
    ticket.accepted_at = None
    ticket.tier = 3 if co else 2
    clocks.start_agency_clocks(session, ticket, parts[0], now)
    history.move(session, ticket, "route", actor, now=now, agency=lead, co=list(co), why=why, **data)


def assign(session: Session, actor: Actor, code: str, agency_id: int, *, reason: str, now: datetime) -> Ticket:
    """A person decides who gets it: out of triage, or away from where it went wrong."""
    rights.require(actor, Right.ROUTE_TICKET)
    ticket = history.locked(session, code)
    agency = session.get(Agency, agency_id)
    problems = {}
    if agency is None or not agency.active:
        problems["agency_id"] = "unknown_choice"
    if not reason.strip():
        problems["reason"] = "required"
    if problems:
        raise Invalid(problems)
    if ticket.kind == TicketKind.CALLBACK:
        raise MoveRefused("route", ticket.state)
    if ticket.lead_agency_id == agency_id and ticket.state == TicketState.ROUTED:
        return ticket
    place(session, ticket, agency_id, (), actor, now=now, why="by_hand", note=reason.strip())
    return ticket


def accept(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """The agency takes it on. Accepting twice changes nothing."""
    rights.require(actor, Right.ACCEPT_TICKET)
    ticket, assignment = in_hand(session, actor, code)
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
    twice = _twice(session, actor, code, "give_back", "give_back_part", now=now, reason=reason.strip())
    if twice is not None:
        return twice
    ticket, assignment = in_hand(session, actor, code)
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
    end_assignments(session, ticket, now)
    ticket.bounces += 1
    ticket.lead_agency_id = None
    ticket.accepted_at = None
    ticket.routing_reason = "given_back"
    clocks.start_triage(session, ticket, now)
    announce(session, "stuck")
    return ticket


def resolve(
    session: Session, actor: Actor, code: str, *, text: str, files: Sequence[StoredFile] = (), now: datetime
) -> Ticket:
    """The lead agency's answer to the citizen, with evidence where the field demands it.

    Goes to approval first where the agency's head wants to see it. Raises Invalid, MoveRefused.
    """
    twice = _twice(session, actor, code, "resolve", "propose", now=now, reason=text.strip())
    if twice is not None:
        return twice
    ticket, assignment = leading(session, actor, code, "resolve")
    problems = _answer_problems(session, ticket, assignment, text, files)
    if problems:
        raise Invalid(problems)
    if files:
        # A wrong picture may be why the answer was sent back: files chosen anew stand for all of before.
        for file in attachments.evidence(_attached(session, ticket), assignment):
            file.purpose = attachments.REPLACED
    attachments.attach(session, ticket, files, actor, purpose=attachments.EVIDENCE, now=now)
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
        end_assignments(session, ticket, now)
    return ticket


def ask(session: Session, actor: Actor, code: str, *, question: str, now: datetime) -> Ticket:
    """Something only the citizen knows: the answer clock stands until they say it, policy.MAX_WAIT in all at most."""
    question = question.strip()
    twice = _twice(session, actor, code, "ask", now=now, reason=question)
    if twice is not None:
        return twice
    ticket, assignment = leading(session, actor, code, "ask")
    problem = _text_problem(question) or (None if clocks.may_wait(ticket) else "waited_enough")
    if problem:
        raise Invalid({"question": problem})
    history.move(session, ticket, "ask", actor, now=now, reason=question, agency=assignment.agency_id)
    clocks.stand(ticket, now)
    return ticket


def resume(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """The agency goes on without the citizen's answer (it found out by itself); the clock runs again."""
    reason = reason.strip()
    twice = _twice(session, actor, code, "resume", now=now, reason=reason or None)
    if twice is not None:
        return twice
    ticket, assignment = leading(session, actor, code, "resume")
    if len(reason) > MAX_TEXT:
        raise Invalid({"reason": "too_long"})
    history.move(session, ticket, "resume", actor, now=now, reason=reason or None, agency=assignment.agency_id)
    clocks.end_wait(session, ticket, now)
    return ticket


def extend(session: Session, actor: Actor, code: str, *, working_days: int, reason: str, now: datetime) -> Ticket:
    """A later due moment, counted from the one before, asked for while that is still ahead.

    Who is late answers: an extension would only hide it. Raises Invalid for `working_days` and `reason`, MoveRefused.
    """
    reason = reason.strip()
    twice = _twice(session, actor, code, "extend", now=now, reason=reason, working_days=working_days)
    if twice is not None:
        return twice
    ticket, assignment = leading(session, actor, code, "extend")
    check_move("extend", ticket.state)
    due, problems = ticket.answer_due, _extension_problems(ticket, working_days, reason, now)
    if problems or due is None:
        raise Invalid(problems or {"working_days": "past_due"})
    later = postponed(due, WorkingDays(working_days).time, clocks.calendar(session))
    promised = {"working_days": working_days, "due": due.isoformat(), "new_due": later.isoformat()}
    history.move(session, ticket, "extend", actor, now=now, reason=reason, agency=assignment.agency_id, **promised)
    clocks.postpone(ticket, later)
    ticket.extended += 1
    return ticket


def reject(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Nothing an agency can act on; the citizen is told why (`resolution`). The lead agency does it, or a leader.

    Where the agency's head approves answers, nobody but the head says no. Raises Invalid for `reason`, MoveRefused.
    """
    reason = reason.strip()
    rights.require(actor, Right.REJECT_TICKET)
    ticket = history.locked(session, code)
    if history.is_repeat(session, ticket, "reject", actor, now=now, reason=reason):
        return ticket
    if ticket.kind == TicketKind.CALLBACK:
        raise MoveRefused("reject", ticket.state)
    problem = _text_problem(reason)
    if not rights.has_all(actor, Right.REJECT_TICKET):
        ticket, assignment = leading(session, actor, code, "reject")
        if assignment.agency.needs_approval and not actor.approves:
            problem = problem or "approver_only"
    check_move("reject", ticket.state)
    if problem:
        raise Invalid({"reason": problem})
    history.move(session, ticket, "reject", actor, now=now, reason=reason, agency=ticket.lead_agency_id)
    ticket.resolution = reason
    ticket.closed_at = now
    end_assignments(session, ticket, now)
    return ticket


def _twice(
    session: Session, actor: Actor, code: str, *verbs: str, now: datetime, reason: str | None, **data: Any
) -> Ticket | None:
    """The ticket, where this officer has just done the very same; asked before the rest, for it may have left them."""
    rights.require(actor, Right.ACCEPT_TICKET if "give_back" in verbs else Right.ANSWER_TICKET)
    ticket = history.locked(session, code)
    again = (history.is_repeat(session, ticket, verb, actor, now=now, reason=reason, **data) for verb in verbs)
    return ticket if any(again) else None


def _text_problem(text: str) -> str | None:
    if not text.strip():
        return "required"
    return "too_long" if len(text) > MAX_TEXT else None


def _extension_problems(ticket: Ticket, working_days: int, reason: str, now: datetime) -> dict[str, str]:
    problems = {}
    if not 1 <= working_days <= policy.LONGEST_EXTENSION:
        problems["working_days"] = "extension_length"
    if ticket.extended >= policy.MOST_EXTENSIONS:
        problems["working_days"] = "extended_enough"
    elif ticket.answer_due is None or ticket.answer_due <= now:
        problems["working_days"] = "past_due"
    problem = _text_problem(reason)
    return {**problems, "reason": problem} if problem else problems


def _answer_problems(
    session: Session, ticket: Ticket, assignment: Assignment, text: str, files: Sequence[StoredFile]
) -> dict[str, str]:
    problems = {}
    problem = _text_problem(text)
    if problem:
        problems["text"] = problem
    if not files and attachments.is_evidence_owed(ticket, assignment, _attached(session, ticket)):
        problems["files"] = "evidence_required"
    return problems


def _attached(session: Session, ticket: Ticket) -> Sequence[Attachment]:
    return session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).all()


def leading(session: Session, actor: Actor, code: str, move: str) -> tuple[Ticket, Assignment]:
    """The ticket in the hand of the lead agency's officer; MoveRefused for one that co-ordinates."""
    ticket, assignment = in_hand(session, actor, code)
    if assignment.role != AssignmentRole.LEAD:
        raise MoveRefused(move, ticket.state)
    return ticket, assignment


def in_hand(session: Session, actor: Actor, code: str) -> tuple[Ticket, Assignment]:
    """The ticket and this agency's own part in it; for everybody else there is no such ticket."""
    rights.require(actor, Right.WORK_INBOX)
    ticket = history.locked(session, code)
    query = select(Assignment).where(
        Assignment.ticket_id == ticket.id, Assignment.agency_id == actor.agency_id, Assignment.ended_at.is_(None)
    )
    assignment = session.scalars(query).one_or_none()
    if assignment is None:
        raise NotFound(f"ticket {code} is not with this agency")
    return ticket, assignment


def end_assignments(session: Session, ticket: Ticket, now: datetime) -> None:
    """Nobody has it in hand any more; each that had is told."""
    query = select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    for assignment in session.scalars(query):
        assignment.ended_at = now
        announce(session, f"agency:{assignment.agency_id}", ticket=ticket.id)
