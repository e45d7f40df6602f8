"""The citizens' pages: report in three steps, get a code, track it, speak; nothing of the staff's console is there."""

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agent_ui.app import create_public
from callcenter.config import Settings
from callcenter.errors import SettingError
from callcenter.models import Attachment, FormerUnit, OutboxRow, Ticket, TicketClock
from callcenter.vocab import Clock, TicketKind, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.actors import Actor
from tickets.agency import casework
from tickets.life import attachments, files, history
from tickets.rules import codes

REPORT = {"description": "Cống nghẹt, nước tràn", "category": "cap-thoat-nuoc", "ward": "28249",
          "address": "hẻm 5", "reporter_name": "Bà Sáu", "reporter_phone": "0905.123.456",
          "consent": "1"}  # fmt: skip


def picture(colour: str = "red", kind: str = "JPEG", place: bool = False) -> bytes:
    """A small picture; with `place`, it says where and with what it was taken."""
    exif = Image.Exif()
    if place:
        exif[0x010F] = "May chup cua Ba Sau"
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (10.0, 21.0, 30.0)
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, kind, exif=exif)
    return out.getvalue()


def carried(page: str) -> dict[str, Any]:
    """What the form of this page would send if its button were pressed: hidden fields, boxes, what is chosen."""
    form = page[page.index('class="card report"') :]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        at = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if at.get("type") == "file" or (at.get("type") in ("checkbox", "radio") and " checked" not in tag):
            continue
        if at.get("name") and at["name"] != "csrf_token":
            sent.setdefault(at["name"], []).append(at.get("value", ""))
    text = re.search(r'<textarea[^>]*name="description"[^>]*>([^<]*)', form)
    if text:
        sent["description"] = [text[1]]
    chosen = re.search(r'<option value="(\w+)" selected', form)
    if chosen:
        sent["ward"] = [chosen[1]]
    return sent


def send(public: Browser, **changes: str) -> str:
    """The code of a report that was sent."""
    assert public.post("/reports/new", {**REPORT, **changes}).status_code == 303
    found = re.search(r'class="big-code"[^>]*>([\d-]+)<', public.get("/reports/sent").text)
    assert found is not None
    return found[1].replace("-", "")


def seen(public: Browser, url: str) -> str | None:
    with public.get(url) as answer:
        return answer.mimetype


def leave(public: Browser) -> None:
    assert public.post("/track/leave").status_code == 303


def test_a_report_gets_a_code_and_can_be_tracked(public: Browser, session: Session) -> None:
    code = send(public)
    ticket = session.query(Ticket).one()
    assert ticket.code == code
    assert (ticket.source, ticket.state, ticket.reporter_phone) == ("web", TicketState.FILED, "+84905123456")
    assert (ticket.consented_at is not None, ticket.may_publish) == (True, False)
    assert session.query(OutboxRow).one().ticket_id == ticket.id
    sent = public.get("/reports/sent").text
    assert "Trước" in sent
    assert "Hạn: trước" in sent
    leave(public)
    found = public.post("/track", {"code": codes.group(code), "last4": "3456"})
    assert "Đã nhận phản ánh" in found.text
    for personal in ("Bà Sáu", "905", "Cống nghẹt", "hẻm 5"):
        assert personal not in re.sub(r'value="[^"]*"', "", found.text)


