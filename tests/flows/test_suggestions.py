"""Suggestions during typing: with which reasons, in which order, and none where there is nothing."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import CategoryKeywords, ChangeRecord
from callcenter.vocab import Level, TicketState
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tests.flows.test_search import ticket
from tickets.administration import knowledge
from tickets.administration.knowledge import ArticleFields
from tickets.finding import articles, suggestions
from tickets.finding.suggestions import ReportPlace, suggest

MY_THO = ReportPlace("28249")


@pytest.fixture
def province(session: Session) -> Province:
    made = factories.province(session)
    session.add(CategoryKeywords(category_code="cap-thoat-nuoc", phrases=["nước máy", "cống nghẹt"]))
    session.add(CategoryKeywords(category_code="moi-truong", phrases=["rác"]))
    session.flush()
    return made


def test_the_field_and_who_would_get_it_with_reasons(session: Session, province: Province) -> None:
    found = suggest(session, "Cống nghẹt trước nhà", MY_THO, MONDAY)
    assert [(field.code, field.name, field.because) for field in found.fields] == [
        ("cap-thoat-nuoc", "Cấp thoát nước, ngập", ("cống nghẹt",))
    ]
    assert found.receiver is not None
    assert (found.receiver.name, found.receiver.why) == (province.agencies["water"].name, "rule")
    rubbish = suggest(session, "rác", ReportPlace(), MONDAY).receiver
    assert rubbish is not None
    assert (rubbish.name, rubbish.why) == (None, "no_ward")


def test_what_is_chosen_is_not_offered_again(session: Session, province: Province) -> None:
    found = suggest(session, "Cống nghẹt", MY_THO, MONDAY, category="moi-truong", level=Level.URGENT, caller=CALLER)
    assert (found.fields, found.places, found.last_place) == ((), (), None)
    assert found.receiver is not None
    assert found.receiver.name == province.agencies["my_tho"].name


@pytest.mark.usefixtures("province")
def test_a_place_in_the_address_and_where_the_caller_was_last(session: Session) -> None:
    old = ticket(session, 1, "Rác", caller=CALLER, ward_code="28270", address="5 Ấp Bắc")
    found = suggest(session, "", ReportPlace(None, "12 Lê Lợi, phuong my tho"), MONDAY, caller=CALLER)
    assert [hit.ward_code for hit in found.places] == ["28249"]
    assert found.last_place is not None
    assert found.last_place.ticket == old


@pytest.mark.usefixtures("province")
def test_what_is_like_it_nearby_stands_there_open_ones_first(session: Session) -> None:
    here = {"ward_code": "28249", "category_code": "moi-truong", "filed_at": MONDAY}
    done = ticket(session, 1, "Rác chất đống trước chợ Mỹ Tho", state=TicketState.CLOSED, **here)
    open_ = ticket(session, 2, "Đống rác trước chợ bốc mùi", **here)
    ticket(session, 3, "Khói đốt đồng ban đêm", **here)
    ticket(session, 4, "Rác chất đống trước chợ", **{**here, "ward_code": "28270"})
    ticket(session, 5, "Rác chất đống trước chợ", **here, created_at=MONDAY - timedelta(days=20))
    ticket(session, 6, "Rác chất đống trước chợ", **{**here, "filed_at": None}, state=TicketState.DRAFT)
    found = suggest(session, "rac chat dong truoc cho", MY_THO, MONDAY + timedelta(hours=1))
    assert [one.ticket for one in found.alike] == [open_, done]
    assert found.alike[1].because == ("rác", "chất", "đống", "trước")
    assert suggest(session, "rac chat dong truoc cho", ReportPlace(), MONDAY).alike == []


def test_an_article_is_written_published_offered_used_and_counted(session: Session, province: Province) -> None:
    phuc, lan = province.actor("phuc"), province.actor("lan")
    fields = ArticleFields("Nước máy đục", "Xả vòi 10 phút rồi dùng.", "cap-thoat-nuoc")
    article = knowledge.add_article(session, phuc, fields, now=MONDAY)
    assert knowledge.add_article(session, phuc, fields, now=MONDAY) is article
    assert suggest(session, "nuoc may duc", ReportPlace(), MONDAY).articles == []
    with pytest.raises(NotFound):
        articles.read(session, lan, article.id)
    published = ArticleFields("Nước máy đục", "Xả vòi 15 phút rồi dùng.", "cap-thoat-nuoc", published=True)
    knowledge.edit_article(session, phuc, article.id, published, seen=None, now=MONDAY)
    assert suggest(session, "nuoc may duc", ReportPlace(), MONDAY).articles == [article]
    assert [row.article for row in articles.listed(session, lan, "may du")] == [article]
    assert articles.listed(session, lan, "dien") == []
    asked = ticket(session, 1, "Nước đục")
    for _twice in range(2):
        articles.use(session, lan, article.id, asked.code, now=MONDAY)
    assert articles.read(session, lan, article.id).uses == 1
    versions = [row.after["body"] for row in session.query(ChangeRecord).filter_by(subject="article")]
    assert versions == ["Xả vòi 10 phút rồi dùng.", "Xả vòi 15 phút rồi dùng."]


def test_only_supervisors_write(session: Session, province: Province) -> None:
    lan, phuc = province.actor("lan"), province.actor("phuc")
    with pytest.raises(NotAllowed):
        knowledge.add_article(session, lan, ArticleFields("a", "b"), now=MONDAY)
    with pytest.raises(NotAllowed):
        knowledge.set_keywords(session, lan, "khac", "a", seen=None, now=MONDAY)
    with pytest.raises(Invalid) as error:
        knowledge.add_article(session, phuc, ArticleFields("", "x" * 5000, "nowhere"), now=MONDAY)
    assert error.value.problems == {"title": "required", "body": "too_long", "category": "unknown_choice"}
    knowledge.set_keywords(session, phuc, "khac", " Góp ý \n\ngóp  ý\nlịch", seen=None, now=MONDAY)
    assert session.get_one(CategoryKeywords, "khac").phrases == ["góp ý", "lịch"]
    assert [hit.category for hit in suggestions.phrases(session).find("xin hỏi lịch")] == ["khac"]
    with pytest.raises(Invalid):
        knowledge.set_keywords(session, phuc, "khac", "\n".join(map(str, range(201))), seen=None, now=MONDAY)
