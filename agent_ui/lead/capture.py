"""Pages of capture completeness: gaps of each PBX, differences from its own logs, and repaired calls."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import Blueprint
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from agent_ui import frame
from agent_ui.web import filters, site
from agent_ui.web.asked_days import around, asked_day
from agent_ui.web.auth import may
from agent_ui.words import labels
from callcenter.errors import NotFound
from callcenter.vocab import HungUpBy, Outcome, Reason, Stage, TransferKind, Verdict, Witness
from tickets.figures import capture, overview
from tickets.rights import Right

blueprint = Blueprint("capture", __name__, url_prefix="/capture")


# The figures of a PBX, each of which opens its calls.
SETS: Mapping[str, LazyString] = {
    capture.HEARD: _l("Nghe được qua kết nối"),
    capture.WITNESSED: _l("Có trong nhật ký tổng đài"),
    Verdict.AGREES: _l("Ghi nhận đủ"),
    Verdict.REPAIRED: _l("Bổ sung từ nhật ký tổng đài"),
    Verdict.DIFFERS: _l("Hai nguồn khác nhau"),
    Verdict.UNEXPLAINED: _l("Chưa rõ"),
    capture.WAITING: _l("Chưa đối chiếu"),
}

EXPLAINED: Mapping[str, LazyString] = {
    capture.HEARD: _l("Cuộc gọi mà phần mềm nghe được, toàn bộ hoặc một phần, qua kết nối với tổng đài (AMI)."),
    capture.WITNESSED: _l("Cuộc gọi có dòng trong nhật ký của tổng đài: nhật ký hàng đợi hoặc CEL."),
    Verdict.AGREES: _l("Mọi điều nhật ký tổng đài có đều đúng với cuộc gọi đã ghi."),
    Verdict.REPAIRED: _l(
        "Kết nối không cho thấy cuộc gọi hoặc một phần của nó; phần thiếu đã lấy từ nhật ký tổng đài."
    ),
    Verdict.DIFFERS: _l("Cuộc gọi nghe được trọn vẹn nhưng nhật ký nói khác; bản ghi giữ nguyên, hai bên được nêu ra."),
    Verdict.UNEXPLAINED: _l("Có điều không nguồn nào cho biết, hoặc nhật ký tổng đài không có cuộc gọi này."),
    capture.WAITING: _l("Cuộc gọi đang diễn ra hoặc vừa xong, chưa đến lúc đối chiếu."),
}

NAMES: Mapping[str, LazyString] = {witness.value: labels.label(witness) for witness in Witness}

FIELDS: Mapping[str, LazyString] = {
    "started_at": _l("Bắt đầu"),
    "queued_at": _l("Vào hàng đợi"),
    "answered_at": _l("Nghe máy lúc"),
    "ended_at": _l("Kết thúc lúc"),
    "queue": _l("Hàng đợi"),
    "outcome": _l("Kết quả"),
    "stage": _l("Gác máy ở"),
    "reason": _l("Lý do không phục vụ"),
    "branch": _l("Nhánh"),
    "number_dialled": _l("Số được gọi"),
    "caller": _l("Người gọi"),
    "caller_raw": _l("Số người gọi như mạng gửi"),
    "operators": _l("Máy đã đàm thoại"),
    "rang": _l("Máy đã đổ chuông"),
    "transfers": _l("Chuyển máy"),
    "hung_up_by": _l("Bên gác máy"),
    "lost_in_transfer": _l("Rớt khi chuyển máy"),
    "wait_s": _l("Chờ"),
    "talk_s": _l("Đàm thoại"),
    "hold_s": _l("Giữ máy"),
    "recording": _l("Ghi âm"),
    "voicemail": _l("Lời nhắn"),
}


@blueprint.get("/")
@may(Right.CHECK_CAPTURE)
def page() -> str:
    day = asked_day()
    since, until = overview.day_bounds(day)
    with site.reading() as session:
        shown = [
            {
                "name": name,
                "witnesses": capture.witnesses(session, name),
                "gaps": capture.gaps(session, name, since, until),
                "report": capture.count(session, name, since=since, until=until),
            }
            for name in capture.pbx_names(session)
        ]
        return frame.page(
            session, "capture/page.html", shown=shown, sets=SETS, names=NAMES, explained=EXPLAINED, **around(day)
        )


@blueprint.get("/<which>/<pbx>")
@may(Right.CHECK_CAPTURE)
def calls(which: str, pbx: str) -> str:
    if which not in SETS:
        raise NotFound(f"no calls {which}")
    day = asked_day()
    since, until = overview.day_bounds(day)
    with site.reading() as session:
        rows = capture.rows(session, pbx, which, since, until)
        full = len(rows) >= capture.ROWS
        return frame.page(
            session,
            "capture/calls.html",
            rows=rows,
            which=which,
            pbx=pbx,
            sets=SETS,
            fields=FIELDS,
            full=full,
            **around(day),
        )


@blueprint.get("/call/<pbx>/<linkedid>")
@may(Right.CHECK_CAPTURE)
def call(pbx: str, linkedid: str) -> str:
    """Both sides of one call, and the rows as the PBX wrote them."""
    with site.reading() as session:
        found = capture.one(session, pbx, linkedid)
        if found is None:
            raise NotFound(f"no call {linkedid}")
        rows = capture.evidence(found)
        codes = overview.codes_of(session, [found.call] if found.call is not None else [])
        return frame.page(
            session,
            "capture/call.html",
            found=found,
            rows=rows,
            codes=codes,
            fields=FIELDS,
            names=NAMES,
            made=_is_made(found),
            plain=plain,
        )


def plain(name: str, value: Any) -> str:
    """A column's value as a person reads it; in a row of a comparison it is JSON."""
    if value in (None, "", []):
        return "–"
    if name == "transfers":
        return ", ".join(f"{labels.stored(one['kind'], TransferKind)} → {one['to'] or '?'}" for one in value)
    if name in _WORDS:
        return str(labels.stored(value, _WORDS[name]))
    if name.endswith("_at"):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return filters.second(moment)
    if name.endswith("_s"):
        return filters.lasted(value)
    if isinstance(value, bool):
        return str(_("Có") if value else _("Không"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_WORDS: Mapping[str, type[StrEnum]] = {"outcome": Outcome, "stage": Stage, "reason": Reason, "hung_up_by": HungUpBy}


def _is_made(found: capture.ComparedCall) -> bool:
    return found.call is not None and found.call.snapshot == capture.MADE
