"""Signing in and out: the same words for everybody unknown, few tries, sessions that can be ended."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from agent_ui.web.static_files import files
from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import User, UserSession
from callcenter.push import announce
from tests.factories import Province
from tests.web.conftest import PASSWORD, Browser
from tickets.administration import people, sessions

SignIn = Callable[[str | None], Browser]


def test_a_wrong_password_and_an_unknown_person_read_the_same(sign_in: SignIn) -> None:
    wrong = sign_in(None).post("/sign-in", {"username": "lan", "password": "sai"})
    unknown = sign_in(None).post("/sign-in", {"username": "nobody", "password": "sai"})
    assert wrong.status_code == unknown.status_code == 401
    for answer in (wrong, unknown):
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
        assert "sai" not in answer.text.replace("sai.", "")
    assert 'value="lan"' in wrong.text


@pytest.mark.parametrize("person", ["lan", "LAN ", " Lan"])
def test_the_name_may_be_typed_carelessly(person: str, sign_in: SignIn) -> None:
    assert sign_in(None).post("/sign-in", {"username": person, "password": PASSWORD}).status_code == 303


def test_a_person_who_was_shut_out_does_not_come_in(sign_in: SignIn, session: Session, province: Province) -> None:
    browser = sign_in("lan")
    session.get_one(User, province.people["lan"].id).active = False
    session.commit()
    assert browser.get("/").status_code == 302
    assert browser.post("/sign-in", {"username": "lan", "password": PASSWORD}).status_code == 401


def test_raising_the_epoch_ends_every_session(sign_in: SignIn, session: Session, province: Province) -> None:
    browsers = [sign_in("lan"), sign_in("lan")]
    assert [browser.get("/").status_code for browser in browsers] == [200, 200]
    session.get_one(User, province.people["lan"].id).session_epoch += 1
    session.commit()
    assert [browser.get("/").status_code for browser in browsers] == [302, 302]


def test_signing_out_forgets_the_person(sign_in: SignIn) -> None:
    browser = sign_in("lan")
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/").status_code == 302


def copied(browser: Browser, console: Flask) -> Browser:
    """Another machine with the same cookie."""
    cookie = browser.client.get_cookie("hotline_console")
    assert cookie is not None
    other = console.test_client()
    other.set_cookie("hotline_console", cookie.value)
    return Browser(other)


def test_a_copied_cookie_does_not_outlive_the_sign_out(sign_in: SignIn, console: Flask) -> None:
    lan, elsewhere = sign_in("lan"), sign_in("lan")
    copy = copied(lan, console)
    assert copy.get("/").status_code == 200
    assert lan.post("/sign-out").status_code == 303
    assert copy.get("/").status_code == 302
    assert copy.get("/desk/side", headers={"HX-Request": "true"}).status_code == 401
    assert copy.get("/live", headers={"Accept": "text/event-stream"}).status_code == 401
    # What this person does at another machine goes on.
    assert elsewhere.get("/").status_code == 200


def test_signing_in_as_somebody_else_ends_the_session_that_the_browser_had(sign_in: SignIn, console: Flask) -> None:
    browser = sign_in("lan")
    copy = copied(browser, console)
    assert browser.post("/sign-in", {"username": "hoa", "password": PASSWORD}).status_code == 303
    assert copy.get("/").status_code == 302


def test_a_cookie_of_before_the_sessions_were_kept_is_asked_to_sign_in(
    sign_in: SignIn, console: Flask, province: Province
) -> None:
    browser = sign_in(None)
    with browser.client.session_transaction() as session:
        session["user"], session["epoch"] = province.people["lan"].id, 0
    assert browser.get("/").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("how", ["/sign-out", "disabled"])
def test_an_open_stream_ends_with_its_session(
    how: str, sign_in: SignIn, console: Flask, engine: Engine, province: Province
) -> None:
    """The browser's other tabs, and a copy elsewhere: nothing is heard after that."""
    lan = sign_in("lan")
    copy = copied(lan, console)
    stream = copy.get("/live")
    pieces = iter(stream.response)
    heard = b""
    while b"resync" not in heard:
        heard += next(pieces)
    if how == "disabled":
        with transaction(engine) as session:
            people.set_active(session, province.actor("quan"), province.people["lan"].id, False, now=datetime.now(UTC))
    else:
        lan.post(how)
    with transaction(engine) as session:
        announce(session, "calls", call=4711)
    rest = b"".join(pieces)
    stream.close()
    assert b"4711" not in rest
    assert copy.get("/live", headers={"Accept": "text/event-stream"}).status_code == 401


