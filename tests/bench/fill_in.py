"""Keystrokes and time to file a report: `python -m tests.bench.fill_in [REPORTS]`, by hand.

Twenty reports in citizens' words are typed into the operator's form in Chromium, by keyboard alone: each call rings and
is answered, the cursor stands in the text, the fields follow in the order of speech, Ctrl Enter files. Every key is
really pressed and counted by the page. `extra` is what goes beyond the text itself (what happened, where, the name):
the letters that find the field of work, the ways between the boxes, the filing. The time is that of a person: five keys
a second, half a second a box; where the page answers later than that, the wait is added.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from callcenter.db import transaction
from callcenter.models import Call, Ticket, User
from callcenter.push import announce
from callcenter.text import fold
from callcenter.vocab import Level, Role, TicketState
from scripts.demo import seeding
from scripts.processes.ground import ground
from tests import factories
from tests.bench.page_paint import _sign_in
from tests.browser.conftest import WIDE, Chromium, served
from tickets.desk import filing

KEYS_A_SECOND = 5
BOX_S = 0.5
MOST_EXTRA, MOST_S = 12, 40
_COUNT = """() => {
  window.keysPressed = 0;
  document.addEventListener("keydown", () => { window.keysPressed += 1; }, true);
}"""


@dataclass(frozen=True)
class Report:
    """`find` are the letters that find the category `code`; `where` is the commune as it is spoken."""

    what: str
    find: str
    code: str
    where: str
    address: str
    who: str
    urgent: bool = False


# What happened; below it the letters of the field, its code, commune as spoken, address, name, and how urgent.
_TOLD = """
Rác chất đống trước cổng chợ ba ngày chưa ai gom, bốc mùi hôi
  rac | moi-truong | my tho | cổng chợ Mỹ Tho, đường Lê Lợi | Nguyễn Văn Ba
Nước ngập đến đầu gối từ tối qua, cống không thoát
  ngap | cap-thoat-nuoc | dao thanh | hẻm 12 Hùng Vương | Trần Thị Tư
Đèn đường tắt cả đoạn một tuần nay, tối không thấy đường
  dien | chieu-sang-dien | cao lanh | đường Nguyễn Huệ | Lê Văn Sáu
Ổ gà lớn giữa đường, đã có hai xe máy té
  duong | giao-thong | sa dec | ngã tư Hùng Vương | Phạm Thị Bảy
Cây bàng to sắp đổ vào nhà dân
  cay | cay-xanh | go cong | trước số 45 Trương Định | Võ Văn Tám | urgent
Quán karaoke hát loa kẹo kéo tới nửa đêm, khuyên không nghe
  ninh | an-ninh | cai lay | số 7 đường 30 tháng 4 | Huỳnh Thị Chín
Mất nước sinh hoạt từ sáng hôm qua, cả xóm không có nước nấu cơm
  nuoc | cap-thoat-nuoc | hong ngu | khu dân cư An Thành | Đặng Văn Mười
Cán bộ một cửa hẹn trả giấy khai sinh ba lần chưa có
  tuc | tthc | lap vo | UBND xã | Bùi Thị Hai
Hàng xóm xây nhà lấn ra hẻm chung, xe cứu thương không vào được
  dat | dat-dai | thap muoi | hẻm chợ Tháp Mười | Ngô Văn Út
Trạm xá đóng cửa giữa giờ làm việc, con sốt phải chở đi xa
  y te | y-te | tam nong | trạm y tế xã | Dương Thị Năm
Mạng Internet rớt liên tục mấy ngày nay, báo tổng đài không ai tới
  vien | vien-thong | thanh binh | ấp Tân Đông | Hồ Văn Lợi
Chợ bán thịt heo giá cao hơn bảng niêm yết
  thi | gia-ca | cho gao | chợ Chợ Gạo | Mai Thị Hoa
Nước mặn vào ruộng, cống ngăn mặn chưa đóng
  nong | nong-nghiep | tan hong | cống số 3 | Trương Văn Đức
Trường thu tiền ngoài quy định, phụ huynh không đồng ý
  g duc | giao-duc | lai vung | trường tiểu học số 1 | Lý Thị Mai
Mẹ tôi 80 tuổi chưa nhận được tiền trợ cấp tháng này
  tro | bao-tro | my phuoc | ấp 4 | Phan Văn Tài
Xe ben chở cát chạy rớt đầy đường, bụi mù không mở cửa được
  duong | giao-thong | trung an | tỉnh lộ 864 | Nguyễn Thị Lan
Cột điện nghiêng sát nhà, dây điện chạm mái tôn
  dien | chieu-sang-dien | my phong | tổ 5 ấp Mỹ Lợi | Cao Văn Hùng | urgent
Ghe xả dầu xuống kênh, cá chết nổi trắng
  rac | moi-truong | thoi son | bến đò Thới Sơn | Tạ Thị Kim
Nhân viên tiếp dân nói trống không, đuổi người già về
  thai | can-bo | sa dec | bộ phận một cửa | Đinh Văn Phú
Khu du lịch thu tiền giữ xe gấp ba lần giá ghi trên vé
  du l | du-lich | thoi son | khu du lịch cồn Thới Sơn | Vương Thị Ngọc
