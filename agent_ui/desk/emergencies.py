"""Emergency pages of the desk: the key and its services, the bar of open emergencies, and the record."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent_ui import frame
from agent_ui.desk.my_phone import allowed
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.vocab import EmergencyEnd, EmergencyService
from tickets import rights
from tickets.rights import Right
from tickets.rules import emergency_rules
from tickets.rules.emergency_rules import EmergencyStep
from tickets.telephone import emergencies, emergency_bar
from tickets.telephone.emergency_bar import OpenEmergency

blueprint = Blueprint("emergencies", __name__, url_prefix="/emergencies")


@blueprint.get("/")
@may(Right.LEAD_EMERGENCY)
def page() -> str:
    with site.reading() as session:
        return frame.page(session, "emergency/page.html", rows=emergency_bar.listed(session))


@blueprint.get("/bar")
@may(Right.FOLLOW_EMERGENCY)
def bar() -> str:
    with site.reading() as session:
        return render_template("emergency/bar.html", frame=frame.of(session), problem="")


@blueprint.post("/begin")
@may(Right.PASS_EMERGENCY)
def begin() -> ResponseReturnValue:
    def write() -> None:
        service = forms.word(EmergencyService, "service")
        code = forms.code("code") if request.form.get("code") else ""
        with site.transaction() as session:
            emergencies.begin(session, me(), service, allowed(), code=code, now=site.now())

    return _answer(write)


@blueprint.post("/<int:emergency_id>/take")
@may(Right.LEAD_EMERGENCY)
def take(emergency_id: int) -> ResponseReturnValue:
    def write() -> None:
        with site.transaction() as session:
            emergencies.take(session, me(), emergency_id, now=site.now())

    return _answer(write)


@blueprint.post("/<int:emergency_id>/end")
@may(Right.FOLLOW_EMERGENCY)
def end(emergency_id: int) -> ResponseReturnValue:
    def write() -> None:
        ended, note = forms.word(EmergencyEnd, "ended"), forms.text("note")[:500]
        with site.transaction() as session:
            emergencies.end(session, me(), emergency_id, ended, note=note, now=site.now())

    return _answer(write)


@blueprint.post("/<int:emergency_id>/step")
@may(Right.PASS_EMERGENCY)
def step(emergency_id: int) -> ResponseReturnValue:
    def write() -> None:
        with site.transaction() as session:
            emergencies.step(session, me(), emergency_id, forms.word(EmergencyStep, "step"), allowed(), now=site.now())

    return _answer(write)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"is_alarmed": is_alarmed, "EMERGENCY_ENDS": emergency_rules.ENDS}


def is_alarmed(one: OpenEmergency) -> bool:
    """Whether this person's page sounds the alarm: no leader has taken the emergency on yet."""
    return one.taken_by is None and not one.mine and rights.may(me(), Right.HEAR_ALARM)


def _answer(write: Callable[[], None]) -> ResponseReturnValue:
    """The bar as it is after that; without JavaScript the page one came from, with a word where it was refused."""
    problem = ""
    try:
        write()
    except (Invalid, NotFound) as error:
        keys = error.problems if isinstance(error, Invalid) else {"phone": "phone_too_late"}
        problem = _problem(keys)
    if not request.headers.get("HX-Request"):
        if problem:
            flash(problem, "warning")
        return redirect(forms.own_address(url_for("home.home")), 303)
    with site.reading() as session:
        page = render_template("emergency/bar.html", frame=frame.of(session), problem=problem)
    return Response(page, 409 if problem else 200)


def _problem(keys: Mapping[str, str]) -> str:
    named = {"note": "emergency_note", "ended": "emergency_end"}
    (field, key), *_ = keys.items()
    return next(iter(problem_words({field: named.get(field, key)}).values()))
