"""The agency's, the supervisor's and the citizen's story in a real browser, true without a reload."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import Engine, select

from callcenter.db import transaction
from callcenter.models import PbxStatus, Ticket
from callcenter.push import announce
from callcenter.vocab import TicketState
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site, arrived
from tests.factories import Province
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import history
from tickets.rules.fields import TicketFields

ROUTING = Actor.rule("routing")
LONG = "Đèn đường trước Trường Tiểu học Nguyễn Trãi tắt ba đêm liền, học sinh đi học thêm về rất nguy hiểm. " * 3


def file(engine: Engine, province: Province, category: str, text: str = LONG) -> Ticket:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        ticket = filing.open_draft(session, factories.answered(session, started_at=now, ended_at=now), now=now)
        fields = TicketFields(category_code=category, ward_code="28249", address="12 Lê Lợi", description=text)
        return filing.file(session, province.actor("lan"), ticket.code, fields, now=now)


def route(engine: Engine, province: Province, ticket: Ticket) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        row = history.locked(session, ticket.code)
        casework.place(session, row, province.agencies["power"].id, (), ROUTING, now=now, why="rule")


def send_to_triage(engine: Engine, ticket: Ticket) -> None:
    with transaction(engine) as session:
        row = history.locked(session, ticket.code)
        row.routing_reason = "no_rule"
        history.move(session, row, "triage", ROUTING, now=datetime.now(UTC), why="no_rule")
        announce(session, "stuck")


def state_of(engine: Engine, ticket: Ticket) -> TicketState:
    with transaction(engine) as session:
        return session.scalars(select(Ticket.state).where(Ticket.id == ticket.id)).one()


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_agency_takes_on_and_answers(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    page = open_page(console, "son", size)
    expect(page.get_by_text("Không có phiếu nào chờ đơn vị")).to_be_visible()
    ticket = file(engine, province, "chieu-sang-dien")
    route(engine, province, ticket)
    row = page.locator(f"#row-{ticket.id}")
    expect(row).to_contain_text("Chờ đơn vị tiếp nhận")
    assert no_sideways_scroll(page)
    shot(page, f"agency-inbox-{size[0]}")

    row.get_by_role("link").first.click()
    page.get_by_role("button", name="Tiếp nhận").click()
    page.get_by_label("Kết quả xử lý, trả lời người dân").fill("Đã thay ba bóng đèn, kiểm tra lúc 19 giờ.")
    page.get_by_role("button", name="Gửi kết quả xử lý").click()
    expect(page.locator("#problem-resolve_files")).to_contain_text("cần ảnh hoặc tài liệu minh chứng")
    expect(page.get_by_label("Kết quả xử lý, trả lời người dân")).to_have_value(
        "Đã thay ba bóng đèn, kiểm tra lúc 19 giờ."
    )
    shot(page, f"agency-problem-{size[0]}")
    buffer = BytesIO()
    Image.new("RGB", (640, 480), "#335577").save(buffer, "JPEG")
    picture = tmp_path / "ảnh sau xử lý.jpg"
    picture.write_bytes(buffer.getvalue())
    page.get_by_label("Ảnh hoặc tài liệu minh chứng").set_input_files(picture)
    page.get_by_role("button", name="Gửi kết quả xử lý").click()
    expect(page.get_by_text("Đã gửi kết quả xử lý.")).to_be_visible()
    image = page.locator(".files img").first
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("naturalWidth", 320)
    assert no_sideways_scroll(page)
    shot(page, f"agency-ticket-{size[0]}")
    assert state_of(engine, ticket) == TicketState.RESOLVED


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_supervisor_sees_places_and_follows(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    size: tuple[int, int],
) -> None:
    now = datetime.now(UTC)
    page = open_page(console, "phuc", size)
    with transaction(engine) as session:
        call = factories.call(session, started_at=now, queued_at=now)
        session.add(PbxStatus(pbx="tong-dai-1", connected=True, since=now, seen_at=now, detail=None))
        announce(session, "calls", call=call.id)
        announce(session, "pbx")
    expect(page.locator("#figure-waiting b")).to_have_text("1")
    expect(page.get_by_text("đang nối từ")).to_be_visible()
    with transaction(engine) as session:
        missed = factories.missed(session, started_at=now, ended_at=now)
        filing.settle_call(session, missed, now=now)
        announce(session, "calls", call=missed.id)
    figure = page.locator(".tally li", has_text="Gác máy khi chờ")
    expect(figure.locator("b")).to_have_text("1")
    assert no_sideways_scroll(page)
    shot(page, f"supervisor-board-{size[0]}")
    figure.get_by_role("link").click()
    expect(page.get_by_role("row")).to_have_count(2)
    shot(page, f"supervisor-calls-{size[0]}")

    ticket = file(engine, province, "khac", "Việc chưa rõ thuộc ai")
    page.goto(f"{console.url}/supervisor/")
    page.wait_for_selector("body[data-live-ready]")
    waiting = page.locator(".tally li", has_text="Chờ phân loại")
    expect(waiting.locator("b")).to_have_text("0")
    send_to_triage(engine, ticket)
    expect(waiting.locator("b")).to_have_text("1")
    waiting.get_by_role("link").click()
    arrived(page, "**/supervisor/triage*")
    page.locator("summary", has_text="Chuyển cho đơn vị").click()
    page.get_by_label("Chuyển cho đơn vị").select_option(label="Văn phòng UBND tỉnh")
    page.get_by_label("Lý do").fill("Việc chung của tỉnh")
    shot(page, f"supervisor-triage-{size[0]}")
    page.get_by_role("button", name="Chuyển", exact=True).click()
    expect(page.get_by_text("Đã chuyển đơn vị xử lý.")).to_be_visible()
    assert no_sideways_scroll(page)
    assert state_of(engine, ticket) == TicketState.ROUTED


def test_a_shift_leader_sees_what_is_left_over(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    with transaction(engine) as session:
        call = factories.answered(session)
        ticket = filing.open_draft(session, call, now=factories.MONDAY)
    page = open_page(console, "hoa")
    page.locator(f"#left-{ticket.id}").get_by_role("button", name="Nhận làm tiếp").click()
    page.get_by_label("Nội dung").fill("Ca trưởng ghi lại")
    page.get_by_label("Người phản ánh").focus()
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    shot(page, "leader-draft")
    page.get_by_role("link", name="Tồn đọng").click()
    expect(page.locator("#unfinished")).to_contain_text("Ca trưởng ghi lại")
    shot(page, "leader-stuck")


def test_what_is_typed_before_the_scripts_are_there_is_saved_too(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    """An old PC shows the form a second before it runs the scripts, and the caller is talking already."""
    with transaction(engine) as session:
        code = filing.open_draft(session, factories.answered(session), now=factories.MONDAY).code
    page = open_page(console, "hoa")
    held: list[Route] = []
    page.route("**/draft.js*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    page.goto(f"{console.url}/drafts/{code}", wait_until="commit")
    page.get_by_label("Nội dung").fill("Gõ trước khi trang sẵn sàng")
    held[0].continue_()
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    with transaction(engine) as session:
        assert (
            session.scalars(select(Ticket.description).where(Ticket.code == code)).one()
            == "Gõ trước khi trang sẵn sàng"
        )


def test_sign_in_by_keyboard_alone(
    console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    from tests.browser.conftest import PASSWORD

    page = open_page(console)
    page.goto(f"{console.url}/agency")
    shot(page, "sign-in")
    expect(page.get_by_label("Tên đăng nhập")).to_be_focused()
    page.keyboard.type("son")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Phiếu đến")).to_be_visible()
    page.goto(f"{console.url}/nowhere")
    expect(page.get_by_role("heading", name="Không tìm thấy")).to_be_visible()
    shot(page, "not-found")


def test_lists_follow_and_a_half_written_form_stays(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    first = file(engine, province, "khac", "Việc thứ nhất")
    send_to_triage(engine, first)
    page = open_page(console, "phuc")
    page.goto(f"{console.url}/supervisor/triage")
    page.wait_for_selector("body[data-live-ready]")
    page.locator(f"#triage-{first.id} summary").click()
    page.get_by_label("Lý do").fill("Đang viết dở")
    second = file(engine, province, "khac", "Việc thứ hai")
    send_to_triage(engine, second)
    expect(page.locator(f"#triage-{second.id}")).to_contain_text("Việc thứ hai")
    expect(page.get_by_label("Lý do").first).to_have_value("Đang viết dở")
    page.goto(f"{console.url}/tickets/{second.code}")
    page.wait_for_selector("body[data-live-ready]")
    page.get_by_label("Lý do", exact=True).fill("Đang viết dở")
    expect(page.get_by_text("Phiếu vừa thay đổi.")).to_be_hidden()
    route(engine, province, second)
    expect(page.locator(".story")).to_contain_text("chuyển đến Điện lực Mỹ Tho")
    expect(page.get_by_text("Phiếu vừa thay đổi.")).to_be_visible()
    expect(page.get_by_label("Lý do", exact=True)).to_have_value("Đang viết dở")
