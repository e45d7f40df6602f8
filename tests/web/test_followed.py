"""Every page is true while it is open: it follows the live channel, or says when it was read; nothing typed is lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import ApiToken, Article, CalendarDay, RoutingRule
from callcenter.vocab import Source
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_access import openers
from tests.web.test_public_pages import REPORT
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import history
from tickets.oversight import shifts
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)
# Nothing on these changes while they are open but what their reader writes.
STILL = {
    "auth.sign_in": "a form",
    "account.own_password": "a form",
    "admin.user_new": "a form",
    "admin.user_password": "a form",
    "admin.agency_new": "a form",
    "admin.rule_new": "a form",
    "admin.category_new": "a form",
    "admin.token_new": "a form",
    "admin.article_new": "a form",
    "admin.token_revoke": "a question",
    "admin.rights": "a part of the program",
    "design.page": "samples",
    "public.privacy": "a text",
    "report.form": "a form",
    "report.sent": "a receipt, with what was promised",
}
# Answers that are no page.
NO_PAGE = {"static", "live.live", "health.healthz", "health.readyz", "health.metrics", "public.healthz"}
_DRAFTS = {"drafts.page", "drafts.candidates"}
_CODES = {"admin.category": "khac", "admin.keywords": "khac"}
_EMPTY = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_UNTYPED = ("hidden", "submit", "button")


@dataclass
class _Element:
    tag: str
    follows: bool
    kept: bool


@dataclass
class Page(HTMLParser):
    """Whether a page's main part follows or tells when it was read, and which fields a refresh would overwrite."""

    whole: bool = False
    follows: bool = False
    read_at: bool = False
    overwritten: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[_Element] = []
        self._main = False

    def read(self, text: str) -> "Page":
        self.whole = "<main" in text
        self.feed(text)
        return self

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = dict(attributes)
        self._main = self._main or tag == "main"
        above = self._open[-1] if self._open else _Element("", follows=not self.whole, kept=False)
        follows = self._main and "live-" in (has.get("hx-trigger") or "")
        here = _Element(tag, above.follows or follows, above.kept or "hx-morph-skip" in has)
        self.follows |= follows
        self.read_at |= "data-read-at" in has
        typed = tag in ("textarea", "select") or (tag == "input" and has.get("type") not in _UNTYPED)
        if typed and here.follows and not here.kept:
            self.overwritten.append(self.get_starttag_text() or tag)
        if tag not in _EMPTY:
            self._open.append(here)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass
        self._main = self._main and tag != "main"


@pytest.fixture
def things(session: Session, province: Province) -> dict[str, object]:
    """One of everything that an address can name."""
    call = factories.answered(session, started_at=NOW, ended_at=NOW)
    ticket = filing.open_draft(session, call, now=NOW)
    fields = TicketFields(category_code="khac", ward_code="28249", address="12 Lê Lợi", description="Đèn tắt")
    filing.file(session, province.actor("lan"), ticket.code, fields, now=NOW)
    casework.place(
        session, history.locked(session, ticket.code), province.agencies["power"].id, (), Actor.rule("routing"),
        now=NOW, why="rule",
    )  # fmt: skip
    draft = filing.new_ticket(session, province.actor("hoa"), source=Source.COUNTER, now=NOW)
    article = Article(title="Nước đục", body="Xả vòi", published=True, created_at=NOW, changed_at=NOW)
    token = ApiToken(name="Cổng tỉnh", token_hash="x", scope="api", source=Source.WEB, created_at=NOW)
    session.add_all([token, article])
    session.flush()
    session.add(CalendarDay(day=date(2026, 9, 2), working=False, note="Quốc khánh"))
    handover = shifts.give(session, province.actor("phuc"), province.people["hoa"].id, note="", now=NOW)
    session.commit()
    return {
        "code": ticket.code, "user_id": province.people["lan"].id, "agency_id": province.agencies["power"].id,
        "rule_id": session.scalars(select(RoutingRule.id)).first(), "token_id": token.id, "number": "0905123456",
        "name": "operator", "which": "heard", "pbx": call.pbx, "linkedid": call.linkedid, "day": "2026-09-02",
        "level": "normal", "clock": "answer", "outcome": "all", "state": "routed", "file_id": 1, "call_id": call.id,
        "token": "x", "draft": draft.code, "article_id": article.id,
        "sound": "voicemail", "handover_id": handover.id, "service": "115",
    }  # fmt: skip


