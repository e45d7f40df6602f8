"""State of one call in the state machine: the record's columns, the live legs, and the marks it decides by.

A `Call` belongs to its `Calls` and is changed there alone; `columns` and `to_json` are copies for everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from callcenter.vocab import HungUpBy, Outcome, Phase, Reason, Stage, Third, TransferKind
from tickets.rules import call_phase, talks


@dataclass(slots=True)
class Leg:
    """One channel. `call` is the Linkedid of the hotline call it serves, '' while it serves none.

    `bridges` are those it is in, and since when: more than one only while it is being moved.
    """

    uniqueid: str
    channel: str
    extension: str
    call: str = ""
    context: str = ""
    bridges: dict[str, datetime] = field(default_factory=dict)
    member: bool = False
    ringing: bool = False
    held_at: datetime | None = None

    @property
    def local(self) -> bool:
        """True for the two halves of a Local channel, which are a connection and not a telephone."""
        return self.channel.startswith("Local/")


@dataclass(slots=True)
class Transfer:
    kind: TransferKind
    to: str
    at: datetime


@dataclass(slots=True)
class TalkState:
    """One operator with the caller, holds included; open (`until` is None) while they talk."""

    extension: str
    since: datetime
    until: datetime | None = None
    hold_s: float = 0.0


@dataclass(slots=True)
class CallState:
    """A hotline call. Moments are Asterisk's own; lists keep the order in which things happened."""

    linkedid: str
    started_at: datetime
    number_dialled: str = ""
    caller: str | None = None
    caller_raw: str | None = None
    caller_name: str | None = None
    queue: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_ended_at: datetime | None = None
    outcome: Outcome | None = None
    stage: Stage | None = None
    reason: Reason | None = None
    branch: str | None = None
    lost_in_transfer: bool = False
    hold_s: float = 0.0
    operators: list[str] = field(default_factory=list)
    talks: list[TalkState] = field(default_factory=list)
    rang: list[str] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    hung_up_by: HungUpBy | None = None
    recording: str | None = None
    # What a simulated caller says; a real PBX never tells that.
    said: list[str] = field(default_factory=list)

    # Live: which phones, by Uniqueid of their leg where one phone can have two.
    ringing: dict[str, str] = field(default_factory=dict)
    talking: list[str] = field(default_factory=list)
    third: Third | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    # Uniqueid of a transferer's leg: of the channel that was put in its place, which no bridge event tells.
    replaced: dict[str, str] = field(default_factory=dict)

    # Marks that decide the outcome, and what is not known for sure yet.
    told_start: bool = False
    in_queue: str | None = None
    left_at: datetime | None = None
    gave_up_at: datetime | None = None
    gave_up_context: str = ""
    asked_at: datetime | None = None
    asked_for: str | None = None
    voicemail: bool = False
    message: str | None = None
    blocked: bool = False
    turned_away: Reason | None = None
    after_queue: bool = False
    in_transfer: bool = False
    connected: str | None = None
    completed: bool = False
    unexplained: str | None = None
    ended_by: HungUpBy | None = None
    told_by: HungUpBy | None = None
    end_context: str = ""
    end_cause: str = ""
    vanished: bool = False
    # A talk may have had a hold in the gap; no witness shows that later.
    hold_unheard: bool = False
    settled: bool = False
    # By our clock, not Asterisk's: since when a grace runs.
    waiting_since: datetime | None = None
    missing_since: datetime | None = None
    lost_at: datetime | None = None
    gone: set[str] = field(default_factory=set)

    @property
    def last_operator(self) -> str:
        """The extension that talks with the caller, or did last: of several at once, the last to join."""
        last = talks.latest(self.talks)
        return last.extension if last else self.operators[-1] if self.operators else ""

    @property
    def phase(self) -> Phase:
        """Where the call is now."""
        return call_phase.phase(
            ended=self.ended_at is not None,
            talking=bool(self.talking),
            third=self.third,
            ringing=bool(self.ringing),
            queued=bool(self.in_queue),
            operators=bool(self.operators),
            goes_on=self.in_transfer or not self.completed,
        )

    @property
    def holding(self) -> list[str]:
        """Extensions that have the caller on hold now."""
        held = {leg.extension for leg in self.legs.values() if leg.held_at is not None}
        return [extension for extension in self.talking if extension in held]

    @property
    def wait_s(self) -> float:
        """From the first queue to the first answer, or to leaving unanswered; 0 while waiting or without a queue."""
        until = self.answered_at or self.left_at or self.ended_at
        if self.queued_at is None or until is None:
            return 0.0
        return max(0.0, (until - self.queued_at).total_seconds())

    @property
    def talk_s(self) -> float:
        """From the first operator's answer to the end of the last operator's talk; 0 while they talk."""
        if self.answered_at is None or self.talk_ended_at is None or self.talking:
            return 0.0
        return max(0.0, (self.talk_ended_at - self.answered_at).total_seconds())


