"""Administration pages of emergency numbers: what the PBX dials for each of the four services."""

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.vocab import EmergencyService
from tickets.administration import emergencies as book
from tickets.rights import Right


@blueprint.get("/emergency-numbers")
@may(Right.ADMINISTER_TELEPHONY)
def emergency_lines() -> str:
    with site.reading() as session:
        changes = latest(session, book.SUBJECT)
        return frame.page(session, "admin/emergency_lines.html", lines=book.lines(session), changes=changes)


@blueprint.route("/emergency-numbers/<service>", methods=["GET", "POST"])
@may(Right.ADMINISTER_TELEPHONY)
def emergency_line(service: str) -> ResponseReturnValue:
    if service not in list(EmergencyService):
        abort(404)
    chosen = EmergencyService(service)

    def page(session: Session, form: EditForm | None) -> str:
        opened = form or EditForm.of(book.lines(session)[chosen])
        changes = latest(session, book.SUBJECT, chosen)
        return frame.page(session, "admin/emergency_line.html", service=chosen, form=opened, changes=changes)

    def write(session: Session) -> str:
        dialled, tried = forms.text("dialled"), ticked("tried")
        book.edit(session, me(), chosen, dialled=dialled, tried=tried, seen=seen(), now=site.now())
        return chosen.value

    return edit(page, write, lambda name: back(url_for("admin.emergency_lines"), _("Đã lưu %(x)s.", x=name)))
