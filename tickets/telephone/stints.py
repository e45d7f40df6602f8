"""Queue time of each telephone: spans of its state, recorded from what the PBX shows, read for a day's figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.models import PhoneStint
from tickets.rules.wrap_up import Members
from tickets.telephone import floor


def keep(session: Session, pbx: str, queues: Mapping[str, Members], *, now: datetime) -> None:
    """The stints that ended and began, by the members of all queues as they are now."""
    shown = _shown(queues)
    going_on = {
        row.extension: row
        for row in session.scalars(select(PhoneStint).where(PhoneStint.pbx == pbx, PhoneStint.until.is_(None)))
    }
    for extension, row in going_on.items():
        if shown.get(extension) != (row.doing, row.reason):
            row.until = now
    # Closed ones first: a telephone has one open stint.
    session.flush()
    for extension, (doing, reason) in shown.items():
        before = going_on.get(extension)
        if before is None or before.until is not None:
            session.add(PhoneStint(pbx=pbx, extension=extension, doing=doing, reason=reason, since=now))
    session.flush()


def between(session: Session, start: datetime, end: datetime) -> list[PhoneStint]:
    """Those that have a moment in [start, end)."""
    query = select(PhoneStint).where(PhoneStint.since < end, or_(PhoneStint.until.is_(None), PhoneStint.until > start))
    return list(session.scalars(query))


def _shown(queues: Mapping[str, Members]) -> dict[str, tuple[str, str]]:
    """By extension: `floor.Doing` without a call, and why it is paused."""
    members: dict[str, list[Mapping[str, Any]]] = {}
    for queue in queues.values():
        for member in queue:
            members.setdefault(str(member.get("extension") or ""), []).append(member)
    members.pop("", None)
    found = {}
    for extension, states in members.items():
        doing = floor.idle(states)
        reason = floor.why_paused(states)[0] if doing is floor.Doing.PAUSED else ""
        found[extension[:20]] = (doing.value, reason[:80])
    return found
