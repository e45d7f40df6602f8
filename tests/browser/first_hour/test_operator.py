"""The operator's first hour: from a closed door to a filed ticket, a call-back, a ticket found by its code, and out."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from callcenter.db import transaction
from callcenter.push import announce
from tests import factories
from tests.browser.conftest import PHONE, WIDE
from tests.browser.first_hour.story import Demo, Story
from tickets.desk import filing

_SIZES = {"vi": WIDE, "en": PHONE}


def call_back(demo: Demo, number: str) -> None:
    """A caller that was missed, twenty minutes ago."""
    then = datetime.now(UTC) - timedelta(minutes=20)
    with transaction(demo.engine) as session:
        missed = factories.missed(session, started_at=then, queued_at=then, ended_at=then, caller=number, rang=[])
        filing.settle_call(session, missed, now=then)
        announce(session, "tickets")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_operator_s_first_hour(
    demo: Demo, tell: Callable[..., Story], language: str, record_property: Callable[[str, object], None]
) -> None:
    story = tell("operator", language=language, size=_SIZES[language])
    began = time.monotonic()
    come_in(story)
    work = answer(story)
    code = fill_in(story, work)
    hang_up_and_file(story, work)
    if language == "vi":
        filed_s = demo.ready_s + time.monotonic() - began - story.looked_s
        record_property("told", f"The newcomer's clock: ready after {demo.ready_s:.0f} s, the first ticket filed by "
                                f"hand {filed_s:.0f} s after the start")  # fmt: skip
    find_by_code(story, code)
    call_somebody_back(story)
    story.sign_out()


def come_in(story: Story) -> None:
    page = story.page
    page.goto(f"{story.demo.console.url}/")
    story.speak()
    story.look_all("door")
    page.locator(".demo-people button", has_text="Nguyễn Thị Ngọc Lan").click()
    page.wait_for_selector("body[data-live-ready]")
    story.leave_tour_if_due()
    # Signing out leaves the queues.
    join = story.button("Vào hàng đợi", page.locator("#my-phone"))
    if join.count():
        join.click()
        expect(join).to_have_count(0)
    story.look_all("desk")


def answer(story: Story) -> Locator:
    """A ring that is missed goes to a colleague, and the next one comes."""
    page = story.page
    press = story.button("Nhận máy", page.locator("#ring"))
    talking = page.locator(".work-talking")
    expect(press).to_be_visible(timeout=90_000)
    story.look("rings")
    while True:
        press.click(timeout=60_000)
        expect(talking.or_(page.locator("#ring:not(:has(.ring))")).first).to_be_attached()
        if talking.count():
            break
    ticket = talking.get_attribute("data-ticket")
    return page.locator(f".work[data-ticket='{ticket}']")


def fill_in(story: Story, work: Locator) -> str:
    page, label = story.page, story.say
    # The greeting, the operator's reply, and the first words of the report.
    expect(work.locator(".says-lines p:not(.muted)").nth(1)).to_be_visible()
    work.get_by_label(label("Nội dung")).fill("")
    page.keyboard.type("Đèn đường trước cổng trường tắt ba đêm liền")
    work.get_by_label(label("Lĩnh vực")).fill("chieu sang")
    page.keyboard.press("Enter")
    work.get_by_label(label("Xã/phường")).fill("phuong 3 my tho")
    page.locator(".choices .choice", has_text="Phường Mỹ Tho").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(work.locator(".save-status")).to_contain_text(label("Đã lưu"))
    story.look("types")
    return work.locator(".work-when .code").inner_text()


def hang_up_and_file(story: Story, work: Locator) -> None:
    # The line may have broken by itself; then there is nothing to put down.
    story.page.keyboard.press("Alt+k")
    expect(work).to_have_class(re.compile("work-ended"))
    story.look("after")
    story.button("Chuyển xử lý", work).click()
    expect(story.page.locator("#closing")).to_contain_text(story.say("Đã ghi nhận phiếu"))
    story.look("filed")


def find_by_code(story: Story, code: str) -> None:
    """By Ctrl K; the ticket goes on to its agency while the page is open."""
    page = story.page
    # What was filed led to a new page: its keys are heard once its scripts are there.
    page.wait_for_selector("body[data-live-ready]")
    page.keyboard.press("Control+k")
    page.keyboard.type(code)
    expect(page.get_by_role("option").filter(has_text=code).first).to_be_visible()
    story.look("palette")
    page.get_by_role("option").filter(has_text=code).first.click()
    page.wait_for_selector("body[data-live-ready]")
    expect(page.locator(".glance")).to_contain_text("Công ty Công trình đô thị Mỹ Tho")
    story.look_all("ticket")


def call_somebody_back(story: Story) -> None:
    page = story.page
    last = "111" if story.language == "vi" else "222"
    call_back(story.demo, f"+84913000{last}")
    story.go()
    # Not just the first: others have left messages, which want to be heard before.
    story.button("Nhận số này", page.locator("#call-backs li", has_text=f"0913 000 {last}")).click()
    page.wait_for_selector("body[data-live-ready]")
    story.look("call-back")
    page.get_by_label(story.say("Đã gọi lại: người dân nói gì")).fill("Đã gọi lại, ông cho biết nước đã chảy")
    story.button("Đã gọi lại xong").click()
    story.told("Đã ghi: người dân đã được gọi lại.")
