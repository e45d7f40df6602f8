"""A citizen on a phone and at a desk, with and without JavaScript: report, keep the code, track, speak."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, Route, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Attachment, FormerUnit, Ticket, TicketClock, Ward
from callcenter.vocab import Clock, Level, Source, TicketKind, TicketState
from tests import factories
from tests.browser.conftest import PATIENCE_MS, PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker
from tests.factories import Province
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import history
from tickets.life.files import StoredFile
from tickets.rules.codes import make_code

_LONG = (
    "Đoạn đường từ ngã ba Trung Lương đến cầu Bảo Định có nhiều ổ gà sâu, trời mưa nước đọng không thấy đường; tuần "
    "rồi đã có ba người té xe, trong đó có một bà cụ phải nhập viện. Kính mong đơn vị sớm khắc phục để bà con yên tâm."
)
_CENTRES = {"28249": (10.3600, 106.3600), "28270": (10.3745, 106.3440), "28366": (10.4300, 106.1200)}


@pytest.fixture
def check() -> Iterator[Checker]:
    checker = Checker()
    yield checker
    assert not checker.found, "\n".join(checker.found)


@pytest.fixture
def points(session: Session, province: Province) -> None:
    """Where the wards' centres are, and a commune that was split."""
    for code, (latitude, longitude) in _CENTRES.items():
        ward = session.get_one(Ward, code)
        ward.latitude, ward.longitude = latitude, longitude
    session.add_all(
        FormerUnit(name="Xã Tân Lập", district="Huyện Cái Bè", province="Tiền Giang", ward_code=code, partial=True,
                   folded="xa tan lap") for code in ("28270", "28366")
    )  # fmt: skip
    session.commit()


@pytest.fixture
def without_script(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="vi-VN", java_script_enabled=False
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def photo(tmp_path: Path, name: str, colour: str = "teal") -> Path:
    """A picture with a camera's name in it."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    out = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "JPEG", exif=exif)
    path = tmp_path / name
    path.write_bytes(out.getvalue())
    return path


def fits(page: Page) -> None:
    """Nothing sticks out to the right, whatever the width."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), page.url


def dark(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")


def shots(page: Page, shot: Callable[[Page, str], None], name: str) -> None:
    """The page as it is, on a phone and wide, light and dark; left wide and light."""
    page.emulate_media(reduced_motion="reduce")
    for size, width in ((PHONE, "390"), (WIDE, "1366")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("scrollTo(0, 0)")
        fits(page)
        shot(page, f"citizen-{name}-{width}")
        dark(page)
        shot(page, f"citizen-{name}-{width}-dark")
        page.evaluate("delete document.documentElement.dataset.bsTheme")


@pytest.mark.usefixtures("points")
def test_a_report_with_pictures_and_a_pin(
    public_site: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None], check: Checker,
    session: Session, tmp_path: Path,
) -> None:  # fmt: skip
    page = open_page(public_site)
    page.context.grant_permissions(["geolocation"], origin=public_site.url)
    page.context.set_geolocation({"latitude": 10.3750, "longitude": 106.3445})
    page.goto(public_site.url)
    shots(page, shot, "home")
    check(page, "home")
    page.get_by_role("main").get_by_role("link", name="Gửi phản ánh").click()
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.locator("#trouble")).to_be_focused()
    check(page, "step 1 refused")
    shots(page, shot, "step1-wrong")
    page.get_by_label("Việc gì đang xảy ra?").fill(_LONG)
    page.locator("#files").set_input_files(photo(tmp_path, "o-ga.jpg"))
    page.locator("#files").set_input_files(photo(tmp_path, "ngập nước ở ngã ba.jpg", "navy"))
    expect(page.locator("[data-previews] canvas")).to_have_count(2)
    page.get_by_label("Cấp thoát nước, ngập").check()
    check(page, "step 1 filled")
    shots(page, shot, "step1")
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_label("Tìm xã/phường").fill("xa tan lap")
    expect(page.locator("[name=ward_hit]")).to_have_count(2)
    expect(page.get_by_text("nay thuộc nhiều xã/phường")).to_be_visible()
    expect(page.locator(".ward-point")).to_have_count(3)
    shots(page, shot, "step2-split")
    check(page, "step 2 with a split commune")
    page.get_by_label("Xã Tân Phú").check()
    expect(page.locator("#ward")).to_have_value("28366")
    page.locator("#ward").select_option("")
    page.get_by_role("button", name="Vị trí của tôi").click()
    expect(page.locator("[data-map-said]")).to_contain_text("Phường Đạo Thạnh")
    expect(page.locator("#ward")).to_have_value("28270")
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Địa chỉ hoặc dấu dễ nhận").fill("ngay chân cầu")
    shots(page, shot, "step2")
    check(page, "step 2 with a pin")
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_role("button", name="Sửa nội dung").click()
    expect(page.locator(".pictures img")).to_have_count(2)
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.get_by_text("Cần ông/bà đồng ý").first).to_be_visible()
    shots(page, shot, "step3-wrong")
    page.get_by_label("Số điện thoại", exact=True).fill("+84 905 123 456")
    page.locator("#consent").check()
    shots(page, shot, "step3")
    check(page, "step 3")
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.locator(".big-code")).to_be_visible()
    shots(page, shot, "sent")
    check(page, "sent")
    ticket = session.query(Ticket).one()
    assert (ticket.ward_code, round(ticket.latitude or 0, 3)) == ("28270", 10.375)
    assert session.query(Attachment).count() == 2


