"""Passing a call on from its card: at once, after asking first, and the way back."""

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue

from agent_ui.desk.my_phone import allowed
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid, NotFound
from callcenter.vocab import CommandVerb
from tickets.rights import Right
from tickets.telephone import transfers
from tickets.telephone.transfers import Consultation, Targets

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


@blueprint.app_context_processor
def _of_every_page() -> dict[str, object]:
    return {"transfer_verbs": verbs, "transfer_targets": targets, "consultation": asking}


def verbs(call_id: int) -> frozenset[str]:
    """What may be asked for this call of mine; read once a page."""
    if "transfer_verbs" not in g:
        with site.reading() as session:
            g.transfer_verbs = transfers.of_mine(session, me())
    found: dict[int, frozenset[str]] = g.transfer_verbs
    return found.get(call_id, frozenset())


def asking() -> Consultation | None:
    """Whom this telephone asks while a caller is on hold."""
    with site.reading() as session:
        return transfers.consultation(session, me(), site.now())


def targets() -> Targets:
    with site.reading() as session:
        return transfers.targets(session, me(), allowed())
