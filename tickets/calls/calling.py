"""Tries of call-backs, each on record; and closing many after an outage, with one reason and one text message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter import vocab
from callcenter.errors import Invalid
from callcenter.models import Ticket, TicketEvent
from callcenter.vocab import Attempt, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import listening
from tickets.life import claims, history, offers
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
) -> Ticket:
    """The number was dialled and the person not spoken with: it is free again, and waits until its next time.

    `later` is a word of `policy.CALL_LATER`, empty for the rule. Raises Invalid, MoveRefused; NotAllowed while
    another operator has the number in hand.
    """
    begun = offers.begin(session, actor, code, "not_reached", now=now, result=result, later=later, note=note)
    ticket, result = begun.ticket, Attempt(result)
    before = select(func.count()).where(TicketEvent.ticket_id == ticket.id, TicketEvent.move == ATTEMPT)
    tries = 1 + (session.scalar(before) or 0)
    ticket.call_at = attempts.chosen_time(later, now) if later else attempts.next_time(result, tries, now)
    return begun.go(reason=note.strip() or None, result=result, call_at=ticket.call_at.isoformat())


def tried(session: Session, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[Tried]]:
    """Every try of these call-backs, newest first."""
    query = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id.in_(ticket_ids), TicketEvent.move == ATTEMPT)
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
        select(Ticket, listening.unheard(), claims.free(now))
        .where(Ticket.code.in_(list(codes)), Ticket.kind == TicketKind.CALLBACK, Ticket.state == TicketState.FILED)
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    for ticket, unheard, free in session.execute(query).all():
        if unheard:
            ended.unheard.append(ticket.code)
        elif not free and ticket.owner_id != actor.id:
            ended.in_hand.append(ticket.code)
        else:
            _end(session, ticket, actor, reason.strip(), now)
            ended.codes.append(ticket.code)
            if text.strip() and ticket.caller:
                sent = messages.promise(session, ticket, ticket.caller, text.strip(), actor, now=now)
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


def _end(session: Session, ticket: Ticket, actor: Actor, reason: str, now: datetime) -> None:
    history.move(session, ticket, "call_back_ended", actor, now=now, reason=reason)
    ticket.owner_id = actor.id
