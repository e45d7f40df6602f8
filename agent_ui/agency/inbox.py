"""Inbox of an agency: tickets grouped by what must be done now, each with its clock and its next action."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.errors import MoveRefused, NotFound
from callcenter.models import Agency
from tickets.agency import casework
from tickets.agency import inbox as inboxes
from tickets.life import posts
from tickets.rights import Right
from tickets.rules import codes
from tickets.rules.states import InboxGroup

blueprint = Blueprint("agency", __name__)

GROUPS: Mapping[InboxGroup, LazyString] = {
    InboxGroup.LATE: _l("Quá hạn"),
    InboxGroup.TODAY: _l("Hạn hôm nay"),
    InboxGroup.NEW: _l("Chờ tiếp nhận"),
    InboxGroup.APPROVAL: _l("Chờ duyệt"),
    InboxGroup.WAITING: _l("Chờ người dân"),
    InboxGroup.REST: _l("Còn lại"),
}
# What each group asks of the reader.
ADVICE: Mapping[InboxGroup, LazyString] = {
    InboxGroup.LATE: _l("Làm trước: đã quá giờ hẹn."),
    InboxGroup.TODAY: _l("Trả lời trong hôm nay."),
    InboxGroup.NEW: _l("Tiếp nhận, hoặc trả lại nếu không đúng thẩm quyền."),
    InboxGroup.APPROVAL: _l("Câu trả lời chờ lãnh đạo đơn vị duyệt."),
    InboxGroup.WAITING: _l("Đã hỏi người dân; hạn trả lời đang dừng."),
    InboxGroup.REST: _l("Đang xử lý, còn thời gian."),
}


@blueprint.get("/agency")
@may(Right.WORK_INBOX)
def inbox() -> str:
    with site.reading() as session:
        return frame.page(session, "agency/page.html", **_rows(session))


@blueprint.get("/agency/rows")
@may(Right.WORK_INBOX)
def rows() -> str:
    with site.reading() as session:
        return render_template("agency/rows.html", **_rows(session))


@blueprint.post("/agency/<code>/accept")
@may(Right.ACCEPT_TICKET)
def accept(code: str) -> ResponseReturnValue:
    """Straight from the list, which comes back where it was; a ticket that a colleague accepted first is no error."""
    try:
        with site.transaction() as session:
            if posts.is_first(session, forms.text("nonce"), site.now()):
                casework.accept(session, me(), code, now=site.now())
        flash(_("Đã tiếp nhận phiếu %(code)s.", code=codes.group(code)), "success")
    except (MoveRefused, NotFound):
        flash(_("Phiếu %(code)s không còn chờ đơn vị tiếp nhận.", code=codes.group(code)), "warning")
    group, text = request.form.get("group") or None, request.form.get("q") or None
    return redirect(url_for("agency.inbox", group=group, q=text), 303)


def _rows(session: Session) -> dict[str, object]:
    group, text = forms.asked_word(InboxGroup, "group"), request.args.get("q", "")[:200]
    return {
        "agency": session.get(Agency, me().agency_id),
        "group": group,
        "text": text,
        "inbox": inboxes.read(session, me(), site.now(), text=text, only=group),
        "GROUPS": GROUPS,
        "ADVICE": ADVICE,
    }
