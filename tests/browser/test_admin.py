"""Administration in a real browser: a newcomer's first hour, at both sizes, for everybody; and how it looks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select

from callcenter.db import transaction
from callcenter.models import CalendarDay, PbxQueue, PbxStatus, RoutingRule
from callcenter.push import announce
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker, check, go
from tests.factories import Province
from tickets.administration import people

__all__ = ["check"]

_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _lived_in(engine: Engine) -> None:
    now = datetime.now(UTC)
    members = [
        {"extension": "101", "name": "Lan", "paused": True, "status": 1},
        {"extension": "199", "name": "?", "paused": False, "status": 1},
    ]
    with transaction(engine) as session:
        session.add(PbxQueue(pbx="tong-dai-1", name="hotline-1022", title="", members=members, seen_at=now))
        session.add(PbxStatus(pbx="tong-dai-1", connected=False, since=now - timedelta(hours=2), seen_at=now))
        for day, working, note in (
            ("2026-01-01", False, "Tết Dương lịch"),
            ("2026-08-22", True, "Làm bù cho ngày 31/8"),
            ("2026-08-31", False, "Nghỉ hoán đổi dịp Quốc khánh"),
            ("2026-09-02", False, "Quốc khánh"),
        ):
            session.add(CalendarDay(day=datetime.fromisoformat(day).date(), working=working, note=note))


class Desk:
    """The administrator's browser: opens pages, and looks at each at both sizes with axe and by picture."""

    def __init__(self, page: Page, url: str, check: Checker, shot: Callable[[Page, str], None]) -> None:
        self.page, self.url, self.check, self.shot = page, f"{url}/admin/", check, shot

    def look(self, name: str, url: str | None = None) -> None:
        if url is not None:
            go(self.page, self.url + url)
        self.check(self.page, name)
        for size, at in ((PHONE, "390"), (WIDE, "1366")):
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
            assert self.page.evaluate(_SIDEWAYS) <= 0, f"{name} scrolls sideways at {at}"
            self.shot(self.page, f"admin-{name}-{at}")


@pytest.fixture
def desk(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page],
    shot: Callable[[Page, str], None], check: Checker,
) -> Desk:  # fmt: skip
    _lived_in(engine)
    return Desk(open_page(console, "quan"), console.url, check, shot)


def test_people_one_by_one(desk: Desk, province: Province, console: Site, open_page: Callable[..., Page]) -> None:
    page = desk.page
    expect(page.get_by_role("heading", name="Việc cần làm")).to_be_visible()
    desk.look("users", "users")
    page.get_by_role("link", name="Thêm tài khoản").click()
    page.get_by_label("Tên đăng nhập").fill("mai")
    page.get_by_label("Họ tên").fill("Trần Thị Mai")
    page.get_by_label("Vai trò").select_option("operator")
    page.get_by_label("Máy thường dùng").fill("1a")
    page.get_by_role("button", name="Thêm tài khoản").click()
    expect(page.get_by_text("Số máy lẻ chỉ gồm chữ số")).to_be_visible()
    desk.look("user-refused")
    page.get_by_label("Máy thường dùng").fill("199")
    page.get_by_role("button", name="Thêm tài khoản").click()
    expect(page.locator(".secret")).to_be_visible()
    desk.look("user-shown")
    go(page, f"{desk.url}users/{province.people['son'].id}")
    other = open_page(console, "quan")
    go(other, page.url)
    for who, name in ((other, "Đặng Hoài Sơn Em"), (page, "Đặng Hoài Sơn Anh")):
        who.get_by_label("Họ tên").fill(name)
        who.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đặng Hoài Sơn Em").first).to_be_visible()
    page.locator("summary", has_text="Khóa tài khoản…").click()
    desk.look("user-conflict")


def test_agencies_rules_and_fields(desk: Desk, province: Province) -> None:
    page = desk.page
    desk.look("agencies", "agencies")
    desk.look("agency", f"agencies/{province.agencies['my_tho'].id}")
    go(page, f"{desk.url}rules?try=1&category=moi-truong&ward=28249&level=normal")
    page.get_by_role("button", name="Đưa quy tắc 3 lên trên").click()
    desk.look("rules", "rules?try=1&category=moi-truong&ward=28249&level=normal")
    desk.look("rule", "rules/1")
    desk.look("categories", "categories")
    desk.look("category", "categories/khac")


def test_working_time(desk: Desk) -> None:
    page = desk.page
    desk.look("calendar", "calendar?year=2026")
    desk.look("week", "calendar/week")
    go(page, f"{desk.url}deadlines/urgent/answer")
    page.get_by_label("Tỉnh đã xác nhận").check()
    desk.look("deadline")
    page.get_by_role("button", name="Lưu").click()
    desk.look("deadlines", "deadlines?filed=2026-11-20T16:30")


