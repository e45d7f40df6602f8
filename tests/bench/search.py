"""How long a page of found tickets takes: `python -m tests.bench.search [TICKETS] [ROUNDS]`, by hand.

Very many tickets in a database of its own (default 100,000), the console in this process, over HTTP's code path with
sign-in, rights, rows and template. `answer` is what a search within the page is answered, `page` the page itself when
its address is opened; `rows` of them is the finding alone. A common word, a rare one that only the oldest tickets hold,
a season of long ago, words together, a code, a number, a name, filters, an officer's, and the tenth page.

The first lines are the least that such a search can be, in the same run: a Flask view with one statement of SQLAlchemy
Core, ranked by number, no sign-in, no rights, no page, as JSON. Read the ratios: a machine that others use too is twice
as slow now and then. CPU is the mean of an answer, this process's and PostgreSQL's together.
"""

import re
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask, Response, jsonify
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from callcenter import phones
from callcenter.models import Agency, Ticket
from callcenter.models.tickets import words as ticket_words
from scripts.processes.ground import Ground
from scripts.processes.serve import settle
from tests.bench.many_tickets import NOW, RARE, province
from tests.bench.timing import person, signed_in, timed, told
from tickets.actors import Actor
from tickets.finding.search import SearchQuery, query_of, search

# As the page asks when a search is made in it.
_WITHIN = {"HX-Request": "true", "HX-Target": "div#found", "Sec-Fetch-Mode": "cors"}
GOAL_MS = {100_000: 15.0, 1_000_000: 100.0}


def main() -> None:
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with province(tickets) as here:
        size = _size(here)
        print(f"{tickets:,} tickets ({size}), {rounds} rounds; goal p95 {GOAL_MS.get(tickets, '–')} ms")
        settle()
        head = "".join(f"{what + ' p50':>12} {'p95':>7}" for what in ("rows", "answer", "page"))
        print(f"{'search':34} {'found':>6} {head} {'CPU':>6}")
        for name, words in (("floor: common word", "duong"), ("floor: rare word", RARE)):
            _measure_floor(here, name, words, rounds)
        for name, who, query in _searches(here):
            _measure(here, name, who, query, rounds)


def _searches(here: Ground) -> Iterator[tuple[str, str, dict[str, str]]]:
    with Session(here.engine) as session:
        some = session.scalars(select(Ticket).order_by(Ticket.id).offset(777).limit(1)).one()
        agency = session.scalars(select(Agency.id).where(Agency.code == "so-xay-dung")).one()
        tenth = session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).offset(250).limit(1)).one()
    for name, words in (
        ("common word", "duong"),
        ("common word, being typed", "n"),
        ("rare word", RARE),
        ("rare, no accents", "loc xoay"),
        ("season of long ago", "xam nhap man"),
        ("words together", "den duong tat"),
        ("words never together", "karaoke heo"),
        ("a name", "Huỳnh Công Tiên"),
        ("no such word", "zyxw"),
    ):
        yield name, "operator", {"q": words}
    yield "code", "operator", {"q": some.code}
    yield "number", "operator", {"q": phones.display(some.caller)}
    yield "all", "operator", {}
    yield "common word, tenth page", "operator", {"q": "duong", "older": str(tenth)}
    day = (NOW - timedelta(days=400)).date().isoformat()
    yield "common word, a month of last year", "operator", {"q": "ngap", "until": day}
    yield "agency and state", "operator", {"agency": str(agency), "state": "accepted"}
    yield "agency, season of long ago", "operator", {"agency": str(agency), "q": "xam nhap man"}
    yield "an officer's common word", "officer", {"q": "duong"}
    yield "an officer's season of long ago", "officer", {"q": "xam nhap man"}


def _measure(here: Ground, name: str, who: str, query: dict[str, str], rounds: int) -> None:
    client, address = signed_in(here, who), f"/tickets?{urlencode(query)}"
    answers, last, spent = timed(here, client, address, _WITHIN, rounds)
    pages, _, _ = timed(here, client, address, {}, rounds)
    found = re.search(r'data-found="([^"]*)"', last)[1]  # type: ignore[index]
    rows = _rows(here, who, query, rounds) if "older" not in query else []
    print(f"{name:34} {found:>6} {told(rows)} {told(answers)} {told(pages)} {spent:6.1f}", flush=True)


def _measure_floor(here: Ground, name: str, words: str, rounds: int) -> None:
    app = Flask("floor")
    match = ticket_words.op("@@")(func.to_tsquery("simple", query_of(words)))
    shown = (Ticket.id, Ticket.code, Ticket.state, Ticket.description, Ticket.created_at)
    query = select(*shown).where(match).order_by(Ticket.id.desc()).limit(50)

    @app.get("/")
    def floor() -> Response:
        with here.engine.connect() as connection:
            return jsonify([list(row) for row in connection.execute(query)])

    took, _, spent = timed(here, app.test_client(), "/", {}, rounds)
    print(f"{name:34} {'':>6} {told([])} {told(took)} {told([])} {spent:6.1f}", flush=True)


def _rows(here: Ground, who: str, query: dict[str, str], rounds: int) -> list[float]:
    """The rows alone, without the page around them."""
    wanted = SearchQuery(
        text=query.get("q", ""),
        agency_id=int(query["agency"]) if "agency" in query else None,
    )
    took = []
    with Session(here.engine) as session:
        actor = Actor.of(person(session, who))
        for _turn in range(rounds + 2):
            session.expire_all()
            began = time.perf_counter()
            search(session, actor, wanted)
            took.append((time.perf_counter() - began) * 1000)
            session.rollback()
    return took[2:]


def _size(here: Ground) -> str:
    with here.engine.connect() as connection:
        return str(connection.scalar(text("SELECT pg_size_pretty(pg_total_relation_size('ticket'))")))


if __name__ == "__main__":
    main()
