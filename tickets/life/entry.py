"""Filing, shared by all channels: the ticket is filed, its clocks start, its routing is promised."""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.models import Ticket
from tickets.actors import Actor
from tickets.life import history
from tickets.rules.handover import Handover


def submit(session: Session, ticket: Ticket, actor: Actor, *, now: datetime) -> None:
    """File a draft whose fields have been checked. Raises MoveRefused."""
    ticket.owner_id = actor.id or ticket.owner_id
    history.move(session, ticket, "file", actor, now=now)
    handover = Handover(
        ticket=ticket.code,
        source=ticket.source,
        category=ticket.category_code,
        ward=ticket.ward_code,
        level=ticket.level,
        filed_at=now,
    )
    outbox.promise(session, outbox.ROUTING, handover.model_dump(mode="json"), now=now, about=ticket)
