"""Emergency calls: an urgent ticket, an alarm, a warm transfer, and an end reported by the PBX or a person.

The ticket and the alarm come first and stand, whatever becomes of the transfer.
"""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import Call, Emergency, EmergencyLine, Matter, Ticket, TicketCall, TicketOrCallBack
from callcenter.push import announce
from callcenter.vocab import CommandVerb, EmergencyEnd, EmergencyService, Level, TicketState
from tickets import rights
from tickets.actors import Actor
from tickets.desk import filing, same_caller
from tickets.life import history
from tickets.rights import Right
from tickets.rules import emergency_rules as rules
from tickets.rules.emergency_rules import EmergencyStep
from tickets.telephone import calling_out, emergency_bar, my_phone, transfers
from tickets.telephone.calling_out import Allowed
from tickets.telephone.handset import Handset

TOPIC = "emergencies"


def numbers(session: Session) -> dict[EmergencyService, str]:
    """What the PBX dials for each service; '' where it reaches none."""
    entered = {line.service: line.number for line in session.scalars(select(EmergencyLine))}
    return {service: rules.number_of(service, entered) for service in EmergencyService}


def begin(
    session: Session, actor: Actor, service: EmergencyService, allowed: Allowed, *, code: str = "", now: datetime
) -> Emergency:
    """The call at this telephone, else the ticket `code`, becomes urgent; the leader is alarmed, the service dialled.

    The same key twice is one emergency. A transfer that the PBX cannot be asked for is no error: the page shows it.
    Raises NotFound where there is neither call nor ticket, NotAllowed for another person's ticket.
    """
    rights.require(actor, Right.PASS_EMERGENCY)
    assert actor.id is not None
    call = at_telephone(Handset(session, actor, now))
    ticket = _ticket(session, actor, call, code, now)
    if call is not None and session.get(TicketCall, (ticket.id, call.id)) is None:
        # Another matter than the one that is being talked about.
        call = None
    again = session.scalars(open_ones().where(Emergency.ticket_id == ticket.id, Emergency.service == service)).first()
    if again is not None:
        return again
    row = Emergency(
        ticket_id=ticket.id,
        call_id=call.id if call is not None else _last_call(session, ticket),
        service=service,
        number=numbers(session)[service],
        level_before=ticket.level,
        began_at=now,
        began_by_id=actor.id,
        began_by=actor.name,
        extension=actor.extension or "",
    )
    session.add(row)
    _raise(ticket)
    place = {"ward": ticket.ward_code, "address": ticket.address}
    history.note(session, ticket, "emergency", actor, now=now, service=service, number=row.number, **place)
    session.flush()
    tell(session, row)
    if call is not None and row.number:
        _try(session, actor, call, CommandVerb.CONSULT, row.number, allowed, now)
    return row


def take(session: Session, actor: Actor, emergency_id: int, *, now: datetime) -> Emergency:
    """A shift leader takes it on: the alarm stops, and the operator sees the leader's name. Twice is once."""
    rights.require(actor, Right.LEAD_EMERGENCY)
    row = locked(session, emergency_id)
    if row.taken_at is None and row.ended_at is None:
        _taken(session, row, actor, now)
    return row


def end(
    session: Session, actor: Actor, emergency_id: int, ended: EmergencyEnd, *, note: str = "", now: datetime
) -> Emergency:
    """A person records the end. Twice is once; an end recorded before, by the PBX or another person, stays.

    Raises Invalid for a word that is none or lacks its explanation, NotAllowed for another person's emergency.
    """
    row = _theirs(session, actor, emergency_id, Right.FOLLOW_EMERGENCY)
    problems = rules.problem_of(ended, note)
    if problems:
        raise Invalid(problems)
    if row.ended_at is None:
        over(session, row, ended, actor, note.strip(), now)
    return row


def step(
    session: Session, actor: Actor, emergency_id: int, what: EmergencyStep, allowed: Allowed, *, now: datetime
) -> None:
    """One thing of the bar. Raises Invalid where the telephone or the PBX cannot do it now."""
    row = _theirs(session, actor, emergency_id, Right.PASS_EMERGENCY)
    call = session.get(Call, row.call_id) if row.call_id else None
    match what:
        case EmergencyStep.AGAIN | EmergencyStep.AT_ONCE | EmergencyStep.JOIN | EmergencyStep.BACK:
            if call is None or row.ended_at is not None:
                raise Invalid({"phone": "phone_too_late"})
            transfers.ask(session, actor, call.id, VERBS[what], row.number, allowed, also={row.number}, now=now)
        case EmergencyStep.CALL_SERVICE:
            _call_service(session, actor, row, now)
        case EmergencyStep.CALL_CALLER:
            ticket = history.of_id(session, row.ticket_id)
            chosen = next(iter(calling_out.numbers(ticket)), "")
            calling_out.place(session, actor, ticket.code, chosen, allowed, now=now)


VERBS = {
    EmergencyStep.AGAIN: CommandVerb.CONSULT,
    EmergencyStep.AT_ONCE: CommandVerb.TRANSFER,
    EmergencyStep.JOIN: CommandVerb.JOIN,
    EmergencyStep.BACK: CommandVerb.BACK,
}


