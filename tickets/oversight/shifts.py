"""Shift handover (giao ca): the open items that one leader leaves, and the next leader's confirmation."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import CallBack, ShiftHandover, Ticket, TicketOrCallBack, User
from callcenter.push import announce
from callcenter.vocab import TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.desk import queries
from tickets.desk.queries import Unfinished
from tickets.life import history
from tickets.oversight import worklist
from tickets.rights import Right
from tickets.rules.states import UNTAKEN
from tickets.telephone import emergencies, emergency_bar

_RECENT = 30


class Left(StrEnum):
    """The lists of a handover, the most pressing first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    DRAFT = "draft"
    CALL_BACK = "call_back"
    TRIAGE = "triage"


def standing(session: Session, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """What a leader would hand over now: `{list, code, caller, what, who, due}` in the lists' order."""
    shift = worklist.shift(session, now)
    lying = {row.ticket.id for row in shift.drafts}
    own = [row for row in queries.unfinished(session, actor) if row.ticket.id not in lying]
    return [
        *(
            _item(Left.EMERGENCY, ticket, f"{row.service} · {row.began_by}", None)
            for row, ticket in emergency_bar.open_ones(session)
        ),
        *(_item(Left.URGENT, one, _agency(one), one.accept_due or one.triage_due) for one in shift.urgent),
        *(_draft(row) for row in (*shift.drafts, *own)),
        *_call_backs(session, now),
        *(_item(Left.TRIAGE, ticket, "", ticket.triage_due) for ticket in shift.triage),
    ]


def give(session: Session, actor: Actor, to_id: int, *, note: str, now: datetime) -> ShiftHandover:
    """Hand the shift over to a named person; an earlier unconfirmed one is replaced. Raises Invalid."""
    rights.require(actor, Right.HAND_OVER)
    receiver = session.get(User, to_id)
    receives = rights.roles_with(Right.RECEIVE_SHIFT)
    if receiver is None or not receiver.active or receiver.role not in receives or receiver.id == actor.id:
        raise Invalid({"to": "unknown_choice"})
    assert actor.id is not None
    # Held, so that two clicks at the same moment make one after the other.
    session.get_one(User, actor.id, with_for_update=True)
    waiting = session.scalars(select(ShiftHandover).where(*_open(), ShiftHandover.given_by_id == actor.id)).first()
    items = standing(session, actor, now)
    if waiting is not None:
        same = (waiting.given_to_id, waiting.note, waiting.items) == (receiver.id, note.strip(), items)
        if same:
            return waiting
        waiting.withdrawn_at = now
        session.flush()
    row = ShiftHandover(
        given_at=now,
        given_by_id=actor.id,
        given_by=actor.name,
        given_to_id=receiver.id,
        given_to=receiver.name,
        note=note.strip(),
        items=items,
    )
    session.add(row)
    session.flush()
    announce(session, "stuck")
    return row


def confirm(session: Session, actor: Actor, handover_id: int, *, remark: str = "", now: datetime) -> ShiftHandover:
    """The receiver takes over by name: drafts become theirs, and every ticket's history says so. Twice is once.

    Raises NotAllowed for anybody else, Invalid for one that was taken back.
    """
    rights.require(actor, Right.HAND_OVER)
    row = _locked(session, handover_id)
    rights.require(actor, Right.HAND_OVER, rights.Ties(own=lambda: row.given_to_id == actor.id))
    if row.withdrawn_at is not None:
        raise Invalid({"handover": "handover_withdrawn"})
    if row.confirmed_at is not None:
        return row
    row.confirmed_at, row.remark = now, remark.strip() or None
    for item in row.items:
        _take(session, actor, item, row.given_by, now)
    announce(session, "stuck")
    return row


def withdraw(session: Session, actor: Actor, handover_id: int, *, now: datetime) -> ShiftHandover:
    """The giver takes it back before it was confirmed. Raises Invalid after that."""
    rights.require(actor, Right.HAND_OVER)
    row = _locked(session, handover_id)
    rights.require(actor, Right.HAND_OVER, rights.Ties(own=lambda: row.given_by_id == actor.id))
    if row.confirmed_at is not None:
        raise Invalid({"handover": "handover_confirmed"})
    row.withdrawn_at = row.withdrawn_at or now
    announce(session, "stuck")
    return row


def read(session: Session, handover_id: int) -> ShiftHandover:
    row = session.get(ShiftHandover, handover_id)
    if row is None:
        raise NotFound(f"no handover {handover_id}")
    return row


def open_for(session: Session, actor: Actor) -> Sequence[ShiftHandover]:
    """What waits for this person's confirmation."""
    query = select(ShiftHandover).where(*_open(), ShiftHandover.given_to_id == actor.id)
    return session.scalars(query.order_by(ShiftHandover.id)).all()


def recent(session: Session) -> Sequence[ShiftHandover]:
    return session.scalars(select(ShiftHandover).order_by(ShiftHandover.id.desc()).limit(_RECENT)).all()


def receivers(session: Session, actor: Actor) -> Sequence[User]:
    """The people that can take a shift over; shift leaders first."""
    receives, leads = (User.role.in_(rights.roles_with(one)) for one in (Right.RECEIVE_SHIFT, Right.LEAD_SHIFT))
    query = select(User).where(User.active, receives, User.id != actor.id)
    return session.scalars(query.order_by(leads.desc(), User.name)).all()


def _take(session: Session, actor: Actor, item: dict[str, Any], before: str, now: datetime) -> None:
    """Whatever was settled meanwhile stays as it is."""
    about = history.locked_either(session, item["code"])
    if item["list"] == Left.EMERGENCY:
        emergencies.hand_over(session, actor, about, now=now)
        return
    if not _is_open(Left(item["list"]), about):
        return
    if item["list"] == Left.DRAFT:
        about.owner_id = actor.id
    history.note(session, about, "handed_over", actor, now=now, before=before)


def _is_open(kind: Left, about: TicketOrCallBack) -> bool:
    """For every list but that of emergencies, which know it themselves."""
    if isinstance(about, CallBack):
        return kind == Left.CALL_BACK and about.waits
    match kind:
        case Left.DRAFT:
            return about.state == TicketState.DRAFT
        case Left.TRIAGE:
            return about.state == TicketState.TRIAGE
        case Left.URGENT:
            return about.state in UNTAKEN
    return False


def _call_backs(session: Session, now: datetime) -> Iterator[dict[str, Any]]:
    for row in worklist.callbacks(session, now):
        holder = row.ticket.owner.name if row.held_since and row.ticket.owner else ""
        yield _item(Left.CALL_BACK, row.ticket, holder, row.due)


def _draft(row: Unfinished) -> dict[str, Any]:
    return _item(Left.DRAFT, row.ticket, row.ticket.owner.name if row.ticket.owner else "", None)


def _agency(ticket: Ticket) -> str:
    return ticket.lead_agency.name if ticket.lead_agency else ""


def _item(kind: Left, ticket: TicketOrCallBack, who: str, due: datetime | None) -> dict[str, Any]:
    return {
        "list": kind.value,
        "code": ticket.code,
        "caller": ticket.caller or ticket.reporter_phone,
        "what": ticket.description[:200],
        "who": who,
        "due": due.isoformat(timespec="seconds") if due else None,
    }


def _open() -> tuple[Any, ...]:
    return ShiftHandover.confirmed_at.is_(None), ShiftHandover.withdrawn_at.is_(None)


def _locked(session: Session, handover_id: int) -> ShiftHandover:
    row = session.get(ShiftHandover, handover_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no handover {handover_id}")
    return row
