"""Listening to messages and recordings of calls: the right to it, and a record of each time."""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from callcenter.db import any_of
from callcenter.errors import NotFound
from callcenter.models import Call, CallBack, Listening, Matter, Ticket, TicketCall, TicketEvent, TicketOrCallBack
from callcenter.push import announce
from callcenter.vocab import Hearing, Outcome, Sound
from tickets import rights
from tickets.actors import Actor
from tickets.calls import recordings, talkers
from tickets.calls.recordings import Heard
from tickets.life import history, reach
from tickets.rights import Right

# A listener that stops, seeks and starts again has listened once.
_MANY = 20
_ONCE = timedelta(minutes=10)
_PAGE = 100


def may_hear(session: Session, actor: Actor, call: Call, sound: Sound) -> bool:
    """Leaders everything; operators messages and their own talks; an agency what its ticket was opened for."""
    return call.id in _audible(session, actor, [call], sound)


def to_hear(
    session: Session, actor: Actor, folders: Mapping[str, str], calls: Collection[Call], now: datetime
) -> dict[tuple[int, Sound], Heard]:
    """For pages, by call and sound: what there is to hear, so that no dead player is shown; without an entry where
    there never was anything, and where this person may not hear it. `folders` are `Settings.recordings`."""
    found: dict[tuple[int, Sound], Heard] = {}
    # A folder of all years has many names: for a few calls one asks for each file.
    is_there = recordings.Listings() if len(calls) > _MANY else os.path.isfile
    for sound in Sound:
        looked = ((call, recordings.look(folders, call, sound, now, is_there)) for call in calls)
        there = {call: heard for call, heard in looked if heard is not None}
        audible = _audible(session, actor, there, sound)
        found |= {(call.id, sound): heard for call, heard in there.items() if call.id in audible}
    return found


def _audible(session: Session, actor: Actor, calls: Collection[Call], sound: Sound) -> set[int]:
    """Ids of the calls of which this person may hear this; as many statements for many calls as for one."""
    right = Right.LISTEN_MESSAGE if sound == Sound.VOICEMAIL else Right.LISTEN_RECORDING
    theirs = cache(lambda: _theirs(session, actor, calls))
    opened = cache(lambda: _opened_to(session, actor, calls))

    def ties(call: Call) -> rights.Ties:
        return rights.Ties(own=lambda: call.id in theirs(), own_agency=lambda: call.id in opened())

    return {call.id for call in calls if rights.may(actor, right, ties(call))}


def allowed(session: Session, actor: Actor, call_id: int, sound: Sound) -> Call:
    """The call, where the actor may hear this of it; else raises NotFound."""
    call = session.get(Call, call_id)
    if call is None or not may_hear(session, actor, call, sound):
        raise NotFound(f"no sound of call {call_id} for {actor.name}")
    return call


def note(
    session: Session,
    actor: Actor,
    call: Call,
    sound: Sound,
    *,
    now: datetime,
    how: Hearing = Hearing.PAGE,
    ticket: TicketOrCallBack | None = None,
) -> None:
    """This person listened. Pieces of the same listening, and double clicks, are one."""
    again = select(Listening.id).where(
        Listening.call_id == call.id,
        Listening.sound == sound,
        Listening.how == how,
        Listening.user_id == actor.id,
        Listening.at > now - _ONCE,
    )
    if session.scalars(again).first() is not None:
        return
    about = ticket.id if ticket is not None else None
    session.add(
        Listening(call_id=call.id, sound=sound, how=how, user_id=actor.id, who=actor.name, ticket_id=about, at=now)
    )
    announce(session, "calls", call=call.id)


def heard_by_telephone(session: Session, actor: Actor, call_id: int, *, now: datetime) -> Call:
    """The message was listened to in the PBX's mailbox, because this machine does not have it."""
    rights.require(actor, Right.CALL_BACK)
    call = allowed(session, actor, call_id, Sound.VOICEMAIL)
    note(session, actor, call, Sound.VOICEMAIL, now=now, how=Hearing.TELEPHONE)
    return call


