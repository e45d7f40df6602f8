"""Words that tell a field and articles, as supervisors write them and operators meet them in the draft's form."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from callcenter.models import CategoryKeywords, Ticket
from callcenter.vocab import Source
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def draft(session: Session, province: Province) -> Ticket:
    session.add(CategoryKeywords(category_code="moi-truong", phrases=["rác"]))
    made = filing.new_ticket(session, province.actor("lan"), source=Source.COUNTER, now=datetime.now(UTC))
    session.commit()
    return made


def test_the_form_offers_what_suits_what_is_typed(sign_in: SignIn, draft: Ticket) -> None:
    lan = sign_in("lan")
    assert f'data-suggest="/drafts/{draft.code}/suggestions"' in lan.get(f"/drafts/{draft.code}").text
    answer = lan.post(
        f"/drafts/{draft.code}/suggestions", {"description": "Rác <b>đầy</b>", "address": "phường mỹ tho"}
    )
    assert 'data-take="category_code" data-value="moi-truong"' in answer.text
    assert "vì có: rác" in answer.text
    assert 'data-take="ward_code" data-value="28249" data-label="Phường Mỹ Tho"' in answer.text
    assert "Sẽ chờ phân loại" in answer.text
    chosen = {"description": "Rác", "category_code": "moi-truong", "ward_code": "28249", "level": "urgent"}
    answer = lan.post(f"/drafts/{draft.code}/suggestions", chosen)
    assert "UBND phường Mỹ Tho" in answer.text
    assert "data-take" not in answer.text
    assert lan.post(f"/drafts/{draft.code}/suggestions", {}).text.strip() == ""


def test_words_are_changed_tried_and_on_record(sign_in: SignIn, draft: Ticket) -> None:
    phuc = sign_in("phuc")
    assert phuc.post("/admin/keywords/moi-truong", {"phrases": "rác\nmùi hôi"}).status_code == 303
    page = phuc.get("/admin/keywords?try=MUI+HOI").text
    assert "vì có: mùi hôi" in page
    assert "mùi hôi" in phuc.get("/admin/changes?subject=keywords").text
    refused = phuc.post("/admin/keywords/moi-truong", {"phrases": "x" * 70})
    assert refused.status_code == 422
    assert "x" * 70 in refused.text
    assert "Tối đa 200 dòng" in refused.text
    assert phuc.get("/admin/keywords/none").status_code == 404


def test_an_article_goes_from_draft_to_use(sign_in: SignIn, draft: Ticket) -> None:
    phuc, lan = sign_in("phuc"), sign_in("lan")
    empty = phuc.post("/admin/articles/new", {"title": "", "body": "Một câu trả lời"})
    assert empty.status_code == 422
    assert "Một câu trả lời" in empty.text
    made = phuc.post(
        "/admin/articles/new", {"title": "Rác thu ngày nào", "body": "Thứ hai, thứ năm <3", "category": "moi-truong"}
    )
    url = made.headers["Location"]
    assert "Bản nháp" in phuc.get(url).text
    assert lan.get(url).status_code == 404
    assert "Rác thu ngày nào" not in lan.get("/articles/").text
    saved = {"title": "Rác thu ngày nào", "body": "Thứ hai, thứ năm <3", "category": "moi-truong", "published": "1"}
    phuc.post(f"/admin{url}", saved)
    assert "Rác thu ngày nào" in lan.get("/articles/?q=thu+nam").text
    offered = lan.post(f"/drafts/{draft.code}/suggestions", {"description": "khi nào thu rác"}).text
    assert f'data-article="{url}/use"' in offered
    for _twice in range(2):
        answer = lan.post(f"{url}/use", {"code": draft.code})
        assert answer.json == {"title": "Rác thu ngày nào", "body": "Thứ hai, thứ năm <3"}
    page = lan.get(url).text
    assert "dùng 1 lần" in page
    assert "Thứ hai, thứ năm &lt;3" in page
    assert "Sửa bài" not in page
