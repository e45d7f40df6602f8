"""Loader options of SQLAlchemy: the relations that every page of a ticket reads with it."""

from sqlalchemy.orm import joinedload, selectinload

from callcenter.models import CallBack, Ticket

NAMED = ("category", "ward", "lead_agency", "owner")
SHOWN = tuple(joinedload(getattr(Ticket, name)) for name in NAMED)
SHOWN_OF_CALL_BACK = tuple(joinedload(getattr(CallBack, name)) for name in NAMED if hasattr(CallBack, name))
# For what shows a due moment of many tickets.
CLOCKS = selectinload(Ticket.clocks)
