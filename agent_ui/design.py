"""`/design`: every component of the pages in every state, light beside dark, for those who build and judge them."""

from datetime import timedelta
from types import SimpleNamespace

from flask import Blueprint, render_template

from agent_ui import site
from agent_ui.auth import roles
from callcenter.vocab import Level, Role, Source, TicketState
from tickets.queries import CallerHistory

blueprint = Blueprint("design", __name__)

# Every letter of Vietnamese that is hardest to set: two signs above, one below, capitals.
ACCENTS = "ẾỀỆỄỂ ỐỒỘỖỔ ẶẨẪẬẮ ỮỰỬỪỨ ƯƠĐ ếềệễể ốồộỗổ ặẩẫậắ ữựửừứ ươđ"
SHORT = "ẾỆỄỘỖẶẨỮỰ"
LONG = (
    "Đoạn đường Nguyễn Huệ trước Trường Trung học cơ sở Lê Quý Đôn ngập sâu hơn nửa mét mỗi khi triều cường, học sinh "
    "và phụ huynh không qua được; hố ga mất nắp nằm dưới nước rất nguy hiểm, đề nghị xử lý gấp trong hôm nay."
)
NAMES = ("Nguyễn Thị Ngọc Ánh", "Huỳnh Phước Ưu", "Đặng Ẩn", "Công Tằng Tôn Nữ Quỳnh Ỷ Thương")


@blueprint.get("/design")
@roles(*Role)
def page() -> str:
    now = site.now()
    return render_template(
        "design/page.html",
        ACCENTS=ACCENTS,
        SHORT=SHORT,
        LONG=LONG,
        NAMES=NAMES,
        STATES=tuple(TicketState),
        LEVELS=tuple(Level),
        TICKETS=_tickets(),
        HISTORY=CallerHistory(calls=[SimpleNamespace()] * 3, tickets=_tickets()),  # type: ignore[list-item, arg-type]
        NOBODY=CallerHistory(calls=(), tickets=()),
        DUES={
            "ok": now + timedelta(days=3),
            "soon": now + timedelta(minutes=25),
            "late": now - timedelta(days=2, hours=4),
        },
        ENTRIES=_entries(),
    )


def _tickets() -> list[SimpleNamespace]:
    """Two tickets as templates see them: a short one with little known, and a long one with everything."""
    now = site.now()
    bare = {"category": None, "ward": None, "lead_agency": None}
    full = {
        "category": SimpleNamespace(name="Cấp thoát nước, ngập"),
        "ward": SimpleNamespace(name="Phường Mỹ Tho"),
        "lead_agency": SimpleNamespace(name="Công ty Cổ phần Cấp thoát nước và Môi trường đô thị"),
    }
    return [
        SimpleNamespace(id=-1, code="618033990", state=TicketState.ROUTED, level=Level.URGENT, source=Source.HOTLINE,
                        created_at=now - timedelta(minutes=12), description=LONG, **full),
        SimpleNamespace(id=-2, code="271828186", state=TicketState.TRIAGE, level=Level.NORMAL, source=Source.WEB,
                        created_at=now - timedelta(days=1), description="", **bare),
    ]  # fmt: skip


def _entries() -> list[dict[str, object]]:
    now = site.now()
    return [
        {"at": now - timedelta(hours=5), "title": "Tiếp nhận phản ánh", "who": NAMES[0]},
        {"at": now - timedelta(hours=4), "title": "Trả lại", "who": NAMES[1], "note": LONG, "tone": "bad"},
        {"at": now - timedelta(hours=3), "title": "Chuyển đơn vị xử lý", "detail": "→ Điện lực", "tone": "wait"},
        {"at": now - timedelta(minutes=9), "title": "Trả lời kết quả xử lý", "who": NAMES[3], "tone": "done"},
    ]
