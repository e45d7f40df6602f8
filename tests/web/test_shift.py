"""The shift leader's page and taking work: one button for each item without an owner; no number is called by two."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.models import CallBack, PbxCommand, PbxGap, PbxQueue, Ticket, TicketEvent, TicketOrCallBack
from callcenter.vocab import CommandResult, CommandVerb, HungUpBy, Level, Outcome, Phase
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing, queries
from tickets.oversight import worklist
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=1)


def to_call_back(session: Session, caller: str, ended: datetime) -> CallBack:
    call = factories.missed(session, caller=caller, started_at=ended, queued_at=ended, ended_at=ended)
    filing.settle_call(session, call, now=ended)
    session.commit()
    return session.query(CallBack).filter_by(caller=caller, standing="waiting").one()


def left_draft(session: Session) -> Ticket:
    call = factories.answered(session, started_at=LONG_AGO, ended_at=LONG_AGO)
    draft = filing.open_draft(session, call, now=LONG_AGO)
    session.commit()
    return draft


def again(session: Session, ticket: TicketOrCallBack) -> TicketOrCallBack:
    session.expire_all()
    return session.get_one(type(ticket), ticket.id)


def last_move(session: Session, ticket: TicketOrCallBack) -> TicketEvent:
    session.expire_all()
    return session.query(TicketEvent).filter_by(ticket_id=ticket.id).order_by(TicketEvent.id.desc()).first()  # type: ignore[return-value]


def test_whom_the_pbx_cut_off_comes_first(sign_in: SignIn, session: Session) -> None:
    to_call_back(session, "+84913000001", LONG_AGO)
    just_now = NOW - timedelta(minutes=1)
    cut = factories.missed(
        session, caller="+84913000002", started_at=just_now, queued_at=just_now, ended_at=just_now,
        outcome=Outcome.FAILED, stage=None, hung_up_by=HungUpBy.SYSTEM,
    )  # fmt: skip
    filing.settle_call(session, cut, now=just_now)
    session.commit()
    first = session.query(CallBack).filter_by(caller="+84913000002").one()
    browser = sign_in("lan")
    page = browser.get("/").text
    assert page.index("0913 000 002") < page.index("0913 000 001")
    assert page.count("tổng đài làm ngắt") == 1
    assert browser.post("/call-backs/next").headers["Location"] == f"/tickets/{first.code}"


def test_a_robots_hundreds_of_calls_are_counted_not_loaded(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    robot, many = "+84913000009", queries.SHOWN_CALLS * 2
    for number in range(many):
        at = LONG_AGO + timedelta(seconds=number)
        named = {"caller_name": "Quảng cáo"} if number == 1 else {}
        call = factories.missed(session, caller=robot, started_at=at, queued_at=at, ended_at=at, **named)
        filing.settle_call(session, call, now=at)
    session.commit()
    ticket = session.query(CallBack).filter_by(caller=robot).one()
    lan = province.actor("lan")
    read = queries.ticket(session, lan, ticket.code)
    assert (len(read.calls), read.count_of_calls) == (queries.SHOWN_CALLS, many)
    assert sum(event.move == "missed_again" for event in read.events) == queries.SHOWN_CALLS
    assert read.events[0].move == "expect_call_back"
    assert read.calls[-1][0].started_at == at
    (row,) = worklist.callbacks(session, NOW)
    assert (row.misses, row.last, row.name, len(row.missed)) == (many, at, "Quảng cáo", 2)
    page = sign_in("lan").get(f"/tickets/{ticket.code}").text
    assert page.count('class="call-line"') == queries.SHOWN_CALLS
    assert f"Chỉ hiện {queries.SHOWN_CALLS} cuộc gọi mới nhất" in page
    assert f"{many} cuộc nhỡ" in sign_in("hoa").get("/shift").text


def test_after_a_restart_everybody_reads_whether_their_telephone_is_in_again(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    # Shown for ten minutes: the suite itself may take longer.
    now = datetime.now(UTC)

    def command(extension: str, queue: str, result: CommandResult) -> PbxCommand:
        return PbxCommand(
            pbx="pbx1", verb=CommandVerb.SIGN_IN, extension=extension, arguments={"queue": queue}, asked_by="listener",
            asked_at=now, expires_at=now, taken_at=now, ended_at=now, result=result,
        )  # fmt: skip

    lan, minh = (province.people[name].extension for name in ("lan", "minh"))
    back = now - timedelta(seconds=5)
    member = {"extension": lan, "name": "", "paused": False, "status": 1}
    session.add(PbxGap(pbx="pbx1", started_at=back, ended_at=back, restarted=True))
    session.add(PbxQueue(pbx="pbx1", name="q1", title="Tổng đài 1022", members=[member], seen_at=now))
    session.add(command(lan or "", "q1", CommandResult.DONE))
    session.add(command(minh or "", "q1", CommandResult.REFUSED))
    session.commit()
    assert "Máy của ông/bà vẫn trong hàng đợi: Tổng đài 1022." in sign_in("lan").get("/desk/parts").text
    hers = sign_in("minh").get("/desk/parts").text
    assert "Chưa đưa được máy của ông/bà trở lại: Tổng đài 1022." in hers
    assert "vẫn trong hàng đợi" not in hers
    session.query(PbxGap).update({"ended_at": now - timedelta(minutes=11)})
    session.commit()
    assert "khởi động lại" not in sign_in("lan").get("/desk/parts").text


def test_two_operators_take_two_numbers(sign_in: SignIn, session: Session, province: Province) -> None:
    first = to_call_back(session, "+84913000001", LONG_AGO)
    second = to_call_back(session, "+84913000002", NOW - timedelta(minutes=5))
    lan, minh = sign_in("lan"), sign_in("minh")
    took = [browser.post("/call-backs/next").headers["Location"] for browser in (lan, minh, lan)]
    assert took == [f"/tickets/{first.code}", f"/tickets/{second.code}", f"/tickets/{first.code}"]
    assert (again(session, first).owner_id, again(session, second).owner_id) == (
        province.people["lan"].id,
        province.people["minh"].id,
    )
    refused = minh.post(f"/call-backs/{first.code}/take")
    assert refused.status_code == 303
    assert "Nguyễn Thị Lan vừa nhận số này" in minh.get("/").text
    assert again(session, first).owner_id == province.people["lan"].id
    assert session.query(TicketEvent).filter_by(move="claim").count() == 2


def test_a_number_that_is_left_is_there_for_the_next(sign_in: SignIn, session: Session, province: Province) -> None:
    task = to_call_back(session, "+84913000001", LONG_AGO)
    lan, minh = sign_in("lan"), sign_in("minh")
    lan.post("/call-backs/next")
    assert "Nguyễn Thị Lan đang giữ" in minh.get("/desk/side").text
    assert minh.post(f"/call-backs/{task.code}/leave").status_code == 303
    assert again(session, task).owner_id == province.people["lan"].id
    for _ in range(2):
        assert lan.post(f"/call-backs/{task.code}/leave").status_code == 303
    assert again(session, task).owner_id is None
    assert minh.post("/call-backs/next").headers["Location"] == f"/tickets/{task.code}"


def test_a_claim_that_is_let_lie_is_free_again(sign_in: SignIn, session: Session, province: Province) -> None:
    task = to_call_back(session, "+84913000001", LONG_AGO)
    task.owner_id = province.people["lan"].id
    session.commit()
    assert "Nhận số này" in sign_in("minh").get("/desk/side").text
    sign_in("minh").post("/call-backs/next")
    assert again(session, task).owner_id == province.people["minh"].id


def test_who_is_on_the_line_is_not_called(sign_in: SignIn, session: Session, province: Province) -> None:
    to_call_back(session, "+84913000001", LONG_AGO)
    factories.call(session, caller="+84913000001", started_at=NOW)
    session.commit()
    lan = sign_in("lan")
    assert lan.post("/call-backs/next").headers["Location"] == "/"
    page = lan.get("/").text
    assert "Không còn số nào chờ gọi lại" in page
    assert "đang gọi đến" in page


def test_one_line_a_number_with_its_misses(sign_in: SignIn, session: Session, province: Province) -> None:
    for minutes in (50, 20, 10):
        to_call_back(session, "+84913000001", datetime.now(UTC) - timedelta(minutes=minutes))
    side = sign_in("lan").get("/desk/side").text
    assert side.count('<li id="callback-') == 1
    assert "3 cuộc nhỡ" in side
    assert "10 phút trước" in side


def test_a_leader_takes_over_and_the_history_says_from_whom(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    draft = left_draft(session)
    hoa = sign_in("hoa")
    assert hoa.get("/").headers["Location"] == "/shift"
    assert f'id="left-{draft.id}"' in hoa.get("/shift").text
    for _ in range(2):
        answer = hoa.post(f"/shift/{draft.code}/take-over")
        assert answer.headers["Location"] == f"/drafts/{draft.code}"
    event = last_move(session, draft)
    assert (event.move, event.actor, event.data["before"]) == ("take_over", "Lê Thị Hoa", "Nguyễn Thị Lan")
    assert session.query(TicketEvent).filter_by(move="take_over").count() == 1
    assert again(session, draft).owner_id == province.people["hoa"].id


def test_a_leader_hands_on_by_name(sign_in: SignIn, session: Session, province: Province) -> None:
    draft, minh = left_draft(session), province.people["minh"].id
    hoa = sign_in("hoa")
    officer = hoa.post(f"/shift/{draft.code}/hand-to", {"user_id": province.people["thu"].id})
    assert officer.status_code == 422
    assert hoa.post(f"/shift/{draft.code}/hand-to", {"user_id": minh}).status_code == 303
    assert again(session, draft).owner_id == minh
    assert "Đã giao cho Trần Văn Minh" in hoa.get("/shift").text
    assert f'id="mine-{draft.id}"' in sign_in("minh").get("/desk/side").text


def test_each_thing_nobody_owns_is_told_once(sign_in: SignIn, session: Session, province: Province) -> None:
    left_draft(session)
    moment = datetime.now(UTC)
    to_call_back(session, "+84913000001", moment - timedelta(minutes=17))
    to_call_back(session, "+84913000002", moment - timedelta(minutes=12))
    urgent = filing.new_ticket(session, province.actor("lan"), source="counter", now=NOW)  # type: ignore[arg-type]
    fields = TicketFields(
        category_code="khac", description="Cây đổ chắn đường", level=Level.URGENT, reporter_phone="0905123456"
    )
    filing.file(session, province.actor("lan"), urgent.code, fields, now=NOW)
    session.commit()
    page = sign_in("hoa").get("/shift").text
    assert "3 việc chưa ai lo" in page
    assert f'id="urgent-{urgent.id}"' in page
    assert page.count('<li id="callback-') == 1


@pytest.mark.parametrize(
    ("member", "columns", "words"),
    [
        ({"status": 1}, {}, "Sẵn sàng"),
        ({"status": 1, "paused": True}, {}, "Tạm ngưng"),
        ({"status": 5}, {}, "Máy không kết nối"),
        ({"status": 1}, {"ringing": ["101"]}, "Đang đổ chuông"),
        ({"status": 1}, {"ringing": [], "talking": ["101"], "operators": ["101"]}, "Đang đàm thoại"),
        ({"status": 1}, {"ringing": [], "talking": ["101"], "holding": ["101"]}, "Đang giữ máy"),
        (None, {}, "Đã ra ca"),
    ],
)
def test_the_team_as_the_pbx_and_the_calls_tell(
    member: dict[str, object] | None,
    columns: dict[str, object],
    words: str,
    sign_in: SignIn,
    session: Session,
    province: Province,
) -> None:
    members = [{"extension": "101", "name": "x", **member}] if member else []
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=members, seen_at=NOW))
    if columns:
        factories.call(session, started_at=NOW, **columns)
    session.commit()
    page = sign_in("hoa").get("/shift").text
    seat = page[page.index('id="seat-101"') :].partition("</li>")[0]
    assert "Nguyễn Thị Lan" in seat
    assert f"</i>{words}" in seat


def test_a_caller_who_left_the_queue_waits_no_more(sign_in: SignIn, session: Session, province: Province) -> None:
    gone = factories.call(session, caller="+84913000001", started_at=NOW, queued_at=NOW, wait_s=30, ringing=[])
    here = factories.call(session, caller="+84913000002", started_at=NOW, queued_at=NOW, ringing=[])
    entering = factories.call(session, caller="+84913000003", started_at=NOW, queued_at=None, ringing=[])
    session.commit()
    page = sign_in("lan").get("/desk/waiting").text
    assert f'id="waiting-{here.id}"' in page
    assert f'id="waiting-{entering.id}"' in page
    assert f'id="waiting-{gone.id}"' not in page
    assert 'data-waiting="1"' in page


def test_a_page_says_the_phase_that_the_state_machine_says() -> None:
    """Line by line through a table of the machine: the row that is stored gives the same word."""
    from agent_ui.web import filters
    from callcenter.models import Call
    from telephony.callflow import columns, to_json
    from tests.rules.test_callflow_cells import TABLES
    from tests.rules.trace import play

    seen = set()
    for table in TABLES.values():
        lines = table.strip().splitlines()
        for upto in range(1, len(lines) + 1):
            for call in play("\n".join(lines[:upto])).calls.by_id.values():
                if call.ended_at is not None and not call.settled:
                    continue
                row = Call(**columns(call), pbx="x", snapshot=to_json(call))
                assert filters.phase(row) == call.phase
                seen.add(call.phase)
    assert {Phase.ENTERED, Phase.QUEUED, Phase.RINGING, Phase.TALKING, Phase.ENDED} <= seen