def unheard() -> ColumnElement[bool]:
    """SQL: a call of the outer query's ticket left a message that has not been listened to."""
    heard = exists().where(Listening.call_id == Call.id, Listening.sound == Sound.VOICEMAIL)
    return exists().where(
        TicketCall.ticket_id == CallBack.id,
        TicketCall.call_id == Call.id,
        or_(Call.voicemail.is_not(None), Call.outcome == Outcome.VOICEMAIL),
        ~heard,
    )


def has_unheard(session: Session, call_back: CallBack) -> bool:
    return session.scalars(select(CallBack.id).where(CallBack.id == call_back.id, unheard())).first() is not None


def of_calls(session: Session, call_ids: Collection[int]) -> Mapping[int, Sequence[Listening]]:
    """The listenings to these calls, by call, newest first."""
    found: dict[int, list[Listening]] = {}
    query = select(Listening).where(Listening.call_id.in_(call_ids)).order_by(Listening.id.desc())
    for row in session.scalars(query):
        found.setdefault(row.call_id, []).append(row)
    return found


def listed(session: Session, *, page: int) -> dict[str, Any]:
    """One page of all listenings, newest first: `rows`, `page`, whether there are `more`."""
    query = (
        select(Listening.at, Listening.who, Listening.sound, Listening.how, Call.caller, Call.started_at, Matter.code)
        .join(Call, Call.id == Listening.call_id)
        .outerjoin(Matter, Matter.id == Listening.ticket_id)
        .order_by(Listening.id.desc())
        .offset((page - 1) * _PAGE)
        .limit(_PAGE + 1)
    )
    rows = session.execute(query).all()
    return {"rows": rows[:_PAGE], "page": page, "more": len(rows) > _PAGE}


def open_to_agency(session: Session, actor: Actor, ticket: TicketOrCallBack, *, may_hear: bool, now: datetime) -> None:
    """Let the ticket's agency play its recordings, or no longer; never where the identity is kept."""
    rights.require(actor, Right.OPEN_RECORDING)
    allowed = may_hear and not ticket.keep_identity
    if ticket.agency_may_hear != allowed:
        ticket.agency_may_hear = allowed
        history.note(session, ticket, "hearing_opened" if allowed else "hearing_closed", actor, now=now)


def _theirs(session: Session, actor: Actor, calls: Collection[Call]) -> set[int]:
    """Calls that this person ended or talked in, or whose ticket is theirs or was worked on by them."""
    ended = {call.id for call in calls if call.disposed_by_id is not None and call.disposed_by_id == actor.id}
    worked_on = exists().where(TicketEvent.ticket_id == TicketCall.ticket_id, TicketEvent.actor_id == actor.id)
    owned = (exists().where(one.id == TicketCall.ticket_id, one.owner_id == actor.id) for one in (Ticket, CallBack))
    query = (
        select(TicketCall.call_id)
        .where(TicketCall.call_id == any_of([call.id for call in calls]), TicketCall.relation == "opened")
        .where(or_(*owned, worked_on))
    )
    return {*ended, *talkers.talked_in(session, actor, calls), *session.scalars(query)}


def _opened_to(session: Session, actor: Actor, calls: Collection[Call]) -> set[int]:
    """Calls that the agency may hear through a ticket of theirs: none where anything of the call is kept secret."""
    its = aliased(TicketCall)
    kept = or_(
        *(
            exists().where(its.call_id == TicketCall.call_id, its.ticket_id == other.id, other.keep_identity)
            for other in (aliased(Ticket), aliased(CallBack))
        )
    )
    query = (
        select(TicketCall.call_id)
        .join(Ticket, Ticket.id == TicketCall.ticket_id)
        .where(TicketCall.call_id == any_of([call.id for call in calls]))
        .where(Ticket.agency_may_hear, ~kept, reach.in_reach(actor.agency_id))
    )
    return set(session.scalars(query))
