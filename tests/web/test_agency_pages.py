"""The agency's pages: what is in hand and nothing else, answers with files, files that can never run."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from callcenter.models import Attachment, Ticket, TicketEvent, User
from callcenter.vocab import Clock, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.rules.fields import TicketFields
from tickets.rules.policy import LARGEST_FILE

SignIn = Callable[[str | None], Browser]
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << >>\n%%EOF\n"


def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    """A report of a street light, in the hands of the power company; its field demands evidence."""
    now = datetime.now(UTC)
    draft = filing.open_draft(session, factories.answered(session), now=now)
    fields = TicketFields(category_code="chieu-sang-dien", description="Đèn đường tắt ba đêm", reporter_name="Ông Tư",
                          keep_identity=True)  # fmt: skip
    filing.file(session, province.actor("lan"), draft.code, fields, now=now)
    power = province.agencies["power"].id
    casework.place(session, draft, power, (), Actor.rule("routing"), now=now, why="rule")
    session.commit()
    return draft


def again(session: Session, ticket: Ticket) -> Ticket:
    session.expire_all()
    return session.get_one(Ticket, ticket.id)


def test_an_agency_sees_its_own_tickets_alone(sign_in: SignIn, ticket: Ticket) -> None:
    son, thu = sign_in("son"), sign_in("thu")
    assert "Đèn đường tắt ba đêm" in son.get("/agency").text
    assert son.get(f"/tickets/{ticket.code}").status_code == 200
    assert "Đèn đường" not in thu.get("/agency").text
    assert thu.get(f"/tickets/{ticket.code}").status_code == 404
    assert "Đèn đường" not in thu.get("/tickets?q=đèn").text
    assert thu.post(f"/tickets/{ticket.code}/accept").status_code == 404


def test_an_identity_that_is_kept_stays_at_the_desk(sign_in: SignIn, ticket: Ticket) -> None:
    officer, operator = (
        sign_in("son").get(f"/tickets/{ticket.code}").text,
        sign_in("lan").get(f"/tickets/{ticket.code}").text,
    )
    assert "Giữ kín danh tính theo yêu cầu" in officer
    for secret in ("Ông Tư", "0905 123 456"):
        assert secret in operator
        assert secret not in officer


def test_accept_answer_with_evidence_and_read_the_history(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    son = sign_in("son")
    assert son.post(f"/tickets/{ticket.code}/accept").status_code == 303
    bare = son.post(f"/tickets/{ticket.code}/resolve", {"text": "Đã thay bóng"})
    assert bare.status_code == 422
    assert "cần ảnh hoặc tài liệu minh chứng" in bare.text
    assert "Đã thay bóng</textarea>" in bare.text
    files = [(BytesIO(picture()), "ảnh sau.png"), (BytesIO(PDF), "biên bản.pdf")]
    done = son.post(f"/tickets/{ticket.code}/resolve", {"text": "Đã thay bóng", "files": files})
    assert done.status_code == 303
    assert again(session, ticket).state == TicketState.RESOLVED
    page = son.get(f"/tickets/{ticket.code}").text
    for words in ("tiếp nhận xử lý", "trả lời kết quả xử lý", "ảnh sau.png", "biên bản.pdf", "Đặng Hoài Sơn"):
        assert words in page


def test_pictures_are_shown_and_the_rest_is_downloaded(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    son = sign_in("son")
    son.post(f"/tickets/{ticket.code}/accept")
    files = [(BytesIO(picture()), "a.html"), (BytesIO(PDF), "b.png")]
    assert son.post(f"/tickets/{ticket.code}/resolve", {"text": "Xong", "files": files}).status_code == 303
    png, pdf = session.query(Attachment).order_by(Attachment.id)
    shown, loaded = son.get(f"/files/{png.id}"), son.get(f"/files/{pdf.id}")
    assert (shown.mimetype, loaded.mimetype) == ("image/png", "application/pdf")
    assert "attachment" not in shown.headers["Content-Disposition"]
    assert loaded.headers["Content-Disposition"].startswith("attachment")
    for answer in (shown, loaded):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        answer.close()
    assert sign_in("thu").get(f"/files/{png.id}").status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script></html>", "Chỉ nhận ảnh"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "Chỉ nhận ảnh"),
        (b"MZ" + bytes(200), "Chỉ nhận ảnh"),
        (picture()[:40], "Ảnh không mở được"),
        (b"", "Tệp trống"),
        (PDF + bytes(LARGEST_FILE), "Tệp lớn hơn 10 MB"),
    ],
    ids=["html", "svg", "program", "broken picture", "empty", "large"],
)
def test_files_are_known_by_content_and_size(
    content: bytes, words: str, sign_in: SignIn, session: Session, ticket: Ticket
) -> None:
    son = sign_in("son")
    son.post(f"/tickets/{ticket.code}/accept")
    answer = son.post(f"/tickets/{ticket.code}/resolve", {"text": "Xong", "files": [(BytesIO(content), "ảnh.png")]})
    assert answer.status_code == 422
    assert words in answer.text
    assert session.query(Attachment).count() == 0


def test_more_than_the_whole_request_may_be_is_said(sign_in: SignIn, ticket: Ticket) -> None:
    body = {"text": "Xong", "files": [(BytesIO(bytes(LARGEST_FILE)), f"{n}.pdf") for n in range(7)]}
    answer = sign_in("son").post(f"/tickets/{ticket.code}/resolve", body)
    assert answer.status_code == 413
    assert "Tệp quá lớn" in answer.text
    assert "Đặng Hoài Sơn" in answer.text
    assert "data-palette" in answer.text


def test_giving_back_wants_a_reason_and_keeps_it(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    son = sign_in("son")
    assert son.post(f"/tickets/{ticket.code}/give-back", {"reason": " "}).status_code == 422
    assert son.post(f"/tickets/{ticket.code}/give-back", {"reason": "Đường tỉnh"}).status_code == 303
    back = again(session, ticket)
    assert (back.state, back.bounces) == (TicketState.TRIAGE, 1)
    assert "Đường tỉnh" in sign_in("phuc").get(f"/tickets/{ticket.code}").text


def test_the_clocks_say_how_late_it_is(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    now = datetime.now(UTC)
    for due, words in ((now - timedelta(hours=3), "quá hạn 3 giờ"), (now + timedelta(minutes=90), "còn 1 giờ")):
        factories.set_due(again(session, ticket), Clock.ACCEPT, due)
        session.commit()
        assert words in sign_in("son").get("/agency").text


def test_a_move_that_is_no_longer_possible_is_refused_by_name(sign_in: SignIn, ticket: Ticket) -> None:
    answer = sign_in("son").post(
        f"/tickets/{ticket.code}/resolve", {"text": "Xong", "files": [(BytesIO(PDF), "a.pdf")]}
    )
    assert answer.status_code == 409
    assert "Không làm được bước này" in answer.text


def test_the_list_takes_a_ticket_on_and_a_second_press_changes_nothing(
    sign_in: SignIn, session: Session, ticket: Ticket
) -> None:
    son = sign_in("son")
    assert "Tiếp nhận" in son.get("/agency?group=new").text
    for _ in range(2):
        answer = son.post(f"/agency/{ticket.code}/accept", {"group": "new", "q": "đèn"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/agency?group=new&q=%C4%91%C3%A8n")
    taken = again(session, ticket)
    assert taken.state == TicketState.ACCEPTED
    assert [event.move for event in session.query(TicketEvent).order_by(TicketEvent.id)].count("accept") == 1


def test_the_inbox_is_sorted_by_what_must_be_done(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    son, now = sign_in("son"), datetime.now(UTC)
    assert 'id="group-new"' in son.get("/agency").text
    factories.set_due(again(session, ticket), Clock.ACCEPT, now - timedelta(minutes=1))
    session.commit()
    late = son.get("/agency").text
    assert 'id="group-late"' in late
    assert 'id="group-new"' not in late
    casework.accept(session, Actor.of(session.query(User).filter_by(username="son").one()), ticket.code, now=now)
    casework.ask(
        session,
        Actor.of(session.query(User).filter_by(username="son").one()),
        ticket.code,
        question="Cột số mấy?",
        now=now,
    )
    session.commit()
    waiting = son.get("/agency").text
    assert 'id="group-waiting"' in waiting
    assert "đang dừng" in waiting


@pytest.mark.parametrize(("text", "found"), [("den duong", True), ("ĐÈN", True), ("chieu sang", True), ("cống", False)])
def test_the_inbox_is_searched_without_accents(text: str, found: bool, sign_in: SignIn, ticket: Ticket) -> None:
    page = sign_in("son").get("/agency", query_string={"q": text}).text
    assert ("Đèn đường tắt ba đêm" in page) == found


def test_a_kept_identity_is_not_found_by_its_name_or_number(sign_in: SignIn, ticket: Ticket) -> None:
    for text in ("Ông Tư", "0905123456"):
        assert ticket.code in sign_in("lan").get("/tickets", query_string={"q": text}).text.replace("-", "")
        assert f"ticket-{ticket.id}" not in sign_in("son").get("/tickets", query_string={"q": text}).text


def test_small_pictures_stand_upright_and_belong_to_their_ticket(
    sign_in: SignIn, session: Session, ticket: Ticket
) -> None:
    sideways, buffer = Image.new("RGB", (800, 400), "blue"), BytesIO()
    exif = sideways.getexif()
    exif[0x0112] = 6  # The camera was turned: to be shown upright, the picture is turned by 90 degrees.
    sideways.save(buffer, "JPEG", exif=exif)
    son = sign_in("son")
    son.post(f"/tickets/{ticket.code}/accept")
    files = [(BytesIO(buffer.getvalue()), "cột đèn.jpg"), (BytesIO(PDF), "b.pdf")]
    assert son.post(f"/tickets/{ticket.code}/resolve", {"text": "Xong", "files": files}).status_code == 303
    photo, pdf = session.query(Attachment).order_by(Attachment.id)
    small = son.get(f"/files/{photo.id}/thumb", buffered=True)
    with Image.open(BytesIO(small.data)) as image:
        assert image.size == (160, 320)
        assert not image.getexif()
    assert small.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert son.get(f"/files/{pdf.id}/thumb").status_code == 404
    assert sign_in("thu").get(f"/files/{photo.id}/thumb").status_code == 404


def test_files_of_a_refused_answer_need_not_be_chosen_again(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    son = sign_in("son")
    son.post(f"/tickets/{ticket.code}/accept")
    refused = son.post(f"/tickets/{ticket.code}/resolve", {"text": " ", "files": [(BytesIO(picture()), "ảnh.png")]})
    assert refused.status_code == 422
    token = re.search(r'name="kept" value="([^"]+)"', refused.text)
    assert token
    assert son.post(f"/tickets/{ticket.code}/resolve", {"text": "Đã thay", "kept": token[1]}).status_code == 303
    assert [file.name for file in session.query(Attachment)] == ["ảnh.png"]
    assert son.post(f"/tickets/{ticket.code}/resolve", {"text": "Khác", "kept": token[1] + "x"}).status_code == 404
