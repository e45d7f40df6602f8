"""Weight and first paint of every page: `python -m tests.bench.page_paint [DAYS] [ROUNDS] [ROLE…]`, by hand.

The demo province with DAYS of past behind it (default 7), both sites as they run for people, Chromium on a CPU slowed
four times (Chrome's own brake), nothing kept between pages. For each page: requests, what came over the wire, first
contentful paint with an empty cache and with a warm one, the server's own time and SQL statements. Beside them, in the
same run, an empty page of the same server: the ratio says what is ours.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from agent_ui.app import create_console, create_public
from callcenter.config import Settings
from callcenter.models import Ticket
from callcenter.vocab import TicketKind, TicketState
from scripts import demo_history, seeding
from scripts.ground import ground
from tests.browser.conftest import _FLAGS, PHONE, WIDE, served

SLOWER = 4
EMPTY = "/healthz"
PAGES: dict[str, tuple[str, ...]] = {
    "": ("/sign-in",),
    "operator": ("/", "/tickets", "/tickets/{ticket}"),
    "shift_leader": ("/", "/supervisor/triage", "/supervisor/stuck"),
    "officer": ("/agency",),
    "supervisor": ("/supervisor/", "/supervisor/calls/all"),
    "admin": ("/admin/", "/admin/users", "/admin/changes"),
    "citizen": ("/", "/reports/new", "/track"),
}
# By user name: one sign-in a person, more in a minute are refused.
_signed_in: dict[str, Any] = {}
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True)
class Load:
    paint_ms: float
    requests: int
    wire_bytes: int


def main() -> None:
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["CALLCENTER_DATA_DIR"] = folder
        with ground("bench") as here:
            settings = here.settings.model_copy(update={"secret_key": "a secret of the bench"})
            facts = seeding.seed_demo(here.engine, settings)
            demo_history.write(here.engine, settings.data_dir, days=days, now=datetime.now(UTC))
            with served("console", settings) as console, served("public", settings) as public, _chromium() as browser:
                _report(browser, here.engine, settings, facts, {"console": console.url, "public": public.url}, rounds)


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=_FLAGS
        )
        yield browser
        browser.close()


def _report(
    browser: Browser, engine: Engine, settings: Settings, facts: dict[str, Any], urls: dict[str, str], rounds: int
) -> None:
    ticket = _some_ticket(engine)
    base = _loads(browser, urls["console"] + EMPTY, None, WIDE, rounds)
    least = statistics.median(load.paint_ms for load in base)
    print(f"empty page: paint {least:.0f} ms\n")
    print(f"{'role':13} {'page':24} {'size':5} req   wire kB  cold ms (x)   warm ms  server ms  SQL")
    for role, pages in PAGES.items():
        if sys.argv[3:] and role not in sys.argv[3:]:
            continue
        user = next((user for user in facts["users"] if user["role"] == role), None)
        site = urls["public" if role == "citizen" else "console"]
        client = _client(role, user, settings, engine)
        for pattern in pages:
            page = pattern.format(ticket=ticket)
            for size in (WIDE, PHONE):
                cold = _loads(browser, site + page, user, size, rounds)
                warm = _loads(browser, site + page, user, size, rounds, warm=True)
                paint = statistics.median(load.paint_ms for load in cold)
                again = statistics.median(load.paint_ms for load in warm)
                took, statements = _server(client, engine, page)
                wire = max(load.wire_bytes for load in cold) / 1000
                line = f"{role or 'anybody':13} {pattern:24} {size[0]:5} {cold[0].requests:3} {wire:9.1f} "
                line += f"{paint:7.0f} ({paint / least:3.1f}) {again:8.0f} {took:10.0f} {statements:4}"
                print(line, flush=True)


def _loads(
    browser: Browser, url: str, user: dict[str, Any] | None, size: tuple[int, int], rounds: int, *, warm: bool = False
) -> list[Load]:
    """That many loads, each in a browser that knows nothing but the sign-in, or everything from a load before."""
    loads = []
    known = _signed_in.get(user["username"]) if user else None
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, bypass_csp=True, storage_state=known)
    page = context.new_page()
    if user and known is None:
        _sign_in(page, url.split("/", 3)[0] + "//" + url.split("/", 3)[2], user)
        _signed_in[user["username"]] = context.storage_state()
    tab = context.new_cdp_session(page)
    tab.send("Network.enable")
    tab.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    received: list[int] = []
    tab.on("Network.loadingFinished", lambda message: received.append(int(message["encodedDataLength"])))
    if warm:
        page.goto(url)
    for _ in range(rounds):
        tab.send("Network.setCacheDisabled", {"cacheDisabled": not warm})
        page.goto("about:blank")
        received.clear()
        page.goto(url, wait_until="load")
        painted: float = page.wait_for_function(_PAINT, polling=20).json_value()
        loads.append(Load(painted, len(received), sum(received)))
    context.close()
    return loads


def _sign_in(page: Page, site: str, user: dict[str, Any]) -> None:
    page.goto(f"{site}/sign-in")
    page.fill("#username", user["username"])
    page.fill("#password", user["password"])
    page.locator("form:has(#password) button.btn-primary").click()
    page.wait_for_selector("body[data-live-ready]")


def _client(role: str, user: dict[str, Any] | None, settings: Settings, engine: Engine) -> FlaskClient:
    app = (create_public if role == "citizen" else create_console)(settings, engine)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    if user:
        client.post("/sign-in", data={"username": user["username"], "password": user["password"]})
    return client


def _server(client: FlaskClient, engine: Engine, page: str) -> tuple[float, int]:
    """Milliseconds and SQL statements of the page in this process, the median of seven."""
    times, statements = [], []

    def count(*_: object) -> None:
        statements.append(1)

    client.get(page)
    event.listen(engine, "before_cursor_execute", count)
    for _ in range(7):
        began = time.perf_counter()
        assert client.get(page, follow_redirects=True).status_code == 200, page
        times.append(1000 * (time.perf_counter() - began))
    event.remove(engine, "before_cursor_execute", count)
    return statistics.median(times), len(statements) // 7


def _some_ticket(engine: Engine) -> str:
    """One with a long history: answered by an agency."""
    with Session(engine) as session:
        query = select(Ticket.code).where(Ticket.kind == TicketKind.REPORT, Ticket.state == TicketState.RESOLVED)
        return session.scalars(query.order_by(Ticket.id.desc())).first() or ""


if __name__ == "__main__":
    main()
