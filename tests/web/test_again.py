"""A post that a browser makes is answered by a redirect: going back or reloading sends nothing a second time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.models import FormPost, KeptAnswer, Ticket
from callcenter.vocab import Source
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tests.web.test_public_pages import REPORT, send
from tests.web.test_ticket_page import nonce_of
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import history, posts
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    lan = province.actor("lan")
    draft = filing.new_ticket(session, lan, source=Source.COUNTER, now=MONDAY)
    fields = TicketFields(category_code="khac", description="Ống vỡ giữa đường", reporter_phone="0905123456")
    filing.file(session, lan, draft.code, fields, now=MONDAY)
    casework.place(session, draft, province.agencies["water"].id, (), Actor.rule("routing"), now=MONDAY, why="rule")
    casework.accept(session, province.actor("thu"), draft.code, now=MONDAY)
    session.commit()
    return draft


def test_a_refused_move_is_fetched_with_everything_typed(sign_in: SignIn, ticket: Ticket) -> None:
    thu, url = sign_in("thu"), f"/tickets/{ticket.code}"
    long = "Đường ống này " * 800
    refused = thu.post(f"{url}/ask", {"question": long}, headers=NAVIGATES)
    assert (refused.status_code, refused.location.startswith(f"{url}?again=")) == (303, True)
    for _ in range(2):
        page = thu.get(refused.location)
        assert (page.status_code, "Quá dài" in page.text, long.strip() in page.text) == (422, True, True)
    # Sent from that page, it is the same form.
    nonce = nonce_of(page.text, "ask")
    asked = thu.post(f"{url}/ask", {"question": "Số nhà?", "nonce": nonce}, headers=NAVIGATES)
    assert (asked.status_code, asked.location) == (303, url)


def test_a_program_is_answered_at_once(sign_in: SignIn, ticket: Ticket) -> None:
    assert sign_in("thu").post(f"/tickets/{ticket.code}/ask", {"question": " "}).status_code == 422


def test_what_is_kept_is_for_the_browser_that_posted(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    thu, url = sign_in("thu"), f"/tickets/{ticket.code}"
    kept = thu.post(f"{url}/ask", {"question": " "}, headers=NAVIGATES).location
    for other in (sign_in("thu"), sign_in("phuc")):
        answer = other.get(kept)
        assert (answer.status_code, answer.location) == (303, url)
    assert sign_in(None).get(kept).location.startswith("/sign-in")
    row = session.query(KeptAnswer).one()
    assert kept.rpartition("=")[2] not in (row.token, row.holder)
    row.at -= posts.ANSWER_LASTS
    session.commit()
    assert thu.get(kept).location == url


def test_what_is_old_is_cleared_away(session: Session, ticket: Ticket) -> None:
    assert posts.is_first(session, "a" * 32, MONDAY)
    posts.keep(session, "token", "holder", 422, b"page", MONDAY)
    session.flush()
    posts.sweep(session, MONDAY + timedelta(minutes=59))
    assert (session.query(FormPost).count(), session.query(KeptAnswer).count()) == (1, 1)
    posts.sweep(session, MONDAY + timedelta(days=3))
    assert (session.query(FormPost).count(), session.query(KeptAnswer).count()) == (0, 0)


def test_two_people_at_once_are_one_move(sign_in: SignIn, session: Session, ticket: Ticket) -> None:
    """The second one sees how the ticket stands now, and gets the words back."""
    thu, hoa, url = sign_in("thu"), sign_in("hoa"), f"/tickets/{ticket.code}"
    first = thu.post(f"{url}/reject", {"reason": "Ống trong nhà"}, headers=NAVIGATES)
    second = hoa.post(f"{url}/reject", {"reason": "Không rõ nơi"}, headers=NAVIGATES)
    assert (first.location, second.location.startswith(f"{url}?again=")) == (url, True)
    page = hoa.get(second.location)
    assert (page.status_code, "Không rõ nơi" in page.text) == (409, True)
    session.expire_all()
    assert history.locked(session, ticket.code).resolution == "Ống trong nhà"


def test_a_citizen_s_steps_and_looking_up_are_redirected_too(public: Browser) -> None:
    step = public.post("/reports/step", {**REPORT, "step": "1"}, headers=NAVIGATES)
    assert (step.status_code, step.location.startswith("/reports/step?again=")) == (303, True)
    page = public.get(step.location)
    assert (page.status_code, "Cống nghẹt" in page.text) == (200, True)
    code = send(public)
    found = public.post("/track", {"code": code, "last4": "3456"}, headers=NAVIGATES)
    assert (found.status_code, found.location.startswith("/track?again=")) == (303, True)
    assert "Đã nhận phản ánh" in public.get(found.location).text


def test_a_citizen_who_presses_twice_says_it_once(public: Browser, session: Session) -> None:
    code = send(public)
    said = {"code": code, "withdraw_reason": "", "nonce": "b" * 32}
    assert [public.post("/track/withdraw", said).status_code for _ in range(2)] == [303, 303]
