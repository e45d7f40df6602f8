"""A call-back becomes the ticket of what the citizen says, by one key, with number and calls."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from tests import factories
from tests.browser.conftest import Site, arrived
from tests.factories import Province
from tickets.desk import filing
from tickets.life import history
from tickets.oversight import worklist


def test_by_one_key(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        filing.settle_call(session, factories.missed(session, started_at=now, ended_at=now), now=now)
        session.flush()
        code = worklist.callbacks(session, now)[0].ticket.code
    page = open_page(console, "lan")
    page.keyboard.press("Alt+g")
    arrived(page, f"**/tickets/{code}")
    shot(page, "call-back")
    page.get_by_label("Người dân phản ánh gì").fill("Đèn đường trước nhà tắt")
    page.keyboard.press("Alt+n")
    arrived(page, f"**/drafts/{code}")
    expect(page.get_by_label("Nội dung")).to_have_value("Đèn đường trước nhà tắt")
    expect(page.get_by_label("Số liên hệ")).to_have_value("0905 123 456")
    page.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#closing")).to_contain_text("Đã ghi nhận phiếu")
    with transaction(engine) as session:
        assert history.locked(session, code).description == "Đèn đường trước nhà tắt"
