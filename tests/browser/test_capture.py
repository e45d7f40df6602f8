"""The page Capture as a supervisor sees it: a figure opens its calls, a call its rows; wide, phone, light, dark."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter import models
from callcenter.db import transaction
from callcenter.models import PbxGap, PbxStatus, WitnessCursor
from callcenter.vocab import Verdict
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker, check

__all__ = ["check"]

NOW = datetime.now(UTC)
LINES = [
    "1795612712|1795612712.4|hotline-1022|NONE|HOTLINESTART|0905123456|allowed_not_screened|1022|trunk",
    "1795612713|1795612712.4|hotline-1022|NONE|ENTERQUEUE||0905123456|1",
    "1795612715|1795612712.4|hotline-1022|Lan|CONNECT|2|1795612713.5|2",
]


@pytest.fixture
def evening(engine: Engine) -> None:
    """A gap, a call mended after it, one that agrees, one without an explanation, and a witness that is away."""
    with transaction(engine) as session:
        for verdict in (Verdict.AGREES, Verdict.REPAIRED, Verdict.UNEXPLAINED):
            call = factories.answered(session, started_at=NOW, ended_at=NOW)
            fields = [
                ("outcome", "failed", "answered"),
                ("answered_at", None, NOW.isoformat()),
                ("operators", [], ["101"]),
            ]
            differences = [{"field": name, "recorded": one, "witnessed": other} for name, one, other in fields]
            session.add(
                models.Testimony(
                    pbx=call.pbx,
                    linkedid=call.linkedid,
                    rows={} if verdict == Verdict.UNEXPLAINED else {"queue_log": LINES},
                    started_at=NOW,
                    last_at=NOW,
                    closed=True,
                    call_id=call.id,
                    verdict=verdict,
                    differences=differences if verdict == Verdict.REPAIRED else [],
                    checked_at=NOW,
                )
            )
        pbx = call.pbx
        session.add(PbxStatus(pbx=pbx, connected=True, since=NOW, seen_at=NOW))
        session.add(WitnessCursor(pbx=pbx, witness="queue_log", place={}, read_at=NOW, read_to=NOW))
        error = "OperationalError: unable to open database file"
        session.add(WitnessCursor(pbx=pbx, witness="cel", place={}, read_at=NOW, error=error))
        began = NOW - timedelta(minutes=2)
        session.add(
            PbxGap(pbx=pbx, started_at=began, ended_at=NOW, why="connection lost", settled_at=NOW, restarted=True)
        )


def test_from_a_figure_to_the_rows_behind_it(
    console: Site, evening: None, open_page: Callable[..., Page], shot: Callable[[Page, str], None], check: Checker
) -> None:
    page = open_page(console, "phuc")
    page.goto(f"{console.url}/capture/")
    # What is wrong with a log is shown whole, not cut off after two lines.
    reason = page.get_by_text("unable to open database file")
    assert reason.evaluate("it => it.scrollHeight <= it.clientHeight + 1")
    look(page, shot, check, "capture")
    page.get_by_role("link", name="1 Bổ sung từ nhật ký tổng đài").click()
    look(page, shot, check, "capture-calls")
    page.locator("tbody a").first.click()
    expect(page.get_by_text("Phần nghe sót đã được bổ sung từ nhật ký tổng đài.")).to_be_visible()
    expect(page.get_by_role("row", name="Kết quả Lỗi kỹ thuật Đã nghe máy")).to_be_visible()
    expect(page.get_by_text("CONNECT")).to_be_visible()
    look(page, shot, check, "capture-call")


def look(page: Page, shot: Callable[[Page, str], None], check: Checker, name: str) -> None:
    """Nothing sticks out at either size, and axe finds nothing in either theme."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        check(page, f"{name} {scheme}")
        for word, size in (("wide", WIDE), ("phone", PHONE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} {word}"
            shot(page, f"{name}-{word}-{scheme}")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
