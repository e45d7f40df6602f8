"""One live connection for a browser: twelve tabs are one stream, whichever of them is closed, on plain http too."""

import re
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.push import announce
from tests.browser.conftest import PATIENCE_MS, Site, served, sign_in
from tests.factories import Province

TABS = 12
# Counts what this tab is told; what it reads anew when it opens comes before.
_COUNT = """() => {
  window.told = 0;
  document.body.addEventListener("live-tickets", () => { window.told += 1; });
}"""
_TOLD = "() => window.told > 0"
_READY = "body[data-live-ready]"


@pytest.fixture
def quiet(settings: Settings, province: Province) -> Iterator[Site]:
    """A console of its own: a stream of another test may be open for a beat longer."""
    with served("console", settings) as site:
        yield site


@pytest.fixture
def tabs_of(chromium: Browser) -> Iterator[Callable[..., list[Page]]]:
    """`tabs_of(site, "lan", 12)`: so many tabs of a browser of that person, all in step."""
    contexts: list[BrowserContext] = []

    def open_all(site: Site, username: str, number: int, host: str = "127.0.0.1", before: str = "") -> list[Page]:
        context = chromium.new_context(locale="vi-VN")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if before:
            context.add_init_script(before)
        path = sign_in(context, site, username)
        context.add_cookies([{**cookie, "domain": host} for cookie in context.cookies()])  # type: ignore[typeddict-item]
        tabs = [context.new_page() for _ in range(number)]
        for tab in tabs:
            tab.goto(f"http://{host}:{urlsplit(site.url).port}{path}")
            tab.wait_for_selector(_READY)
        return tabs

    yield open_all
    for context in contexts:
        context.close()


def streams(site: Site) -> int:
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=20) as answer:
        found = re.search(r"^hotline_live_pages (\d+)", answer.read().decode(), re.MULTILINE)
    assert found
    return int(found[1])


def push(engine: Engine) -> None:
    with transaction(engine) as session:
        announce(session, "tickets", ticket=1)


def all_are_told(engine: Engine, tabs: list[Page]) -> None:
    for tab in tabs:
        tab.evaluate(_COUNT)
    push(engine)
    for tab in tabs:
        tab.wait_for_function(_TOLD)


@pytest.mark.parametrize("host", ["127.0.0.1", "hotline.test"])
def test_twelve_tabs_are_one_stream(engine: Engine, quiet: Site, tabs_of: Callable[..., list[Page]], host: str) -> None:
    tabs = tabs_of(quiet, "lan", TABS, host)
    assert tabs[0].evaluate("window.isSecureContext") == (host == "127.0.0.1")
    all_are_told(engine, tabs)
    assert streams(quiet) == 1
    # Six streams would leave no connection for this.
    tabs[5].reload()
    tabs[5].wait_for_selector(_READY)
    # The first one opened the connection; it goes, and so does one after the other.
    tabs.pop(0).close()
    all_are_told(engine, tabs)
    for tab in tabs[1:]:
        tab.close()
    all_are_told(engine, tabs[:1])
    assert streams(quiet) == 1


def test_another_person_has_a_stream_of_their_own(
    engine: Engine, quiet: Site, tabs_of: Callable[..., list[Page]]
) -> None:
    lan, hoa = tabs_of(quiet, "lan", 3), tabs_of(quiet, "hoa", 2)
    assert streams(quiet) == 2
    all_are_told(engine, lan + hoa)


def test_signing_out_is_told_in_every_tab(quiet: Site, tabs_of: Callable[..., list[Page]]) -> None:
    first, *others = tabs_of(quiet, "lan", 3)
    first.locator("#user-menu summary").click()
    first.locator("#sign-out").click()
    first.wait_for_url("**/sign-in")
    for tab in others:
        expect(tab.locator("#live-down")).to_be_visible()


def test_a_browser_without_shared_workers_has_a_stream_for_each_tab(
    engine: Engine, quiet: Site, tabs_of: Callable[..., list[Page]]
) -> None:
    tabs = tabs_of(quiet, "lan", 2, before="delete window.SharedWorker")
    assert streams(quiet) == 2
    all_are_told(engine, tabs)
