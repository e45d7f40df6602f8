"""Findings about a PBX and the permissions of its manager user: each in one line, with its remedy.

`EventCounts` counts received events, for what a PBX cannot be asked: whether a class or a filter keeps an event back.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_ENOUGH = 3
# An event, and another of the same call that has come by then or comes within a moment. What only the end of a wait or
# of a talk brings does not belong here: the first three calls may all go on, and prove nothing.
_COMES_WITH = (
    ("HotlineEnd", "Hangup"),
    ("AgentComplete", "Hangup"),
    ("QueueCallerAbandon", "Hangup"),
    ("Queued", "QueueCallerJoin"),
    ("AgentConnect", "QueueCallerJoin"),
    ("AgentConnect", "QueueCallerLeave"),
    ("QueueCallerAbandon", "QueueCallerLeave"),
    ("AgentConnect", "AgentCalled"),
    ("AgentConnect", "BridgeEnter"),
)
_FIRST = frozenset({"QueueCallerJoin", *(first for first, _ in _COMES_WITH)})
# A busy machine may take so long for what comes at once.
_MOMENT_S = 5.0
CLOCK = "clock"
_WORDS = {
    "refused": (
        "{user} is not let in ({why})",
        "correct user and secret in CALLCENTER_PBX, or its section in manager.conf, and `permit` there",
    ),
    "away": ("does not answer ({why})", "check its address, its firewall, and enabled and bindaddr in manager.conf"),
    "no_system": ("does not say FullyBooted: its restarts are noticed late", "add system to `read` in manager.conf"),
    "no_reporting": ("does not tell its calls after a gap (Status is denied)", "add reporting to `write`"),
    "no_probe": ("cannot be asked whether its events arrive (UserEvent is denied)", "add user to `write`"),
    "no_dialplan": ("cannot be asked for its dialplan (ShowDialPlan is denied)", "add reporting to `write`"),
    "no_buttons": ("lets the console not do: {actions}", "add agent, call, originate to `write`, if it should"),
    "no_user": (
        "sends us no UserEvent: calls that reach no queue are not seen",
        "add user to `read`; where there are filters, name(UserEvent),header(UserEvent),method(starts_with) = Hotline",
    ),
    "hidden": (
        "was never heard to say {event} in {count} calls that must have had it",
        "add {read} to `read`; where there are filters, eventfilter(action(include),name({event})) =",
    ),
    "no_timestamps": ("does not date its events", "write timestampevents = yes in [general] of manager.conf"),
    "no_variables": ("does not mark hotline calls in its events", "write channelvars = HOTLINE in [general]"),
    CLOCK: ("has a clock that differs from ours by {seconds} s", "let both follow the same time server"),
    "no_context": (
        "has no context {context}",
        "correct CALLCENTER_INBOUND_CONTEXTS, or the context of the trunk's endpoint",
    ),
    "no_number": (
        "knows no {number} in {context}",
        "correct CALLCENTER_HOTLINE_NUMBERS, or include hotline-numbers in that context",
    ),
    "no_queue": ("has no queue {queue}", "correct HOTLINE_QUEUE in hotline_globals.conf, or make the queue"),
    "no_contract": (
        "has not our dialplan: who hangs up early, is turned away or leaves a message is guessed; none is withheld",
        "include hotline.conf (telephony/asterisk/README.md)",
    ),
    "deaf": (
        "has neither our dialplan nor does it say Newchannel: no call can begin",
        "include hotline.conf, or add an eventfilter for Newchannel",
    ),
    "forged": (
        "sent {count} pieces that it had not written as they stood: a caller tries to forge events",
        "let the dialplan clean the number on its first line (hotline-numbers in hotline.conf)",
    ),
    "no_witness": ("has no second witness: what is said while nobody listens is lost", "set CALLCENTER_QUEUE_LOG"),
    "witness_unreadable": (
        "has a {witness} that cannot be read ({why})",
        "let this user read it, or correct {setting}",
    ),
}
# Worth saying, nothing to mend on a hotline that wants it so.
_NOTES = frozenset({"no_buttons", "no_contract", "no_dialplan", "no_probe", "no_witness"})
# What only calls show: a listener's business.
OF_HEARING = frozenset({"hidden", "no_variables", "deaf", "forged"})
_SAID_S, _PROBLEM_S = 1.0, 5.0


@dataclass(frozen=True)
class Finding:
    """`values` fill the words of `code`. One that is not `serious` is worth knowing, and may be meant."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def serious(self) -> bool:
        if self.code == CLOCK:
            return abs(float(self.values["seconds"])) > _PROBLEM_S
        return self.code not in _NOTES

    @property
    def text(self) -> str:
        return _WORDS[self.code][0].format(**self.values)

    @property
    def mend(self) -> str:
        return _WORDS[self.code][1].format(**self.values)

    def row(self) -> dict[str, Any]:
        """As pages keep it."""
        return {"code": self.code, "values": dict(self.values), "serious": self.serious}


