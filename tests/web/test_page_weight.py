"""First paint: few and small files hold it up on every page, and a long list adds little for each of its rows."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from callcenter.models import Agency
from callcenter.vocab import AgencyKind
from tests import factories
from tests.factories import Province
from tests.page_weight import weigh
from tests.web.conftest import Browser
from tickets.actors import Actor
from tickets.desk import filing
from tickets.desk.filing import TicketFields
from tickets.life import history

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)
# The theme, Tabler as trimmed, our own looks, the telephone where there is one, and the page's own.
MOST_FILES = 5
MOST_BYTES = 100_000
# On a small province: what is there however empty the page is.
MOST_ELEMENTS = 700
PAGES = {
    None: ("/sign-in",),
    "lan": ("/", "/tickets"),
    "hoa": ("/", "/supervisor/triage", "/supervisor/stuck"),
    "thu": ("/agency",),
    "phuc": ("/supervisor/", "/supervisor/calls/all", "/capture/"),
    "quan": ("/admin/", "/admin/users", "/admin/rules", "/admin/changes"),
}
CITIZENS_PAGES = ("/", "/reports/new", "/track", "/nowhere")


@pytest.mark.parametrize(("who", "urls"), PAGES.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_little_holds_up_a_page_of_the_staff(sign_in: SignIn, who: str | None, urls: tuple[str, ...]) -> None:
    browser = sign_in(who)
    for url in urls:
        _is_light(browser, url)


@pytest.mark.parametrize("url", CITIZENS_PAGES)
def test_little_holds_up_a_page_of_the_citizens(public: Browser, url: str) -> None:
    _is_light(public, url)


def test_a_long_list_to_place_does_not_carry_every_agency_in_every_row(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    session.add_all(Agency(code=f"xa-{n}", name=f"UBND xã {n}", kind=AgencyKind.COMMUNE) for n in range(100))
    codes = [_in_triage(session, province) for _ in range(10)]
    session.commit()
    hoa = sign_in("hoa")
    ten = weigh(hoa.get("/supervisor/triage").text).elements
    assert ten < MOST_ELEMENTS
    form = hoa.get(f"/tickets/{codes[0]}/assign-form", headers={"HX-Request": "true"}).text
    assert form.count("<option") > 100
    assert f'action="/tickets/{codes[0]}/assign"' in form


def test_the_map_of_a_report_is_not_waited_for(public: Browser) -> None:
    where = public.post("/reports/step", {"step": "1", "go": "edit-2"}).text
    assert "leaflet.css" in where
    _is_light_page(where, "step 2")


def _is_light(browser: Browser, url: str) -> None:
    _is_light_page(browser.get(url, follow_redirects=True).text, url)


def _is_light_page(page: str, url: str) -> None:
    weight = weigh(page)
    assert len(weight.blocking) <= MOST_FILES, (url, weight.blocking)
    assert weight.blocking_bytes <= MOST_BYTES, (url, weight)
    assert 20 < weight.elements <= MOST_ELEMENTS, (url, weight.elements)


def _in_triage(session: Session, province: Province) -> str:
    ticket = filing.open_draft(session, factories.answered(session), now=NOW)
    fields = TicketFields(category_code="khac", description="Việc không thuộc ai")
    filing.file(session, province.actor("lan"), ticket.code, fields, now=NOW)
    history.move(session, ticket, "triage", Actor.rule("routing"), now=NOW, why="no_rule")
    return ticket.code
