"""The telephone's buttons: there where the PBX knows them, asked once, refused with a word."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxCommand, PbxStatus
from callcenter.vocab import CommandResult
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]
HTMX = {"HX-Request": "true"}
PLACES = ("/desk/parts", "/desk/work")


@pytest.fixture
def status(session: Session) -> PbxStatus:
    now = datetime.now(UTC)
    row = PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=["answer", "hang_up"])
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def call(session: Session, province: Province, status: PbxStatus) -> Call:
    row = factories.call(session, caller_name="Nguyễn Thị Mỹ Hạnh")
    filing.open_draft(session, row, now=datetime.now(UTC))
    session.commit()
    return row


def asked(session: Session) -> list[PbxCommand]:
    session.expire_all()
    return list(session.scalars(select(PbxCommand)))


@pytest.mark.parametrize("place", PLACES)
def test_a_ringing_telephone_can_be_answered_where_the_pbx_knows_how(
    sign_in: SignIn, session: Session, call: Call, status: PbxStatus, place: str
) -> None:
    page = sign_in("lan").get(place).text
    assert "Nhận máy" in page
    assert 'aria-keyshortcuts="Alt+A"' in page
    status.actions = []
    session.commit()
    page = sign_in("lan").get(place).text
    assert "Nhận máy" not in page
    assert "0905 123 456" in page


def test_pressed_twice_it_is_one_command_and_the_button_says_so(sign_in: SignIn, session: Session, call: Call) -> None:
    browser = sign_in("lan")
    for _ in range(2):
        answer = browser.post("/phone/answer", {"call": call.id, "place": "ring"}, headers=HTMX)
        assert answer.status_code == 200
        assert f'id="phone-ring-{call.id}"' in answer.text
        assert "Đang nhận máy…" in answer.text
    (command,) = asked(session)
    assert (command.verb, command.extension, command.asked_by) == ("answer", "101", "Nguyễn Thị Lan")
    assert "Đang nhận máy…" in browser.get("/desk/work").text


def test_without_javascript_the_desk_comes_back(sign_in: SignIn, session: Session, call: Call) -> None:
    browser = sign_in("lan")
    answer = browser.post("/phone/answer", {"call": call.id})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert len(asked(session)) == 1
    browser.post("/phone/hang-up", {"call": call.id})
    assert "Cuộc gọi này không còn ở máy của ông/bà." in browser.get("/").text


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (CommandResult.REFUSED, "Not ringing"),
        (CommandResult.EXPIRED, "Tổng đài không nhận kịp"),
        (CommandResult.UNKNOWN, "chưa rõ tổng đài đã làm chưa"),
    ],
)
def test_what_did_not_work_is_told_beside_the_button(
    sign_in: SignIn, session: Session, call: Call, result: CommandResult, words: str
) -> None:
    browser = sign_in("lan")
    browser.post("/phone/answer", {"call": call.id}, headers=HTMX)
    (command,) = asked(session)
    command.result, command.answer, command.ended_at = result, "Not ringing", datetime.now(UTC)
    session.commit()
    page = browser.get("/desk/parts").text
    assert words in page
    assert "Nhận máy <kbd>" in page


def test_a_call_that_is_gone_is_refused_in_place(sign_in: SignIn, session: Session, call: Call) -> None:
    call.ringing = ["102"]
    session.commit()
    answer = sign_in("lan").post("/phone/answer", {"call": call.id, "place": "work"}, headers=HTMX)
    assert answer.status_code == 409
    assert "không còn ở máy của ông/bà" in answer.text
    assert asked(session) == []


def test_while_the_pbx_is_away_the_button_waits_and_says_why(
    sign_in: SignIn, session: Session, call: Call, status: PbxStatus
) -> None:
    status.connected = False
    session.commit()
    page = sign_in("lan").get("/desk/parts").text
    assert "Tổng đài mất kết nối: hãy dùng máy điện thoại." in page
    assert "disabled" in page


def test_what_the_simulated_caller_says_is_marked_and_a_real_pbx_says_nothing(
    sign_in: SignIn, session: Session, call: Call, status: PbxStatus
) -> None:
    call.ringing, call.talking, call.snapshot = [], ["101"], {"said": ["Đèn đường <b>tắt</b> cả tuần"]}
    session.commit()
    page = sign_in("lan").get("/desk/work").text
    assert "Đèn đường &lt;b&gt;tắt&lt;/b&gt; cả tuần" in page
    assert "mô phỏng" in page
    assert "Gác máy" in page
    assert "Gác máy" in sign_in("lan").get("/desk/parts").text
    status.actions = []
    session.commit()
    page = sign_in("lan").get("/desk/work").text
    assert "Đèn đường" not in page
    assert "Gác máy" not in page


def test_others_see_no_button(sign_in: SignIn, session: Session, call: Call, province: Province) -> None:
    assert "Nhận máy" not in sign_in("minh").get("/desk/work").text
    factories.sits(session, province.people["phuc"], "101")
    session.commit()
    page = sign_in("phuc").get("/desk/parts").text
    assert "0905 123 456" in page
    assert "Nhận máy" not in page