def of_clock(seconds: float) -> list[Finding]:
    """How far the PBX's clock is ahead of ours; a second is nothing."""
    return [Finding(CLOCK, {"seconds": round(seconds, 1)})] if abs(seconds) > _SAID_S else []


class EventCounts:
    """What was heard on one connection, counted.

    `now` and `opened` are seconds of one clock that never goes back; `opened` is when the ear was. A call that began
    before does not count: what it had to show came unheard.
    """

    def __init__(self, opened: float) -> None:
        self.heard: Counter[str] = Counter()
        self._opened = opened
        self._marked = False
        self._counted: Counter[str] = Counter()
        self._fresh: dict[str, deque[tuple[float, str]]] = {name: deque() for name in _FIRST}

    def hear(self, event: Mapping[str, str | list[str]], now: float) -> None:
        name = str(event["Event"])
        if name == "UserEvent":
            name = str(event.get("UserEvent", ""))
            self._marked = self._marked or "HOTLINE=" in str(event.get("ChanVariable", ""))
            if event.get("Stage") == "queue":
                self._first("Queued", event, now)
        self.heard[name] += 1
        if name == "HotlineUnserved":
            # The queue admitted no caller.
            self._fresh["Queued"] = deque(one for one in self._fresh["Queued"] if one[1] != event.get("Uniqueid"))
        if name in _FIRST:
            self._first(name, event, now)

    def findings(self, now: float) -> Iterator[Finding]:
        """Each event that ought to have come by now and has not, once."""
        missing: dict[str, int] = {}
        for first, then in _COMES_WITH:
            count = self._count(first, now)
            if count >= _ENOUGH and not self.heard[then]:
                missing[then] = max(missing.get(then, 0), count)
        for event, count in missing.items():
            read = "agent" if event.startswith(("Queue", "Agent")) else "call"
            yield Finding("hidden", {"event": event, "count": count, "read": read})
        joined = self._count("QueueCallerJoin", now) >= _ENOUGH
        if joined and not self.heard["HotlineStart"] and not self.heard["Newchannel"]:
            yield Finding("deaf")
        if self.heard["HotlineStart"] and not self._marked:
            yield Finding("no_variables")

    def _first(self, name: str, event: Mapping[str, str | list[str]], now: float) -> None:
        if now - _age_s(event) >= self._opened:
            self._fresh[name].append((now, str(event.get("Uniqueid", ""))))

    def _count(self, name: str, now: float) -> int:
        """How often it was heard, but for what is of this moment."""
        fresh = self._fresh[name]
        while fresh and now - fresh[0][0] >= _MOMENT_S:
            fresh.popleft()
            self._counted[name] += 1
        return self._counted[name]


def _age_s(event: Mapping[str, str | list[str]]) -> float:
    """How long its channel has been there at least, in seconds by the PBX's own clock; 0 where the event does not tell.

    `Uniqueid` is the second in which it began, behind the name of the system where that has one.
    """
    began, _dot, _number = str(event.get("Uniqueid", "")).rpartition("-")[2].partition(".")
    try:
        return max(0.0, float(str(event["Timestamp"])) - float(began) - 1)
    except (KeyError, ValueError):
        return 0.0
