"""Drafts of calls: opened, filled in, filed, linked, or ended with a disposition."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import batch
from callcenter.db import any_of
from callcenter.errors import Invalid, MoveRefused, NotFound
from callcenter.models import Assignment, Call, Category, Ticket, TicketCall, Ward
from callcenter.push import announce
from callcenter.vocab import AUTOMATIC_DISPOSITIONS, Disposition, Level, Source, TicketKind, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.calls import callbacks, listening, talkers
from tickets.life import entry, history, offers, safe
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


def open_draft(session: Session, call: Call, *, now: datetime) -> Ticket:
    """The one draft of a call, from the moment it rings; owned by the operator that talked last. May come twice."""
    return open_drafts(session, [call], now=now)[call.id]


def open_drafts(session: Session, calls: Sequence[Call], *, now: datetime) -> dict[int, Ticket]:
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
    for call, draft in zip(fresh, begun, strict=True):
        session.add(TicketCall(ticket_id=draft.id, call_id=call.id, relation=OPENED))
        drafts[call.id] = draft
    batch.tell(session, _DRAFT, drafts)
    for call in calls:
        draft, owner = drafts[call.id], owners.get(call.id)
        if owner is not None and draft.state == TicketState.DRAFT and draft.owner_id != owner:
            draft.owner_id = owner
            history.changed(session, draft)
    return drafts


def draft_of(session: Session, call: Call) -> Ticket | None:
    """The ticket that this call opened, whatever became of it."""
    return drafts_of(session, [call]).get(call.id)


def drafts_of(session: Session, calls: Iterable[Call]) -> dict[int, Ticket]:
    """`draft_of` for many calls, by the id of each that has one."""

    def ask(missing: Collection[int]) -> dict[int, Ticket]:
        query = (
            select(TicketCall.call_id, Ticket)
            .join(Ticket, TicketCall.ticket_id == Ticket.id)
            .where(TicketCall.call_id == any_of(missing), TicketCall.relation == OPENED)
            .order_by(Ticket.id.desc())
        )
        # The first of a call stays, being the last that is put in.
        return {call_id: ticket for call_id, ticket in session.execute(query)}

    return batch.each(session, _DRAFT, [call.id for call in calls], ask)


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
) -> Ticket:
    """Keep what is typed so far; nothing is required yet. Raises Stale when another person saved in between.

    A draft that became a call-back during typing takes the last input too.
    """
    ticket = mine(session, actor, code, version)
    if ticket.state != TicketState.DRAFT and not _waits_for_call(ticket):
        raise MoveRefused("save", ticket.state)
    fill_in(session, ticket, fields, actor, now=now)
    if ticket.owner_id is None and ticket.state == TicketState.DRAFT:
        ticket.owner_id = actor.id
    session.flush()
    announce(session, "tickets", ticket=ticket.id)
    return ticket


def file(
    session: Session, actor: Actor, code: str, fields: TicketFields, *, version: int | None = None, now: datetime
) -> Ticket:
    """Accept the report: from here on the clocks run and an agency will get it.

    Filing what this person has filed already changes nothing (a double click).
    Raises Invalid with every missing field at once, and for an answer that would have no recipient; Stale, MoveRefused.
    """
    ticket = mine(session, actor, code)
    if ticket.state != TicketState.DRAFT and ticket.filed_at is not None:
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
    parent = history.locked(session, parent_code)
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
    parent = session.get(Ticket, draft.parent_id, with_for_update=True)
    draft.parent_id = None
    if parent is not None:
        parent.asked_again = max(0, parent.asked_again - 1)
        for call_id in _calls_of(session, draft):
            shared = session.get(TicketCall, (parent.id, call_id))
            if shared is not None and shared.relation == ASKED_AGAIN:
                session.delete(shared)
        history.note(session, parent, "not_asked_again", actor, now=now, child=draft.code)
    return draft


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
        draft = history.locked(session, draft.code)
        if disposition == Disposition.DROPPED and safe.is_protected(session, call.caller):
            raise Invalid({"disposition": "safe_no_call_back"})
        if disposition == Disposition.DROPPED and call.caller:
            callbacks.expect(session, call, draft, actor, now=now)
        elif disposition == Disposition.EMERGENCY_PASSED:
            check_no_answer_left(draft)
            _keep_passed(session, draft, actor, note, now)
        else:
            check_no_answer_left(draft)
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
def close_callback(session: Session, actor: Actor, code: str, *, note: str, now: datetime) -> Ticket:
    """Ends a call-back whose number was reached, with the `note` of the talk; not while its message is unheard."""

    def unheard(ticket: Ticket, _part: Assignment | None) -> Mapping[str, str]:
        return {"note": "message_unheard"} if note.strip() and listening.has_unheard(session, ticket) else {}

    begun = offers.begin(session, actor, code, "called_back", now=now, also=unheard, note=note)
    begun.ticket.owner_id = actor.id
    return begun.go(reason=note.strip())


def settle_call(session: Session, call: Call, *, now: datetime, short_abandon_s: float = 5) -> None:
    """When the call is over: an unanswered one becomes a call-back or gets its automatic disposition."""
    settle_calls(session, [call], now=now, short_abandon_s=short_abandon_s)


def settle_calls(session: Session, calls: Sequence[Call], *, now: datetime, short_abandon_s: float = 5) -> None:
    """`settle_call` for many; those that were answered cost nothing."""
    verdicts = callbacks.verdicts(session, calls, short_abandon_s=short_abandon_s)
    asking = callbacks.unsettled(session, [call for call in calls if verdicts[call.id] != callbacks.KEEP])
    drafts = drafts_of(session, asking)
    held = history.locked_all(session, {draft.code for draft in drafts.values()})
    missed: list[tuple[Call, Ticket | None]] = []
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
        if draft is not None and draft.state == TicketState.DRAFT:
            history.move(session, draft, "discard", LISTENER, now=now, disposition=verdict)
        _set_disposition(session, call, Disposition(verdict), "", LISTENER, now)
    for (_, draft), task in zip(missed, callbacks.expect_all(session, missed, LISTENER, now=now), strict=True):
        if task is draft:
            # The operator whose transfer failed may be in the next call: the call-back is for any free one.
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
    """The ticket, held, where it is this person's to work on. Raises NotFound, Stale, NotAllowed."""
    rights.require(actor, Right.FILE_REPORT)
    ticket = history.locked(session, code, version)
    _check_owner(session, actor, ticket)
    return ticket


