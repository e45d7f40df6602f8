"""The ticket's page: every move with what was typed kept, the story in sentences, what an agency must not see."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Attachment, Ticket, User
from callcenter.vocab import Role, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import HASH, Browser
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
ROUTING = Actor.rule("routing")


def filed(session: Session, province: Province, text: str = "Rác dồn trước chợ ba ngày", **fields: object) -> Ticket:
    """A report of rubbish in My Tho, in the hands of the ward's committee."""
    now = datetime.now(UTC)
    draft = filing.open_draft(session, factories.answered(session), now=now)
    values = {"category_code": "moi-truong", "ward_code": "28249", "description": text, **fields}
    filing.file(session, province.actor("lan"), draft.code, TicketFields(**values), now=now)
    casework.place(session, draft, province.agencies["my_tho"].id, (), ROUTING, now=now, why="rule")
    session.commit()
    return draft


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    return filed(session, province, reporter_name="Bà Năm")


def again(session: Session, ticket: Ticket) -> Ticket:
    session.expire_all()
    return session.get_one(Ticket, ticket.id)


def test_the_story_is_told_in_sentences(sign_in: SignIn, ticket: Ticket) -> None:
    page = " ".join(sign_in("lan").get(f"/tickets/{ticket.code}").text.split())
    assert "<strong>Nguyễn Thị Lan</strong> tiếp nhận phản ánh qua điện thoại" in page
    assert "chuyển đến UBND phường Mỹ Tho (lĩnh vực Môi trường, rác thải)" in page
    assert "chờ đơn vị tiếp nhận" in page


