"""The administrator's first hour: an account, a day off, a test number, all on record; the new person comes in."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.first_hour.story import Demo, Story


def test_an_administrator_s_first_hour(demo: Demo, tell: Callable[..., Story]) -> None:
    story = tell("admin")
    page = story.page
    story.sign_in("long")
    story.leave_tour()
    story.look_all("overview")
    password = add_person(story)
    story.go("/admin/calendar?year=2026")
    page.get_by_label("Ngày", exact=True).fill("2026-12-24")
    page.get_by_label("Ghi chú").fill("Nghỉ bù ngày thành lập tỉnh")
    story.button("Thêm ngày").click()
    expect(page.locator("#days")).to_contain_text("Nghỉ bù ngày thành lập tỉnh")
    story.look_all("calendar")
    story.go("/admin/numbers")
    page.get_by_label("Số điện thoại").fill("0905 000 199")
    page.get_by_label("Của ai, để làm gì").fill("Máy thử của ca đêm")
    story.button("Thêm số").click()
    expect(page.get_by_text("0905 000 199").first).to_be_visible()
    story.look("numbers")
    story.go("/admin/changes")
    for trace in ("Trần Thị Mai", "Nghỉ bù ngày thành lập tỉnh", "Máy thử của ca đêm"):
        expect(page.locator(".changes-table")).to_contain_text(trace)
    story.look_all("changes")

    newcomer = tell("new-operator", size=PHONE)
    newcomer.sign_in("mai", password)
    newcomer.leave_tour()
    expect(newcomer.page.get_by_text("Máy của ông/bà chưa nhận cuộc gọi")).to_be_visible()
    newcomer.look("desk")


def add_person(story: Story) -> str:
    """Their first password, as it is shown this once."""
    page = story.page
    story.go("/admin/users")
    story.look_all("users")
    page.get_by_role("link", name="Thêm tài khoản").click()
    page.get_by_label("Tên đăng nhập").fill("mai")
    page.get_by_label("Họ tên").fill("Trần Thị Mai")
    page.get_by_label("Vai trò").select_option("operator")
    page.get_by_label("Máy thường dùng").fill("107")
    story.look("new-user")
    story.button("Thêm tài khoản").click()
    expect(page.locator(".secret")).to_be_visible()
    story.look("password")
    return page.locator(".secret").inner_text()
