"""Audio of calls: messages and recordings by byte range, each listening on record."""

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.errors import NotFound
from callcenter.vocab import Sound
from tickets.calls import listening, recordings
from tickets.calls.recordings import State
from tickets.desk import queries
from tickets.rights import Right

blueprint = Blueprint("sounds", __name__)


@blueprint.get("/calls/<int:call_id>/<any(voicemail, recording):sound>")
@may(Right.LISTEN_MESSAGE)
def play(call_id: int, sound: str) -> Response:
    """The file, or a piece of it (Range). The start of a listening is recorded."""
    what = Sound(sound)
    with site.transaction() as session:
        call = listening.allowed(session, me(), call_id, what)
        found = recordings.look(site.site().settings.recordings, call, what, site.now())
        if found is None or found.file is None or found.state is not State.READY:
            raise NotFound(f"{what} of call {call_id} is {found.state if found else 'not there'}")
        if _begins():
            ticket = _ticket()
            about = queries.either(session, me(), ticket) if ticket else None
            listening.note(session, me(), call, what, now=site.now(), ticket=about)
    # `conditional` answers Range too: without it there is no going back five seconds in a message.
    return send_file(found.file, mimetype=recordings.ENDINGS[found.file.suffix], conditional=True, max_age=0)


@blueprint.post("/calls/<int:call_id>/heard")
@may(Right.CALL_BACK)
def heard(call_id: int) -> ResponseReturnValue:
    """The message was heard in the PBX's own mailbox, because it cannot be played here."""
    with site.transaction() as session:
        listening.heard_by_telephone(session, me(), call_id, now=site.now())
    flash(_("Đã ghi: ông/bà nghe lời nhắn trên máy điện thoại."), "success")
    return redirect(forms.own_address(url_for("home.home")), 303)


@blueprint.get("/listenings")
@may(Right.SEE_LISTENINGS)
def listenings() -> str:
    """The record of listenings, for the roles that answer for the recordings."""
    number = forms.asked_number("page") or 1
    with site.reading() as session:
        return frame.page(session, "sounds/listenings.html", **listening.listed(session, page=number))


@blueprint.post("/tickets/<code>/hearing")
@may(Right.OPEN_RECORDING)
def open_to_agency(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        ticket = queries.either(session, me(), code)
        listening.open_to_agency(session, me(), ticket, may_hear="may_hear" in request.form, now=site.now())
        open_now = ticket.agency_may_hear
    flash(
        _("Đơn vị xử lý nghe được ghi âm của phiếu này.") if open_now else _("Đơn vị xử lý không nghe được ghi âm."),
        "info",
    )
    return redirect(url_for("tickets.page", code=code), 303)


def _begins() -> bool:
    """The first piece of a listening; players ask for `bytes=0-` first, and for later ones when the listener seeks."""
    asked = request.headers.get("Range", "bytes=0-").strip()
    return asked.startswith("bytes=0-") or not asked.startswith("bytes=")


def _ticket() -> str:
    return request.args.get("ticket", "")[:20]
