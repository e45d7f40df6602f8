"""Searching in a real browser: what is found comes into the page, its address can be shared, Back leads back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import PHONE, WIDE, Site, arrived
from tests.browser.test_accessibility import Checker, check  # noqa: F401 - the fixture
from tests.browser.test_others import no_sideways_scroll
from tests.factories import Province
from tests.web.test_ticket_page import filed

Open = Callable[..., Page]


def at_search(console: Site, open_page: Open, username: str, query: str = "", size: tuple[int, int] = WIDE) -> Page:
    page = open_page(console, username, size)
    page.goto(f"{console.url}/tickets{query}")
    arrived(page, f"**/tickets{query}")
    return page


def search(page: Page, words: str) -> None:
    page.get_by_label("Mã phiếu, số điện thoại").fill(words)
    page.keyboard.press("Enter")


def rows(page: Page) -> list[str]:
    return page.locator("#rows .row-text").all_inner_texts()


def test_what_is_found_comes_into_the_page(
    console: Site,
    open_page: Open,
    session: Session,
    province: Province,
    shot: Callable[[Page, str], None],
    check: Checker,  # noqa: F811
) -> None:
    for number in range(27):
        filed(session, province, f"Rác số {number} trước chợ")
    lamp = filed(session, province, "Đèn đường tắt ba đêm liền")
    page = at_search(console, open_page, "lan")
    # During a call the strip and its open menu stay: the frame is not read again.
    page.evaluate("document.querySelector('header').dataset.same = '1'")
    search(page, "rac")
    expect(page).to_have_url(f"{console.url}/tickets?q=rac")
    expect(page.locator("#total")).to_have_text("27 phiếu")
    expect(page.locator("#rows .row-text")).to_have_count(25)
    expect(page.get_by_text("Lưu bộ lọc này")).to_be_visible()
    first = rows(page)
    check(page, "search-found")
    shot(page, "search-found")
    page.get_by_role("link", name="Cũ hơn").click()
    expect(page.locator("#rows .row-text")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/tickets\?(older=\d+&q=rac|q=rac&older=\d+)$"))
    expect(page.locator("#found [role=status]")).to_be_focused()
    search(page, "den duong")
    expect(page.locator("#total")).to_have_text("1 phiếu")
    assert rows(page) == [lamp.description]
    assert page.locator("header").get_attribute("data-same") == "1"
    page.go_back()
    expect(page.locator("#rows .row-text")).to_have_count(2)
    arrived(page, re.compile("older="))
    page.go_back()
    arrived(page, f"{console.url}/tickets?q=rac")
    assert rows(page) == first
    expect(page.get_by_label("Mã phiếu, số điện thoại")).to_have_value("rac")
    search(page, "khong co gi nhu the")
    expect(page.locator("#total")).to_have_text("0 phiếu")
    expect(page.get_by_text("Thử ít từ hơn")).to_be_visible()
    shot(page, "search-nothing")
    page.get_by_role("link", name="Xóa bộ lọc").click()
    arrived(page, f"{console.url}/tickets")
    expect(page.locator("#rows .row-text")).to_have_count(25)


def test_what_may_be_done_with_a_search_keeps_up_with_it(
    console: Site, open_page: Open, session: Session, province: Province
) -> None:
    """Kept searches are not read again with what was found: the page marks which one it is."""
    page = at_search(console, open_page, "lan", "?q=rac")
    chosen = page.locator(".saved.is-chosen")
    keep, clear = page.get_by_text("Lưu bộ lọc này"), page.get_by_role("link", name="Xóa bộ lọc")

    def keep_as(name: str) -> None:
        keep.click()
        page.get_by_label("Tên bộ lọc").fill(name)
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(chosen).to_have_text(name)

    keep_as("Rác")
    search(page, "đèn đường")
    expect(chosen).to_have_count(0)
    expect(page.locator(".saved [aria-current]")).to_have_count(0)
    keep_as("Đèn")
    expect(page).to_have_url(re.compile(r"q=%C4%91%C3%A8n"))
    search(page, "rac")
    expect(chosen).to_have_text("Rác")
    expect(chosen.get_by_role("link")).to_have_attribute("aria-current", "page")
    expect(keep).to_be_hidden()
    search(page, "")
    expect(page).to_have_url(f"{console.url}/tickets")
    expect(clear).to_be_hidden()
    search(page, "cong")
    expect(clear).to_be_visible()
    expect(keep).to_be_visible()
    page.get_by_role("button", name="Bỏ bộ lọc Rác").click()
    # Dropped from where one stands: the search that was made since is still there.
    page.wait_for_url(f"{console.url}/tickets?q=cong")
    expect(page.locator(".saved")).to_have_count(1)


def test_the_list_goes_on_following_the_last_search(
    console: Site, open_page: Open, session: Session, province: Province
) -> None:
    filed(session, province, "Rác dồn trước chợ")
    page = at_search(console, open_page, "lan", "?q=khong")
    search(page, "rac")
    expect(page.locator("#total")).to_have_text("1 phiếu")
    # A new ticket is announced to the page, which repeats the last search.
    filed(session, province, "Rác dồn sau trường")
    with page.expect_response(re.compile(r"/tickets\?q=rac")):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live-tickets'))")
    expect(page.locator("#total")).to_have_text("2 phiếu")


def test_a_search_that_fails_is_told_by_a_whole_page(
    console: Site, open_page: Open, session: Session, province: Province
) -> None:
    page = at_search(console, open_page, "lan")
    page.context.clear_cookies()
    search(page, "rac")
    page.wait_for_url(re.compile("/sign-in"))
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible()
    assert "q%3Drac" in page.url


def test_back_to_a_name_that_was_refused_sends_nothing_again(
    console: Site, open_page: Open, session: Session, province: Province
) -> None:
    filed(session, province, "Rác dồn trước chợ")
    page = at_search(console, open_page, "lan", "?q=rac")
    page.get_by_text("Lưu bộ lọc này").click()
    name = page.get_by_label("Tên bộ lọc")
    name.evaluate("field => field.removeAttribute('required')")
    name.fill(" ")
    page.get_by_role("button", name="Lưu", exact=True).click()
    arrived(page, "**/tickets?q=rac&again=*")
    refused = page.locator(".search-keep [role=alert]")
    expect(refused).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    search(page, "den")
    expect(page.locator("#total")).to_have_text("0 phiếu")
    # That name was meant for the search before.
    expect(refused).to_have_count(0)
    expect(name).to_have_value("")
    # The same search once more is no further step back.
    search(page, "den")
    expect(page).to_have_url(f"{console.url}/tickets?q=den")
    page.go_back()
    arrived(page, "**/tickets?q=rac*")
    expect(page.locator("#total")).to_have_text("1 phiếu")
    assert "POST" not in sent


def test_on_a_phone(
    console: Site, open_page: Open, session: Session, province: Province, shot: Callable[[Page, str], None]
) -> None:
    filed(session, province, "Rác dồn trước chợ " + "rất lâu rồi " * 20)
    page = at_search(console, open_page, "hoa", size=PHONE)
    search(page, "rac")
    expect(page.locator("#total")).to_have_text("1 phiếu")
    # What was found is below the fields there: the page goes to it.
    expect(page.locator("#found [role=status]")).to_be_focused()
    expect(page.locator("#rows .row-text").first).to_be_in_viewport()
    no_sideways_scroll(page)
    shot(page, "search-phone")
