"""The strip of one's own telephone in a real browser: by keys, followed as the PBX speaks, and clean for everybody."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Agency, PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.push import announce
from callcenter.vocab import CommandResult
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_operator import answer, ring
from tests.factories import Province
from tickets.telephone.my_phone import VERBS

AXE = "axe.run({ resultTypes: ['violations'] }).then((results) => results.violations.map((one) => one.id))"
MEMBER = {"extension": "101", "name": "101", "paused": False, "status": 1, "interface": "PJSIP/101", "dynamic": True}


def pbx_says(engine: Engine, **member: Any) -> None:
    """What the listener writes when the PBX shows this telephone in its queue."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        session.merge(PbxQueue(pbx="pbx1", name="hotline-1022", title="Tổng đài 1022", members=[{**MEMBER, **member}],
                               seen_at=now))  # fmt: skip
        announce(session, "extension:101")


@pytest.fixture
def heard(engine: Engine, province: Province) -> None:
    now = datetime.now(UTC)
    actions = [*(verb.value for verb in VERBS), "call", "transfer", "consult", "join", "back"]
    with transaction(engine) as session:
        session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
        session.merge(PauseReason(code="hop", name="Họp", position=2))
        session.add(PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=actions))
        # A list is as wide as its longest choice, unless it gives way.
        agency = session.get_one(Agency, province.agencies["power"].id)
        agency.name, agency.phone = "Trung tâm Quản lý hạ tầng kỹ thuật và chiếu sáng công cộng tỉnh", "02733871022"
    pbx_says(engine)


def clean(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(AXE) == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_paused_by_keys_and_back_as_the_pbx_says(
    engine: Engine, console: Site, heard: None, open_page: Callable[..., Page], shot: Callable[[Page, str], None],
    size: tuple[int, int],
) -> None:  # fmt: skip
    page = open_page(console, "lan", size)
    strip = page.locator("#my-phone")
    expect(strip).to_contain_text("Sẵn sàng")
    page.locator("body[data-live-ready]").wait_for()
    page.keyboard.press("Alt+KeyP")
    expect(strip.get_by_role("button", name="Ăn trưa")).to_be_visible()
    shot(page, f"my-phone-reasons-{size[0]}")
    clean(page)
    strip.get_by_role("button", name="Ăn trưa").click()
    expect(strip).to_contain_text("Đang chờ tổng đài…")
    with transaction(engine) as session:
        for command in session.query(PbxCommand):
            command.result, command.ended_at = CommandResult.DONE, datetime.now(UTC)
    pbx_says(engine, paused=True, reason="an-trua", since=int(datetime.now(UTC).timestamp()))
    expect(strip).to_contain_text("Tạm ngưng: Ăn trưa")
    clean(page)
    shot(page, f"my-phone-paused-{size[0]}")
    pbx_says(engine, paused=True, reason="unanswered", since=int(datetime.now(UTC).timestamp()))
    expect(strip).to_contain_text("chuông không ai nghe")
    shot(page, f"my-phone-unanswered-{size[0]}")
    clean(page)
    page.keyboard.press("Alt+KeyR")
    expect(strip).to_contain_text("Đang chờ tổng đài…")
    pbx_says(engine)
    expect(strip).to_contain_text("Sẵn sàng")
    call = ring(engine)
    answer(engine, call)
    expect(page.get_by_role("button", name="Chuyển ngay")).to_be_visible()
    clean(page)
    shot(page, f"my-phone-transfer-{size[0]}")
