"""The operator's story in a real browser: it rings, the page shows the caller, typing is saved, the call ends well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from callcenter.db import transaction
from callcenter.models import Call, Ticket
from callcenter.push import announce
from callcenter.vocab import Disposition, TicketState
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.factories import Province
from tickets.actors import Actor
from tickets.desk import filing
from tickets.rules.fields import TicketFields

NOW = datetime.now(UTC)


def ring(engine: Engine, **columns: object) -> Call:
    """What the listener does when a call rings at 101."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        call = factories.call(
            session, **{"started_at": now, "queued_at": now, "caller_name": "Nguyen Van A", **columns}
        )
        filing.open_draft(session, call, now=now)
        announce(session, "calls", call=call.id)
        announce(session, "extension:101", call=call.id)
    return call


def change(engine: Engine, call: Call, **columns: object) -> None:
    """What the listener does when something happens to the call."""
    with transaction(engine) as session:
        row = session.get_one(Call, call.id)
        for name, value in columns.items():
            setattr(row, name, value)
        filing.open_draft(session, row, now=datetime.now(UTC))
        announce(session, "calls", call=row.id)
        announce(session, "extension:101", call=row.id)


def answer(engine: Engine, call: Call) -> None:
    change(engine, call, answered_at=datetime.now(UTC), ringing=[], talking=["101"], operators=["101"], operator="101")


def hang_up(engine: Engine, call: Call) -> None:
    change(engine, call, ended_at=datetime.now(UTC), talking=[], outcome="answered", talk_s=42.0)


def draft(engine: Engine, call: Call) -> Ticket:
    with transaction(engine) as session:
        found = filing.draft_of(session, call)
        assert found is not None
        return found


def earlier(engine: Engine, province: Province) -> Ticket:
    """An older report of the same number, filed and not routed yet."""
    then = NOW - timedelta(days=3)
    with transaction(engine) as session:
        call = factories.answered(session, started_at=then, ended_at=then + timedelta(minutes=2))
        ticket = filing.open_draft(session, call, now=then)
        fields = TicketFields(category_code="cap-thoat-nuoc", ward_code="28249", description="Nước yếu cả tuần nay")
        return filing.file(session, province.actor("lan"), ticket.code, fields, now=then)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_call_from_ring_to_agency(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    size: tuple[int, int],
) -> None:
    old = earlier(engine, province)
    page = open_page(console, "lan", size)
    expect(page.get_by_text("Sẵn sàng nhận cuộc gọi")).to_be_visible()
    shot(page, f"operator-idle-{size[0]}")

    call = ring(engine)
    expect(page.locator("#ring")).to_contain_text("0905 123 456")
    work = page.locator(".work-ringing")
    expect(work).to_contain_text("Nguyen Van A")
    expect(work).to_contain_text("gọi số 1022")
    expect(work).to_contain_text("Nước yếu cả tuần nay")
    expect(page.locator("#waiting")).to_contain_text("Đang đổ chuông 101")
    shot(page, f"operator-ringing-{size[0]}")

    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    page.get_by_label("Xã/phường").fill("phuong 3 my tho")
    page.locator(".choices .choice", has_text="Phường Mỹ Tho").first.wait_for()
    shot(page, f"operator-places-{size[0]}")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_label("Nội dung").fill("Rác chất đống trước chợ, bốc mùi")
    page.get_by_label("Người phản ánh").fill("Nguyễn Văn A")
    page.keyboard.press("Tab")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    shot(page, f"operator-typing-{size[0]}")

    hang_up(engine, call)
    expect(page.locator(".work-ended")).to_be_visible()
    expect(page.get_by_label("Nội dung")).to_have_value("Rác chất đống trước chợ, bốc mùi")
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()
    expect(page.get_by_text("Sẵn sàng nhận cuộc gọi")).to_be_visible()

    ticket = draft(engine, call)
    assert (ticket.state, ticket.category_code, ticket.ward_code) == (TicketState.FILED, "moi-truong", "28249")
    assert (ticket.reporter_name, ticket.description) == ("Nguyễn Văn A", "Rác chất đống trước chợ, bốc mùi")
    assert old.code != ticket.code


