"""The strip of one's own telephone: what the PBX says, and keys that ask for another state."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import (
    AfterCall,
    CallBack,
    OutgoingCall,
    PauseReason,
    PbxCommand,
    PbxQueue,
    PbxStatus,
)
from callcenter.vocab import AFTER_CALL, CallOut
from tests import factories
from tests.factories import CALLER, Province
from tests.web.conftest import Browser
from tickets.telephone import calling_out
from tickets.telephone.my_phone import VERBS

SignIn = Callable[[str | None], Browser]
HTMX = {"HX-Request": "true"}
FREE = {"extension": "101", "name": "101", "paused": False, "status": 1, "interface": "PJSIP/101", "dynamic": True}


@pytest.fixture
def queue(session: Session, province: Province) -> PbxQueue:
    now = datetime.now(UTC)
    session.merge(PauseReason(code="an-trua", name="Ăn <b>trưa", position=1))
    actions = [*(verb.value for verb in VERBS), "call"]
    session.add(PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=actions))
    row = PbxQueue(pbx="pbx1", name="hotline-1022", title="Tổng đài 1022", members=[FREE], seen_at=now)
    session.add(row)
    session.commit()
    return row


def paused(session: Session, queue: PbxQueue, reason: str) -> None:
    queue.members = [{**FREE, "paused": True, "reason": reason, "since": 1_795_000_000}]
    session.commit()


@pytest.mark.parametrize("page", ["/", "/tickets"])
def test_ready_on_every_page_with_the_reasons_to_choose_from(
    sign_in: SignIn, session: Session, queue: PbxQueue, page: str
) -> None:
    text = sign_in("lan").get(page).text
    assert "Máy của tôi" in text
    assert 'aria-keyshortcuts="Alt+P"' in text
    assert "Ăn &lt;b&gt;trưa" in text
    assert "Tổng đài 1022" in text


def test_a_pause_is_asked_once_and_the_strip_waits_for_the_pbx(
    sign_in: SignIn, session: Session, queue: PbxQueue
) -> None:
    browser = sign_in("lan")
    for _ in range(2):
        answer = browser.post("/phone/pause", {"reason": "an-trua"}, headers=HTMX)
        assert answer.status_code == 200
        assert "Đang chờ tổng đài…" in answer.text
        assert "strip-free" in answer.text
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.arguments, command.asked_by) == ("pause", {"reason": "an-trua"}, "Nguyễn Thị Lan")


def test_a_pause_of_the_pbx_itself_is_told_with_one_key_to_come_back(
    sign_in: SignIn, session: Session, queue: PbxQueue
) -> None:
    paused(session, queue, "unanswered")
    browser = sign_in("lan")
    page = browser.get("/").text
    assert "Tổng đài tự tạm ngưng: chuông không ai nghe" in page
    assert 'aria-keyshortcuts="Alt+R"' in page
    assert "Alt+P" not in browser.get("/desk/parts").text
    browser.post("/phone/resume", headers=HTMX)
    assert [command.verb for command in session.scalars(select(PbxCommand))] == ["resume"]


def test_after_a_call_a_clock_runs_with_one_key_and_the_pauses(
    sign_in: SignIn, session: Session, queue: PbxQueue, province: Province
) -> None:
    paused(session, queue, AFTER_CALL)
    began = datetime.now(UTC) - timedelta(seconds=12)
    call = factories.answered(session)
    session.add(AfterCall(pbx="pbx1", extension="101", user_id=province.people["lan"].id, call_id=call.id,
                          began_at=began, ready_due=began + timedelta(seconds=30), paused_at=began))  # fmt: skip
    session.commit()
    browser = sign_in("lan")
    strip = browser.get("/desk/parts").text
    assert "strip-after" in strip
    assert "<b>Xử lý sau cuộc gọi</b>" in strip
    assert "data-since=" in strip
    assert "/ 0:30" in strip
    assert "Sẵn sàng ngay" in strip
    assert 'aria-keyshortcuts="Alt+P"' in strip
    assert "xử lý sau cuộc gọi" in sign_in("hoa").get("/shift").text
    browser.post("/phone/resume", headers=HTMX)
    assert [command.verb for command in session.scalars(select(PbxCommand))] == ["resume"]


def test_what_is_refused_is_said_in_place_and_without_scripts_on_the_page(
    sign_in: SignIn, session: Session, queue: PbxQueue
) -> None:
    browser = sign_in("lan")
    answer = browser.post("/phone/resume", headers=HTMX)
    assert answer.status_code == 409
    assert "đang không tạm ngưng" in answer.text
    answer = browser.post("/phone/pause", {"reason": "ngu", "next": "/tickets"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tickets")
    assert "Hãy chọn một lý do trong danh sách." in browser.get("/tickets").text
    assert session.scalars(select(PbxCommand)).all() == []


def test_the_floor_says_why_somebody_is_paused(sign_in: SignIn, session: Session, queue: PbxQueue) -> None:
    paused(session, queue, "an-trua")
    shift = sign_in("hoa").get("/shift").text
    assert "Tạm ngưng: Ăn &lt;b&gt;trưa" in shift
    assert "tạm ngưng: Ăn &lt;b&gt;trưa" in sign_in("phuc").get("/supervisor/").text
    paused(session, queue, "unanswered")
    assert "chuông không ai nghe" in sign_in("hoa").get("/shift").text


def test_a_pbx_that_takes_no_commands_has_no_keys(sign_in: SignIn, session: Session, queue: PbxQueue) -> None:
    session.get_one(PbxStatus, "pbx1").actions = []
    session.commit()
    text = sign_in("lan").get("/desk/parts").text
    assert "Sẵn sàng" in text
    assert "<button" not in text


def test_others_have_no_telephone(sign_in: SignIn, session: Session, queue: PbxQueue) -> None:
    assert "my-phone" not in sign_in("phuc").get("/", follow_redirects=True).text
    assert "my-phone" not in sign_in("phuc").get("/desk/parts").text


def test_an_administrator_keeps_the_list_of_reasons(sign_in: SignIn, session: Session, queue: PbxQueue) -> None:
    browser = sign_in("quan")
    answer = browser.post("/admin/pause-reasons", {"code": "Hỏi ý", "name": "Hỏi ý kiến"})
    assert answer.status_code == 422
    assert "Hỏi ý kiến" in answer.text
    assert browser.post("/admin/pause-reasons", {"code": "hoi-y", "name": "Hỏi ý kiến"}).status_code == 303
    assert "Hỏi ý kiến" in sign_in("lan").get("/desk/parts").text
    off = {"name": "Hỏi ý kiến", "position": "9"}
    assert browser.post("/admin/pause-reasons/hoi-y", off).status_code == 303
    assert "Hỏi ý kiến" not in sign_in("lan").get("/desk/parts").text
    last = browser.post("/admin/pause-reasons/an-trua", {"name": "Ăn trưa", "position": "1"})
    assert last.status_code == 422
    assert "Phải còn ít nhất một lý do" in last.text
    assert sign_in("lan").get("/admin/pause-reasons").status_code == 403


@pytest.fixture
def call_back(session: Session, province: Province, queue: PbxQueue) -> CallBack:
    task = factories.call_back(session, province.actor("lan"), CALLER, due_since=datetime.now(UTC))
    session.commit()
    return task


def test_a_ticket_s_number_is_called_by_one_button_and_the_strip_follows(
    sign_in: SignIn, session: Session, call_back: CallBack
) -> None:
    browser = sign_in("lan")
    page = f"/tickets/{call_back.code}"
    assert 'action="/phone/call"' in browser.get(page).text
    given = {"code": call_back.code, "number": CALLER, "next": page}
    answer = browser.post("/phone/call", given)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.arguments["number"]) == ("call", "0905123456")
    assert "Nhấc máy của ông/bà để gọi 0905 123 456" in browser.get("/desk/parts").text
    call = session.scalars(select(OutgoingCall)).one()
    calling_out.ended(session, call.id, CallOut.BUSY, datetime.now(UTC), now=datetime.now(UTC))
    session.commit()
    assert "0905 123 456: Máy bận" in browser.get("/desk/parts").text
    assert "gọi lại chưa gặp: máy bận" in browser.get(page).text


def test_a_number_that_is_not_the_ticket_s_is_not_called(
    sign_in: SignIn, session: Session, call_back: CallBack
) -> None:
    browser = sign_in("lan")
    browser.post("/phone/call", {"code": call_back.code, "number": "1900545454"})
    assert "Số này không có trong phiếu." in browser.get("/").text
    assert session.scalars(select(PbxCommand)).all() == []
    assert 'action="/phone/call"' not in sign_in("phuc").get(f"/tickets/{call_back.code}").text


def test_an_empty_desk_does_not_claim_to_be_ready_while_paused(
    sign_in: SignIn, session: Session, queue: PbxQueue
) -> None:
    browser = sign_in("lan")
    assert "Sẵn sàng nhận cuộc gọi" in browser.get("/desk/work").text
    paused(session, queue, "an-trua")
    assert "Máy của ông/bà chưa nhận cuộc gọi" in browser.get("/desk/work").text
