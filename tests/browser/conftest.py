"""A real Chromium on the real console: gunicorn's gevent worker on a free port, on the test's own database."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy.orm import Session

from callcenter.config import Settings
from scripts.build.suite import BROWSERS
from tests import factories
from tests.factories import HASH, PASSWORD, Province

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "var" / "screenshots"
WIDE, PHONE = (1366, 768), (390, 844)
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not this machine's own: plain http, and no secure context, as on a network without certificates.
    "--host-resolver-rules=MAP hotline.test 127.0.0.1",
]


# Beside PBXs that start, a browser has a tenth of a processor; waiting longer costs nothing where it has all of it.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """A running app: where it is, and the process to stop or hold up."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def served(app: str, settings: Settings, port: int = 0) -> Iterator[Site]:
    """The app as it runs for people. The socket is ours from the start, so no other process can take the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", "gunicorn", "--worker-class", "gevent", "--no-control-socket", "--log-level",
                   "warning", "--graceful-timeout", "1", "--bind", f"fd://{listener.fileno()}",
                   f"tests.browser.serve:{app}()"]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(settings), pass_fds=[listener.fileno()])
    site = Site(url, process)
    try:
        _await_ready(site)
        yield site
    finally:
        site.stop()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "CALLCENTER_DATA_DIR": str(settings.data_dir),
        "CALLCENTER_DATABASE_URL": str(settings.database_url),
        "CALLCENTER_REDIS_URL": str(settings.redis_url),
        "CALLCENTER_SECRET_KEY": str(settings.secret_key),
    }


def _await_ready(site: Site) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if site.process.poll() is not None:
            raise AssertionError(f"the app ended with {site.process.returncode}")
        try:
            with urllib.request.urlopen(f"{site.url}/healthz", timeout=20):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the app did not answer in 30 s")


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session, password_hash=HASH)


@pytest.fixture(scope="session")
def _running() -> Iterator[Callable[[str, Settings], Site]]:
    """Each app once for the whole run: the database is emptied between tests, its address stays."""
    known: dict[tuple[str, str | None], Site] = {}
    with ExitStack() as stack:

        def get(app: str, settings: Settings) -> Site:
            key = (app, settings.database_url)
            if key not in known:
                known[key] = stack.enter_context(served(app, settings))
            return known[key]

        yield get


@pytest.fixture
def console(_running: Callable[..., Site], settings: Settings, province: Province) -> Site:
    return _running("console", settings)


@pytest.fixture
def public_site(_running: Callable[..., Site], settings: Settings, province: Province) -> Site:
    return _running("public", settings)


class Chromium:
    """One browser process for all tests that follow each other; each test has contexts of its own in it.

    Rather the headless shell than a whole Chromium: the same engine without windows of its own, half of the work.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        if self._browser is None:
            path = next(filter(None, map(shutil.which, BROWSERS)), None)
            if path is None:
                if os.environ.get("CI") == "true":
                    pytest.fail("Chromium is missing: install the package chromium-headless-shell")
                pytest.skip("Chromium is not on this machine")
            playwright = self._open.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
            self._open.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        self._browser = None
        self._open.close()

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


_CHROMIUM = Chromium()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """While Playwright runs, no other test in this process could run an event loop of its own."""
    if nextitem is None or nextitem.get_closest_marker("browser") is None:
        _CHROMIUM.close()


@pytest.fixture
def chromium() -> Browser:
    return _CHROMIUM.get()


class Watch:
    """What a page did that it must never do: ask another host, or break its own security policy."""

    def __init__(self, context: BrowserContext) -> None:
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self._asked: dict[Any, float] = {}
        context.on("request", self._request)
        context.on("requestfinished", lambda request: self._asked.pop(request, None))
        context.on("requestfailed", lambda request: self._asked.pop(request, None))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def unanswered(self) -> list[str]:
        now = time.monotonic()
        return [f"{now - began:.1f} s: {request.method} {request.url}" for request, began in self._asked.items()]

    def _request(self, request: Any) -> None:
        self._asked[request] = time.monotonic()
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.foreign.append(request.url)

    def _console(self, message: Any) -> None:
        # A request cut off by leaving the page, or by a test that takes the network away, is no mistake of the page.
        cut_off = "Failed to load resource" in message.text or "Failed to fetch" in message.text
        if message.type == "error" and not cut_off:
            self.errors.append(message.text)


_WATCHES = pytest.StashKey[list[Watch]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A page that never came is told apart from one that never showed what was waited for."""
    report = yield
    waiting = [line for watch in item.stash.get(_WATCHES, []) for line in watch.unanswered()]
    if report.when == "call" and report.failed and waiting:
        report.sections.append(("requests without an answer", "\n".join(waiting)))
    return report


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`open_page(site, "lan")` is the page of that person, signed in; at the end nothing foreign was asked for."""
    watches = request.node.stash.setdefault(_WATCHES, [])
    contexts: list[BrowserContext] = []

    def open_one(site: Site, username: str | None = None, size: tuple[int, int] = WIDE) -> Page:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        watches.append(Watch(context))
        page = context.new_page()
        if username is not None:
            page.goto(site.url + sign_in(context, site, username))
            page.wait_for_selector("body[data-live-ready]")
        return page

    yield open_one
    for context in contexts:
        context.close()
    for watch in watches:
        assert watch.foreign == []
        assert watch.errors == []


def sign_in(context: BrowserContext, site: Site, username: str) -> str:
    """The form as it is sent, without its page being drawn, and the path it leads to."""
    form = context.request.get(f"{site.url}/sign-in").text()
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token, form
    given = {"csrf_token": token[1], "username": username, "password": PASSWORD}
    answer = context.request.post(f"{site.url}/sign-in", form=given, max_redirects=0)
    assert answer.status == 303, answer.text()
    return answer.headers["location"]


def arrived(page: Page, url: str | re.Pattern[str]) -> None:
    """On that page, with all that hears its keys."""
    page.wait_for_url(url)
    page.wait_for_selector("body[data-live-ready]")


@pytest.fixture
def shot(pytestconfig: pytest.Config) -> Callable[[Page, str], None]:
    """Nothing of the page is beyond its edge; with `--shots`, what a person would see: `var/screenshots/NAME.png`."""

    def take(page: Page, name: str) -> None:
        sideways = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} is {sideways} px wider than the window"
        if pytestconfig.getoption("shots"):
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return take
