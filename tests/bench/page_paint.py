"""Weight and first paint of every page: `python -m tests.bench.page_paint [DAYS] [ROUNDS] [ROLE…]`, by hand.

The demo province with DAYS of past behind it (default 7), both sites as they run for people, Chromium on a CPU slowed
four times (Chrome's own brake), nothing kept between pages. For each page: requests, what came over the wire, first
contentful paint with an empty cache and with a warm one, the server's own time and SQL statements; and what explains
it: files that hold up the first paint with their size as written, and elements. Beside them, in the same run, an empty
page of the same server: the ratio says what is ours. Load averages before and after say how quiet the machine was.
"""

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from agent_ui.app import create_console, create_public
from callcenter.config import Settings
from callcenter.models import Ticket, Ward
from callcenter.vocab import TicketKind, TicketState
from scripts.demo import backfill, seeding
from scripts.processes.ground import ground
from tests.browser.conftest import PHONE, WIDE, Chromium, served
from tests.page_weight import Weight, weigh

SLOWER = 4
EMPTY = "/healthz"
PAGES: dict[str, tuple[str, ...]] = {
    "": ("/sign-in",),
    "operator": ("/", "/tickets", "/tickets/{ticket}"),
    "shift_leader": ("/", "/supervisor/triage", "/supervisor/stuck"),
    "officer": ("/agency",),
    "supervisor": ("/supervisor/", "/supervisor/calls/all"),
    "admin": ("/admin/", "/admin/users", "/admin/changes"),
    "citizen": ("/", "/reports/new", "/reports/step 2", "/reports/step 3", "/track"),
    # A citizen with a proof that the ticket is theirs.
    "tracker": ("/track",),
}
_CITIZENS = ("citizen", "tracker")
# By user name: one sign-in a person, more in a minute are refused.
_signed_in: dict[str, Any] = {}
_SEND = """(fields) => {
  const form = document.querySelector("main form[method=post]");
  const sent = Object.assign(document.createElement("form"), { method: "post", action: "/reports/step" });
  for (const [name, value] of Object.entries({ ...fields, csrf_token: form.elements.csrf_token.value })) {
    sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(sent);
  sent.submit();
}"""
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
            backfill.write(here.engine, settings.data_dir, days=days, now=datetime.now(UTC))
            with served("console", settings) as console, served("public", settings) as public, Chromium() as browser:
                _report(
                    browser.get(), here.engine, settings, facts, {"console": console.url, "public": public.url}, rounds
                )


