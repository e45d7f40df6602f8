"""The supervisor's pages: figures that open their rows, triage, what is stuck and how it goes on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.models import CallBack, OutboxRow, PbxStatus, SetAside, Ticket
from callcenter.vocab import Clock, Disposition, Outcome, Stage, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import history
from tickets.rules.fields import TicketFields
from tickets.rules.sla import VIETNAM

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)


@pytest.fixture
def in_triage(session: Session, province: Province) -> Ticket:
    ticket = filing.open_draft(session, factories.answered(session), now=NOW)
    fields = TicketFields(category_code="khac", description="Việc không thuộc ai")
    filing.file(session, province.actor("lan"), ticket.code, fields, now=NOW)
    ticket.routing_reason = "no_rule"
    history.move(session, ticket, "triage", Actor.rule("routing"), now=NOW, why="no_rule")
    session.commit()
    return ticket


def in_english(browser: Browser, url: str) -> str:
    browser.post("/language", {"language": "en"})
    page = browser.get(url).text
    browser.post("/language", {"language": "vi"})
    return page


def figure(page: str, url: str) -> int:
    """The number beside this address: in a tile before the words, in a list after them."""
    found = re.search(rf'href="{re.escape(url)}"[^>]*>(?:<b>(\d+)</b>|[^<]*</a>\s*<b[^>]*>(\d+)</b>)', page)
    assert found, url
    return int(found[1] or found[2])


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


def test_what_was_set_aside_reads_as_the_pbx_said_it(sign_in: SignIn, session: Session) -> None:
    payload = {"caller_name": "Nguyễn <b>", "ami": [["Event: Hangup", "Linkedid: 1.2"], ["Event: Hold"]]}
    session.add(SetAside(origin="listener", reference="pbx1:1.2", payload=payload, error="bad", created_at=NOW))
    session.commit()
    page = sign_in("hoa").get("/supervisor/stuck").text
    assert "Event: Hangup\nLinkedid: 1.2\n\nEvent: Hold\n\n{" in page
    assert "Nguyễn &lt;b&gt;" in page


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
    assert ("pbx1" in phuc.get("/desk/parts").text) == (words != "đang nối từ")
    ready = phuc.get("/readyz")
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["pbx"] == {"pbx1": "ok" if words == "đang nối từ" else "away"}


def test_a_call_back_closes_with_a_note(sign_in: SignIn, session: Session, province: Province) -> None:
    missed = factories.missed(session)
    filing.settle_call(session, missed, now=NOW)
    session.commit()
    ticket = session.query(CallBack).one()
    lan = sign_in("lan")
    assert ticket.code in lan.get("/").text
    assert lan.post(f"/tickets/{ticket.code}/called-back", {"note": ""}).status_code == 422
    assert lan.post(f"/tickets/{ticket.code}/called-back", {"note": "Đã hướng dẫn"}).status_code == 303
    session.expire_all()
    assert session.get_one(CallBack, ticket.id).state == TicketState.CLOSED


def rows(page: str) -> int:
    return page.count('<tr id="call-')


def test_each_figure_of_the_day_opens_its_sample(sign_in: SignIn, session: Session, province: Province) -> None:
    """Ten calls of the definitions' fixture: answered after 5, 12, 18, 20, 25, 40 s; gave up at 3, 8, 30; 60 s out."""
    at = {"started_at": NOW, "queued_at": NOW, "ended_at": NOW}
    for wait in (5, 12, 18, 20, 25, 40):
        factories.answered(session, **at, wait_s=wait)
    for number, wait in enumerate((3, 8, 30)):
        short = Disposition.SHORT_ABANDON if wait < 5 else None
        factories.missed(session, **at, wait_s=wait, caller=f"+8491300000{number}", disposition=short)
    factories.missed(session, **at, wait_s=60, outcome=Outcome.TIMEOUT, caller=None)
    session.commit()
    phuc = sign_in("phuc")
    board = phuc.get("/supervisor/").text
    assert "50,0 %" in board
    assert "50.0%" in in_english(phuc, "/supervisor/")
    assert "trên 8 cuộc" in board
    assert "và 1 cuộc số ẩn" in board
    for name, number in {
        "served": 6,
        "missed": 3,
        "sl4": 8,
        "gave_up": 2,
        "in_time": 4,
        "waited": 2,
        "other": 1,
    }.items():
        assert rows(phuc.get(f"/supervisor/calls/{name}").text) == number, name
    assert figure(board, "/supervisor/calls/missed") == 3
    assert figure(board, "/supervisor/unreached") == 2
    assert phuc.get("/supervisor/unreached").text.count('<li id="unreached-') == 2
    hour = NOW.astimezone(VIETNAM).hour
    day = NOW.astimezone(VIETNAM).date()
    assert rows(phuc.get(f"/supervisor/calls/all?day={day}&hour={hour}").text) == 10
    assert rows(phuc.get(f"/supervisor/calls/all?day={day}&hour={(hour + 1) % 24}").text) == 0
    assert f"{hour} giờ: 6 đã nghe máy, 3 nhỡ, 1 khác" in board


