"""The moves of a ticket: which verb takes it from where to where. Everything else is refused by name."""

from collections.abc import Mapping

from callcenter.errors import MoveRefused
from callcenter.vocab import TicketState as S

_WITH_AGENCY = (S.ROUTED, S.ACCEPTED)


def _from(*states: S, to: S) -> dict[S, S]:
    return dict.fromkeys(states, to)


MOVES: Mapping[str, Mapping[S, S]] = {
    "file": {S.DRAFT: S.FILED},
    "expect_call_back": {S.DRAFT: S.FILED},
    # The operator knew the answer: no agency has it, and the citizen rates it like any other.
    "answer_at_once": {S.DRAFT: S.RESOLVED},
    # 113, 114, 115 or 111 has it: an urgent ticket that no agency has to answer.
    "emergency_passed": {S.DRAFT: S.CLOSED},
    "discard": {S.DRAFT: S.DISCARDED},
    # The PBX's own log shows that the call was no missed one, and nobody has begun to call back.
    "expect_no_call_back": {S.FILED: S.DRAFT},
    "call_back_needless": {S.FILED: S.DISCARDED},
    # Nobody may call there any more: a person of the desk ends it.
    "shielded": {S.FILED: S.DRAFT},
    "restore": {S.DISCARDED: S.DRAFT},
    # The caller dropped in mid-talk is on the line again: what was typed goes on.
    "redialled": {S.DRAFT: S.DRAFT, S.FILED: S.DRAFT},
    "link": {S.DRAFT: S.LINKED},
    "unlink": {S.LINKED: S.DRAFT},
    "triage": {S.FILED: S.TRIAGE},
    "route": _from(S.FILED, S.TRIAGE, *_WITH_AGENCY, to=S.ROUTED),
    "accept": {S.ROUTED: S.ACCEPTED},
    "give_back": _from(*_WITH_AGENCY, to=S.TRIAGE),
    "extend": {S.ACCEPTED: S.ACCEPTED},
    "ask": {S.ACCEPTED: S.WAITING},
    "supply": {S.WAITING: S.ACCEPTED},
    # Nobody is held up by a citizen who does not answer: the agency goes on by itself, or time does it.
    "resume": {S.WAITING: S.ACCEPTED},
    "wait_over": {S.WAITING: S.ACCEPTED},
    "propose": {S.ACCEPTED: S.AWAITING_APPROVAL},
    "send_back": {S.AWAITING_APPROVAL: S.ACCEPTED},
    "approve": {S.AWAITING_APPROVAL: S.RESOLVED},
    "resolve": {S.ACCEPTED: S.RESOLVED},
    "call_back_done": {S.FILED: S.CLOSED},
    # Many at once after an outage, or nobody there however often it is tried: a leader says why.
    "call_back_ended": {S.FILED: S.CLOSED},
    "close": {S.RESOLVED: S.CLOSED},
    "reopen": _from(S.RESOLVED, S.CLOSED, to=S.ACCEPTED),
    # Not fixed, and the agency that answered is no more: a person finds the next one.
    "reopen_triage": _from(S.RESOLVED, S.CLOSED, to=S.TRIAGE),
    "reject": _from(S.FILED, S.TRIAGE, *_WITH_AGENCY, to=S.REJECTED),
    # Up to the moment at which the citizen is answered; that an answer waits for approval is nothing they know.
    "withdraw": _from(S.FILED, S.TRIAGE, *_WITH_AGENCY, S.WAITING, S.AWAITING_APPROVAL, to=S.WITHDRAWN),
}


def check_move(move: str, state: S) -> S:
    """Where the move leads; raises MoveRefused where the ticket stands wrong for it."""
    to = MOVES[move].get(state)
    if to is None:
        raise MoveRefused(move, state)
    return to


def allowed(state: S) -> frozenset[str]:
    """The moves that a ticket in this state can make (not yet: who may make them)."""
    return frozenset(move for move, table in MOVES.items() if state in table)
