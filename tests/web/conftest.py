"""Fixtures of the page tests: the two apps on a small province, and signed-in browsers."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, before_render_template, g, has_app_context, template_rendered
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.test import EnvironBuilder, TestResponse, encode_multipart

from agent_ui.app import create_console, create_public
from agent_ui.web import live, same_parts, site
from agent_ui.web.hub import Hub
from callcenter import embedded
from callcenter.config import Settings
from tests import factories
from tests.factories import HASH, PASSWORD, Province


@dataclass
class Browser:
    """A client that fills in forms: it takes the CSRF token of the page it saw, as a person's browser does."""

    client: FlaskClient

    def get(self, url: str, **kwargs: object) -> TestResponse:
        answer = self.client.get(url, **kwargs)  # type: ignore[arg-type]
        if answer.mimetype == "text/html":
            _enter_means_one_thing(answer.text)
        return answer

    def post(self, url: str, data: dict[str, object] | None = None, **kwargs: object) -> TestResponse:
        form = {"csrf_token": self.token(), **(data or {})}
        if "files" not in form:
            return self.client.post(url, data=form, **kwargs)  # type: ignore[arg-type]
        # Encoded here, because the client would leave the temporary file of a large body open.
        builder = EnvironBuilder(method="POST", data=form)
        boundary, body = encode_multipart(CombinedMultiDict([builder.form, builder.files]))
        return self.client.post(url, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')

    def token(self) -> str:
        for page in ("/sign-in", "/track"):
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(page).text)
            if found:
                return found[1]
        raise AssertionError("no form with a token")


_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_TYPED_IN = re.compile(r"<input\b(?![^>]*\btype=\"hidden\")")
_SUBMITS = re.compile(r"<button\b(?![^>]*\btype=\"button\")[^>]*>")


def _enter_means_one_thing(page: str) -> None:
    """Enter in a field presses a form's first button: where a form has several ends, that one is said on purpose."""
    for form in _FORM.findall(page):
        buttons = _SUBMITS.findall(form)
        ends = {found[0] for button in buttons if (found := re.findall(r'(?:formaction|name|value)="[^"]*"', button))}
        if _TYPED_IN.search(form) and len(ends) > 1:
            assert re.search(r"\bdisabled\b|aria-hidden", buttons[0]), f"Enter presses {buttons[0]} of {form[:200]}"


@pytest.fixture(autouse=True, scope="session")
def _templates_compiled_once(servers: embedded.Lease) -> Iterator[None]:
    """Workers, and tests that make an app of their own, share what the templates were compiled to."""
    folder = Path(os.environ["HOTLINE_TEST_SERVERS"]) / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": FileSystemBytecodeCache(str(folder))})
        yield


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session, password_hash=HASH)


@pytest.fixture
def templates_ask_nothing(engine: Engine) -> Iterator[None]:
    """Whatever a page shows was read before it is rendered: a statement from within a template fails the request."""

    def begin(_app: Flask, **_: object) -> None:
        g.rendering = True

    def end(_app: Flask, **_: object) -> None:
        g.rendering = False

    def refuse(*said: object) -> None:
        assert not (has_app_context() and g.get("rendering")), f"asked while a template is rendered: {said[2]}"

    event.listen(engine, "before_cursor_execute", refuse)
    with before_render_template.connected_to(begin), template_rendered.connected_to(end):
        yield
    event.remove(engine, "before_cursor_execute", refuse)


@dataclass
class Apps:
    """Both apps as they were made, once for all tests: their routes, templates and policies are the same ones."""

    made: dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]]

    def fresh(self, make: Callable[[Settings, Engine], Flask], settings: Settings, engine: Engine) -> Flask:
        """The app on this test's data folder, database and broker, remembering nothing of the tests before."""
        if make.__name__ not in self.made:
            app = make(settings, engine)
            self.made[make.__name__] = app, dict(app.extensions), dict(app.config)
        app, extensions, config = self.made[make.__name__]
        app.config.clear()
        app.config.update(config)
        known = {name: {} if name == same_parts._KEY else kept for name, kept in extensions.items()}
        own = {site._KEY: site.Site(settings, engine, settings.redis_url), live._KEY: Hub(settings.redis_url)}
        app.extensions = {**known, **{name: kept for name, kept in own.items() if name in known}}
        return app


@pytest.fixture(scope="session")
def _apps() -> Apps:
    return Apps({})


@pytest.fixture
def console(settings: Settings, engine: Engine, province: Province, _apps: Apps, templates_ask_nothing: None) -> Flask:
    return _apps.fresh(create_console, settings, engine)


@pytest.fixture
def public(settings: Settings, engine: Engine, province: Province, _apps: Apps, templates_ask_nothing: None) -> Browser:
    return Browser(_apps.fresh(create_public, settings, engine).test_client())


def enter(app: Flask, username: str | None) -> Browser:
    """A browser on this app, signed in as that person or not at all."""
    one = Browser(app.test_client())
    if username is not None:
        answer = one.post("/sign-in", {"username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
    return one


@pytest.fixture
def sign_in(console: Flask) -> Callable[[str | None], Browser]:
    """`sign_in("lan")` is a browser of that person; `sign_in(None)` one without a session."""
    return partial(enter, console)


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    """Every statement that the site sends to the database from now on, in its order."""
    statements: list[str] = []

    def hear(*said: object) -> None:
        statements.append(str(said[2]))

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)
