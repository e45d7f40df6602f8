"""Clocks are rows: one runs for each promise, ends kept, broken or withdrawn, and is noted once however many look."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Assignment, Ticket, TicketClock, TicketEvent
from callcenter.vocab import AssignmentRole, Clock, ClockOutcome, Source, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.agency import assignment, casework
from tickets.life import history, sweeps
from tickets.people import citizens
from tickets.people.citizens import CITIZEN
from tickets.people.intake import Report, receive
from tickets.rules import clock_ends
from tickets.rules.handover import Handover
from tickets.rules.states import OPEN, STATES

HOUR = timedelta(hours=1)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def received(session: Session, number: int = 1) -> Ticket:
    report = Report(
        source_ref=str(number), description="Vỡ ống", category="cap-thoat-nuoc", level="urgent",
        reporter_phone="0912345678",
    )  # fmt: skip
    made, _ = receive(session, report, source=Source.APP, sender="app", now=MONDAY)
    return made


def routed(session: Session, number: int = 1) -> Ticket:
    """Urgent water, routed on a Monday at nine: to be accepted by ten, answered by one."""
    made = received(session, number)
    assignment.take(session, Handover(ticket=made.code, source=made.source, filed_at=MONDAY), now=MONDAY)
    session.flush()
    return made


def clocks_of(session: Session, ticket: Ticket) -> list[tuple[Clock, ClockOutcome | None]]:
    session.flush()
    query = select(TicketClock.kind, TicketClock.outcome).where(TicketClock.ticket_id == ticket.id)
    return [(kind, outcome) for kind, outcome in session.execute(query.order_by(TicketClock.id))]


def test_what_is_kept_and_what_is_broken(session: Session, province: Province) -> None:
    ticket, thu = routed(session), province.actor("thu")
    casework.accept(session, thu, ticket.code, now=MONDAY + 2 * HOUR)
    casework.resolve(session, thu, ticket.code, text="Đã sửa", now=MONDAY + 4 * HOUR)
    assert clocks_of(session, ticket) == [
        (Clock.TRIAGE, ClockOutcome.KEPT),
        (Clock.ACCEPT, ClockOutcome.BROKEN),
        # To the very minute is in time.
        (Clock.ANSWER, ClockOutcome.KEPT),
    ]
    ends = session.scalars(select(TicketClock.ended_at).order_by(TicketClock.id)).all()
    assert ends == [MONDAY, MONDAY + 2 * HOUR, MONDAY + 4 * HOUR]


def test_accepting_is_the_leads_and_starts_afresh_with_the_next_one(session: Session, province: Province) -> None:
    ticket, power = routed(session), province.agencies["power"].id
    casework.assign(session, province.actor("phuc"), ticket.code, power, reason="nhầm", now=MONDAY + HOUR / 2)
    assert clocks_of(session, ticket) == [
        (Clock.TRIAGE, ClockOutcome.KEPT),
        (Clock.ACCEPT, ClockOutcome.WITHDRAWN),
        (Clock.ANSWER, None),
        (Clock.ACCEPT, None),
    ]
    owners = (
        select(Assignment.agency_id, Assignment.role)
        .join(TicketClock, TicketClock.assignment_id == Assignment.id)
        .order_by(TicketClock.id)
    )
    water = province.agencies["water"].id
    assert [tuple(row) for row in session.execute(owners)] == [
        (water, AssignmentRole.LEAD),
        (power, AssignmentRole.LEAD),
    ]
    assert (ticket.accept_due, ticket.answer_due) == (MONDAY + 1.5 * HOUR, MONDAY + 4 * HOUR)


def test_given_back_the_answer_is_owed_on_and_triage_counts_anew(session: Session, province: Province) -> None:
    ticket, thu = routed(session), province.actor("thu")
    casework.give_back(session, thu, ticket.code, reason="của phường", now=MONDAY + HOUR / 2)
    assert clocks_of(session, ticket)[1:] == [
        (Clock.ACCEPT, ClockOutcome.WITHDRAWN),
        (Clock.ANSWER, None),
        (Clock.TRIAGE, None),
    ]


def test_a_promise_given_anew_is_a_row_of_its_own(session: Session, province: Province) -> None:
    ticket, thu = routed(session), province.actor("thu")
    casework.accept(session, thu, ticket.code, now=MONDAY)
    casework.resolve(session, thu, ticket.code, text="Đã sửa", now=MONDAY + 5 * HOUR)
    citizens.not_fixed(session, CITIZEN, ticket.code, reason="Vẫn chảy", now=MONDAY + 6 * HOUR)
    answers = [outcome for kind, outcome in clocks_of(session, ticket) if kind == Clock.ANSWER]
    assert answers == [ClockOutcome.BROKEN, None]
    assert ticket.answer_due == MONDAY + 10 * HOUR
    citizens.withdraw(session, CITIZEN, ticket.code, reason="", now=MONDAY + 7 * HOUR)
    assert clocks_of(session, ticket)[-1] == (Clock.ANSWER, ClockOutcome.WITHDRAWN)


def test_what_the_state_owes_runs_and_nothing_else() -> None:
    for state in TicketState:
        assert (Clock.ANSWER in clock_ends.going_on(state)) == (state in OPEN)
        assert STATES[state].clock is None or STATES[state].clock in clock_ends.going_on(state)


def test_two_sweeps_at_once_note_each_clock_once(engine: Engine, session: Session, province: Province) -> None:
    for number in range(30):
        routed(session, number)
    session.commit()

    def sweep(_: int) -> int:
        with transaction(engine) as mine:
            return sweeps.sweep(mine, MONDAY + 2 * HOUR)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(8))) == 30
    noted = session.scalars(select(TicketEvent.data).where(TicketEvent.move == sweeps.BREACHED)).all()
    assert [data["clock"] for data in noted] == ["accept"] * 30


def test_a_clock_that_was_just_kept_is_not_noted(engine: Engine, session: Session, province: Province) -> None:
    """The agency accepts while the sweep looks: it finds the ticket held, and leaves it."""
    ticket = routed(session)
    session.commit()
    casework.accept(session, province.actor("thu"), ticket.code, now=MONDAY + 2 * HOUR)
    session.flush()
    with transaction(engine) as other:
        assert sweeps.sweep(other, MONDAY + 2 * HOUR) == 0
    session.commit()
    with transaction(engine) as other:
        assert sweeps.sweep(other, MONDAY + 2 * HOUR) == 0


def test_who_waited_for_the_ticket_reads_its_clocks_anew(engine: Engine, session: Session, province: Province) -> None:
    """A page had read the due moment; what another promised meanwhile counts, not what the page saw."""
    ticket, thu = routed(session), province.actor("thu")
    casework.accept(session, thu, ticket.code, now=MONDAY)
    session.commit()
    with Session(engine) as mine:
        seen = mine.scalars(select(Ticket).where(Ticket.code == ticket.code)).one()
        assert seen.answer_due == MONDAY + 4 * HOUR
        with transaction(engine) as other:
            casework.extend(other, thu, ticket.code, working_days=1, reason="Chờ vật tư", now=MONDAY)
        held = history.locked(mine, ticket.code)
        assert held.answer_due is not None
        assert held.answer_due > MONDAY + 4 * HOUR


def test_a_report_that_comes_in_costs_one_statement_for_its_clock(
    engine: Engine, session: Session, province: Province
) -> None:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.extend(re.findall(r"(SELECT|INSERT|UPDATE) (?:.* FROM |INTO )?clock\b", statement, re.DOTALL))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        made = received(session)
        session.flush()
        assert said == ["INSERT"]
        said.clear()
        assignment.take(session, Handover(ticket=made.code, source=made.source, filed_at=MONDAY), now=MONDAY)
        session.flush()
        # What triage has kept is read and ended; what the agency has to keep are two rows by one statement.
        assert sorted(said) == ["INSERT", "SELECT", "UPDATE"]
    finally:
        event.remove(engine, "before_cursor_execute", hear)
