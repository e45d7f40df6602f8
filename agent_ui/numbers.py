"""One telephone number: everything that is known of who calls from it."""

from flask import Blueprint, render_template

from agent_ui import site
from agent_ui.auth import roles
from callcenter import phones
from callcenter.errors import NotFound
from tickets import overview, queries
from tickets.actors import DESK

blueprint = Blueprint("numbers", __name__)

_ROWS = 100


@blueprint.get("/numbers/<number>")
@roles(*DESK)
def page(number: str) -> str:
    known = phones.normalise(number)
    if known is None:
        raise NotFound(f"no number {number}")
    with site.reading() as session:
        history = queries.caller_history(session, known, limit=_ROWS)
        return render_template(
            "numbers/page.html",
            number=known,
            names=list(dict.fromkeys(ticket.reporter_name for ticket in history.tickets if ticket.reporter_name)),
            calls=history.calls,
            codes=overview.codes_of(session, history.calls),
            found=history.tickets,
        )
