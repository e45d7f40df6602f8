"""The programs' door: once each, with a token, and refusals that say what to mend."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from agent_ui.web.tokens import hash_token
from callcenter.models import ApiToken, Ticket
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.rules import codes

REPORT = {"source_ref": "app-1", "description": "Ổ gà giữa đường", "category": "moi-truong", "ward": "28249",
          "reporter_phone": "0905123456", "reporter_name": "Nguyễn Văn A"}  # fmt: skip


@pytest.fixture
def token(session: Session, province: Province) -> str:
    for name, source, revoked, scope in (
        ("app", "app", None, "api"), ("other", "zalo", None, "api"),
        ("old", "app", MONDAY, "api"), ("311", "open311", None, "open311"),
    ):  # fmt: skip
        session.add(ApiToken(name=name, token_hash=hash_token(name), scope=scope, source=source, created_at=MONDAY,
                             revoked_at=revoked))  # fmt: skip
    session.commit()
    return "app"


def send(public: Browser, body: Any, token: str | None = "app", **headers: str) -> TestResponse:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    text = body if isinstance(body, (bytes, str)) else json.dumps(body)
    kind = headers.pop("kind", "application/json")
    fixed = {name.replace("_", "-"): value for name, value in headers.items()}
    return public.client.post("/api/v1/reports", data=text, headers=fixed, content_type=kind)


def test_a_report_comes_in_once(public: Browser, session: Session, token: str) -> None:
    first, second = send(public, REPORT), send(public, {**REPORT, "description": "nội dung khác"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json is not None
    assert first.json == second.json
    ticket = session.query(Ticket).one()
    assert (ticket.source, ticket.source_ref, ticket.description) == ("app", "app-1", "Ổ gà giữa đường")
    assert first.headers["Location"] == f"/api/v1/reports/{ticket.code}"
    assert set(first.json) == {
        "code", "state", "category", "category_name", "ward", "ward_name", "agency", "filed_at", "answer_due",
        "resolved_at", "closed_at", "answer",
    }  # fmt: skip


def test_what_a_report_asks_of_the_database(public: Browser, token: str, asked: list[str]) -> None:
    """Key, lock, what it names, numbers, times; then ticket, history, clock and promise together."""
    assert send(public, REPORT).status_code == 201
    written = re.findall(r"INSERT INTO (\w+)", asked[-1])
    assert (len(asked), written) == (6, ["ticket", "ticket_event", "clock", "outbox"])


def test_an_idempotency_key_stands_in_for_a_missing_reference(public: Browser, session: Session, token: str) -> None:
    body = {name: value for name, value in REPORT.items() if name != "source_ref"}
    answers = [send(public, body, Idempotency_Key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert session.query(Ticket).one().source_ref == "k-1"
    assert send(public, body).status_code == 422


def test_ten_at_once_are_one_ticket(public: Browser, session: Session, token: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send(public, REPORT).status_code, range(10)))
    assert sorted(answers) == [200] * 9 + [201]
    assert session.query(Ticket).count() == 1


@pytest.mark.parametrize("bad", [None, "", "wrong", "old", "311"])
def test_only_a_token_of_this_door_that_still_works(bad: str | None, public: Browser, token: str) -> None:
    answer = send(public, REPORT, token=bad)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.text


def test_refusals_say_what_to_mend(public: Browser, token: str) -> None:
    cases = [
        (send(public, "{"), 400, None),
        (send(public, b"\xff\xfe"), 400, None),
        (send(public, "[]"), 422, None),
        (send(public, "[" * 100_000), 400, None),
        (send(public, {**REPORT, "description": "\u200b" * 40}), 422, "description"),
        (send(public, REPORT, kind="text/plain"), 415, None),
        (send(public, {**REPORT, "reporter_phone": "113"}), 422, "reporter_phone"),
        (send(public, {**REPORT, "category": "no-such"}), 422, "category"),
        (send(public, {**REPORT, "surprise": 1}), 422, "surprise"),
        (send(public, {**REPORT, "latitude": 91}), 422, "latitude"),
        (send(public, {**REPORT, "longitude": None, "latitude": 10.36}), 422, "longitude"),
        (send(public, {**REPORT, "longitude": 106.36, "latitude": None}), 422, "longitude"),
        (send(public, {**REPORT, "description": "x\u0000yyyyyy"}), 422, "description"),
        (send(public, " " * 300_000), 413, None),
    ]
    for answer, status, field in cases:
        assert answer.status_code == status, answer.text
        assert answer.mimetype == "application/problem+json"
        problem = json.loads(answer.text)
        assert problem["status"] == status
        assert problem["detail"]
        if field is not None:
            assert field in problem["problems"]


def test_a_program_reads_its_own_reports_and_nothing_personal(public: Browser, session: Session, token: str) -> None:
    send(public, REPORT)
    code = session.query(Ticket).one().code

    def read(which: str, code: str) -> TestResponse:
        return public.client.get(f"/api/v1/reports/{code}", headers={"Authorization": f"Bearer {which}"})

    own = read("app", code)
    assert own.status_code == 200
    assert "905" not in own.text.replace(code, "")
    assert "Nguyễn" not in own.text
    assert [read("other", code).status_code, read("app", codes.make_code(99)).status_code] == [404, 404]
    assert public.client.get(f"/api/v1/reports/{code}").status_code == 401


def test_the_description_is_open_and_names_what_is_there(public: Browser) -> None:
    document = public.get("/api/v1/openapi.json").json
    assert document is not None
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/reports", "/reports/{code}"}
    assert set(document["paths"]["/reports"]["post"]["responses"]) >= {"200", "201", "400", "401", "413", "415", "422"}
    assert set(document["components"]["schemas"]) >= {"Report", "ReportStatus", "Problem", "Level", "TicketState"}
    assert "source_ref" in document["components"]["schemas"]["Report"]["required"]


def test_a_program_may_ask_for_english(public: Browser, token: str) -> None:
    answer = send(public, "{", Accept_Language="en")
    assert json.loads(answer.text)["detail"].startswith("The body is not JSON")


def test_an_unknown_path_is_json_too(public: Browser) -> None:
    assert public.get("/api/v1/nothing").mimetype == "application/problem+json"


def test_an_empty_code_is_none(public: Browser, session: Session, token: str) -> None:
    answer = send(public, {**REPORT, "category": "", "ward": ""})
    assert answer.status_code == 201, answer.text
    ticket = session.query(Ticket).one()
    assert (ticket.category_code, ticket.ward_code) == (None, None)