"""


# Citizens say old names; the commune has another one since July 2025.
_CALLED_NOW = {"my phuoc": "tan phuoc 1"}


def _reports() -> list[Report]:
    lines = _TOLD.strip().splitlines()
    found = []
    for what, rest in zip(lines[::2], lines[1::2], strict=True):
        find, code, where, address, who, *urgent = (part.strip() for part in rest.split("|"))
        found.append(Report(what, find, code, where, address, who, bool(urgent)))
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["CALLCENTER_DATA_DIR"] = folder
        with ground("bench") as here:
            settings = here.settings.model_copy(update={"secret_key": "a secret of the bench"})
            facts = seeding.seed_demo(here.engine, settings)
            person = next(user for user in facts["users"] if user["role"] == Role.OPERATOR and user["extension"])
            with served("console", settings) as console, Chromium() as browser:
                context = browser.get().new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="vi-VN")
                page = context.new_page()
                _sign_in(page, console.url, person)
                _no_tour(here.engine, person["username"])
                page.goto(console.url + "/desk")
                sys.exit(_all(page, here.engine, person["extension"], _reports()[:count]))


def _no_tour(engine: Engine, username: str) -> None:
    with transaction(engine) as session:
        user = session.scalars(select(User).where(User.username == username)).one()
        user.tours = list({*user.tours, *Role})


def _all(page: Page, engine: Engine, extension: str, reports: list[Report]) -> int:
    print("extra  seconds  report")
    rows = []
    for report in reports:
        call = _ring(engine, extension)
        extra, took = _fill_in(page, engine, call, extension, report)
        rows.append((extra, took))
        print(f"{extra:5} {took:8.1f}  {report.what[:60]}", flush=True)
    most, median = max(extra for extra, _ in rows), statistics.median(took for _, took in rows)
    print(
        f"\nmost extra keys {most} (at most {MOST_EXTRA}), median {median:.1f} s (under {MOST_S}), {len(rows)} reports"
    )
    return 0 if most <= MOST_EXTRA and median < MOST_S else 1


def _ring(engine: Engine, extension: str) -> Call:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        call = factories.call(session, started_at=now, queued_at=now, rang=[extension], ringing=[extension])
        filing.open_draft(session, call, now=now)
        call.answered_at, call.operator, call.operators = now, extension, [extension]
        call.ringing, call.talking = [], [extension]
        filing.open_draft(session, call, now=now)
        announce(session, f"extension:{extension}", call=call.id)
    return call


def _fill_in(page: Page, engine: Engine, call: Call, extension: str, report: Report) -> tuple[int, float]:
    card = page.locator(f".work-talking[data-call='{call.id}']")
    box = card.get_by_label("Nội dung", exact=True)
    expect(box).to_be_focused()
    page.evaluate(_COUNT)
    waited = 0.0
    keys = page.keyboard
    _type(page, report.what)
    keys.press("Tab")
    _type(page, report.find)
    keys.press("Tab")
    _type(page, report.where)
    waited += _late(card.locator(".field-ward .choice").first.wait_for)
    keys.press("Tab")
    _type(page, report.address)
    keys.press("Tab")
    _type(page, report.who)
    boxes = 5
    if report.urgent:
        keys.press("Alt+u")
        boxes += 1
    pressed = page.evaluate("window.keysPressed") + 2
    keys.press("Control+Enter")
    page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu").wait_for()
    _check(engine, call, report)
    _hang_up(engine, call, extension)
    page.goto(page.url)
    text = sum(len(part) for part in (report.what, report.where, report.address, report.who))
    return pressed - text, pressed / KEYS_A_SECOND + boxes * BOX_S + waited


def _type(page: Page, text: str) -> None:
    """Key by key; a letter that is on no key (an input method writes it) is one key all the same."""
    for letter in text:
        if letter.isascii():
            page.keyboard.press(letter if letter != " " else "Space")
        else:
            page.keyboard.insert_text(letter)
            page.evaluate("window.keysPressed += 1")


def _late(wait: Callable[[], None]) -> float:
    """Seconds that the page took longer than a person's next key."""
    began = time.monotonic()
    wait()
    return max(0.0, time.monotonic() - began - 1 / KEYS_A_SECOND)


def _check(engine: Engine, call: Call, report: Report) -> None:
    with transaction(engine) as session:
        ticket = filing.draft_of(session, session.get_one(Call, call.id))
        assert isinstance(ticket, Ticket)
        assert ticket.state != TicketState.DRAFT
        assert (ticket.description, ticket.address, ticket.reporter_name) == (report.what, report.address, report.who)
        assert ticket.category_code == report.code, (report, ticket.category_code)
        assert ticket.ward is not None
        now = _CALLED_NOW.get(report.where, report.where)
        assert fold(ticket.ward.name).endswith(now), (report, ticket.ward.name)
        assert (ticket.level == Level.URGENT) == report.urgent


def _hang_up(engine: Engine, call: Call, extension: str) -> None:
    with transaction(engine) as session:
        row = session.get_one(Call, call.id)
        row.talking, row.ended_at, row.outcome, row.talk_s = [], datetime.now(UTC), "answered", 42.0
        announce(session, f"extension:{extension}", call=row.id)


if __name__ == "__main__":
    main()