def test_an_old_page_of_one_person_hears_nothing_of_the_next(sign_in: SignIn) -> None:
    """The cookie is the browser's; the address of a page's stream is its person's."""
    address = re.compile('data-live="([^"]+)"')
    of_lan = address.search(sign_in("lan").get("/tickets").text)
    hoa = sign_in("hoa")
    of_hoa = address.search(hoa.get("/tickets").text)
    assert of_lan
    assert of_hoa
    assert hoa.get(of_lan[1]).status_code == 403
    with hoa.get(of_hoa[1], buffered=False) as stream:
        assert stream.mimetype == "text/event-stream"


def test_the_database_keeps_no_token(sign_in: SignIn, session: Session) -> None:
    browser = sign_in("lan")
    with browser.client.session_transaction() as cookie:
        token = cookie["token"]
    kept = session.scalars(select(UserSession)).one()
    assert token not in (kept.token_hash, str(kept.id))
    assert (kept.token_hash, kept.ended_at) == (sessions.hash_of(token), None)


def test_guessing_at_one_account_is_stopped_and_others_still_come_in(sign_in: SignIn) -> None:
    browser = sign_in(None)
    tries = [browser.post("/sign-in", {"username": "lan", "password": "sai"}).status_code for _ in range(11)]
    assert tries == [401] * 10 + [429]
    answer = browser.post("/sign-in", {"username": "lan", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Thử quá nhiều lần" in answer.text
    assert browser.post("/sign-in", {"username": "hoa", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
    ],
)
def test_one_is_not_sent_to_another_site(target: str, sign_in: SignIn) -> None:
    assert sign_in(None).post("/language", {"language": "en", "next": target}).headers["Location"] == "/"
    assert sign_in(None).post("/theme", {"theme": "dark", "next": target}).headers["Location"] == "/"
    answer = sign_in(None).post("/sign-in", {"username": "lan", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_one_comes_back_to_where_one_wanted_to_go(sign_in: SignIn) -> None:
    browser = sign_in(None)
    asked = browser.get("/tickets?q=nước")
    answer = browser.post(asked.headers["Location"], {"username": "lan", "password": PASSWORD})
    assert answer.headers["Location"].startswith("/tickets?q=n")


def test_the_cookie_is_hidden_from_scripts_and_from_plain_http(console: Flask) -> None:
    client = console.test_client()
    plain = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert "Secure" in console.test_client().get("/sign-in", base_url="https://1022.example").headers["Set-Cookie"]
    behind = console.test_client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in behind.headers["Set-Cookie"]


def test_every_answer_carries_the_policy(sign_in: SignIn) -> None:
    for url in ("/sign-in", "/healthz", "/nowhere", f"/static/{files().version}/static/hotline.css"):
        answer = sign_in(None).get(url)
        headers = answer.headers
        answer.close()
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_two_processes_count_together(sign_in: SignIn, settings: Settings, engine: Engine) -> None:
    second = Browser(create_console(settings, engine).test_client())
    for _ in range(10):
        sign_in(None).post("/sign-in", {"username": "lan", "password": "sai"})
    assert second.post("/sign-in", {"username": "lan", "password": "sai"}).status_code == 429


def test_the_language_chosen_at_the_door_stays_inside_and_leaves_with_its_person(sign_in: SignIn) -> None:
    lan = sign_in(None)
    lan.post("/language", {"language": "en", "next": "/sign-in"})
    lan.post("/sign-in", {"username": "lan", "password": PASSWORD})
    assert '<html lang="en"' in lan.get("/").text
    lan.post("/sign-out")
    assert '<html lang="vi"' in lan.get("/sign-in").text


def test_a_part_that_was_read_before_the_sign_out_does_not_bring_the_session_back(sign_in: SignIn) -> None:
    """Pages ask for their parts all the time: an answer on its way meanwhile must not carry the old session."""
    browser = sign_in("lan")
    part = browser.get("/desk/side", headers={"Sec-Fetch-Mode": "cors", "HX-Request": "true"})
    page = browser.get("/tickets", headers={"Sec-Fetch-Mode": "navigate"})
    assert part.status_code == page.status_code == 200
    assert "Set-Cookie" not in part.headers
    assert "Set-Cookie" in page.headers


def test_what_is_refused_before_its_page_is_told_in_the_persons_own_frame(sign_in: SignIn) -> None:
    lan = sign_in("lan")
    for answer in (lan.client.post("/drafts"), lan.get("/tickets?q=%00"), lan.get("/nowhere")):
        assert answer.status_code in (400, 404)
        assert "Nguyễn Thị Lan" in answer.text
