"""An emergency in a real browser: two keys while typing, the leader's alarm, and the end by the PBX's word."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from callcenter.db import transaction
from callcenter.models import Call, Emergency, PbxCommand, Ticket
from callcenter.push import announce
from callcenter.vocab import CommandResult, EmergencyEnd, Level, Third
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_my_phone import AXE, heard
from tests.browser.test_operator import answer, ring
from tickets.telephone import emergency_watch

__all__ = ["heard"]


def shows(engine: Engine, call_id: int, **columns: Any) -> None:
    """What the listener writes when the PBX shows something new of the call; commands are done."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        for command in session.query(PbxCommand).where(PbxCommand.result.is_(None)):
            command.result, command.ended_at = CommandResult.DONE, now
        call = session.get_one(Call, call_id)
        for name, value in columns.items():
            setattr(call, name, value)
        emergency_watch.follow(session, [call], now=now)
        announce(session, "extension:101", call=call_id)
        announce(session, "calls", call=call_id)


def clean(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(AXE) == []


def in_the_dark(page: Page, shot: Callable[[Page, str], None], name: str) -> None:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    clean(page)
    shot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_two_keys_while_typing_alarm_the_leader_until_the_caller_is_with_115(
    engine: Engine, console: Site, heard: None, open_page: Callable[..., Page], shot: Callable[[Page, str], None],
    size: tuple[int, int],
) -> None:  # fmt: skip
    call = ring(engine)
    lan, hoa = open_page(console, "lan", size), open_page(console, "hoa", size)
    answer(engine, call)
    field = lan.locator(".work-talking .field-address input")
    field.fill("Cầu Rạch Miễu, đầu phía Mỹ Tho")
    # The card and the strip with the key read themselves again one by one.
    expect(lan.locator(".emergency-open")).to_be_visible()
    lan.keyboard.press("Alt+KeyC")
    expect(lan.get_by_role("button", name="115 Cấp cứu")).to_be_visible()
    sheet = lan.locator(".emergency-sheet").bounding_box()
    assert sheet is not None
    assert sheet["width"] >= 300
    assert sheet["x"] + sheet["width"] <= size[0]
    shot(lan, f"emergency-menu-{size[0]}")
    clean(lan)
    lan.keyboard.press("5")
    bar = lan.locator("#emergency .emergency")
    expect(bar).to_contain_text("115 Cấp cứu")
    # What was being typed stands, no digit fell into it, and the form is urgent without a new page.
    expect(field).to_have_value("Cầu Rạch Miễu, đầu phía Mỹ Tho")
    expect(lan.locator('.work-talking input[name="level"][value="urgent"]')).to_be_checked()
    alarm = hoa.locator("#emergency .emergency[data-alarm]")
    expect(alarm).to_contain_text("Cầu Rạch Miễu")
    expect(hoa).to_have_title("‼ 115 Cấp cứu")
    shot(hoa, f"emergency-alarm-{size[0]}")
    clean(hoa)
    in_the_dark(hoa, shot, f"emergency-alarm-{size[0]}")
    shows(engine, call.id, talking=[], third=Third.ANSWERED)
    expect(bar).to_contain_text("115 đã nhấc máy")
    field = lan.locator(".work[open] .field-address input")
    expect(field).to_have_value("Cầu Rạch Miễu, đầu phía Mỹ Tho")
    shot(lan, f"emergency-speaking-{size[0]}")
    clean(lan)
    in_the_dark(lan, shot, f"emergency-speaking-{size[0]}")
    hoa.get_by_role("button", name="Tôi lo").click()
    expect(hoa.locator("[data-alarm]")).to_have_count(0)
    expect(bar).to_contain_text("Lê Thị Hoa đang lo")
    bar.get_by_role("button", name="Nối người gọi vào").click()
    expect(bar).to_contain_text("115")
    shows(engine, call.id, third=Third.WITH_CALLER)
    expect(bar).to_have_count(0)
    expect(hoa.locator("#emergency .emergency")).to_have_count(0)
    with transaction(engine) as session:
        row = session.scalars(select(Emergency)).one()
        ticket = session.get_one(Ticket, row.ticket_id)
        assert (row.ended, row.taken_by) == (EmergencyEnd.ANSWERED, "Lê Thị Hoa")
        assert (ticket.level, ticket.address) == (Level.URGENT, "Cầu Rạch Miễu, đầu phía Mỹ Tho")


def test_the_digit_may_follow_the_key_at_once(
    engine: Engine, console: Site, heard: None, open_page: Callable[..., Page]
) -> None:
    """Before the browser has reported that the menu is open: the digit picks the service, and falls into no field."""
    answer(engine, ring(engine))
    lan = open_page(console, "lan")
    field = lan.locator(".work-talking .field-address input")
    field.fill("Cầu Rạch Miễu")
    lan.evaluate("""() => {
        for (const keys of [{ code: "KeyC", key: "c", altKey: true }, { code: "Digit4", key: "4" }]) {
            const event = new KeyboardEvent("keydown", { ...keys, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }
    }""")
    expect(lan.locator("#emergency .emergency")).to_contain_text("114 Chữa cháy, cứu nạn")
    expect(field).to_have_value("Cầu Rạch Miễu")


def test_the_caller_is_gone_and_the_leader_says_how_it_ended(
    engine: Engine, console: Site, heard: None, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    """What is typed into the end's form stays when it is refused, and while the page reads itself again."""
    call = ring(engine)
    lan, hoa = open_page(console, "lan"), open_page(console, "hoa")
    answer(engine, call)
    expect(lan.locator(".work-talking")).to_be_visible()
    # The card and the strip with the key read themselves again one by one.
    expect(lan.locator(".emergency-open")).to_be_visible()
    lan.keyboard.press("Alt+KeyC")
    lan.keyboard.press("4")
    bar = lan.locator("#emergency .emergency")
    expect(bar).to_contain_text("114 Chữa cháy, cứu nạn")
    shows(engine, call.id, talking=[], ended_at=datetime.now(UTC))
    expect(bar.get_by_role("button", name="Gọi lại người gọi")).to_be_visible()
    shot(lan, "emergency-caller-gone")
    clean(lan)
    hoa.locator("#emergency").get_by_text("Đã xong…").click()
    hoa.get_by_label("Kết thúc thế nào").select_option("caller_gone")
    shot(hoa, "emergency-end")
    clean(hoa)
    hoa.get_by_role("button", name="Kết thúc việc khẩn cấp").click()
    expect(hoa.locator("#emergency")).to_contain_text("Hãy ghi đã làm gì")
    expect(hoa.get_by_label("Kết thúc thế nào")).to_have_value("caller_gone")
    hoa.get_by_label("Đã làm gì").fill("Đã gọi 114 và công an xã")
    hoa.get_by_role("button", name="Kết thúc việc khẩn cấp").click()
    expect(hoa.locator("#emergency .emergency")).to_have_count(0)
    expect(lan.locator("#emergency .emergency")).to_have_count(0)
    hoa.goto(f"{console.url}/emergencies/")
    expect(hoa.get_by_text("Đã gọi 114 và công an xã")).to_be_visible()
    clean(hoa)
    shot(hoa, "emergency-record")
    lan.reload()
    expect(lan.get_by_role("button", name="Kết thúc: đã chuyển khẩn cấp")).to_be_visible()
    shot(lan, "emergency-card")
    clean(lan)