def test_three_steps_carry_everything_without_javascript(public: Browser, session: Session, settings: Settings) -> None:
    first = carried(public.get("/reports/new").text)
    second = public.post(
        "/reports/step",
        {**first, "description": "Đèn tắt\r\nba ngày", "category": "chieu-sang-dien",
         "files": [(io.BytesIO(picture(place=True)), "anh/đèn.jpg")]},
    )  # fmt: skip
    assert 'aria-current="step"' in second.text
    assert "Xã/phường nơi xảy ra" in second.text
    third = public.post("/reports/step", {**carried(second.text), "ward": "28249", "address": "cột 12"})
    assert "Xem lại trước khi gửi" in third.text
    assert "Đèn tắt\nba ngày" in third.text
    assert "cột 12, Phường Mỹ Tho" in third.text
    assert "đèn.jpg" in third.text
    back = public.post("/reports/step", {**carried(third.text), "go": "edit-1", "reporter_phone": "0905123456"})
    assert "Đèn tắt\nba ngày" in back.text
    assert "đèn.jpg" in back.text
    again = public.post("/reports/step", carried(back.text))
    assert carried(again.text)["ward"] == ["28249"]
    assert carried(again.text)["reporter_phone"] == ["0905123456"]
    last = public.post("/reports/step", carried(again.text))
    sent = {**carried(last.text), "consent": "1", "may_publish": "1", "keep_identity": "1"}
    assert public.post("/reports/new", sent).status_code == 303
    assert public.post("/reports/new", sent).status_code == 303
    ticket = session.query(Ticket).one()
    assert (ticket.description, ticket.address) == ("Đèn tắt\nba ngày", "cột 12")
    assert (ticket.may_publish, ticket.keep_identity) == (True, True)
    kept = session.query(Attachment).one()
    # A withheld identity is not revealed by the name of a file either.
    assert (kept.purpose, kept.name, kept.content_type) == ("report", "tep-1.jpg", "image/jpeg")
    stored = files.path_of(settings.data_dir, kept.sha256).read_bytes()
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()
        assert image.size == (64, 48)
    assert b"Ba Sau" not in stored


def test_what_was_changed_before_it_was_sent_once_more_is_another_report(public: Browser, session: Session) -> None:
    """Back to the form after sending, another text into it: both are received, and each gets its own code."""
    form = {**REPORT, "source_ref": "a" * 32}
    first = send(public, **form)
    assert send(public, **form) == first
    second = send(public, **form | {"description": "Còn đèn đường trước số 9 cũng tắt"})
    assert second != first
    assert {ticket.description for ticket in session.query(Ticket)} == {
        "Cống nghẹt, nước tràn", "Còn đèn đường trước số 9 cũng tắt",
    }  # fmt: skip


def test_pictures_are_checked_kept_and_taken_away_one_by_one(public: Browser) -> None:
    chosen = [(io.BytesIO(picture(colour)), f"{colour}.jpg") for colour in ("red", "blue")]
    broken = (io.BytesIO(b"%PDF-1.4 not a picture"), "x.pdf")
    refused = public.post("/reports/step", {**REPORT, "step": "1", "files": [*chosen, broken]})
    assert refused.status_code == 422
    assert "JPEG, PNG" in refused.text
    assert len(carried(refused.text)["picture"]) == 2
    shown = re.findall(r'src="(/reports/pictures/[^"]+)"', refused.text)
    assert [seen(public, url) for url in shown] == ["image/jpeg"] * 2
    assert public.get(shown[0][:-2]).status_code == 404
    remove = re.search(r'value="(remove-\w+)"', refused.text)
    assert remove is not None
    less = public.post("/reports/step", {**carried(refused.text), "go": remove[1]})
    assert less.status_code == 200
    assert len(carried(less.text)["picture"]) == 1
    many = [(io.BytesIO(picture(colour)), f"{colour}.jpg") for colour in ("red", "green", "blue", "pink", "gray")]
    full = public.post("/reports/step", {**carried(less.text), "files": many})
    assert full.status_code == 422
    assert "Tối đa 5 ảnh" in full.text


