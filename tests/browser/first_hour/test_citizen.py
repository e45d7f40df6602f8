"""The citizen's first hour, on a phone: three steps and a picture, a code, the answer, a rating, and "not fixed"."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callcenter.db import transaction
from callcenter.models import Attachment, Ticket
from tests.browser.conftest import PATIENCE_MS, PHONE
from tests.browser.first_hour.story import Demo, Story
from tests.browser.test_citizen import photo
from tickets.agency import casework
from tickets.life.files import StoredFile


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Page]:
    """A browser that runs no script."""
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="vi-VN", java_script_enabled=False
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_citizen_s_first_hour(demo: Demo, tell: Callable[..., Story], language: str, tmp_path: Path) -> None:
    story = tell("citizen", language=language, size=PHONE)
    tell_all_of_it(story, tmp_path)


def test_a_citizen_s_first_hour_without_scripts(
    demo: Demo, tell: Callable[..., Story], plain: Page, tmp_path: Path
) -> None:
    story = tell("citizen-plain", size=PHONE, page=plain)
    story.scripted = False
    tell_all_of_it(story, tmp_path)


def tell_all_of_it(story: Story, tmp_path: Path) -> None:
    page = story.page
    page.goto(story.demo.public.url)
    story.speak()
    story.look_all("home")
    code = report(story, photo(tmp_path, "cột mốc.jpg"))
    page.get_by_role("link", name=story.say("Theo dõi phiếu này")).click()
    expect(page.get_by_role("heading", name=story.say("Đường đi của phiếu"))).to_be_visible()
    story.look("follows")
    officer_answers(story.demo, code)
    page.reload()
    expect(page.get_by_text("Đã cắm lại mốc")).to_be_visible()
    story.look_all("answered")
    page.get_by_label(story.say("Rất hài lòng")).check()
    story.button("Gửi đánh giá").click()
    story.told("Cảm ơn ông/bà đã đánh giá.")
    page.get_by_text(story.say("Chưa khắc phục? Báo lại")).click()
    page.get_by_label(story.say("Việc gì vẫn chưa được khắc phục?")).fill("Mốc lại bị nhổ")
    story.button("Báo chưa khắc phục").click()
    story.told("Đã mở lại phiếu. Đơn vị được báo ngay là việc chưa khắc phục.")
    story.look("not-fixed")
    with transaction(story.demo.engine) as session:
        ticket = session.query(Ticket).filter_by(code=code).one()
        assert (ticket.state, ticket.rating, ticket.reopened) == ("accepted", 5, 1)


def report(story: Story, picture: Path) -> str:
    """The ticket's code, nine digits."""
    page, say = story.page, story.say
    page.get_by_role("main").get_by_role("link", name=say("Gửi phản ánh")).click()
    page.get_by_label(say("Việc gì đang xảy ra?")).fill("Cột mốc ranh đất trước nhà văn hóa bị nhổ mất")
    page.locator("#files").set_input_files(picture)
    page.get_by_label("Đất đai, xây dựng").check()
    story.look("step1")
    story.button("Tiếp tục").last.click()
    page.get_by_label(say("Tìm xã/phường")).fill("p3 my tho")
    page.locator("#ward").select_option(label="Phường Mỹ Tho")
    story.look("step2")
    story.button("Tiếp tục").last.click()
    page.get_by_label(say("Số điện thoại"), exact=True).fill("0905 123 456")
    page.locator("#consent").check()
    story.look("step3")
    story.button("Gửi phản ánh").click()
    shown = page.locator(".big-code")
    expect(shown).to_be_visible()
    story.look("sent")
    return re.sub(r"\D", "", shown.inner_text())


def officer_answers(demo: Demo, code: str) -> None:
    """The ward's officer, with the citizen's own picture as evidence; no clock moves."""
    demo.wait_for(code, "routed")
    officer, now = demo.actor("cb-my-tho"), datetime.now(UTC)
    with transaction(demo.engine) as session:
        casework.accept(session, officer, code, now=now)
        sent = (
            session.query(Attachment)
            .join(Ticket, Ticket.id == Attachment.ticket_id)
            .filter(Ticket.code == code)
            .first()
        )
        assert sent
        after = StoredFile("sau khi cắm lại.jpg", sent.content_type, sent.size, sent.sha256)
        casework.resolve(session, officer, code, text="Đã cắm lại mốc và lập biên bản.", files=[after], now=now)
