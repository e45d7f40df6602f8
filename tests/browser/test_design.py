"""The frame of every page in a real browser: colours as chosen without a flash, menus, freshness, every component."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker, check  # noqa: F401 - the fixture
from tests.browser.test_others import no_sideways_scroll

SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
# Elements whose letters are cut off: what they hold is higher than the box they were given.
_CLIPPED = """() => [...document.querySelectorAll(".badge, .btn, h1, h2, h3, .form-control, .form-select, .count")]
  .filter((one) => one.offsetParent && one.scrollHeight > one.clientHeight + 1)
  .filter((one) => getComputedStyle(one).overflow !== "visible")
  .map((one) => one.outerHTML.slice(0, 120))"""


def choose(page: Page, words: str) -> None:
    menu = page.locator("#user-menu")
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    menu.get_by_role("button", name=words).click()
    page.wait_for_selector("body[data-live-ready]")


@SIZES
def test_every_component_in_both_colours(
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    size: tuple[int, int],
    check: Checker,  # noqa: F811
) -> None:
    page = open_page(console, "lan", size)
    page.goto(f"{console.url}/design")
    page.wait_for_selector("body[data-live-ready]")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.fonts.check('16px \"Inter Variable\"', 'Ễ')")
    assert no_sideways_scroll(page)
    assert page.evaluate(_CLIPPED) == []
    shot(page, f"design-{size[0]}")
    if size == WIDE:
        check(page, "design")


@SIZES
def test_the_chosen_colours_stay_and_are_there_before_the_first_paint(
    console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None], size: tuple[int, int]
) -> None:
    page = open_page(console, "hoa", size)
    page.locator("#user-menu summary").click()
    shot(page, f"shell-user-menu-{size[0]}")
    choose(page, "Tối")
    # The server itself writes the colour: nothing to flash.
    assert 'data-bs-theme="dark"' in page.request.get(console.url).text()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("[data-live-mark]")).to_have_text("Trực tiếp")
    shot(page, f"shell-dark-{size[0]}")
    page.locator("#user-menu summary").click()
    shot(page, f"shell-user-menu-dark-{size[0]}")
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    shot(page, f"sign-in-dark-{size[0]}")
    page.get_by_role("button", name="Theo máy").click()
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    shot(page, f"sign-in-light-{size[0]}")


_ROOM_LEFT = """() => {
  const of = (name) => document.querySelector(name)?.getBoundingClientRect();
  const [last, end] = [of(".topnav-staff > :last-child"), of(".topbar-end")];
  return last && last.width ? end.left - last.right : 0;
}"""


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("person", ["lan", "hoa", "phuc", "quan", "son"])
def test_the_top_bar_is_one_line(console: Site, open_page: Callable[..., Page], person: str, language: str) -> None:
    page = open_page(console, person)
    if language == "en":
        page.locator("#user-menu summary").click()
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for width in (1920, 1366, 1280, 1200, 1024, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(".topbar").bounding_box()["height"] <= 60, width  # type: ignore[index]
        assert page.evaluate(_ROOM_LEFT) >= 0, f"its parts lie on each other at {width}"
        assert no_sideways_scroll(page), width


def test_menus_work_without_scripts_and_close_with_them(
    console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "quan", PHONE)
    pages = page.locator(".pages-menu")
    pages.locator("summary").click()
    expect(pages.get_by_role("link", name="Tồn đọng")).to_be_visible()
    shot(page, "shell-pages-menu-390")
    page.keyboard.press("Escape")
    expect(pages.get_by_role("link", name="Tồn đọng")).to_be_hidden()
    expect(pages.locator("summary")).to_be_focused()
    pages.locator("summary").click()
    page.locator("#user-menu summary").click()
    expect(pages.get_by_role("link", name="Tồn đọng")).to_be_hidden()


def test_the_mark_tells_when_nothing_is_heard(
    console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "lan")
    mark = page.locator("[data-live-mark]")
    expect(mark).to_have_text("Trực tiếp")
    page.context.set_offline(True)
    expect(mark).to_contain_text("Mất nối từ")
    shot(page, "shell-offline")
    page.context.set_offline(False)
    expect(mark).to_have_text("Trực tiếp")
