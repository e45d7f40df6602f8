"""Calls that nobody answered: who is called back, who is not, and when a call-back is done."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter import alone
from callcenter.models import Call, TestNumber, Ticket, TicketCall
from callcenter.vocab import Disposition, Outcome, Source, Stage, TicketKind, TicketState
from tickets import history
from tickets.actors import Actor

KEEP = "keep"
CALL_BACK = "call_back"
MISSED = "missed"
CALLED_BACK = "called_back"
# Hanging up in the greeting within this many seconds of the call's start is a misdial, not a missed citizen.
_PROMPT_GRACE_S = 15
_REACHED_TALK_S = 15
# A call that ended so did not reach the person who had asked for the call-back.
_NOT_REACHED = frozenset({Disposition.SILENT, Disposition.PRANK, Disposition.DROPPED, Disposition.HARASSMENT})


def verdict(session: Session, call: Call, *, short_abandon_s: float) -> str:
    """KEEP (an operator has it), CALL_BACK, or the automatic disposition of a call that is over."""
    tests = alone.once(session, "tests", lambda: frozenset(session.scalars(select(TestNumber.number))))
    return decide(
        outcome=call.outcome or Outcome.ABANDONED,
        stage=call.stage,
        wait_s=call.wait_s,
        age_s=((call.ended_at or call.started_at) - call.started_at).total_seconds(),
        withheld=call.caller is None,
        is_test=call.caller in tests,
        short_abandon_s=short_abandon_s,
    )


def decide(
    *,
    outcome: Outcome,
    stage: Stage | None,
    wait_s: float,
    age_s: float,
    withheld: bool,
    is_test: bool,
    short_abandon_s: float,
) -> str:
    """The rule itself, of values alone. `wait_s` counts in the queue, `age_s` from the call's start."""
    if is_test:
        return Disposition.TEST
    match outcome:
        case Outcome.ANSWERED:
            return KEEP
        case Outcome.BLOCKED:
            return Disposition.BLOCKED
        case Outcome.FORWARDED:
            return Disposition.REFERRED
        case Outcome.VOICEMAIL:
            # Somebody said something: it is heard, even where nobody can be called back.
            return CALL_BACK
        case Outcome.ABANDONED:
            if stage == Stage.QUEUE and wait_s < short_abandon_s:
                return Disposition.SHORT_ABANDON
            if stage != Stage.QUEUE and age_s < _PROMPT_GRACE_S:
                return Disposition.SHORT_ABANDON
    return Disposition.WITHHELD_MISSED if withheld else CALL_BACK


def is_settled(session: Session, call: Call) -> bool:
    """True where an earlier look at this ended call already decided; it may be recorded again and again."""
    if call.disposition is not None:
        return True
    query = (
        select(Ticket.id)
        .join(TicketCall, TicketCall.ticket_id == Ticket.id)
        .where(TicketCall.call_id == call.id, Ticket.kind == TicketKind.CALLBACK)
    )
    return session.scalars(query).first() is not None


def expect(session: Session, call: Call, draft: Ticket | None, actor: Actor, *, now: datetime) -> Ticket:
    """One open call-back a number: this call joins it, or its draft becomes it, or a new one begins."""
    if call.caller is not None:
        _hold_number(session, call.caller)
    task = _open_task(session, call.caller)
    if task is not None:
        _join(session, task, call, actor, now)
        if draft is not None and draft.state == TicketState.DRAFT and draft.id != task.id:
            history.move(session, draft, "discard", actor, now=now, joined=task.code, text=draft.description)
        return task
    if draft is not None and draft.state == TicketState.DRAFT:
        draft.kind = TicketKind.CALLBACK
        draft.filed_at = now
        history.move(session, draft, "expect_call_back", actor, now=now, outcome=call.outcome)
        return draft
    task = history.begin(
        session,
        actor,
        kind=TicketKind.CALLBACK,
        source=Source.HOTLINE,
        state=TicketState.FILED,
        now=now,
        move="expect_call_back",
        caller=call.caller,
        reporter_phone=call.caller,
        filed_at=now,
    )
    session.add(TicketCall(ticket_id=task.id, call_id=call.id, relation=MISSED))
    return task


def close_reached(
    session: Session, about: Ticket, actor: Actor, *, now: datetime, disposition: Disposition | None = None
) -> None:
    """The number was talked with for long enough and something was noted: its open call-back is done."""
    if disposition in _NOT_REACHED or about.caller is None:
        return
    task = _open_task(session, about.caller)
    if task is None or task.id == about.id:
        return
    talk = _longest_talk(session, about)
    if talk is None or talk.talk_s < _REACHED_TALK_S:
        return
    history.move(session, task, "call_back_done", actor, now=now, by=about.code)
    task.closed_at = now
    if session.get(TicketCall, (task.id, talk.id)) is None:
        session.add(TicketCall(ticket_id=task.id, call_id=talk.id, relation=CALLED_BACK))


def _longest_talk(session: Session, ticket: Ticket) -> Call | None:
    query = (
        select(Call)
        .join(TicketCall, TicketCall.call_id == Call.id)
        .where(TicketCall.ticket_id == ticket.id)
        .order_by(Call.talk_s.desc())
    )
    return session.scalars(query).first()


def _join(session: Session, task: Ticket, call: Call, actor: Actor, now: datetime) -> None:
    if session.get(TicketCall, (task.id, call.id)) is None:
        session.add(TicketCall(ticket_id=task.id, call_id=call.id, relation=MISSED))
        history.note(session, task, "missed_again", actor, now=now, outcome=call.outcome)


def _open_task(session: Session, number: str | None) -> Ticket | None:
    """The call-back this number waits for, if any; nobody shares one that has no number."""
    if number is None:
        return None
    query = (
        select(Ticket)
        .where(Ticket.kind == TicketKind.CALLBACK, Ticket.caller == number, Ticket.state == TicketState.FILED)
        .with_for_update()
    )
    return session.scalars(query).first()


def _hold_number(session: Session, number: str) -> None:
    """Two calls of one number that end together, on two PBXs, make one call-back and not two."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(number, 1022))))
