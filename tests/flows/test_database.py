"""The database as everybody opens it: what its errors tell a log, and rows that one statement writes."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from callcenter import new_rows
from callcenter.models import ApiToken, OutboxRow, SlaTarget, TicketClock, TicketEvent
from callcenter.vocab import Clock, Level, Source, TicketKind, TicketState
from tests.factories import MONDAY
from tickets.actors import Actor
from tickets.life import history


def test_an_error_does_not_tell_what_the_statement_was_given(engine: Engine) -> None:
    """Numbers, names and hashes go through statements; the log of a failed one has the statement alone."""
    with engine.connect() as connection, pytest.raises(DataError) as failed:
        connection.execute(text("SELECT 1 / 0 WHERE :number <> ''"), {"number": "0905123456"})
    assert "SELECT 1 / 0" in str(failed.value)
    assert "0905123456" not in str(failed.value)


def test_new_rows_of_several_tables_are_as_after_a_flush(session: Session) -> None:
    words = """Số 5 "Lê Lợi", {hẻm}; \\ và 'nhà'"""
    (ticket,) = history.begin_all(
        session,
        Actor.rule("test"),
        [{"kind": TicketKind.REPORT, "source": Source.APP, "state": TicketState.DRAFT, "level": "normal",
          "description": words}],
        now=MONDAY,
        move="open",
        flush=False,
    )  # fmt: skip
    for number in range(3):
        history.note(session, ticket, "asked_again", Actor.rule("test"), now=MONDAY, reason=words, number=number)
    times = {"started_at": MONDAY, "due": MONDAY, "paused_minutes": 0}
    ticket.clocks.append(TicketClock(ticket_id=ticket.id, kind=Clock.TRIAGE, **times))
    promised = OutboxRow(queue="q", payload={"w": [words, None]}, created_at=MONDAY, send_at=MONDAY)
    session.add(promised)
    new_rows.write(session)
    assert not session.new
    assert all(inspect(row).persistent for row in (ticket, promised, *ticket.clocks))
    # What is changed afterwards is written as of any row, and defaults of the server are there.
    ticket.clocks[0].due = promised.send_at = MONDAY + timedelta(hours=1)
    assert (ticket.version, ticket.bounces, promised.attempts) == (1, 0, 0)
    session.commit()
    session.expire_all()
    assert (ticket.description, ticket.lead_agency_id, ticket.clocks[0].due) == (words, None, promised.send_at)
    assert promised.payload == {"w": [words, None]}
    lines = session.query(TicketEvent).filter_by(ticket_id=ticket.id).order_by(TicketEvent.id).all()
    assert [line.data.get("number") for line in lines] == [None, 0, 1, 2]
    assert {line.reason for line in lines[1:]} == {words}


def test_new_rows_keep_the_keys_that_they_have(session: Session) -> None:
    """Written in the order of their adding, whatever the order of their keys, and whatever their keys are made of."""
    targets = [SlaTarget(level=level, clock=Clock.ANSWER, minutes=minutes, working_time=True)
               for level, minutes in ((Level.URGENT, 1), (Level.NORMAL, 2), (Level.COMPLEX, 3))]  # fmt: skip
    session.add_all(targets)
    new_rows.write(session)
    session.commit()
    session.expire_all()
    assert [(target.level, target.minutes) for target in targets] == [
        (Level.URGENT, 1), (Level.NORMAL, 2), (Level.COMPLEX, 3),
    ]  # fmt: skip


def test_a_new_row_that_is_too_long_is_refused_and_not_cut_off(session: Session) -> None:
    token = ApiToken(name="app", token_hash="f" * 300, scope="api", source="app", created_at=MONDAY)
    session.add(token)
    with pytest.raises(DataError, match="too long"):
        new_rows.write(session)
