"""Change log of administration: written with each change, read by page; and the check against concurrent edits."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callcenter.errors import Stale
from callcenter.models import ChangeRecord
from callcenter.push import announce
from tickets import rights
from tickets.actors import Actor
from tickets.rights import Right

Facts = Mapping[str, Any]
PAGE = 50
_LOCK = 0x1022_0007
_SECRETS = frozenset({"password", "password_hash", "token", "token_hash", "session_epoch"})


class Changed(Stale):
    """Another person changed it since the form was opened; `current` is what it says now."""

    def __init__(self, subject: str, key: str, current: Facts) -> None:
        super().__init__(f"{subject} {key} was changed by somebody else")
        self.current = dict(current)


def begin(session: Session, actor: Actor, right: Right) -> None:
    """Only with this right, one at a time: what a check has seen still holds when the change is written."""
    rights.require(actor, right)
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def digest(facts: Facts) -> str:
    """What a form remembers of the values that it was opened with."""
    text = json.dumps(dict(facts), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def is_news(subject: str, key: str, before: Facts, after: Facts, seen: str | None) -> bool:
    """Whether anything is left to write; a form that comes twice has nothing left.

    Raises Changed where the values are not those that the form was opened with (`seen`, a digest).
    """
    if before == after:
        return False
    if seen is not None and seen != digest(before):
        raise Changed(subject, key, before)
    return True


def record_change(
    session: Session, actor: Actor, subject: str, key: str, before: Facts, after: Facts, now: datetime
) -> None:
    """Write what was changed; of something that stays, only the values that differ. Nothing for no change.

    Raises ValueError for a secret: none may ever stand in the record.
    """
    if _SECRETS & (before.keys() | after.keys()):
        raise ValueError(f"a secret in the change of {subject} {key}")
    if before and after:
        differ = [name for name in after if before.get(name) != after[name]]
        before = {name: before.get(name) for name in differ}
        after = {name: after[name] for name in differ}
    if before == after:
        return
    session.add(
        ChangeRecord(
            at=now,
            actor_id=actor.id,
            actor=actor.name,
            subject=subject,
            key=key,
            before=dict(before),
            after=dict(after),
        )
    )
    announce(session, "administration")
    session.flush()


@dataclass(frozen=True)
class Wanted:
    """Which changes are asked for; None is any. `since` (with) and `until` (without) are moments."""

    subject: str | None = None
    key: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def changes(session: Session, wanted: Wanted, *, below: int | None = None, limit: int = PAGE) -> Sequence[ChangeRecord]:
    """Newest first; `below` is the id of the last one of the page before."""
    query = _wanted(select(ChangeRecord), wanted)
    if below is not None:
        query = query.where(ChangeRecord.id < below)
    return session.scalars(query.order_by(ChangeRecord.id.desc()).limit(limit)).all()


def count(session: Session, wanted: Wanted) -> int:
    return session.scalar(_wanted(select(func.count(ChangeRecord.id)), wanted)) or 0


def actors(session: Session) -> list[str]:
    """The people that ever changed something, by name."""
    return list(session.scalars(select(ChangeRecord.actor).distinct().order_by(ChangeRecord.actor)))


def _wanted(query: Select[Any], wanted: Wanted) -> Select[Any]:
    for column, value in (
        (ChangeRecord.subject, wanted.subject),
        (ChangeRecord.key, wanted.key),
        (ChangeRecord.actor, wanted.actor),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(ChangeRecord.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(ChangeRecord.at < wanted.until)
    return query
