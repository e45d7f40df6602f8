"""How long the pages of a shift take: `python -m tests.bench.pages [TICKETS] [ROUNDS]`, by hand.

Very many tickets in a database of its own (default 100,000), the console in this process, over HTTP's code path with
sign-in, rights and template. The desk is measured with nothing on it, and with twelve drafts of known callers.

The first line is the least that a page can be, in the same run: a Flask view with one statement of SQLAlchemy Core and
a template of fifty rows, no sign-in, no rights. Read the ratios of CPU (`x floor`): a machine that others use too is
slower. CPU is the mean of an answer in ms, this process's and PostgreSQL's together; `asked` are the statements.
"""

import sys
from datetime import timedelta

from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from callcenter.models import Call, PbxQueue, PbxStatus, Ticket
from callcenter.models.matters import ticket_number
from callcenter.vocab import CommandVerb, Outcome, TicketState
from scripts.processes.ground import Ground
from scripts.processes.serve import settle
from tests.bench.many_tickets import NOW, province
from tests.bench.timing import p95, person, signed_in, timed, told
from tickets.desk import filing

_DRAFTS = 12
# p50 and p95 in ms, on a machine where the floor takes 2 to 3 ms.
GOALS = {"ticket": "8 / 11", "desk, 12 drafts": "10 / 14", "list": "7 / 10", "search": "7 / 10"}
_ROWS = "<ul>{% for row in rows %}<li>{{ row.code }} {{ row.state }} {{ row.description }}</li>{% endfor %}</ul>"


def main() -> None:
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with province(tickets) as here:
        _sign_in_to_queue(here)
        client = signed_in(here, "operator")
        settle()
        print(f"{tickets:,} tickets, {rounds} rounds")
        print(f"{'page':18} {'asked':>5} {'p50':>12} {'p95':>7} {'CPU':>6} {'x floor':>8}   goal p50 / p95")
        floor = _measure(here, _floor(here), "floor", "/", rounds, 0.0)
        for name, address in _pages(here):
            if name == "desk, 12 drafts":
                _leave_drafts(here)
            _measure(here, client, name, address, rounds, floor)


def _pages(here: Ground) -> list[tuple[str, str]]:
    with Session(here.engine) as session:
        known = select(Ticket.code).where(Ticket.state == TicketState.ACCEPTED).order_by(Ticket.id.desc()).limit(1)
        code = session.scalars(known).one()
    return [
        ("ticket", f"/tickets/{code}"),
        ("list", "/tickets"),
        ("search", "/tickets?q=duong"),
        ("desk, nothing", "/"),
        ("desk, 12 drafts", "/"),
        ("push, 12 drafts", "/desk/parts?work=1"),
    ]


def _measure(here: Ground, client: FlaskClient, name: str, address: str, rounds: int, floor: float) -> float:
    """Prints a line; gives the CPU milliseconds back."""
    asked = []
    count = asked.append
    hear = lambda *_said: count(1)  # noqa: E731 - SQLAlchemy wants a function that it can name
    event.listen(here.engine, "before_cursor_execute", hear)
    client.get(address)
    event.remove(here.engine, "before_cursor_execute", hear)
    took, _last, spent = timed(here, client, address, {}, rounds)
    ratio = f"{spent / floor:8.1f}" if floor else f"{'':8}"
    print(f"{name:18} {len(asked):5} {told(took)} {spent:6.1f} {ratio}   {GOALS.get(name, '')}", flush=True)
    assert p95(took) > 0
    return spent


def _floor(here: Ground) -> FlaskClient:
    app = Flask("floor")
    query = select(Ticket.code, Ticket.state, Ticket.description).order_by(Ticket.id.desc()).limit(50)

    @app.get("/")
    def floor() -> str:
        with here.engine.connect() as connection:
            return render_template_string(_ROWS, rows=connection.execute(query).all())

    return app.test_client()


def _sign_in_to_queue(here: Ground) -> None:
    """The operator's telephone, in a queue of a PBX that is heard."""
    with Session(here.engine) as session:
        extension = person(session, "operator").usual_extension
        member = {"extension": extension, "name": extension, "paused": False, "status": 1, "dynamic": True}
        actions = [verb.value for verb in CommandVerb]
        later = NOW + timedelta(days=1)
        session.merge(PbxStatus(pbx="pbx1", connected=True, since=NOW, seen_at=later, actions=actions))
        session.merge(PbxQueue(pbx="pbx1", name="hotline-1022", title="1022", members=[member], seen_at=later))
        session.commit()


def _leave_drafts(here: Ground) -> None:
    """Calls of a minute ago with unfinished drafts, of people with earlier reports."""
    with Session(here.engine) as session:
        # The tickets were written with numbers of their own.
        session.execute(select(func.setval(ticket_number.name, 900_000_000 // 10)))
        operator = person(session, "operator")
        extension = operator.usual_extension or ""
        callers = session.scalars(select(Ticket.caller).order_by(Ticket.id.desc()).offset(100).limit(_DRAFTS)).all()
        for place, caller in enumerate(callers):
            for ago in (timedelta(days=3), timedelta(days=1), timedelta()):
                began = NOW - ago - timedelta(minutes=place)
                call = _call(extension, caller, began, f"{place}.{ago.days}")
                session.add(call)
                session.flush()
            filing.open_draft(session, call, now=began).owner_id = operator.id
        session.commit()


def _call(extension: str, caller: str | None, began: object, number: str) -> Call:
    return Call(
        pbx="pbx1", linkedid=f"1795.{number}", number_dialled="1022", caller=caller, started_at=began,
        answered_at=began, ended_at=began, outcome=Outcome.ANSWERED, operator=extension, operators=[extension],
        rang=[extension], talk_s=80.0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
