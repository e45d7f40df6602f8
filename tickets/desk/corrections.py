"""Corrections after a repaired call: tickets that followed from the wrong outcome are taken back if untouched.

What people have worked on stays, linked to its call, and its history says what is known now.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.models import Call, CallBack, Ticket, TicketCall, TicketEvent
from callcenter.push import announce
from callcenter.vocab import Outcome, TicketState
from tickets.actors import Actor
from tickets.calls import callbacks
from tickets.desk import filing
from tickets.life import call_backs, history

RECONCILER = Actor.rule("reconciler")
REASON = "by the PBX's own log"


def asked_for(session: Session, call: Call, *, short_abandon_s: float = 5) -> str | None:
    """What the record as it is asks for (`callbacks.verdict`); None while the call goes on."""
    return callbacks.verdict(session, call, short_abandon_s=short_abandon_s) if call.ended_at is not None else None


def settle_anew(
    session: Session, call: Call, *, asked_before: str | None, now: datetime, short_abandon_s: float = 5
) -> None:
    """The ticket or the disposition that the call as it is now asks for, in place of what it asked for before."""
    verdict = asked_for(session, call, short_abandon_s=short_abandon_s)
    if verdict is None:
        return
    if asked_before == callbacks.CALL_BACK != verdict:
        for task in _tasks(session, call):
            _take_back(session, call, task, now)
    if asked_before not in (None, verdict) and _was_disposed_by_rule(call):
        _undo_disposition(session, call, now)
    if verdict == callbacks.KEEP or call.operators:
        filing.open_draft(session, call, now=now)
    if not _tasks(session, call):
        filing.settle_call(session, call, now=now, short_abandon_s=short_abandon_s)
        for task in _tasks(session, call):
            _close_where_reached_since(session, task, now)


def _close_where_reached_since(session: Session, task: CallBack, now: datetime) -> None:
    """The log comes late: a caller that called again meanwhile, and was served, is not called back."""
    missed = TicketCall.relation.in_([filing.OPENED, callbacks.MISSED])
    of_task = select(func.max(Call.started_at)).join(TicketCall, TicketCall.call_id == Call.id)
    last = session.scalar(of_task.where(TicketCall.ticket_id == task.id, missed))
    query = (
        select(Ticket, Call)
        .join(TicketCall, TicketCall.ticket_id == Ticket.id)
        .join(Call, Call.id == TicketCall.call_id)
        .where(Call.caller == task.caller, Call.started_at > last, Call.outcome == Outcome.ANSWERED)
        .where(Ticket.state != TicketState.DRAFT)
        .order_by(Call.started_at)
    )
    for about, talk in session.execute(query).all():
        if task.waits:
            callbacks.close_reached(session, about, RECONCILER, now=now, disposition=talk.disposition)


def _tasks(session: Session, call: Call) -> list[CallBack]:
    """The call-backs that there are because of this call."""
    query = (
        select(CallBack)
        .join(TicketCall, TicketCall.ticket_id == CallBack.id)
        .where(TicketCall.call_id == call.id, TicketCall.relation.in_([filing.OPENED, callbacks.MISSED]))
        .order_by(CallBack.id)
    )
    return list(session.scalars(query))


def _take_back(session: Session, call: Call, found: CallBack, now: datetime) -> None:
    """This call was no missed one."""
    task = history.locked_either(session, found.code)
    if not isinstance(task, CallBack):
        return
    link = session.get(TicketCall, (task.id, call.id))
    shared = session.scalar(select(func.count()).where(TicketCall.ticket_id == task.id)) or 0
    if link is None:
        return
    if not task.waits or _is_touched(session, task):
        if not _is_noted(session, task):
            history.note(session, task, "not_missed", RECONCILER, now=now, reason=REASON, outcome=call.outcome)
    elif shared > 1:
        # Other calls wait on it: it stays theirs.
        session.delete(link)
        session.flush()
        history.note(session, task, "not_missed", RECONCILER, now=now, reason=REASON, outcome=call.outcome)
    elif link.relation == filing.OPENED:
        known = {"reason": REASON, "outcome": call.outcome}
        call_backs.to_draft(session, task, "expect_no_call_back", RECONCILER, now=now, **known)
    else:
        known = {"reason": REASON, "outcome": call.outcome}
        call_backs.move(session, task, "call_back_needless", RECONCILER, now=now, **known)


def _is_touched(session: Session, task: CallBack) -> bool:
    """A person has it, has typed into it, or has done something with it."""
    by_people = select(TicketEvent.id).where(TicketEvent.ticket_id == task.id, TicketEvent.actor_id.is_not(None))
    return task.owner_id is not None or task.version > 1 or session.scalars(by_people.limit(1)).first() is not None


def _is_noted(session: Session, task: CallBack) -> bool:
    query = select(TicketEvent.id).where(TicketEvent.ticket_id == task.id, TicketEvent.move == "not_missed")
    return session.scalars(query.limit(1)).first() is not None


def _was_disposed_by_rule(call: Call) -> bool:
    return call.disposition is not None and call.disposed_by_id is None


def _undo_disposition(session: Session, call: Call, now: datetime) -> None:
    call.disposition = call.disposed_at = None
    draft = filing.draft_of(session, call)
    if isinstance(draft, Ticket) and draft.state == TicketState.DISCARDED:
        draft = history.locked(session, draft.code)
        history.move(session, draft, "restore", RECONCILER, now=now, reason=REASON, outcome=call.outcome)
    announce(session, "calls", call=call.id)
