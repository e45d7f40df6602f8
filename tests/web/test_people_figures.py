"""Figures by person: all of them for leaders, one's own for an operator, each with its formula."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.models import PhoneStint
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)


@pytest.fixture
def talks(session: Session, province: Province) -> Province:
    """Lan talked a minute, with a hold of unknown length; Minh ninety seconds."""
    for extension, talk_s, hold_s in (("101", 60.0, None), ("102", 90.0, 30.0)):
        factories.answered(session, started_at=NOW, answered_at=NOW, ended_at=NOW + timedelta(seconds=talk_s),
                           operator=extension, operators=[extension], talk_s=talk_s, hold_s=hold_s)  # fmt: skip
        session.add(
            PhoneStint(pbx="pbx1", extension=extension, doing="free", reason="", since=NOW - timedelta(hours=1))
        )
    session.commit()
    return province


def row(page: str, province: Province, name: str) -> str:
    found = re.search(rf'<tr id="person-{province.people[name].id}">.*?</tr>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""


@pytest.mark.parametrize("person", ["hoa", "phuc", "quan"])
def test_who_leads_sees_everybody_with_formulas(sign_in: SignIn, talks: Province, person: str) -> None:
    page = sign_in(person).get("/supervisor/people").text
    assert "Nguyễn Thị Lan máy 101 1 – – 1 cuộc chưa rõ 0 giây 60 giây" in row(page, talks, "lan")
    assert "Trần Văn Minh máy 102 1 60 giây 30 giây 0 giây 90 giây" in row(page, talks, "minh")
    assert "(đàm thoại + giữ máy + xử lý sau cuộc gọi) / số cuộc đã nghe (AHT)" in page
    assert page.count('class="why-mark"') == 8


def test_an_operator_sees_their_own_and_nobody_else_s(sign_in: SignIn, talks: Province) -> None:
    browser = sign_in("lan")
    page = browser.get("/my-figures").text
    assert "<b>60 giây</b>" in page[page.index('id="figure-aht"') :].partition("</div>")[0]
    assert "Trần Văn Minh" not in page
    assert browser.get("/supervisor/people").status_code == 403
    assert 'href="/my-figures"' in browser.get("/").text


@pytest.mark.parametrize("day", ["2020-01-01", "nonsense", ""])
def test_a_day_without_anybody(sign_in: SignIn, province: Province, day: str) -> None:
    page = sign_in("phuc").get(f"/supervisor/people?day={day}").text
    assert "Chưa ai nghe máy trong ngày này" in page
    assert "không tổng đài nào cho biết ai ở trong hàng đợi" in page
