"""What every story of the first hour stands on: the running demo, the words of the page's language, a look at it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select

from agent_ui.words import catalogue
from callcenter.db import transaction
from callcenter.models import Ticket, User, Ward
from callcenter.vocab import Source
from tests.browser.conftest import PHONE, WIDE, Site
from tests.browser.test_accessibility import Checker
from tests.browser.test_others import no_sideways_scroll
from tickets.actors import Actor
from tickets.desk import filing
from tickets.rules.fields import TicketFields

NAMES = {WIDE: "wide", PHONE: "phone"}
# The ward of the demo that has an officer of its own.
MY_THO = "Phường Mỹ Tho"


@dataclass
class Demo:
    """What `scripts/run` has started: `ready_s` after its start both sites answered."""

    console: Site
    public: Site
    people: dict[str, dict[str, Any]]
    engine: Engine
    ready_s: float
    logs: Path

    def actor(self, username: str) -> Actor:
        with transaction(self.engine) as session:
            return Actor.of(session.scalars(select(User).where(User.username == username)).one())

    def report(self, text: str, category: str, *, ward: str = MY_THO, level: str = "normal") -> Ticket:
        """A letter that an operator files; relay and worker hand it to its agency a moment later."""
        operator, now = self.actor("thoa"), datetime.now(UTC)
        with transaction(self.engine) as session:
            code = session.scalars(select(Ward.code).where(Ward.name == ward)).one()
            fields = TicketFields(category_code=category, ward_code=code, description=text, level=level,
                                  reporter_phone="0905123456")  # fmt: skip
            ticket = filing.new_ticket(session, operator, source=Source.LETTER, now=now)
            return filing.file(session, operator, ticket.code, fields, now=now)

    def wait_for(self, code: str, state: str, within_s: float = 30) -> None:
        """Until the ticket is in this state: the relay and the worker are processes of their own."""
        until = time.monotonic() + within_s
        while self.state(code) != state:
            assert time.monotonic() < until, f"{code} is still {self.state(code)}"
            time.sleep(0.1)

    def state(self, code: str) -> str:
        with transaction(self.engine) as session:
            return str(session.scalars(select(Ticket.state).where(Ticket.code == code)).one())


@cache
def _english() -> dict[str, str]:
    """Of a text with a plural, its singular."""
    return {_first(message.id): _first(message.string) for message in catalogue.english() if message.id}


def _first(texts: str | tuple[str, ...]) -> str:
    return texts if isinstance(texts, str) else texts[0]


@dataclass
class Story:
    """One person at one page: says words in the page's language, signs in, and looks at what they see."""

    role: str
    page: Page
    demo: Demo
    check: Checker
    shot: Callable[[Page, str], None]
    language: str = "vi"
    size: tuple[int, int] = WIDE
    # axe is a script itself.
    scripted: bool = True
    looked_s: float = field(default=0.0, init=False)

    def say(self, text: str, **values: object) -> str:
        """A text of the sources in the page's language."""
        found = _english()[text] if self.language == "en" else text
        return found % values if values else found

    def button(self, text: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=self.say(text))

    def speak(self) -> None:
        """Press the page's own button where the language is not Vietnamese."""
        if self.language != "vi":
            self.page.get_by_role("button", name="English").click()
            expect(self.page.locator("html")).to_have_attribute("lang", self.language)

    def look(self, step: str) -> None:
        """Nothing for axe to find, nothing beyond the right edge, and a picture to look at."""
        began = time.monotonic()
        self._look(step, self.size)
        self.looked_s += time.monotonic() - began

    def look_all(self, step: str) -> None:
        """The same at both sizes, light and dark; left as it was."""
        began = time.monotonic()
        for size in (PHONE, WIDE):
            self._resize(size)
            self._look(step, size)
            self.page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
            self._look(step, size, "-dark")
            self.page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
        self._resize(self.size)
        self.looked_s += time.monotonic() - began

    def _resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _look(self, step: str, size: tuple[int, int], theme: str = "") -> None:
        name = f"first-hour-{self.role}-{step}-{NAMES[size]}-{self.language}{theme}"
        if self.scripted:
            self.check.here(self.page, name)
        if not no_sideways_scroll(self.page):
            self.check.found.append(f"{name} scrolls sideways")
        self.shot(self.page, name)

    def go(self, path: str = "/") -> None:
        self.page.goto(f"{self.demo.console.url}{path}")
        self.page.wait_for_selector("body[data-live-ready]")

    def sign_in(self, username: str, password: str | None = None) -> None:
        """By name and password, and the tour left where it is shown for the first time."""
        self.page.goto(f"{self.demo.console.url}/sign-in")
        self.speak()
        self.page.get_by_label(self.say("Tên đăng nhập")).fill(username)
        self.page.get_by_label(self.say("Mật khẩu")).fill(password or self.demo.people[username]["password"])
        self.button("Đăng nhập").click()
        self.page.wait_for_selector("body[data-live-ready]")

    def leave_tour(self) -> None:
        """A ring hides the tour until it is over, so this may take a ring's length."""
        with self.page.expect_response("**/tours/*/done", timeout=60_000) as answer:
            self.page.locator("#tour .tour-leave").click(timeout=50_000)
        assert answer.value.ok, answer.value.status
        expect(self.page.locator("#tour")).to_be_hidden()

    def leave_tour_if_due(self) -> None:
        """A person with stories in both languages sees it once."""
        if self.page.locator("#tour[data-due]").count():
            self.leave_tour()

    def told(self, text: str) -> None:
        """The page says so, at its head."""
        expect(self.page.locator("#notice")).to_contain_text(self.say(text).partition("%")[0].strip())

    def sign_out(self) -> None:
        self.page.locator("#user-menu summary").click()
        self.button("Đăng xuất").click()
        # The language went with its person: the next one at this machine may have another.
        expect(self.page.get_by_label("Tên đăng nhập")).to_be_visible()
