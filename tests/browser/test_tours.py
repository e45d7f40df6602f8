"""Guided tours and the list of keys in a real browser: seen once, never in the way, at both sizes, by keyboard."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import User
from callcenter.push import announce
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker
from tests.browser.test_operator import answer, change, hang_up, ring
from tests.browser.test_others import file, no_sideways_scroll, route
from tests.factories import Province
from tickets.desk import filing

ROLES = {"lan": "operator", "hoa": "shift_leader", "phuc": "supervisor", "son": "officer", "quan": "admin"}
# Where the words stand, and whether they hide what they are about; both are of the window.
_PLACE = """() => {
  const box = document.getElementById("tour").getBoundingClientRect();
  const spot = document.getElementById("tour-spot").getBoundingClientRect();
  const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  const apart = box.left >= spot.right || box.right <= spot.left || box.top >= spot.bottom || box.bottom <= spot.top;
  const pointed = !document.querySelector(".tour-tip").hidden;
  return { inside, apart, pointed, seen: spot.height > 10 };
}"""

# A colour on its way to another has no contrast to measure.
_DRESS = """(theme) => {
  document.documentElement.dataset.bsTheme = theme;
  return Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))).then(() => {});
}"""


@pytest.fixture
def check() -> Iterator[Checker]:
    checker = Checker()
    yield checker
    assert not checker.found, "\n".join(checker.found)


@pytest.fixture
def fresh(engine: Engine, province: Province) -> Callable[[str], None]:
    """`fresh("lan")`: that person comes for the first time."""

    def forget(username: str) -> None:
        with transaction(engine) as session:
            session.get_one(User, province.people[username].id).tours = []

    return forget


def tours(engine: Engine, province: Province, username: str) -> list[str]:
    with transaction(engine) as session:
        return list(session.get_one(User, province.people[username].id).tours)


def leave_work(engine: Engine, province: Province) -> None:
    """Something for every step to be about."""
    now = datetime.now(UTC)
    route(engine, province, file(engine, province, "chieu-sang-dien"))
    with transaction(engine) as session:
        then = now - timedelta(minutes=20)
        missed = factories.missed(session, started_at=then, ended_at=then)
        filing.settle_call(session, missed, now=then)
        filing.open_draft(session, factories.answered(session, started_at=then, ended_at=then), now=then)
        announce(session, "stuck")


def tour_of(page: Page) -> Locator:
    return page.locator("#tour")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("username", ROLES)
def test_the_tour_comes_once_and_goes_to_its_end(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    fresh: Callable[[str], None],
    username: str,
    size: tuple[int, int],
) -> None:
    leave_work(engine, province)
    fresh(username)
    page = open_page(console, username, size)
    page.emulate_media(reduced_motion="reduce")
    tour, forward = tour_of(page), page.locator(".tour-next")
    expect(tour).to_be_visible()
    steps = int(tour.locator(".tour-at").inner_text().partition("/")[2])
    assert 4 <= steps <= 7
    for number in range(1, steps + 1):
        expect(tour.locator(".tour-at")).to_have_text(f"{number}/{steps}")
        expect(forward).to_be_focused()
        expect(forward).to_have_text("Xong" if number == steps else "Tiếp")
        where = page.evaluate(_PLACE)
        assert where["inside"], (number, where)
        assert where["seen"], (number, where)
        assert where["apart"] or not where["pointed"], (number, where)
        assert no_sideways_scroll(page)
        page.screenshot(path=f"var/screenshots/tour-{ROLES[username]}-{size[0]}-{number}.png")
        if number < steps:
            page.keyboard.press("ArrowRight")
    with page.expect_response("**/tours/*/done"):
        page.keyboard.press("ArrowRight")
    expect(tour).to_be_hidden()
    assert tours(engine, province, username) == [ROLES[username]]
    page.reload()
    page.wait_for_selector("body[data-live-ready]")
    page.locator("#user-menu summary").click()
    page.get_by_role("button", name="Xem hướng dẫn").click()
    expect(tour).to_be_visible()
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
    expect(page.locator("#user-menu summary")).to_be_focused()


def test_left_at_once_it_does_not_come_again(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], fresh: Callable[[str], None]
) -> None:
    fresh("son")
    page = open_page(console, "son")
    expect(tour_of(page)).to_be_visible()
    before = page.locator("main").bounding_box()
    with page.expect_response("**/tours/officer/done"):
        page.keyboard.press("Escape")
    expect(tour_of(page)).to_be_hidden()
    assert page.locator("main").bounding_box() == before
    assert tours(engine, province, "son") == ["officer"]
    page.goto(f"{console.url}/tickets")
    page.wait_for_selector("body[data-live-ready]")
    page.keyboard.press("Control+k")
    page.keyboard.type("huong dan")
    page.get_by_role("option", name="Xem hướng dẫn").click()
    expect(page).to_have_url(f"{console.url}/agency")
    expect(tour_of(page)).to_be_visible()


def test_gone_to_another_page_it_goes_on_where_it_was(
    console: Site, open_page: Callable[..., Page], fresh: Callable[[str], None]
) -> None:
    fresh("lan")
    page = open_page(console, "lan")
    expect(page.locator(".tour-next")).to_be_focused()
    page.keyboard.press("Enter")
    title = page.locator("#tour-title")
    expect(title).to_have_text("Ai đang chờ")
    page.goto(f"{console.url}/tickets")
    page.wait_for_selector("body[data-live-ready]")
    expect(tour_of(page)).to_be_hidden()
    page.goto(console.url)
    expect(title).to_have_text("Ai đang chờ")
    expect(page.locator(".tour-next")).to_be_focused()
    page.locator(".tour-back").click()
    expect(title).to_have_text("Cuộc gọi và phiếu hiện ở đây")
    expect(page.locator(".tour-next")).to_be_focused()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_call_goes_first(
    engine: Engine,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    fresh: Callable[[str], None],
    size: tuple[int, int],
) -> None:
    fresh("lan")
    page = open_page(console, "lan", size)
    tour, aside = tour_of(page), page.locator("#tour-aside")
    expect(tour).to_be_visible()
    gone = ring(engine)
    expect(page.locator("#ring .ring")).to_be_visible()
    expect(tour).to_be_hidden()
    expect(page.locator("#tour-spot")).to_be_hidden()
    # The offer was not answered: the tour is there again.
    change(engine, gone, ringing=[], ended_at=datetime.now(UTC), outcome="abandoned", stage="queue")
    expect(page.locator("#ring .ring")).to_have_count(0)
    expect(tour).to_be_visible()
    call = ring(engine)
    expect(tour).to_be_hidden()
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Nội dung").fill("Cống nghẹt")
    expect(aside).to_be_hidden()
    hang_up(engine, call)
    expect(aside).to_be_visible()
    expect(tour).to_be_hidden()
    shot(page, f"tour-aside-{size[0]}")
    expect(page.get_by_label("Nội dung")).to_be_focused()
    page.get_by_role("button", name="Xem tiếp").click()
    expect(tour).to_be_visible()
    expect(aside).to_be_hidden()


def test_the_page_stays_usable_meanwhile(
    console: Site, open_page: Callable[..., Page], fresh: Callable[[str], None]
) -> None:
    fresh("lan")
    page = open_page(console, "lan")
    expect(tour_of(page)).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(tour_of(page)).to_be_visible()
    expect(page.locator(".tour-next")).to_be_focused()
    page.locator("#user-menu summary").click()
    page.keyboard.press("Escape")
    expect(page.locator("#user-menu")).not_to_have_attribute("open", "")
    expect(tour_of(page)).to_be_visible()


def test_the_list_of_keys(console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]) -> None:
    page = open_page(console, "lan")
    keys = page.get_by_role("dialog", name="Phím tắt")
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Nhận máy")
    shot(page, "keys-1366")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.goto(f"{console.url}/tickets")
    page.wait_for_selector("body[data-live-ready]")
    page.locator("#q").press("?")
    expect(page.locator("#q")).to_have_value("?")
    expect(keys).to_be_hidden()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.locator("#user-menu summary").click()
    page.get_by_role("button", name="Phím tắt").click()
    expect(keys).to_be_visible()
    assert no_sideways_scroll(page)
    shot(page, "keys-390")
    page.keyboard.press("Escape")
    expect(page.locator("#user-menu summary")).to_be_focused()


def test_an_officers_list_has_no_telephone(console: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(console, "son")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Phím tắt")).to_be_visible()
    expect(page.locator("#keys")).not_to_contain_text("Alt")


def test_axe_finds_nothing(
    console: Site, open_page: Callable[..., Page], fresh: Callable[[str], None], check: Checker
) -> None:
    fresh("lan")
    page = open_page(console, "lan")
    expect(tour_of(page)).to_be_visible()
    for theme in ("light", "dark"):
        page.evaluate(_DRESS, theme)
        check(page, f"tour, {theme}")
    page.screenshot(path="var/screenshots/tour-dark.png")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.screenshot(path="var/screenshots/keys-dark.png")
    for theme in ("dark", "light"):
        page.evaluate(_DRESS, theme)
        check(page, f"keys, {theme}")
