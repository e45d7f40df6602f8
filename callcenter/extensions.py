"""Extension assignments: a person takes one at sign-in, so extension and moment identify the operator of a call."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, or_, select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.models import ExtensionSpan, User

# An extension and a moment.
At = tuple[str, datetime]
# A value, or a column of the statement.
Moment = datetime | SQLColumnExpression[datetime]


def topic(user_id: int) -> str:
    """Where it is announced that a person has another extension now; their pages read their telephone again."""
    return f"extension:person-{user_id}"


def holders(session: Session, asked: Collection[At]) -> dict[At, int]:
    """The ids of the people who had these extensions at these moments; one that was free then is left out."""
    if not asked:
        return {}
    moments = [at for _, at in asked]
    known = _spans(session, {extension for extension, _ in asked}, min(moments), max(moments))
    found = {(extension, at): holder(known.get(extension, ()), at) for extension, at in asked}
    return {one: person for one, person in found.items() if person is not None}


def holder(spans: Iterable[ExtensionSpan], at: datetime) -> int | None:
    """Whose it was, of the spans of one extension."""
    return next((span.user_id for span in spans if has(span, at)), None)


def has(span: ExtensionSpan, at: datetime) -> bool:
    """Half-open: a person who takes an extension over has it from that moment."""
    return span.since <= at and (span.until is None or at < span.until)


def names(session: Session, asked: Collection[At]) -> dict[At, str]:
    """`holders`, by name."""
    found = holders(session, asked)
    query = select(User.id, User.name).where(User.id.in_(set(found.values())))
    called = {person: name for person, name in session.execute(query)} if found else {}
    return {one: called[person] for one, person in found.items()}


def held_now(session: Session) -> dict[str, User]:
    """Every extension in use, with its holder."""
    query = (
        select(ExtensionSpan.extension, User)
        .join(User, User.id == ExtensionSpan.user_id)
        .where(ExtensionSpan.until.is_(None))
    )
    return {extension: user for extension, user in session.execute(query)}


def of_person(session: Session, user_id: int, since: datetime, until: datetime) -> Sequence[ExtensionSpan]:
    """What this person had between these moments, oldest first."""
    query = select(ExtensionSpan).where(ExtensionSpan.user_id == user_id, *overlapping(since, until))
    return session.scalars(query.order_by(ExtensionSpan.since)).all()


def overlapping(since: Moment, until: Moment) -> list[ColumnElement[bool]]:
    """SQL: spans that have a moment of [since, until] in them."""
    return [ExtensionSpan.since <= until, or_(ExtensionSpan.until.is_(None), ExtensionSpan.until > since)]


def _spans(
    session: Session, extensions: Collection[str], since: datetime, until: datetime
) -> Mapping[str, Sequence[ExtensionSpan]]:
    def ask(missing: Collection[str]) -> dict[str, list[ExtensionSpan]]:
        query = select(ExtensionSpan).where(ExtensionSpan.extension == any_of(missing))
        query = query.where(*overlapping(since, until))
        found: dict[str, list[ExtensionSpan]] = {extension: [] for extension in missing}
        for span in session.scalars(query):
            found[span.extension].append(span)
        return found

    return batch.each(session, ("extension", since, until), list(extensions), ask)
