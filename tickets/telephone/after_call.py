"""After-call work: the PBX pauses an operator after a call, until a time has passed or the operator is ready.

All but `of_phone` runs in the listener's process, which alone knows when a talk ends; the PBX is asked by command rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, extensions
from callcenter.models import AfterCall, Call, PbxQueue, PbxStatus
from callcenter.push import announce
from callcenter.vocab import AFTER_CALL, AfterCallEnd, CommandVerb
from tickets.rules import wrap_up
from tickets.rules.wrap_up import Members

LISTENER = "listener"
# A talk that ended longer ago was heard late: no operator is to be pulled out of the next call.
_FRESH = timedelta(seconds=30)
# By then the PBX has shown the pause, or it will not.
_SHOWS_WITHIN = timedelta(seconds=10)
_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True)
class HungUp:
    """An operator's part of a call is over, at a moment by the PBX's clock."""

    call: Call
    extension: str
    at: datetime


def begin(session: Session, pbx: str, ended: Sequence[HungUp], *, now: datetime) -> None:
    """Request a pause for each of them whose queue has a time for it, unless a queue were left without members."""
    rows = session.scalars(select(PbxQueue).where(PbxQueue.pbx == pbx)).all()
    lasts = {row.name: row.after_call_s for row in rows}
    wanted = [one for one in ended if lasts.get(one.call.queue or "") and abs(now - one.at) < _FRESH]
    if not wanted or not _can_pause(session, pbx):
        return
    people = extensions.held_now(session)
    queues = [row.members for row in rows]
    pausing = {row.extension for row in _open(session, pbx)}
    for one in wanted:
        person = people.get(one.extension)
        free = _is_ready(queues, one.extension) and wrap_up.leaves_somebody(queues, one.extension, pausing)
        if person is None or not free or _talks(session, one):
            continue
        pausing.add(one.extension)
        _close(session, pbx, one.extension, now)
        due = now + timedelta(seconds=lasts[one.call.queue or ""])
        session.add(
            AfterCall(
                pbx=pbx, extension=one.extension, user_id=person.id, call_id=one.call.id, began_at=now, ready_due=due
            )
        )
        session.flush()
        _ask(session, pbx, CommandVerb.PAUSE, one.extension, {"reason": AFTER_CALL}, now)


def end_due(session: Session, pbx: str, now: datetime) -> None:
    """Those whose time is over are made ready again; asked again where the PBX has not shown it after a while."""
    for row in _open(session, pbx):
        asked_lately = row.asked_at is not None and now - row.asked_at < _AGAIN
        if row.paused_at is not None and row.ready_due <= now and not asked_lately:
            row.asked_at = now
            _ask(session, pbx, CommandVerb.RESUME, row.extension, {}, now)
        elif row.paused_at is None and now - row.began_at > _SHOWS_WITHIN:
            row.ended_at, row.how = row.began_at, AfterCallEnd.NEVER


def keep(session: Session, pbx: str, queues: Mapping[str, Members], *, now: datetime) -> None:
    """Records from the members that the PBX shows which are in after-call work, and which no longer.

    An operator is made ready at once when a queue has no other member left.
    """
    needed = wrap_up.alone(queues.values(), AFTER_CALL)
    for row in _open(session, pbx):
        states = [member for members in queues.values() for member in members if member["extension"] == row.extension]
        if any(member.get("reason") == AFTER_CALL for member in states):
            row.paused_at = row.paused_at or now
            if row.extension in needed:
                row.ready_due = min(row.ready_due, now)
        elif row.paused_at is not None:
            paused = any(member.get("paused") for member in states)
            row.ended_at = now
            row.how = _how(row, member_of_any=bool(states), paused=paused)


def of_phone(session: Session, pbx: str, extension: str) -> AfterCall | None:
    """The after-call work that goes on at this telephone."""
    return next((row for row in _open(session, pbx) if row.extension == extension), None)


def _how(row: AfterCall, *, member_of_any: bool, paused: bool) -> AfterCallEnd:
    if not member_of_any:
        return AfterCallEnd.LEFT
    if paused:
        return AfterCallEnd.PAUSED
    return AfterCallEnd.TIME if row.asked_at is not None else AfterCallEnd.KEY


def _open(session: Session, pbx: str) -> Sequence[AfterCall]:
    query = select(AfterCall).where(AfterCall.pbx == pbx, AfterCall.ended_at.is_(None)).order_by(AfterCall.id)
    return session.scalars(query).all()


def _close(session: Session, pbx: str, extension: str, now: datetime) -> None:
    """The next call came before anybody was ready."""
    before = of_phone(session, pbx, extension)
    if before is not None:
        before.ended_at, before.how = now, AfterCallEnd.NEXT_CALL
        session.flush()


def _is_ready(queues: Iterable[Members], extension: str) -> bool:
    """A member somewhere, and not paused already for a reason of its own."""
    mine = [member for members in queues for member in members if member.get("extension") == extension]
    return any(not member.get("paused") for member in mine)


def _talks(session: Session, one: HungUp) -> bool:
    """The same telephone is in another call, or in this one again."""
    query = select(Call.id).where(Call.ended_at.is_(None), Call.talking.contains([one.extension]))
    return session.scalars(query.limit(1)).first() is not None


def _can_pause(session: Session, pbx: str) -> bool:
    status = session.get(PbxStatus, pbx)
    return status is not None and {CommandVerb.PAUSE, CommandVerb.RESUME} <= set(status.actions)


def _ask(
    session: Session, pbx: str, verb: CommandVerb, extension: str, given: Mapping[str, str], now: datetime
) -> None:
    commands.order(session, pbx=pbx, verb=verb, extension=extension, arguments=given, asked_by=LISTENER, now=now)
    announce(session, f"extension:{extension}")
