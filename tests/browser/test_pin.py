"""A report is pinned on the sketch by keyboard and by coordinates, and its next reader sees the pin."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Ticket
from tests.browser.conftest import Site
from tests.browser.test_accessibility import Checker, check, go
from tests.browser.test_citizen import points
from tests.browser.test_operator import answer, draft, ring

__all__ = ["check", "points"]


@pytest.mark.usefixtures("points")
def test_pinned_by_keys_and_by_coordinates_and_shown_with_the_ticket(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None], check: Checker
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    work = page.locator(".work-talking")
    work.get_by_label("Nội dung").fill("Rác chất đống trước chợ, bốc mùi")
    work.get_by_label("Địa chỉ, vị trí").fill("trước chợ")
    page.keyboard.press("Alt+KeyM")
    dialog = page.get_by_role("dialog", name="Ghim nơi xảy ra")
    expect(dialog.locator(".ward-point")).to_have_count(3)
    expect(dialog.locator("#map")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("Đã chọn Phường Đạo Thạnh theo ghim")
    expect(work.get_by_label("Xã/phường")).to_have_value("Phường Đạo Thạnh")
    shot(page, "pin-1366")
    check(page, "pin dropped")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(work.get_by_label("Địa chỉ, vị trí")).to_be_focused()
    expect(work.locator("[data-pin-said]")).to_contain_text("10.")
    page.keyboard.press("Alt+KeyM")
    dialog.get_by_label("Tọa độ").fill("10.3605; 106.3610")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("Đã chọn Phường Mỹ Tho theo ghim")
    page.keyboard.press("Escape")
    expect(work.locator("[data-pin-said]")).to_have_text("10.360500, 106.361000")
    expect(work.locator(".save-status")).to_contain_text("Đã lưu")
    work.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()
    with transaction(engine) as session:
        ticket = session.get_one(Ticket, draft(engine, call).id)
        assert (ticket.latitude, ticket.longitude, ticket.ward_code) == (10.3605, 106.361, "28249")
    go(page, f"{console.url}/tickets/{ticket.code}")
    page.get_by_role("button", name="Xem", exact=True).click()
    seen = page.get_by_role("dialog", name="Nơi được ghim")
    expect(seen.locator(".pin")).to_be_visible()
    expect(seen.get_by_role("button", name="Bỏ ghim")).to_have_count(0)
    check(page, "pin looked at")
