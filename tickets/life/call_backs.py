"""The life of a call-back: it begins with a missed call or from a draft, waits, and ends or becomes a draft again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from callcenter.db import any_of
from callcenter.errors import MoveRefused, NotFound
from callcenter.models import CallBack, Ticket, TicketOrCallBack
from callcenter.models.matters import NOTED
from callcenter.vocab import CallBackStanding, Level, Source, TicketKind
from tickets.actors import Actor
from tickets.life import history
from tickets.rules.moves import MOVES, check_move

EXPECT = "expect_call_back"
# Where each verb that ends one leads; any other of its verbs leaves it waiting.
_ENDS = {
    "call_back_done": CallBackStanding.DONE,
    "call_back_ended": CallBackStanding.ENDED,
    "call_back_needless": CallBackStanding.NEEDLESS,
}


def waits() -> ColumnElement[bool]:
    """SQL: this `CallBack` waits for somebody to call."""
    return CallBack.standing == CallBackStanding.WAITING


def held_of_numbers(numbers: Collection[str]) -> Select[CallBack]:
    """Those that wait for these numbers, one each, held until the transaction ends."""
    query = select(CallBack).where(waits(), CallBack.caller == any_of(list(numbers)))
    return query.order_by(CallBack.id).with_for_update()


def locked(session: Session, code: str, verb: str) -> CallBack:
    """The call-back, held, and waiting. Raises NotFound where the code is no call-back's, MoveRefused."""
    found = history.locked_either(session, code)
    if not isinstance(found, CallBack):
        raise NotFound(f"{code} is no call-back")
    if not found.waits:
        raise MoveRefused(verb, found.state)
    return found


def begin(session: Session, caller: str | None, actor: Actor, *, now: datetime) -> CallBack:
    """A number that nobody has begun a draft for."""
    ((id_, code),) = history.new_codes(session, 1)
    fresh = CallBack(
        id=id_,
        code=code,
        standing=CallBackStanding.WAITING,
        source=Source.HOTLINE,
        level=Level.NORMAL,
        caller=caller,
        reporter_phone=caller,
        created_at=now,
        due_since=now,
    )
    session.add(fresh)
    session.flush()
    history.tell_locked(session, [fresh])
    history.write(session, fresh, EXPECT, None, actor, now=now)
    return fresh


def of_draft(session: Session, draft: Ticket, actor: Actor, *, now: datetime, **data: Any) -> CallBack:
    """The draft is a number to call back from now on, with all that hangs on it; or MoveRefused.

    The `Ticket` of before is in no session any more.
    """
    before = draft.state
    check_move(EXPECT, before)
    waiting = CallBackStanding.WAITING
    call_back = CallBack(standing=waiting, due_since=now, call_at=None, ended_at=None, **_noted(draft))
    _replace(session, draft, call_back)
    history.write(session, call_back, EXPECT, before, actor, now=now, data=data)
    return call_back


def to_draft(
    session: Session,
    call_back: CallBack,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> Ticket:
    """Nobody is called any more, and what was typed goes on as the draft of a report; or MoveRefused.

    The `CallBack` of before is in no session any more.
    """
    before = call_back.state
    state = check_move(verb, before)
    draft = Ticket(kind=TicketKind.REPORT, state=state, clocks=[], **_noted(call_back))
    for column in MOVES[verb].clears:
        setattr(draft, column, None)
    _replace(session, call_back, draft)
    history.write(session, draft, verb, before, actor, now=now, reason=reason, data=data)
    return draft


def move(
    session: Session,
    call_back: CallBack,
    verb: str,
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    **data: Any,
) -> None:
    """End it, or note a try; or MoveRefused, changing nothing."""
    before = call_back.state
    check_move(verb, before)
    if verb in _ENDS:
        call_back.standing, call_back.ended_at = _ENDS[verb], now
    for column in MOVES[verb].clears:
        setattr(call_back, column, None)
    history.write(session, call_back, verb, before, actor, now=now, reason=reason, data=data)


def _noted(about: TicketOrCallBack) -> dict[str, Any]:
    return {name: getattr(about, name) for name in NOTED}


def _replace(session: Session, before: TicketOrCallBack, after: TicketOrCallBack) -> None:
    """The row of one table becomes a row of the other, and what hangs on its matter stays where it is."""
    session.flush()
    of = type(before)
    session.execute(delete(of).where(of.id == before.id), execution_options={"synchronize_session": False})
    session.expunge(before)
    session.add(after)
    session.flush()
    history.tell_locked(session, [after])
