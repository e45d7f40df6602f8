"""Supervisor's pages: a day in figures, the live floor, and the rows behind each figure."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.asked_days import around, asked_day
from agent_ui.web.auth import may, me
from agent_ui.words import figure_words
from callcenter import vocab
from callcenter.errors import NotFound
from callcenter.vocab import Outcome, TicketState
from tickets.desk import queries
from tickets.figures import day as days
from tickets.figures import overview
from tickets.life import choices
from tickets.oversight import mending
from tickets.rights import Right
from tickets.telephone import emergency_bar, floor, my_phone

blueprint = Blueprint("supervisor", __name__, url_prefix="/supervisor")

ALL = "all"
_KEPT = "hotline-days"
_KEPT_FOR = timedelta(minutes=10)
_KEPT_DAYS = 20


@blueprint.get("/")
@may(Right.SEE_FIGURES)
def board() -> str:
    with site.reading() as session:
        return frame.page(session, "supervisor/page.html", **_figures(session))


@blueprint.get("/figures")
@may(Right.SEE_FIGURES)
def figures() -> str:
    with site.reading() as session:
        return render_template("supervisor/figures.html", **_figures(session))


@blueprint.get("/calls/<outcome>")
@may(Right.OVERSEE_WORK)
def calls(outcome: str) -> str:
    """The calls behind a figure: an outcome, a set of `day`, `live` or `all`; of one day, or one hour of it."""
    day, hour = asked_day(), _asked_hour()
    which = _which(outcome)
    with site.reading() as session:
        rows = overview.day_calls(session, day, which, hour=hour)
        if isinstance(which, Outcome) and not vocab.is_known(which) and not rows:
            raise NotFound(f"no calls {outcome}")
        return frame.page(
            session,
            "supervisor/calls.html",
            rows=rows,
            sounds=site.sounds(session, me(), rows),
            codes=overview.codes_of(session, rows),
            outcome=outcome,
            chosen=which if isinstance(which, Outcome) else None,
            hour=hour,
            full=len(rows) >= overview.ROWS,
            words=figure_words,
            service_level_s=_settings()["service_level_s"],
            **around(day),
        )


@blueprint.get("/unreached")
@may(Right.OVERSEE_WORK)
def unreached() -> str:
    """Callers of that day that were missed and have not been reached since."""
    day = asked_day()
    with site.reading() as session:
        rows = days.unreached(session, day)
        return frame.page(session, "supervisor/unreached.html", rows=rows, words=figure_words, **around(day))


@blueprint.get("/overdue")
@may(Right.OVERSEE_WORK)
def overdue() -> str:
    """Late tickets, of one agency (`agency=ID`; 0: of none yet) or of all."""
    agency_id = forms.asked_number("agency")
    with site.reading() as session:
        rows = overview.overdue_of(session, agency_id, site.now())
        name = choices.agency_names(session).get(agency_id or 0, _("chưa có đơn vị") if agency_id == 0 else "")
        return frame.page(session, "supervisor/overdue.html", rows=rows, name=name)


@blueprint.get("/tickets/<state>")
@may(Right.OVERSEE_WORK)
def in_state(state: str) -> str:
    """Tickets in a state now, or of a set of one day (`received`, `answered`, `late`, `rated`)."""
    with site.reading() as session:
        if state in days.TICKET_SETS:
            day = asked_day()
            rows = days.day_tickets(session, day, state)
            title = figure_words.TICKET_TITLES[state]
            return frame.page(session, "supervisor/tickets.html", rows=rows, state=state, title=title, **around(day))
        chosen = vocab.read(TicketState, state)
        rows = overview.tickets_in_state(session, chosen)
        if not vocab.is_known(chosen) and not rows:
            raise NotFound(f"no state {state}")
        return frame.page(session, "supervisor/tickets.html", rows=rows, state=chosen)


@blueprint.get("/triage")
@may(Right.OVERSEE_WORK)
def triage() -> str:
    with site.reading() as session:
        return frame.page(session, "supervisor/triage.html", rows=queries.triage(session))


@blueprint.get("/stuck")
@may(Right.OVERSEE_WORK)
def stuck() -> str:
    with site.reading() as session:
        return frame.page(session, "supervisor/stuck.html", stuck=overview.stuck(session, site.now()))


@blueprint.post("/promises/<int:outbox_id>/retry")
@may(Right.OVERSEE_WORK)
def retry(outbox_id: int) -> ResponseReturnValue:
    with site.transaction() as session:
        mending.retry(session, me(), outbox_id, now=site.now())
    flash(_("Đã gửi lại."), "success")
    return redirect(url_for("supervisor.stuck"), 303)


@blueprint.post("/set-aside/<int:set_aside_id>/settle")
@may(Right.OVERSEE_WORK)
def settle(set_aside_id: int) -> ResponseReturnValue:
    with site.transaction() as session:
        mending.settle(session, me(), set_aside_id, now=site.now())
    flash(_("Đã ghi là xong."), "success")
    return redirect(url_for("supervisor.stuck"), 303)


def _settings() -> dict[str, float]:
    settings = site.site().settings
    return {"service_level_s": settings.service_level_s, "short_abandon_s": settings.short_abandon_s}


def _asked_hour() -> int | None:
    hour = forms.asked_number("hour")
    return hour if hour is not None and hour < 24 else None


def _compared() -> days.Kept:
    """Calls of finished days, remembered by this process for a while: a page that is live reads itself every second."""
    born, kept = current_app.extensions.get(_KEPT, (site.now(), {}))
    if site.now() - born > _KEPT_FOR or len(kept) > _KEPT_DAYS:
        born, kept = site.now(), {}
    current_app.extensions[_KEPT] = (born, kept)
    found: days.Kept = kept
    return found


def _which(text: str) -> Outcome | ColumnElement[bool] | str | None:
    if text == ALL:
        return None
    if text == overview.LIVE:
        return overview.LIVE
    sets = days.call_sets(**_settings())
    if text in sets:
        return sets[text]
    return vocab.read(Outcome, text)


def _figures(session: Session) -> dict[str, object]:
    day, now = asked_day(), site.now()
    is_today = day == overview.local_day(now)
    outcomes = overview.day_outcomes(session, day)
    shown: dict[str, object] = {
        "read": days.read(session, day, now, **_settings(), kept=_compared()),
        "is_today": is_today,
        "outcomes": dict.fromkeys(Outcome, 0) | {outcome: n for outcome, n in outcomes.items() if outcome is not None},
        "live": outcomes.get(None, 0),
        "emergencies": emergency_bar.count(session, *overview.day_bounds(day)),
        "words": figure_words,
        **_settings(),
        **around(day),
    }
    if is_today:
        shown |= {
            "floor": floor.floor(session),
            "reason_names": my_phone.reason_names(session),
            "states": overview.tickets_by_state(session),
            "stuck": overview.stuck(session, now),
            "late": overview.late_agencies(session, now),
            "pbxs": queries.pbx_states(session),
        }
    return shown