@pytest.mark.usefixtures("points")
def test_the_browsers_own_back_keeps_what_was_typed(public_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(public_site, size=PHONE)
    page.goto(f"{public_site.url}/reports/new")
    page.get_by_label("Việc gì đang xảy ra?").fill("Cống nghẹt trước chợ")
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_label("Địa chỉ hoặc dấu dễ nhận").fill("chợ")
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.get_by_text("Xem lại trước khi gửi")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Địa chỉ hoặc dấu dễ nhận")).to_have_value("chợ")
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.get_by_text("Cống nghẹt trước chợ")).to_be_visible()


@pytest.mark.usefixtures("points")
def test_everything_works_without_javascript(
    public_site: Site, without_script: Page, shot: Callable[[Page, str], None], session: Session, tmp_path: Path
) -> None:
    page = without_script
    page.goto(f"{public_site.url}/reports/new")
    page.get_by_label("Việc gì đang xảy ra?").fill("Đèn đường tắt ba ngày nay")
    page.locator("#files").set_input_files(photo(tmp_path, "den.jpg"))
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.locator("#map")).to_be_hidden()
    page.get_by_label("Tìm xã/phường").fill("p3 my tho")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Xem lại trước khi gửi")).to_be_visible()
    expect(page.get_by_text("Phường Mỹ Tho")).to_be_visible()
    page.get_by_role("button", name="Quay lại").click()
    page.get_by_label("Tìm xã/phường").fill("tan lap")
    page.get_by_role("button", name="Tìm", exact=True).click()
    shot(page, "citizen-noscript-step2")
    page.get_by_label("Xã Tân Phú").check()
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_label("Số điện thoại", exact=True).fill("0905.123.456")
    page.locator("#consent").check()
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.locator(".big-code")).to_be_visible()
    page.reload()
    expect(page.locator(".big-code")).to_be_visible()
    ticket = session.query(Ticket).one()
    assert ticket.ward_code == "28366"
    page.get_by_role("link", name="Theo dõi phiếu này").click()
    expect(page.get_by_text("Tổng đài đang chuyển phản ánh")).to_be_visible()
    page.get_by_role("button", name="Xong").click()
    page.get_by_label("Mã phiếu").fill(ticket.code)
    page.get_by_label("Bốn số cuối").fill("3456")
    page.get_by_role("button", name="Tra cứu").click()
    page.get_by_text("Rút phản ánh").first.click()
    page.get_by_role("button", name="Rút phản ánh này").click()
    expect(page.get_by_text("Ông/bà đã rút phản ánh này").first).to_be_visible()


