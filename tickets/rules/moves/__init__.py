"""Moves of a ticket, one row for each verb, read by page, verb and test."""

from collections.abc import Mapping

from callcenter.errors import MoveRefused
from callcenter.vocab import TicketState
from tickets.rights import Right
from tickets.rules.moves import agency, answering, citizen, desk
from tickets.rules.moves.notes import NOTES
from tickets.rules.moves.row import Entry, Move

__all__ = ["ACTIONS", "ENTRIES", "MOVES", "Entry", "Move", "allowed", "check_move", "path_of", "right_of", "with_forms"]

MOVES: Mapping[str, Move] = {move.verb: move for move in (*desk.MOVES, *agency.MOVES, *answering.MOVES, *citizen.MOVES)}
# All that the history can hold.
ENTRIES: Mapping[str, Entry] = {**MOVES, **{note.verb: note for note in NOTES}}


def _by_action() -> Mapping[str, tuple[Move, ...]]:
    names = dict.fromkeys(move.action for move in MOVES.values() if move.action)
    return {name: tuple(move for move in MOVES.values() if move.action == name) for name in names}


# The forms of a ticket's page and their moves; the guards leave one of several.
ACTIONS = _by_action()


def check_move(verb: str, state: TicketState) -> TicketState:
    """Where the verb leads; raises MoveRefused where the ticket stands wrong for it."""
    move = MOVES[verb]
    if state not in move.sources:
        raise MoveRefused(verb, state)
    return move.to or state


def allowed(state: TicketState) -> frozenset[str]:
    """The verbs that start from this state, without regard to rights."""
    return frozenset(verb for verb, move in MOVES.items() if state in move.sources)


def with_forms(state: TicketState) -> list[Move]:
    """The moves that a page can offer in this state, without regard to rights."""
    return [move for move in MOVES.values() if move.action and state in move.sources]


def right_of(action: str) -> Right:
    """The right that opens an action's form and address: the same for each of its moves."""
    (right,) = {move.right for move in ACTIONS[action]}
    assert right is not None, f"{action} is nobody's"
    return right


def path_of(action: str) -> str:
    """As it stands in an address: `/tickets/CODE/give-back`."""
    return action.replace("_", "-")
