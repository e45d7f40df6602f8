"""Repair of failed background work by a supervisor: a promise sent again, a message set aside settled."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.errors import NotFound
from callcenter.models import OutboxRow, SetAside
from callcenter.push import announce
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right


def retry(session: Session, actor: Actor, outbox_id: int, *, now: datetime) -> None:
    """Send a promise once more; what was set aside because of it is settled with that."""
    rights.require(actor, Right.OVERSEE_WORK)
    if session.get(OutboxRow, outbox_id) is None:
        raise NotFound(f"no promise {outbox_id}")
    outbox.retry(session, outbox_id, now)
    waiting = select(SetAside).where(
        SetAside.origin == "routing", SetAside.reference == str(outbox_id), SetAside.settled_at.is_(None)
    )
    for row in session.scalars(waiting):
        _settle(row, actor, now)
    announce(session, "stuck")


def settle(session: Session, actor: Actor, set_aside_id: int, *, now: datetime) -> None:
    """A person has looked at it and nothing more is to be done. Settling twice changes nothing."""
    rights.require(actor, Right.OVERSEE_WORK)
    row = session.get(SetAside, set_aside_id, with_for_update=True)
    if row is None:
        raise NotFound(f"nothing set aside as {set_aside_id}")
    if row.settled_at is None:
        _settle(row, actor, now)
        announce(session, "stuck")


def _settle(row: SetAside, actor: Actor, now: datetime) -> None:
    row.settled_at = now
    row.settled_by_id = actor.id
