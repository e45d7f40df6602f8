"""Every page by keyboard alone: a skip link first, each stop shows where it is, nothing traps, all is reached."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Ticket
from callcenter.vocab import TicketState
from tests.browser.conftest import PHONE, Site
from tests.browser.test_accessibility import _leave_behind, go
from tests.browser.test_citizen import points
from tests.factories import Province
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import history

__all__ = ["points"]

PAGES = {
    "lan": ("/", "/tickets?q=đèn", "/numbers/0905123456", "/account/password"),
    "hoa": ("/", "/supervisor/triage", "/supervisor/stuck", "/supervisor/overdue", "/tickets/{code}"),
    "phuc": ("/supervisor/", "/supervisor/calls/all", "/supervisor/unreached", "/capture/", "/design"),
    "son": ("/agency", "/tickets/{routed}"),
    "quan": ("/admin/", "/admin/users", "/admin/users/new", "/admin/queues", "/admin/rules", "/admin/tokens"),
    # The administrator again: a test of its own, so that both stay short.
    "quan ": ("/admin/agencies", "/admin/categories", "/admin/calendar", "/admin/calendar/week", "/admin/deadlines",
              "/admin/numbers", "/admin/changes"),
}  # fmt: skip
CITIZENS = ("/", "/reports/new", "/track", "/privacy")
# Where the keyboard is now: for the eye too, or hidden behind a bar?
_STEP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const walk = (window.walk ??= { seen: new Set(), last: null });
  // A date is several stops in one field.
  const again = walk.seen.has(at) && walk.last !== at;
  walk.seen.add(at);
  walk.last = at;
  const seen = at.matches(".btn-check") ? at.labels[0] : at;
  const { left, top, right, bottom } = seen.getBoundingClientRect();
  // A card or a label may show it for the link or button that fills it.
  const label = at.closest("label") ?? seen;
  const looks = [getComputedStyle(seen), getComputedStyle(seen, "::after"), getComputedStyle(label)];
  const ways = [[left + 4, top + 4], [(left + right) / 2, (top + bottom) / 2], [right - 4, bottom - 4]];
  return {
    name: seen.outerHTML.slice(0, 110),
    again,
    skip: at.matches(".skip"),
    ring: looks.some((look) => look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2),
    inSight: bottom > 0 && top < innerHeight && ways.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (seen.contains(there) || there.contains(seen));
    }),
  };
}"""
# What a Tab should have come to: of radio buttons, one of the group is enough.
_MISSED = """() => [...document.querySelectorAll(
    "a[href], button:not(:disabled), input:not([type=hidden], :disabled), select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && !window.walk.seen.has(one))
  .filter((one) => one.type !== "radio"
    || ![...document.getElementsByName(one.name)].some((two) => window.walk.seen.has(two)))
  .map((one) => one.outerHTML.slice(0, 110))"""
# A field that had the focus would be where Tab goes on from.
_TO_THE_TOP = "document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute('tabindex')"
_LONGEST = 250


def walk(page: Page) -> list[str]:
    """Tab from the top of the page to its end; what is wrong on the way."""
    wrong: list[str] = []
    # Where a page comes to rest, not where it is on its way there.
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    page.evaluate(_TO_THE_TOP)
    for number in range(_LONGEST):
        page.keyboard.press("Tab")
        at: dict[str, Any] | None = page.evaluate(_STEP)
        if at is None or at["again"]:
            break
        if number == 0 and not at["skip"]:
            wrong.append(f"the first stop is no skip link: {at['name']}")
        wrong += [
            f"{word}: {at['name']}" for word, fine in (("no ring", at["ring"]), ("hidden", at["inSight"])) if not fine
        ]
    else:
        wrong.append("no end")
    return wrong + [f"never reached: {name}" for name in page.evaluate(_MISSED)]


def told(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{url}: {one}" for url, wrong in found.items() for one in wrong)


@pytest.mark.parametrize("person", PAGES)
def test_the_staffs_pages(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], person: str
) -> None:
    codes = {"code": _leave_behind(engine, province)}
    with transaction(engine) as session:
        codes["routed"] = session.scalars(select(Ticket.code).where(Ticket.state == TicketState.ROUTED)).one()
    page = open_page(console, person.strip())
    found = {}
    for pattern in PAGES[person]:
        go(page, console.url + pattern.format(**codes))
        found[pattern] = walk(page)
    assert not any(found.values()), told(found)


def test_the_citizens_pages(public_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(public_site, size=PHONE)
    found = {}
    for url in CITIZENS:
        page.goto(public_site.url + url)
        found[url] = walk(page)
    assert not any(found.values()), told(found)


def _ask(session: Session, officer: Actor, ticket: Ticket) -> None:
    now = datetime.now(UTC)
    casework.place(session, ticket, officer.agency_id or 0, (), Actor.rule("routing"), now=now, why="rule")
    casework.accept(session, officer, ticket.code, now=now)
    casework.ask(session, officer, ticket.code, question="Cống nào, trước nhà số mấy?", now=now)


def _answer(session: Session, officer: Actor, ticket: Ticket) -> None:
    now = datetime.now(UTC)
    casework.resume(session, officer, ticket.code, reason="Đã rõ nơi xảy ra", now=now)
    casework.resolve(session, officer, ticket.code, text="Đã thông cống sáng nay.", files=[], now=now)


@pytest.mark.usefixtures("points")
def test_a_report_from_its_first_step_to_its_answer(
    engine: Engine, province: Province, public_site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(public_site, size=PHONE)
    found = {}
    page.goto(f"{public_site.url}/reports/new")
    page.get_by_label("Việc gì đang xảy ra?").fill("Cống nghẹt trước chợ")
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.locator(".ward-point")).to_have_count(3)
    found["where"] = walk(page)
    page.locator("#ward").select_option("28270")
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.get_by_text("Xem lại trước khi gửi")).to_be_visible()
    found["send"] = walk(page)
    page.get_by_label("Số điện thoại", exact=True).fill("0905123456")
    page.locator("#consent").check()
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.locator(".big-code")).to_be_visible()
    found["sent"] = walk(page)
    for state, verb in (("asked", _ask), ("answered", _answer)):
        with transaction(engine) as session:
            verb(session, province.actor("thu"), history.locked(session, session.scalars(select(Ticket.code)).one()))
        page.goto(f"{public_site.url}/track")
        found[state] = walk(page)
    assert not any(found.values()), told(found)


def test_the_skip_link_leads_past_the_bar(console: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(console, "hoa")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