@pytest.mark.usefixtures("points")
def test_a_button_pressed_while_the_page_still_arrives_loses_nothing(public_site: Site, without_script: Page) -> None:
    """The looks of the map are held back as a slow line would; what stands behind them has not been read yet."""
    page = without_script
    page.goto(f"{public_site.url}/reports/new")
    page.get_by_label("Việc gì đang xảy ra?").fill("Đèn đường tắt ba ngày nay")
    held: list[Route] = []
    page.route("**/map.css*", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright marks its handler
    page.get_by_role("button", name="Tiếp tục").last.click()
    place = page.get_by_label("Tìm xã/phường")
    place.fill("tan lap")
    page.get_by_role("button", name="Tìm", exact=True).click()
    expect(page.get_by_label("Xã Tân Phú")).to_be_visible()
    page.unroute("**/map.css*")
    assert held
    for route in held:
        with suppress(Error):  # of the page that was left
            route.continue_()
    page.get_by_label("Xã Tân Phú").check()
    page.get_by_role("button", name="Tiếp tục").last.click()
    expect(page.get_by_text("Đèn đường tắt ba ngày nay")).to_be_visible()


@pytest.mark.usefixtures("points")
def test_what_was_typed_and_chosen_before_the_script_was_there_counts(
    public_site: Site, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(public_site)
    held: list[Route] = []
    page.route("**/report.js*", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright marks its handler

    def arrives() -> None:
        while not held:
            page.wait_for_timeout(20)
        held.pop().continue_()

    page.goto(f"{public_site.url}/reports/new", wait_until="commit")
    page.get_by_label("Việc gì đang xảy ra?").fill("Đèn đường tắt ba ngày nay")
    page.locator("#files").set_input_files(photo(tmp_path, "den-duong.jpg"))
    arrives()
    expect(page.locator("[data-previews] canvas")).to_have_count(1)
    page.locator("#files").set_input_files(photo(tmp_path, "cot-dien.jpg", "navy"))
    expect(page.locator("[data-previews] canvas")).to_have_count(2)
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_label("Tìm xã/phường").fill("xa tan lap")
    arrives()
    expect(page.locator("[name=ward_hit]")).to_have_count(2)


def _reported(public_site: Site, page: Page) -> None:
    page.goto(f"{public_site.url}/reports/new")
    page.get_by_label("Việc gì đang xảy ra?").fill("Cống nghẹt trước chợ")
    page.get_by_label("Cấp thoát nước, ngập").check()
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.locator("#ward").select_option("28249")
    page.get_by_role("button", name="Tiếp tục").last.click()
    page.get_by_label("Số điện thoại", exact=True).fill("0905123456")
    page.locator("#consent").check()
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.get_by_role("link", name="Theo dõi phiếu này").click()
    expect(page.get_by_role("heading", name="Đường đi của phiếu")).to_be_visible()


def test_the_way_of_a_report_to_a_rated_answer(
    engine: Engine, province: Province, public_site: Site, open_page: Callable[..., Page],
    shot: Callable[[Page, str], None], check: Checker, tmp_path: Path, session: Session,
) -> None:  # fmt: skip
    page = open_page(public_site)
    page.goto(f"{public_site.url}/track")
    shots(page, shot, "look-up")
    page.get_by_label("Mã phiếu").fill("618-033-990")
    page.get_by_label("Bốn số cuối").fill("0000")
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.get_by_role("alert")).to_contain_text("Không có phiếu nào khớp")
    check(page, "look-up in vain")
    _reported(public_site, page)
    shots(page, shot, "way-filed")
    ticket = session.query(Ticket).one()
    officer, now = province.actor("thu"), ticket.created_at
    with transaction(engine) as one:
        here = history.locked(one, ticket.code)
        casework.place(one, here, province.agencies["water"].id, (), Actor.rule("routing"), now=now, why="rule")
        casework.accept(one, officer, ticket.code, now=now)
        casework.ask(
            one, officer, ticket.code, question="Nước tràn từ hố ga nào? Xin ông/bà gửi ảnh chụp gần.", now=now
        )
    page.reload()
    expect(page.get_by_text("Nước tràn từ hố ga nào?")).to_be_visible()
    shots(page, shot, "way-asked")
    check(page, "asked")
    page.get_by_label("Ông/bà trả lời").fill("Hố ga trước nhà số 7")
    page.locator("#files").set_input_files(photo(tmp_path, "ho-ga.jpg"))
    page.get_by_role("button", name="Gửi bổ sung").click()
    expect(page.get_by_text("Đã gửi cho đơn vị xử lý")).to_be_visible()
    with transaction(engine) as one:
        sent = one.query(Attachment).one()
        after = StoredFile("sau khi xử lý.jpg", sent.content_type, sent.size, sent.sha256)
        casework.resolve(one, officer, ticket.code, text=f"Đã thông cống sáng nay. {_LONG}", files=[after], now=now)
    page.reload()
    shown = page.get_by_alt_text("Ảnh kết quả 1")
    expect(shown).to_be_visible()
    page.wait_for_function("picture => picture.naturalWidth > 0", arg=shown.element_handle())
    shots(page, shot, "way-answered")
    check(page, "answered")
    page.get_by_label("Rất hài lòng").check()
    page.get_by_role("button", name="Gửi đánh giá").click()
    expect(page.get_by_text("Cảm ơn ông/bà")).to_be_visible()
    page.get_by_text("Chưa khắc phục? Báo lại").click()
    check(page, "rated, about to object")
    page.get_by_label("Việc gì vẫn chưa được khắc phục?").fill("Mưa xuống vẫn tràn")
    page.get_by_role("button", name="Báo chưa khắc phục").click()
    expect(page.get_by_text("đơn vị xử lý lại")).to_be_visible()
    shots(page, shot, "way-reopened")
    session.expire_all()
    assert (ticket.state, ticket.rating, ticket.reopened) == (TicketState.ACCEPTED, 5, 1)


def test_the_front_page_has_figures_and_the_privacy_page_is_plain(
    public_site: Site, open_page: Callable[..., Page], session: Session, shot: Callable[[Page, str], None],
    check: Checker,
) -> None:  # fmt: skip
    page = open_page(public_site)
    page.goto(public_site.url)
    expect(page.get_by_text("phản ánh đã nhận")).to_have_count(0)
    _many_answered(session)
    page.reload()
    expect(page.get_by_text("phản ánh đã nhận")).to_be_visible()
    shots(page, shot, "home-figures")
    check(page, "home with figures")
    page.goto(f"{public_site.url}/privacy")
    shots(page, shot, "privacy")
    check(page, "privacy")


def _answer_clock(filed: datetime, span: timedelta) -> TicketClock:
    return TicketClock(kind=Clock.ANSWER, started_at=filed, due=filed + span, ended_at=filed + timedelta(hours=20))


def _many_answered(session: Session) -> None:
    now = datetime.now(UTC)
    for number in range(40):
        filed = now - timedelta(days=number % 20 + 1)
        factories.written(
            session,
            Ticket(
                code=make_code(900 + number), kind=TicketKind.REPORT, source=Source.APP, state=TicketState.CLOSED,
                level=Level.NORMAL, created_at=filed, filed_at=filed, resolved_at=filed + timedelta(hours=20),
                clocks=[_answer_clock(filed, timedelta(hours=24 if number % 9 else 2))], may_publish=number % 11 == 0,
                category_code="moi-truong", ward_code="28249", rating=4 if number % 6 else 2, rated_at=now,
            ),
        )  # fmt: skip
    session.commit()
