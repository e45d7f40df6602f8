"""Every cell of the ticket's table of moves."""

import pytest

from callcenter.errors import MoveRefused
from callcenter.vocab import TicketState as S
from tickets.rules.moves import MOVES, allowed, check_move

# The table as the province reads it: state -> move -> state. Written apart from the code's own form of it.
TABLE = """
draft              file=filed expect_call_back=filed discard=discarded link=linked redialled=draft
                   answer_at_once=resolved emergency_passed=closed
filed              triage=triage route=routed call_back_done=closed reject=rejected withdraw=withdrawn
                   expect_no_call_back=draft call_back_needless=discarded redialled=draft shielded=draft
                   call_back_ended=closed call_attempt=filed call_back_report=draft
triage             route=routed reject=rejected withdraw=withdrawn
routed             accept=accepted give_back=triage route=routed reject=rejected withdraw=withdrawn
                   accept_part=routed give_back_part=routed
accepted           resolve=resolved propose=awaiting_approval ask=waiting give_back=triage route=routed
                   extend=accepted reject=rejected withdraw=withdrawn accept_part=accepted give_back_part=accepted
waiting            supply=accepted resume=accepted wait_over=accepted withdraw=withdrawn
                   accept_part=waiting give_back_part=waiting
awaiting_approval  approve=resolved send_back=accepted withdraw=withdrawn
                   accept_part=awaiting_approval give_back_part=awaiting_approval
resolved           close=closed reopen=accepted reopen_triage=triage rated=resolved
closed             reopen=accepted reopen_triage=triage rated=closed
linked             unlink=draft
rejected
withdrawn
discarded          restore=draft
"""


def _table() -> dict[S, dict[str, S]]:
    table: dict[S, dict[str, S]] = {}
    state = S.DRAFT
    for line in TABLE.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            state = S(words.pop(0))
        table.setdefault(state, {}).update({move: S(to) for move, to in (word.split("=") for word in words)})
    return table


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("move", MOVES)
def test_each_move_from_each_state(move: str, state: S) -> None:
    expected = _table()[state].get(move)
    if expected is None:
        with pytest.raises(MoveRefused) as refused:
            check_move(move, state)
        assert (refused.value.move, refused.value.state) == (move, state)
    else:
        assert check_move(move, state) == expected


@pytest.mark.parametrize("state", S)
def test_allowed_names_exactly_the_moves_of_the_table(state: S) -> None:
    assert allowed(state) == set(_table()[state])
