"""Call-back pages: the whole list, taking the next by one key, and closing many after an outage."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from agent_ui import frame
from agent_ui.web import filters, forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from callcenter.models import CallBack
from tickets.calls import calling
from tickets.calls.calling import Ended
from tickets.life import claims
from tickets.oversight import worklist
from tickets.rights import Right
from tickets.rules.sla import VIETNAM

blueprint = Blueprint("call_backs", __name__)


@blueprint.get("/call-backs")
@may(Right.CALL_BACK)
def page() -> str:
    return _page()


@blueprint.post("/call-backs/next")
@may(Right.CALL_BACK)
def take_next() -> ResponseReturnValue:
    """The number that waits longest without an owner: taken and opened."""
    with site.transaction() as session:
        call_back = claims.take_next(session, me(), now=site.now())
        code = call_back.code if call_back else None
    if code is None:
        flash(_("Không còn số nào chờ gọi lại lúc này."), "info")
        return redirect(url_for("home.home"), 303)
    return redirect(url_for("tickets.page", code=code), 303)


@blueprint.post("/call-backs/<code>/take")
@may(Right.CALL_BACK)
def take(code: str) -> ResponseReturnValue:
    try:
        with site.transaction() as session:
            claims.take(session, me(), code, now=site.now())
    except claims.Taken as error:
        flash(_("%(name)s vừa nhận số này. Hãy chọn số khác.", name=error.by), "warning")
        return redirect(url_for("home.home"), 303)
    return redirect(url_for("tickets.page", code=code), 303)


@blueprint.post("/call-backs/<code>/leave")
@may(Right.CALL_BACK)
def leave(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        left = claims.leave(session, me(), code, now=site.now())
        number, waits = left.caller, isinstance(left, CallBack) and left.waits
    if waits:
        flash(_("Đã để lại %(number)s cho người khác gọi.", number=filters.phone(number)), "info")
    return redirect(url_for("home.home"), 303)


@blueprint.post("/call-backs/end")
@may(Right.END_CALL_BACKS)
def end() -> ResponseReturnValue:
    """The numbers that were ticked, or all that fit the span; refused, the page keeps what was typed and ticked."""
    try:
        with site.transaction() as session:
            codes = request.form.getlist("codes")
            if "everything" in request.form:
                since, until = forms.asked_moment("since"), forms.asked_moment("until")
                codes = list(worklist.waiting_codes(session, since=since, until=until))
            reason, text = forms.text("reason"), forms.text("text")
            ended = calling.end_many(session, me(), codes, reason=reason, text=text, now=site.now())
    except Invalid as error:
        return _page(error.problems), 422
    _tell(ended)
    return redirect(url_for("call_backs.page"), 303)


def _tell(ended: Ended) -> None:
    count = len(ended.codes)
    words = ngettext("Đã kết thúc %(num)d số.", "Đã kết thúc %(num)d số.", count)
    if ended.texts:
        words += " " + ngettext("%(num)d tin nhắn đang gửi.", "%(num)d tin nhắn đang gửi.", ended.texts)
    flash(words, "success" if count else "info")
    if ended.unheard:
        flash(
            ngettext(
                "Còn lại %(num)d số có lời nhắn chưa ai nghe.", "Còn lại %(num)d số có lời nhắn chưa ai nghe.",
                len(ended.unheard),
            ),
            "warning",
        )  # fmt: skip
    if ended.in_hand:
        flash(
            ngettext(
                "Còn lại %(num)d số đang có người gọi.", "Còn lại %(num)d số đang có người gọi.", len(ended.in_hand)
            ),
            "warning",
        )


def _page(problems: Mapping[str, str] | None = None) -> str:
    since, until = forms.asked_moment("since"), forms.asked_moment("until")
    with site.reading() as session:
        rows = worklist.callbacks(session, site.now(), since=since, until=until)
        waiting = len(worklist.waiting_codes(session, since=since, until=until))
        return frame.page(
            session,
            "call_backs/page.html",
            rows=rows,
            sounds=site.sounds(session, me(), [row.message for row in rows]),
            waiting=waiting,
            since=_shown(since),
            until=_shown(until),
            problems=problem_words(problems or {}),
            picked=set(request.form.getlist("codes")),
            texts_on=bool(site.site().settings.sms),
        )


def _shown(moment: datetime | None) -> str:
    """As a field of date and time wants it."""
    return moment.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M") if moment else ""
