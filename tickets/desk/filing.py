"""Drafts of calls: opened, filled in, filed, linked, or ended with a disposition."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.errors import Invalid, MoveRefused, NotFound
from callcenter.models import Assignment, Call, CallBack, Category, Matter, Ticket, TicketCall, TicketOrCallBack, Ward
from callcenter.push import announce
from callcenter.vocab import AUTOMATIC_DISPOSITIONS, Disposition, Level, Source, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import callbacks, listening, talkers
from tickets.life import call_backs, entry, history, offers, safe
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.fields import TicketFields, clean, missing_to_file
from tickets.rules.states import NO_TICKETS

LISTENER = Actor.rule("listener")
OPENED = "opened"
_DRAFT = "draft"
ASKED_AGAIN = "asked_again"
# Recipients when a citizen asks again: the agency, and from the second time on its head.
AGENCY, HEAD = "agency", "head"
ANSWERED_AT_THE_DESK = 1


def open_draft(session: Session, call: Call, *, now: datetime) -> TicketOrCallBack:
    """The one draft of a call, from the moment it rings; owned by the operator that talked last. May come twice."""
    return open_drafts(session, [call], now=now)[call.id]


def open_drafts(session: Session, calls: Sequence[Call], *, now: datetime) -> dict[int, TicketOrCallBack]:
    """`open_draft` for many calls, by the id of each."""
    drafts = drafts_of(session, calls)
    owners = talkers.owners(session, calls)
    fresh = [call for call in calls if call.id not in drafts]
    alike = {"kind": TicketKind.REPORT, "source": Source.HOTLINE, "state": TicketState.DRAFT, "level": Level.NORMAL}
    columns = [
        alike | {"caller": call.caller, "reporter_phone": call.caller, "owner_id": owners.get(call.id)}
        for call in fresh
    ]  # fmt: skip
    begun = history.begin_all(session, LISTENER, columns, now=now, move="open") if fresh else []
    for call, new in zip(fresh, begun, strict=True):
        session.add(TicketCall(ticket_id=new.id, call_id=call.id, relation=OPENED))
        drafts[call.id] = new
    batch.tell(session, _DRAFT, drafts)
    for call in calls:
        draft, owner = drafts[call.id], owners.get(call.id)
        if owner is not None and draft.state == TicketState.DRAFT and draft.owner_id != owner:
            draft.owner_id = owner
            history.changed(session, draft)
    return drafts


def draft_of(session: Session, call: Call) -> TicketOrCallBack | None:
    """What this call opened, whatever became of it."""
    return drafts_of(session, [call]).get(call.id)


def drafts_of(session: Session, calls: Iterable[Call]) -> dict[int, TicketOrCallBack]:
    """`draft_of` for many calls, by the id of each that has one; one statement."""

    def ask(missing: Collection[int]) -> dict[int, TicketOrCallBack]:
        query = (
            select(TicketCall.call_id, Ticket, CallBack)
            .outerjoin(Ticket, TicketCall.ticket_id == Ticket.id)
            .outerjoin(CallBack, TicketCall.ticket_id == CallBack.id)
            .where(TicketCall.call_id == any_of(missing), TicketCall.relation == OPENED)
            .order_by(TicketCall.ticket_id.desc())
        )
        # The first of a call stays, being the last that is put in.
        return {call_id: ticket or call_back for call_id, ticket, call_back in session.execute(query)}

    found = batch.each(session, _DRAFT, [call.id for call in calls], ask)
    # What a batch has kept may have become the other kind since.
    return {id_: one if one in session else history.of_id(session, one.id) for id_, one in found.items()}


def new_ticket(session: Session, actor: Actor, *, source: Source, now: datetime) -> Ticket:
    """A draft without a call: a visitor at the counter, a letter, an e-mail, a call whose PBX is not heard."""
    rights.require(actor, Right.FILE_REPORT)
    return history.begin(
        session,
        actor,
        kind=TicketKind.REPORT,
        source=source,
        state=TicketState.DRAFT,
        now=now,
        move="open",
        owner_id=actor.id,
    )


def save_draft(
    session: Session,
    actor: Actor,
    code: str,
    fields: TicketFields,
    *,
    version: int | None,
    now: datetime,
) -> TicketOrCallBack:
    """Keep what is typed so far; nothing is required yet. Raises Stale when somebody else saved in between.

    A draft that became a call-back during typing takes the last input too.
    """
    found = mine_either(session, actor, code, version)
    if not _is_unfinished(found):
        raise MoveRefused("save", found.state)
    kept = fill_in(session, found, fields, actor, now=now)
    if kept.owner_id is None and kept.state == TicketState.DRAFT:
        kept.owner_id = actor.id
    session.flush()
    announce(session, "tickets", ticket=kept.id)
    return kept


def file(
    session: Session, actor: Actor, code: str, fields: TicketFields, *, version: int | None = None, now: datetime
) -> Ticket:
    """Accept the report: from here on the clocks run and an agency will get it.

    Filing what this person has filed already, with the same words, changes nothing (a double click).
    Raises Invalid with every missing field at once, and for an answer that would have no recipient; Stale, MoveRefused.
    """
    ticket = mine(session, actor, code)
    if ticket.state != TicketState.DRAFT and ticket.filed_at is not None:
        if any(getattr(ticket, name) != value for name, value in clean(fields).items()):
            # Another tab has ended it: what was typed here must not look filed.
            raise MoveRefused("file", ticket.state)
        return ticket
    ticket = history.locked(session, code, version)
    fill_in(session, ticket, fields, actor, now=now)
    problems = missing_to_file(
        category_code=ticket.category_code,
        description=ticket.description,
        reporter_phone=ticket.reporter_phone,
        caller=ticket.caller,
    ) | answer_left(ticket)
    if problems:
        raise Invalid(problems)
    entry.submit(session, ticket, actor, now=now)
    callbacks.close_reached(session, ticket, actor, now=now)
    return ticket


def link(session: Session, actor: Actor, code: str, parent_code: str, *, now: datetime) -> Ticket:
    """The caller asks about an older report: the draft ends, its call and its text go to that ticket."""
    draft = mine(session, actor, code)
    parent = history.locked_either(session, parent_code)
    if draft.state == TicketState.LINKED and draft.parent_id == parent.id:
        return draft
    if parent.id == draft.id or parent.state in NO_TICKETS:
        raise MoveRefused("link", parent.state)
    check_no_answer_left(draft)
    history.move(session, draft, "link", actor, now=now, parent=parent.code)
    draft.parent_id = parent.id
    parent.asked_again += 1
    for call_id in _calls_of(session, draft):
        if session.get(TicketCall, (parent.id, call_id)) is None:
            session.add(TicketCall(ticket_id=parent.id, call_id=call_id, relation=ASKED_AGAIN))
    told = HEAD if parent.asked_again >= policy.HEAD_FROM else AGENCY
    reason = draft.description or None
    history.note(session, parent, "asked_again", actor, now=now, reason=reason, child=draft.code, told=told)
    callbacks.close_reached(session, draft, actor, now=now)
    return draft


@offers.carries("unlink")
def unlink(session: Session, actor: Actor, code: str, *, now: datetime) -> Ticket:
    """It was another matter after all: the draft is a draft again, and the older ticket was not asked about."""
    draft = offers.begin(session, actor, code, "unlink", now=now).go()
    parent = _held_parent(session, draft)
    draft.parent_id = None
    if parent is not None:
        parent.asked_again = max(0, parent.asked_again - 1)
        for call_id in _calls_of(session, draft):
            shared = session.get(TicketCall, (parent.id, call_id))
            if shared is not None and shared.relation == ASKED_AGAIN:
                session.delete(shared)
        history.note(session, parent, "not_asked_again", actor, now=now, child=draft.code)
    return draft


def _held_parent(session: Session, draft: Ticket) -> TicketOrCallBack | None:
    code = session.scalar(select(Matter.code).where(Matter.id == draft.parent_id))
    return history.locked_either(session, code) if code is not None else None


def dispose(
    session: Session, actor: Actor, call_id: int, disposition: Disposition, *, note: str = "", now: datetime
) -> Call:
    """End a call without a ticket for an agency. A dropped caller is called back with the draft as it is.

    Raises Invalid for `disposition`, and for an answer that was typed and not given.
    """
    rights.require(actor, Right.FILE_REPORT)
    if disposition in AUTOMATIC_DISPOSITIONS:
        raise Invalid({"disposition": "unknown_choice"})
    call = session.get(Call, call_id, with_for_update=True)
    if call is None:
        raise NotFound(f"no call {call_id}")
    if call.disposition == disposition:
        return call
    draft = draft_of(session, call)
    if draft is not None:
        _check_owner(session, actor, draft)
        draft = history.locked_either(session, draft.code)
        if disposition == Disposition.DROPPED and safe.is_protected(session, call.caller):
            raise Invalid({"disposition": "safe_no_call_back"})
        if disposition == Disposition.DROPPED and call.caller:
            callbacks.expect(session, call, draft, actor, now=now)
        elif isinstance(draft, CallBack):
            raise MoveRefused("discard", draft.state)
        else:
            check_no_answer_left(draft)
            if disposition == Disposition.EMERGENCY_PASSED:
                _keep_passed(session, draft, actor, note, now)
            else:
                history.move(session, draft, "discard", actor, now=now, reason=note or None, disposition=disposition)
            callbacks.close_reached(session, draft, actor, now=now, disposition=disposition)
    else:
        rights.require(actor, Right.FILE_REPORT, rights.Ties(own=lambda: talkers.talked(session, actor, call)))
    _set_disposition(session, call, disposition, note, actor, now)
    return call


def answer_left(draft: Ticket) -> dict[str, str]:
    """An answer that was typed, for every end of the draft but the one that gives it: no other one would keep it."""
    return {"answer": "answer_left"} if draft.resolution else {}


def check_no_answer_left(draft: Ticket) -> None:
    """Raises Invalid where this end would drop an answer."""
    problems = answer_left(draft)
    if problems:
        raise Invalid(problems)


def _keep_passed(session: Session, draft: Ticket, actor: Actor, note: str, now: datetime) -> None:
    """Caller, place and matter stay an urgent ticket, though no agency of ours answers it."""
    draft.level, draft.tier, draft.owner_id = Level.URGENT, ANSWERED_AT_THE_DESK, actor.id
    history.move(session, draft, "emergency_passed", actor, now=now, reason=note or None)


@offers.carries("called_back")
def close_callback(session: Session, actor: Actor, code: str, *, note: str, now: datetime) -> CallBack:
    """Ends a call-back whose number was reached, with the `note` of the talk; not while its message is unheard."""

    def unheard(call_back: CallBack, _part: Assignment | None) -> Mapping[str, str]:
        return {"note": "message_unheard"} if note.strip() and listening.has_unheard(session, call_back) else {}

    begun = offers.begin_call_back(session, actor, code, "called_back", now=now, also=unheard, note=note)
    begun.about.owner_id = actor.id
    return begun.go(reason=note.strip())


@offers.carries("to_report")
def report_from_call_back(session: Session, actor: Actor, code: str, *, note: str = "", now: datetime) -> Ticket:
    """The number was reached and has a report: its draft, under the same code, with calls, message and address.

    `note` is what the person said, and goes behind what was written down before.
    """
    begun = offers.begin_call_back(session, actor, code, "to_report", now=now, note=note)
    draft = call_backs.to_draft(session, begun.about, begun.move.verb, actor, now=now)
    draft.owner_id = actor.id
    draft.description = "\n".join(filter(None, (draft.description, note.strip())))
    return draft


def settle_call(session: Session, call: Call, *, now: datetime, short_abandon_s: float = 5) -> None:
    """When the call is over: an unanswered one becomes a call-back or gets its automatic disposition."""
    settle_calls(session, [call], now=now, short_abandon_s=short_abandon_s)


def settle_calls(session: Session, calls: Sequence[Call], *, now: datetime, short_abandon_s: float = 5) -> None:
    """`settle_call` for many; those that were answered cost nothing."""
    verdicts = callbacks.verdicts(session, calls, short_abandon_s=short_abandon_s)
    asking = callbacks.unsettled(session, [call for call in calls if verdicts[call.id] != callbacks.KEEP])
    drafts = drafts_of(session, asking)
    held = history.locked_all(session, {draft.code for draft in drafts.values()})
    missed: list[tuple[Call, TicketOrCallBack | None]] = []
    for call in asking:
        verdict, draft = verdicts[call.id], drafts.get(call.id)
        draft = held[draft.code] if draft is not None else None
        if verdict == callbacks.CALL_BACK:
            missed.append((call, draft))
            continue
        if verdict == callbacks.HOLD:
            # The shift leader finds the draft among the abandoned ones, and decides.
            open_draft(session, call, now=now)
            continue
        if isinstance(draft, Ticket) and draft.state == TicketState.DRAFT:
            history.move(session, draft, "discard", LISTENER, now=now, disposition=verdict)
        _set_disposition(session, call, Disposition(verdict), "", LISTENER, now)
    for (_, draft), task in zip(missed, callbacks.expect_all(session, missed, LISTENER, now=now), strict=True):
        if draft is not None and task.id == draft.id:
            # Who passed the call on, to nobody, may be in the next one: it is for whoever is free.
            task.owner_id = None


def _set_disposition(
    session: Session, call: Call, disposition: Disposition, note: str, actor: Actor, now: datetime
) -> None:
    call.disposition = disposition
    call.disposition_note = note.strip() or None
    call.disposed_at = now
    call.disposed_by_id = actor.id
    announce(session, "calls", call=call.id)


def mine(session: Session, actor: Actor, code: str, version: int | None = None) -> Ticket:
    """The ticket, held, where it is this person's to work on. Raises NotFound, Stale, NotAllowed; MoveRefused where it
    is a number to call back."""
    found = mine_either(session, actor, code, version)
    if isinstance(found, CallBack):
        raise MoveRefused("file", found.state)
    return found


def mine_either(session: Session, actor: Actor, code: str, version: int | None = None) -> TicketOrCallBack:
    """`mine`, also where the draft has become a call-back."""
    rights.require(actor, Right.FILE_REPORT)
    found = history.locked_either(session, code, version)
    _check_owner(session, actor, found)
    return found


def _check_owner(session: Session, actor: Actor, about: TicketOrCallBack) -> None:
    """A draft is worked on by its owner, while it has none by an operator whose telephone its call rang, or by a
    leader."""
    own = rights.Ties(own=lambda: about.owner_id == actor.id or _rang_while_unowned(session, actor, about))
    rights.require(actor, Right.FILE_REPORT, own)


def _rang_while_unowned(session: Session, actor: Actor, about: TicketOrCallBack) -> bool:
    if about.owner_id is not None or not _is_unfinished(about):
        return False
    reached = (
        select(TicketCall.call_id)
        .join(Call, Call.id == TicketCall.call_id)
        .where(TicketCall.ticket_id == about.id, talkers.rang_at(actor))
    )
    return session.scalars(reached).first() is not None


def _is_unfinished(about: TicketOrCallBack) -> bool:
    return about.waits if isinstance(about, CallBack) else about.state == TicketState.DRAFT


def fill_in(
    session: Session, about: TicketOrCallBack, fields: TicketFields, actor: Actor, *, now: datetime
) -> TicketOrCallBack:
    """Put what was typed into the draft, or the call-back that it became. Raises Invalid for what cannot be kept.

    Returns what it is afterwards: a call-back whose contact must stay safe is a draft again.
    """
    values = clean(fields)
    if isinstance(about, CallBack):
        # It is a report when it is a draft again.
        values.pop("kind", None)
    problems = {}
    if values.get("category_code") and session.get(Category, values["category_code"]) is None:
        problems["category_code"] = "unknown_choice"
    if values.get("ward_code") and session.get(Ward, values["ward_code"]) is None:
        problems["ward_code"] = "unknown_choice"
    if problems:
        raise Invalid(problems)
    if values.get("safe_contact"):
        values |= {"keep_identity": True, "may_publish": False}
    changes = {name: value for name, value in values.items() if getattr(about, name) != value}
    for name, value in changes.items():
        setattr(about, name, value)
    if changes:
        about.version += 1
    if changes.get("safe_contact"):
        for number in {about.caller, about.reporter_phone}:
            draft = safe.shield(session, number, actor, now=now)
            about = draft if draft is not None and draft.id == about.id else about
    return about


def _calls_of(session: Session, ticket: Ticket) -> list[int]:
    return list(session.scalars(select(TicketCall.call_id).where(TicketCall.ticket_id == ticket.id)))
