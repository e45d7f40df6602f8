"""An officer's day in a real browser: forty tickets, one thumb, a ticket that changes while one types, and paper."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Ticket
from callcenter.vocab import Clock
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker, check, go  # noqa: F401 (a fixture)
from tests.browser.test_others import file, no_sideways_scroll, route
from tests.factories import Province
from tickets.agency import casework
from tickets.people import citizens

_TEXTS = (
    "Đèn đường trước Trường Tiểu học Nguyễn Trãi tắt ba đêm liền, học sinh đi học thêm về rất nguy hiểm",
    "Trụ điện nghiêng sát mái nhà dân ở hẻm 12, trời mưa gió có tiếng kêu lớn",
    "Điện chập chờn cả khu phố từ tối qua",
    "Dây điện rũ xuống lòng đường Ấp Bắc, xe tải đi ngang vướng vào",
)


def forty(engine: Engine, province: Province) -> list[Ticket]:
    """Forty tickets in every group of the power company's inbox."""
    now, son = datetime.now(UTC), province.actor("son")
    made = []
    for number in range(40):
        ticket = file(engine, province, "chieu-sang-dien", f"{_TEXTS[number % 4]} ({number})")
        route(engine, province, ticket)
        made.append(ticket)
        with transaction(engine) as session:
            row = session.get_one(Ticket, ticket.id)
            factories.set_due(row, Clock.ANSWER, now + timedelta(hours=30 + number))
            if number % 5:
                casework.accept(session, son, ticket.code, now=now)
            if number % 5 == 1:
                factories.set_due(row, Clock.ANSWER, now - timedelta(hours=number))
            if number % 5 == 2:
                factories.set_due(row, Clock.ANSWER, now + timedelta(minutes=5))
            if number % 10 == 3:
                casework.ask(session, son, ticket.code, question="Cột số mấy?", now=now)
            row.asked_again = int(number % 7 == 0)
    return made


def dark(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_forty_tickets_and_the_first_one_taken_on(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    check: Checker,  # noqa: F811
    size: tuple[int, int],
) -> None:
    forty(engine, province)
    page = open_page(console, "son", size)
    expect(page.locator(".chip").first).to_contain_text("40")
    assert no_sideways_scroll(page)
    shot(page, f"inbox-forty-{size[0]}")
    first = page.locator("#group-new .inbox-row").first
    button = first.get_by_role("button")
    box = button.bounding_box()
    assert box
    assert size == WIDE or box["height"] >= 44
    button.dblclick()
    expect(page.get_by_text("Đã tiếp nhận phiếu")).to_be_visible()
    expect(page.locator("#group-new .inbox-row")).to_have_count(7)
    page.get_by_role("link", name="Quá hạn").click()
    expect(page.locator(".inbox-row")).to_have_count(8)
    page.get_by_label("Tìm trong phiếu đến").fill("xe ben")
    page.keyboard.press("Enter")
    expect(page.locator(".inbox-row")).to_have_count(0)
    expect(page.get_by_text("Không có phiếu nào khớp")).to_be_visible()
    go(page, f"{console.url}/agency")
    dark(page)
    shot(page, f"inbox-forty-dark-{size[0]}")
    check(page, "inbox in the dark")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_ticket_follows_while_somebody_types(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    check: Checker,  # noqa: F811
    size: tuple[int, int],
    tmp_path: Path,
) -> None:
    now, son = datetime.now(UTC), province.actor("son")
    ticket = file(engine, province, "chieu-sang-dien")
    file(engine, province, "chieu-sang-dien", "Đèn cuối hẻm 14 cũng tắt")
    route(engine, province, ticket)
    with transaction(engine) as session:
        casework.accept(session, son, ticket.code, now=now)
    page = open_page(console, "son", size)
    go(page, f"{console.url}/tickets/{ticket.code}")
    expect(page.get_by_text("Lĩnh vực này cần ảnh")).to_be_visible()
    buffer = BytesIO()
    Image.effect_noise((1200, 900), 60).convert("RGB").save(buffer, "JPEG")
    photo = tmp_path / "trụ đèn sau khi sửa xong, nhìn từ cổng trường.jpg"
    photo.write_bytes(buffer.getvalue())
    page.get_by_label("Ảnh hoặc tài liệu minh chứng").set_input_files(photo)
    expect(page.locator(".chosen canvas")).to_be_visible()
    shot(page, f"ticket-answering-{size[0]}")
    text = page.get_by_label("Kết quả xử lý, trả lời người dân")
    text.fill("Đã thay bóng, còn chờ")
    with transaction(engine) as session:
        casework.ask(session, son, ticket.code, question="Cột số mấy, trước cổng hay sau cổng?", now=datetime.now(UTC))
    expect(page.locator(".glance")).to_contain_text("Đang dừng")
    expect(page.locator("#act-stale")).to_be_visible()
    expect(text).to_have_value("Đã thay bóng, còn chờ")
    assert no_sideways_scroll(page)
    shot(page, f"ticket-changed-{size[0]}")
    check(page, "ticket changed while typing")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    go(page, f"{console.url}/tickets/{ticket.code}")
    expect(page.locator("#act")).to_contain_text("không chờ nữa")
    with transaction(engine) as session:
        citizens.supply(session, citizens.CITIZEN, ticket.code, text="Cột số 5, trước cổng", now=datetime.now(UTC))
    # Nothing was typed: the forms follow too.
    expect(page.get_by_role("button", name="Gửi kết quả xử lý")).to_be_visible()
    page.get_by_label("Kết quả xử lý, trả lời người dân").fill("Đã thay ba bóng đèn và kiểm tra lúc 19 giờ.")
    page.get_by_label("Ảnh hoặc tài liệu minh chứng").set_input_files(photo)
    page.get_by_role("button", name="Gửi kết quả xử lý").dblclick()
    expect(page.get_by_text("Đã gửi kết quả xử lý.")).to_be_visible()
    page.locator(".files img").first.scroll_into_view_if_needed()
    expect(page.locator(".files img").first).to_have_js_property("naturalWidth", 320)
    shot(page, f"ticket-answered-{size[0]}")
    dark(page)
    shot(page, f"ticket-answered-dark-{size[0]}")
    check(page, "answered ticket in the dark")


def test_the_desk_sees_all_of_it_and_prints_it(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    check: Checker,  # noqa: F811
) -> None:
    now, son = datetime.now(UTC), province.actor("son")
    ticket = file(engine, province, "chieu-sang-dien")
    file(engine, province, "chieu-sang-dien", "Đèn cuối hẻm 14 cũng tắt")
    route(engine, province, ticket)
    with transaction(engine) as session:
        factories.missed(session)
        casework.accept(session, son, ticket.code, now=now)
        casework.ask(session, son, ticket.code, question="Cột số mấy?", now=now)
    page = open_page(console, "phuc")
    go(page, f"{console.url}/tickets/{ticket.code}")
    for summary in page.locator("#act summary").all():
        summary.click()
    shot(page, "ticket-desk-moves")
    check(page, "ticket with all its moves")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert no_sideways_scroll(page)
    shot(page, "ticket-desk-moves-390")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    go(page, f"{console.url}/tickets?state=waiting")
    shot(page, "ticket-search")
    check(page, "search with filters")
    go(page, f"{console.url}/tickets/{ticket.code}/print")
    check(page, "printed ticket on the screen")
    dark(page)
    page.emulate_media(media="print")
    expect(page.locator(".print-bar")).to_be_hidden()
    page.set_viewport_size({"width": 794, "height": 1123})
    shot(page, "ticket-print")
