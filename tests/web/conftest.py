"""The two apps on a small province, and people who sign in to them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.test import EnvironBuilder, TestResponse, encode_multipart

from agent_ui.app import create_console, create_public
from callcenter.config import Settings
from callcenter.passwords import hash_password
from tests import factories
from tests.factories import Province

PASSWORD = "một mật khẩu dài"
HASH = hash_password(PASSWORD)


@dataclass
class Browser:
    """A client that fills in forms: it takes the CSRF token of the page it saw, as a person's browser does."""

    client: FlaskClient

    def get(self, url: str, **kwargs: object) -> TestResponse:
        return self.client.get(url, **kwargs)  # type: ignore[arg-type]

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


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session, password_hash=HASH)


@pytest.fixture
def console(settings: Settings, engine: Engine, province: Province) -> Flask:
    app = create_console(settings, engine)
    app.testing = False
    return app


@pytest.fixture
def public(settings: Settings, engine: Engine, province: Province) -> Browser:
    return Browser(create_public(settings, engine).test_client())


@pytest.fixture
def sign_in(console: Flask) -> Callable[[str | None], Browser]:
    """`sign_in("lan")` is a browser of that person; `sign_in(None)` one of nobody."""

    def browser(username: str | None) -> Browser:
        one = Browser(console.test_client())
        if username is not None:
            answer = one.post("/sign-in", {"username": username, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return one

    return browser
