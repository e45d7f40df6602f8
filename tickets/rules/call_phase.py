"""Where a live call is now, and whether its caller waits on the line. Pure; of the state machine and of the record."""

from collections.abc import Collection

from callcenter.vocab import Phase, Third


def phase(
    *, ended: bool, talking: bool, third: Third | None, ringing: bool, queued: bool, operators: bool, goes_on: bool
) -> Phase:
    """The strongest of what is true.

    `operators`: somebody of ours has talked with the caller; `goes_on`: that talk is not over by the PBX's word, or
    the call is being passed on.
    """
    if ended:
        return Phase.ENDED
    if talking or third:
        return Phase.TALKING
    if ringing:
        return Phase.RINGING
    if queued:
        return Phase.QUEUED
    # On hold while somebody is asked, or passed on.
    return Phase.TALKING if operators and goes_on else Phase.ENTERED


def is_on_hold(
    now: Phase, *, talked: bool, talking: Collection[str], holding: Collection[str], third: Third | None
) -> bool:
    """Whether nobody hears the caller in a talk: on hold by a key, while somebody is asked, or while it is passed on.

    `talked`: it has begun; in the moment before, who picked up is known but not yet with the caller.
    """
    return now is Phase.TALKING and talked and third is not Third.WITH_CALLER and set(talking) <= set(holding)
