"""A call is passed on: at once, or after asking first; to a colleague, a shift leader, or an agency's telephone.

The draft goes with the call: it belongs to whoever talks last (`tickets.desk`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, Call, PbxCommand, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb
from tickets import rights
from tickets.actors import Actor
from tickets.desk import queries
from tickets.rights import Right
from tickets.telephone import floor, phone
from tickets.telephone.calling_out import Allowed
from tickets.telephone.floor import Doing, Seat

# Pressing the keys one by one takes a while.
_LASTS_S = 8
_LONGEST_CONSULTATION = timedelta(minutes=30)
_ON = (CommandVerb.TRANSFER, CommandVerb.CONSULT)
_OUT = (CommandVerb.JOIN, CommandVerb.BACK)
# Asked for by every page of the desk, and so built once.
_LAST_OF_MINE = (
    select(PbxCommand)
    .where(PbxCommand.extension == bindparam("extension"), PbxCommand.asked_by_id == bindparam("person"))
    .where(PbxCommand.asked_at >= bindparam("since"))
    .where(PbxCommand.verb.in_((*_ON, *_OUT)))
    .order_by(PbxCommand.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Targets:
    """Whom a call can go to: the team by need (free first), and agencies with a telephone that may be dialled."""

    team: Sequence[Seat]
    agencies: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Consultation:
    """The caller is on hold while somebody (`to`, as it was dialled) is asked."""

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


def can(session: Session, actor: Actor, call: Call) -> frozenset[str]:
    """How this call can be passed on now: while one talks with the caller, by the PBX's own word."""
    status = session.get(PbxStatus, call.pbx)
    extension = actor.extension or ""
    talks = call.ended_at is None and extension in call.talking and extension not in call.holding
    if status is None or not rights.may(actor, Right.WORK_TELEPHONE) or not talks:
        return frozenset()
    return frozenset(verb.value for verb in _ON if verb.value in status.actions)


def of_mine(session: Session, actor: Actor) -> Mapping[int, frozenset[str]]:
    """How each live call of this telephone can be passed on, by its id."""
    return {call.id: can(session, actor, call) for call in queries.my_calls(session, actor)}


def consultation(session: Session, actor: Actor, now: datetime) -> Consultation | None:
    """Whom this telephone asks while the caller is on hold.

    A consultation that was asked for here and done, in a call that goes on and in which the PBX does not show this
    telephone back with the caller. A call held by the telephone's own key is none: a button would cut it off.
    """
    mine = {"extension": actor.extension, "person": actor.id, "since": now - _LONGEST_CONSULTATION}
    last = session.scalars(_LAST_OF_MINE, mine).first() if actor.extension else None
    if last is None or last.verb != CommandVerb.CONSULT or last.result != CommandResult.DONE:
        return None
    call = session.scalars(select(Call).where(Call.pbx == last.pbx, Call.linkedid == last.arguments["call"])).first()
    if call is None or call.ended_at is not None:
        return None
    if actor.extension in call.talking and actor.extension not in call.holding:
        return None
    return Consultation(call.id, call.caller, last.arguments["to"], last.ended_at or last.asked_at)


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
    """Pass the call on, ask somebody first (`CONSULT`), put the two together (`JOIN`) or come back (`BACK`).

    `also` are numbers that are in no list of people: those of emergencies.

    Raises NotFound for a call that is not at this telephone, Invalid where it cannot be done now or `to` is nobody.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    call = session.get(Call, call_id)
    if call is None or not actor.extension or actor.id is None:
        raise NotFound(f"no call {call_id} for {actor.name}")
    _check(session, actor, call, verb, now)
    arguments = {"call": call.linkedid}
    if verb in _ON:
        arguments["to"] = to if to in also else _known(session, actor, to, allowed)
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


def _check(session: Session, actor: Actor, call: Call, verb: CommandVerb, now: datetime) -> None:
    if phone.is_away(session.get(PbxStatus, call.pbx), now):
        raise Invalid({"phone": "phone_away"})
    asking = consultation(session, actor, now) if verb in _OUT else None
    fits = asking is not None and asking.call_id == call.id if verb in _OUT else verb.value in can(session, actor, call)
    if not fits:
        raise Invalid({"phone": "phone_too_late"})


def _known(session: Session, actor: Actor, to: str, allowed: Allowed) -> str:
    """Somebody of the list, and nobody else: what was typed never reaches the PBX."""
    choices = targets(session, actor, allowed)
    known = {*(seat.extension for seat in choices.team), *(number for _, number in choices.agencies)}
    if to not in known:
        raise Invalid({"phone": "transfer_to_whom"})
    return to
