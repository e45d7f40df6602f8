"""Homes of supervisor, shift leader and operator in a real browser: live, explained by keyboard, right on a phone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Call, PbxQueue, PbxStatus, Ticket
from callcenter.push import announce
from callcenter.vocab import Clock, Disposition, Level, Outcome, Source
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_others import no_sideways_scroll
from tests.factories import Province
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.figures.overview import local_day
from tickets.life import history
from tickets.rules.fields import TicketFields
from tickets.rules.sla import VIETNAM

ROUTING = Actor.rule("routing")
# Calls an hour, from midnight on.
_BUSY = [0, 0, 0, 0, 0, 1, 3, 9, 14, 12, 10, 7, 4, 8, 11, 9, 6, 4, 3, 2, 2, 1, 1, 0]
# The bar and the footer have tests of their own.
_RUN = "axe.run('main', { resultTypes: ['violations'] }).then((results) => results.violations)"


def one_call(session: Session, dice: Random, at: datetime) -> Call:
    how = dice.random()
    number = f"+8490{dice.randrange(1_000_000, 9_999_999)}"
    wait = dice.choice([2.0, 5.0, 9.0, 14.0, 19.0, 27.0, 45.0])
    times = {"started_at": at, "queued_at": at, "caller": number, "wait_s": wait}
    if how < 0.78:
        talk = dice.randrange(40, 300)
        return factories.answered(session, **times, talk_s=talk, ended_at=at + timedelta(seconds=wait + talk))
    outcome = dice.choice([Outcome.ABANDONED, Outcome.ABANDONED, Outcome.TIMEOUT, Outcome.VOICEMAIL, Outcome.FORWARDED])
    short = Disposition.SHORT_ABANDON if outcome == Outcome.ABANDONED and wait < 5 else None
    ended = at + timedelta(seconds=wait)
    return factories.missed(session, **times, outcome=outcome, disposition=short, ended_at=ended)


def days_of_calls(session: Session, now: datetime) -> None:
    """Today so far and the same weekday four times before."""
    dice = Random(7)
    for week in range(5):
        noon = now - timedelta(weeks=week)
        midnight = noon.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
        for hour, busy in enumerate(_BUSY):
            for _ in range(busy):
                at = midnight + timedelta(hours=hour, minutes=dice.randrange(60))
                if at < now:
                    one_call(session, dice, at.astimezone(UTC))


def work_left(session: Session, province: Province, now: datetime) -> dict[str, Ticket]:
    """A draft left lying, call-backs, an urgent report, one in triage, one late at the water company."""
    lan = province.actor("lan")
    before = now - timedelta(minutes=50)
    made: dict[str, Ticket] = {}
    just = now - timedelta(seconds=20)
    factories.answered(session, started_at=just, queued_at=just, ended_at=now, caller="+84902333555")
    talked = factories.answered(session, started_at=before, ended_at=before, caller="+84905123456")
    made["draft"] = filing.open_draft(session, talked, now=before)
    made["draft"].description = "Nhà bà Sáu ấp Bình Thạnh báo cây me tây trước cổng sắp ngã vào đường dây điện"
    for number, minutes in (("+84913000111", 45), ("+84913000111", 20), ("+84918222333", 25), ("+84988777666", 4)):
        at = now - timedelta(minutes=minutes)
        call = factories.missed(session, started_at=at, queued_at=at, ended_at=at, caller=number,
                                caller_name="Nguyễn Thị Phượng" if number.endswith("333") else None)  # fmt: skip
        filing.settle_call(session, call, now=at)
    for name, category, text, level in (
        ("urgent", "cap-thoat-nuoc", "Vỡ ống nước lớn ở ngã tư Lý Thường Kiệt, nước tràn vào nhà dân", Level.URGENT),
        ("triage", "khac", "Loa kéo karaoke tới khuya mấy đêm liền ở khu dân cư", Level.NORMAL),
        ("late", "cap-thoat-nuoc", "Nước yếu cả tuần nay, tối không có nước tắm cho trẻ nhỏ", Level.NORMAL),
    ):
        draft = filing.new_ticket(session, lan, source=Source.COUNTER, now=before)
        fields = TicketFields(category_code=category, description=text, level=level, reporter_phone="0905123456")
        made[name] = filing.file(session, lan, draft.code, fields, now=before)
    for name in ("urgent", "late"):
        casework.place(session, made[name], province.agencies["water"].id, (), ROUTING, now=before, why="rule")
    factories.set_due(made["late"], Clock.ACCEPT, now - timedelta(hours=5))
    made["triage"].routing_reason = "no_rule"
    history.move(session, made["triage"], "triage", ROUTING, now=before, why="no_rule")
    return made


def team(session: Session, now: datetime) -> None:
    members = [
        {"extension": "101", "name": "lan", "paused": False, "status": 1},
        {"extension": "102", "name": "minh", "paused": False, "status": 2},
        {"extension": "103", "name": "hoa", "paused": True, "status": 1},
        {"extension": "109", "name": "Máy dự phòng", "paused": False, "status": 5},
    ]
    session.add(PbxQueue(pbx="tong-dai-1", name="hotline-1022", members=members, seen_at=now))
    session.add(PbxStatus(pbx="tong-dai-1", connected=True, since=now - timedelta(hours=6), seen_at=now, detail=None))
    talk = now - timedelta(seconds=95)
    factories.call(session, started_at=talk, queued_at=talk, answered_at=talk, ringing=[], talking=["102"],
                   operators=["102"], caller="+84939111222")  # fmt: skip
    wait = now - timedelta(seconds=40)
    factories.call(session, started_at=wait, queued_at=wait, ringing=[], rang=[], caller="+84977333444")


@pytest.fixture
def full(engine: Engine, province: Province) -> dict[str, Ticket]:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        days_of_calls(session, now)
        made = work_left(session, province, now)
        team(session, now)
    return made


@pytest.fixture
def looked(shot: Callable[[Page, str], None]) -> Iterator[Callable[[Page, str], None]]:
    """Looks at a page in both sizes and both themes: no sideways scroll, nothing for axe to find, a picture of each."""
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        page.emulate_media(reduced_motion="reduce")
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for theme in ("dark", "light"):
            page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
            for size in (PHONE, WIDE):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                where = f"{name}-{size[0]}-{theme}"
                shot(page, where)
                if not no_sideways_scroll(page):
                    found.append(f"{where} scrolls sideways")
                for violation in page.evaluate(_RUN):
                    nodes = [f"{node['html'][:120]} {node['failureSummary']}" for node in violation["nodes"][:3]]
                    found.append(f"{where}: {violation['id']}: {nodes}")

    yield look
    assert not found, "\n".join(found)


def test_the_supervisors_day(
    engine: Engine,
    full: dict[str, Ticket],
    console: Site,
    open_page: Callable[..., Page],
    looked: Callable[[Page, str], None],
) -> None:
    page = open_page(console, "phuc")
    expect(page.get_by_role("heading", name="Hôm nay")).to_be_visible()
    looked(page, "day")
    mark = page.get_by_role("button", name="Cách tính: Mức độ phục vụ")
    words = page.locator("#why-sl4")
    expect(words).to_be_hidden()
    mark.focus()
    expect(words).to_be_visible()
    expect(words).to_contain_text("A_T / (A + Ab − Ab_s), T = 20 giây")
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    mark.click()
    expect(words).to_be_visible()

    waiting = page.locator("#figure-waiting b")
    expect(waiting).to_have_text("1")

    def one_more(number: int) -> None:
        with transaction(engine) as session:
            now = datetime.now(UTC)
            call = factories.call(session, started_at=now, queued_at=now, ringing=[], rang=[], caller="+84911222333")
            announce(session, "calls", call=call.id)
        expect(waiting).to_have_text(str(number))

    # Figures that are read again leave the words as they stood: open, or closed with the mouse still on their mark.
    one_more(2)
    expect(words).to_be_visible()
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    one_more(3)
    expect(words).to_be_hidden()
    now = datetime.now(UTC)

    page.get_by_text("Xem dạng bảng").click()
    page.locator("#hours-twin tbody a", has_text=f"{now.astimezone(VIETNAM).hour:02d}:00").click()
    expect(page.locator("tbody tr").first).to_contain_text("09")
    expect(page.get_by_role("heading", name="Cuộc gọi")).to_be_visible()
    looked(page, "day-calls")
    page.goto(f"{console.url}/supervisor/?day={local_day(datetime.now(UTC)) - timedelta(weeks=1)}")
    expect(page.get_by_text("Ngay lúc này")).to_have_count(0)
    looked(page, "day-past")
    page.goto(f"{console.url}/supervisor/unreached")
    looked(page, "day-unreached")


def test_the_shift_leaders_page(
    engine: Engine,
    full: dict[str, Ticket],
    console: Site,
    open_page: Callable[..., Page],
    looked: Callable[[Page, str], None],
) -> None:
    page = open_page(console, "hoa")
    expect(page.get_by_role("heading", name="Ca trực")).to_contain_text("5 việc chưa ai lo")
    looked(page, "shift")
    page.locator("#seat-101").get_by_text("Sẵn sàng").wait_for()
    with transaction(engine) as session:
        now = datetime.now(UTC)
        call = factories.call(session, started_at=now, queued_at=now, caller="+84911222333")
        announce(session, "calls", call=call.id)
    expect(page.locator("#seat-101")).to_contain_text("Đang đổ chuông")
    row = page.locator(f"#left-{full['draft'].id}")
    row.get_by_text("Giao cho…").click()
    row.get_by_label("Giao cho ai").select_option(label="Trần Văn Minh · 102")
    row.get_by_role("button", name="Giao", exact=True).click()
    expect(page.get_by_text("Đã giao cho Trần Văn Minh.")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Bàn trực").first.click()
    expect(page.get_by_role("heading", name="Việc gọi lại")).to_be_visible()
    looked(page, "leader-desk")


def test_two_operators_see_who_calls_whom(
    full: dict[str, Ticket], console: Site, open_page: Callable[..., Page], looked: Callable[[Page, str], None]
) -> None:
    lan, minh = open_page(console, "lan"), open_page(console, "minh")
    expect(lan.locator("#call-backs")).to_contain_text("2 cuộc nhỡ")
    looked(lan, "desk-full")
    minh.get_by_role("button", name="Nhận việc gọi lại").press("Enter")
    expect(minh.get_by_text("0913 000 111").first).to_be_visible()
    expect(lan.locator("#call-backs")).to_contain_text("Trần Văn Minh đang giữ")
    minh.goto(console.url)
    minh.get_by_role("button", name="Để lại").click()
    expect(minh.get_by_text("Đã để lại 0913 000 111")).to_be_visible()
    expect(lan.locator("#call-backs").get_by_text("Trần Văn Minh đang giữ")).to_have_count(0)
