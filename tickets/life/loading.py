"""Loader options of SQLAlchemy: the relations that every page of a ticket reads with it."""

from sqlalchemy.orm import joinedload, selectinload

from callcenter.models import Ticket

NAMED = ("category", "ward", "lead_agency", "owner")
SHOWN = tuple(joinedload(getattr(Ticket, name)) for name in NAMED)
# For what shows a due moment of many tickets.
CLOCKS = selectinload(Ticket.clocks)