def columns(call: CallState) -> dict[str, Any]:
    """The call as the columns of `callcenter.models.Call`, without `pbx`. `ended_at` and `outcome` come together.

    Until its end is sure (`settled`) an ended call has no ringing or talking extension, but no outcome yet.
    """
    return {
        "linkedid": call.linkedid,
        "number_dialled": call.number_dialled or None,
        "caller": call.caller,
        "caller_raw": call.caller_raw,
        "caller_name": call.caller_name,
        "started_at": call.started_at,
        "queued_at": call.queued_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at if call.settled else None,
        "queue": call.queue,
        "outcome": call.outcome if call.settled else None,
        "stage": call.stage,
        "reason": call.reason if call.settled else None,
        "branch": call.branch,
        "lost_in_transfer": call.lost_in_transfer,
        "wait_s": round(call.wait_s, 3),
        "talk_s": round(call.talk_s, 3),
        "hold_s": None if call.hold_unheard else round(call.hold_s, 3),
        "operator": call.operators[0] if call.operators else None,
        "operators": list(call.operators),
        "talks": [_talk(talk, heard=not call.hold_unheard) for talk in call.talks],
        "rang": list(call.rang),
        "transfers": [{"kind": transfer.kind.value, "to": transfer.to} for transfer in call.transfers],
        "hung_up_by": call.hung_up_by if call.settled else None,
        "recording": call.recording if call.operators else None,
        "voicemail": call.message,
        "ringing": list(dict.fromkeys(call.ringing.values())),
        "talking": list(call.talking),
        "holding": call.holding,
        "third": call.third,
    }


def to_json(call: CallState) -> dict[str, Any]:
    """All of it, for a listener that starts again; `from_json` gives back an equal call."""
    written = {item.name: _plain(getattr(call, item.name)) for item in fields(call)}
    written["legs"] = {key: _row(leg) for key, leg in call.legs.items()}
    written["transfers"] = [_row(transfer) for transfer in call.transfers]
    written["talks"] = [_row(talk) for talk in call.talks]
    return written


def from_json(written: Mapping[str, Any]) -> CallState:
    """Raises KeyError, TypeError or ValueError for what `to_json` never wrote; unknown keys are left out."""
    known = {item.name for item in fields(CallState)}
    values = {name: _typed(name, value) for name, value in written.items() if name in known}
    legs = {key: _leg(row) for key, row in written.get("legs", {}).items()}
    transfers = [
        Transfer(TransferKind(row["kind"]), row["to"], datetime.fromisoformat(row["at"]))
        for row in written.get("transfers", ())
    ]
    talks = [
        TalkState(row["extension"], datetime.fromisoformat(row["since"]), _moment(row["until"]), row["hold_s"])
        for row in written.get("talks", ())
    ]
    return CallState(**{**values, "legs": legs, "transfers": transfers, "talks": talks})


def _talk(talk: TalkState, *, heard: bool) -> dict[str, Any]:
    """As the record shows it; of a hold that may have gone unheard there is no length."""
    return {**_row(talk), "hold_s": round(talk.hold_s, 3) if heard else None}


_WORDS: dict[str, type] = {
    "outcome": Outcome,
    "stage": Stage,
    "reason": Reason,
    "turned_away": Reason,
    "hung_up_by": HungUpBy,
    "third": Third,
    "ended_by": HungUpBy,
    "told_by": HungUpBy,
}
_LEG = frozenset(item.name for item in fields(Leg))
_MOMENTS = frozenset(item.name for item in fields(CallState) if item.name.endswith(("_at", "_since")))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, set):
        return sorted(value)
    return value


def _row(value: Leg | Transfer | TalkState) -> dict[str, Any]:
    return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    if name in _WORDS:
        return _WORDS[name](value)
    return set(value) if name == "gone" else value


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _leg(row: Mapping[str, Any]) -> Leg:
    bridges = {bridge: datetime.fromisoformat(at) for bridge, at in row.get("bridges", {}).items()}
    known = {name: value for name, value in row.items() if name in _LEG}
    return Leg(**{**known, "held_at": _moment(row.get("held_at")), "bridges": bridges})
