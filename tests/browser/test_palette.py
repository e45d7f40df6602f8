"""The command palette in a real browser: to any ticket, number and page by keyboard, and what it does by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from agent_ui.shell.palette import DEEDS
from tests.browser.conftest import PHONE, WIDE, Site, arrived
from tests.browser.test_accessibility import Checker, check  # noqa: F401 - the fixture
from tests.browser.test_others import file, no_sideways_scroll
from tests.factories import Province
from tickets.rules import codes


def chosen(palette: Locator) -> Locator:
    return palette.locator('[aria-selected="true"]')


def test_to_a_ticket_a_number_and_a_page(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    ticket = file(engine, province, "chieu-sang-dien")
    page = open_page(console, "lan")
    page.keyboard.press("Control+k")
    page.keyboard.type(codes.group(ticket.code))
    palette = page.locator("#palette")
    expect(chosen(palette)).to_contain_text(codes.group(ticket.code))
    shot(page, "palette-ticket")
    page.keyboard.press("Enter")
    arrived(page, f"{console.url}/tickets/{ticket.code}")
    page.keyboard.press("Control+k")
    page.keyboard.type("0905.123.456")
    expect(chosen(palette)).to_contain_text("cuộc gọi và phiếu của số này")
    page.keyboard.press("Enter")
    arrived(page, "**/numbers/*")
    expect(page.get_by_role("main")).to_contain_text(codes.group(ticket.code))
    # Without accents, and by the beginnings of words.
    page.keyboard.press("Control+k")
    page.keyboard.type("tim ph")
    expect(chosen(palette)).to_contain_text("Tìm phiếu")
    page.keyboard.press("Enter")
    arrived(page, f"{console.url}/tickets")
    page.keyboard.press("Control+k")
    page.keyboard.type("không có gì như thế")
    expect(palette.locator(".palette-none")).to_contain_text("Không thấy gì cho “không có gì như thế”")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.url}/tickets")


def test_the_keyboard_is_enough_and_comes_back(console: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(console, "lan")
    page.get_by_text("Lập phiếu không qua cuộc gọi").click()
    field = page.locator(".new-ticket select, .new-ticket input:not([type=hidden])").first
    field.focus()
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    options = palette.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(options.first).to_have_attribute("aria-selected", "false")
    named = page.locator("#palette-text").get_attribute("aria-activedescendant")
    assert named
    assert named == options.nth(1).get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(field).to_be_focused()


@pytest.mark.parametrize("person", ["lan", "son"])
def test_everything_it_offers_to_do_it_can_do(console: Site, open_page: Callable[..., Page], person: str) -> None:
    page = open_page(console, person)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [data-press]")).to_have_count(len(DEEDS))


def test_colours_language_and_the_way_out(
    console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "son")
    page.goto(f"{console.url}/tickets?q=đèn")
    page.wait_for_selector("body[data-live-ready]")
    here = page.url

    def do(text: str, words: str) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        expect(chosen(page.locator("#palette"))).to_have_text(words)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    do("toi", "Giao diện tối")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.url == here
    do("engl", "English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    do("vie", "Tiếng Việt")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    do("dang xuat", "Đăng xuất")
    expect(page).to_have_url(f"{console.url}/sign-in")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_fits_and_can_be_read(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    check: Checker,  # noqa: F811
    size: tuple[int, int],
) -> None:
    file(engine, province, "chieu-sang-dien")
    page = open_page(console, "lan", size)
    page.locator("[data-palette]").click()
    expect(page.locator("#palette").get_by_role("option").first).to_be_visible()
    assert no_sideways_scroll(page)
    shot(page, f"palette-{size[0]}")
    if size == WIDE:
        check(page, "palette")
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        check(page, "palette dark")
        shot(page, "palette-dark")