def test_typing_survives_what_happens_to_the_call(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    box = page.get_by_label("Nội dung")
    box.press_sequentially("Đường bị ")
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.keyboard.type("ngập ")
    second = ring(engine, caller="+84913000111", caller_raw="0913000111")
    expect(page.locator(".work")).to_have_count(2)
    page.keyboard.type("sâu")
    expect(box.last).to_have_value("Đường bị ngập sâu")
    expect(page.locator(".theirs")).to_have_count(0)
    hang_up(engine, call)
    expect(page.locator(f"details[data-call='{call.id}'].work-ended")).to_be_visible()
    expect(box.last).to_have_value("Đường bị ngập sâu")
    expect(page.locator(".save-status").last).to_contain_text("Đã lưu")
    assert draft(engine, call).description == "Đường bị ngập sâu"
    assert draft(engine, second).description == ""


def test_a_draft_that_was_full_before_the_answer_is_filed_as_it_is(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    page.get_by_label("Lĩnh vực").fill("khac")
    page.keyboard.press("Enter")
    page.get_by_label("Nội dung").fill("Đã biết trước khi nhấc máy")
    page.keyboard.press("Tab")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()
    assert draft(engine, call).state == TicketState.FILED


def test_filing_waits_for_a_server_that_is_away(engine: Engine, console: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.get_by_label("Lĩnh vực").fill("khac")
    page.keyboard.press("Enter")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    page.context.set_offline(True)
    page.get_by_label("Nội dung").fill("Gõ khi mất mạng")
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.locator(".save-status")).to_contain_text("giữ tạm trên máy này")
    page.context.set_offline(False)
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()
    assert draft(engine, call).description == "Gõ khi mất mạng"


def test_a_server_that_is_away_loses_no_word(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_label("Nội dung").fill("Cột đèn đổ")
    expect(page.locator(".save-status")).to_contain_text("giữ tạm trên máy này")
    expect(page.locator("#live-down")).to_be_visible()
    shot(page, "operator-away")
    page.context.set_offline(False)
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    expect(page.locator("#live-down")).to_be_hidden()
    assert draft(engine, call).description == "Cột đèn đổ"


def test_text_that_was_never_sent_comes_back_after_a_reload(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    page.locator(".work-ringing").wait_for()
    page.route("**/save", lambda route: route.abort())
    page.get_by_label("Nội dung").fill("Mất nước ba ngày")
    expect(page.locator(".save-status")).to_contain_text("giữ tạm trên máy này")
    page.reload()
    expect(page.get_by_label("Nội dung")).to_have_value("Mất nước ba ngày")
    # Only now: the page that was left tries again too.
    page.unroute("**/save")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    assert draft(engine, call).description == "Mất nước ba ngày"


def test_two_people_on_one_draft_are_both_kept(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    expect(page.locator(".work-talking")).to_be_visible()
    code = draft(engine, call).code
    leader = province.actor("hoa")
    with transaction(engine) as session:
        fields = TicketFields(description="Chữ của ca trưởng", address="12 Lê Lợi")
        filing.save_draft(session, leader, code, fields, version=None, now=datetime.now(UTC))
    page.get_by_label("Nội dung").fill("Chữ của tôi")
    page.get_by_label("Người phản ánh").focus()
    expect(page.locator(".theirs")).to_contain_text("Chữ của ca trưởng")
    expect(page.get_by_label("Địa chỉ")).to_have_value("12 Lê Lợi")
    expect(page.get_by_label("Nội dung")).to_have_value("Chữ của tôi")
    shot(page, "operator-conflict")
    # What is typed elsewhere is saved without it; the two texts wait for a choice, filing too.
    page.get_by_label("Người phản ánh").fill("Bà Tư")
    page.get_by_label("Địa chỉ").focus()
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Giữ chữ của tôi")).to_be_focused()
    kept = draft(engine, call)
    assert (kept.description, kept.reporter_name, kept.state) == ("Chữ của ca trưởng", "Bà Tư", TicketState.DRAFT)
    page.get_by_role("button", name="Giữ chữ của tôi").click()
    expect(page.locator(".theirs")).to_have_count(0)
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
    assert draft(engine, call).description == "Chữ của tôi"


def test_the_other_two_endings(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    old = earlier(engine, province)
    page = open_page(console, "lan")
    first = ring(engine)
    answer(engine, first)
    hang_up(engine, first)
    expect(page.locator(".work-history")).to_contain_text("Nước yếu cả tuần nay")
    shot(page, "operator-link")
    page.keyboard.press("Alt+H")
    expect(page.get_by_role("status").filter(has_text="Đã gắn vào phiếu")).to_be_visible()
    linked = draft(engine, first)
    assert (linked.state, linked.parent_id) == (TicketState.LINKED, old.id)

    second = ring(engine, caller="+84913000111", caller_raw="0913000111")
    answer(engine, second)
    page.get_by_text("Kết thúc không lập phiếu").click()
    page.get_by_label("Cuộc gọi kết thúc thế nào").select_option("wrong_number")
    page.get_by_role("button", name="Lưu kết quả").click()
    expect(page.get_by_role("status").filter(has_text="Gọi nhầm số")).to_be_visible()
    with transaction(engine) as session:
        assert session.get_one(Call, second.id).disposition == Disposition.WRONG_NUMBER
        assert session.scalars(select(Ticket.state).where(Ticket.id == draft(engine, second).id)).one() == "discarded"


def test_the_page_says_that_the_pbx_is_away(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    from callcenter.models import PbxStatus

    page = open_page(console, "lan")
    now = datetime.now(UTC)
    with transaction(engine) as session:
        session.add(PbxStatus(pbx="tong-dai-1", connected=False, since=now, seen_at=now, detail="refused"))
        announce(session, "pbx")
    expect(page.locator("#pbx")).to_contain_text("Tổng đài tong-dai-1 mất kết nối từ")
    shot(page, "operator-pbx-away")
    with transaction(engine) as session:
        session.get_one(PbxStatus, "tong-dai-1").connected = True
        announce(session, "pbx")
    expect(page.locator("#pbx")).to_be_empty()


def test_rights_stay_with_the_owner(engine: Engine, province: Province) -> None:
    """The helper of these tests plays the listener right: the operator that answered owns the draft."""
    call = ring(engine)
    answer(engine, call)
    assert draft(engine, call).owner_id == Actor.of(province.people["lan"]).id
