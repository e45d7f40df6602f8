"""One desk, two people, in a real browser: taken over openly, shown on the open page; how its pages look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.models import AfterCall, PhoneStint
from callcenter.vocab import AFTER_CALL
from tests import factories
from tests.browser.conftest import Site
from tests.browser.test_accessibility import Checker, check
from tests.browser.test_capture import look
from tests.browser.test_my_phone import heard, pbx_says
from tests.factories import Province

__all__ = ["check", "heard"]
NOW = datetime.now(UTC)


@pytest.fixture
def shared(session: Session, province: Province, heard: None) -> Province:
    """101 is the usual telephone of both, and Lan sits there, in after-call work; 102 is free."""
    factories.sits(session, province.people["minh"], None)
    province.people["minh"].usual_extension, province.people["hoa"].usual_extension = "101", "102"
    call = factories.answered(session, started_at=NOW - timedelta(seconds=80), answered_at=NOW - timedelta(seconds=70),
                              ended_at=NOW, talk_s=70.0)  # fmt: skip
    session.add(AfterCall(pbx="pbx1", extension="101", user_id=province.people["lan"].id, call_id=call.id, began_at=NOW,
                          ready_due=NOW + timedelta(minutes=9), paused_at=NOW))  # fmt: skip
    session.add(PhoneStint(pbx="pbx1", extension="101", doing="free", reason="", since=NOW - timedelta(minutes=30)))
    session.commit()
    return province


def test_a_desk_changes_hands(
    engine: Engine, console: Site, shared: Province, open_page: Callable[..., Page], shot: Callable[[Page, str], None],
    check: Checker,
) -> None:  # fmt: skip
    pbx_says(engine, paused=True, reason=AFTER_CALL, since=int(NOW.timestamp()))
    lan = open_page(console, "lan")
    expect(lan.locator("#my-phone")).to_contain_text("Xử lý sau cuộc gọi")
    look(lan, shot, check, "desk-after-call")
    lan.goto(f"{console.url}/my-figures")
    look(lan, shot, check, "desk-my-figures")
    minh = open_page(console, "minh")
    expect(minh.get_by_role("heading", name="Ông/bà ngồi ở máy nào?")).to_be_visible()
    look(minh, shot, check, "desk-choose")
    lan.locator("body[data-live-ready]").wait_for()
    minh.get_by_role("button", name="Tiếp quản 101").click()
    expect(minh.locator("#my-phone")).to_contain_text("101")
    # Shown without a reload.
    expect(lan.locator("#my-phone [role=alert]")).to_contain_text("Trần Văn Minh đã tiếp quản máy 101 của ông/bà")
    look(lan, shot, check, "desk-taken-over")
    hoa = open_page(console, "hoa")
    hoa.goto(f"{console.url}/supervisor/people")
    expect(hoa.locator("#rows")).to_contain_text("Nguyễn Thị Lan")
    look(hoa, shot, check, "desk-people")
