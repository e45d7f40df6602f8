"""A refused form: the first wrong field has the focus and its words, and is wrong no longer once it is changed."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from tests.browser.conftest import Site
from tests.browser.test_operator import answer, ring
from tests.factories import Province


def is_wrong(field: Locator, words: str) -> None:
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(words)


def is_mended(page: Page, field: Locator, words: str) -> None:
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text(words)).to_have_count(0)


def test_a_report_without_a_field_of_work(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    answer(engine, ring(engine))
    page.locator(".work-talking").get_by_label("Nội dung").fill("Rác chất đống trước chợ")
    page.keyboard.press("Control+Enter")
    field = page.get_by_role("combobox", name="Lĩnh vực")
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    words = page.locator(".field-category .invalid-feedback").inner_text()
    is_wrong(field, words)
    page.keyboard.type("rac")
    page.keyboard.press("Enter")
    is_mended(page, field, words)


def test_an_account_without_a_name(province: Province, console: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(console, "quan")
    page.goto(f"{console.url}/admin/users/new")
    page.get_by_label("Tên đăng nhập").fill("x")
    page.locator("main form").first.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    first, second = page.get_by_label("Tên đăng nhập"), page.get_by_label("Họ tên")
    expect(first).to_be_focused()
    first.press_sequentially("thanh.ha")
    expect(first).not_to_have_attribute("aria-invalid", "true")
    expect(second).to_have_attribute("aria-invalid", "true")
