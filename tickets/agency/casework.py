"""Casework of agencies: assign, accept, give back, ask, extend, reject, resolve.

Each use case asks `offers.begin` whether the move can be made; what follows from it stands in its row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Assignment, Attachment, Ticket
from callcenter.push import announce
from callcenter.vocab import AssignmentRole, TicketState
from tickets.actors import Actor
from tickets.life import attachments, clocks, history, offers
from tickets.life.effects import Hands
from tickets.life.files import StoredFile
from tickets.rules.policy import WorkingDays
from tickets.rules.sla import postponed


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
    """Assign the ticket to a lead agency and to co-ordinating ones; any agency that had it loses it."""
    hands = Hands(lead, co)
    ticket.lead_agency_id = lead
    ticket.routing_reason = why
    ticket.routed_at = ticket.routed_at or now
    ticket.accepted_at = None
    ticket.tier = 3 if co else 2
    history.move(session, ticket, "route", actor, now=now, hands=hands, agency=lead, co=list(co), why=why, **data)


@offers.carries("assign")
def assign(session: Session, actor: Actor, code: str, agency_id: int, *, reason: str, now: datetime) -> Ticket:
    """A person decides on the agency: out of triage, or away from where it went wrong."""
    agency = session.get(Agency, agency_id) if agency_id else None
    wrong = {} if agency is not None and agency.active else {"agency_id": "unknown_choice"}
    begun = offers.begin(
        session, actor, code, "assign", now=now, also=lambda *_: wrong, agency_id=agency_id, reason=reason
    )
    ticket = begun.about
    if ticket.lead_agency_id != agency_id or ticket.state != TicketState.ROUTED:
        place(session, ticket, agency_id, (), actor, now=now, why="by_hand", note=reason.strip())
    return ticket


@offers.carries("accept")
def accept(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """The agency takes its part on."""
    begun = offers.begin(session, actor, code, "accept", now=now)
    begun.own_part.accepted_at = now
    return begun.go()


@offers.carries("give_back")
def give_back(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Not theirs: the lead's ticket goes back to triage with the reason, and counts as bounced."""
    begun = offers.begin(session, actor, code, "give_back", now=now, reason=reason)
    ticket, part = begun.about, begun.own_part
    part.given_back_reason = reason.strip()
    if part.role == AssignmentRole.CO:
        part.ended_at = now
    else:
        ticket.bounces += 1
        ticket.routing_reason = "given_back"
        announce(session, "stuck")
    return begun.go(reason=reason.strip())


@offers.carries("resolve")
def resolve(
    session: Session, actor: Actor, code: str, *, text: str, files: Sequence[StoredFile] = (), now: datetime
) -> Ticket:
    """The lead agency's answer to the citizen, with evidence where the field demands it.

    Goes to approval first where the agency's head wants to see it. Raises Invalid, MoveRefused.
    """

    def evidence_owed(ticket: Ticket, part: Assignment | None) -> Mapping[str, str]:
        owed = part and not files and attachments.is_evidence_owed(ticket, part, _attached(session, ticket))
        return {"files": "evidence_required"} if owed else {}

    begun = offers.begin(session, actor, code, "resolve", now=now, also=evidence_owed, text=text, files=files)
    ticket = begun.about
    if files:
        # A wrong picture may be why the answer was sent back: files chosen anew stand for all of before.
        for file in attachments.evidence(_attached(session, ticket), begun.own_part):
            file.purpose = attachments.REPLACED
    attachments.attach(session, ticket, files, actor, purpose=attachments.EVIDENCE, now=now)
    ticket.resolution = text.strip()
    return begun.go(reason=text.strip(), files=[file.name for file in files])


@offers.carries("ask")
def ask(session: Session, actor: Actor, code: str, *, question: str, now: datetime) -> Ticket:
    """Something only the citizen knows: the answer clock stands until they say it, policy.MAX_WAIT in all at most."""
    return offers.begin(session, actor, code, "ask", now=now, question=question).go(reason=question.strip())


@offers.carries("resume")
def resume(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """The agency goes on without the citizen's answer (it found out by itself); the clock runs again."""
    return offers.begin(session, actor, code, "resume", now=now, reason=reason).go(reason=reason.strip() or None)


@offers.carries("extend")
def extend(session: Session, actor: Actor, code: str, *, working_days: int, reason: str, now: datetime) -> Ticket:
    """A later due moment, counted from the one before, asked for while that is still ahead.

    Raises Invalid for `working_days` and `reason`, MoveRefused.
    """
    begun = offers.begin(session, actor, code, "extend", now=now, working_days=working_days, reason=reason)
    ticket, due = begun.about, begun.about.answer_due
    assert due is not None, "an extension is of a promise"
    later = postponed(due, WorkingDays(working_days).time, clocks.calendar(session))
    clocks.postpone(ticket, later)
    ticket.extended += 1
    promised: dict[str, Any] = {"working_days": working_days, "due": due.isoformat(), "new_due": later.isoformat()}
    return begun.go(reason=reason.strip(), **promised)


@offers.carries("reject")
def reject(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Nothing an agency can act on; the citizen reads why (`resolution`). Raises Invalid for `reason`, MoveRefused."""
    begun = offers.begin(session, actor, code, "reject", now=now, reason=reason)
    begun.about.resolution = reason.strip()
    return begun.go(reason=reason.strip(), agency=begun.about.lead_agency_id)


def _attached(session: Session, ticket: Ticket) -> Sequence[Attachment]:
    return session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).all()
