"""Security of every response: secret key, strict headers, cookie attributes."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix

from callcenter.config import Settings
from callcenter.errors import SettingError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# No inline script or style anywhere: what a citizen typed can never run. Tabler's icons are data: images.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# Of a column that numbers rows.
_LARGEST = 2**63 - 1
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def policy(pictures_of: str | None) -> str:
    """The site's policy, for a page that shows one more host's pictures (map tiles) where there is one."""
    return _POLICY.replace("img-src 'self'", f"img-src 'self' {pictures_of}") if pictures_of else _POLICY


class _Cookies(SecureCookieSessionInterface):
    """`Secure` wherever the site is reached by https, and working on a plain http test machine too."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """A page that is opened makes the session last longer; its parts do not.

        What a part read before a sign-out, or before another language was chosen, would bring the old session back.
        """
        opened = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        return session.modified or (opened and super().should_set_cookie(app, session))


class _BehindProxy:
    """Takes the client's address from a proxy on this machine, and from no other sender."""

    def __init__(self, app: WSGIApplication) -> None:
        self._direct = app
        self._proxied = ProxyFix(app, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        local = environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
        return (self._proxied if local else self._direct)(environ, start_response)


def protect(app: Flask, settings: Settings, *, cookie: str, pictures_of: str | None = None) -> None:
    """`pictures_of` is a host whose pictures any page may show."""
    app.secret_key = settings.secret_key or secret_key(settings.data_dir)
    app.session_interface = _Cookies()
    app.wsgi_app = _BehindProxy(app.wsgi_app)  # type: ignore[method-assign]
    app.config.update(
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=12 * 3600,
    )
    app.before_request(_refuse_what_no_row_has)
    headers = {"Content-Security-Policy": policy(pictures_of), **_HEADERS}
    app.after_request(partial(_add_headers, headers))


def secret_key(data_dir: Path) -> str:
    """The key of this data folder, made by the first process and readable by its owner alone."""
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _write_new(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(
            "CALLCENTER_DATA_DIR", f"{path} cannot be read or written ({error.strerror})", "give a folder of your own"
        ) from None


def _write_new(path: Path, text: str) -> None:
    """Appears whole or not at all, so that a second process never reads half a key."""
    temporary = path.with_name(f".secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o600)
    try:
        temporary.write_text(text)
        os.link(temporary, path)
    finally:
        temporary.unlink()


def _refuse_what_no_row_has() -> None:
    """An address with a character or a number that the database cannot even be asked for leads nowhere."""
    values = [*(request.view_args or {}).values(), *(value for _, values in request.args.lists() for value in values)]
    for value in values:
        if (isinstance(value, str) and "\x00" in value) or (isinstance(value, int) and value > _LARGEST):
            abort(404)


def _add_headers(headers: Mapping[str, str], response: Response) -> Response:
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
