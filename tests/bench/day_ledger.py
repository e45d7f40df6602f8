"""The day as the PBX saw it, apart from the state machine: the figures by their formulas, computed a second time."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean


@dataclass
class Seen:
    """One call by its raw events: seconds of the day's clock."""

    queued: float | None = None
    left: float | None = None
    connected: float | None = None
    ended: float | None = None
    gave_up: bool = False
    message: bool = False
    asked: bool = False


class Ledger:
    """Listens to what the PBX says, event by event."""

    def __init__(self) -> None:
        self.calls: dict[str, Seen] = {}

    def hear(self, event: str, headers: Mapping[str, str], at: float) -> None:
        linkedid = headers.get("Linkedid", "")
        seen = self.calls.get(linkedid)
        name = headers.get("UserEvent", "")
        if name == "HotlineStart":
            self.calls[linkedid] = Seen()
        elif seen is None:
            return
        elif event == "QueueCallerJoin":
            seen.queued = at
        elif event == "QueueCallerAbandon":
            seen.gave_up = True
        elif event == "QueueCallerLeave":
            seen.left = seen.left if seen.left is not None else at
        elif event == "AgentConnect":
            seen.connected = seen.connected if seen.connected is not None else at
        elif name == "HotlineVoicemail":
            seen.message = True
        elif name == "HotlineCallback":
            seen.asked = True
        elif event == "Hangup" and headers["Uniqueid"] == linkedid:
            seen.ended = at

    def figures(self, *, service_level_s: float, short_abandon_s: float) -> dict[str, float | None]:
        """`{id: value}` of the figures of `tickets.rules.metrics` that calls alone can tell."""
        queued = [call for call in self.calls.values() if call.queued is not None]
        served = [call for call in queued if call.connected is not None]
        lost = [call for call in queued if call.gave_up and call.connected is None and not call.message]
        # A caller that left a message, or waited as long as the queue allows, did not hang up waiting.
        wait = {id(call): (call.connected or call.left or call.ended or 0) - (call.queued or 0) for call in queued}
        in_time = sum(wait[id(call)] <= service_level_s for call in served)
        short = sum(wait[id(call)] < short_abandon_s for call in lost)
        soon = sum(wait[id(call)] <= service_level_s for call in lost)
        e, a, ab = len(queued), len(served), len(lost)
        return {
            "entered": e,
            "answered": a,
            "abandoned": ab,
            "sl1": _share(in_time, a),
            "sl2": _share(in_time + soon, e),
            "sl3": _share(in_time, a + ab),
            "sl3x": _share(in_time, e),
            "sl4": _share(in_time, a + ab - short),
            "sl5": _share(in_time, a + ab - soon),
            "asa": fmean(wait[id(call)] for call in served) if served else None,
            "wait_avg": fmean(wait.values()) if wait else None,
            "abandon_plain": _share(ab, e),
            "abandon_net": _share(ab - short, e - short),
            "abandon_google": _share(ab - short, a + ab - short),
            "aht": fmean((call.ended or 0) - (call.connected or 0) for call in served) if served else None,
        }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
