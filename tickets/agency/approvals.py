"""Approval of an answer before the citizen sees it: approved, or sent back with what is to be improved.

By the head of the lead agency, or by a stand-in whose right reaches all agencies; the history names the person. No
author approves their own words, except where the agency has no other head: one alone must not be kept from answering.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.errors import MoveRefused
from callcenter.models import Ticket
from callcenter.vocab import TicketState
from tickets.actors import Actor
from tickets.life import offers


@offers.carries("approve")
def approve(session: Session, actor: Actor, code: str, *, proposal: int | None = None, now: datetime) -> Ticket:
    """The citizen gets the answer as proposed. Raises NotAllowed (own words), MoveRefused.

    `proposal` is the one that was read (`proposal_of`): words that took its place meanwhile are not approved.
    """
    begun = offers.begin(session, actor, code, "approve", now=now, proposal=proposal)
    if proposal is not None and proposal != proposal_of(session, begun.about):
        raise MoveRefused("approve", begun.about.state)
    return begun.go(agency=begun.about.lead_agency_id)


@offers.carries("send_back")
def send_back(session: Session, actor: Actor, code: str, *, reason: str, now: datetime) -> Ticket:
    """Not yet: the officer has it again with the reason; the proposed text stays in `resolution` to be mended."""
    begun = offers.begin(session, actor, code, "send_back", now=now, reason=reason)
    return begun.go(reason=reason.strip(), agency=begun.about.lead_agency_id)


def proposal_of(session: Session, ticket: Ticket) -> int | None:
    """Which answer waits now, by the number of its event."""
    if ticket.state != TicketState.AWAITING_APPROVAL:
        return None
    last = offers.last_proposal(session, ticket)
    return last.id if last is not None else None
