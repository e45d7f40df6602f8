"""The rows of the moves hold together: forms, fields, words and effects, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.vocab import AssignmentRole, TicketKind, TicketState
from tickets.rules import policy
from tickets.rules.moves import ACTIONS, ENTRIES, MOVES, check_move, right_of
from tickets.rules.moves.row import Move, Situation
from tickets.rules.states import STATES

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_row_is_whole(move: Move) -> None:
    assert move.sources, "starts from somewhere"
    assert move.label
    assert move.sentence
    assert ENTRIES[move.verb] is move
    assert bool(move.action) == (move.form is not None)
    assert not move.action or move.right is not None
    # What pauses stands in the state that it leads to; what starts anew runs in it.
    assert not move.pauses or (move.to and STATES[move.to].stands)
    assert all(move.to and STATES[move.to].is_open for _clock in move.starts)
    assert all(state in TicketState for state in move.sources)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_moves_of_one_form_share_right_and_fields(action: str) -> None:
    assert right_of(action)
    assert len({move.needs for move in ACTIONS[action]}) == 1


# What its own form asks for, and what is wrong with less: written apart from the rows.
WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("route", {}, {"agency_id": "unknown_choice", "reason": "required"}),
    ("route", {"agency_id": 1, "reason": "x" * 501}, {"reason": "too_long"}),
    ("give_back", {"reason": "  "}, {"reason": "required"}),
    ("ask", {"question": "x" * 10_001}, {"question": "too_long"}),
    ("resume", {}, {}),
    ("extend", {"working_days": 0, "reason": "x"}, {"working_days": "extension_length"}),
    ("extend", {"working_days": 11, "reason": ""}, {"working_days": "extension_length", "reason": "required"}),
    ("extend", {"reason": "x"}, {"working_days": "extension_length"}),
    ("supply", {"text": "", "files": []}, {"text": "required"}),
    ("supply", {"text": "", "files": ["one"]}, {}),
    ("rated", {"stars": 6, "note": "x" * 1001}, {"stars": "unknown_choice", "note": "too_long"}),
    ("call_attempt", {"result": "reached"}, {"result": "unknown_choice"}),
    ("call_attempt", {"result": "busy", "later": "9h"}, {"later": "unknown_choice"}),
    ("call_attempt", {"result": "busy", "later": "1h"}, {}),
    ("withdraw", {}, {}),
]


@pytest.mark.parametrize(("verb", "values", "problems"), WRONG)
def test_what_a_form_asks_for(verb: str, values: dict[str, Any], problems: dict[str, str]) -> None:
    assert MOVES[verb].problems(values) == problems


def at(**changes: Any) -> Situation:
    plain: dict[str, Any] = {
        "state": TicketState.ACCEPTED,
        "kind": TicketKind.REPORT,
        "now": NOW,
        "part": AssignmentRole.LEAD,
        "taken": True,
        "answer_due": NOW + timedelta(days=1),
    }
    return Situation(**{**plain, **changes})


@pytest.mark.parametrize(
    ("verb", "situation", "problems"),
    [
        ("ask", at(), {}),
        ("ask", at(waited=policy.MAX_WAIT.time), {"question": "waited_enough"}),
        ("extend", at(), {}),
        ("extend", at(extended=policy.MOST_EXTENSIONS), {"working_days": "extended_enough"}),
        ("extend", at(answer_due=NOW), {"working_days": "past_due"}),
        ("extend", at(answer_due=None), {"working_days": "past_due"}),
        ("reject", at(approval=True), {"reason": "approver_only"}),
        ("reject", at(approval=True, head=True), {}),
        ("reject", at(part=None), {}),
        ("rated", at(resolved_at=NOW - policy.OBJECT_WITHIN), {}),
        ("rated", at(resolved_at=NOW - policy.OBJECT_WITHIN - timedelta(seconds=1)), {"stars": "answered_long_ago"}),
        ("reopen", at(resolved_at=NOW - timedelta(days=31)), {"reason": "answered_long_ago"}),
    ],
)
def test_what_the_situation_has_against_it(verb: str, situation: Situation, problems: dict[str, str]) -> None:
    assert MOVES[verb].unfit(situation) == problems


def test_one_of_two_moves_is_left() -> None:
    for approval, verb in ((False, "resolve"), (True, "propose")):
        assert [move.verb for move in ACTIONS["resolve"] if not move.unfit(at(approval=approval))] == [verb]
    for works, verb in ((True, "reopen"), (False, "reopen_triage")):
        answered = at(resolved_at=NOW, lead_works=works)
        assert [move.verb for move in ACTIONS["not_fixed"] if not move.unfit(answered)] == [verb]


def test_a_move_without_a_goal_stays() -> None:
    assert check_move("rated", TicketState.CLOSED) == TicketState.CLOSED
