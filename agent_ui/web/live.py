"""`/live`: server-sent events with ids only; a page that hears one reads again, and rights are checked there."""

import random
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app, g

from agent_ui.web.auth import me, roles
from agent_ui.web.hub import BEAT, Hub, Page
from callcenter import extensions
from callcenter.vocab import Role
from tickets.actors import Actor
from tickets.administration import sessions

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
    topics = topics_of(me(), g.person.session_id)
    page = station.join(topics)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(_stream(station, page, topics), mimetype="text/event-stream", headers=headers)


class Topics:
    """What a page hears. `is_over` once its person has another extension or its session has ended: the stream ends,
    and the next one is of that extension, or refused.
    """

    def __init__(self, topics: set[str], ends: set[str]) -> None:
        self._topics = topics | ends
        self._ends = ends
        self.is_over = False

    def __call__(self, topic: str) -> bool:
        heard = topic in self._topics and not self.is_over
        self.is_over = self.is_over or topic in self._ends
        return heard


def topics_of(actor: Actor, session_id: int) -> Topics:
    """Which announcements this person may hear: ids only, and still only those of their own work."""
    ends = {extensions.topic(actor.id or 0), sessions.topic(session_id)}
    if actor.role == Role.OFFICER:
        return Topics({f"agency:{actor.agency_id}"}, ends)
    mine = {"calls", "tickets", "pbx", "emergencies", f"extension:{actor.extension}"}
    if actor.role != Role.OPERATOR:
        mine.add("stuck")
    if actor.role in (Role.ADMIN, Role.SUPERVISOR):
        mine.add("administration")
    return Topics(mine, ends)


def _stream(station: Hub, page: Page, topics: Topics) -> Iterator[bytes]:
    ends = time.monotonic() + _LONGEST_S * random.uniform(0.8, 1.0)  # noqa: S311 - spreads reconnections
    try:
        yield b"retry: 2000\n\n"
        while time.monotonic() < ends and not topics.is_over:
            yield (page.take(_HEARTBEAT_S) or BEAT) + page.rest()
    finally:
        station.leave(page)
