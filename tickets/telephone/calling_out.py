"""Outgoing call to a citizen from a ticket: the operator's telephone first, then the citizen's; progress recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import CallBack, OutgoingCall, TicketOrCallBack, User
from callcenter.push import announce
from callcenter.vocab import Attempt, CallOut, CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.calls import calling
from tickets.life import history, safe
from tickets.rights import Right
from tickets.telephone import my_phone
from tickets.telephone.handset import Handset

MOVE = "called_out"
# A number that is not kept as E.164 is a service's: an operator called 115 for the citizen.
SERVICE_MOVE = "emergency_called"
# Results of the citizen's telephone; an operator that gave up while it rang may have had another reason.
_TRIES = {CallOut.NO_ANSWER: Attempt.NO_ANSWER, CallOut.BUSY: Attempt.BUSY}
_UNSENT = (CommandResult.REFUSED, CommandResult.EXPIRED)


@dataclass(frozen=True)
class Allowed:
    """Which numbers beside ordinary ones of Vietnam may be called."""

    abroad: bool = False
    premium: bool = False


@dataclass(frozen=True)
class OutgoingCallView:
    """`stage` is `own` (one's own telephone rings), `dialling`, `talking` or `ended`, `since` when it began."""

    code: str
    number: str
    stage: str
    since: datetime
    result: CallOut | None = None


def place(session: Session, actor: Actor, code: str, number: str, allowed: Allowed, *, now: datetime) -> OutgoingCall:
    """Ask the PBX to call one of the ticket's numbers; asked again while that call goes on, it is the same call.

    Raises NotFound without a telephone, Invalid where the number is none of the ticket's, may not be called, or the
    telephone is busy.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    ticket = history.locked_either(session, code)
    e164 = phones.normalise(number)
    here = my_phone.of(Handset(session, actor, now))
    if here is None or actor.id is None:
        raise NotFound(f"no telephone of {actor.name} at any PBX")
    dialled = phones.dialled(e164, abroad=allowed.abroad, premium=allowed.premium) if e164 else None
    problem = _problem(session, here, ticket, e164, dialled)
    if problem or dialled is None or e164 is None:
        raise Invalid({"phone": problem or "call_not_allowed"})
    return start(session, actor, here, ticket, e164, dialled, now=now)


def start(
    session: Session,
    actor: Actor,
    here: my_phone.Presence,
    about: TicketOrCallBack,
    number: str,
    dialled: str,
    *,
    now: datetime,
) -> OutgoingCall:
    """Ask for the call, whose number was checked before. Raises Invalid where the telephone makes another one."""
    assert actor.id is not None
    # Held, so that two clicks at the same moment are one call.
    session.get(User, actor.id, with_for_update=True)
    going_on = latest(Handset(session, actor, now))
    if going_on is not None and going_on.ended_at is None:
        if going_on.number == number and going_on.ticket_id == about.id:
            return going_on
        raise Invalid({"phone": "call_going_on"})
    call = OutgoingCall(
        pbx=here.pbx, ticket_id=about.id, user_id=actor.id, who=actor.name, extension=here.extension, number=number,
        asked_at=now,
    )  # fmt: skip
    session.add(call)
    session.flush()
    commands.ask(
        session,
        pbx=here.pbx,
        verb=CommandVerb.CALL,
        extension=here.extension,
        arguments={"number": dialled, "call": str(call.id)},
        actor_id=actor.id,
        actor_name=actor.name,
        now=now,
    )
    return call


def _problem(
    session: Session, here: my_phone.Presence, ticket: TicketOrCallBack, e164: str | None, dialled: str | None
) -> str | None:
    if CommandVerb.CALL not in here.can:
        return "phone_not_here"
    if here.away:
        return "phone_away"
    if here.at_call is not None:
        return "own_phone_engaged"
    if e164 is None or e164 not in numbers(ticket):
        return "call_not_of_ticket"
    if safe.is_protected(session, e164):
        return "call_not_safe"
    return None if dialled else "call_not_allowed"


def numbers(ticket: TicketOrCallBack) -> list[str]:
    """Numbers that may be called from this ticket: the contact's and the caller's."""
    given = (phones.normalise(number) for number in (ticket.reporter_phone, ticket.caller))
    return list(dict.fromkeys(number for number in given if number))


def latest(handset: Handset) -> OutgoingCall | None:
    """The call that goes on at this telephone, or the last one while the page still tells how it ended."""
    if handset.outgoing is None:
        return None
    call, _code, command = handset.outgoing
    # The PBX refused it, or it was not taken in time: the strip shows that of the command itself.
    return None if call.ended_at is None and command in _UNSENT else call


def shown(handset: Handset) -> OutgoingCallView | None:
    """What the page says of the call that this person's telephone makes, or just made."""
    call = latest(handset)
    # What the person before made at this telephone is theirs.
    if handset.outgoing is None or call is None or call.user_id != handset.actor.id:
        return None
    moments = (call.ended_at, call.reached_at, call.dialling_at, call.asked_at)
    since = next(moment for moment in moments if moment is not None)
    stage = ("ended", "talking", "dialling", "own")[moments.index(since)]
    return OutgoingCallView(handset.outgoing[1], call.number, stage, since, call.result)


def of_ticket(session: Session, ticket_id: int) -> Sequence[OutgoingCall]:
    """Newest first."""
    query = select(OutgoingCall).where(OutgoingCall.ticket_id == ticket_id).order_by(OutgoingCall.id.desc()).limit(50)
    return session.scalars(query).all()


def dialling(session: Session, call_id: int, at: datetime) -> None:
    """The operator's own telephone is picked up, the citizen's is being called."""
    call = _locked(session, call_id)
    if call is not None and call.dialling_at is None:
        call.dialling_at = at
        announce(session, f"extension:{call.extension}")


def reached(session: Session, call_id: int, at: datetime) -> None:
    call = _locked(session, call_id)
    if call is not None and call.reached_at is None:
        call.reached_at = at
        announce(session, f"extension:{call.extension}")


def ended(session: Session, call_id: int, result: CallOut, at: datetime, *, now: datetime) -> None:
    """Records the end that the PBX reported; twice is once. The ticket's history has it as a try."""
    call = _locked(session, call_id)
    if call is None or call.ended_at is not None:
        return
    # A citizen once reached stays reached, whatever the last event has.
    call.result = CallOut.REACHED if call.reached_at is not None else result
    call.ended_at = at
    call.talk_s = max((at - call.reached_at).total_seconds(), 0.0) if call.reached_at is not None else 0.0
    about, person = history.of_id(session, call.ticket_id), session.get_one(User, call.user_id)
    if not _is_try(session, about, Actor.of(person), call.result, now):
        talk_s = round(call.talk_s)
        move = MOVE if call.number.startswith("+") else SERVICE_MOVE
        history.note(session, about, move, Actor.of(person), now=now, result=call.result, call=call.id, talk_s=talk_s)
    announce(session, f"extension:{call.extension}")


def _is_try(session: Session, about: TicketOrCallBack, actor: Actor, result: CallOut, now: datetime) -> bool:
    """A number that waits and was not reached is noted as a person would note it, and waits for its next time."""
    waits = isinstance(about, CallBack) and about.waits
    if result not in _TRIES or not waits or about.owner_id not in (None, actor.id):
        return False
    calling.not_reached(session, actor, about.code, _TRIES[result], now=now)
    return True


def _locked(session: Session, call_id: int) -> OutgoingCall | None:
    return session.get(OutgoingCall, call_id, with_for_update=True, populate_existing=True)