def _check_owner(session: Session, actor: Actor, ticket: Ticket) -> None:
    """A draft is worked on by its owner, while it has none by an operator whose telephone its call rang, or by a
    leader."""
    own = rights.Ties(own=lambda: ticket.owner_id == actor.id or _rang_while_unowned(session, actor, ticket))
    rights.require(actor, Right.FILE_REPORT, own)


def _rang_while_unowned(session: Session, actor: Actor, ticket: Ticket) -> bool:
    if ticket.owner_id is not None or not (ticket.state == TicketState.DRAFT or _waits_for_call(ticket)):
        return False
    reached = (
        select(TicketCall.call_id)
        .join(Call, Call.id == TicketCall.call_id)
        .where(TicketCall.ticket_id == ticket.id, talkers.rang_at(actor))
    )
    return session.scalars(reached).first() is not None


def _waits_for_call(ticket: Ticket) -> bool:
    return ticket.kind == TicketKind.CALLBACK and ticket.state == TicketState.FILED


def fill_in(session: Session, ticket: Ticket, fields: TicketFields, actor: Actor, *, now: datetime) -> None:
    """Put what was typed into the ticket. Raises Invalid for what cannot be kept."""
    values = clean(fields)
    problems = {}
    if values.get("category_code") and session.get(Category, values["category_code"]) is None:
        problems["category_code"] = "unknown_choice"
    if values.get("ward_code") and session.get(Ward, values["ward_code"]) is None:
        problems["ward_code"] = "unknown_choice"
    if problems:
        raise Invalid(problems)
    if values.get("safe_contact"):
        values |= {"keep_identity": True, "may_publish": False}
    changes = {name: value for name, value in values.items() if getattr(ticket, name) != value}
    for name, value in changes.items():
        setattr(ticket, name, value)
    if changes:
        ticket.version += 1
    if changes.get("safe_contact"):
        for number in {ticket.caller, ticket.reporter_phone}:
            safe.shield(session, number, actor, now=now)


def _calls_of(session: Session, ticket: Ticket) -> list[int]:
    return list(session.scalars(select(TicketCall.call_id).where(TicketCall.ticket_id == ticket.id)))
