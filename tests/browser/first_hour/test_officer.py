"""The officer's first hour, on a phone: take on, answer with a picture, ask for time, give back; the head approves."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from callcenter.db import transaction
from tests.browser.conftest import PHONE
from tests.browser.first_hour.story import Demo, Story
from tests.browser.test_citizen import photo
from tickets.agency import casework

_DUTIES = {
    "answer": "Đất lấn chiếm vỉa hè trước chợ Mỹ Tho",
    "extend": "Ranh đất nhà số 12 hẻm 4 bị che khuất, xin đo lại",
    "return": "Sổ đất ghi sai tên đường, hồ sơ ở tỉnh",
}


def test_an_officer_s_first_hour(demo: Demo, tell: Callable[..., Story], tmp_path: Path) -> None:
    tickets = {name: demo.report(text, "dat-dai") for name, text in _DUTIES.items()}
    for ticket in tickets.values():
        demo.wait_for(ticket.code, "routed")
    story = tell("officer", size=PHONE)
    page = story.page
    story.sign_in("cb-my-tho")
    story.leave_tour()
    story.look_all("inbox")

    row = page.locator(f"#row-{tickets['answer'].id}")
    story.button("Tiếp nhận", row).click()
    story.told("Đã tiếp nhận phiếu %(code)s.")
    row.get_by_role("link").first.click()
    page.wait_for_selector("body[data-live-ready]")
    page.get_by_label("Kết quả xử lý, trả lời người dân").fill("Đã nhắc ba hộ dọn dẹp, trả lại lối đi sáng nay.")
    page.get_by_label("Ảnh hoặc tài liệu minh chứng").set_input_files(photo(tmp_path, "sau khi dọn.jpg"))
    expect(page.locator(".chosen canvas")).to_be_visible()
    story.look_all("answers")
    story.button("Gửi kết quả xử lý").click()
    story.told("Đã gửi kết quả xử lý.")
    story.look("answered")
    assert demo.state(tickets["answer"].code) == "resolved"

    story.go(f"/tickets/{tickets['extend'].code}")
    story.button("Tiếp nhận").click()
    move = unfold(story, "Gia hạn")
    move.get_by_label("Lý do gia hạn").fill("Chờ tổ đo đạc của tỉnh về địa bàn")
    story.look("extends")
    story.button("Gia hạn", move).click()
    story.told("Đã gia hạn.")

    story.go(f"/tickets/{tickets['return'].code}")
    move = unfold(story, "Trả lại (không đúng thẩm quyền)")
    move.get_by_label("Lý do trả lại").fill("Hồ sơ do Văn phòng đăng ký đất đai tỉnh giữ")
    story.look("gives-back")
    story.button("Trả lại", move).click()
    story.told("Đã trả lại phiếu")
    assert demo.state(tickets["return"].code) == "triage"


def unfold(story: Story, title: str) -> Locator:
    move = story.page.locator("details.move").filter(has=story.page.locator("summary", has_text=story.say(title)))
    move.locator("summary").click()
    return move


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_head_of_an_office_approves(demo: Demo, tell: Callable[..., Story], language: str) -> None:
    ticket = demo.report("Xin gặp lãnh đạo tỉnh về việc bồi thường", "lanh-dao")
    demo.wait_for(ticket.code, "routed")
    clerk, now = demo.actor("cb-van-phong"), datetime.now(UTC)
    with transaction(demo.engine) as session:
        casework.accept(session, clerk, ticket.code, now=now)
        casework.resolve(session, clerk, ticket.code, text="Đã xếp lịch tiếp công dân ngày 15 hằng tháng.", now=now)
    story = tell("head", size=PHONE, language=language)
    story.sign_in("ld-van-phong")
    story.leave_tour_if_due()
    story.look("inbox")
    story.page.locator(f"#row-{ticket.id}").get_by_role("link").first.click()
    story.page.wait_for_selector("body[data-live-ready]")
    story.look("approves")
    story.button("Duyệt và gửi").click()
    story.told("Đã duyệt. Câu trả lời đã gửi người dân.")
    assert demo.state(ticket.code) == "resolved"