def test_who_was_spoken_with_since_is_reached(sign_in: SignIn, session: Session, province: Province) -> None:
    for caller in ("+84913000001", "+84913000002", "+84913000003"):
        call = factories.missed(session, started_at=NOW, ended_at=NOW, caller=caller)
        filing.settle_call(session, call, now=NOW)
    later = NOW + timedelta(minutes=5)
    factories.answered(session, caller="+84913000001", started_at=later, ended_at=later)
    session.flush()
    task = session.query(CallBack).filter_by(caller="+84913000002").one()
    filing.close_callback(session, province.actor("lan"), task.code, note="Đã hướng dẫn", now=later)
    session.commit()
    page = sign_in("phuc").get(f"/supervisor/unreached?day={NOW.astimezone(VIETNAM).date()}").text
    assert 'id="unreached-84913000003"' in page
    assert page.count('<li id="unreached-') == 1


def test_a_day_is_compared_with_its_weekday(sign_in: SignIn, session: Session, province: Province) -> None:
    then = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
    for week, count in ((1, 2), (2, 4)):
        for _ in range(count):
            factories.answered(session, started_at=then - timedelta(weeks=week), queued_at=then, wait_s=10 * week)
    factories.answered(session, started_at=then, wait_s=5)
    factories.answered(session, started_at=then - timedelta(days=1), wait_s=5)
    session.commit()
    phuc = sign_in("phuc")
    page = phuc.get("/supervisor/?day=2026-11-10").text
    assert "so với 2 Thứ Ba gần nhất" in page
    assert re.search(r'id="figure-all">.*?thường 3 ▼', page, re.DOTALL)
    # Rates are taken over all six calls: (2 x 10 + 4 x 20) / 6.
    assert re.search(r'id="figure-asa">.*?<b>5 giây</b>.*?thường 17 giây', page, re.DOTALL)
    assert "Ngay lúc này" not in page
    assert "chưa có ngày cùng thứ nào" in phuc.get("/supervisor/?day=2026-09-01").text
    # Tomorrow is not there yet, and no day at all is today.
    for url in ("/supervisor/?day=2999-01-01", "/supervisor/?day=x", "/supervisor/"):
        assert "Ngay lúc này" in phuc.get(url).text


def test_late_agencies_open_their_tickets(sign_in: SignIn, session: Session, province: Province) -> None:
    ticket = filing.open_draft(session, factories.answered(session), now=NOW)
    fields = TicketFields(category_code="cap-thoat-nuoc", description="Nước yếu")
    filing.file(session, province.actor("lan"), ticket.code, fields, now=NOW)
    water = province.agencies["water"].id
    casework.place(session, ticket, water, (), Actor.rule("routing"), now=NOW, why="rule")
    factories.set_due(ticket, Clock.ACCEPT, NOW - timedelta(hours=3))
    session.commit()
    phuc = sign_in("phuc")
    assert re.search(rf'id="late-{water}">.*?<b class="tally-hot">1</b>', phuc.get("/supervisor/").text, re.DOTALL)
    assert ticket.code in phuc.get(f"/supervisor/overdue?agency={water}").text.replace("-", "")
    assert "Không có phiếu nào quá hạn" in phuc.get("/supervisor/overdue?agency=0").text


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


def test_what_is_wrong_with_a_pbx_is_told_with_its_mend(sign_in: SignIn, session: Session, province: Province) -> None:
    found = [
        {"code": "clock", "values": {"seconds": 7.5}, "serious": True},
        {"code": "forged", "values": {"count": 12}, "serious": True},
        {"code": "no_witness", "values": {}, "serious": False},
        {"code": "of a later version", "values": {"<b>": 1}, "serious": True},
    ]
    session.add(PbxStatus(pbx="pbx1", connected=True, since=NOW, seen_at=NOW, findings=found))
    session.commit()
    for person, address in (("phuc", "/supervisor/"), ("quan", "/admin/")):
        page = sign_in(person).get(address).text
        assert "Đồng hồ lệch 7.5 giây" in page
        assert "12 mảnh dữ liệu bị loại vì giả mạo" in page
        assert "of a later version" in page
        assert "hotline-numbers in hotline.conf" in page.replace("trong", "in")
        assert "CALLCENTER_QUEUE_LOG" not in page
    metrics = sign_in(None).get("/metrics").text
    assert 'hotline_pbx_forged{pbx="pbx1"} 12.0' in metrics
    assert 'hotline_pbx_findings{pbx="pbx1"} 3.0' in metrics
