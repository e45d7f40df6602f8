"""A stored word that this version does not know (of a newer one, or long gone) is shown as such and takes no page away.

The rows are made from the tables and the vocabulary themselves: a new column, move or word is tried without being
named here.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, product
from typing import Any

from flask import Flask
from sqlalchemy import Boolean, Column, Float, Integer, Table, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from agent_ui.words import labels, story
from callcenter import vocab
from callcenter.db import Base, UtcDateTime, VocabularyWord
from callcenter.models import Call, Ticket, TicketEvent
from callcenter.vocab import CallOut, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_access import openers, urls
from tests.web.test_words import ENUMS
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import history
from tickets.rules import codes, moves
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
UNKNOWN = "tung_hứng"
SHOWN = f"chưa rõ: “{UNKNOWN}”"
WORDS = [*(word for kind in ENUMS for word in kind), UNKNOWN]
MOVES = sorted({*labels.MOVES, *moves.ENTRIES, *moves.MOVES, UNKNOWN})
# Of an event's `data`: what is a word there.
KEYS = ("result", "clock", "disposition", "ended", "why", "service", "told", "new_due", "call_at")
ROUTING = Actor.rule("routing")
_numbers = count(1)


def test_a_made_up_word_is_of_its_kind_and_equals_no_other() -> None:
    word = vocab.read(TicketState, UNKNOWN)
    assert isinstance(word, TicketState)
    assert (word, word.value, f"{word}") == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert not vocab.is_known(word)
    assert word not in list(TicketState)
    assert vocab.read(TicketState, "draft") is TicketState.DRAFT
    assert vocab.is_known(TicketState.DRAFT)


def test_a_call_that_was_not_picked_up_at_ones_own_telephone_leaves_the_page(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    ticket = filed(session, province)
    for result in CallOut:
        history.note(session, ticket, "called_out", province.actor("lan"), now=datetime.now(UTC), result=result)
    session.commit()
    page = sign_in("lan").get(f"/tickets/{ticket.code}")
    assert page.status_code == 200
    for result in CallOut:
        assert f"gọi người dân: {str(labels.label(result)).lower()}" in page.text


def test_every_move_tells_every_word(console: Flask) -> None:
    ticket = Ticket(source=vocab.Source.HOTLINE, code="1")
    with console.test_request_context():
        for move, word in product(MOVES, WORDS):
            event = TicketEvent(id=1, at=datetime.now(UTC), move=move, actor="ai đó", data=dict.fromkeys(KEYS, word))
            told = story.tell(ticket, [event], [], {})[0].entries[0].what
            assert told, (move, word)
            entry = moves.ENTRIES.get(move)
            places = entry.sentence if entry is not None else "%(result)s"
            if word == UNKNOWN and any(f"%({key})s" in places for key in ("result", "call_result", "clock", "why")):
                assert SHOWN in told, move


def test_no_word_of_a_history_takes_a_page_of_its_ticket(
    sign_in: SignIn, session: Session, province: Province, public: Browser
) -> None:
    ticket = filed(session, province)
    for move in MOVES:
        history.note(session, ticket, move, ROUTING, now=datetime.now(UTC), **dict.fromkeys(KEYS, UNKNOWN))
    session.commit()
    for browser in (sign_in("lan"), sign_in("tam")):
        assert SHOWN in browser.get(f"/tickets/{ticket.code}").text
        assert SHOWN in browser.get(f"/tickets/{ticket.code}/print").text
    assert look_up(public, ticket).status_code == 200


def test_every_state_has_its_pages_and_an_unknown_one_is_named(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    tickets = {state: filed(session, province) for state in (*TicketState, UNKNOWN)}
    for state, ticket in tickets.items():
        ticket.state = vocab.read(TicketState, state)
    session.commit()
    hoa, tam = sign_in("hoa"), sign_in("tam")
    for state, ticket in tickets.items():
        mine = [(hoa, f"/supervisor/tickets/{state}"), (hoa, f"/tickets?q={ticket.code}"), (tam, "/agency")]
        mine += [(one, f"/tickets/{ticket.code}{more}") for one in (hoa, tam) for more in ("", "/print")]
        for browser, url in mine:
            answer = browser.get(url, follow_redirects=True)
            assert answer.status_code == 200, url
            assert SHOWN in answer.text or state != UNKNOWN, url


def test_nothing_of_another_state_is_said_of_an_unknown_one(
    sign_in: SignIn, session: Session, province: Province, public: Browser
) -> None:
    ticket = filed(session, province)
    ticket.state = vocab.read(TicketState, UNKNOWN)
    session.commit()
    for browser in (sign_in("lan"), sign_in("tam")):
        page = browser.get(f"/tickets/{ticket.code}").text
        assert f"chưa biết tình trạng của phiếu ({UNKNOWN})" in page
        assert "phiếu đã xong" not in page
        assert "steps-line" not in page
    assert "Chờ đơn vị tiếp nhận</span>" not in sign_in("tam").get("/agency").text
    page = look_up(public, ticket).text
    assert f"chưa biết tình trạng “{UNKNOWN}”" in page
    assert "đang xử lý" not in page


def test_no_unknown_word_of_any_column_takes_any_page(
    sign_in: SignIn, session: Session, province: Province, console: Flask
) -> None:
    filed(session, province)
    for table, column in vocabulary_columns():
        for bare in (False,) if column.primary_key else (False, True):
            add_row(session, table, bare=bare, **{column.name: UNKNOWN})
    session.commit()
    browsers = {person: sign_in(person) for person in ("lan", "hoa", "phuc", "thu", "quan")}
    named, gone = set(), []
    for allowed, url in pages(console, session):
        for person in sorted(allowed)[: None if url == "/" else 1]:
            answer = browsers[person].get(url, buffered=True)
            if answer.status_code >= 500:
                gone.append((person, url))
            if SHOWN in answer.text:
                named.add(url)
    assert gone == []
    for place in ("/supervisor/", "/supervisor/calls/all", f"/supervisor/tickets/{UNKNOWN}", "/shift", "/tickets/"):
        assert any(url.startswith(place) for url in named), place


def filed(session: Session, province: Province) -> Ticket:
    """A report in the hands of My Tho's committee, with the call that opened it."""
    now = datetime.now(UTC)
    ticket = filing.open_draft(session, factories.answered(session), now=now)
    fields = {"category_code": "moi-truong", "ward_code": "28249", "description": "Rác dồn trước chợ"}
    filing.file(session, province.actor("lan"), ticket.code, TicketFields(**fields), now=now)
    casework.place(session, ticket, province.agencies["my_tho"].id, (), ROUTING, now=now, why="rule")
    session.commit()
    return ticket


