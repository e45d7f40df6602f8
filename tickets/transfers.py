"""A call is passed on: at once, or after asking first; to a colleague, a shift leader, or an agency's telephone.

The draft goes with the call: it belongs to whoever talks last (`tickets.desk`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, Call, PbxCommand, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb
from tickets import floor, phone, queries
from tickets.actors import Actor
from tickets.calling_out import Allowed
from tickets.floor import Doing, Seat

# Pressing the keys one by one takes a while.
_LASTS_S = 8
_LONGEST_CONSULTATION = timedelta(minutes=30)
_OF_A_CALL = (CommandVerb.TRANSFER, CommandVerb.CONSULT, CommandVerb.JOIN, CommandVerb.BACK)


@dataclass(frozen=True)
class Targets:
    """Whom a call can go to: the team by need (free first), and agencies with a telephone that may be dialled."""

    team: Sequence[Seat]
    agencies: Sequence[tuple[str, str]]


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


def can(session: Session, actor: Actor, call: Call, now: datetime) -> frozenset[str]:
    """What may be asked for this call now, by the PBX's own word of who talks and who is held.

    Who is held by the telephone's own key is not joined with anybody: there is nobody to join them with.
    """
    status = session.get(PbxStatus, call.pbx)
    extension = actor.extension or ""
    if status is None or actor.role not in phone.OPERATORS or call.ended_at is not None:
        return frozenset()
    fitting: set[CommandVerb] = set()
    if extension in call.holding:
        if _is_consulting(session, call, extension, now):
            fitting = {CommandVerb.JOIN, CommandVerb.BACK}
    elif extension in call.talking:
        fitting = {CommandVerb.TRANSFER, CommandVerb.CONSULT}
    return frozenset(verb.value for verb in fitting if verb.value in status.actions)


def of_mine(session: Session, actor: Actor, now: datetime) -> Mapping[int, frozenset[str]]:
    """What may be asked for each live call of this telephone, by its id."""
    return {call.id: can(session, actor, call, now) for call in queries.my_calls(session, actor)}


def _is_consulting(session: Session, call: Call, extension: str, now: datetime) -> bool:
    asked = commands.latest(session, call.pbx, extension, now - _LONGEST_CONSULTATION)
    here = (command for command in asked if command.arguments.get("call") == call.linkedid)
    last = next((command for command in here if command.verb in _OF_A_CALL), None)
    return last is not None and last.verb == CommandVerb.CONSULT and last.result == CommandResult.DONE


def ask(
    session: Session, actor: Actor, call_id: int, verb: CommandVerb, to: str, allowed: Allowed, *, now: datetime
) -> PbxCommand:
    """Pass the call on, ask somebody first (`CONSULT`), put the two together (`JOIN`) or come back (`BACK`).

    Raises NotFound for a call that is not at this telephone, Invalid where it cannot be done now or `to` is nobody.
    """
    actor.require(*phone.OPERATORS)
    call = session.get(Call, call_id)
    if call is None or not actor.extension or actor.id is None:
        raise NotFound(f"no call {call_id} for {actor.name}")
    if phone.is_away(session.get(PbxStatus, call.pbx), now):
        raise Invalid({"phone": "phone_away"})
    if verb.value not in can(session, actor, call, now):
        raise Invalid({"phone": "phone_too_late"})
    arguments = {"call": call.linkedid}
    if verb in (CommandVerb.TRANSFER, CommandVerb.CONSULT):
        arguments["to"] = _known(session, actor, to, allowed)
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


def _known(session: Session, actor: Actor, to: str, allowed: Allowed) -> str:
    """Somebody of the list, and nobody else: what was typed never reaches the PBX."""
    choices = targets(session, actor, allowed)
    known = {*(seat.extension for seat in choices.team), *(number for _, number in choices.agencies)}
    if to not in known:
        raise Invalid({"phone": "transfer_to_whom"})
    return to
