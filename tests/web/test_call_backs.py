"""The list of numbers to call back in the console: tries, the next one, and a leader's end for many."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import CallBack, TextMessage, TicketCall, TicketEvent
from callcenter.vocab import CallBackStanding, Outcome
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing
from tickets.rules.sla import VIETNAM

SignIn = Callable[[str | None], Browser]
EARLIER = datetime.now(UTC) - timedelta(hours=2)


def waiting(session: Session, number: str, **columns: object) -> CallBack:
    times = {"started_at": EARLIER, "queued_at": EARLIER, "ended_at": EARLIER + timedelta(seconds=30)}
    call = factories.missed(session, caller=number, **times, **columns)
    filing.settle_call(session, call, now=EARLIER)
    session.commit()
    return session.query(CallBack).filter_by(caller=number).one()


def test_a_try_is_written_down_and_seen_by_everybody(sign_in: SignIn, session: Session) -> None:
    task = waiting(session, "+84913000001")
    lan = sign_in("lan")
    page = lan.get(f"/tickets/{task.code}").text
    assert "Gọi mà chưa gặp" in page
    assert lan.post(f"/tickets/{task.code}/not-reached", {"note": "bận họp"}).status_code == 422
    given = {"result": "no_answer", "later": "morning", "note": "đổ chuông mãi"}
    assert lan.post(f"/tickets/{task.code}/not-reached", given).status_code == 303
    told = sign_in("minh").get("/call-backs").text
    assert "đổ chuông mãi" in told
    assert "Nguyễn Thị Lan · không nghe máy" in told
    assert "gọi lại chưa gặp: không nghe máy" in lan.get(f"/tickets/{task.code}").text
    assert "Không còn số nào chờ gọi lại" in lan.post("/call-backs/next", follow_redirects=True).text


def test_a_try_that_is_sent_twice_counts_once(sign_in: SignIn, session: Session) -> None:
    """The same form again is the same try, as when a button is pressed twice; two forms are two tries."""
    task, lan = waiting(session, "+84913000001"), sign_in("lan")
    given = {"result": "no_answer", "note": "đổ chuông mãi"}
    for nonce in ("a" * 32, "a" * 32, "b" * 32):
        answer = lan.post(f"/tickets/{task.code}/not-reached", {**given, "nonce": nonce})
        assert (answer.status_code, answer.location) == (303, f"/tickets/{task.code}")
    tries = session.query(TicketEvent).filter_by(ticket_id=task.id, move="call_attempt").count()
    assert tries == 2


def test_refused_the_form_keeps_what_was_chosen(sign_in: SignIn, session: Session) -> None:
    task = waiting(session, "+84913000001")
    page = sign_in("lan").post(f"/tickets/{task.code}/not-reached", {"note": "máy con cầm"}).text
    assert "máy con cầm" in page
    assert "Hãy chọn một mục trong danh sách" in page


def test_with_an_unheard_message_it_stays_open_and_says_why(sign_in: SignIn, session: Session) -> None:
    task = waiting(session, "+84913000001", outcome=Outcome.VOICEMAIL, voicemail="INBOX/msg0001")
    lan = sign_in("lan")
    assert "lời nhắn chưa ai nghe" in lan.get("/call-backs").text
    refused = lan.post(f"/tickets/{task.code}/called-back", {"note": "đã gọi rồi"})
    assert refused.status_code == 422
    assert "Hãy nghe lời nhắn trước khi kết thúc" in refused.text
    assert "đã gọi rồi" in refused.text
    call = task_call(session, task)
    assert lan.post(f"/calls/{call}/heard", {"next": "/call-backs"}).headers["Location"] == "/call-backs"
    assert lan.post(f"/tickets/{task.code}/called-back", {"note": "đã gọi rồi"}).status_code == 303


def task_call(session: Session, task: CallBack) -> int:
    return session.execute(select(TicketCall.call_id).where(TicketCall.ticket_id == task.id)).scalar_one()


def test_a_leader_ends_many_after_an_outage(sign_in: SignIn, session: Session, province: Province) -> None:
    tasks = [waiting(session, f"+8491300000{n}") for n in range(3)]
    hoa = sign_in("hoa")
    assert "Kết thúc nhiều số" not in sign_in("lan").get("/call-backs").text
    refused = hoa.post("/call-backs/end", {"codes": tasks[0].code, "text": "1022 đã hoạt động lại"})
    assert refused.status_code == 422
    assert "Cần điền ô này" in refused.text
    assert "1022 đã hoạt động lại" in refused.text
    assert f'value="{tasks[0].code}"\n' in refused.text
    assert " checked>" in refused.text
    given = {"codes": tasks[0].code, "reason": "Đứt cáp", "text": "1022 đã hoạt động lại"}
    assert "Đã kết thúc 1 số." in hoa.post("/call-backs/end", given, follow_redirects=True).text
    local = EARLIER.astimezone(VIETNAM)
    span = {"since": f"{local:%Y-%m-%dT%H:%M}", "until": f"{local + timedelta(minutes=1):%Y-%m-%dT%H:%M}"}
    everything = {**span, "everything": "1", "reason": "Đứt cáp"}
    assert "Đã kết thúc 2 số." in hoa.post("/call-backs/end", everything, follow_redirects=True).text
    session.expire_all()
    assert {task.standing for task in session.query(CallBack)} == {CallBackStanding.ENDED}
    assert session.scalars(select(TextMessage.number)).all() == ["+84913000000"]
    assert "kết thúc việc gọi lại, không gọi nữa" in hoa.get(f"/tickets/{tasks[0].code}").text


def test_a_span_narrows_the_list(sign_in: SignIn, session: Session) -> None:
    waiting(session, "+84913000001")
    hoa = sign_in("hoa")
    assert "0913 000 001" in hoa.get("/call-backs?since=2026-01-01T00:00").text
    assert "0913 000 001" not in hoa.get("/call-backs?until=2026-01-01T00:00").text
    assert "0913 000 001" in hoa.get("/call-backs?until=nonsense").text
