"""Effects of a move, from its row: clocks that start, pause or resume, parts that begin or end, stamps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.models import Ticket
from callcenter.vocab import Clock
from tickets.life import clocks, parts
from tickets.rules.moves import Move


@dataclass(frozen=True)
class Hands:
    """The agencies that a move gives the ticket to; `accepted`: the lead goes on with what it accepted before."""

    lead: int
    co: Sequence[int] = ()
    accepted: bool = False


def before(session: Session, ticket: Ticket, move: Move, now: datetime) -> None:
    """What ends while the ticket still is in the state that it leaves."""
    if move.resumes:
        clocks.end_wait(session, ticket, now)
    if move.ends_parts:
        parts.end_all(session, ticket, now)


def after(session: Session, ticket: Ticket, move: Move, hands: Hands | None, now: datetime) -> None:
    """What begins with the new state."""
    for column in move.clears:
        setattr(ticket, column, None)
    for column in move.stamps:
        setattr(ticket, column, now)
    lead = parts.begin(session, ticket, hands.lead, hands.co, now, accepted=hands.accepted) if hands else None
    if move.pauses:
        clocks.stand(ticket, now)
    if Clock.ACCEPT in move.starts:
        assert lead is not None, f"{move.verb} gives the ticket to no agency"
        clocks.start_agency_clocks(session, ticket, lead, now)
        return
    if Clock.TRIAGE in move.starts:
        clocks.start_triage(session, ticket, now)
    if Clock.ANSWER in move.starts:
        clocks.restart_answer(session, ticket, now)
