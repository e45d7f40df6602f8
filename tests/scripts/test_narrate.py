"""Commentary of the demo at the terminal: a line for each thing worth one, once, in words."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.vocab import Level, Outcome, TicketState
from scripts.demo.narrate import Story
from tests import factories
from tests.factories import MONDAY, Province
from tickets.desk import filing


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def test_a_call_is_told_when_it_rings_and_when_it_ends(session: Session, province: Province) -> None:
    story, call = Story(None, MONDAY), factories.call(session, caller_name="Võ Thị Mười")
    assert list(story.of(session, {"call": [call.id]})) == [
        "call   Võ Thị Mười (0905 123 456): rings at Nguyễn Thị Lan (101)"
    ]
    assert not list(story.of(session, {"call": [call.id]}))
    call.ringing, call.operators, call.outcome = [], ["101"], Outcome.ANSWERED
    call.ended_at, call.talk_s, call.wait_s = MONDAY + timedelta(seconds=90), 80.0, 5.0
    session.flush()
    (line,) = story.of(session, {"call": [call.id]})
    assert "talked 80 s with Nguyễn Thị Lan (101), after waiting 5 s" in line
    assert not list(story.of(session, {"call": [call.id]}))


def test_one_s_own_telephone_is_told_as_such(session: Session, province: Province) -> None:
    call = factories.call(session)
    (line,) = Story("101", MONDAY).of(session, {"call": [call.id]})
    assert "YOUR TELEPHONE 101 RINGS" in line


def test_a_ticket_is_told_for_each_hand_it_comes_into(session: Session, province: Province) -> None:
    story, call = Story(None, MONDAY), factories.answered(session)
    ticket = filing.open_draft(session, call, now=MONDAY)
    assert not list(story.of(session, {"ticket": [ticket.id]}))
    ticket.state, ticket.lead_agency, ticket.category_code = TicketState.ROUTED, province.agencies["water"], "khac"
    ticket.level = Level.URGENT
    session.flush()
    (line,) = story.of(session, {"ticket": [ticket.id]})
    assert "URGENT, Khác, filed by Nguyễn Thị Lan: goes to Công ty Cấp nước Tiền Giang" in line
    assert not list(story.of(session, {"ticket": [ticket.id]}))


def test_who_waits_too_long_is_told_once(session: Session, province: Province) -> None:
    story = Story(None, MONDAY)
    call = factories.call(session, ringing=[], rang=[])
    soon, late = MONDAY + timedelta(seconds=15), MONDAY + timedelta(seconds=40)
    assert not list(story.needs(session, soon))
    (line,) = story.needs(session, late)
    assert line == "NEEDED 0905 123 456 waits for 37 s: nobody has answered"
    assert not list(story.needs(session, late + timedelta(seconds=10)))
    ticket = filing.open_draft(session, call, now=MONDAY)
    ticket.state, ticket.level, ticket.filed_at = TicketState.TRIAGE, Level.URGENT, MONDAY + timedelta(seconds=1)
    session.flush()
    (line,) = story.needs(session, MONDAY + timedelta(minutes=12))
    assert "is urgent, and the shift leader has not taken it on" in line