def _report(
    browser: Browser, engine: Engine, settings: Settings, facts: dict[str, Any], urls: dict[str, str], rounds: int
) -> None:
    ticket, phone, ward = _some_ticket(engine)
    steps = {
        "/reports/step 2": {"step": "1", "go": "edit-2"},
        "/reports/step 3": {"step": "2", "go": "next", "description": "Đèn đường hỏng cả tuần", "ward": ward},
    }
    base = _loads(browser, urls["console"] + EMPTY, None, WIDE, rounds)
    least = statistics.median(load.paint_ms for load in base)
    print(f"load {_load()}; empty page: paint {least:.0f} ms\n")
    head = f"{'role':13} {'page':24} {'size':5} req   wire kB  cold ms (x)   warm ms  server ms  SQL"
    print(f"{head}  holds up (files, kB)  elements")
    for role, pages in PAGES.items():
        if sys.argv[3:] and role not in sys.argv[3:]:
            continue
        user = next((user for user in facts["users"] if user["role"] == role), None)
        if role == "tracker":
            user = {"username": role, "code": ticket, "last4": phone[-4:]}
        site = urls["public" if role in _CITIZENS else "console"]
        client = _client(role, user, settings, engine)
        for pattern in pages:
            page, fields = pattern.format(ticket=ticket), steps.get(pattern)
            took, statements, weight = _server(client, engine, page, fields)
            for size in (WIDE, PHONE):
                cold = _loads(browser, site + page, user, size, rounds, fields=fields)
                warm = _loads(browser, site + page, user, size, rounds, fields=fields, warm=True)
                paint = statistics.median(load.paint_ms for load in cold)
                again = statistics.median(load.paint_ms for load in warm)
                wire = max(load.wire_bytes for load in cold) / 1000
                line = f"{role or 'anybody':13} {pattern:24} {size[0]:5} {cold[0].requests:3} {wire:9.1f} "
                line += f"{paint:7.0f} ({paint / least:3.1f}) {again:8.0f} {took:10.0f} {statements:4} "
                line += f"{len(weight.blocking):10} {weight.blocking_bytes / 1000:7.1f} {weight.elements:10}"
                print(line, flush=True)
    print(f"\nload {_load()}")


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _loads(
    browser: Browser, url: str, user: dict[str, Any] | None, size: tuple[int, int], rounds: int, *,
    fields: dict[str, str] | None = None, warm: bool = False,
) -> list[Load]:  # fmt: skip
    """That many loads, each in a browser that knows nothing but the sign-in, or everything from a load before.

    With `fields` it is the page that answers a form of a report.
    """
    loads = []
    known = _signed_in.get(user["username"]) if user else None
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, bypass_csp=True, storage_state=known)
    page = context.new_page()
    if user and known is None:
        prove = _look_up if "code" in user else _sign_in
        prove(page, url.split("/", 3)[0] + "//" + url.split("/", 3)[2], user)
        _signed_in[user["username"]] = context.storage_state()
    tab = context.new_cdp_session(page)
    tab.send("Network.enable")
    tab.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    received: list[int] = []
    tab.on("Network.loadingFinished", lambda message: received.append(int(message["encodedDataLength"])))
    first = url.rpartition("/")[0] + "/new" if fields else url
    if warm:
        page.goto(first)
    for _ in range(rounds):
        tab.send("Network.setCacheDisabled", {"cacheDisabled": not warm})
        page.goto("about:blank")
        if fields:
            page.goto(first)
        received.clear()
        if fields:
            with page.expect_navigation(url="**/reports/new?again=*"):
                page.evaluate(_SEND, fields)
        else:
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


def _look_up(page: Page, site: str, ticket: dict[str, Any]) -> None:
    page.goto(f"{site}/track")
    page.fill("#code", ticket["code"])
    page.fill("#last4", ticket["last4"])
    page.locator("form:has(#last4) button.btn-primary").click()
    page.wait_for_selector("form[action='/track/leave']")


def _client(role: str, user: dict[str, Any] | None, settings: Settings, engine: Engine) -> FlaskClient:
    app = (create_public if role in _CITIZENS else create_console)(settings, engine)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    if user and "code" in user:
        client.post("/track", data={"code": user["code"], "last4": user["last4"]})
    elif user:
        client.post("/sign-in", data={"username": user["username"], "password": user["password"]})
    return client


def _server(client: FlaskClient, engine: Engine, page: str, fields: dict[str, str] | None) -> tuple[float, int, Weight]:
    """Milliseconds (median) and SQL statements of the page in this process, asked for seven times; its weight."""
    times, statements = [], []

    def count(*_: object) -> None:
        statements.append(1)

    def ask() -> TestResponse:
        if fields:
            return client.post(page.partition(" ")[0], data=fields)
        return client.get(page, follow_redirects=True)

    weight = weigh(ask().text)
    event.listen(engine, "before_cursor_execute", count)
    for _ in range(7):
        began = time.perf_counter()
        assert ask().status_code == 200, page
        times.append(1000 * (time.perf_counter() - began))
    event.remove(engine, "before_cursor_execute", count)
    return statistics.median(times), len(statements) // 7, weight


def _some_ticket(engine: Engine) -> tuple[str, str, str]:
    """One with a long history (answered by an agency): code, the citizen's phone; and some ward."""
    with Session(engine) as session:
        query = select(Ticket.code, Ticket.reporter_phone).where(
            Ticket.kind == TicketKind.REPORT, Ticket.state == TicketState.RESOLVED, Ticket.reporter_phone.is_not(None)
        )
        code, phone = session.execute(query.order_by(Ticket.id.desc()).limit(1)).one()
        return code, phone or "", session.scalars(select(Ward.code).order_by(Ward.code)).first() or ""


if __name__ == "__main__":
    main()
