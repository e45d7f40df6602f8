"""Transfer controls of a call's card: blind, attended, and back to the caller."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from agent_ui.desk.my_phone import allowed
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.vocab import CommandVerb
from tickets.rights import Right
from tickets.telephone import transfers

blueprint = Blueprint("transfers", __name__, url_prefix="/phone")


@blueprint.post("/transfer")
@may(Right.WORK_TELEPHONE)
def transfer() -> ResponseReturnValue:
    """One form with two keys: `how` is `transfer` or `consult`; while one consults `join` or `back`."""
    try:
        verb = forms.word(CommandVerb, "how")
        with site.transaction() as session:
            call_id, to = forms.number("call"), forms.text("to")
            transfers.ask(session, me(), call_id, verb, to, allowed(), now=site.now())
    except (Invalid, NotFound) as error:
        keys = error.problems if isinstance(error, Invalid) else {"phone": "phone_too_late"}
        flash(next(iter(problem_words(keys).values())), "warning")
    return redirect(forms.own_address(url_for("home.home")), 303)
