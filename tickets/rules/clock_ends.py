"""End of a clock: which clocks go on in a state, and whether an ended one was kept, broken or withdrawn."""

from datetime import datetime

from callcenter.vocab import Clock, ClockOutcome, TicketState
from tickets.rules.states import STATES

# The state that a clock counts to.
_GOALS = {
    Clock.TRIAGE: TicketState.ROUTED,
    Clock.ACCEPT: TicketState.ACCEPTED,
    Clock.ANSWER: TicketState.RESOLVED,
}


def going_on(state: TicketState) -> frozenset[Clock]:
    """The clocks that run or stand in this state; the answer's goes on wherever something is owed."""
    clock = STATES[state].clock
    return frozenset({clock, Clock.ANSWER}) if clock else frozenset()


def ended_by(before: TicketState, after: TicketState) -> frozenset[Clock]:
    """The clocks that a move from one state to the other ends."""
    return going_on(before) - going_on(after)


def outcome(kind: Clock, due: datetime, after: TicketState, at: datetime) -> ClockOutcome:
    """Kept up to the due moment itself; withdrawn where the ticket went elsewhere."""
    if after != _GOALS[kind]:
        return ClockOutcome.WITHDRAWN
    return ClockOutcome.KEPT if at <= due else ClockOutcome.BROKEN
