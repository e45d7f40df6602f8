"""A ticket in whatever state: every page that shows it knows the state, and tells its citizen nothing false."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from agent_ui.public import plain_words
from agent_ui.words import journey, labels
from callcenter.models import Assignment, Ticket, TicketClock
from callcenter.vocab import AssignmentRole, Clock, Level, Source, TicketKind, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.people import tracking
from tickets.rules import codes
from tickets.rules.clock_ends import going_on
from tickets.rules.states import HIDDEN, STATES, Stop

SignIn = Callable[[str | None], Browser]
SHOWN = [state for state in TicketState if state not in HIDDEN]


def _clock(kind: Clock, state: TicketState) -> TicketClock:
    due = MONDAY + timedelta(days=5) if kind == Clock.ANSWER else MONDAY
    return TicketClock(kind=kind, started_at=MONDAY, due=due, ended_at=None if kind in going_on(state) else MONDAY)


def made(session: Session, province: Province, state: TicketState, number: int) -> Ticket:
    water = province.agencies["water"]
    ticket = Ticket(
        code=codes.make_code(number), kind=TicketKind.REPORT, source=Source.WEB, level=Level.NORMAL, state=state,
        description=f"Ống vỡ {state}", category_code="cap-thoat-nuoc", caller="+84905123456", lead_agency_id=water.id,
        created_at=MONDAY, filed_at=MONDAY, routed_at=MONDAY, accepted_at=MONDAY, resolved_at=MONDAY, closed_at=MONDAY,
        clocks=[_clock(kind, state) for kind in Clock], resolution="Đã vá ống.", routing_reason="rule",
    )  # fmt: skip
    factories.written(session, ticket)
    session.add(
        Assignment(
            ticket_id=ticket.id, agency_id=water.id, role=AssignmentRole.LEAD, assigned_at=MONDAY, accepted_at=MONDAY
        )
    )
    session.commit()
    return ticket


def test_every_page_shows_a_ticket_in_every_state(sign_in: SignIn, session: Session, province: Province) -> None:
    desk, officer = sign_in("phuc"), sign_in("thu")
    for number, state in enumerate(TicketState, 1):
        ticket = made(session, province, state, number)
        for browser in (desk, officer):
            for address in (f"/tickets/{ticket.code}", f"/tickets/{ticket.code}/print"):
                page = browser.get(address)
                assert page.status_code == 200, (state, address)
                assert str(labels.label(state)) in page.text, (state, address)
    for address in ("/agency", *(f"/supervisor/tickets/{state}" for state in TicketState)):
        browser = officer if address == "/agency" else desk
        assert browser.get(address).status_code == 200, address
    inbox = officer.get("/agency").text
    assert all(f"Ống vỡ {state}" in inbox for state in TicketState)


@pytest.mark.parametrize("state", SHOWN)
def test_a_citizen_reads_where_it_stands(
    state: TicketState, public: Browser, session: Session, province: Province
) -> None:
    ticket = made(session, province, state, 1)
    page = public.post("/track", {"code": ticket.code, "last4": "3456"})
    assert page.status_code == 200
    with public.client.application.test_request_context():
        way = tracking.journey(session, ticket.code, MONDAY)
        headline, stops = plain_words.headline(way), plain_words.steps(way)
    agency = "Công ty Cấp nước Tiền Giang"
    assert headline == STATES[state].headline % {"agency": agency}
    assert headline in page.text
    now = [stop.look for stop in stops if stop.look in ("now", "ended")]
    assert now == {Stop.ANSWERED: [], Stop.ENDED: ["ended"]}.get(STATES[state].stop, ["now"])


@pytest.mark.parametrize("state", TicketState)
def test_staff_see_its_step(state: TicketState, console: Flask, session: Session, province: Province) -> None:
    ticket, row = made(session, province, state, 1), STATES[state]
    with console.test_request_context():
        steps = journey.journey(ticket)
    behind = row.step if row.step is not None else 4 if row.ending else 0
    assert len([step for step in steps if step.standing == "done"]) == behind
    assert len(steps) == (5 if row.step is not None else behind)
