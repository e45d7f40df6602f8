"""`/live`: server-sent events with ids only; a page that hears one reads again, and rights are checked there."""

import random
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app

from agent_ui.web.auth import may, me
from agent_ui.web.hub import BEAT, Hub, Page
from callcenter import extensions
from callcenter.vocab import Role
from tickets.actors import Actor
from tickets.rights import Right

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
@may(Right.USE_CONSOLE)
def live() -> Response:
    station = hub()
    topics = topics_of(me())
    page = station.join(topics)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(_stream(station, page, topics), mimetype="text/event-stream", headers=headers)


class Topics:
    """What a page hears. `moved` once its person has another extension: the stream ends, the next one is of that."""

    def __init__(self, topics: set[str], person: str) -> None:
        self._topics = topics | {person}
        self._person = person
        self.moved = False

    def __call__(self, topic: str) -> bool:
        self.moved = self.moved or topic == self._person
        return topic in self._topics


def topics_of(actor: Actor) -> Topics:
    """Which announcements this person may hear: ids only, and still only those of their own work."""
    person = extensions.topic(actor.id or 0)
    if actor.role == Role.OFFICER:
        return Topics({f"agency:{actor.agency_id}"}, person)
    mine = {"calls", "tickets", "pbx", "emergencies", f"extension:{actor.extension}"}
    if actor.role != Role.OPERATOR:
        mine.add("stuck")
    if actor.role in (Role.ADMIN, Role.SUPERVISOR):
        mine.add("administration")
    return Topics(mine, person)


def _stream(station: Hub, page: Page, topics: Topics) -> Iterator[bytes]:
    ends = time.monotonic() + _LONGEST_S * random.uniform(0.8, 1.0)  # noqa: S311 - spreads reconnections
    try:
        yield b"retry: 2000\n\n"
        while time.monotonic() < ends and not topics.moved:
            yield (page.take(_HEARTBEAT_S) or BEAT) + page.rest()
    finally:
        station.leave(page)
