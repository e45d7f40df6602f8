"""Progress of an emergency, from the PBX's events: target of the transfer, answer, and end."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.db import any_of
from callcenter.models import Call, Emergency, PbxCommand
from callcenter.vocab import CommandVerb, EmergencyEnd
from tickets.desk.filing import LISTENER
from tickets.life import history
from tickets.rules import emergency_rules as rules
from tickets.telephone import emergencies
from tickets.telephone.handset import PASSING

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
        dialled = dialled_last(asked_since(session, [(row, call)]), row, call)
        answered = call.third is not None or row.number in call.talking
        if row.answered_at is None and row.number == dialled and answered:
            row.answered_at = now
            history.note(
                session,
                history.of_id(session, row.ticket_id),
                "emergency_answered",
                LISTENER,
                now=now,
                service=row.service,
            )
        if rules.is_over(row.number, call.third, dialled, call.talking):
            emergencies.over(session, row, EmergencyEnd.ANSWERED, LISTENER, "", now)
        emergencies.tell(session, row)


def dialled_last(asked: Sequence[PbxCommand], row: Emergency, call: Call) -> str:
    """The last transfer target of this call: as requested here, or as the PBX shows it of the telephone's own keys."""
    last = asked_last(asked, row, call, _PASSING)
    wanted = str(last.arguments.get("to", "")) if last is not None else ""
    shown = str(call.transfers[-1].get("to") or "") if call.transfers else ""
    return shown if shown in (row.number, row.service) else wanted


def asked_since(session: Session, pairs: Sequence[tuple[Emergency, Call]]) -> Sequence[PbxCommand]:
    """What was asked for about the calls of these emergencies since each began, newest first: by one statement."""
    if not pairs:
        return ()
    query = (
        select(PbxCommand)
        .where(
            PbxCommand.asked_at >= min(row.began_at for row, _ in pairs),
            PbxCommand.verb.in_(PASSING),
            PbxCommand.arguments["call"].astext == any_of([call.linkedid for _, call in pairs]),
        )
        .order_by(PbxCommand.id.desc())
    )
    return session.scalars(query).all()


def asked_last(
    asked: Sequence[PbxCommand], row: Emergency, call: Call, verbs: Sequence[CommandVerb]
) -> PbxCommand | None:
    """Of these commands the last of these verbs about this call, since the emergency began."""
    about = (one for one in asked if (one.pbx, one.arguments.get("call")) == (call.pbx, call.linkedid))
    return next((one for one in about if one.verb in verbs and one.asked_at >= row.began_at), None)
