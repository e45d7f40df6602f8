"""Map dialog of the staff: pins a report on the sketch of the province, or shows its pin."""

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from agent_ui.web import site
from agent_ui.web.auth import may
from tickets.life import choices
from tickets.rights import Right

blueprint = Blueprint("pins", __name__)


@blueprint.get("/wards.json")
@may(Right.USE_CONSOLE)
def wards() -> ResponseReturnValue:
    with site.reading() as session:
        return jsonify(choices.ward_points(session))


@blueprint.get("/map")
@may(Right.USE_CONSOLE)
def dialog() -> str:
    """The dialog alone, fetched when it is opened; with `look` nothing can be changed in it."""
    settings = site.site().settings
    return render_template(
        "map/dialog.html", tiles=settings.map_tiles, credit=settings.map_credit, look="look" in request.args
    )
