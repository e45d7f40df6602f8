"""What the PBX shows of an emergency: whom the call was passed to, who picked up, and that it is over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.db import any_of
from callcenter.models import Call, Emergency, PbxCommand, Ticket
from callcenter.vocab import CommandVerb, EmergencyEnd
from tickets.desk.filing import LISTENER
from tickets.life import history
from tickets.rules import emergency_rules as rules
from tickets.telephone import emergencies

_PASSING = (CommandVerb.CONSULT, CommandVerb.TRANSFER)


def follow(session: Session, calls: Sequence[Call], *, now: datetime) -> None:
    """What the PBX shows of calls in which an emergency is open: the service picked up, or has the caller."""
    session.flush()
    by_id = {call.id: call for call in calls}
    query = emergencies.open_ones().where(Emergency.call_id == any_of(list(by_id))).order_by(Emergency.id)
    for found in session.scalars(query).all():
        row = emergencies.locked(session, found.id)
        if row.ended_at is not None:
            continue
        call = by_id[row.call_id or 0]
        dialled = dialled_last(session, row, call)
        answered = call.third is not None or row.number in call.talking
        if row.answered_at is None and row.number == dialled and answered:
            row.answered_at = now
            ticket = session.get_one(Ticket, row.ticket_id)
            history.note(session, ticket, "emergency_answered", LISTENER, now=now, service=row.service)
        if rules.is_over(row.number, call.third, dialled, call.talking):
            emergencies.over(session, row, EmergencyEnd.ANSWERED, LISTENER, "", now)
        emergencies.tell(session, row)


def dialled_last(session: Session, row: Emergency, call: Call) -> str:
    """Whom this call was passed to last: as asked for here, or as the PBX shows it of the telephone's own keys."""
    last = asked_last(session, row, call, _PASSING)
    asked = str(last.arguments.get("to", "")) if last is not None else ""
    shown = str(call.transfers[-1].get("to") or "") if call.transfers else ""
    return shown if shown in (row.number, row.service) else asked


def asked_last(session: Session, row: Emergency, call: Call, verbs: Sequence[CommandVerb]) -> PbxCommand | None:
    """The last of these commands about this call, since the emergency began."""
    query = (
        select(PbxCommand)
        .where(PbxCommand.pbx == call.pbx, PbxCommand.asked_at >= row.began_at, PbxCommand.verb.in_(verbs))
        .where(PbxCommand.arguments["call"].astext == call.linkedid)
        .order_by(PbxCommand.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()