def test_a_place_is_found_by_its_old_name_without_accents(public: Browser, session: Session) -> None:
    step = {**REPORT, "ward": "", "address": "", "step": "2"}
    found = public.post("/reports/step", {**step, "place": "phuong 3 my tho", "go": "find"})
    assert (found.status_code, carried(found.text)["ward"]) == (200, ["28249"])
    session.add_all(
        FormerUnit(name="Xã Tân Lập", district="Cái Bè", province="Tiền Giang", ward_code=code, partial=True,
                   folded="xa tan lap") for code in ("28270", "28366")
    )  # fmt: skip
    session.commit()
    which = public.post("/reports/step", {**step, "place": "xa tan lap", "go": "next"})
    assert which.status_code == 422
    assert which.text.count('name="ward_hit"') == 2
    assert "nay thuộc nhiều xã/phường" in which.text
    on = public.post("/reports/step", {**carried(which.text), "ward_hit": "28366"})
    assert "Xem lại trước khi gửi" in on.text
    assert "Xã Tân Phú" in on.text
    nothing = public.post("/reports/step", {**step, "place": "Paris", "go": "find"})
    assert nothing.status_code == 422
    assert "Không thấy xã/phường nào có tên này" in nothing.text
    assert public.post("/reports/step", step).status_code == 422
    pinned = public.post("/reports/step", {**step, "latitude": "10.36", "longitude": "106.36"})
    assert "có ghim trên sơ đồ" in pinned.text


def test_a_form_with_errors_keeps_what_was_typed(public: Browser, session: Session) -> None:
    typed = {**REPORT, "reporter_phone": "090", "consent": ""}
    answer = public.post("/reports/new", typed)
    assert answer.status_code == 422
    for kept in ("hẻm 5", "Bà Sáu", 'value="090"', 'value="28249"', "gọi lại được", "Cần ông/bà đồng ý",
                 'href="#reporter_phone"', 'href="#consent"', "Cống nghẹt, nước tràn"):  # fmt: skip
        assert kept in answer.text
    assert session.query(Ticket).count() == 0


def test_consent_is_never_given_by_default(public: Browser) -> None:
    page = public.post("/reports/step", {**REPORT, "consent": "", "step": "2"}).text
    assert 'name="consent"' in page
    assert " checked" not in page
    assert "91/2025/QH15" in public.get("/privacy").text


@pytest.mark.parametrize("change", [{"category": "no-such"}, {"ward": "1"}, {"description": "x" * 10_001},
                                    {"ward": "", "address": ""}, {"description": ""}])  # fmt: skip
def test_what_cannot_be_kept_is_refused(change: dict[str, str], public: Browser) -> None:
    assert public.post("/reports/new", {**REPORT, **change}).status_code == 422


