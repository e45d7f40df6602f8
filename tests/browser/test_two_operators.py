"""Two operators at two desks: a call that rings at both, is answered by one, and is passed on to the other."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Call
from callcenter.push import announce
from tests.browser.conftest import Site
from tests.browser.test_operator import draft, ring
from tickets.desk import filing

BOTH = ["101", "102"]


def now() -> datetime:
    return datetime.now(UTC)


def change(engine: Engine, call: Call, **columns: object) -> None:
    """What the listener does when something happens to a call that both desks have heard of."""
    with transaction(engine) as session:
        row = session.get_one(Call, call.id)
        for name, value in columns.items():
            setattr(row, name, value)
        filing.open_draft(session, row, now=now())
        if row.ended_at is not None:
            filing.settle_call(session, row, now=now())
        announce(session, "calls", call=row.id)
        for extension in BOTH:
            announce(session, f"extension:{extension}", call=row.id)


def test_one_draft_goes_from_hand_to_hand(engine: Engine, console: Site, open_page: Callable[..., Page]) -> None:
    lan, minh = open_page(console, "lan"), open_page(console, "minh")
    call = ring(engine, rang=BOTH, ringing=BOTH)
    change(engine, call)
    code = draft(engine, call).code
    for page in (lan, minh):
        expect(page.locator(f"#work-{code}.work-ringing")).to_be_visible()
        expect(page.locator("#ring")).to_contain_text("0905 123 456")

    change(engine, call, answered_at=now(), ringing=[], talking=["102"], operators=["102"], operator="102")
    expect(minh.locator(f"#work-{code}.work-talking")).to_be_visible()
    expect(lan.locator(f"#work-{code}")).to_have_count(0)
    expect(lan.locator("#ring")).to_be_empty()
    minh.get_by_label("Nội dung").fill("Hỏi sổ đỏ, xin chuyển máy cho chị Lan")
    minh.keyboard.press("Tab")
    expect(minh.locator(".save-status")).to_contain_text("Đã lưu")

    change(engine, call, talking=["101"], operators=BOTH[::-1], rang=BOTH)
    expect(lan.locator(f"#work-{code}.work-talking")).to_be_visible()
    expect(lan.get_by_label("Nội dung")).to_have_value("Hỏi sổ đỏ, xin chuyển máy cho chị Lan")
    expect(minh.locator(f"#work-{code}")).to_have_count(0)

    change(engine, call, talking=[], ended_at=now(), outcome="answered", talk_s=60.0, lost_in_transfer=True)
    expect(lan.locator(f"#work-{code}")).to_have_count(0)
    for page in (lan, minh):
        expect(page.locator("#call-backs")).to_contain_text("0905 123 456")


def test_two_who_have_one_draft_open_see_each_other(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Callable[[Page, str], None]
) -> None:
    lan, hoa = open_page(console, "lan"), open_page(console, "hoa")
    call = ring(engine)
    code = draft(engine, call).code
    expect(lan.locator(f"#work-{code}")).to_be_visible()
    with lan.expect_response("**/onlookers"):
        pass
    hoa.goto(f"{console.url}/drafts/{code}")
    expect(hoa.locator(".others-here")).to_contain_text("Nguyễn Thị Lan")
    expect(lan.locator(".others-here")).to_contain_text("Lê Thị Hoa")
    shot(lan, "operator-others-here")