def addresses(app: Flask, things: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Every page by its endpoint, with names of things that are there."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGE:
                named = dict(things)
                named["code"] = _CODES.get(rule.endpoint) or named["draft" if rule.endpoint in _DRAFTS else "code"]
                built = rule.build({name: named[name] for name in rule.arguments}, append_unknown=False)
                assert built is not None, rule.endpoint
                yield rule.endpoint, built[1]


def readers(endpoint: str) -> list[str]:
    """Its readers: a person of the desk or the office, and an officer too where officers may."""
    desk_or_office = ("lan",) if endpoint == "home.home" else ("quan", "phuc", "hoa", "lan")
    who = openers(endpoint)
    return [name for name in desk_or_office if name in who][:1] + (["son"] if "thu" in who else [])


def shown(browser: Browser, url: str) -> Page | None:
    """The page or part of a page at this address, if it is one."""
    answer = browser.client.get(url, buffered=True)
    if answer.mimetype != "text/html" or answer.status_code != 200:
        return None
    page = Page().read(answer.text)
    assert not page.overwritten, (url, page.overwritten)
    return page


def check(app: Flask, read: Iterator[tuple[str, str, Page | None]], least: int) -> None:
    """That every page follows, tells when it was read, or is one of those that stand still, and that those are some."""
    pages = [(endpoint, url, page) for endpoint, url, page in read if page is not None and page.whole]
    silent = {endpoint: url for endpoint, url, page in pages if not (page.follows or page.read_at)}
    told = {endpoint: url for endpoint, url in silent.items() if endpoint not in STILL}
    assert not told, f"let them follow the live channel (rows_again), or say when they were read (read_at): {told}"
    assert {one for one in STILL if one in app.view_functions} <= silent.keys(), "no longer still, or not opened"
    assert len({endpoint for endpoint, _url, _page in pages}) >= least


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ('<div hx-trigger="live-calls from:body"><input name="note"></div>', 1),
        ('<div hx-trigger="live-calls from:body"><form hx-morph-skip><input name="note"></form></div>', 0),
        ('<div hx-trigger="live-calls from:body"><br></div><textarea name="note"></textarea>', 0),
        ('<div hx-trigger="live-calls from:body"><p hx-morph-skip></p><select name="level"></select></div>', 1),
    ],
)
def test_a_field_that_a_refresh_would_empty_is_found(part: str, lost: int) -> None:
    assert len(Page().read(f"<body><main>{part}</main></body>").overwritten) == lost


def test_every_page_of_the_console_follows_and_keeps_what_is_typed(
    console: Flask, sign_in: SignIn, things: dict[str, object]
) -> None:
    browsers = {name: sign_in(name) for name in ("lan", "hoa", "phuc", "son", "quan")}

    def read() -> Iterator[tuple[str, str, Page | None]]:
        for endpoint, url in addresses(console, things):
            for name in readers(endpoint):
                yield endpoint, url, shown(browsers[name], url)
        yield "auth.sign_in", "/sign-in", shown(sign_in(None), "/sign-in")

    check(console, read(), least=40)


def test_every_page_for_citizens_says_when_it_was_read(public: Browser, things: dict[str, object]) -> None:
    app = public.client.application
    assert public.post("/reports/new", REPORT).status_code == 303
    check(app, ((endpoint, url, shown(public, url)) for endpoint, url in addresses(app, things)), least=5)
