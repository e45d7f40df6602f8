"""Transfers of a call: blind, or attended; to a colleague, a shift leader, or an agency's telephone.

The draft goes with the call: it belongs to the operator that talks last (`tickets.desk`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, Call, PbxCommand
from callcenter.vocab import CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right
from tickets.telephone import floor, phone
from tickets.telephone.calling_out import Allowed
from tickets.telephone.floor import Doing, Seat
from tickets.telephone.handset import PASSING, Handset

# Pressing the keys one by one takes a while.
_LASTS_S = 8
_ON = (CommandVerb.TRANSFER, CommandVerb.CONSULT)
_OUT = (CommandVerb.JOIN, CommandVerb.BACK)
# Until the PBX shows that a consultation has begun, and for how long a page says that one is over.
_BEGUN_AFTER, _TOLD_FOR = timedelta(seconds=2), timedelta(seconds=60)
_ENGAGED = (Doing.RINGING, Doing.TALKING, Doing.HOLDING)


@dataclass(frozen=True)
class Targets:
    """Possible targets of a transfer: the team (free first), and agencies with a telephone that may be dialled."""

    team: Sequence[Seat]
    agencies: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Consultation:
    """The caller is on hold while a third party (`to`, as it was dialled) is consulted."""

    call_id: int
    caller: str | None
    to: str
    since: datetime


def targets(session: Session, actor: Actor, allowed: Allowed) -> Targets:
    """`agencies` are their names and how they are dialled."""
    seats = [seat for seat in floor.floor(session).seats if seat.extension != actor.extension and seat.name]
    order = (Doing.FREE, Doing.PAUSED, Doing.OUT, Doing.RINGING, Doing.TALKING, Doing.HOLDING, Doing.DEAD)
    query = select(Agency).where(Agency.active, Agency.phone.is_not(None)).order_by(Agency.name)
    dialled = ((agency.name, dial(agency.phone, allowed)) for agency in session.scalars(query))
    return Targets(
        sorted(seats, key=lambda seat: (order.index(seat.doing), seat.name)),
        [(name, number) for name, number in dialled if number],
    )


def dial(number: str | None, allowed: Allowed) -> str | None:
    """As the PBX dials it, None where it may not be called."""
    e164 = phones.normalise(number)
    return phones.dialled(e164, abroad=allowed.abroad, premium=allowed.premium) if e164 else None


def can(handset: Handset, call: Call) -> frozenset[str]:
    """How this call can be passed on now: while one talks with the caller, by the PBX's own word."""
    status, extension = handset.statuses.get(call.pbx), handset.extension
    talks = call.ended_at is None and extension in call.talking and extension not in call.holding
    if status is None or not rights.may(handset.actor, Right.WORK_TELEPHONE) or not talks:
        return frozenset()
    return frozenset(verb.value for verb in _ON if verb.value in status.actions)


def of_mine(handset: Handset) -> dict[int, frozenset[str]]:
    """How each live call of this telephone can be passed on, by its id."""
    return {call.id: can(handset, call) for call in handset.calls}


def consultation(handset: Handset) -> Consultation | None:
    """The party that this telephone consults while the caller is on hold.

    A consultation that was asked for here and done, in a call that goes on and in which the PBX does not show this
    telephone back with the caller. A call held by the telephone's own key is none: a button would cut it off.
    """
    found = _last_consultation(handset)
    if found is None or _talks_with_caller(handset, found[1]):
        return None
    last, call = found
    return Consultation(call.id, call.caller, last.arguments["to"], last.ended_at or last.asked_at)


def returned_from(handset: Handset) -> str | None:
    """Who was consulted a moment ago, where the PBX has led back to the caller by itself: the line was engaged, not
    answered, or put down."""
    found = _last_consultation(handset)
    if found is None or not _talks_with_caller(handset, found[1]):
        return None
    last, _call = found
    since = handset.now - (last.ended_at or last.asked_at)
    return str(last.arguments["to"]) if _BEGUN_AFTER <= since <= _TOLD_FOR else None


def _last_consultation(handset: Handset) -> tuple[PbxCommand, Call] | None:
    """Of this person, done, with its call; None where they have asked for something else since."""
    mine = (one for one in handset.commands if one.verb in PASSING and one.asked_by_id == handset.actor.id)
    last = next(mine, None)
    if last is None or last.verb != CommandVerb.CONSULT or last.result != CommandResult.DONE:
        return None
    call = next((c for c in handset.near if (c.pbx, c.linkedid) == (last.pbx, last.arguments["call"])), None)
    return (last, call) if call is not None else None


def _talks_with_caller(handset: Handset, call: Call) -> bool:
    return handset.extension in call.talking and handset.extension not in call.holding


def ask(
    session: Session,
    actor: Actor,
    call_id: int,
    verb: CommandVerb,
    to: str,
    allowed: Allowed,
    *,
    also: Collection[str] = (),
    now: datetime,
) -> PbxCommand:
    """Transfer the call, consult first (`CONSULT`), connect the two (`JOIN`) or return to the caller (`BACK`).

    `also` are numbers that are in no list of people: those of emergencies.

    Raises NotFound for a call that is not at this telephone, Invalid where it cannot be done now or `to` is unknown.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    call = session.get(Call, call_id)
    if call is None or not actor.extension or actor.id is None:
        raise NotFound(f"no call {call_id} for {actor.name}")
    _check(Handset(session, actor, now), call, verb)
    arguments = {"call": call.linkedid}
    if verb in _ON:
        arguments["to"] = to if to in also else _known(session, actor, verb, to, allowed)
    return commands.ask(
        session,
        pbx=call.pbx,
        verb=verb,
        extension=actor.extension,
        arguments=arguments,
        actor_id=actor.id,
        actor_name=actor.name,
        now=now,
        expires_s=_LASTS_S,
    )


def _check(handset: Handset, call: Call, verb: CommandVerb) -> None:
    if phone.is_away(handset.statuses.get(call.pbx), handset.now):
        raise Invalid({"phone": "phone_away"})
    asking = consultation(handset) if verb in _OUT else None
    fits = asking is not None and asking.call_id == call.id if verb in _OUT else verb.value in can(handset, call)
    if not fits:
        raise Invalid({"phone": "phone_too_late"})


def _known(session: Session, actor: Actor, verb: CommandVerb, to: str, allowed: Allowed) -> str:
    """A target of the list only: typed text never reaches the PBX. A caller is not sent to a line that is engaged."""
    choices = targets(session, actor, allowed)
    doing = {seat.extension: seat.doing for seat in choices.team}
    if to not in doing and to not in {number for _, number in choices.agencies}:
        raise Invalid({"phone": "transfer_to_whom"})
    if verb is CommandVerb.TRANSFER and doing.get(to) in _ENGAGED:
        raise Invalid({"phone": "colleague_engaged"})
    return to
