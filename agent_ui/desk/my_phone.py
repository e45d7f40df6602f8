"""The strip of one's own telephone on every page of the desk: in which queues, ready or paused, and the keys for it."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from agent_ui.web import forms, site
from agent_ui.web.auth import has, may, me
from agent_ui.web.errors import problem_words
from agent_ui.words import figure_words
from callcenter.errors import Invalid, NotFound
from callcenter.models import PauseReason
from callcenter.vocab import AFTER_CALL, UNANSWERED, CommandVerb
from tickets.rights import Right
from tickets.telephone import calling_out, my_phone
from tickets.telephone.calling_out import Allowed, Shown
from tickets.telephone.my_phone import Presence

blueprint = Blueprint("my_phone", __name__, url_prefix="/phone")


@blueprint.get("/state")
@may(Right.WORK_TELEPHONE)
def state() -> str:
    return render_template("phone/strip.html", problem="")


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


@blueprint.app_context_processor
def _of_every_page() -> dict[str, object]:
    return {"my_phone": mine, "pause_reasons": reasons, "pause_words": words, "call_out": call_out}


def mine() -> Presence | None:
    """This person's telephone, read once a page; None for who has none."""
    if not has(Right.WORK_TELEPHONE):
        return None
    if "my_phone" not in g:
        with site.reading() as session:
            g.my_phone = my_phone.of(session, me(), site.now())
    found: Presence | None = g.my_phone
    return found


def allowed() -> Allowed:
    """Which numbers this site lets its operators call."""
    settings = site.site().settings
    return Allowed(abroad=settings.call_abroad, premium=settings.call_premium)


def call_out() -> Shown | None:
    """The call to a citizen that this telephone makes, or just made."""
    if mine() is None:
        return None
    with site.reading() as session:
        return calling_out.shown(session, me(), site.now())


def reasons() -> dict[str, str]:
    """What one can choose from: code and name, in the order of the list."""
    with site.reading() as session:
        return {reason.code: reason.name for reason in my_phone.reasons(session)}


@blueprint.app_template_filter("pause_words")
def words(code: str) -> str:
    """A pause's reason for people; what nobody has put into the list stays as the PBX says it."""
    if code == UNANSWERED:
        return str(_("chuông không ai nghe"))
    if code == AFTER_CALL:
        return str(_("xử lý sau cuộc gọi"))
    if "pause_names" not in g:
        with site.reading() as session:
            g.pause_names = {reason.code: reason.name for reason in session.scalars(select(PauseReason))}
    names: dict[str, str] = g.pause_names
    return names.get(code, code)


@blueprint.app_template_filter("doing_words")
def doing_words(doing: str) -> str:
    return str(figure_words.DOING[doing]).lower()


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
    g.pop("my_phone", None)
    if not request.headers.get("HX-Request"):
        if problem:
            flash(problem, "warning")
        return redirect(forms.own_address(url_for("home.home")), 303)
    return Response(render_template("phone/strip.html", problem=problem), 409 if problem else 200)
