"""`/live`: server-sent events with ids only; a page that hears one reads again, and rights are checked there."""

import random
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app

from agent_ui.auth import me, roles
from agent_ui.hub import BEAT, Hub, Page, Wants
from callcenter.vocab import Role
from tickets.actors import Actor

blueprint = Blueprint("live", __name__)

_HEARTBEAT_S = 15.0
# A stream ends now and then and the browser comes back: who was shut out in between does not.
_LONGEST_S = 600.0
_KEY = "hotline-live"


def attach(app: Flask, redis_url: str | None) -> None:
    app.extensions[_KEY] = Hub(redis_url)
    app.register_blueprint(blueprint)


def hub() -> Hub:
    found: Hub = current_app.extensions[_KEY]
    return found


@blueprint.get("/live")
@roles(*Role)
def live() -> Response:
    station = hub()
    page = station.join(topics_of(me()))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(_stream(station, page), mimetype="text/event-stream", headers=headers)


def topics_of(actor: Actor) -> Wants:
    """Which announcements this person may hear: ids only, and still only those of their own work."""
    if actor.role == Role.OFFICER:
        own = f"agency:{actor.agency_id}"
        return lambda topic: topic == own
    mine = {"calls", "tickets", "pbx", f"extension:{actor.extension}"}
    if actor.role != Role.OPERATOR:
        mine.add("stuck")
    if actor.role in (Role.ADMIN, Role.SUPERVISOR):
        mine.add("administration")
    return mine.__contains__


def _stream(station: Hub, page: Page) -> Iterator[bytes]:
    ends = time.monotonic() + _LONGEST_S * random.uniform(0.8, 1.0)  # noqa: S311 - spreads reconnections
    try:
        yield b"retry: 2000\n\n"
        while time.monotonic() < ends:
            yield (page.take(_HEARTBEAT_S) or BEAT) + page.rest()
    finally:
        station.leave(page)
