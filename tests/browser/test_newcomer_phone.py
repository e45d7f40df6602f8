"""The newcomer's first call in a browser: simulated PBX, listener and console as processes, one person with keys."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.config import Settings
from callcenter.models import Call, PbxCommand, PbxStatus, Ticket
from callcenter.vocab import CommandResult, HungUpBy, Outcome, TicketState
from scripts.demo.simulated.callers import Plan
from scripts.demo.simulated.speech import speech
from tests import factories
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker, check  # noqa: F401 (a fixture of the module beside this one)
from tests.factories import Province
from tests.scripts.processes import MANAGE, environment, free_port, running, wait_for_line
from tickets.desk import filing

pytestmark = pytest.mark.timeout(180)

# Its first caller is served, shows a name, and dials a number without a menu.
SEED = 52


@pytest.fixture
def calls(settings: Settings, province: Province) -> Iterator[None]:
    """The simulated PBX, and the listener that hears it; one caller, and no other for an hour."""
    port = free_port()
    pbx = f"simulated=ami://callcenter:s@127.0.0.1:{port}"
    given = environment(settings, CALLCENTER_PBX=pbx, HOTLINE_SIMULATOR_SECRET="s")
    play = (sys.executable, "-P", "-m", "scripts.demo.simulator", "--port", str(port), "--every", "3600",
            "--operators", "101,102", "--seed", str(SEED))  # fmt: skip
    with running(given, *play), running(given, *MANAGE, "listen") as listener:
        wait_for_line(listener, "ready simulated")
        yield


@pytest.fixture
def dark() -> Callable[[Page], None]:
    return lambda page: page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_newcomer_answers_types_hangs_up_and_files(
    size: tuple[int, int],
    console: Site,
    open_page: Callable[..., Page],
    session: Session,
    shot: Callable[[Page, str], None],
    dark: Callable[[Page], None],
    request: pytest.FixtureRequest,
) -> None:
    name = "wide" if size == WIDE else "phone"
    page = open_page(console, "lan", size)
    request.getfixturevalue("calls")
    plan = Plan.make(SEED, 1)

    answer = page.locator("#ring").get_by_role("button", name="Nhận máy")
    expect(answer).to_be_visible()
    expect(page.locator("#ring")).to_contain_text(plan.name)
    assert page.title().startswith("☎")
    shot(page, f"newcomer-rings-{name}")
    page.keyboard.press("Alt+a")

    expect(page.locator(".work-talking")).to_be_visible()
    expect(page.get_by_label("Nội dung")).to_be_focused()
    report = speech(plan.number, plan.name)[2].text
    expect(page.get_by_text(report)).to_be_visible()
    expect(page.locator(".caller-says")).to_contain_text("mô phỏng")
    page.keyboard.type("Đường hư, xe bụi mù")
    page.get_by_label("Lĩnh vực").fill("moi truong")
    page.keyboard.press("Enter")
    shot(page, f"newcomer-talks-{name}")
    dark(page)
    shot(page, f"newcomer-talks-{name}-dark")
    if size == PHONE:
        hang_up_stays_in_reach(page)
    page.keyboard.press("Alt+k")

    expect(page.locator(".work-ended")).to_be_visible()
    expect(page.get_by_label("Nội dung")).to_have_value("Đường hư, xe bụi mù")
    expect(page.get_by_role("button", name="Gác máy")).to_have_count(0)
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()

    session.rollback()
    call = session.scalars(select(Call)).one()
    assert (call.outcome, call.operators, call.hung_up_by) == (Outcome.ANSWERED, ["101"], HungUpBy.OPERATOR)
    assert session.scalars(select(Ticket)).one().state != TicketState.DRAFT
    told = session.scalars(select(PbxCommand).order_by(PbxCommand.id)).all()
    assert [(command.verb, command.result) for command in told] == [("answer", "done"), ("hang_up", "done")]


def hang_up_stays_in_reach(page: Page) -> None:
    """Wherever the form is scrolled to; and it hides no field in use."""
    button = page.get_by_role("button", name="Gác máy")
    bottom = "document.querySelector('#ring').getBoundingClientRect().bottom"
    # Where a page comes to rest, not where it is on its way there.
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Chuyển xử lý").scroll_into_view_if_needed()
    expect(button).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for field in ("Nội dung", "Địa chỉ"):
        page.get_by_label(field).first.focus()
        box = page.get_by_label(field).first.bounding_box()
        assert box is not None
        assert box["y"] >= page.evaluate(bottom), field
        expect(button).to_be_in_viewport(ratio=1)


def test_answered_from_another_page_it_leads_to_its_draft_and_other_pages_can_hang_up(
    console: Site,
    open_page: Callable[..., Page],
    request: pytest.FixtureRequest,
    shot: Callable[[Page, str], None],
) -> None:
    page = open_page(console, "lan")
    page.goto(f"{console.url}/tickets")
    request.getfixturevalue("calls")
    page.locator("#ring").get_by_role("button", name="Nhận máy").click()
    expect(page.locator(".work-talking").get_by_label("Nội dung")).to_be_focused()
    page.goto(f"{console.url}/tickets")
    hang_up = page.locator("#ring .ring-talking").get_by_role("button", name="Gác máy")
    expect(hang_up).to_be_visible()
    shot(page, "newcomer-talks-elsewhere")
    hang_up.click()
    expect(page.locator("#ring .ring")).to_have_count(0)


def test_nobody_answers_and_a_colleague_does(
    console: Site, open_page: Callable[..., Page], session: Session, request: pytest.FixtureRequest
) -> None:
    page = open_page(console, "minh")
    request.getfixturevalue("calls")
    expect(page.locator(".work-talking")).to_be_visible(timeout=60_000)
    session.rollback()
    call = session.scalars(select(Call)).one()
    assert (call.rang, call.operators) == (["101", "102"], ["102"])


def test_the_telephone_s_buttons_are_for_everybody(
    console: Site,
    open_page: Callable[..., Page],
    session: Session,
    province: Province,
    check: Checker,  # noqa: F811
) -> None:
    """Ringing, asked, refused and talking, at both sizes, light and dark."""
    now = datetime.now(UTC)
    status = PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=["answer", "hang_up"])
    call = factories.call(session, started_at=now, caller_name="Nguyễn Thị Mỹ Hạnh")
    filing.open_draft(session, call, now=now)
    session.add(status)
    session.commit()
    page = open_page(console, "lan")
    expect(page.locator("#ring").get_by_role("button", name="Nhận máy")).to_be_visible()
    check(page, "rings")
    page.locator("#ring").get_by_role("button", name="Nhận máy").click()
    expect(page.locator("#ring").get_by_role("button", name="Đang nhận máy…")).to_be_disabled()
    check(page, "asked")
    command = session.scalars(select(PbxCommand)).one()
    commands.finish(session, command.id, CommandResult.REFUSED, "Not ringing", datetime.now(UTC))
    session.commit()
    page.reload()
    expect(page.locator("#ring")).to_contain_text("Tổng đài từ chối: Not ringing")
    check(page, "refused")
    call.ringing, call.talking, call.answered_at = [], ["101"], now
    call.snapshot = {"said": ["A lô, 1022 phải không?", "Đèn đường dọc bờ kè tắt cả tuần, tối om."]}
    session.commit()
    page.reload()
    expect(page.get_by_role("button", name="Gác máy")).to_be_visible()
    check(page, "talks")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    check(page, "talks in the dark")
