"""Call-backs of unanswered calls: which calls get one, which do not, and when it is done."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.models import Call, CallBack, TestNumber, Ticket, TicketCall, TicketOrCallBack
from callcenter.vocab import Disposition, Outcome, Stage, TicketState
from tickets.actors import Actor
from tickets.calls import listening
from tickets.life import call_backs, history, safe
from tickets.rules import policy

KEEP = "keep"
CALL_BACK = "call_back"
HOLD = "hold"
MISSED = "missed"
CALLED_BACK = "called_back"
# A call that ended so did not reach the person that had asked for the call-back.
_NOT_REACHED = frozenset({Disposition.SILENT, Disposition.PRANK, Disposition.DROPPED, Disposition.HARASSMENT})


def verdict(session: Session, call: Call, *, short_abandon_s: float) -> str:
    """KEEP (an operator has it), CALL_BACK, HOLD, or the automatic disposition of a call that is over."""
    return verdicts(session, [call], short_abandon_s=short_abandon_s)[call.id]


def verdicts(session: Session, calls: Iterable[Call], *, short_abandon_s: float) -> dict[int, str]:
    """`verdict` for many calls, by the id of each. HOLD: a call-back is due, but that number must not be called."""
    calls = list(calls)
    tests = batch.once(session, "tests", lambda: frozenset(session.scalars(select(TestNumber.number))))
    found = {
        call.id: decide(
            outcome=call.outcome or Outcome.ABANDONED,
            stage=call.stage,
            wait_s=call.wait_s,
            age_s=((call.ended_at or call.started_at) - call.started_at).total_seconds(),
            withheld=call.caller is None,
            is_test=call.caller in tests,
            lost=call.lost_in_transfer,
            short_abandon_s=short_abandon_s,
        )
        for call in calls
    }
    if CALL_BACK in found.values():
        protected = safe.numbers(session)
        found |= {call.id: HOLD for call in calls if found[call.id] == CALL_BACK and call.caller in protected}
    return found


def decide(
    *,
    outcome: Outcome,
    stage: Stage | None,
    wait_s: float,
    age_s: float,
    withheld: bool,
    is_test: bool,
    short_abandon_s: float,
    lost: bool = False,
) -> str:
    """The rule itself, of values alone. `wait_s` counts in the queue, `age_s` from the call's start.

    `lost`: an operator had transferred the caller, and the target did not answer.
    """
    if is_test:
        return Disposition.TEST
    match outcome:
        case Outcome.ANSWERED:
            return CALL_BACK if lost and not withheld else KEEP
        case Outcome.BLOCKED:
            return Disposition.BLOCKED
        case Outcome.FORWARDED:
            return Disposition.REFERRED
        case Outcome.VOICEMAIL:
            # A message was left: it is to be heard, even where its number cannot be called back.
            return CALL_BACK
        case Outcome.ABANDONED:
            if stage == Stage.QUEUE and wait_s < short_abandon_s:
                return Disposition.SHORT_ABANDON
            if stage != Stage.QUEUE and age_s < policy.PROMPT_GRACE.total_seconds():
                return Disposition.SHORT_ABANDON
    return Disposition.WITHHELD_MISSED if withheld else CALL_BACK


def unsettled(session: Session, calls: Sequence[Call]) -> list[Call]:
    """Those ended calls for which no earlier look decided; they may be recorded again and again."""
    open_here = [call for call in calls if call.disposition is None]
    query = (
        select(TicketCall.call_id)
        .join(CallBack, TicketCall.ticket_id == CallBack.id)
        .where(TicketCall.call_id == any_of([call.id for call in open_here]))
    )
    called_back = frozenset(session.scalars(query)) if open_here else frozenset()
    return [call for call in open_here if call.id not in called_back]


def expect(session: Session, call: Call, draft: TicketOrCallBack | None, actor: Actor, *, now: datetime) -> CallBack:
    """One open call-back a number: this call joins it, or its draft becomes it, or a new one begins."""
    return expect_all(session, [(call, draft)], actor, now=now)[0]


def expect_all(
    session: Session, missed: Sequence[tuple[Call, TicketOrCallBack | None]], actor: Actor, *, now: datetime
) -> list[CallBack]:
    """`expect` for many calls with their drafts, which may be of one number; what is no draft any more stays."""
    numbers = sorted({call.caller for call, _ in missed if call.caller is not None})
    tasks = _open_tasks(session, numbers)
    expected = []
    for call, draft in missed:
        task = tasks.get(call.caller) if call.caller is not None else None
        if task is not None:
            _join(session, task, call, actor, now)
            if isinstance(draft, Ticket) and draft.state == TicketState.DRAFT:
                history.move(session, draft, "discard", actor, now=now, joined=task.code, text=draft.description)
        else:
            task = _begin(session, call, draft, actor, now)
            if call.caller is not None:
                tasks[call.caller] = task
        expected.append(task)
    return expected


def _begin(session: Session, call: Call, draft: TicketOrCallBack | None, actor: Actor, now: datetime) -> CallBack:
    if isinstance(draft, Ticket) and draft.state == TicketState.DRAFT:
        return call_backs.of_draft(session, draft, actor, now=now, outcome=call.outcome)
    task = call_backs.begin(session, call.caller, actor, now=now)
    session.add(TicketCall(ticket_id=task.id, call_id=call.id, relation=MISSED))
    return task


def close_reached(
    session: Session, about: Ticket, actor: Actor, *, now: datetime, disposition: Disposition | None = None
) -> None:
    """The number was talked with for long enough and something was noted: its open call-back is done."""
    if disposition in _NOT_REACHED or about.caller is None:
        return
    task = session.scalars(call_backs.held_of_numbers([about.caller])).first()
    if task is None or listening.has_unheard(session, task):
        return
    talk = _longest_talk(session, about)
    if talk is None or talk.talk_s < policy.REACHED_TALK.total_seconds():
        return
    call_backs.move(session, task, "call_back_done", actor, now=now, by=about.code)
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


def _join(session: Session, task: CallBack, call: Call, actor: Actor, now: datetime) -> None:
    if session.get(TicketCall, (task.id, call.id)) is None:
        session.add(TicketCall(ticket_id=task.id, call_id=call.id, relation=MISSED))
        history.note(session, task, "missed_again", actor, now=now, outcome=call.outcome)
        # They are at their telephone now.
        task.call_at = None


def _open_tasks(session: Session, numbers: Sequence[str]) -> dict[str, CallBack]:
    """By number, each of which is this session's until its end: two calls of one number that end together, on two
    PBXs, make one call-back and not two. The numbers are sorted, against deadlocks."""
    if not numbers:
        return {}
    each = func.unnest(cast(numbers, ARRAY(Text)))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(each, 1022))))
    return {
        task.caller: task for task in session.scalars(call_backs.held_of_numbers(numbers)) if task.caller is not None
    }
