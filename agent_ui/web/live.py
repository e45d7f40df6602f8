"""Live announcements at `/live`: server-sent events with ids only; a page reads again, and rights are checked there.

What is heard depends on the person alone, not on the page: one stream serves all pages of a browser (decision 0043).
"""

import hmac
import random
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, g, request

from agent_ui.web.auth import may, me
from agent_ui.web.hub import BEAT, Hub, Page
from agent_ui.web.signed import own_key
from callcenter import extensions
from tickets import rights
from tickets.actors import Actor
from tickets.administration import sessions
from tickets.rights import Right

blueprint = Blueprint("live", __name__)

_HEARTBEAT_S = 15.0
# A stream ends now and then and the browser comes back: one shut out in between does not.
_LONGEST_S = 600.0
_KEY = "hotline-live"
# What is announced to everybody with a right; one's own agency and extension come to it.
_HEARD = {
    Right.SEE_CALLS: ("calls", "tickets", "pbx"),
    Right.FOLLOW_EMERGENCY: ("emergencies",),
    Right.OVERSEE_WORK: ("stuck",),
    Right.SEE_CHANGES: ("administration",),
}


def attach(app: Flask, redis_url: str | None) -> None:
    app.extensions[_KEY] = Hub(redis_url)
    app.register_blueprint(blueprint)


def hub() -> Hub:
    found: Hub = current_app.extensions[_KEY]
    return found


@blueprint.get("/live")
@may(Right.USE_CONSOLE)
def live() -> Response:
    # A page of somebody who signed out is still open, and another person has signed in: it hears nothing of theirs.
    asked = request.args.get("of")
    if asked is not None and not hmac.compare_digest(asked.encode(), own_key("live", g.person.actor.id).encode()):
        abort(403)
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
    mine = {topic for right, topics in _HEARD.items() if rights.may(actor, right) for topic in topics}
    if rights.may(actor, Right.WORK_INBOX):
        mine.add(f"agency:{actor.agency_id}")
    if actor.extension is not None:
        mine.add(f"extension:{actor.extension}")
    return Topics(mine, ends)


def _stream(station: Hub, page: Page, topics: Topics) -> Iterator[bytes]:
    ends = time.monotonic() + _LONGEST_S * random.uniform(0.8, 1.0)  # noqa: S311 - spreads reconnections
    try:
        yield b"retry: 2000\n\n"
        while time.monotonic() < ends and not topics.is_over:
            yield (page.take(_HEARTBEAT_S) or BEAT) + page.rest()
    finally:
        station.leave(page)
