"""After filing: the desk says what to tell the citizen, with the agency once it has the ticket, until the next ring."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.push import announce
from tests.browser.conftest import PHONE, WIDE, Site, arrived
from tests.browser.test_operator import answer, draft, hang_up, ring
from tests.factories import Province
from tickets.agency import casework
from tickets.life import history


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_citizen_is_told_code_agency_and_day(
    engine: Engine,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    shot: Callable[[Page, str], None],
    size: tuple[int, int],
) -> None:
    page = open_page(console, "lan", size)
    call = ring(engine)
    answer(engine, call)
    page.locator(".work-talking").get_by_label("Nội dung").fill("Rác chất đống trước chợ")
    page.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    hang_up(engine, call)
    expect(page.locator(".work-ended")).to_be_visible()
    page.get_by_label("Nội dung").focus()
    page.keyboard.press("Control+Enter")
    card = page.locator("#closing")
    code = draft(engine, call).code
    expect(card).to_contain_text("Đã ghi nhận phiếu")
    expect(card.locator(".closing-code")).to_have_text(f"{code[:3]} {code[3:6]} {code[6:]}")
    expect(card).to_contain_text("Đơn vị có trách nhiệm trả lời trước")
    # The work goes on from here.
    expect(card).to_be_focused()
    expect(page.locator("#my-filed")).to_contain_text("Rác chất đống trước chợ")
    with transaction(engine) as session:
        ticket, now = history.locked(session, code), datetime.now(UTC)
        agency = province.people["son"].agency
        casework.place(session, ticket, agency.id, (), province.actor("hoa"), now=now, why="rule")
        announce(session, "tickets", ticket=ticket.id)
        name = agency.name
    expect(card).to_contain_text(f"{name} trả lời trước")
    shot(page, f"closing-{size[0]}")
    ring(engine)
    expect(page.locator(".work-ringing")).to_be_visible()
    expect(card.locator(".closing")).to_have_count(0)


def test_one_more_report_after_the_caller_has_gone(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    page.locator(".work-talking").get_by_label("Nội dung").fill("Rác chất đống trước chợ")
    page.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#closing")).to_contain_text("Đã ghi nhận phiếu")
    hang_up(engine, call)
    expect(page.locator(".work")).to_have_count(0)
    page.keyboard.press("Alt+n")
    # The cursor stands where one begins to type, in the browser's own time too.
    arrived(page, re.compile("#open-"))
    expect(page.get_by_label("Nội dung")).to_be_focused()
    page.wait_for_load_state("load")
    page.keyboard.type("Đèn đường tắt")
    expect(page.get_by_label("Nội dung")).to_have_value("Đèn đường tắt")


def test_a_refused_report_stays_on_the_desk_where_the_next_call_rings(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(console, "lan")
    call = ring(engine)
    answer(engine, call)
    first = page.locator(".work-talking")
    first.get_by_label("Nội dung").fill("Rác chất đống trước chợ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("combobox", name="Lĩnh vực")).to_be_focused()
    expect(page.locator("#side")).to_be_visible()
    hang_up(engine, call)
    expect(page.locator(".work-ended")).to_be_visible()
    following = ring(engine, caller="+84905999888")
    answer(engine, following)
    expect(page.locator(".work-talking")).to_contain_text("0905 999 888")
    expect(page.locator(".work-ended").get_by_label("Nội dung")).to_have_value("Rác chất đống trước chợ")
