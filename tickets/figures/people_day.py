"""Figures of one day by person: calls, after-call work, and time in the queues."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter import extensions
from callcenter.models import AfterCall, Call, ExtensionSpan, PbxGap, PhoneStint, User
from tickets.figures.overview import began_in, day_bounds
from tickets.rules import handling, talks
from tickets.rules.handling import Interval, PersonWork, Sums
from tickets.rules.metrics import Figure
from tickets.rules.talks import Talk
from tickets.telephone import stints
from tickets.telephone.floor import Doing


@dataclass(frozen=True)
class PersonDay:
    """`phones` are the extensions that this person had, from `since` to `until` (None: still) of that day."""

    user: User
    phones: Sequence[str]
    since: datetime
    until: datetime | None
    sums: Sums
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class PeopleDay:
    """`sums` and `figures` are of all together. `nobodys` are calls answered at telephones without a holder; `known` is
    False where no PBX showed its queues."""

    people: Sequence[PersonDay]
    sums: Sums
    figures: Mapping[str, Figure]
    nobodys: int
    unheard_s: float
    known: bool


def read(session: Session, day: date, now: datetime, *, only: int | None = None) -> PeopleDay:
    """The people that held an extension on this day, by name; `only` that person. Calls that began on it, up to now."""
    start, end = day_bounds(day)
    return between(session, start, min(end, now), only=only)


def between(session: Session, start: datetime, end: datetime, *, only: int | None = None) -> PeopleDay:
    """`read` of any span of time that is over: [start, end)."""
    spans = session.scalars(select(ExtensionSpan).where(*extensions.overlapping(start, end))).all()
    by_person: dict[int, list[ExtensionSpan]] = {}
    for span in sorted(spans, key=lambda one: one.since):
        by_person.setdefault(span.user_id, []).append(span)
    mine, nobodys = _talks(session, start, end)
    shown = stints.between(session, start, end)
    gaps = _gaps(session, start, end)
    after = _after_calls(session, start, end)
    wanted = [only] if only is not None else [*by_person]
    users = session.scalars(select(User).where(User.id.in_(wanted)).order_by(User.name)).all()
    found = []
    for user in users:
        had = by_person.get(user.id, [])
        work = PersonWork(
            talks=mine.get(user.id, ()),
            after_call=after.get(user.id, ()),
            ready=_stood(had, shown, (Doing.FREE,), start, end) if shown else None,
            signed_in=_stood(had, shown, (Doing.FREE, Doing.PAUSED, Doing.DEAD), start, end) if shown else None,
            unheard=gaps,
        )
        # A person with an extension all day and nothing done with it was not at work.
        if not (work.talks or work.after_call or work.signed_in or only is not None):
            continue
        first = max(had[0].since, start) if had else start
        until = had[-1].until if had else None
        phones, sums = list(dict.fromkeys(one.extension for one in had)), handling.sums(work)
        found.append(PersonDay(user, phones, first, until, sums, handling.figures(sums)))
    team = handling.together([person.sums for person in found])
    unheard_s = sum((until - since).total_seconds() for since, until in gaps)
    return PeopleDay(found, team, handling.figures(team), nobodys, unheard_s, known=bool(shown))


def _talks(session: Session, start: datetime, end: datetime) -> tuple[dict[int, list[list[Talk]]], int]:
    """By person their parts of each call, and how many answered calls have a part without a person."""
    columns = (getattr(Call, name) for name in talks.COLUMNS)
    query = select(Call.id, *columns).where(*began_in(start, end), Call.ended_at.is_not(None), Call.operators != [])
    calls = [talks.of_call(dict(row)) for row in session.execute(query.order_by(Call.started_at)).mappings()]
    people = extensions.holders(session, {(talk.extension, talk.since) for parts in calls for talk in parts})
    found: dict[int, list[list[Talk]]] = {}
    nobodys = 0
    for parts in calls:
        of_call: dict[int | None, list[Talk]] = {}
        for talk in parts:
            of_call.setdefault(people.get((talk.extension, talk.since)), []).append(talk)
        nobodys += None in of_call
        for person, theirs in of_call.items():
            if person is not None:
                found.setdefault(person, []).append(theirs)
    return found, nobodys


def _after_calls(session: Session, start: datetime, end: datetime) -> Mapping[int, list[float]]:
    query = select(AfterCall).where(
        AfterCall.began_at >= start, AfterCall.began_at < end, AfterCall.ended_at.is_not(None)
    )
    found: dict[int, list[float]] = {}
    for row in session.scalars(query):
        if row.ended_at is not None and row.ended_at > row.began_at:
            found.setdefault(row.user_id, []).append((row.ended_at - row.began_at).total_seconds())
    return found


def _stood(
    spans: Iterable[ExtensionSpan], shown: Iterable[PhoneStint], doing: Sequence[Doing], start: datetime, end: datetime
) -> list[Interval]:
    """When the telephones that this person had stood so in the queues."""
    shown = [stint for stint in shown if stint.doing in doing]
    return handling.merged(
        pair
        for span in spans
        for pair in handling.overlap(
            [_within(span.since, span.until, start, end)],
            [_within(one.since, one.until, start, end) for one in shown if one.extension == span.extension],
        )
    )


def _gaps(session: Session, start: datetime, end: datetime) -> list[Interval]:
    query = select(PbxGap).where(PbxGap.started_at < end, or_(PbxGap.ended_at.is_(None), PbxGap.ended_at > start))
    return handling.merged(_within(gap.started_at, gap.ended_at, start, end) for gap in session.scalars(query))


def _within(since: datetime, until: datetime | None, start: datetime, end: datetime) -> Interval:
    return max(since, start), min(until or end, end)
