"""Nothing typed is lost, and nothing is left for the next person: the tab dies, the session ends, others sign in."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Call
from tests import factories
from tests.browser.conftest import PASSWORD, Site
from tests.browser.test_operator import answer, change, draft, hang_up, ring
from tests.factories import Province
from tickets.desk import filing
from tickets.oversight import worklist
from tickets.rules.fields import TicketFields

WORDS = "Mất nước ba ngày ở ấp 3"
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
# Of which drafts this browser keeps text that the person on this page may read.
_KEPT = """async () => {
  const script = document.querySelector('script[src$="/desk/static/vault.js"]').src;
  return (await import(script)).vault.all();
}"""


@pytest.fixture
def call(engine: Engine, console: Site) -> Call:
    made = ring(engine)
    answer(engine, made)
    hang_up(engine, made)
    return made


def typed_while_away(page: Page) -> None:
    page.context.route("**/save", lambda route: route.abort())
    page.get_by_label("Nội dung").fill(WORDS)
    expect(page.locator(".save-status")).to_contain_text("giữ tạm trên máy này")


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_selector("body[data-live-ready]")


def test_a_tab_that_dies_loses_nothing_and_shows_nothing_to_others(
    engine: Engine, console: Site, call: Call, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    typed_while_away(page)
    again = page.context.new_page()
    page.close()
    # The next one at this desk: sealed text is there, and cannot be read.
    again.context.clear_cookies()
    again.goto(f"{console.url}/sign-in")
    sign_in(again, "minh")
    assert "hotline-text/" in again.evaluate(STORED)
    assert "nước" not in again.evaluate(STORED)
    assert again.evaluate(_KEPT) == []
    assert WORDS not in again.content()
    again.context.clear_cookies()
    again.context.unroute("**/save")
    again.goto(f"{console.url}/sign-in")
    sign_in(again, "lan")
    expect(again.get_by_label("Nội dung")).to_have_value(WORDS)
    # Saved by now, by the page that died or by this one, and kept here no more.
    again.wait_for_function("() => !JSON.stringify({...localStorage}).includes('hotline-text/')")
    assert draft(engine, call).description == WORDS


def test_after_the_session_ends_the_way_in_leads_back_to_the_text(
    engine: Engine, console: Site, call: Call, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "lan")
    page.context.clear_cookies()
    page.get_by_label("Nội dung").fill(WORDS)
    page.get_by_role("link", name="Đăng nhập lại").wait_for()
    shot(page, "operator-session-over")
    page.get_by_role("link", name="Đăng nhập lại").click()
    sign_in(page, "lan")
    expect(page.get_by_label("Nội dung")).to_have_value(WORDS)
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    assert draft(engine, call).description == WORDS


def test_text_of_a_draft_that_went_elsewhere_can_still_be_read(
    engine: Engine, console: Site, call: Call, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "lan")
    typed_while_away(page)
    change(engine, call, operators=["101", "102"])
    page.context.unroute("**/save")
    page.reload()
    left = page.locator(".alert", has_text="Còn chữ chưa lưu")
    expect(left).to_contain_text(WORDS)
    shot(page, "operator-left-text")
    left.get_by_role("button", name="Bỏ chữ này").click()
    expect(left).to_have_count(0)
    page.wait_for_function("() => !JSON.stringify({...localStorage}).includes('hotline-text/')")


def test_signing_out_saves_and_leaves_nothing(
    engine: Engine, console: Site, call: Call, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    page.get_by_label("Nội dung").fill(WORDS)
    page.locator("#user-menu > summary").click()
    page.locator("#sign-out").click()
    page.get_by_label("Tên đăng nhập").wait_for()
    assert "hotline-text/" not in page.evaluate(STORED)
    assert draft(engine, call).description == WORDS


def test_what_is_typed_into_a_form_comes_back_when_its_page_was_left(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        filing.settle_call(session, factories.missed(session, started_at=now, ended_at=now), now=now)
        session.flush()
        code = worklist.callbacks(session, now)[0].ticket.code
    page = open_page(console, "lan")
    page.goto(f"{console.url}/tickets/{code}")
    box = page.get_by_label("Đã gọi lại: người dân nói gì")
    box.fill(WORDS)
    # A call rings, and is answered from here: its card is on the desk.
    page.goto(f"{console.url}/desk")
    page.goto(f"{console.url}/tickets/{code}")
    expect(box).to_have_value(WORDS)
    page.get_by_role("button", name="Đã gọi lại xong").click()
    expect(page.locator("#notice")).to_contain_text("Đã ghi")
    assert WORDS not in page.evaluate(STORED)


def test_what_was_left_is_not_the_next_person_s(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "hoa")
    page.goto(f"{console.url}/numbers/0905123456")
    page.locator("main textarea").first.evaluate("(field, words) => { field.value = words; }", WORDS)
    page.goto(f"{console.url}/desk")
    assert WORDS in page.evaluate(STORED)
    page.context.clear_cookies()
    page.goto(f"{console.url}/sign-in")
    sign_in(page, "minh")
    page.goto(f"{console.url}/numbers/0905123456")
    expect(page.get_by_text(WORDS)).to_have_count(0)
    assert WORDS not in page.evaluate(STORED)
    assert WORDS not in page.locator("main textarea").first.input_value()


def test_text_kept_here_and_saved_elsewhere_are_both_shown(
    engine: Engine, province: Province, console: Site, call: Call, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    typed_while_away(page)
    with transaction(engine) as session:
        fields = TicketFields(description="Chữ của ca trưởng")
        filing.save_draft(session, province.actor("hoa"), draft(engine, call).code, fields, version=None,
                          now=datetime.now(UTC))  # fmt: skip
    page.context.unroute("**/save")
    page.close()
    again = page.context.new_page()
    again.goto(f"{console.url}/desk")
    expect(again.locator(".theirs")).to_contain_text("Chữ của ca trưởng")
    expect(again.get_by_label("Nội dung")).to_have_value(WORDS)
    again.reload()
    expect(again.locator(".theirs")).to_contain_text("Chữ của ca trưởng")
    again.get_by_role("button", name="Giữ chữ của tôi").click()
    expect(again.locator(".save-status")).to_contain_text("Đã lưu")
    assert draft(engine, call).description == WORDS
