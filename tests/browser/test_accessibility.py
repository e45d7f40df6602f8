"""Pages for everybody: axe finds nothing on any page and state, wide and on a phone; the keyboard gets everywhere."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Article, CategoryKeywords, OutboxRow, PauseReason, PbxStatus, SetAside, Ticket
from callcenter.push import announce
from callcenter.vocab import Clock, GrievanceKind
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_operator import answer, draft, earlier, hang_up, ring
from tests.browser.test_others import file, route, send_to_triage
from tests.factories import Province
from tickets.administration import knowledge
from tickets.administration.knowledge import ArticleFields
from tickets.desk import filing, grievances
from tickets.oversight import shifts
from tickets.people import contacts

_RUN = "axe.run({ resultTypes: ['violations'] }).then((results) => results.violations)"
# Where the keyboard is: what it is, what stands there for the eye, and whether an outline shows it. A shadow would
# not do: fields have one all the time.
_STOP = """() => {
  const at = document.activeElement;
  const seen = at.classList.contains("btn-check") ? at.labels[0] : at;
  const { left, top, bottom } = seen.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(seen);
  return { name: at.name || at.className || at.localName, inside: at.closest(".draft") !== null, left,
           top: top + scrollY, bottom: bottom + scrollY,
           outlined: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 };
}"""


class Checker:
    """Collects what axe finds, so that one run tells about every state of a story."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, page: Page, state: str) -> None:
        """Check the page as it is now at both sizes; it is left at the wide one."""
        for size in (PHONE, WIDE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            self.here(page, f"{state} at {size[0]}")

    def here(self, page: Page, state: str) -> None:
        """Check the page as it is now."""
        # A colour on its way to another has no contrast to measure.
        page.emulate_media(reduced_motion="reduce")
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for violation in page.evaluate(_RUN):
            for node in violation["nodes"]:
                where = f"{state}: {violation['id']} at {node['target']}: {violation['help']}"
                self.found.append(f"{where}\n    {node['html'][:160]}\n    {node['failureSummary']}")


@pytest.fixture
def check() -> Iterator[Checker]:
    checker = Checker()
    yield checker
    assert not checker.found, "\n".join(checker.found)


def go(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("body[data-live-ready]")


def test_the_door(console: Site, open_page: Callable[..., Page], check: Checker) -> None:
    page = open_page(console)
    page.goto(f"{console.url}/sign-in")
    check(page, "sign-in")
    page.get_by_label("Tên đăng nhập").fill("lan")
    page.get_by_label("Mật khẩu").fill("không phải")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "sign-in refused")


def test_the_operators_desk(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], check: Checker
) -> None:
    earlier(engine, province)
    page = open_page(console, "lan")
    page.get_by_text("Lập phiếu không qua cuộc gọi").click()
    check(page, "desk idle")
    call = ring(engine)
    expect(page.locator("#ring .ring")).to_be_visible()
    expect(page.locator(".work-ringing")).to_be_visible()
    check(page, "desk ringing")
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Lĩnh vực").focus()
    expect(page.get_by_role("listbox")).to_be_visible()
    check(page, "desk with a list open")
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    page.get_by_text("Gắn vào phiếu đã có").click()
    page.get_by_text("Kết thúc không lập phiếu").click()
    check(page, "form refused, all parts open")
    go(page, console.url)
    hang_up(engine, call)
    expect(page.locator(".work-ended")).to_be_visible()
    check(page, "desk after the call")
    page.context.set_offline(True)
    page.get_by_label("Nội dung").fill("Gõ khi mất mạng")
    expect(page.locator("#live-down")).to_be_visible()
    expect(page.locator(".save-status")).to_contain_text("giữ tạm trên máy này")
    check(page, "desk without the server")
    page.context.set_offline(False)
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    go(page, f"{console.url}/drafts/{draft(engine, call).code}")
    check(page, "unfinished draft")
    go(page, f"{console.url}/tickets?q=nước")
    expect(page.locator(".rows")).to_contain_text("Nước yếu cả tuần nay")
    check(page, "search")


