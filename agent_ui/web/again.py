"""Post, redirect, get: a page that answers a post is kept and fetched, so that Back sends nothing again.

A program, or a script of a page that asks for a part, gets its answer at once; only navigation is redirected.
"""

import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from flask import Flask, Response, current_app, g, redirect, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from agent_ui.web import site
from tickets.life import posts

log = structlog.get_logger(__name__)
_ARGUMENT = "again"
_HOLDER = "again"


def attach(app: Flask) -> None:
    """After what signs people in, where a site does: a kept page is given only to people that may ask at all."""
    app.before_request(_fetch)
    app.after_request(_keep)


def _fetch() -> ResponseReturnValue | None:
    token, holder = request.args.get(_ARGUMENT), session.get(_HOLDER)
    if request.method != "GET" or token is None:
        return None
    with site.reading() as database:
        found = posts.kept(database, token, str(holder), site.now()) if holder else None
    if found is None:
        return redirect(_address(request.path, [pair for pair in _arguments() if pair[0] != _ARGUMENT]), 303)
    status, body = found
    return Response(body, status, mimetype="text/html", headers={"Cache-Control": "private, no-store"})


def _keep(response: Response) -> Response:
    if not _is_page_for_post(response):
        return response
    token, holder = secrets.token_urlsafe(24), session.setdefault(_HOLDER, secrets.token_urlsafe(24))
    try:
        with site.transaction() as database:
            posts.keep(database, token, holder, response.status_code, response.get_data(), site.now())
    except SQLAlchemyError as error:
        # Better a page that asks before it is sent again than none.
        log.warning("answer not kept", path=request.path, error=type(error).__name__)
        return response
    path, arguments = _page_of_post()
    kept = redirect(_address(path, [*arguments, (_ARGUMENT, token)]), 303)
    kept.headers["Cache-Control"] = "private, no-store"
    return kept  # type: ignore[return-value]


def _is_page_for_post(response: Response) -> bool:
    navigates = request.headers.get("Sec-Fetch-Mode") == "navigate" and not request.headers.get("HX-Request")
    # Signed out meanwhile: the page would be behind the sign-in, and what was typed is kept by the answer itself.
    # Where there is no sign-in (the citizens' site), `g` has no `person` at all.
    view = current_app.view_functions.get(request.endpoint or "")
    if "person" in g and g.person is None and not getattr(view, "open_to_all", False):
        return False
    page = response.mimetype == "text/html" and (response.status_code == 200 or 400 <= response.status_code < 500)
    return request.method == "POST" and navigates and page and not response.direct_passthrough


def _page_of_post() -> tuple[str, list[tuple[str, str]]]:
    """The page with the form: what led here, or the nearest address above the post's own that can be opened."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc == request.host and _opens(came_from.path):
        arguments = parse_qsl(came_from.query, keep_blank_values=True)
        return came_from.path, [(name, value) for name, value in arguments if name != _ARGUMENT]
    path = request.path
    while path != "/" and not _opens(path):
        path = path.rpartition("/")[0] or "/"
    return path, []


def _opens(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return True


def _arguments() -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.args.lists() for value in values]


def _address(path: str, arguments: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(arguments)}" if arguments else path
