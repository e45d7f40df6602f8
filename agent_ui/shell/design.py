"""Style guide at `/design`: every component of the pages in every state, light beside dark."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint

from agent_ui import frame
from agent_ui.desk.console import DeskItem
from agent_ui.web import site
from agent_ui.web.auth import may
from agent_ui.words import story
from callcenter.models import Agency, Assignment, Call, Category, Ticket, TicketClock, TicketEvent, Ward
from callcenter.vocab import AssignmentRole, Clock, Level, Outcome, Source, TicketKind, TicketState
from tickets.agency.inbox import InboxRow
from tickets.desk.queries import CallerHistory
from tickets.life import lines
from tickets.rights import Right
from tickets.rules.sla import clock_state

blueprint = Blueprint("design", __name__)

# Every letter of Vietnamese that is hardest to set: two signs above, one below, capitals.
ACCENTS = "ẾỀỆỄỂ ỐỒỘỖỔ ẶẨẪẬẮ ỮỰỬỪỨ ƯƠĐ ếềệễể ốồộỗổ ặẩẫậắ ữựửừứ ươđ"
SHORT = "ẾỆỄỘỖẶẨỮỰ"
LONG = (
    "Đoạn đường Nguyễn Huệ trước Trường Trung học cơ sở Lê Quý Đôn ngập sâu hơn nửa mét mỗi khi triều cường, học sinh "
    "và phụ huynh không qua được; hố ga mất nắp nằm dưới nước rất nguy hiểm, đề nghị xử lý gấp trong hôm nay."
)
NAMES = ("Nguyễn Thị Ngọc Ánh", "Huỳnh Phước Ưu", "Đặng Ẩn", "Công Tằng Tôn Nữ Quỳnh Ỷ Thương")
_NUMBER = "+84905123456"


@blueprint.get("/design")
@may(Right.USE_CONSOLE)
def page() -> str:
    with site.reading() as session:
        return frame.page(session, "design/page.html", **_pieces(site.now()))


def _pieces(now: datetime) -> dict[str, object]:
    tickets = _tickets(now)
    return {
        "ACCENTS": ACCENTS,
        "SHORT": SHORT,
        "LONG": LONG,
        "NAMES": NAMES,
        "LEVELS": tuple(Level),
        "TICKETS": tickets,
        "LINES": lines.of_all(tickets),
        "INBOX": _inbox(tickets, now),
        "WORKS": _works(tickets, now),
        "STORY": _story(tickets[0], now),
        "ICONS": icons(),
        "DUES": {
            "ok": now + timedelta(days=3),
            "soon": now + timedelta(minutes=25),
            "late": now - timedelta(days=2, hours=4),
        },
    }


@cache
def icons() -> tuple[str, ...]:
    """The names in the file of pictures."""
    file = Path(__file__).parents[1] / "static" / "icons.svg"
    return tuple(re.findall(r'<symbol id="([^"]+)"', file.read_text(encoding="utf-8")))


def _tickets(now: datetime) -> list[Ticket]:
    """Never stored: a long one with everything and late, and a short one with little known."""
    company = Agency(name="Công ty Cổ phần Cấp thoát nước và Môi trường đô thị", phone="02733873425")
    shared = {"kind": TicketKind.REPORT, "reporter_name": "", "address": "", "reopened": 0, "asked_again": 0}
    full = Ticket(
        **shared, id=-1, code="618033990", state=TicketState.ROUTED, level=Level.URGENT, source=Source.HOTLINE,
        created_at=now - timedelta(minutes=12), description=LONG,
        clocks=[TicketClock(kind=Clock.ACCEPT, due=now - timedelta(hours=3))],
        category=Category(name="Cấp thoát nước, ngập"), ward=Ward(name="Phường Mỹ Tho"), lead_agency=company,
    )  # fmt: skip
    bare = Ticket(
        **shared, id=-2, code="271828186", state=TicketState.ACCEPTED, level=Level.NORMAL, source=Source.WEB,
        created_at=now - timedelta(days=1), description="",
        clocks=[TicketClock(kind=Clock.ANSWER, due=now + timedelta(days=3))],
    )  # fmt: skip
    return [full, bare]


def _inbox(tickets: Sequence[Ticket], now: datetime) -> list[InboxRow]:
    taken = (None, now - timedelta(hours=20))
    dues = (tickets[0].accept_due, tickets[1].answer_due)
    return [
        InboxRow(ticket, Assignment(role=AssignmentRole.LEAD, accepted_at=at), due, clock_state(due, now))
        for ticket, at, due in zip(tickets, taken, dues, strict=True)
        if due
    ]


def _works(tickets: Sequence[Ticket], now: datetime) -> list[DeskItem]:
    """A known caller talking, a new one ringing, and a withheld number after the call."""
    before = Call(started_at=now - timedelta(days=3), outcome=Outcome.ANSWERED, lost_in_transfer=False)
    began = {"started_at": now - timedelta(minutes=4), "number_dialled": "1022", "ringing": [], "talking": []}
    calls = (
        Call(**{**began, "talking": ["101"]}, id=-1, caller=_NUMBER, caller_name=NAMES[3], answered_at=now),
        Call(**{**began, "ringing": ["101"]}, id=-2, caller=_NUMBER),
        Call(**began, id=-3, ended_at=now, talk_s=134.0),
    )
    known = CallerHistory(calls=[before], tickets=tickets)
    nobody = CallerHistory(calls=(), tickets=())
    return [DeskItem(tickets[0], calls[0], known), DeskItem(None, calls[1], nobody), DeskItem(None, calls[2], nobody)]


def _story(ticket: Ticket, now: datetime) -> list[story.HistoryDay]:
    moves: tuple[tuple[int, str, str, str | None, dict[str, Any]], ...] = (
        (50, "file", NAMES[0], None, {}),
        (49, "route", "routing", None, {"agency": 1, "why": "rule"}),
        (30, "give_back", NAMES[1], LONG, {"agency": 1}),
        (4, "breached", "time", None, {"clock": "accept"}),
        (1, "resolve", NAMES[3], SHORT, {"agency": 1}),
    )
    events = [
        TicketEvent(id=place, at=now - timedelta(hours=hours), move=move, actor=who, actor_id=1, reason=why, data=data)
        for place, (hours, move, who, why, data) in enumerate(moves)
    ]
    agencies = {1: ticket.lead_agency.name} if ticket.lead_agency else {}
    return story.tell(ticket, events, [], agencies)