def test_what_one_call_can_open(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], check: Checker
) -> None:
    """Offers while one types, an answer at once, a complaint, a second report, and a colleague on the same ticket."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        session.add(CategoryKeywords(category_code="moi-truong", phrases=["rác chất đống"]))
        session.add(
            Article(title="Giờ thu gom rác", body="Mỗi ngày từ 17 giờ.", category_code="moi-truong", published=True,
                    created_at=now, changed_at=now)
        )  # fmt: skip
    earlier(engine, province)
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    work = page.locator(".work-talking")
    work.get_by_label("Nội dung").fill("Rác chất đống trước chợ phường 3 Mỹ Tho")
    expect(work.locator(".offer").first).to_be_visible()
    page.keyboard.press("Alt+KeyT")
    page.keyboard.press("Alt+KeyQ")
    expect(work.get_by_role("button", name="Đã hướng dẫn, ghi riêng")).to_be_visible()
    check(page, "offers, answer at once, complaint")
    go(page, console.url)
    page.keyboard.press("Alt+KeyN")
    expect(page.locator("form[data-draft]")).to_have_count(2)
    page.keyboard.press("Alt+KeyX")
    check(page, "second report of a call, about to be put aside")
    hoa = open_page(console, "hoa")
    go(hoa, f"{console.url}/drafts/{draft(engine, call).code}")
    expect(hoa.locator(".others-here")).to_contain_text("Lan")
    check(hoa, "a draft with a colleague on it")


def _fill_the_shelves(engine: Engine, province: Province) -> None:
    """Something on each of the pages that came with the operator's seat."""
    now = datetime.now(UTC)
    lan, hoa, phuc, quan = (province.actor(name) for name in ("lan", "hoa", "phuc", "quan"))
    with transaction(engine) as session:
        fields = {"title": "Giờ thu gom rác", "body": "Mỗi ngày từ 17 giờ.", "category": "moi-truong"}
        knowledge.add_article(session, quan, ArticleFields(**fields, published=True), now=now)
        knowledge.set_keywords(session, quan, "moi-truong", "rác chất đống\nmùi hôi", seen=None, now=now)
        session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
        contacts.save(
            session,
            lan,
            factories.CALLER,
            names=["Bà Tư"],
            note="Nghe kém, nói to",
            flags=["sms_first"],
            seen="",
            now=now,
        )
        call = factories.answered(session, started_at=now, ended_at=now)
        code = filing.open_draft(session, call, now=now).code
        given = {"against": "UBND phường", "summary": "Không nhận đơn"}
        grievances.guide(session, lan, code, GrievanceKind.COMPLAINT, now=now, **given)
        shifts.give(session, hoa, phuc.id or 0, note="Cúp điện từ 9 giờ", now=now)


def test_the_shelves_of_the_operators_seat(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], check: Checker
) -> None:
    pages = {
        "hoa": ("/shift", "/shift/handovers", "/shift/handovers/1", "/grievances", f"/numbers/{factories.CALLER[1:]}"),
        "quan": ("/articles/", "/admin/articles/1", "/admin/keywords/moi-truong", "/admin/pause-reasons"),
    }  # fmt: skip
    empty = open_page(console, "hoa", PHONE)
    for url in ("/grievances", "/articles/", "/shift/handovers"):
        go(empty, f"{console.url}{url}")
        check.here(empty, f"{url} with nothing in it")
    _fill_the_shelves(engine, province)
    for who, urls in pages.items():
        page = open_page(console, who)
        for url in urls:
            go(page, f"{console.url}{url}")
            check(page, url)


def test_the_agencys_pages(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], check: Checker
) -> None:
    page = open_page(console, "son")
    expect(page.get_by_text("Không có phiếu nào chờ đơn vị")).to_be_visible()
    check(page, "inbox empty")
    ticket = file(engine, province, "chieu-sang-dien")
    route(engine, province, ticket)
    row = page.locator(f"#row-{ticket.id}")
    expect(row).to_be_visible()
    check(page, "inbox")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Tiếp nhận")).to_be_visible()
    check(page, "ticket to accept")
    page.get_by_role("button", name="Tiếp nhận").click()
    page.get_by_role("button", name="Gửi kết quả xử lý").click()
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    page.get_by_text("Trả lại (không đúng thẩm quyền)").click()
    check(page, "ticket with an answer refused")