def look_up(public: Browser, ticket: Ticket) -> Any:
    return public.post("/track", {"code": ticket.code, "last4": factories.CALLER[-4:]})


def vocabulary_columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, VocabularyWord):
                yield table, column


def add_row(session: Session, table: Table, *, bare: bool, **given: object) -> None:
    """A row with something in each column, or (`bare`) only in those that must have something."""
    number = next(_numbers)
    values = {
        column.name: _anything(session, column, number)
        for column in table.columns
        if column.identity is None and column.computed is None and not (bare and column.nullable)
    }
    if "to_commune" in values:
        # The table's own rule: a rule has one target.
        values["to_commune"] = bare
    session.execute(insert(table).values(values | given))


def _anything(session: Session, column: Column[Any], number: int) -> object:
    if column.table.name in ("ticket", "call_back") and column.name in ("id", "code", "is_call_back"):
        # A code of its own; the database writes its matter.
        own = {"id": 900_000 + number, "code": codes.make_code(900_000 + number)}
        return own.get(column.name, column.table.name == "call_back")
    for key in column.foreign_keys:
        others = session.scalars(select(key.column).order_by(key.column)).all()
        return others[number % len(others)]
    if isinstance(column.type, VocabularyWord):
        return list(column.type.kind)[number % len(column.type.kind)]
    if column.name in ("caller", "number", "reporter_phone"):
        return f"+8490512{number:04}"
    kinds: tuple[tuple[type, object], ...] = (
        (UtcDateTime, datetime.now(UTC)),
        (Boolean, False),
        (Float, 1.0),
        (Integer, 1),
        (ARRAY, []),
        (JSONB, [] if column.name in ("talks", "transfers", "members") else {}),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), f"x{number}")


def pages(console: Flask, session: Session) -> Iterator[tuple[set[str], str]]:
    """Every page without an argument, those of every ticket and number there is, the lists of unknown words."""
    for rule, url in urls(console):
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in ("live.live", "static"):
            yield openers(rule.endpoint), url
    for ticket in session.scalars(select(Ticket)):
        yield {"hoa"}, f"/tickets/{ticket.code}"
        yield {"hoa"}, f"/tickets/{ticket.code}/print"
    for number in set(session.scalars(select(Call.caller))) - {None}:
        yield {"hoa"}, f"/numbers/{number}"
    for url in ("calls/all", "calls/live", f"calls/{UNKNOWN}", f"tickets/{UNKNOWN}"):
        yield {"hoa"}, f"/supervisor/{url}"
