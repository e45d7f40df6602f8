"""Tries of call-backs, each on record; and closing many after an outage, with one reason and one text message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter import vocab
from callcenter.errors import Invalid
from callcenter.models import CallBack, TicketEvent
from callcenter.vocab import Attempt
from tickets import rights
from tickets.actors import Actor
from tickets.calls import listening
from tickets.life import call_backs, claims, offers
from tickets.notices import messages
from tickets.rights import Right
from tickets.rules import attempts, policy

ATTEMPT = "call_attempt"
_AT_ONCE = 2000


@dataclass(frozen=True)
class Tried:
    """One try: operator, moment, result, and when the number may be called again."""

    at: datetime
    who: str
    result: Attempt
    note: str
    next_at: datetime


@dataclass
class Ended:
    """What became of many: the codes that ended, how many of them get a text, and those that stay, by why."""

    codes: list[str] = field(default_factory=list)
    texts: int = 0
    unheard: list[str] = field(default_factory=list)
    in_hand: list[str] = field(default_factory=list)


@offers.carries("not_reached")
def not_reached(
    session: Session, actor: Actor, code: str, result: Attempt, *, note: str = "", later: str = "", now: datetime
) -> CallBack:
    """The number was dialled and the person not spoken with: it is free again, and waits until its next time.

    `later` is a word of `policy.CALL_LATER`, empty for the rule. Raises Invalid, MoveRefused; NotAllowed while
    another operator has the number in hand.
    """
    begun = offers.begin_call_back(session, actor, code, "not_reached", now=now, result=result, later=later, note=note)
    call_back, result = begun.about, Attempt(result)
    before = select(func.count()).where(TicketEvent.ticket_id == call_back.id, TicketEvent.move == ATTEMPT)
    tries = 1 + (session.scalar(before) or 0)
    call_back.call_at = attempts.chosen_time(later, now) if later else attempts.next_time(result, tries, now)
    return begun.go(reason=note.strip() or None, result=result, call_at=call_back.call_at.isoformat())


def tried(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[Tried]]:
    """Every try of these call-backs, newest first."""
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.move == ATTEMPT)
        .order_by(TicketEvent.id.desc())
    )
    found: dict[int, list[Tried]] = {}
    for event in session.scalars(query):
        row = Tried(
            event.at,
            event.actor,
            vocab.read(Attempt, event.data["result"]),
            event.reason or "",
            datetime.fromisoformat(event.data["call_at"]),
        )
        found.setdefault(event.ticket_id, []).append(row)
    return found


def end_many(
    session: Session, actor: Actor, codes: Sequence[str], *, reason: str, text: str = "", now: datetime
) -> Ended:
    """A leader ends these call-backs without a call; each number gets the text, if there is one.

    A number being called right now stays, as does one with a message not listened to. Twice is once.
    Raises Invalid.
    """
    rights.require(actor, Right.END_CALL_BACKS)
    problems = _problems(codes, reason, text)
    if problems:
        raise Invalid(problems)
    ended = Ended()
    query = (
        select(CallBack, listening.unheard(), claims.free(now))
        .where(CallBack.code.in_(list(codes)), call_backs.waits())
        .order_by(CallBack.id)
        .with_for_update(of=CallBack)
        .execution_options(populate_existing=True)
    )
    for call_back, unheard, free in session.execute(query).all():
        if unheard:
            ended.unheard.append(call_back.code)
        elif not free and call_back.owner_id != actor.id:
            ended.in_hand.append(call_back.code)
        else:
            _end(session, call_back, actor, reason.strip(), now)
            ended.codes.append(call_back.code)
            if text.strip() and call_back.caller:
                sent = messages.promise(session, call_back, call_back.caller, text.strip(), actor, now=now)
                ended.texts += sent.result is None
    return ended


def _problems(codes: Sequence[str], reason: str, text: str) -> dict[str, str]:
    problems = {}
    if not codes or len(codes) > _AT_ONCE:
        problems["codes"] = "nothing_chosen" if not codes else "too_long"
    if not reason.strip():
        problems["reason"] = "required"
    if messages.parts(text.strip()) > policy.MOST_TEXT_PARTS:
        problems["text"] = "text_too_long"
    return problems


def _end(session: Session, call_back: CallBack, actor: Actor, reason: str, now: datetime) -> None:
    call_backs.move(session, call_back, "call_back_ended", actor, now=now, reason=reason)
    call_back.owner_id = actor.id