def _leave_behind(engine: Engine, province: Province) -> str:
    """Something in every list of the supervisor's; the code of a ticket in triage."""
    now = datetime.now(UTC)
    unclear = file(engine, province, "khac", "Việc chưa rõ thuộc ai")
    send_to_triage(engine, unclear)
    late = file(engine, province, "chieu-sang-dien")
    route(engine, province, late)
    then = now - timedelta(hours=2)
    with transaction(engine) as session:
        factories.call(session, started_at=now, queued_at=now)
        missed = factories.missed(session, started_at=now, ended_at=now)
        filing.settle_call(session, missed, now=now)
        call = factories.answered(session, started_at=then, ended_at=then + timedelta(minutes=2))
        filing.open_draft(session, call, now=then)
        factories.set_due(session.get_one(Ticket, late.id), Clock.ACCEPT, then)
        session.add(PbxStatus(pbx="tong-dai-1", connected=False, since=then, seen_at=then, detail="refused"))
        session.add(
            SetAside(
                origin="listener", reference="1.9", payload={"Event": "?"}, error="thiếu Linkedid", created_at=then
            )
        )
        promise = {"created_at": then, "send_at": then, "attempts": 5, "failed_at": now, "error": "không nối được"}
        session.add(OutboxRow(queue="routing", payload={"ticket": unclear.code}, **promise))
        announce(session, "stuck")
    return unclear.code


def test_the_supervisors_pages(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], check: Checker
) -> None:
    code = _leave_behind(engine, province)
    page = open_page(console, "phuc")
    expect(page.get_by_role("alert")).to_contain_text("tong-dai-1 mất kết nối")
    check(page, "board")
    go(page, f"{console.url}/supervisor/calls/all")
    check(page, "calls")
    go(page, f"{console.url}/supervisor/tickets/routed")
    check(page, "tickets in a state")
    go(page, f"{console.url}/supervisor/triage")
    page.locator("summary", has_text="Chuyển cho đơn vị").click()
    check(page, "triage")
    go(page, f"{console.url}/supervisor/stuck")
    page.locator("#set-aside summary").click()
    for part in ("overdue", "unfinished", "promises", "set-aside"):
        expect(page.locator(f"#{part} .row-top")).not_to_have_count(0)
    check(page, "left over")
    go(page, f"{console.url}/tickets/{code}")
    check(page, "ticket in triage")


def test_the_administrators_pages(console: Site, open_page: Callable[..., Page], check: Checker) -> None:
    page = open_page(console, "quan")
    check(page, "board without anything")
    go(page, f"{console.url}/admin/users")
    expect(page.get_by_role("row")).not_to_have_count(1)
    check(page, "users")
    go(page, f"{console.url}/nowhere")
    expect(page.get_by_role("heading", name="Không tìm thấy")).to_be_visible()
    check(page, "not found")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_tab_key_follows_the_eye(
    engine: Engine, console: Site, open_page: Callable[..., Page], size: tuple[int, int]
) -> None:
    page = open_page(console, "lan", size)
    answer(engine, ring(engine))
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Nội dung").first.focus()
    page.keyboard.press("Shift+Tab")
    stops: list[dict[str, Any]] = []
    while len(stops) < 20:
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if not stop["inside"]:
            break
        stops.append(stop)
    names = [stop["name"] for stop in stops]
    assert (names[0], len(names)) == ("description", 16), names
    assert [stop["name"] for stop in stops if not stop["outlined"]] == []
    for before, after in pairwise(stops):
        beside = before["top"] < after["bottom"] and after["left"] > before["left"]
        below = after["top"] >= before["bottom"] - 1
        assert below or beside, f"{after['name']} comes after {before['name']}"