def test_numbers_keys_and_the_record(desk: Desk, console: Site) -> None:
    page = desk.page
    desk.look("numbers", "numbers")
    desk.look("queues", "queues")
    desk.look("token", "tokens/new")
    desk.look("tokens", "tokens")
    desk.look("changes", "changes")
    desk.look("overview", "")
    go(page, f"{console.url}/account/password")
    desk.look("own-password")


def test_in_the_dark(desk: Desk) -> None:
    pages = {"overview": "", "calendar": "calendar?year=2026", "rules": "rules?try=1&category=moi-truong",
             "users": "users", "deadlines": "deadlines"}  # fmt: skip
    # A colour on its way from light to dark has no contrast to measure.
    desk.page.emulate_media(reduced_motion="reduce")
    for name, url in pages.items():
        go(desk.page, desk.url + url)
        desk.page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        desk.check(desk.page, f"{name} dark")
        desk.shot(desk.page, f"admin-{name}-dark")


def test_what_others_do_shows_by_itself_and_takes_nothing_typed(
    desk: Desk, engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    page = desk.page
    go(page, f"{desk.url}users")
    page.get_by_role("searchbox").fill("đang gõ dở")
    with transaction(engine) as session:
        people.set_active(session, province.actor("quan"), province.people["son"].id, False, now=datetime.now(UTC))
    expect(page.locator("tr", has_text="Đặng Hoài Sơn")).to_contain_text("Đã khóa")
    expect(page.get_by_role("searchbox")).to_have_value("đang gõ dở")
    expect(page.get_by_role("searchbox")).to_be_focused()
    go(page, f"{desk.url}queues")
    title = page.get_by_label("Tên gọi trên các trang")
    title.fill("Đường dây nóng")
    with transaction(engine) as session:
        queue = session.query(PbxQueue).one()
        queue.members = [{"extension": "102", "name": "Minh", "paused": False, "status": 1}]
        announce(session, "pbx")
    expect(page.locator(".lines", has_text="Trần Văn Minh")).to_be_visible()
    expect(title).to_have_value("Đường dây nóng")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("heading", name="Đường dây nóng")).to_be_visible()
    go(page, desk.url)
    with transaction(engine) as session:
        session.query(PbxStatus).one().connected = True
        announce(session, "pbx")
    expect(page.get_by_text("nghe thấy lúc")).to_be_visible()


# A list, the field in which its reader is typing (with what), and what another administrator does meanwhile: opens,
# fills in, presses; with the words that then stand in the list.
_MEANWHILE: dict[str, tuple[str, tuple[str, str] | None, str, dict[str, str], str, str]] = {
    "agencies": ("agencies", ("#filter [name=q]", "gõ dở"), "agencies/{agency}", {"#f-name": "Điện lực Cái Bè"},
                 "Lưu", "Điện lực Cái Bè"),
    "categories": ("categories", None, "categories/khac", {"#f-name": "Việc khác nữa"}, "Lưu", "Việc khác nữa"),
    "rules": ("rules", ("#t-category", "khac"), "rules/{rule}", {"#f-note": "Theo quyết định 12"}, "Lưu",
              "Theo quyết định 12"),
    "calendar": ("calendar?year=2027", ("#f-note", "gõ dở"), "calendar?year=2027",
                 {"#f-day": "2027-04-30", "#f-note": "Ngày Giải phóng"}, "Thêm ngày", "Ngày Giải phóng"),
    "deadlines": ("deadlines", ("#f-filed", "2026-11-20T16:30"), "deadlines/urgent/answer", {"#f-amount": "37"},
                  "Lưu", "37"),
    "numbers": ("numbers", ("#f-note", "gõ dở"), "numbers", {"#f-number": "0905123456", "#f-note": "Máy thử"},
                "Thêm số", "Máy thử"),
    "an agency": ("agencies/{agency}", ("#f-phone", "0273 3"), "agencies/{agency}", {"#f-name": "Điện lực Gò Công"},
                  "Lưu", "Điện lực Gò Công"),
}  # fmt: skip


def test_two_administrators_see_each_others_changes(desk: Desk, engine: Engine, province: Province) -> None:
    reader, writer = desk.page, desk.page.context.new_page()
    with transaction(engine) as session:
        at = {"agency": province.agencies["power"].id, "rule": session.scalars(select(RoutingRule.id)).first()}
    for what, (shown, typing, opened, filled, button, words) in _MEANWHILE.items():
        go(reader, desk.url + shown.format(**at))
        if typing:
            field = reader.locator(typing[0])
            _type(field, typing[1])
        go(writer, desk.url + opened.format(**at))
        for name, value in filled.items():
            writer.locator(name).fill(value)
        writer.get_by_role("button", name=button, exact=True).click()
        expect(
            reader.locator("#rows :is(table, .lines, .rules, .admin-head)").filter(has_text=words)
        ).not_to_have_count(0)
        if typing:
            expect(field, what).to_have_value(typing[1])
            expect(field, what).to_be_focused()


def _type(field: Locator, value: str) -> None:
    if field.evaluate("one => one.matches('select')"):
        field.select_option(value)
        field.focus()
    else:
        field.fill(value)
