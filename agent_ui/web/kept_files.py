"""Static file cache: scripts, style sheets and pictures, answered once by the app, then from memory.

A page that is opened for the first time asks for two dozen of them at once, and its first paint waits for some. To
find, check, compress and dress each again costs a few milliseconds of the process that makes the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FOLDER = "/static/"
# Requests with these headers get an answer of their own: a part of a file, or that it has not changed.
_OWN = ("HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# Files times the few ways in which browsers ask for them; more than that is a client that varies its headers.
_MOST = 200


class KeptFiles:
    """The app, with the answers for its own files kept; behind what tells http from https."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._kept: dict[tuple[str, str, str], Response] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        plain = environ["REQUEST_METHOD"] == "GET" and not any(name in environ for name in _OWN)
        if not path.startswith(_FOLDER) or not plain:
            return self._app(environ, start_response)
        # The address of a file changes with the file, and this process with the address: its version is not looked at.
        key = (path, environ.get("HTTP_ACCEPT_ENCODING", ""), environ["wsgi.url_scheme"])
        answer = self._kept.get(key)
        if answer is None:
            answer = Response.from_app(self._app, environ, buffered=True)
            if answer.status_code == 200 and "Set-Cookie" not in answer.headers:
                self._keep(key, answer)
        return answer(environ, start_response)

    def _keep(self, key: tuple[str, str, str], answer: Response) -> None:
        """The oldest goes where there are too many."""
        if len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = answer
