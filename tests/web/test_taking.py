"""A telephone is taken at sign-in, chosen, taken over from a named person, and given back at sign-out."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import ExtensionSpan, User
from tests import factories
from tests.factories import PASSWORD, Province
from tests.web.conftest import Browser

SignIn = Callable[[str | None], Browser]


def at(session: Session, extension: str) -> str | None:
    session.expire_all()
    query = select(User.username).where(User.extension == extension)
    return session.scalars(query).one_or_none()


@pytest.fixture
def shared(session: Session, province: Province) -> Province:
    """Lan is at 101, which is Minh's usual one too; 102 is known and free."""
    factories.sits(session, province.people["minh"], None)
    province.people["minh"].usual_extension, province.people["hoa"].usual_extension = "101", "102"
    session.commit()
    return province


def test_the_usual_one_at_sign_in_and_free_after_sign_out(sign_in: SignIn, session: Session, shared: Province) -> None:
    lan = sign_in("lan")
    assert lan.post("/sign-out").status_code == 303
    assert at(session, "101") is None
    minh = sign_in("minh")
    assert at(session, "101") == "minh"
    assert "máy 101" in minh.get("/").text


def test_who_finds_it_held_chooses_and_goes_on_where_they_wanted(
    sign_in: SignIn, session: Session, shared: Province
) -> None:
    browser = sign_in(None)
    answer = browser.post("/sign-in?next=/call-backs", {"username": "minh", "password": PASSWORD})
    assert answer.location == "/phone/extension?next=/call-backs"
    page = browser.get(answer.location).text
    assert "<b>Nguyễn Thị Lan</b>, từ" in page
    assert 'href="/call-backs"' in page
    assert "Chưa chọn máy" in page
    taken = browser.post("/phone/extension/take", {"extension": "102", "next": "/call-backs"})
    assert (taken.status_code, taken.location) == (303, "/call-backs")
    assert (at(session, "101"), at(session, "102")) == ("lan", "minh")
    assert "Ông/bà đang dùng máy 102." in browser.get("/call-backs").text


def test_taken_over_openly_and_the_other_is_told_on_every_page(
    sign_in: SignIn, session: Session, shared: Province
) -> None:
    lan, minh = sign_in("lan"), sign_in("minh")
    assert minh.post("/phone/extension/take", {"extension": "101"}).status_code == 409
    assert at(session, "101") == "lan"
    over = str(shared.people["lan"].id)
    assert minh.post("/phone/extension/take", {"extension": "101", "over": over}).status_code == 303
    for page in ("/", "/tickets", "/desk/parts"):
        text = lan.get(page).text
        assert "Trần Văn Minh đã tiếp quản máy 101 của ông/bà" in text
        assert 'role="alert"' in text
    assert "Chọn máy khác" in lan.get("/desk/parts").text
    lan.post("/phone/extension/take", {"extension": "102"})
    assert "tiếp quản" not in lan.get("/").text


@pytest.mark.parametrize("form", [{}, {"extension": "999"}, {"extension": "101", "over": "²"}, {"extension": "\r\n"}])
def test_what_cannot_be_taken_is_said_and_nothing_changes(
    sign_in: SignIn, session: Session, shared: Province, form: dict[str, object]
) -> None:
    answer = sign_in("minh").post("/phone/extension/take", form)
    assert answer.status_code == 409
    assert "Ông/bà ngồi ở máy nào?" in answer.text
    assert 'role="alert"' in answer.text
    assert len(session.scalars(select(ExtensionSpan)).all()) == 2


def test_given_back_without_signing_out(sign_in: SignIn, session: Session, province: Province) -> None:
    browser = sign_in("lan")
    assert browser.post("/phone/extension/back").location == "/phone/extension"
    assert at(session, "101") is None
    assert "Chưa chọn máy" in browser.get("/").text


def test_the_desk_alone(sign_in: SignIn, province: Province) -> None:
    for username in ("phuc", "thu", "quan"):
        browser = sign_in(username)
        assert browser.get("/phone/extension").status_code == 403
        assert browser.post("/phone/extension/take", {"extension": "101"}).status_code == 403
