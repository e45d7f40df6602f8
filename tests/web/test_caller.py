"""The caller's card, and the ends of a draft that no agency has a part in, as the pages have them."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Contact, Grievance, Ticket
from callcenter.vocab import ContactFlag, TicketState
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tests.web.conftest import Browser
from tests.web.test_desk_pages import JSON, WHOLE
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]
NOTE = {"note": "Nói chậm, nghe kém", "names": "Ông Ba\nBà Tư", "flags": ["hard_of_hearing", "sms_first"], "seen": ""}


@pytest.fixture
def draft(session: Session, province: Province) -> Ticket:
    found = filing.open_draft(session, factories.answered(session), now=MONDAY)
    session.commit()
    return found


def again(session: Session, ticket: Ticket) -> Ticket:
    session.expire_all()
    return session.get_one(Ticket, ticket.id)


def test_the_note_on_a_number_is_on_the_card_of_its_next_call(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    answer = lan.post("/numbers/0905123456/contact", {**NOTE, "next": "/desk"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")
    page = lan.get("/").text
    for words in ("Nói chậm, nghe kém", "Nghe kém", "Nhắn tin trước", 'data-take-name="Ông Ba"', "Bà Tư"):
        assert words in page
    assert again(session, draft).reporter_name == ""
    assert "Nguyễn Thị Lan ghi lúc" in lan.get("/numbers/+84905123456").text


def test_a_note_that_is_refused_or_overtaken_comes_back_with_what_was_typed(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    lan = sign_in("lan")
    long = lan.post("/numbers/0905123456/contact", {**NOTE, "note": "x" * 501})
    assert (long.status_code, "x" * 501 in long.text) == (422, True)
    lan.post("/numbers/0905123456/contact", NOTE)
    late = lan.post("/numbers/0905123456/contact", {**NOTE, "note": "Chữ của tôi"})
    assert (late.status_code, "Chữ của tôi" in late.text) == (409, True)
    assert session.get_one(Contact, CALLER).note == NOTE["note"]


def test_officers_have_no_notes_on_numbers(sign_in: SignIn, province: Province) -> None:
    assert sign_in("son").post("/numbers/0905123456/contact", NOTE).status_code == 403


def test_answered_at_once(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    refused = lan.post(f"/drafts/{draft.code}/answer", {**WHOLE, "answer": ""})
    assert (refused.status_code, 'id="problem-answer"' in refused.text) == (422, True)
    assert lan.post(f"/drafts/{draft.code}/answer", {**WHOLE, "answer": "Đến bộ phận Một cửa"}).status_code == 303
    done = again(session, draft)
    assert (done.state, done.tier, done.resolution) == (TicketState.RESOLVED, 1, "Đến bộ phận Một cửa")
    assert "Đến bộ phận Một cửa" in lan.get(f"/tickets/{draft.code}").text


def test_an_answer_that_is_being_typed_saves_itself(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", {**WHOLE, "answer": "Đến bộ phận"}, headers=JSON)
    assert again(session, draft).resolution == "Đến bộ phận"
    assert re.search('<details class="at-once"[^>]* open>', lan.get("/").text)


def test_a_denunciation_is_guided_and_only_leaders_read_it(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", {**WHOLE, "description": "Nhận tiền để cấp sổ đỏ"}, headers=JSON)
    assert lan.post(f"/drafts/{draft.code}/guide", {"against": "x"}).status_code == 422
    said = {"grievance": "denunciation", "against": "Chủ tịch xã", "summary": ""}
    assert lan.post(f"/drafts/{draft.code}/guide", said).status_code == 303
    record = session.scalars(select(Grievance)).one()
    assert record.summary == "Nhận tiền để cấp sổ đỏ"
    assert "Nhận tiền" not in lan.get(f"/tickets/{draft.code}").text
    assert "Nhận tiền để cấp sổ đỏ" in sign_in("hoa").get("/grievances").text
    for other in ("lan", "son"):
        assert sign_in(other).get("/grievances").status_code == 403


def test_safe_contact_is_kept_and_said(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", {"whole": "1", "safe_contact": "1"}, headers=JSON)
    assert (again(session, draft).safe_contact, draft.keep_identity) == (True, True)
    lan.post(f"/drafts/{draft.code}/file", {**WHOLE, "safe_contact": "1"})
    assert "Không gọi, không nhắn tin, không công khai." in lan.get(f"/tickets/{draft.code}").text
    assert ContactFlag.SAFE_CONTACT not in (session.get(Contact, CALLER) or Contact(flags=[])).flags
