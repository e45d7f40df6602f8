"""Every state of a ticket has a row, and the rows say what the province means by them."""

import pytest

from callcenter.vocab import Clock
from callcenter.vocab import TicketState as S
from tickets.rules import states
from tickets.rules.states import STATES, Stop


def test_every_state_has_a_row() -> None:
    assert set(STATES) == set(S)


# Written apart from the rows: the clock that a ticket is shown with, and all that run.
CLOCKS = {
    S.FILED: ("triage", {"triage", "answer"}),
    S.TRIAGE: ("triage", {"triage", "answer"}),
    S.ROUTED: ("accept", {"accept", "answer"}),
    S.ACCEPTED: ("answer", {"answer"}),
    S.WAITING: ("answer", set()),
    S.AWAITING_APPROVAL: ("answer", {"answer"}),
}


@pytest.mark.parametrize("state", S)
def test_the_clocks_of_a_state(state: S) -> None:
    shown, run = CLOCKS.get(state, (None, set()))
    assert STATES[state].clock == shown
    assert {clock.value for clock in Clock if state in states.runs_in(clock)} == run


def test_what_is_owed_answered_hidden_and_no_ticket() -> None:
    assert set(CLOCKS) == states.OPEN
    assert {S.FILED, S.TRIAGE, S.ROUTED} == states.UNTAKEN
    assert {S.RESOLVED, S.CLOSED} == states.ANSWERED
    assert {S.DRAFT, S.DISCARDED} == states.HIDDEN
    assert {S.DRAFT, S.DISCARDED, S.LINKED} == states.NO_TICKETS


@pytest.mark.parametrize("state", S)
def test_a_row_has_the_words_that_its_pages_ask_for(state: S) -> None:
    row = STATES[state]
    assert row.label
    assert bool(row.headline) == (row.stop != Stop.HIDDEN)
    assert row.step is None or not row.ending
    assert row.step is None or 0 <= row.step <= 5
    # What is owed is on its way; what is answered has all steps of the agency behind it.
    assert not row.is_open or row.step in (1, 2, 3)
    assert (row.stop == Stop.ANSWERED) == (row.step in (4, 5))
