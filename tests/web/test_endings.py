"""What was typed for one end of a draft is not lost by another: refused in words, with everything typed still there."""

from collections.abc import Callable
from html import escape

import pytest
from sqlalchemy.orm import Session

from agent_ui.words.problems import PROBLEMS
from callcenter.models import Ticket
from callcenter.vocab import TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tests.web.test_desk_pages import JSON, WHOLE
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]
TOLD = "Chợ có xe lấy rác lúc 17 giờ mỗi ngày."
FORMS = {
    "file": ("/drafts/{code}/file", WHOLE | {"answer": TOLD}),
    "link": ("/drafts/{code}/link", {"parent_code": "{older}"}),
    "dispose": ("/calls/{call}/disposition", {"disposition": "prank", "note": "cười rồi gác máy"}),
    "guide": ("/drafts/{code}/guide", {"grievance": "complaint", "against": "Ủy ban", "summary": "Chậm cấp sổ"}),
}


@pytest.mark.parametrize("end", FORMS)
def test_an_answer_that_was_typed_is_not_lost_by_another_end(
    end: str, sign_in: SignIn, session: Session, province: Province
) -> None:
    older, call = factories.answered(session), factories.answered(session)
    names = {"older": filing.open_draft(session, older, now=MONDAY).code, "call": call.id}
    names["code"] = filing.open_draft(session, call, now=MONDAY).code
    session.commit()
    lan = sign_in("lan")
    assert lan.post(f"/drafts/{names['older']}/file", WHOLE).status_code == 303
    lan.post(f"/drafts/{names['code']}/save", WHOLE | {"answer": TOLD}, headers=JSON)
    url, form = FORMS[end]
    sent = {name: value.format(**names) for name, value in form.items()}
    refused = lan.post(url.format(**names), sent)
    assert refused.status_code == 422
    assert str(PROBLEMS["answer_left"]) in refused.text
    assert f">{TOLD}</textarea>" in refused.text
    for typed in (*sent.values(), WHOLE["address"], WHOLE["reporter_name"], escape(WHOLE["description"])):
        assert escape(typed) in refused.text or typed in refused.text, typed
    session.expire_all()
    kept = session.query(Ticket).filter_by(code=names["code"]).one()
    assert (kept.state, kept.resolution) == (TicketState.DRAFT, TOLD)


def test_each_end_of_a_draft_has_a_key_of_its_own(sign_in: SignIn, session: Session, province: Province) -> None:
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    session.commit()
    page = sign_in("lan").get(f"/drafts/{draft.code}").text
    form = page[page.index('class="work-form"') : page.index('class="work-history"')]
    badges = [part.split("</kbd>")[0] for part in form.split("<kbd>")[1:]]
    assert len(badges) > 8
    assert sorted(badges) == sorted(set(badges))
