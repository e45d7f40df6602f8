"""The clock that a list shows of a ticket: one rule for every list, by table."""

from datetime import UTC, datetime

import pytest

from callcenter.models import Ticket, TicketClock
from callcenter.vocab import Clock, TicketState
from tickets.life.running import due_now

EARLY, LATER, LAST = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (2, 5, 9))


@pytest.mark.parametrize(
    ("state", "triage", "accept", "answer", "shown"),
    [
        ("filed", EARLY, None, None, EARLY),
        ("triage", EARLY, None, None, EARLY),
        ("triage", LATER, None, EARLY, EARLY),  # reopened: the answer was promised before
        ("triage", None, None, None, None),
        ("routed", EARLY, LATER, LAST, LATER),  # the clock of triage is over
        ("routed", None, LAST, EARLY, EARLY),  # the answer may be due before anybody accepted
        ("routed", None, None, LAST, LAST),
        ("accepted", None, EARLY, LAST, LAST),
        ("waiting", None, EARLY, LAST, LAST),
        ("awaiting_approval", None, EARLY, LAST, LAST),
        ("resolved", EARLY, LATER, LAST, None),
        ("closed", EARLY, LATER, LAST, None),
        ("draft", None, None, None, None),
    ],
)
def test_the_first_moment_that_somebody_has_to_keep(
    state: str, triage: datetime | None, accept: datetime | None, answer: datetime | None, shown: datetime | None
) -> None:
    promised = {Clock.TRIAGE: triage, Clock.ACCEPT: accept, Clock.ANSWER: answer}
    clocks = [TicketClock(kind=kind, due=due) for kind, due in promised.items() if due]
    ticket = Ticket(state=TicketState(state), clocks=clocks)
    assert due_now(ticket) == shown
