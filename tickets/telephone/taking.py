"""Taking an extension at sign-in, giving it back at sign-out, and taking over one, with a notice to both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from callcenter import extensions
from callcenter.errors import Invalid
from callcenter.models import Call, ExtensionSpan, PbxQueue, Ticket, User
from callcenter.push import announce
from callcenter.vocab import CommandVerb, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.desk import filing
from tickets.life import history
from tickets.rights import Right
from tickets.telephone import my_phone
from tickets.telephone.handset import Handset

# Two people taking at the same moment wait for each other; it is done a few times a shift.
_LOCK = 1022_2026
# How long the notice stands that an extension was taken over.
_TOLD = timedelta(hours=12)


@dataclass(frozen=True)
class ExtensionChoice:
    """An extension that is known here. `holder` has it since `since`; both None where it is free."""

    extension: str
    holder: User | None = None
    since: datetime | None = None
    talking: bool = False
    usual: bool = False


@dataclass(frozen=True)
class TakenOver:
    """Another person (`by`) took the extension that this person had."""

    extension: str
    by: str
    at: datetime


def choices(session: Session, actor: Actor) -> list[ExtensionChoice]:
    """One's usual extension first, then the free ones, then those of other people."""
    person = session.get_one(User, actor.id)
    query = select(ExtensionSpan, User).join(User, User.id == ExtensionSpan.user_id)
    open_spans = session.execute(query.where(ExtensionSpan.until.is_(None))).all()
    held = {span.extension: (span, holder) for span, holder in open_spans if holder.id != actor.id}
    busy = {extension for call in _live(session) for extension in call.talking}
    found = []
    for extension in _known(session):
        span, holder = held.get(extension, (None, None))
        since = span.since if span else None
        usual = extension == person.usual_extension
        found.append(ExtensionChoice(extension, holder, since, extension in busy, usual))
    return sorted(found, key=lambda one: (not one.usual, one.holder is not None, len(one.extension), one.extension))


def arrive(session: Session, actor: Actor, *, now: datetime) -> bool:
    """At sign-in: the usual extension where it is free. False where the person has to choose.

    A person with one keeps it; one without a usual extension goes without where no queue is known.
    """
    if not rights.may(actor, Right.WORK_TELEPHONE) or actor.extension is not None:
        return True
    offered = choices(session, actor)
    usual = next((one for one in offered if one.usual), None)
    if usual is not None and usual.holder is None:
        take(session, actor, usual.extension, now=now)
        return True
    return usual is None


def take(session: Session, actor: Actor, extension: str, *, over: int | None = None, now: datetime) -> ExtensionSpan:
    """From now on it is this person's, and what they had before is free. Taken twice it is taken once.

    `over` is the holder that was shown: another holder by now is not pushed out unseen. The draft of a call
    that goes on there passes too. Raises Invalid for an unknown extension, or one that another person has.
    """
    rights.require(actor, Right.WORK_TELEPHONE)
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if extension not in _known(session):
        raise Invalid({"extension": "unknown_choice"})
    mine, theirs = (
        _open(session, ExtensionSpan.user_id == actor.id),
        _open(session, ExtensionSpan.extension == extension),
    )
    if mine is not None and mine.extension == extension:
        return mine
    if theirs is not None and theirs.user_id != over:
        raise Invalid({"extension": "extension_of_somebody"})
    if mine is not None:
        _leave_queues(session, actor, now)
        _end(session, mine, actor, now)
    if theirs is not None:
        _end(session, theirs, actor, now)
    person = session.get_one(User, actor.id)
    span = ExtensionSpan(user_id=person.id, extension=extension, since=now)
    session.add(span)
    session.flush()
    session.expire(person, ["extension"])
    _take_drafts(session, actor, extension)
    _tell(session, span)
    return span


def give_back(session: Session, actor: Actor, *, now: datetime) -> None:
    """The person goes: their telephone leaves the queues, as its calls would have no screen, and is free for the
    next."""
    mine = _open(session, ExtensionSpan.user_id == actor.id)
    if mine is not None:
        _leave_queues(session, actor, now)
        _end(session, mine, actor, now)


def end_of_account(session: Session, user: User, actor: Actor, *, now: datetime) -> None:
    """An account that is closed, or has another role, keeps no extension."""
    mine = _open(session, ExtensionSpan.user_id == user.id)
    if mine is not None:
        _end(session, mine, actor, now)


def taken_over(session: Session, actor: Actor, now: datetime) -> TakenOver | None:
    """The takeover of this person's extension, until they have another one."""
    if actor.extension is not None:
        return None
    query = (
        select(ExtensionSpan, User.name)
        .join(User, User.id == ExtensionSpan.ended_by_id)
        .where(ExtensionSpan.user_id == actor.id)
        .order_by(ExtensionSpan.since.desc(), ExtensionSpan.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    span, by = found
    if span.until is None or span.until <= now - _TOLD or span.ended_by_id == actor.id:
        return None
    return TakenOver(span.extension, by, span.until)


def _known(session: Session) -> set[str]:
    """Usual ones, those that a queue rings, and those that a person had."""
    members = {str(m.get("extension", "")) for queue in session.scalars(select(PbxQueue)) for m in queue.members}
    usual = session.scalars(select(User.usual_extension).where(User.active))
    had = session.scalars(select(ExtensionSpan.extension).distinct())
    return {extension for extension in (*members, *usual, *had) if extension}


def _open(session: Session, which: ColumnElement[bool]) -> ExtensionSpan | None:
    query = select(ExtensionSpan).where(ExtensionSpan.until.is_(None), which)
    return session.scalars(query.with_for_update()).one_or_none()


def _end(session: Session, span: ExtensionSpan, actor: Actor, now: datetime) -> None:
    span.until, span.ended_by_id = max(now, span.since), actor.id
    session.flush()
    session.expire(session.get_one(User, span.user_id), ["extension"])
    _tell(session, span)


def _tell(session: Session, span: ExtensionSpan) -> None:
    """The person's pages, those that show the floor, and the telephone's own."""
    for topic in (extensions.topic(span.user_id), f"extension:{span.extension}", "pbx"):
        announce(session, topic)


def _leave_queues(session: Session, actor: Actor, now: datetime) -> None:
    here = my_phone.of(Handset(session, actor, now))
    if here is not None and not here.away and here.may_leave and CommandVerb.SIGN_OUT in here.can:
        my_phone.ask(session, actor, CommandVerb.SIGN_OUT, now=now)


def _take_drafts(session: Session, actor: Actor, extension: str) -> None:
    """The new holder has the caller on the line."""
    calls = [call for call in _live(session) if extension in call.talking]
    drafts = filing.drafts_of(session, calls)
    for draft in history.locked_all(session, {draft.code for draft in drafts.values()}).values():
        if isinstance(draft, Ticket) and draft.state == TicketState.DRAFT and draft.owner_id != actor.id:
            draft.owner_id = actor.id
            history.changed(session, draft)


def _live(session: Session) -> Sequence[Call]:
    return session.scalars(select(Call).where(Call.ended_at.is_(None))).all()
