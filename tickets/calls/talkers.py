"""Operators of a call: its extensions, and the people that held them at those moments."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, any_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from callcenter import extensions
from callcenter.models import Call, ExtensionSpan
from tickets.actors import Actor
from tickets.rules import talks
from tickets.rules.talks import Talk

# A call's id and the extension.
Phone = tuple[int, str]

_START, _END = (bindparam(name, type_=Call.started_at.type) for name in ("start", "end"))
_OF_PERSON = (
    select(Call.id, *(getattr(Call, name) for name in talks.COLUMNS), ExtensionSpan)
    .join(ExtensionSpan, ExtensionSpan.extension == any_(Call.operators))
    .where(Call.started_at >= _START, Call.started_at < _END)
    .where(ExtensionSpan.user_id == bindparam("person"), *extensions.overlapping(_START, _END))
    .order_by(Call.started_at)
)


def owners(session: Session, calls: Iterable[Call]) -> dict[int, int]:
    """By answered call, the person that owns it; left out where the telephone had no holder then."""
    lasts = {call.id: (talk.extension, talk.since) for call in calls if (talk := talks.last(call)) is not None}
    people = extensions.holders(session, set(lasts.values()))
    return {call_id: people[at] for call_id, at in lasts.items() if at in people}


def names(session: Session, calls: Iterable[Call]) -> dict[Phone, str]:
    """By call and extension that talked, the name of its holder then."""
    asked = {(call.id, talk.extension): (talk.extension, talk.since) for call in calls for talk in talks.of_row(call)}
    known = extensions.names(session, set(asked.values()))
    return {phone: known[at] for phone, at in asked.items() if at in known}


def of_person(session: Session, user_id: int, start: datetime, end: datetime) -> dict[int, list[Talk]]:
    """This person's talks in calls that began in [start, end), by call."""
    mine: dict[int, list[Talk]] = {}
    values = {"person": user_id, "start": start, "end": end}
    for row in session.execute(_OF_PERSON, values).mappings():
        # An extension has one holder at a time: what one of this person's spans has is theirs.
        span = row["ExtensionSpan"]
        its = (talk for talk in talks.of_call(dict(row)) if talk.extension == span.extension)
        mine.setdefault(row["id"], []).extend(talk for talk in its if extensions.has(span, talk.since))
    return {call_id: sorted(found, key=lambda talk: talk.since) for call_id, found in mine.items() if found}


def talked(session: Session, actor: Actor, call: Call) -> bool:
    """Whether this person was one of its operators, on whatever extension."""
    return call.id in talked_in(session, actor, [call])


def talked_in(session: Session, actor: Actor, calls: Iterable[Call]) -> set[int]:
    """Ids of the calls of which this person was one of the operators; one statement."""
    asked = {call.id: {(talk.extension, talk.since) for talk in talks.of_row(call)} for call in calls}
    people = extensions.holders(session, {at for parts in asked.values() for at in parts})
    return {number for number, parts in asked.items() if actor.id in {people.get(at, 0) for at in parts}}


def rang_at(actor: Actor) -> ColumnElement[bool]:
    """SQL: the outer query's call rang on an extension that this person had while it went on."""
    return exists().where(
        ExtensionSpan.user_id == actor.id,
        ExtensionSpan.extension == any_(Call.rang),
        *extensions.overlapping(Call.started_at, func.coalesce(Call.ended_at, func.now())),
    )
