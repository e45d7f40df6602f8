"""Numbers to call back in a real browser: the next by one key, a try in two clicks, many ended by a leader."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import PbxStatus
from callcenter.vocab import Attempt, Disposition, Outcome
from tests import factories
from tests.browser.conftest import Site
from tests.browser.test_accessibility import Checker, check, go
from tests.factories import Province
from tickets.calls import calling
from tickets.desk import filing
from tickets.oversight import worklist

__all__ = ["check"]


def misses(engine: Engine, province: Province) -> None:
    """Three numbers: one tried already, one with a message that cannot be played here, one untouched."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        for place, columns in enumerate(
            ({}, {"outcome": Outcome.VOICEMAIL, "voicemail": "INBOX/msg1"}, {"caller_name": "Bà Sáu"})
        ):
            at = now - timedelta(minutes=50 - 10 * place)
            times = {"started_at": at, "queued_at": at, "ended_at": at + timedelta(seconds=40)}
            call = factories.missed(session, caller=f"+8491300000{place}", **times, **columns)
            filing.settle_call(session, call, now=at)
        first = worklist.callbacks(session, now)[0].ticket
        calling.not_reached(
            session, province.actor("minh"), first.code, Attempt.NO_ANSWER, note="đổ chuông mãi",
            now=now - timedelta(minutes=40),
        )  # fmt: skip


def test_the_next_number_by_one_key_and_the_try_on_record(
    console: Site, open_page: Callable[..., Page], engine: Engine, province: Province, shot: Callable[[Page, str], None]
) -> None:
    misses(engine, province)
    lan = open_page(console, "lan")
    lan.keyboard.press("Alt+g")
    expect(lan).to_have_url(re.compile("/tickets/"))
    lan.get_by_text("Gọi mà chưa gặp").click()
    lan.locator("#not_reached-result").select_option("busy")
    shot(lan, "call-back-try")
    lan.get_by_role("button", name="Ghi lần gọi").click()
    expect(lan.get_by_text("gọi lại chưa gặp: máy bận")).to_be_visible()


def test_the_list_and_the_end_of_many(
    console: Site,
    open_page: Callable[..., Page],
    engine: Engine,
    province: Province,
    check: Checker,
    shot: Callable[[Page, str], None],
) -> None:
    misses(engine, province)
    hoa = open_page(console, "hoa")
    go(hoa, f"{console.url}/call-backs")
    hoa.get_by_text("Kết thúc nhiều số").click()
    hoa.get_by_label("Chọn tất cả các dòng").check()
    check(hoa, "call-backs of a leader")
    shot(hoa, "call-backs")
    hoa.set_viewport_size({"width": 390, "height": 844})
    shot(hoa, "call-backs-phone")
    hoa.set_viewport_size({"width": 1366, "height": 768})
    hoa.get_by_label("Lý do").fill("Đứt cáp")
    hoa.get_by_role("button", name="Kết thúc các số này").click()
    expect(hoa.get_by_text("Đã kết thúc 2 số.")).to_be_visible()
    expect(hoa.get_by_text("Còn lại 1 số có lời nhắn chưa ai nghe.")).to_be_visible()


def test_a_number_that_misuses_the_hotline(
    console: Site,
    open_page: Callable[..., Page],
    engine: Engine,
    province: Province,
    check: Checker,
    shot: Callable[[Page, str], None],
) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        factories.answered(session, started_at=now, disposition=Disposition.PRANK, disposition_note="hát cho nghe")
        session.add(PbxStatus(pbx="lab", connected=True, since=now, seen_at=now, actions=["list", "unlist"]))
    hoa = open_page(console, "hoa")
    go(hoa, f"{console.url}/nuisance")
    row = hoa.get_by_role("listitem").filter(has_text="hát cho nghe")
    row.get_by_text("Quyết định").click()
    row.get_by_label("Lý do").fill("gọi phá cả tối")
    row.get_by_role("button", name="Cho chờ sau người khác").click()
    expect(hoa.get_by_text("đang báo tổng đài lab")).to_be_visible()
    row.get_by_text("Quyết định").click()
    check(hoa, "nuisance")
    shot(hoa, "nuisance")
    hoa.set_viewport_size({"width": 390, "height": 844})
    shot(hoa, "nuisance-phone")
