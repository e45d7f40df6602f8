"""Passing a call on from its card: offered while one talks, asked once, refused with a word."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import CommandResult
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def call(session: Session, province: Province) -> Call:
    now = datetime.now(UTC)
    actions = ["transfer", "consult", "join", "back"]
    session.add(PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=actions))
    members = [{"extension": "102", "name": "102", "paused": False, "status": 1}]
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=members, seen_at=now))
    province.agencies["water"].phone = "0273 387 1234"
    row = factories.call(session, ringing=[], talking=["101"], operators=["101"], answered_at=now)
    filing.open_draft(session, row, now=now)
    session.commit()
    return row


def test_a_talk_can_be_passed_on_to_the_team_and_to_agencies(sign_in: SignIn, session: Session, call: Call) -> None:
    browser = sign_in("lan")
    page = browser.get("/desk/work").text
    assert "Trần Văn Minh · 102 · sẵn sàng" in page
    assert "Công ty Cấp nước Tiền Giang · 02733871234" in page
    for _ in range(2):
        assert browser.post("/phone/transfer", {"call": call.id, "to": "102", "how": "transfer"}).status_code == 303
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.arguments) == ("transfer", {"call": call.linkedid, "to": "102"})


def test_while_one_asks_there_are_two_ways_out(sign_in: SignIn, session: Session, call: Call) -> None:
    browser = sign_in("lan")
    browser.post("/phone/transfer", {"call": call.id, "to": "103", "how": "consult"})
    command = session.scalars(select(PbxCommand)).one()
    command.result, command.ended_at = CommandResult.DONE, datetime.now(UTC)
    call.holding = ["101"]
    session.commit()
    assert "Chuyển ngay" not in browser.get("/desk/work").text
    page = browser.get("/desk/parts").text
    assert "Đang hỏi 103" in page
    assert "Nối người gọi vào" in page
    assert "Quay lại người gọi" in page
    browser.post("/phone/transfer", {"call": call.id, "how": "join"})
    assert [row.verb for row in session.scalars(select(PbxCommand).order_by(PbxCommand.id))] == ["consult", "join"]


def test_nobody_chosen_or_a_call_that_is_gone_is_said(sign_in: SignIn, session: Session, call: Call) -> None:
    browser = sign_in("lan")
    browser.post("/phone/transfer", {"call": call.id, "to": "999", "how": "transfer"})
    assert "Hãy chọn người nhận trong danh sách." in browser.get("/").text
    call.talking = ["102"]
    session.commit()
    browser.post("/phone/transfer", {"call": call.id, "to": "102", "how": "transfer"})
    assert "không còn ở máy của ông/bà" in browser.get("/").text
    assert session.scalars(select(PbxCommand)).all() == []


def test_a_pbx_that_cannot_has_no_form(sign_in: SignIn, session: Session, call: Call) -> None:
    session.get_one(PbxStatus, "pbx1").actions = []
    session.commit()
    assert "/phone/transfer" not in sign_in("lan").get("/desk/work").text
