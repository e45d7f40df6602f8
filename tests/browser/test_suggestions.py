"""Suggestions during typing, in a real browser: they come by themselves, and one key takes one."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from callcenter.models import Article, CategoryKeywords
from callcenter.vocab import Source
from tests.browser.conftest import Site
from tests.factories import Province
from tickets.desk import filing

NOW = datetime.now(UTC)


def test_a_key_takes_what_is_offered(
    open_page: Callable[..., Page],
    console: Site,
    session: Session,
    province: Province,
    shot: Callable[[Page, str], None],
) -> None:
    session.add(CategoryKeywords(category_code="moi-truong", phrases=["rác"]))
    session.add(
        Article(title="Rác thu ngày nào", body="Thứ hai, thứ năm.", published=True, created_at=NOW, changed_at=NOW)
    )
    code = filing.new_ticket(session, province.actor("lan"), source=Source.COUNTER, now=NOW).code
    session.commit()
    page = open_page(console, "lan")
    page.goto(f"{console.url}/drafts/{code}")
    page.get_by_label("Địa chỉ, vị trí").fill("12 le loi, phuong my tho")
    page.get_by_label("Nội dung").fill("Rác chất đống")
    offers = page.locator(".offer")
    expect(offers).to_have_count(3)
    shot(page, "suggestions")
    page.keyboard.press("Alt+1")
    expect(page.locator("[name=category_code]")).to_have_value("moi-truong")
    expect(offers).to_have_count(2)
    # The number that was used is not another offer's a moment later.
    page.keyboard.press("Alt+1")
    page.keyboard.press("Alt+2")
    expect(page.locator("[name=ward_code]")).to_have_value("28249")
    expect(page.get_by_label("Xã/phường")).to_have_value("Phường Mỹ Tho")
    expect(page.locator(".suggestions")).to_contain_text("UBND phường Mỹ Tho")
    page.keyboard.press("Alt+3")
    expect(page.locator("[name=answer]")).to_have_value("Thứ hai, thứ năm.")
    expect(page.locator("[name=answer]")).to_be_focused()
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
