"""Phase of a live call, and whether its caller waits on the line; for state machine and record. Pure."""

from collections.abc import Collection

from callcenter.vocab import Phase, Third


def phase(
    *, ended: bool, talking: bool, third: Third | None, ringing: bool, queued: bool, operators: bool, goes_on: bool
) -> Phase:
    """The strongest of what is true.

    `operators`: an operator has talked with the caller; `goes_on`: that talk is not over by the PBX's events, or the
    call is being passed on.
    """
    if ended:
        return Phase.ENDED
    if talking or third:
        return Phase.TALKING
    if ringing:
        return Phase.RINGING
    if queued:
        return Phase.QUEUED
    # On hold during a consultation, or transferred.
    return Phase.TALKING if operators and goes_on else Phase.ENTERED


def is_on_hold(
    now: Phase, *, talked: bool, talking: Collection[str], holding: Collection[str], third: Third | None
) -> bool:
    """Whether the caller of a talk waits unheard: on hold by a key, during a consultation, or during a transfer.

    `talked`: it has begun; in the moment before, the operator has picked up but is not yet with the caller.
    """
    return now is Phase.TALKING and talked and third is not Third.WITH_CALLER and set(talking) <= set(holding)
