"""Call control buttons: a click writes a command for the listener, and the page shows the result."""

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.vocab import CommandVerb
from tickets.rights import Right
from tickets.telephone import phone
from tickets.telephone.handset import Handset
from tickets.telephone.phone import PhoneLine

blueprint = Blueprint("phone", __name__, url_prefix="/phone")

# The two places of a page that have the buttons.
_PLACES = ("ring", "work")


@blueprint.post("/answer")
@may(Right.WORK_TELEPHONE)
def answer() -> ResponseReturnValue:
    return _press(CommandVerb.ANSWER)


@blueprint.post("/hang-up")
@may(Right.WORK_TELEPHONE)
def hang_up() -> ResponseReturnValue:
    return _press(CommandVerb.HANG_UP)


def _press(verb: CommandVerb) -> ResponseReturnValue:
    """The buttons as they are after that; without JavaScript the desk, with a word where it was refused."""
    call_id = forms.number("call")
    problem = ""
    try:
        with site.transaction() as session:
            phone.press(session, me(), call_id, verb, now=site.now())
    except (Invalid, NotFound) as error:
        keys = error.problems if isinstance(error, Invalid) else {"phone": "phone_too_late"}
        problem = problem_words(keys)["phone"]
    if not request.headers.get("HX-Request"):
        if problem:
            flash(problem, "warning")
        return redirect(url_for("home.home"), 303)
    with site.reading() as session:
        lines = phone.lines(Handset(session, me(), site.now()))
    line = lines.get(call_id) or PhoneLine(call_id)
    place = request.form.get("place", "")
    page = render_template(
        "desk/phone.html",
        line=replace(line, asked=line.asked and not problem),
        place=place if place in _PLACES else "work",
        problem=problem,
    )
    return Response(page, 409 if problem else 200)
