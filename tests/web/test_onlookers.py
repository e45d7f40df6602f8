"""Two people on one ticket see each other; a person without the right to the ticket sees neither."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis as redis_client
from sqlalchemy.orm import Session

from callcenter import onlookers
from callcenter.models import Ticket
from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.desk import filing

SignIn = Callable[[str | None], Browser]
JSON = {"Accept": "application/json"}


@pytest.fixture
def draft(session: Session, province: Province) -> Ticket:
    found = filing.open_draft(session, factories.answered(session), now=MONDAY)
    session.commit()
    return found


def look(browser: Browser, code: str, **more: str) -> dict[str, list[str]]:
    answer = browser.post("/onlookers", {"code": code, **more}, headers=JSON)
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.get_json()
    return found


def test_each_sees_the_other_until_they_leave(sign_in: SignIn, draft: Ticket, province: Province) -> None:
    lan, hoa = sign_in("lan"), sign_in("hoa")
    assert look(lan, draft.code) == {draft.code: []}
    assert look(hoa, draft.code) == {draft.code: [province.people["lan"].name]}
    assert look(lan, draft.code) == {draft.code: [province.people["hoa"].name]}
    assert look(hoa, draft.code, gone="1") == {}
    assert look(lan, draft.code) == {draft.code: []}


def test_who_says_nothing_for_long_is_not_there(sign_in: SignIn, draft: Ticket, engine: object) -> None:
    now = datetime.now(UTC)
    for age, seen in ((onlookers.LASTS_S - 5, ["Hoa"]), (onlookers.LASTS_S + 1, [])):
        onlookers.here([draft.id], 4711, "Hoa", now - timedelta(seconds=age))
        assert onlookers.here([draft.id], 4712, "Lan", now)[draft.id] == seen


def test_it_forgets_by_itself(redis: redis_client.Redis, draft: Ticket, engine: object) -> None:
    onlookers.here([draft.id], 4711, "Hoa", datetime.now(UTC))
    assert 0 < redis.ttl(f"onlookers:{draft.id}") <= onlookers.LASTS_S  # type: ignore[operator]


def test_an_officer_sees_nobody_at_a_ticket_of_others(sign_in: SignIn, draft: Ticket) -> None:
    look(sign_in("lan"), draft.code)
    assert look(sign_in("son"), draft.code) == {}
