"""The shift leader's first hour: the list of work without an owner is emptied."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from callcenter.db import transaction
from callcenter.models import Ticket
from callcenter.push import announce
from tests import factories
from tests.browser.first_hour.story import Demo, Story
from tickets.desk import filing


def left_lying(demo: Demo) -> Ticket:
    """A draft of a call that ended fifty minutes ago."""
    then = datetime.now(UTC) - timedelta(minutes=50)
    with transaction(demo.engine) as session:
        call = factories.answered(session, started_at=then, queued_at=then, answered_at=then, ended_at=then,
                                  caller="+84913000333", rang=["105"], operator="105", operators=["105"])  # fmt: skip
        ticket = filing.open_draft(session, call, now=then)
        ticket.description = "Cây me tây trước cổng nhà văn hóa sắp ngã vào dây điện"
        announce(session, "stuck")
        return ticket


def test_a_shift_leader_s_first_hour(demo: Demo, tell: Callable[..., Story]) -> None:
    draft = left_lying(demo)
    urgent = demo.report("Đánh nhau bằng hung khí trước quán nhậu", "an-ninh", level="urgent")
    unclear = demo.report("Loa kéo karaoke, không rõ ai cấp phép", "khac")
    story = tell("leader")
    page = story.page
    story.sign_in("ha")
    story.leave_tour()
    expect(page.locator(f"#triage-{unclear.id}")).to_be_visible()
    expect(page.locator(f"#urgent-{urgent.id}")).to_contain_text("Công an tỉnh")
    story.look_all("shift")

    story.button("Nhận làm tiếp", page.locator(f"#left-{draft.id}")).click()
    page.wait_for_selector("body[data-live-ready]")
    page.get_by_label("Lĩnh vực").fill("cay xanh")
    page.keyboard.press("Enter")
    story.look("draft")
    story.button("Chuyển xử lý").click()
    expect(page.locator("#closing")).to_contain_text(story.say("Đã ghi nhận phiếu"))

    story.go("/shift")
    expect(page.locator(f"#left-{draft.id}")).to_have_count(0)
    page.locator(f"#triage-{unclear.id}").get_by_role("link", name="Chọn đơn vị").click()
    row = page.locator(f"#triage-{unclear.id}")
    row.locator("summary").click()
    row.get_by_label("Chuyển cho đơn vị").select_option(label="UBND phường Mỹ Tho")
    row.get_by_label("Lý do").fill("Tiếng ồn thuộc địa bàn phường")
    story.look("triage")
    row.get_by_role("button", name="Chuyển", exact=True).click()
    story.told("Đã chuyển đơn vị xử lý.")
    assert demo.state(unclear.code) == "routed"

    story.go("/shift")
    page.locator(f"#urgent-{urgent.id}").get_by_role("link", name="Mở phiếu").click()
    expect(page.locator(".glance-clock")).to_be_visible()
    story.look_all("urgent")
