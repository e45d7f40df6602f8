"""The citizens' pages: report, get a code, track; nothing of the staff's console is there."""

import re

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agent_ui.app import create_public
from callcenter.config import Settings
from callcenter.models import OutboxRow, Ticket
from callcenter.vocab import TicketState
from tests.web.conftest import Browser
from tickets import codes

REPORT = {"description": "Cống nghẹt, nước tràn", "category": "cap-thoat-nuoc", "ward": "28249",
          "address": "hẻm 5", "reporter_name": "Bà Sáu", "reporter_phone": "0905.123.456"}  # fmt: skip


def test_a_report_gets_a_code_and_can_be_tracked(public: Browser, session: Session) -> None:
    assert public.post("/reports/new", REPORT).headers["Location"] == "/reports/sent"
    code = re.search(r'class="big-code">([\d-]+)<', public.get("/reports/sent").text)
    assert code is not None
    ticket = session.query(Ticket).one()
    assert codes.group(ticket.code) == code[1]
    assert (ticket.source, ticket.state, ticket.reporter_phone) == ("web", TicketState.FILED, "+84905123456")
    assert session.query(OutboxRow).one().ticket_id == ticket.id
    found = public.post("/track", {"code": code[1], "last4": "3456"})
    assert "Đã tiếp nhận" in found.text
    for personal in ("Bà Sáu", "905", "Cống nghẹt", "hẻm 5"):
        assert personal not in re.sub(r'value="[^"]*"', "", found.text)


def test_the_same_form_sent_twice_is_one_report(public: Browser, session: Session) -> None:
    form = re.search(r'name="source_ref" value="(\w+)"', public.get("/reports/new").text)
    assert form is not None
    for _ in range(2):
        assert public.post("/reports/new", {**REPORT, "source_ref": form[1]}).status_code == 303
    assert session.query(Ticket).count() == 1


def test_a_form_with_errors_keeps_what_was_typed(public: Browser, session: Session) -> None:
    typed = {**REPORT, "reporter_phone": "090", "description": ""}
    answer = public.post("/reports/new", typed)
    assert answer.status_code == 422
    for kept in ("hẻm 5", "Bà Sáu", 'value="090"', 'value="28249" selected', "Cần điền ô này", "gọi lại được"):
        assert kept in answer.text
    assert session.query(Ticket).count() == 0


@pytest.mark.parametrize("change", [{"category": "no-such"}, {"ward": "1"}, {"description": "x" * 10_001}])
def test_what_cannot_be_kept_is_refused(change: dict[str, str], public: Browser) -> None:
    assert public.post("/reports/new", {**REPORT, **change}).status_code == 422


def test_a_wrong_code_and_wrong_digits_read_the_same(public: Browser, session: Session) -> None:
    public.post("/reports/new", REPORT)
    code = session.query(Ticket).one().code
    answers = [
        public.post("/track", {"code": code, "last4": "9999"}),
        public.post("/track", {"code": codes.make_code(4711), "last4": "3456"}),
        public.post("/track", {"code": "abc", "last4": "3456"}),
        public.post("/track", {"code": code, "last4": "56"}),
        public.post("/track", {"code": code, "last4": ""}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert all("Không có phiếu nào khớp" in answer.text for answer in answers)


def test_posts_want_a_token_and_are_counted(public: Browser) -> None:
    assert public.client.post("/reports/new", data=REPORT).status_code == 400
    answers = [public.post("/track", {"code": "1", "last4": "1"}).status_code for _ in range(11)]
    assert answers == [404] * 10 + [429]


def test_the_public_app_has_no_staff_route(settings: Settings, engine: Engine) -> None:
    app: Flask = create_public(settings, engine)
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert rules == {
        "/", "/healthz", "/language", "/reports/new", "/reports/sent", "/track", "/static/<path:filename>",
        "/api/v1/reports", "/api/v1/reports/<code>", "/api/v1/openapi.json",
    }  # fmt: skip


def test_the_page_speaks_english_when_asked(public: Browser) -> None:
    assert public.post("/language", {"language": "en", "next": "//evil.example"}).headers["Location"] == "/"
    assert "one number for every report" in public.get("/").text
    assert public.post("/language", {"language": "xx"}).status_code == 400
