"""Texts at their ends: what nobody sees is no text."""

import pytest

from callcenter.text import trimmed
from tickets.rules import moves


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Rác \n", "Rác"),
        ("\u200b\u2060Rác\u200e ", "Rác"),
        ("\u200b \u200b\ufeff\u00ad", ""),
        ("\x00\x07", ""),
        ("", ""),
        ("Khu phố 3\u200d", "Khu phố 3"),
        # Within a text they may be meant: a family of one sign.
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_blanks_and_invisible_signs_are_taken_off_the_ends(typed: str, kept: str) -> None:
    assert trimmed(typed) == kept


@pytest.mark.parametrize("move", [move for move in moves.MOVES.values() if move.needs], ids=lambda move: move.verb)
def test_no_move_takes_what_nobody_can_read_for_a_reason(move: moves.Move) -> None:
    owed = [need for need in move.needs if need.kind == "text" and need.required]
    for need in owed:
        assert move.problems({need.name: "\u200b\u2060"}).get(need.name) == "required"
