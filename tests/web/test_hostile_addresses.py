"""What no honest page asks for is a page that is not there, or the page without that wish; never a failure of ours."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from flask import Flask

from tests.web.conftest import Browser
from tests.web.test_access import urls

SignIn = Callable[[str | None], Browser]
TEXTS = dict.fromkeys(("q", "actor", "category", "code", "group", "subject"), "\x00")
NUMBERS = dict.fromkeys(("page", "agency", "hour", "below"), "²")
FAR = {"since": "0001-01-01", "until": "9999-12-31", "day": "0001-01-01", "year": "020269"}


def pages(app: Flask) -> Iterator[str]:
    for rule, url in urls(app):
        if "GET" in (rule.methods or ()) and rule.endpoint not in ("live.live", "static"):
            yield url


@pytest.mark.parametrize("person", ["quan", "thu"])
def test_no_wish_in_an_address_is_a_failure(person: str, console: Flask, sign_in: SignIn) -> None:
    browser = sign_in(person)
    for url in pages(console):
        for wishes in (TEXTS, {**NUMBERS, **FAR}):
            assert browser.client.get(url, query_string=wishes, buffered=True).status_code < 500, (url, wishes)


@pytest.mark.parametrize("value", ["\x00", "9" * 30, "²"])
def test_no_address_is_a_failure(value: str, console: Flask, public: Browser, sign_in: SignIn) -> None:
    for browser in (sign_in("quan"), public):
        for rule in browser.client.application.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.arguments:
                path = re.sub(r"<[^>]+>", quote(value), rule.rule)
                assert browser.client.get(path, buffered=True).status_code < 500, path


@pytest.mark.parametrize("person", ["quan", "thu"])
def test_a_digit_that_is_no_number_is_refused_by_every_form(person: str, console: Flask, sign_in: SignIn) -> None:
    browser = sign_in(person)
    console.config["WTF_CSRF_ENABLED"] = False
    names = ("agency_id", "working_days", "stars", "user_id", "call", "version", "above", "below", "position", "reason")
    for rule, url in urls(console):
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("auth."):
            answer = browser.client.post(url, data=dict.fromkeys(names, "²"), buffered=True)
            assert answer.status_code < 500, url
