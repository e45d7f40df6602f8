"""Every table, in reading order: people, places, calls, tickets, work behind the scenes."""

from callcenter.models.calls import Call, PbxStatus
from callcenter.models.people import Agency, ApiToken, User
from callcenter.models.places import FormerUnit, Ward
from callcenter.models.rules import CalendarDay, Category, RoutingRule, SlaTarget, TestNumber
from callcenter.models.tickets import Assignment, Attachment, Ticket, TicketCall, TicketEvent
from callcenter.models.work import OutboxRow, SetAside

__all__ = [
    "Agency",
    "ApiToken",
    "Assignment",
    "Attachment",
    "CalendarDay",
    "Call",
    "Category",
    "FormerUnit",
    "OutboxRow",
    "PbxStatus",
    "RoutingRule",
    "SetAside",
    "SlaTarget",
    "TestNumber",
    "Ticket",
    "TicketCall",
    "TicketEvent",
    "User",
    "Ward",
]