def test_where_it_is_pinned_is_shown_to_the_agency_and_printed(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    pinned = filed(session, province, pin="10.35694,106.3625")
    tam = sign_in("tam")
    page = tam.get(f"/tickets/{pinned.code}").text
    assert "10.356940, 106.362500" in page
    assert 'data-at="10.356940,106.362500"' in page
    assert 'href="geo:10.356940,106.362500' in page
    assert "10.356940, 106.362500" in tam.get(f"/tickets/{pinned.code}/print").text
    assert "pin.js" not in tam.get(f"/tickets/{filed(session, province).code}").text


def test_evidence_does_not_tell_where_an_officer_stood(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    """The citizen gets the picture too: neither the place nor the telephone that took it goes along."""
    tam, url = sign_in("tam"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    exif = Image.Exif()
    exif[0x010F] = "Máy của cán bộ"
    exif.get_ifd(0x8825)[2] = (10.0, 21.0, 30.0)
    photo = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(photo, "JPEG", exif=exif)
    evidence = (io.BytesIO(photo.getvalue()), "sau.jpg")
    assert tam.post(f"{url}/resolve", {"text": "Đã dọn sạch rác.", "files": evidence}).status_code == 303
    kept = session.scalars(select(Attachment)).one()
    with Image.open(io.BytesIO(tam.get(f"/files/{kept.id}", buffered=True).data)) as image:
        assert (image.size, dict(image.getexif())) == ((64, 48), {})


def test_an_agency_asks_and_the_desk_writes_down_the_answer(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    tam, lan, url = sign_in("tam"), sign_in("lan"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    empty = tam.post(f"{url}/ask", {"question": " "})
    assert (empty.status_code, "Cần điền ô này" in empty.text) == (422, True)
    for _ in range(2):
        assert tam.post(f"{url}/ask", {"question": "Bên trái hay bên phải chợ?"}).status_code == 303
    assert "Đang dừng" in tam.get(url).text
    assert "Bên trái hay bên phải chợ?" in lan.get(url).text
    assert lan.post(f"{url}/supply", {"text": "Bên trái, cạnh trạm điện"}).status_code == 303
    assert again(session, ticket).state == TicketState.ACCEPTED
    page = tam.get(url).text
    assert "Người dân (qua Nguyễn Thị Lan)" in page
    assert "Bên trái, cạnh trạm điện" in page


def test_an_extension_is_promised_once_however_often_it_is_sent(
    sign_in: SignIn, session: Session, ticket: Ticket
) -> None:
    tam, url = sign_in("tam"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    before = again(session, ticket).answer_due
    many = tam.post(f"{url}/extend", {"working_days": "11", "reason": "Chờ xe"})
    assert many.status_code == 422
    assert "Chờ xe</textarea>" in many.text
    for _ in range(2):
        assert tam.post(f"{url}/extend", {"working_days": "2", "reason": "Chờ xe"}).status_code == 303
    after = again(session, ticket)
    assert after.extended == 1
    assert before is not None
    assert after.answer_due is not None
    assert after.answer_due > before
    assert "gia hạn 2 ngày làm việc" in tam.get(url).text


def _proposal(page: str) -> str:
    found = re.search(r'name="proposal" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_nobody_approves_an_answer_that_was_not_read(
    sign_in: SignIn, session: Session, province: Province, ticket: Ticket
) -> None:
    """The supervisor has the first answer open; the head sends it back and the officer writes another one."""
    agency = session.get_one(Agency, province.agencies["my_tho"].id)
    agency.needs_approval = True
    head = User(username="chutich", password_hash=HASH, name="Ngô Văn Chín", role=Role.OFFICER, approves=True,
                agency_id=agency.id, created_at=factories.MONDAY)  # fmt: skip
    session.add(head)
    session.commit()
    tam, supervisor, url = sign_in("tam"), sign_in("phuc"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    tam.post(f"{url}/resolve", {"text": "Đã dọn"})
    read = _proposal(supervisor.get(url).text)
    sign_in("chutich").post(f"{url}/send-back", {"reason": "Nêu rõ ngày dọn"})
    tam.post(f"{url}/resolve", {"text": "Việc này không thuộc phường"})
    refused = supervisor.post(f"{url}/approve", {"proposal": read})
    assert (refused.status_code, "Việc này không thuộc phường" in refused.text) == (409, True)
    assert again(session, ticket).state == TicketState.AWAITING_APPROVAL
    assert supervisor.post(f"{url}/approve", {"proposal": _proposal(refused.text)}).status_code == 303


def test_a_head_approves_or_sends_back(sign_in: SignIn, session: Session, province: Province, ticket: Ticket) -> None:
    session.get_one(Agency, province.agencies["my_tho"].id).needs_approval = True
    session.add(
        User(username="chutich", password_hash=HASH, name="Ngô Văn Chín", role=Role.OFFICER, approves=True,
             agency_id=province.agencies["my_tho"].id, created_at=factories.MONDAY)
    )  # fmt: skip
    session.commit()
    tam, head, url = sign_in("tam"), sign_in("chutich"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    tam.post(f"{url}/resolve", {"text": "Đã dọn"})
    assert "Duyệt và gửi" not in tam.get(url).text
    assert tam.post(f"{url}/approve").status_code == 403
    assert 'id="group-approval"' in head.get("/agency").text
    assert head.post(f"{url}/send-back", {"reason": "Nêu rõ ngày dọn"}).status_code == 303
    assert "Đã dọn</textarea>" in tam.get(url).text
    tam.post(f"{url}/resolve", {"text": "Đã dọn sáng 24/11"})
    waits = _proposal(head.get(url).text)
    for _ in range(2):
        assert head.post(f"{url}/approve", {"proposal": waits}).status_code == 303
    assert again(session, ticket).state == TicketState.RESOLVED
    assert "duyệt, gửi câu trả lời cho người dân" in head.get(url).text


def test_the_citizen_speaks_through_the_desk(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    tam, lan, url = sign_in("tam"), sign_in("lan"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    tam.post(f"{url}/resolve", {"text": "Đã dọn"})
    assert lan.post(f"{url}/rate", {"note": "tạm được"}).status_code == 422
    assert lan.post(f"{url}/rate", {"stars": "4", "note": "tạm được"}).status_code == 303
    assert "Người dân đánh giá 4 trên 5 sao" in lan.get(url).text
    assert lan.post(f"{url}/not-fixed", {"reason": "Rác còn nguyên"}).status_code == 303
    assert again(session, ticket).reopened == 1
    assert lan.post(f"{url}/withdraw", {"reason": ""}).status_code == 303
    assert again(session, ticket).state == TicketState.WITHDRAWN
    assert tam.post(f"{url}/rate", {"stars": "5"}).status_code == 403


def test_a_refusal_is_told_to_the_citizen(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    tam, url = sign_in("tam"), f"/tickets/{ticket.code}"
    assert tam.post(f"{url}/reject", {"reason": ""}).status_code == 422
    assert tam.post(f"{url}/reject", {"reason": "Đất tư nhân, đã hướng dẫn hòa giải"}).status_code == 303
    assert again(session, ticket).resolution == "Đất tư nhân, đã hướng dẫn hòa giải"


def test_who_lost_the_ticket_while_typing_gets_the_words_back(
    sign_in: SignIn, session: Session, province: Province, ticket: Ticket
) -> None:
    tam, url = sign_in("tam"), f"/tickets/{ticket.code}"
    tam.post(f"{url}/accept")
    casework.assign(
        session,
        province.actor("phuc"),
        ticket.code,
        province.agencies["office"].id,
        reason="Việc tỉnh",
        now=datetime.now(UTC),
    )
    session.commit()
    answer = tam.post(f"{url}/resolve", {"text": "Câu trả lời dài đã gõ"})
    assert answer.status_code == 404
    assert "Không có phiếu này ở đơn vị của ông/bà" in answer.text
    assert "Câu trả lời dài đã gõ</textarea>" in answer.text
    assert "Bà Năm" not in answer.text


def test_what_belongs_together_is_shown_but_not_who(sign_in: SignIn, session: Session, province: Province) -> None:
    first = filed(session, province, "Rác trước chợ", keep_identity=True)
    second = filed(session, province, "Nước thải tràn đường")
    operator = sign_in("lan").get(f"/tickets/{second.code}").text
    officer = sign_in("tam").get(f"/tickets/{second.code}").text
    assert "Phiếu khác của người gọi này" in operator
    assert "Phiếu khác của người gọi này" not in officer
    assert "Cùng lĩnh vực, cùng xã/phường" in officer
    assert "Rác trước chợ" in officer
    paper = sign_in("tam").get(f"/tickets/{first.code}/print").text
    assert "Giữ kín danh tính" in paper
    assert "0905 123 456" not in paper
    assert "0905 123 456" in sign_in("lan").get(f"/tickets/{first.code}/print").text
