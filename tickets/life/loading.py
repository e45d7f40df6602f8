"""Loader options: what every page that shows a ticket reads with it."""

from sqlalchemy.orm import joinedload, selectinload

from callcenter.models import Ticket

SHOWN = (
    joinedload(Ticket.category),
    joinedload(Ticket.ward),
    joinedload(Ticket.lead_agency),
    joinedload(Ticket.owner),
)
# For what shows a due moment of many tickets.
CLOCKS = selectinload(Ticket.clocks)
