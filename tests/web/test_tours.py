"""The guided tours: offered once, each role its own, every step about something that is on a page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from agent_ui.shell.tour_steps import TOURS
from callcenter.db import transaction
from callcenter.models import User
from callcenter.vocab import Role
from tests.factories import Province
from tests.web.conftest import Browser

SignIn = Callable[[str | None], Browser]
TEMPLATES = Path(__file__).parents[2] / "agent_ui"
PEOPLE = {
    "lan": Role.OPERATOR,
    "hoa": Role.SHIFT_LEADER,
    "phuc": Role.SUPERVISOR,
    "son": Role.OFFICER,
    "quan": Role.ADMIN,
}


def _tours(engine: Engine, province: Province, username: str, tours: list[str] | None = None) -> list[str]:
    with transaction(engine) as session:
        user = session.get_one(User, province.people[username].id)
        if tours is not None:
            user.tours = tours
        return list(user.tours)


def _is_offered(browser: Browser, url: str = "/") -> bool:
    return " data-due" in browser.get(url, follow_redirects=True).text


@pytest.mark.parametrize(("username", "role"), PEOPLE.items())
def test_offered_on_the_first_visit_of_the_home_page_until_it_was_seen(
    engine: Engine, province: Province, sign_in: SignIn, username: str, role: Role
) -> None:
    _tours(engine, province, username, [])
    browser = sign_in(username)
    assert _is_offered(browser)
    assert not _is_offered(browser, "/tickets")
    for _twice in range(2):
        assert browser.post(f"/tours/{role}/done").status_code == 204
    assert _tours(engine, province, username) == [role]
    assert not _is_offered(browser)
    words = browser.get(f"/tours/{role}").text
    assert 4 <= words.count("<template") <= 7


def test_a_page_that_failed_is_no_place_to_begin(engine: Engine, province: Province, sign_in: SignIn) -> None:
    _tours(engine, province, "hoa", [])
    hoa = sign_in("hoa")
    assert " data-here" in hoa.get("/shift").text
    failed = hoa.get("/shift?day=%00")
    assert failed.status_code == 404
    assert " data-here" not in failed.text


def test_nobody_has_another_roles_tour(engine: Engine, province: Province, sign_in: SignIn) -> None:
    browser = sign_in("lan")
    for name in (Role.SUPERVISOR, "nothing"):
        assert browser.get(f"/tours/{name}").status_code == 404
        assert browser.post(f"/tours/{name}/done").status_code == 404
    assert _tours(engine, province, "lan") == [Role.OPERATOR]
    assert sign_in(None).post("/tours/operator/done").status_code == 401


@pytest.mark.parametrize("role", Role)
def test_every_step_is_about_something_that_a_page_has(role: Role) -> None:
    marked = re.findall(r'data-tour="([\w -]+)"', "".join(path.read_text() for path in TEMPLATES.rglob("*.html")))
    missing = {step.anchor for step in TOURS[role].steps} - set(" ".join(marked).split())
    assert not missing
    assert len(TOURS[role].steps) <= 7
