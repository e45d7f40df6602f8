"""The operator's forms: typing saved, errors that keep what was typed, conflicts that keep both."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from agent_ui.desk.console import MOST_FORMS
from callcenter.config import Settings
from callcenter.models import Call, OutboxRow, PbxStatus, Ticket, Ward
from callcenter.vocab import Disposition, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.desk import filing
from tickets.rules import codes

SignIn = Callable[[str | None], Browser]
JSON = {"Accept": "application/json"}
WHOLE = {
    "whole": "1", "category_code": "moi-truong", "ward_code": "28249", "address": "12 Lê Lợi", "level": "urgent",
    "description": "Rác chất đống <b>trước chợ</b>", "reporter_name": "Nguyễn Văn A", "reporter_phone": "0905 123 456",
    "keep_identity": "1",
}  # fmt: skip


@pytest.fixture
def call(session: Session, province: Province) -> Call:
    made = factories.answered(session)
    filing.open_draft(session, made, now=MONDAY)
    session.commit()
    return made


@pytest.fixture
def draft(session: Session, call: Call) -> Ticket:
    found = filing.draft_of(session, call)
    assert found is not None
    return found


def again(session: Session, ticket: Ticket) -> Ticket:
    session.expire_all()
    return session.get_one(Ticket, ticket.id)


def test_what_is_typed_is_saved_field_by_field(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    answer = sign_in("lan").post(f"/drafts/{draft.code}/save", {**WHOLE, "version": draft.version}, headers=JSON)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["problems"] == {}
    saved = again(session, draft)
    assert (saved.version, saved.state) == (answer.json["version"], TicketState.DRAFT)
    assert (saved.category_code, saved.ward_code, saved.level) == ("moi-truong", "28249", "urgent")
    assert (saved.reporter_phone, saved.keep_identity) == ("+84905123456", True)


def test_a_box_that_is_no_longer_ticked_is_cleared(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    browser = sign_in("lan")
    browser.post(f"/drafts/{draft.code}/save", WHOLE, headers=JSON)
    browser.post(f"/drafts/{draft.code}/save", {"whole": "1"}, headers=JSON)
    assert again(session, draft).keep_identity is False


def test_half_a_phone_number_does_not_hold_back_the_rest(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    typed = {"description": "Mất nước", "reporter_phone": "0905"}
    answer = sign_in("lan").post(f"/drafts/{draft.code}/save", typed, headers=JSON)
    assert answer.json is not None
    assert list(answer.json["problems"]) == ["reporter_phone"]
    saved = again(session, draft)
    assert (saved.description, saved.reporter_phone) == ("Mất nước", factories.CALLER)


def test_a_pin_is_saved_and_one_that_cannot_be_read_is_told(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", {**WHOLE, "pin": "10.35694, 106.3625"}, headers=JSON)
    assert 'name="pin" value="10.356940,106.362500"' in lan.get(f"/drafts/{draft.code}").text
    wrong = lan.post(f"/drafts/{draft.code}/save", {"pin": "gần chợ", "address": "14 Lê Lợi"}, headers=JSON)
    assert wrong.json is not None
    assert list(wrong.json["problems"]) == ["pin"]
    assert (again(session, draft).latitude, draft.longitude, draft.address) == (10.35694, 106.3625, "14 Lê Lợi")


def test_an_emptied_pin_is_gone(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", {"pin": "10.35694,106.3625"}, headers=JSON)
    lan.post(f"/drafts/{draft.code}/save", {"pin": ""}, headers=JSON)
    assert (again(session, draft).latitude, draft.longitude) == (None, None)


def test_the_sketch_comes_when_it_is_asked_for_and_only_set_tiles_are_let_in(
    sign_in: SignIn, session: Session, settings: Settings, engine: Engine, draft: Ticket
) -> None:
    lan = sign_in("lan")
    form = lan.get(f"/drafts/{draft.code}").text
    assert "leaflet" not in form
    dialog = lan.get("/map").text
    assert "leaflet.js" in dialog
    assert "data-tiles" not in dialog
    assert "data-pin-done" not in lan.get("/map?look=1").text
    my_tho = session.get_one(Ward, "28249")
    my_tho.latitude, my_tho.longitude = 10.36, 106.36
    session.commit()
    assert lan.get("/wards.json").json == [["28249", "Phường Mỹ Tho", 10.36, 106.36]]
    tiles = settings.model_copy(update={"map_tiles": "https://tiles.example.vn/{z}/{x}/{y}.png"})
    policy = create_console(tiles, engine).test_client().get("/sign-in").headers["Content-Security-Policy"]
    assert "img-src 'self' https://tiles.example.vn data:" in policy
    assert "tiles" not in lan.get("/sign-in").headers["Content-Security-Policy"]


def test_saving_over_somebody_else_shows_what_they_wrote(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    old = draft.version
    sign_in("hoa").post(f"/drafts/{draft.code}/save", {"description": "Chữ của ca trưởng"}, headers=JSON)
    typed = {"description": "Chữ của tôi", "version": old}
    answer = sign_in("lan").post(f"/drafts/{draft.code}/save", typed, headers=JSON)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["fields"]["description"] == "Chữ của ca trưởng"
    assert again(session, draft).description == "Chữ của ca trưởng"


def test_filing_over_somebody_else_keeps_both_texts(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    old = draft.version
    sign_in("hoa").post(f"/drafts/{draft.code}/save", {"description": "Chữ của ca trưởng"}, headers=JSON)
    answer = sign_in("lan").post(f"/drafts/{draft.code}/file", {**WHOLE, "version": old})
    assert answer.status_code == 409
    assert "Chữ của ca trưởng" in answer.text
    assert "Rác chất đống" in answer.text
    assert again(session, draft).state == TicketState.DRAFT


def test_filing_hands_over_and_twice_is_once(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    browser = sign_in("lan")
    for _ in range(2):
        answer = browser.post(f"/drafts/{draft.code}/file", WHOLE)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/desk#closing")
    assert again(session, draft).state == TicketState.FILED
    assert session.query(OutboxRow).count() == 1


def test_what_was_typed_into_a_draft_that_somebody_ended_is_there_to_copy(
    sign_in: SignIn, session: Session, call: Call, draft: Ticket
) -> None:
    lan = sign_in("lan")
    sign_in("hoa").post(f"/calls/{call.id}/disposition", {"disposition": "prank"})
    answer = lan.post(f"/drafts/{draft.code}/file", {**WHOLE, "version": draft.version})
    assert answer.status_code in (403, 409)
    assert re.search(r'id="said-before"[^>]*readonly>Rác chất đống', answer.text)
    assert again(session, draft).state != TicketState.FILED


def test_a_form_with_errors_keeps_what_was_typed(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    typed = {**WHOLE, "category_code": "", "reporter_phone": "12ab", "description": "Rác <script>alert(1)</script>"}
    answer = sign_in("lan").post(f"/drafts/{draft.code}/file", typed)
    assert answer.status_code == 422
    for kept in ("12ab", "Rác &lt;script&gt;alert(1)&lt;/script&gt;", "12 Lê Lợi", "Nguyễn Văn A"):
        assert kept in answer.text
    assert "<script>alert" not in answer.text
    assert "Không phải số điện thoại gọi lại được" in answer.text
    assert again(session, draft).state == TicketState.DRAFT


def test_a_ticket_without_category_is_refused_by_name(sign_in: SignIn, draft: Ticket) -> None:
    answer = sign_in("lan").post(f"/drafts/{draft.code}/file", {"whole": "1", "description": "abcdef"})
    assert answer.status_code == 422
    assert 'id="problem-category_code"' in answer.text


def test_linking_wants_a_code_that_exists(sign_in: SignIn, draft: Ticket) -> None:
    browser = sign_in("lan")
    for code, words in (
        ("618-033-999", "Mã phiếu không đúng"),
        ("", "Mã phiếu không đúng"),
        (codes.make_code(4711), "Không có phiếu"),
    ):
        answer = browser.post(f"/drafts/{draft.code}/link", {"parent_code": code})
        assert answer.status_code == 422
        assert words in answer.text


def test_a_disposition_ends_the_call(sign_in: SignIn, session: Session, call: Call, draft: Ticket) -> None:
    answer = sign_in("lan").post(f"/calls/{call.id}/disposition", {"disposition": "prank", "note": "cười rồi gác"})
    assert answer.status_code == 303
    session.expire_all()
    ended = session.get_one(Call, call.id)
    assert (ended.disposition, ended.disposition_note) == (Disposition.PRANK, "cười rồi gác")
    assert again(session, draft).state == TicketState.DISCARDED


@pytest.mark.parametrize("word", ["", "short_abandon", "no-such"])
def test_automatic_and_unknown_dispositions_are_refused(word: str, sign_in: SignIn, call: Call) -> None:
    assert sign_in("lan").post(f"/calls/{call.id}/disposition", {"disposition": word}).status_code == 422


def test_somebody_elses_draft_is_not_mine_to_change(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    browser = sign_in("minh")
    answers = [
        browser.post(f"/drafts/{draft.code}/save", {"description": "x"}, headers=JSON),
        browser.post(f"/drafts/{draft.code}/file", WHOLE),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert re.search(r'id="said-before"[^>]*readonly>Rác chất đống', answers[1].text)
    assert again(session, draft).description == ""


def test_the_desk_shows_who_rings_and_who_they_were(sign_in: SignIn, session: Session, call: Call) -> None:
    ringing = factories.call(session, caller_name="<b>Nguyễn</b>")
    filing.open_draft(session, ringing, now=MONDAY)
    session.commit()
    lan, minh = sign_in("lan").get("/").text, sign_in("minh").get("/").text
    assert f'data-call="{ringing.id}"' in lan
    assert "&lt;b&gt;Nguyễn&lt;/b&gt;" in lan
    assert "Đang đổ chuông" in lan
    assert f'data-call="{ringing.id}"' not in minh
    assert f'id="waiting-{ringing.id}"' in minh


def test_both_a_ringing_call_and_an_unfinished_one_are_there(sign_in: SignIn, session: Session, call: Call) -> None:
    ringing = factories.call(session, caller="+84913000111")
    filing.open_draft(session, ringing, now=MONDAY)
    session.commit()
    page = sign_in("lan").get("/desk/work").text
    assert page.count('<form class="draft-form"') == 2
    assert page.index(f'data-call="{call.id}"') > -1


def test_a_ticket_from_the_counter_begins_as_a_draft(sign_in: SignIn, session: Session) -> None:
    browser = sign_in("lan")
    answer = browser.post("/drafts", {"source": "counter"})
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert browser.post("/drafts", {"source": "app"}).status_code == 422
    assert session.query(Ticket).one().source == "counter"


def test_while_a_pbx_is_away_a_call_that_is_heard_gets_its_ticket_by_hand(sign_in: SignIn, session: Session) -> None:
    """Only then: as long as the PBX is heard its call opens a ticket by itself, and two would be one too many."""
    browser, now = sign_in("lan"), datetime.now(UTC)
    status = PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now)
    session.add(status)
    session.commit()
    assert 'value="hotline"' not in browser.get("/desk/parts").text + browser.get("/").text
    status.connected = False
    session.commit()
    assert 'value="hotline"' in browser.get("/desk/parts").text
    answer = browser.post("/drafts", {"source": "hotline"})
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert session.query(Ticket).one().source == "hotline"
    assert 'value="hotline"' not in sign_in("quan").get("/desk/parts").text


def test_places_are_found_without_accents_and_by_old_names(sign_in: SignIn) -> None:
    browser = sign_in("lan")
    assert "Phường Mỹ Tho" in browser.get("/places?q=my tho").text
    old = browser.get("/places?q=phuong 3").text
    assert 'data-value="28249"' in old
    assert "tên cũ: Phường 3" in old


def test_a_database_that_is_away_is_said(sign_in: SignIn, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = sign_in("lan")
    bad = engine.url.set(host="127.0.0.1", port=9, query={})
    from agent_ui.web import site
    from callcenter.db import make_engine

    away = make_engine(bad.render_as_string(hide_password=False))
    real = site.site
    monkeypatch.setattr(site, "site", lambda: site.Site(real().settings, away, real().redis_url))
    page, fragment = browser.get("/"), browser.get("/desk/work", headers={"HX-Request": "true"})
    assert (page.status_code, fragment.status_code) == (503, 503)
    assert "Hệ thống tạm ngừng" in page.text
    assert fragment.headers["HX-Retarget"] == "#notice"
    assert browser.get("/healthz").status_code == 200
    ready = browser.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["database"] == "away"
    away.dispose()


def test_many_drafts_are_all_to_be_found_and_few_are_forms(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    left = []
    for number in range(MOST_FORMS + 3):
        call = factories.answered(session, linkedid=f"1795447000.{number}", caller=f"+8490512{number:04}")
        filing.open_draft(session, call, now=MONDAY)
        found = filing.draft_of(session, call)
        assert found is not None
        left.append(found.code)
    session.commit()
    lan = sign_in("lan")
    page = lan.get("/").text
    assert page.count('class="draft-form"') == MOST_FORMS
    for code in left:
        here, elsewhere = f'href="#open-{code}"' in page, f'href="/drafts/{code}"' in page
        assert here != elsewhere
        assert here == (f'id="work-{code}"' in page)


def test_one_more_report_of_the_call_has_its_form_on_the_desk(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", WHOLE, headers=JSON)
    answer = lan.post(f"/drafts/{draft.code}/more")
    code = answer.headers["Location"].rpartition("#open-")[2]
    assert answer.status_code == 303
    page = lan.get("/").text
    assert f'id="form-{code}"' in page
    assert page.count('value="12 Lê Lợi"') == 2
    aside = lan.post(f"/drafts/{code}/put-aside", {"note": "nói nhầm"})
    assert aside.status_code == 303
    assert lan.post(f"/drafts/{draft.code}/put-aside", {"note": "x"}).status_code == 409


def test_a_redial_is_offered_the_draft_that_broke_off(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/save", WHOLE, headers=JSON)
    again = factories.call(session, started_at=MONDAY + timedelta(minutes=3))
    new = filing.open_draft(session, again, now=MONDAY)
    session.commit()
    page = lan.get("/").text
    assert f"Ghi tiếp phiếu {codes.group(draft.code)}" in page
    answer = lan.post(f"/calls/{again.id}/go-on", {"code": draft.code})
    assert answer.headers["Location"].endswith(f"#open-{draft.code}")
    session.expire_all()
    assert session.get_one(Ticket, new.id).state == TicketState.DISCARDED
    assert 'class="redial"' not in lan.get("/").text


def test_an_older_ticket_is_asked_about_with_one_button(sign_in: SignIn, session: Session, draft: Ticket) -> None:
    lan = sign_in("lan")
    lan.post(f"/drafts/{draft.code}/file", WHOLE)
    new = filing.open_draft(session, factories.answered(session), now=MONDAY)
    session.commit()
    assert f'name="parent_code" value="{draft.code}"' in lan.get("/").text
    assert lan.post(f"/drafts/{new.code}/link", {"parent_code": draft.code}).status_code == 303
    session.expire_all()
    assert session.get_one(Ticket, draft.id).asked_again == 1
