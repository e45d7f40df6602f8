"""Shift leader's home page: work without an owner, each with its one action; the team; and taking work over."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.words import figure_words
from tickets.desk import queries
from tickets.figures import overview
from tickets.life import claims
from tickets.oversight import shifts, worklist
from tickets.rights import Right
from tickets.telephone import emergency_bar, floor, my_phone

blueprint = Blueprint("shift", __name__)


@blueprint.get("/shift")
@may(Right.SEE_FLOOR)
def home() -> str:
    with site.reading() as session:
        return frame.page(session, "shift/page.html", **_everything(session))


@blueprint.get("/shift/now")
@may(Right.SEE_FLOOR)
def now() -> str:
    with site.reading() as session:
        return render_template("shift/now.html", **_everything(session))


@blueprint.post("/shift/<code>/take-over")
@may(Right.HAND_ON_WORK)
def take_over(code: str) -> ResponseReturnValue:
    """A leader finishes a draft that was left lying, and lands in its form."""
    with site.transaction() as session:
        claims.take_over(session, me(), code, now=site.now())
    flash(_("Phiếu này nay là của ông/bà; lịch sử ghi lại ai đã giữ trước."), "success")
    return redirect(url_for("drafts.page", code=code), 303)


@blueprint.post("/shift/<code>/hand-to")
@may(Right.HAND_ON_WORK)
def hand_to(code: str) -> ResponseReturnValue:
    with site.transaction() as session:
        ticket = claims.hand_to(session, me(), code, forms.number("user_id"), now=site.now())
        name = ticket.owner.name if ticket.owner else ""
    flash(_("Đã giao cho %(name)s.", name=name), "success")
    return redirect(url_for("shift.home"), 303)


def _everything(session: Session) -> dict[str, object]:
    moment = site.now()
    return {
        "day": overview.local_day(moment),
        "shift": worklist.shift(session, moment),
        "floor": floor.floor(session),
        "reason_names": my_phone.reason_names(session),
        "emergencies": emergency_bar.count(session, *overview.day_bounds(overview.local_day(moment))),
        "people": worklist.desk_people(session),
        "pbxs": queries.pbx_states(session),
        "stuck": overview.stuck(session, moment).count,
        "words": figure_words,
        "given_to_me": shifts.open_for(session, me()),
    }
