"""The guided tours: each role's own, offered by itself once, found again in the menu."""

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from agent_ui.shell.tour_steps import TOURS, Tour
from agent_ui.web import site
from agent_ui.web.auth import me, roles
from callcenter.vocab import Role
from tickets.administration import people

blueprint = Blueprint("tours", __name__)


@blueprint.get("/tours/<name>")
@roles(*Role)
def steps(name: str) -> str:
    """The words of one's own tour, for tour.js."""
    return render_template("tours/steps.html", steps=_own(name).steps)


@blueprint.post("/tours/<name>/done")
@roles(*Role)
def done(name: str) -> ResponseReturnValue:
    """Seen to its end or left: it does not start by itself again."""
    _own(name)
    with site.transaction() as session:
        people.seen_tour(session, me().id, name)
    return "", 204


def page_of(role: Role) -> str:
    """The endpoint of the page on which the role's tour goes."""
    return TOURS[role].page


def due() -> bool:
    """Whether this page, for this person, is the first visit of the home page."""
    role = me().role
    return role is not None and request.endpoint == TOURS[role].page and role not in g.person.tours


def _own(name: str) -> Tour:
    if name != me().role:
        abort(404)
    return TOURS[Role(name)]
