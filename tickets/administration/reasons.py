"""Administration of pause reasons; those that are in use on the PBX keep their code."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import PauseReason
from callcenter.vocab import AFTER_CALL, UNANSWERED
from tickets.actors import Actor
from tickets.administration.agencies import CODE
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.fields import owed

_SUBJECT = "pause_reason"
_LONGEST_NAME = 60


def listed(session: Session) -> Sequence[PauseReason]:
    """All of them, those in use first."""
    query = select(PauseReason).order_by(~PauseReason.active, PauseReason.position, PauseReason.code)
    return session.scalars(query).all()


def facts(reason: PauseReason) -> dict[str, Any]:
    return {"name": reason.name, "position": reason.position, "active": reason.active}


def add(session: Session, actor: Actor, code: str, name: str, *, now: datetime) -> PauseReason:
    """A new one, last in the list. Its code goes to the PBX and stays; the same one a second time is no other."""
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    code = code.strip().lower()
    fits = CODE.fullmatch(code) and code not in (UNANSWERED, AFTER_CALL)
    problems: dict[str, str] = {} if fits else {"code": "code_form"}
    name = _clean_name(name, problems)
    known = session.get(PauseReason, code) if not problems else None
    if known is not None:
        if known.name == name:
            return known
        problems["code"] = "code_taken"
    if problems:
        raise Invalid(problems)
    last = session.scalar(select(func.max(PauseReason.position))) or 0
    reason = PauseReason(code=code, name=name, position=last + 1, active=True)
    session.add(reason)
    record_change(session, actor, _SUBJECT, code, {}, facts(reason), now)
    return reason


def edit(
    session: Session, actor: Actor, code: str, *, name: str, position: str, active: bool, seen: str | None,
    now: datetime,
) -> PauseReason:  # fmt: skip
    """Change a reason; one that is not active any more leaves the list. Raises Invalid for the last active one."""
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    reason = session.get(PauseReason, code, with_for_update=True, populate_existing=True)
    if reason is None:
        raise NotFound(f"no reason {code}")
    problems: dict[str, str] = {}
    name, position = _clean_name(name, problems), position.strip()
    if not (position.isascii() and position.isdigit() and len(position) <= 4):
        problems["position"] = "whole_number"
    others = select(func.count()).where(PauseReason.active, PauseReason.code != code)
    if not active and not session.scalar(others):
        problems["active"] = "last_reason"
    if problems:
        raise Invalid(problems)
    before, after = facts(reason), {"name": name, "position": int(position), "active": active}
    if is_news(_SUBJECT, code, before, after, seen):
        for field, value in after.items():
            setattr(reason, field, value)
        record_change(session, actor, _SUBJECT, code, before, after, now)
    return reason


def _clean_name(name: str, problems: dict[str, str]) -> str:
    name = " ".join(name.split())
    if why := owed(name, _LONGEST_NAME):
        problems["name"] = why
    return name