def hand_over(session: Session, actor: Actor, ticket: TicketOrCallBack, *, now: datetime) -> None:
    """The next leader takes on what is not over."""
    for row in session.scalars(open_ones().where(Emergency.ticket_id == ticket.id).with_for_update()).all():
        _taken(session, row, actor, now)


def at_telephone(handset: Handset) -> Call | None:
    """The call that this telephone talks with, has on hold, or consults about."""
    mine = next((call for call in handset.calls if handset.extension in call.talking), None)
    asking = transfers.consultation(handset) if mine is None else None
    return mine if asking is None else next(call for call in handset.near if call.id == asking.call_id)


def tell(session: Session, row: Emergency) -> None:
    """Every page of the desk that shows it reads again."""
    announce(session, TOPIC, emergency=row.id)
    if row.extension:
        announce(session, f"extension:{row.extension}")


def _ticket(session: Session, actor: Actor, call: Call | None, code: str, now: datetime) -> Ticket:
    """The named one, else the call's own draft; what is no draft any more stays, and a new one takes its place over."""
    if code:
        found = filing.mine_either(session, actor, code)
    elif call is not None:
        draft = filing.draft_of(session, call) or filing.open_draft(session, call, now=now)
        found = history.locked_either(session, draft.code)
    else:
        raise NotFound(f"no call at the telephone of {actor.name}")
    if isinstance(found, Ticket) and found.state == TicketState.DRAFT:
        return found
    return same_caller.another(session, actor, found, now=now)


def _raise(ticket: Ticket) -> None:
    """A form that is open on it hears of it by the version, and takes the level over."""
    if ticket.level != Level.URGENT:
        ticket.level = Level.URGENT
        ticket.version += 1


def _try(
    session: Session, actor: Actor, call: Call, verb: CommandVerb, number: str, allowed: Allowed, now: datetime
) -> None:
    try:
        transfers.ask(session, actor, call.id, verb, number, allowed, also={number}, now=now)
    except (Invalid, NotFound, NotAllowed):
        # The telephone's own keys are left, and the page says which.
        return


def _call_service(session: Session, actor: Actor, row: Emergency, now: datetime) -> None:
    here = my_phone.of(Handset(session, actor, now))
    if here is None:
        raise NotFound(f"no telephone of {actor.name} at any PBX")
    if CommandVerb.CALL not in here.can or not rules.may_be_called(row.number):
        raise Invalid({"phone": "phone_not_here"})
    if here.away:
        raise Invalid({"phone": "phone_away"})
    ticket = history.of_id(session, row.ticket_id)
    calling_out.start(session, actor, here, ticket, row.number, row.number, now=now)


def _taken(session: Session, row: Emergency, actor: Actor, now: datetime) -> None:
    row.taken_at, row.taken_by_id, row.taken_by = now, actor.id, actor.name
    ticket = history.of_id(session, row.ticket_id)
    history.note(session, ticket, "emergency_taken", actor, now=now, service=row.service)
    tell(session, row)


def over(session: Session, row: Emergency, ended: EmergencyEnd, actor: Actor, note: str, now: datetime) -> None:
    row.ended_at, row.ended, row.note = now, ended, note
    row.ended_by_id, row.ended_by = actor.id, actor.name
    ticket = history.of_id(session, row.ticket_id)
    data = {"service": row.service, "ended": ended, "lasted_s": round((now - row.began_at).total_seconds())}
    history.note(session, ticket, "emergency_over", actor, now=now, reason=note or None, **data)
    session.flush()
    if isinstance(ticket, Ticket):
        _lower(session, ticket)
    tell(session, row)


def _lower(session: Session, ticket: Ticket) -> None:
    """Nothing of it was one, the key was pressed by mistake: the draft is what it was."""
    rows = session.scalars(select(Emergency).where(Emergency.ticket_id == ticket.id).order_by(Emergency.id)).all()
    needless = all(row.ended is EmergencyEnd.NO_EMERGENCY for row in rows)
    if needless and ticket.state == TicketState.DRAFT and ticket.level == Level.URGENT != rows[0].level_before:
        ticket.level = rows[0].level_before
        ticket.version += 1


def _theirs(session: Session, actor: Actor, emergency_id: int, right: Right) -> Emergency:
    """Locked; of the person that began it or has its ticket, or of a leader."""
    row = locked(session, emergency_id)
    ticket = history.of_id(session, row.ticket_id)
    rights.require(actor, right, emergency_bar.ties(actor, row, ticket))
    return row


def locked(session: Session, emergency_id: int) -> Emergency:
    """Locks its ticket first, as all use cases do, against deadlocks."""
    of_it = select(Matter.code).join(Emergency, Emergency.ticket_id == Matter.id)
    code = session.scalar(of_it.where(Emergency.id == emergency_id))
    if code is None:
        raise NotFound(f"no emergency {emergency_id}")
    history.locked_either(session, code)
    return session.get_one(Emergency, emergency_id, with_for_update=True, populate_existing=True)


def _last_call(session: Session, ticket: Ticket) -> int | None:
    return session.scalar(select(func.max(TicketCall.call_id)).where(TicketCall.ticket_id == ticket.id))


def open_ones() -> Select[Emergency]:
    return select(Emergency).where(Emergency.ended_at.is_(None))
