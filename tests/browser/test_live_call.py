"""A citizen really calls, and the operator's page in a real browser shows it: SIPp, Asterisk, listener, Chromium."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import Call, Ticket
from callcenter.vocab import Outcome, TicketState
from scripts.lab.asterisk_env import Asterisk
from tests import factories
from tests.asterisk.conftest import asterisk_tree  # noqa: F401 (a fixture of the folder beside this one)
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Stage, Theatre, Truth, run, site_for
from tests.browser.conftest import ROOT, Site
from tests.factories import Province

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.xdist_group("asterisk"),
]

CALLER = "0905123456"
EXTENSION = "121"


@contextmanager
def _listening(settings: Settings, pbx: Asterisk, log: Path) -> Iterator[None]:
    environment = {
        **os.environ,
        "CALLCENTER_DATA_DIR": str(settings.data_dir),
        "CALLCENTER_DATABASE_URL": str(settings.database_url),
        "CALLCENTER_REDIS_URL": str(settings.redis_url),
        "CALLCENTER_PBX": f"lab={pbx.ami_url()}",
    }
    command = [sys.executable, "-m", "scripts.tools.cli", "listen"]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=sink)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def pbx(asterisk_tree: None) -> Iterator[Asterisk]:  # noqa: F811
    with Asterisk(site_for([SCENARIOS["operator_hangs_up"]])) as running:
        yield running


def _call(pbx: Asterisk, said_all: threading.Event) -> None:
    """A call until the operator has typed; in a thread of its own, because the browser's calls block theirs."""

    async def talk(stage: Stage) -> list[Truth]:
        caller = await stage.caller(CALLER, listens=True)
        dialog = await stage.phones[0].next_talk()
        await asyncio.to_thread(said_all.wait, 60)
        await dialog.hang_up()
        await caller.done()
        return []

    async def play() -> None:
        theatre = await Theatre(pbx).open()
        try:
            await run(replace(SCENARIOS["operator_hangs_up"], play=talk), theatre)
        finally:
            theatre.close()

    asyncio.run(play())


def test_a_citizen_calls_and_the_ticket_is_filed(
    pbx: Asterisk,
    settings: Settings,
    engine: Engine,
    session: Session,
    province: Province,
    console: Site,
    open_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    factories.sits(session, province.people["lan"], EXTENSION)
    session.commit()
    with _listening(settings, pbx, tmp_path / "listener.log"), ThreadPoolExecutor(1) as thread:
        page = open_page(console, "lan")
        expect(page.get_by_text("Sẵn sàng nhận cuộc gọi")).to_be_visible()
        expect(page.get_by_text("mất kết nối")).to_have_count(0)
        said_all = threading.Event()
        calling: Future[None] = thread.submit(_call, pbx, said_all)

        expect(page.locator("#ring .ring, .work-talking").first).to_contain_text("0905 123 456")
        expect(page.locator(".work-talking")).to_be_visible()
        page.get_by_label("Lĩnh vực").fill("moi truong")
        page.keyboard.press("Enter")
        page.get_by_label("Nội dung").fill("Rác chất đống trước chợ")
        said_all.set()
        expect(page.locator(".work-ended")).to_be_visible()
        expect(page.get_by_label("Nội dung")).to_have_value("Rác chất đống trước chợ")
        page.get_by_role("button", name="Chuyển xử lý").click()
        expect(page.get_by_role("status").filter(has_text="Đã ghi nhận phiếu")).to_be_visible()
        calling.result(30)

    session.rollback()
    call = session.scalars(select(Call)).one()
    ticket = session.scalars(select(Ticket)).one()
    assert (call.caller, call.outcome, call.operators) == ("+84905123456", Outcome.ANSWERED, [EXTENSION])
    assert (ticket.state, ticket.caller) == (TicketState.FILED, call.caller)
    assert ticket.description == "Rác chất đống trước chợ"
