"""Administration of emergency numbers: what the PBX dials for 113, 114, 115 and 111, and whether that was tried."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid
from callcenter.models import EmergencyLine
from callcenter.vocab import EmergencyService
from tickets.actors import Actor
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.emergency_rules import NUMBER

SUBJECT = "emergency_line"


def lines(session: Session) -> dict[EmergencyService, dict[str, Any]]:
    """The values of each service's form; without a row it is dialled as it is, and is untried."""
    kept = {line.service: line for line in session.scalars(select(EmergencyLine))}
    return {service: facts(service, kept.get(service)) for service in EmergencyService}


def facts(service: EmergencyService, line: EmergencyLine | None) -> dict[str, Any]:
    return {"dialled": line.number if line else service.value, "tried": bool(line and line.confirmed)}


def edit(
    session: Session, actor: Actor, service: EmergencyService, *, dialled: str, tried: bool, seen: str | None,
    now: datetime,
) -> EmergencyLine:  # fmt: skip
    """Change what is dialled; '' for a service that the PBX does not reach. Raises Invalid for anything but digits."""
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    line = session.get(EmergencyLine, service, with_for_update=True, populate_existing=True)
    dialled = "".join(dialled.split())
    if dialled and not NUMBER.fullmatch(dialled):
        raise Invalid({"dialled": "emergency_number"})
    before, after = facts(service, line), {"dialled": dialled, "tried": tried and bool(dialled)}
    if line is None:
        line = EmergencyLine(service=service, number=service.value, confirmed=False)
        session.add(line)
    if is_news(SUBJECT, service, before, after, seen):
        line.number, line.confirmed = dialled, tried and bool(dialled)
        record_change(session, actor, SUBJECT, service, before, after, now)
    return line


def untried(session: Session) -> list[str]:
    """Services that have not been tried from this PBX."""
    return [service.value for service, values in lines(session).items() if not values["tried"]]