def test_too_many_reports_lose_no_text(public: Browser, session: Session) -> None:
    answers = [public.post("/reports/new", {**REPORT, "consent": ""}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "Gửi quá nhiều lần" in answers[-1].text
    assert 'value="0905.123.456"' in answers[-1].text


def test_a_wrong_code_and_wrong_digits_read_the_same(public: Browser) -> None:
    code = send(public)
    leave(public)
    answers = [
        public.post("/track", {"code": code, "last4": "9999"}),
        public.post("/track", {"code": codes.make_code(4711), "last4": "3456"}),
        public.post("/track", {"code": "abc", "last4": "3456"}),
        public.post("/track", {"code": code, "last4": "56"}),
        public.post("/track", {"code": code, "last4": ""}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert all("Không có phiếu nào khớp" in answer.text for answer in answers)


def test_the_digits_of_one_ticket_cannot_be_tried_from_many_addresses(public: Browser) -> None:
    code, other = send(public), send(public, description="Một việc khác nữa")
    leave(public)

    def ask(number: int, code: str = code, digits: str = "0000") -> int:
        asker = {"REMOTE_ADDR": f"203.0.113.{number}"}
        return public.post("/track", {"code": code, "last4": digits}, environ_base=asker).status_code

    assert [ask(number) for number in range(31)] == [404] * 30 + [429]
    assert ask(99, other, "3456") == 200


def test_a_network_of_many_addresses_is_one_asker(public: Browser) -> None:
    asks = [public.post("/track", {"code": "123", "last4": "0000"}, environ_base={"REMOTE_ADDR": f"2001:db8::{number}"})
            for number in range(11)]  # fmt: skip
    assert [answer.status_code for answer in asks] == [404] * 10 + [429]


def _to_agency(session: Session, province: Province, code: str) -> Ticket:
    ticket = history.locked(session, code)
    casework.place(session, ticket, province.agencies["water"].id, (), Actor.rule("routing"),
                   now=ticket.filed_at or ticket.created_at, why="rule", note="ghi chú nội bộ")  # fmt: skip
    session.commit()
    casework.accept(session, province.actor("thu"), code, now=ticket.created_at)
    session.commit()
    return ticket


def test_the_agency_asks_and_the_citizen_supplies(public: Browser, session: Session, province: Province) -> None:
    code = send(public)
    ticket = _to_agency(session, province, code)
    casework.ask(session, province.actor("thu"), code, question="Nước chảy từ hố ga nào?", now=ticket.created_at)
    session.commit()
    page = public.get("/track").text
    assert "Nước chảy từ hố ga nào?" in page
    assert "ghi chú nội bộ" not in page
    assert "Võ Minh Thư" not in page
    assert public.post("/track/supply", {"code": code, "text": ""}).status_code == 422
    sent = {"code": code, "text": "Hố ga trước số 7", "files": [(io.BytesIO(picture(place=True)), "hoga.jpg")]}
    assert public.post("/track/supply", sent).status_code == 303
    session.expire_all()
    assert (ticket.state, session.query(Attachment).one().purpose) == (TicketState.ACCEPTED, "supplied")
    assert "Đã gửi cho đơn vị xử lý" in public.get("/track").text


def test_the_answer_is_seen_rated_and_objected_to(
    public: Browser, session: Session, province: Province, settings: Settings
) -> None:
    code = send(public)
    ticket = _to_agency(session, province, code)
    evidence = files.store(settings.data_dir, "sau.jpg", picture("green"))
    casework.resolve(session, province.actor("thu"), code, text="Đã thông cống", files=[evidence],
                     now=ticket.created_at)  # fmt: skip
    attachments.attach(session, ticket, [files.store(settings.data_dir, "rieng.jpg", picture("black"))],
                    Actor.rule("x"), purpose="report", now=ticket.created_at)  # fmt: skip
    session.commit()
    page = public.get("/track").text
    assert "Đã thông cống" in page
    assert "sau.jpg" in page
    assert "rieng.jpg" not in page
    assert "Võ Minh Thư" not in page
    url = re.search(r'src="(/track/files/[^"]+)"', page)
    assert url is not None
    stranger = Browser(public.client.application.test_client())
    assert seen(stranger, url[1]) == "image/jpeg"
    assert stranger.get("/track/files/1").status_code == 404
    assert stranger.post("/track/rate", {"code": code, "stars": "1"}).status_code == 403
    assert public.post("/track/rate", {"code": code, "stars": "9"}).status_code == 422
    assert public.post("/track/rate", {"code": code, "stars": "4", "note": "nhanh"}).status_code == 303
    assert public.post("/track/not-fixed", {"code": code, "reason": ""}).status_code == 422
    assert public.post("/track/not-fixed", {"code": code, "reason": "Vẫn tràn"}).status_code == 303
    session.expire_all()
    assert (ticket.rating, ticket.rating_note, ticket.reopened, ticket.state) == (4, "nhanh", 1, TicketState.ACCEPTED)
    again = public.get("/track").text
    assert "xử lý lại" in again
    assert "Đã thông cống" not in again
    assert public.get(url[1]).status_code == 404


def test_a_report_can_be_withdrawn_before_the_answer_and_only_by_its_own(public: Browser, session: Session) -> None:
    code = send(public)
    other = send(public, reporter_phone="0912345678")
    gone = public.post("/track/withdraw", {"code": code, "withdraw_reason": "Đã tự sửa"})
    assert gone.status_code == 403
    assert "Đã tự sửa" in gone.text
    assert public.post("/track/withdraw", {"code": other}).status_code == 303
    assert "Ông/bà đã rút phản ánh này" in public.get("/track").text
    assert {t.code: t.state for t in session.query(Ticket)} == {code: TicketState.FILED, other: TicketState.WITHDRAWN}
    assert public.post("/track/rate", {"code": other, "stars": "5"}).status_code == 409
    leave(public)
    assert public.post("/track/withdraw", {"code": other}).status_code == 403


def _answer_clock(filed: datetime, span: timedelta) -> TicketClock:
    return TicketClock(kind=Clock.ANSWER, started_at=filed, due=filed + span, ended_at=filed)


def test_the_front_page_shows_true_figures_once_there_are_enough(
    public: Browser, session: Session, province: Province
) -> None:
    code = send(public)
    assert "phản ánh đã nhận" not in public.get("/").text
    first = session.query(Ticket).one()
    for number in range(31):
        factories.written(
            session,
            Ticket(
                code=codes.make_code(1000 + number), kind=TicketKind.REPORT, source="app", state=TicketState.CLOSED,
                level="normal", created_at=first.created_at, filed_at=first.filed_at, resolved_at=first.filed_at,
                clocks=[_answer_clock(first.created_at, timedelta(days=1 if number < 29 else -1))],
                may_publish=number == 3,
                category_code="moi-truong", ward_code="28249", description="Rác nhà ông Ba", resolution="xong",
                rating=5 if number else None, rated_at=first.filed_at if number else None,
            ),
        )  # fmt: skip
    session.commit()
    page = public.get("/").text
    assert "29 trên 31 phiếu đã trả lời" in page
    assert "30 trên 30 người" in page
    assert ">32<" in page
    assert page.count("<h3>Môi trường, rác thải</h3>") == 1
    assert "Rác nhà ông Ba" not in page
    assert code not in page


def test_posts_want_a_token_and_are_counted(public: Browser) -> None:
    assert public.client.post("/reports/new", data=REPORT).status_code == 400
    answers = [public.post("/track", {"code": "1", "last4": "1"}).status_code for _ in range(11)]
    assert answers == [404] * 10 + [429]


def test_only_the_form_may_ask_for_the_place_and_only_set_tiles_are_let_in(settings: Settings, engine: Engine) -> None:
    tiles = "https://tiles.example.vn/{z}/{x}/{y}.png"
    own = create_public(settings, engine).test_client()
    theirs = create_public(settings.model_copy(update={"map_tiles": tiles}), engine).test_client()
    assert "geolocation=(self)" in own.get("/reports/new").headers["Permissions-Policy"]
    assert "geolocation=()" in own.get("/").headers["Permissions-Policy"]
    assert "img-src 'self' data:" in own.get("/reports/new").headers["Content-Security-Policy"]
    assert "https://tiles.example.vn " in theirs.get("/reports/new").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "tiles", ["tiles", "ftp://a/{z}/{x}/{y}", "https://a; script-src *//{z}/{x}/{y}", "https://a/b"]
)
def test_tiles_that_are_none_are_told(tiles: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_MAP_TILES", tiles)
    with pytest.raises(SettingError, match="map tiles"):
        Settings.from_env()


def test_the_public_app_has_no_staff_route(settings: Settings, engine: Engine) -> None:
    app: Flask = create_public(settings, engine)
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert rules - {"/theme"} == {
        "/", "/healthz", "/language", "/privacy", "/static/<path:filename>",
        "/reports/new", "/reports/step", "/reports/sent", "/reports/pictures/<token>", "/places", "/wards.json",
        "/track", "/track/leave", "/track/rate", "/track/not-fixed", "/track/supply", "/track/withdraw",
        "/track/files/<token>",
        "/api/v1/reports", "/api/v1/reports/<code>", "/api/v1/openapi.json",
    }  # fmt: skip


def test_the_page_speaks_english_when_asked(public: Browser) -> None:
    assert public.post("/language", {"language": "en", "next": "//evil.example"}).headers["Location"] == "/"
    assert '<html lang="en"' in public.get("/").text
    assert public.post("/language", {"language": "xx"}).status_code == 400
