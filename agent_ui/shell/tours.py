"""Guided tours: one for each home page, offered by itself once, found again in the menu."""

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from agent_ui.shell import navigation
from agent_ui.shell.tour_steps import TOURS, Tour
from agent_ui.web import site
from agent_ui.web.auth import may, me, role
from tickets.administration import people
from tickets.rights import Right

blueprint = Blueprint("tours", __name__)


@blueprint.get("/tours/<name>")
@may(Right.USE_CONSOLE)
def steps(name: str) -> str:
    """The words of one's own tour, for tour.js."""
    return render_template("tours/steps.html", steps=_own(name).steps)


@blueprint.post("/tours/<name>/done")
@may(Right.USE_CONSOLE)
def done(name: str) -> ResponseReturnValue:
    """Seen to its end or left: it does not start by itself again."""
    _own(name)
    with site.transaction() as session:
        people.seen_tour(session, me().id, name)
    return "", 204


def mine() -> Tour | None:
    """The tour over the page that the person signed in begins at."""
    start = navigation.start_of(role())
    return next((tour for tour in TOURS.values() if tour.page == start), None)


def due() -> bool:
    """Whether this page, for this person, is the first visit of the home page."""
    tour = mine()
    return tour is not None and request.endpoint == tour.page and tour.name not in g.person.tours


def _own(name: str) -> Tour:
    tour = mine()
    if tour is None or name != tour.name:
        abort(404)
    return tour
