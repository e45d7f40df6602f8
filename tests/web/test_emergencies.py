"""The emergency on the pages: one key and one digit, the bar on top of every page, the alarm, and how it ends."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Call, Emergency, EmergencyLine, PbxCommand, PbxQueue, PbxStatus, Ticket
from callcenter.vocab import CommandResult, EmergencyEnd, EmergencyService, Level, Third
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def call(session: Session, province: Province) -> Call:
    now = datetime.now(UTC)
    actions = ["transfer", "consult", "join", "back", "call"]
    session.add(PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=actions))
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=[], seen_at=now))
    row = factories.call(session, ringing=[], talking=["101"], operators=["101"], answered_at=now)
    draft = filing.open_draft(session, row, now=now)
    fields = TicketFields(address="Cầu Rạch Miễu", description="Xe tải lật")
    filing.save_draft(session, province.actor("lan"), draft.code, fields, version=None, now=now)
    session.commit()
    return row


def begun(browser: Browser, session: Session, service: str = "115", **given: object) -> Emergency:
    assert browser.post("/emergencies/begin", {"service": service, **given}).status_code == 303
    session.expire_all()
    return session.scalars(select(Emergency).order_by(Emergency.id.desc())).first()  # type: ignore[return-value]


def test_the_key_is_there_while_a_call_is_at_the_telephone(sign_in: SignIn, session: Session, call: Call) -> None:
    session.add(EmergencyLine(service=EmergencyService.CHILDREN, number=""))
    session.commit()
    browser = sign_in("lan")
    for page in ("/", "/tickets", "/desk/parts"):
        text = browser.get(page).text
        assert 'aria-keyshortcuts="Alt+C"' in text, page
        assert [f'data-service-key="{digit}"' in text for digit in "3451"] == [True] * 4, page
        assert "tổng đài chưa có số" in text, page
    call.talking = []
    session.commit()
    assert 'aria-keyshortcuts="Alt+C"' not in browser.get("/desk/parts").text
    assert 'aria-keyshortcuts="Alt+C"' not in sign_in("minh").get("/").text


def test_one_press_alarms_the_leader_on_every_page(sign_in: SignIn, session: Session, call: Call) -> None:
    lan, hoa = sign_in("lan"), sign_in("hoa")
    row = begun(lan, session)
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.arguments["to"]) == ("consult", "115")
    for page in ("/", "/shift", "/tickets", "/emergencies/bar"):
        text = hoa.get(page, follow_redirects=True).text
        assert 'data-alarm="115 Cấp cứu"' in text, page
        assert "Cầu Rạch Miễu" in text, page
        assert "Tôi lo" in text, page
    mine = lan.get("/desk/work").text + lan.get("/emergencies/bar").text
    assert "data-alarm=" not in mine
    assert "Tôi lo" not in mine
    assert "Đang nhờ tổng đài gọi 115" in mine
    assert "data-emergency" not in sign_in("minh").get("/").text
    taken = hoa.post(f"/emergencies/{row.id}/take", headers=HTMX)
    assert "data-alarm=" not in taken.text
    assert "Lê Thị Hoa đang lo" in lan.get("/").text


def test_what_the_operator_can_do_follows_the_pbx(sign_in: SignIn, session: Session, call: Call) -> None:
    lan = sign_in("lan")
    row = begun(lan, session)
    command = session.scalars(select(PbxCommand)).one()
    command.result, command.ended_at = CommandResult.DONE, datetime.now(UTC)
    call.talking, call.third = [], Third.ANSWERED
    session.commit()
    bar = lan.get("/emergencies/bar").text
    assert "115 đã nhấc máy" in bar
    # The caller is on hold, later with 115: what is known of them is typed on all the time.
    assert "Cầu Rạch Miễu" in lan.get("/desk/work").text
    assert "Nối người gọi vào" in bar
    pressed = lan.post(f"/emergencies/{row.id}/step", {"step": "join"}, headers=HTMX)
    assert pressed.status_code == 200
    assert [c.verb for c in session.scalars(select(PbxCommand).order_by(PbxCommand.id))] == ["consult", "join"]
    call.ended_at, call.third = datetime.now(UTC), None
    session.commit()
    bar = lan.get("/emergencies/bar").text
    assert "Người gọi đã gác máy" in bar
    assert "Gọi lại người gọi" in bar
    late = lan.post(f"/emergencies/{row.id}/step", {"step": "back"}, headers=HTMX)
    assert late.status_code == 409
    assert "không còn ở máy của ông/bà" in late.text


def test_it_ends_only_with_a_word_of_the_list(sign_in: SignIn, session: Session, call: Call) -> None:
    lan = sign_in("lan")
    row = begun(lan, session)
    for given, told in (
        ({"ended": "answered"}, "Hãy chọn việc khẩn cấp kết thúc thế nào."),
        ({"ended": ""}, "Hãy chọn việc khẩn cấp kết thúc thế nào."),
        ({"ended": "caller_gone", "note": " "}, "Hãy ghi đã làm gì"),
    ):
        refused = lan.post(f"/emergencies/{row.id}/end", given, headers=HTMX)
        assert (refused.status_code, told in refused.text) == (409, True), given
    assert sign_in("minh").post(f"/emergencies/{row.id}/end", {"ended": "relayed"}).status_code == 403
    done = lan.post(f"/emergencies/{row.id}/end", {"ended": "caller_gone", "note": "đã gọi 115"}, headers=HTMX)
    assert "data-emergency" not in done.text
    session.expire_all()
    assert (row.ended, row.note) == (EmergencyEnd.CALLER_GONE, "đã gọi 115")
    card = lan.get("/desk/work").text
    assert "đã gọi 115" in card
    assert "Kết thúc: đã chuyển khẩn cấp" in card
    phuc = sign_in("phuc")
    assert "đã gọi 115" in phuc.get("/emergencies/").text
    for page in ("/supervisor/", "/shift"):
        assert "1 việc khẩn cấp" in phuc.get(page).text, page
    story = lan.get(f"/tickets/{session.get_one(Ticket, row.ticket_id).code}").text
    assert "bấm khẩn cấp 115; phiếu thành khẩn" in story
    assert "xong việc khẩn cấp 115: mất liên lạc với người gọi" in story


def test_it_stands_after_the_session_and_the_call(sign_in: SignIn, session: Session, call: Call) -> None:
    lan = sign_in("lan")
    begun(lan, session)
    lan.post("/sign-out")
    call.talking, call.ended_at = [], datetime.now(UTC)
    session.get_one(PbxStatus, "pbx1").connected = False
    session.commit()
    assert "data-emergency=" in sign_in("lan").get("/tickets").text
    assert "data-alarm=" in sign_in("hoa").get("/shift").text


def test_after_the_call_it_begins_from_the_card(sign_in: SignIn, session: Session, call: Call) -> None:
    call.talking, call.ended_at = [], datetime.now(UTC)
    session.commit()
    lan = sign_in("lan")
    assert "Khẩn cấp…" in lan.get("/desk/work").text
    lan.post("/emergencies/begin", {"service": "113"})
    assert "không còn ở máy của ông/bà" in lan.get("/").text
    code = filing.draft_of(session, call).code  # type: ignore[union-attr]
    row = begun(lan, session, "113", code=code)
    assert session.get_one(Ticket, row.ticket_id).level is Level.URGENT
    assert "Người gọi đã gác máy" in lan.get("/").text


def test_nobody_invents_a_service_or_a_step(sign_in: SignIn, session: Session, call: Call) -> None:
    lan = sign_in("lan")
    assert lan.post("/emergencies/begin", {"service": "115\r\nAction: Originate"}, headers=HTMX).status_code == 409
    assert lan.post("/emergencies/999/step", {"step": "again"}, headers=HTMX).status_code == 409
    row = begun(lan, session)
    assert lan.post(f"/emergencies/{row.id}/step", {"step": "transfer"}, headers=HTMX).status_code == 409
    assert [c.verb for c in session.scalars(select(PbxCommand))] == ["consult"]


def test_what_is_handed_over_with_the_shift(sign_in: SignIn, session: Session, call: Call, province: Province) -> None:
    row = begun(sign_in("lan"), session)
    hoa, phuc = sign_in("hoa"), sign_in("phuc")
    assert "Khẩn cấp chưa xong" in hoa.get("/shift/handovers").text
    given = hoa.post("/shift/handovers/give", {"to": province.people["phuc"].id, "note": "115 chưa nghe máy"})
    phuc.post(f"{given.headers['Location']}/confirm", {"remark": ""})
    session.expire_all()
    assert row.taken_by == "Phạm Hồng Phúc"


def test_an_administrator_says_what_the_pbx_dials(sign_in: SignIn, session: Session, call: Call) -> None:
    quan = sign_in("quan")
    assert "số khẩn cấp chưa ai gọi thử" in quan.get("/admin/").text
    refused = quan.post("/admin/emergency-numbers/115", {"dialled": "115,1#Hangup"})
    assert refused.status_code == 422
    assert "115,1#Hangup" in refused.text
    assert "Chỉ gồm chữ số" in refused.text
    assert quan.post("/admin/emergency-numbers/115", {"dialled": "0273 387 2233", "tried": "1"}).status_code == 303
    assert quan.post("/admin/emergency-numbers/111", {"dialled": ""}).status_code == 303
    page = quan.get("/admin/emergency-numbers").text
    assert "02733872233" in page
    assert "chưa có số" in page
    assert quan.get("/admin/emergency-numbers/112").status_code == 404
    begun(sign_in("lan"), session)
    assert session.scalars(select(PbxCommand)).one().arguments["to"] == "02733872233"
