"""Telephone strip of the desk's pages: one's queues, ready or paused, and the keys for it."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent_ui import frame
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.vocab import CommandVerb
from tickets.rights import Right
from tickets.telephone import calling_out, my_phone
from tickets.telephone.calling_out import Allowed

blueprint = Blueprint("my_phone", __name__, url_prefix="/phone")


@blueprint.post("/sign-in")
@may(Right.WORK_TELEPHONE)
def sign_in() -> ResponseReturnValue:
    return _ask(CommandVerb.SIGN_IN)


@blueprint.post("/sign-out")
@may(Right.WORK_TELEPHONE)
def sign_out() -> ResponseReturnValue:
    return _ask(CommandVerb.SIGN_OUT)


@blueprint.post("/pause")
@may(Right.WORK_TELEPHONE)
def pause() -> ResponseReturnValue:
    return _ask(CommandVerb.PAUSE)


@blueprint.post("/resume")
@may(Right.WORK_TELEPHONE)
def resume() -> ResponseReturnValue:
    return _ask(CommandVerb.RESUME)


@blueprint.post("/call")
@may(Right.WORK_TELEPHONE)
def call() -> ResponseReturnValue:
    """Call one of a ticket's numbers; back on the page one came from, with a word where it cannot be."""
    try:
        with site.transaction() as session:
            calling_out.place(session, me(), forms.code("code"), forms.text("number"), allowed(), now=site.now())
    except (Invalid, NotFound) as error:
        keys = error.problems if isinstance(error, Invalid) else {"phone": "phone_none"}
        flash(next(iter(problem_words(keys).values())), "warning")
    return redirect(forms.own_address(url_for("home.home")), 303)


def allowed() -> Allowed:
    """Which numbers this site lets its operators call."""
    settings = site.site().settings
    return Allowed(abroad=settings.call_abroad, premium=settings.call_premium)


def _ask(verb: CommandVerb) -> ResponseReturnValue:
    """The strip as it is after that; without JavaScript the page one came from, with a word where it was refused."""
    problem = ""
    try:
        with site.transaction() as session:
            queue, reason = forms.text("queue"), forms.text("reason")
            my_phone.ask(session, me(), verb, queue=queue, reason=reason, now=site.now())
    except (Invalid, NotFound) as error:
        keys = error.problems if isinstance(error, Invalid) else {"phone": "phone_none"}
        problem = problem_words(keys)["phone"]
    if not request.headers.get("HX-Request"):
        if problem:
            flash(problem, "warning")
        return redirect(forms.own_address(url_for("home.home")), 303)
    with site.reading() as session:
        strip = render_template("phone/strip.html", frame=frame.of(session), problem=problem)
    return Response(strip, 409 if problem else 200)
