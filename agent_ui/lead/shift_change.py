"""Shift handover pages: open items, choice of the receiver, printed record, and the receiver's confirmation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from agent_ui import frame
from agent_ui.web import filters, forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from tickets.oversight import shifts
from tickets.oversight.shifts import Left
from tickets.rights import Right

blueprint = Blueprint("shift_change", __name__)

LISTS: Mapping[Left, LazyString] = {
    Left.EMERGENCY: _l("Khẩn cấp chưa xong"),
    Left.URGENT: _l("Khẩn, chưa đơn vị nào tiếp nhận"),
    Left.DRAFT: _l("Phiếu bỏ dở sau cuộc gọi"),
    Left.CALL_BACK: _l("Việc gọi lại"),
    Left.TRIAGE: _l("Chờ phân loại"),
}


@blueprint.get("/shift/handovers")
@may(Right.HAND_OVER)
def page() -> str:
    return _page()


@blueprint.post("/shift/handovers/give")
@may(Right.HAND_OVER)
def give() -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            to, note = forms.number("to"), forms.text("note")[:4000]
            row = shifts.give(session, me(), to, note=note, now=site.now())
            words = _("Đã giao ca cho %(name)s. Ca mới nhận khi người đó xác nhận.", name=row.given_to)
    except Invalid as error:
        return _page(error.problems), 422
    flash(words, "success")
    return redirect(url_for("shift_change.record", handover_id=row.id), 303)


@blueprint.get("/shift/handovers/<int:handover_id>")
@may(Right.HAND_OVER)
def record(handover_id: int) -> str:
    return _record(handover_id)


@blueprint.post("/shift/handovers/<int:handover_id>/confirm")
@may(Right.HAND_OVER)
def confirm(handover_id: int) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            shifts.confirm(session, me(), handover_id, remark=forms.text("remark")[:2000], now=site.now())
    except Invalid as error:
        return _record(handover_id, error.problems), 422
    flash(_("Ông/bà đã nhận ca. Phiếu bỏ dở nay là của ông/bà."), "success")
    return redirect(url_for("shift.home"), 303)


@blueprint.post("/shift/handovers/<int:handover_id>/withdraw")
@may(Right.HAND_OVER)
def withdraw(handover_id: int) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            shifts.withdraw(session, me(), handover_id, now=site.now())
    except Invalid as error:
        return _record(handover_id, error.problems), 422
    flash(_("Đã rút lại việc giao ca."), "info")
    return redirect(url_for("shift_change.page"), 303)


@blueprint.app_template_filter()
def moment_of(text: str | None) -> str:
    """A moment that was kept as text, as people read it."""
    return filters.minute(datetime.fromisoformat(text)) if text else ""


def _page(problems: Mapping[str, str] | None = None) -> str:
    with site.reading() as session:
        return frame.page(
            session,
            "shift/change.html",
            left=_by_list(shifts.standing(session, me(), site.now())),
            receivers=shifts.receivers(session, me()),
            recent=shifts.recent(session),
            given_to_me=shifts.open_for(session, me()),
            lists=LISTS,
            problems=problem_words(problems or {}),
            typed=request.form,
        )


def _record(handover_id: int, problems: Mapping[str, str] | None = None) -> str:
    with site.reading() as session:
        row = shifts.read(session, handover_id)
        words = problem_words(problems or {})
        return frame.page(
            session, "shift/handover.html", row=row, left=_by_list(row.items), lists=LISTS, problems=words
        )


def _by_list(items: Sequence[Mapping[str, Any]]) -> dict[Left, list[Mapping[str, Any]]]:
    return {kind: [item for item in items if item["list"] == kind] for kind in Left}
