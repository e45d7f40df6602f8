"""A pool without room: every form that needs it comes back as it was typed, with the seconds to wait."""

import io
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from callcenter import passwords
from callcenter.config import Settings
from callcenter.pool import lane as pool
from callcenter.pool.lane import Bounds, Lane
from tests import factories
from tests.factories import PASSWORD, Province
from tests.web.conftest import Browser
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import uploads
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it leaves no place in either lane: the next request is asked to come back in seven seconds."""

    def close() -> None:
        monkeypatch.setattr(pool, "_report", lambda _lane, _result: None)
        monkeypatch.setattr(uploads, "_LANE", _busy("tickets.life.pictures"))
        monkeypatch.setattr(passwords, "_LANE", _busy("callcenter.argon"))

    return close


def _busy(module: str) -> Lane:
    lane = Lane("full", module, Bounds(waiting=0, usual_s=7))
    lane._tasks = 1
    return lane


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    return io.BytesIO(out.getvalue())


def test_a_citizen_s_report_stays_as_it_was_typed(public: Browser, no_room: Callable[[], None]) -> None:
    no_room()
    form = {"step": "1", "go": "next", "description": "Đèn đường tắt ba ngày nay", "files": [(picture(), "a.jpg")]}
    answer = public.post("/reports/step", form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "Đèn đường tắt ba ngày nay" in answer.text
    assert "hãy gửi ảnh sau 7 giây" in answer.text
    assert "Ảnh chưa được nhận" in answer.text


def test_who_signs_in_is_told_when_to_come_back(sign_in: SignIn, no_room: Callable[[], None]) -> None:
    nobody = sign_in(None)
    no_room()
    answer = nobody.post("/sign-in", {"username": "lan", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert 'value="lan"' in answer.text
    assert "Hãy thử lại sau 7 giây" in answer.text


def test_another_password_waits(sign_in: SignIn, no_room: Callable[[], None]) -> None:
    lan = sign_in("lan")
    no_room()
    typed = {"old": PASSWORD, "password": "một mật khẩu khác", "again": "một mật khẩu khác"}
    answer = lan.post("/account/password", typed)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "Hãy thử lại sau ít giây" in answer.text


def test_an_officer_s_answer_stays_as_it_was_typed(
    sign_in: SignIn, session: Session, province: Province, no_room: Callable[[], None]
) -> None:
    now = datetime.now(UTC)
    ticket = filing.open_draft(session, factories.answered(session), now=now)
    fields = TicketFields(category_code="chieu-sang-dien", description="Đèn đường tắt ba đêm")
    filing.file(session, province.actor("lan"), ticket.code, fields, now=now)
    casework.place(session, ticket, province.agencies["power"].id, (), Actor.rule("routing"), now=now, why="rule")
    session.commit()
    son = sign_in("son")
    son.post(f"/tickets/{ticket.code}/accept")
    no_room()
    form = {"text": "Đã thay bóng", "files": [(picture(), "sau.jpg")]}
    answer = son.post(f"/tickets/{ticket.code}/resolve", form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "Đã thay bóng" in answer.text
    assert "tệp này chưa được nhận" in answer.text


def test_a_broker_that_stands_still_lets_all_of_them_try(
    settings: Settings, engine: Engine, province: Province
) -> None:
    """Requests that wait for it at the same moment: each counts alone from then on, and none is an error."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = create_console(settings, engine, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        browsers = [Browser(app.test_client()) for _ in range(6)]
        together = threading.Barrier(len(browsers))

        def guess(browser: Browser) -> int:
            form = {"username": "lan", "password": "nothing like it", "csrf_token": browser.token()}
            together.wait()
            return browser.client.post("/sign-in", data=form).status_code

        with ThreadPoolExecutor(len(browsers)) as threads:
            assert list(threads.map(guess, browsers)) == [401] * len(browsers)
