"""Every table, in reading order: people, places, calls, tickets, knowledge, work behind the scenes."""

from callcenter.models.after_call import AfterCall, PhoneStint
from callcenter.models.call_backs import CallBack, TicketOrCallBack
from callcenter.models.calls import Call, PbxQueue, PbxStatus
from callcenter.models.capture import PbxGap, Testimony, WitnessCursor
from callcenter.models.citizens import Contact, Grievance
from callcenter.models.clocks import TicketClock
from callcenter.models.emergencies import Emergency, EmergencyLine
from callcenter.models.hearing import Listening, TextMessage
from callcenter.models.knowledge import Article, ArticleUse, CategoryKeywords
from callcenter.models.matters import Matter
from callcenter.models.nuisance import NuisanceNumber, PbxListed
from callcenter.models.outgoing import OutgoingCall
from callcenter.models.people import Agency, ApiToken, ExtensionSpan, SavedSearch, User
from callcenter.models.places import FormerUnit, Ward
from callcenter.models.posts import FormPost, KeptAnswer
from callcenter.models.rules import (
    CalendarDay,
    Category,
    PauseReason,
    RoutingRule,
    SlaTarget,
    TestNumber,
    WorkingPeriod,
)
from callcenter.models.sessions import UserSession
from callcenter.models.shifts import ShiftHandover
from callcenter.models.tickets import Assignment, Attachment, Ticket, TicketCall, TicketEvent
from callcenter.models.work import ChangeRecord, OutboxRow, PbxCommand, SetAside

__all__ = [
    "AfterCall",
    "Agency",
    "ApiToken",
    "Article",
    "ArticleUse",
    "Assignment",
    "Attachment",
    "CalendarDay",
    "Call",
    "CallBack",
    "Category",
    "CategoryKeywords",
    "ChangeRecord",
    "Contact",
    "Emergency",
    "EmergencyLine",
    "ExtensionSpan",
    "FormPost",
    "FormerUnit",
    "Grievance",
    "KeptAnswer",
    "Listening",
    "Matter",
    "NuisanceNumber",
    "OutboxRow",
    "OutgoingCall",
    "PauseReason",
    "PbxCommand",
    "PbxGap",
    "PbxListed",
    "PbxQueue",
    "PbxStatus",
    "PhoneStint",
    "RoutingRule",
    "SavedSearch",
    "SetAside",
    "ShiftHandover",
    "SlaTarget",
    "TestNumber",
    "Testimony",
    "TextMessage",
    "Ticket",
    "TicketCall",
    "TicketClock",
    "TicketEvent",
    "TicketOrCallBack",
    "User",
    "UserSession",
    "Ward",
    "WitnessCursor",
    "WorkingPeriod",
]
