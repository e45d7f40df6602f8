"""Loader options: what every page that shows a ticket reads with it."""

from sqlalchemy.orm import joinedload

from callcenter.models import Ticket

SHOWN = (
    joinedload(Ticket.category),
    joinedload(Ticket.ward),
    joinedload(Ticket.lead_agency),
    joinedload(Ticket.owner),
)
