"""Slow requests are logged: which view, how long, and how busy its process was meanwhile."""

import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger(__name__)

SLOW_S = 3.0


def attach(app: Flask) -> None:
    """First of what a request meets, so that its sign-in and its session count too."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = (time.monotonic(), time.process_time())


def _end(response: Response) -> Response:
    wall, processor = g.get("began", (None, 0.0))
    if wall is not None and (took := time.monotonic() - wall) >= SLOW_S:
        # `processor_s` is of all requests of this process meanwhile: near `seconds`, it was busy; near nothing, they
        # all waited, for the database or for the machine.
        log.warning(
            "slow request", view=request.endpoint, method=request.method, status=response.status_code,
            seconds=round(took, 1), processor_s=round(time.process_time() - processor, 1),
        )  # fmt: skip
    return response
