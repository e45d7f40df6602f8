"""By keyboard: what was typed for one end of a matter is not lost by another, and each end has its own key."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from agent_ui.words.problems import PROBLEMS
from callcenter.db import transaction
from callcenter.models import Ticket
from callcenter.vocab import TicketState
from tests.browser.conftest import Site
from tests.browser.test_operator import answer, draft, ring
from tests.factories import Province
from tickets.actors import Actor
from tickets.agency import casework

TOLD = "Nộp ở Trung tâm Phục vụ hành chính công của phường."
WORDS = str(PROBLEMS["answer_left"])


def talking(engine: Engine, page: Page) -> str:
    """A call that was answered, with what it is about typed in; the draft's code."""
    call = ring(engine)
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Nội dung").fill("Làm giấy khai sinh ở đâu?")
    page.get_by_label("Lĩnh vực").fill("khac")
    page.keyboard.press("Enter")
    return draft(engine, call).code


def ticket(engine: Engine, code: str) -> Ticket:
    with transaction(engine) as session:
        return session.query(Ticket).filter_by(code=code).one()


def test_ctrl_enter_does_not_send_an_answered_question_to_an_agency(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    code = talking(engine, page)
    page.keyboard.press("Alt+T")
    page.keyboard.type(TOLD)
    page.get_by_label("Địa chỉ").focus()
    page.keyboard.type("Phường 3")
    page.keyboard.press("Control+Enter")
    box = page.get_by_label("Đã trả lời người dân thế nào")
    expect(page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value(TOLD)
    expect(page.get_by_label("Địa chỉ")).to_have_value("Phường 3")
    assert ticket(engine, code).state == TicketState.DRAFT
    page.keyboard.press("Alt+Y")
    expect(page.get_by_role("status").filter(has_text="Đã trả lời ngay, phiếu")).to_be_visible()
    answered = ticket(engine, code)
    assert (answered.state, answered.resolution, answered.address) == (TicketState.RESOLVED, TOLD, "Phường 3")


def test_words_about_a_grievance_are_not_lost_by_filing(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    code = talking(engine, page)
    page.keyboard.press("Alt+Q")
    against = page.get_by_label("Về cơ quan, người nào")
    page.get_by_text("Tố cáo", exact=True).click()
    against.fill("Cán bộ địa chính")
    page.get_by_label("Nội dung").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
    expect(against).to_be_focused()
    expect(against).to_have_value("Cán bộ địa chính")
    assert ticket(engine, code).state == TicketState.DRAFT
    page.keyboard.press("Alt+S")
    expect(page.get_by_role("status").filter(has_text="Đã ghi riêng")).to_be_visible()
    assert ticket(engine, code).state == TicketState.DISCARDED


def test_a_half_written_answer_is_not_lost_by_an_extension(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    now = datetime.now(UTC)
    call = ring(engine)
    code = draft(engine, call).code
    with transaction(engine) as session:
        one = session.query(Ticket).filter_by(code=code).one()
        one.state, one.filed_at, one.category_code = TicketState.FILED, now, "khac"
        casework.place(session, one, province.agencies["water"].id, (), Actor.rule("routing"), now=now, why="rule")
        casework.accept(session, province.actor("thu"), code, now=now)
    page = open_page(console, "thu")
    page.goto(f"{console.url}/tickets/{code}")
    page.wait_for_selector("body[data-live-ready]")
    half = page.get_by_label("Kết quả xử lý, trả lời người dân")
    half.fill("Đã cử thợ đến")
    page.locator("summary", has_text="Gia hạn").click()
    page.get_by_label("Lý do gia hạn").fill("Chờ ống thay")
    page.get_by_role("button", name="Gia hạn").click()
    expect(page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
    expect(half).to_be_focused()
    expect(half).to_have_value("Đã cử thợ đến")
    expect(page.get_by_label("Lý do gia hạn")).to_have_value("Chờ ống thay")
    assert ticket(engine, code).extended == 0
    half.fill("")
    page.get_by_role("button", name="Gia hạn").click()
    page.wait_for_url(f"{console.url}/tickets/{code}")
    expect(page.get_by_text("gia hạn 3 ngày làm việc")).to_be_visible()
