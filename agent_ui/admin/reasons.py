"""Administration pages of pause reasons: the list, a new one, and a page for each."""

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.models import PauseReason
from tickets.administration import reasons as book
from tickets.rights import Right


@blueprint.route("/pause-reasons", methods=["GET", "POST"])
@may(Right.ADMINISTER_TELEPHONY)
def reasons() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        rows = book.listed(session)
        return frame.page(
            session, "admin/reasons.html", form=form or EditForm({}), rows=rows, changes=latest(session, "pause_reason")
        )

    def write(session: Session) -> str:
        return book.add(session, me(), forms.text("code"), forms.text("name"), now=site.now()).name

    return edit(page, write, lambda name: back(url_for("admin.reasons"), _("Đã thêm lý do %(name)s.", name=name)))


@blueprint.route("/pause-reasons/<code>", methods=["GET", "POST"])
@may(Right.ADMINISTER_TELEPHONY)
def reason(code: str) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(PauseReason, code)
        if row is None:
            abort(404)
        changes = latest(session, "pause_reason", code)
        return frame.page(
            session, "admin/reason.html", reason=row, form=form or EditForm.of(book.facts(row)), changes=changes
        )

    def write(session: Session) -> str:
        name, position = forms.text("name"), forms.text("position")
        active, opened = ticked("active"), seen()
        return book.edit(
            session, me(), code, name=name, position=position, active=active, seen=opened, now=site.now()
        ).name

    return edit(page, write, lambda name: back(url_for("admin.reasons"), _("Đã lưu %(x)s.", x=name)))
