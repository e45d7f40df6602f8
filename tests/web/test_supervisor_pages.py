"""The supervisor's pages: figures that open their rows, triage, what is stuck and how it goes on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.models import OutboxRow, PbxStatus, SetAside, Ticket
from callcenter.vocab import Outcome, Stage, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets import desk, history
from tickets.actors import Actor
from tickets.fields import TicketFields

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)


@pytest.fixture
def in_triage(session: Session, province: Province) -> Ticket:
    ticket = desk.open_draft(session, factories.answered(session), now=NOW)
    fields = TicketFields(category_code="khac", description="Việc không thuộc ai")
    desk.file(session, province.actor("lan"), ticket.code, fields, now=NOW)
    ticket.routing_reason = "no_rule"
    history.move(session, ticket, "triage", Actor.rule("routing"), now=NOW, why="no_rule")
    session.commit()
    return ticket


def figure(page: str, url: str) -> int:
    found = re.search(rf'href="{re.escape(url)}"[^>]*><b>(\d+)</b>', page)
    assert found, url
    return int(found[1])


def test_each_figure_opens_as_many_rows(sign_in: SignIn, session: Session, province: Province) -> None:
    counts = {Outcome.ANSWERED: 3, Outcome.ABANDONED: 2, Outcome.VOICEMAIL: 1}
    for outcome, count in counts.items():
        for _ in range(count):
            factories.answered(session, started_at=NOW, ended_at=NOW, outcome=outcome)
    factories.call(session, started_at=NOW)
    factories.answered(session, started_at=NOW - timedelta(days=2), ended_at=NOW)
    session.commit()
    phuc = sign_in("phuc")
    board = phuc.get("/supervisor/").text
    assert figure(board, "/supervisor/calls/all") == 7
    assert figure(board, "/supervisor/calls/live") == 1
    for outcome in Outcome:
        url = f"/supervisor/calls/{outcome}"
        assert figure(board, url) == counts.get(outcome, 0)
        assert phuc.get(url).text.count('<tr id="call-') == counts.get(outcome, 0)


def test_every_state_is_on_the_board_and_opens(sign_in: SignIn, in_triage: Ticket) -> None:
    phuc = sign_in("phuc")
    board = phuc.get("/supervisor/").text
    for state in TicketState:
        url = "/supervisor/triage" if state == TicketState.TRIAGE else f"/supervisor/tickets/{state}"
        assert figure(board, url) == (1 if state == TicketState.TRIAGE else 0)
        assert phuc.get(url).status_code == 200
    assert phuc.get("/supervisor/tickets/no-such").status_code == 404
    assert phuc.get("/supervisor/calls/no-such").status_code == 404


def test_a_person_places_what_no_rule_could(
    sign_in: SignIn, session: Session, province: Province, in_triage: Ticket
) -> None:
    phuc, office = sign_in("phuc"), province.agencies["office"].id
    assert "không có quy tắc phù hợp" in phuc.get("/supervisor/triage").text
    bare = phuc.post(f"/tickets/{in_triage.code}/assign", {"agency_id": office, "reason": ""})
    assert bare.status_code == 422
    assert f'value="{office}" selected' in bare.text
    assert phuc.post(f"/tickets/{in_triage.code}/assign", {"agency_id": "x", "reason": "y"}).status_code == 422
    done = phuc.post(f"/tickets/{in_triage.code}/assign", {"agency_id": office, "reason": "Việc của Văn phòng"})
    assert done.status_code == 303
    session.expire_all()
    placed = session.get_one(Ticket, in_triage.id)
    assert (placed.state, placed.lead_agency_id) == (TicketState.ROUTED, office)
    assert "Việc của Văn phòng" in phuc.get(f"/tickets/{in_triage.code}").text


def test_what_is_stuck_is_shown_and_sent_again(sign_in: SignIn, session: Session, province: Province) -> None:
    row = outbox.promise(session, outbox.ROUTING, {"ticket": "x"}, now=NOW)
    session.flush()
    row.failed_at, row.error, row.attempts = NOW, "ticket: bad pattern", 3
    aside = SetAside(origin="routing", reference=str(row.id), payload={"<b>": 1}, error="bad", created_at=NOW)
    session.add(aside)
    session.commit()
    phuc = sign_in("phuc")
    page = phuc.get("/supervisor/stuck").text
    assert "ticket: bad pattern" in page
    assert "<b>" not in page
    assert phuc.post(f"/supervisor/promises/{row.id}/retry").status_code == 303
    session.expire_all()
    assert session.get_one(OutboxRow, row.id).failed_at is None
    assert session.get_one(SetAside, aside.id).settled_by_id == province.people["phuc"].id
    assert phuc.post("/supervisor/promises/999/retry").status_code == 404


def test_what_was_set_aside_is_settled_once(sign_in: SignIn, session: Session, province: Province) -> None:
    aside = SetAside(origin="listener", reference="1.2", payload={}, error="bad", created_at=NOW)
    session.add(aside)
    session.commit()
    hoa = sign_in("hoa")
    assert hoa.post(f"/supervisor/set-aside/{aside.id}/settle").status_code == 303
    assert sign_in("phuc").post(f"/supervisor/set-aside/{aside.id}/settle").status_code == 303
    session.expire_all()
    assert session.get_one(SetAside, aside.id).settled_by_id == province.people["hoa"].id


@pytest.mark.parametrize(
    ("connected", "silent_s", "words"),
    [(True, 1, "đang nối từ"), (False, 1, "mất kết nối từ"), (True, 300, "mất kết nối từ")],
    ids=["heard", "lost", "listener gone"],
)
def test_the_state_of_a_pbx_is_told_as_it_is(
    connected: bool, silent_s: int, words: str, sign_in: SignIn, session: Session, province: Province
) -> None:
    seen = datetime.now(UTC) - timedelta(seconds=silent_s)
    session.add(PbxStatus(pbx="pbx1", connected=connected, since=seen, seen_at=seen, detail=None))
    session.commit()
    phuc = sign_in("phuc")
    assert words in phuc.get("/supervisor/").text
    assert ("pbx1" in phuc.get("/desk/pbx").text) == (words != "đang nối từ")
    ready = phuc.get("/readyz")
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["pbx"] == {"pbx1": "ok" if words == "đang nối từ" else "away"}


def test_a_call_back_closes_with_a_note(sign_in: SignIn, session: Session, province: Province) -> None:
    missed = factories.missed(session)
    desk.settle_call(session, missed, now=NOW)
    session.commit()
    ticket = session.query(Ticket).one()
    lan = sign_in("lan")
    assert ticket.code in lan.get("/").text
    assert lan.post(f"/tickets/{ticket.code}/called-back", {"note": ""}).status_code == 422
    assert lan.post(f"/tickets/{ticket.code}/called-back", {"note": "Đã hướng dẫn"}).status_code == 303
    session.expire_all()
    assert session.get_one(Ticket, ticket.id).state == TicketState.CLOSED


def test_metrics_stay_on_this_machine(sign_in: SignIn, session: Session, province: Province) -> None:
    factories.answered(session, started_at=NOW, ended_at=NOW)
    session.commit()
    browser = sign_in(None)
    assert 'hotline_calls_today{outcome="answered"} 1.0' in browser.get("/metrics").text
    far: dict[str, object] = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    assert browser.get("/metrics", **far).status_code == 404
    assert browser.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, **far).status_code == 404
    assert browser.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 404


def test_the_list_of_people_is_the_administrators(sign_in: SignIn) -> None:
    page = sign_in("quan").get("/admin/users").text
    assert "Đặng Hoài Sơn" in page
    assert "argon2" not in page


def test_where_a_caller_gave_up_is_said_in_the_glossarys_words(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    for stage in Stage:
        factories.missed(session, started_at=NOW, ended_at=NOW, stage=stage)
    session.commit()
    page = sign_in("phuc").get("/supervisor/calls/abandoned").text
    rows = page[page.index("<tbody") :]
    for words in ("Gác máy khi nghe lời chào", "Gác máy ở menu", "Gác máy khi chờ"):
        assert rows.count(words) == 1
