"""Ticket presence: pages report that they have a ticket open, and get the names of its other readers."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from agent_ui.web import site
from agent_ui.web.auth import may, me
from callcenter import onlookers
from tickets.desk import queries
from tickets.rights import Right
from tickets.rules import codes

blueprint = Blueprint("onlookers", __name__)

_AT_MOST = 20


@blueprint.post("/onlookers")
@may(Right.USE_CONSOLE)
def here() -> ResponseReturnValue:
    """`{code: [names of the others]}` of the tickets that this person may see; `gone` says goodbye."""
    actor = me()
    texts = request.form.getlist("code")[:_AT_MOST]
    asked = {code for text in texts if (code := codes.parse(text)) is not None}
    if actor.id is None or not asked:
        return {}
    with site.reading() as session:
        tickets = queries.codes_by_id(session, actor, asked)
    if "gone" in request.form:
        onlookers.gone(list(tickets), actor.id, actor.name)
        return {}
    others = onlookers.here(list(tickets), actor.id, actor.name, site.now())
    return jsonify({tickets[id_]: names for id_, names in others.items()})
