"""Registry of live calls and channels: the legs of each call, and the bridges that connect them.

Keys are Uniqueid and Linkedid, never channel names: those begin again after a restart.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from callcenter.vocab import Third, TransferKind
from telephony.callflow.call import CallState, Leg, TalkState, Transfer
from telephony.events import extension_of

# Legs of other calls are kept until they hang up; a Hangup that was never heard must not keep them for ever.
_MOST_STRANGERS = 20_000
_LONGEST_EXTENSION = 6
GRACE = timedelta(seconds=2)
_MOVED_WITHIN = timedelta(seconds=1)
_AREA_CODE = r"(?:\+?84|0084|0)(?:2\d{1,2})?"


@dataclass(frozen=True)
class Rules:
    """What makes a channel a hotline call: the context it comes in by, and the number it dialled."""

    number: re.Pattern[str]
    contexts: frozenset[str]

    @classmethod
    def of(cls, numbers: Iterable[str], contexts: Iterable[str]) -> Self:
        """`1022` also stands for `02731022`, `842731022` and `+842731022`, but not for the local number 3831022."""
        plain = "|".join(re.escape(number) for number in numbers)
        return cls(re.compile(rf"(?:{_AREA_CODE})?(?:{plain})"), frozenset(contexts))

    def is_hotline(self, exten: str) -> bool:
        return self.number.fullmatch(exten) is not None


class Calls:
    """All live calls of one PBX, and those that ended a short while ago. Changed by `callflow.step` alone."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.by_id: dict[str, CallState] = {}
        self.legs: dict[str, Leg] = {}
        self.bridges: dict[str, dict[str, Leg]] = {}
        self.halves: dict[str, list[Leg]] = {}
        self.replaced: dict[str, str] = {}
        self.hears_requests = False
        self.lost_at: datetime | None = None
        # Talks of then: whether they were held since is not known.
        self.lost_talks: frozenset[str] = frozenset()
        # How long a call that the PBX does not show any more may wait for a word of its end.
        self.patience = GRACE

    def add(self, call: CallState) -> None:
        """Take a call in hand, with the legs it has (its own channel at least)."""
        self.by_id[call.linkedid] = call
        self.replaced |= call.replaced
        for leg in call.legs.values():
            self._index(leg)
            for bridge in leg.bridges:
                self.bridges.setdefault(bridge, {})[leg.uniqueid] = leg

    def forget(self, call: CallState) -> None:
        self.by_id.pop(call.linkedid, None)
        for replaced in call.replaced:
            self.replaced.pop(replaced, None)
        for leg in list(call.legs.values()):
            self.drop(leg)

    def leg(self, uniqueid: str, linkedid: str, channel: str) -> Leg | None:
        """The leg of that channel, known or new, given to the call its Linkedid names; None for one that is gone."""
        leg = self.legs.get(uniqueid)
        if leg is not None and leg.call:
            return leg
        call = self.by_id.get(linkedid)
        if not uniqueid or (call is not None and uniqueid in call.gone):
            return None
        if leg is None:
            leg = Leg(uniqueid, channel, extension_of(channel))
            self._index(leg)
        if call is not None:
            self.adopt(call, leg)
        return leg

    def adopt(self, call: CallState, leg: Leg) -> None:
        """From here on the leg serves this call. A citizen's own channel serves their own call always."""
        if leg.uniqueid in self.by_id and leg.uniqueid != call.linkedid:
            return
        if leg.call and leg.call in self.by_id:
            self.by_id[leg.call].legs.pop(leg.uniqueid, None)
        leg.call = call.linkedid
        call.legs[leg.uniqueid] = leg

    def drop(self, leg: Leg) -> None:
        """The channel is gone."""
        self.part(leg)
        self.legs.pop(leg.uniqueid, None)
        call = self.by_id.get(leg.call)
        if call is not None:
            call.legs.pop(leg.uniqueid, None)
            call.gone.add(leg.uniqueid)
        if leg.local:
            pair = self.halves.get(_pair(leg.channel), [])
            if leg in pair:
                pair.remove(leg)
            if not pair:
                self.halves.pop(_pair(leg.channel), None)

    def join(self, leg: Leg, bridge: str, at: datetime) -> None:
        """The leg is in this bridge too. One it entered a while ago it has left, whether that was reported or not.

        Asterisk tells each bridge's events in order, but those of two bridges may come crossed: a channel moved from
        one to the other in the same moment seems to enter the second before the first.
        """
        for other, since in list(leg.bridges.items()):
            if abs(at - since) > _MOVED_WITHIN:
                self.part(leg, other)
        leg.bridges[bridge] = at
        self.bridges.setdefault(bridge, {})[leg.uniqueid] = leg

    def replace(self, call: CallState, old: str, new: Leg, left: str, at: datetime) -> None:
        """`new`, out of the bridge `left`, is where `old` was: in its bridge, or the one it seems to enter later."""
        self.part(new, left)
        call.replaced[old] = self.replaced[old] = new.uniqueid
        leg = self.legs.get(old)
        for bridge in list(leg.bridges) if leg is not None else ():
            self.join(new, bridge, at)
        if leg is not None:
            self.part(leg)

    def part(self, leg: Leg, bridge: str | None = None) -> None:
        """Out of this bridge, or of all."""
        for name in list(leg.bridges) if bridge is None else [bridge]:
            leg.bridges.pop(name, None)
            members = self.bridges.get(name)
            if members is not None:
                members.pop(leg.uniqueid, None)
                if not members:
                    del self.bridges[name]

    def reached(self, call: CallState) -> Iterator[Leg]:
        """Every phone that hears the caller now, through Local channels too; other citizens left out."""
        caller = self.legs.get(call.linkedid)
        waiting = list(caller.bridges) if caller is not None else []
        seen = set(waiting)
        while waiting:
            for leg in self.bridges.get(waiting.pop(), {}).values():
                if not leg.local:
                    if leg.uniqueid not in self.by_id:
                        yield leg
                    continue
                for half in self.halves.get(_pair(leg.channel), ()):
                    for bridge in half.bridges.keys() - seen:
                        seen.add(bridge)
                        waiting.append(bridge)

    def touched(self, bridge: str) -> set[str]:
        """The calls whose caller may be connected anew when a channel enters this bridge."""
        return {leg.call for leg in self.bridges.get(bridge, {}).values() if leg.call}

    def _index(self, leg: Leg) -> None:
        self.legs[leg.uniqueid] = leg
        if leg.local:
            self.halves.setdefault(_pair(leg.channel), []).append(leg)
        if len(self.legs) > _MOST_STRANGERS:
            oldest = next((old for old in self.legs.values() if not old.call), None)
            if oldest is not None:
                self.drop(oldest)


def _pair(channel: str) -> str:
    return channel.partition(";")[0]


def is_operator(call: CallState, leg: Leg) -> bool:
    """A phone of ours: a queue member, or a short number that the caller was not merely forwarded to."""
    if leg.member:
        return True
    return call.branch is None and is_extension(leg.extension)


def is_extension(word: str) -> bool:
    return word.isdigit() and len(word) <= _LONGEST_EXTENSION


def remember(names: list[str], name: str) -> bool:
    """Each once, in order; True where it is new."""
    if not name or name in names:
        return False
    names.append(name)
    return True


def talk(calls: Calls, call: CallState, at: datetime) -> bool:
    """Recompute the extensions that talk with the caller; True where that changed."""
    now: list[str] = []
    heard = list(calls.reached(call))
    for leg in heard:
        if leg.call != call.linkedid:
            calls.adopt(call, leg)
        if is_operator(call, leg):
            remember(now, leg.extension)
    end_talks(call, at, besides=now)
    before, call.third = call.third, _third(call, heard)
    for extension in now:
        if extension not in call.talking:
            _begin_talk(call, extension, at)
    if heard:
        call.in_transfer = False
    if now == call.talking:
        return before != call.third
    if len(now) < len(call.talking) or not set(call.talking) <= set(now):
        call.talk_ended_at = at
    call.talking = now
    return True


def _third(call: CallState, heard: Sequence[Leg]) -> Third | None:
    """State of the party that the last operator consults, or transferred this call to."""
    if not call.operators:
        return None
    if any(not is_operator(call, leg) for leg in heard):
        return Third.WITH_CALLER
    apart = (leg for leg in call.legs.values() if leg.bridges and not leg.local and leg.uniqueid != call.linkedid)
    asked = any(leg.extension != call.last_operator for leg in apart if leg not in heard)
    return Third.ANSWERED if asked else None


def _begin_talk(call: CallState, extension: str, at: datetime) -> None:
    announced = call.completed or call.in_transfer or extension == call.connected
    if call.transfers and not call.transfers[-1].to:
        call.transfers[-1].to = extension
    elif call.operators and not call.talking and not announced and extension != call.operators[-1]:
        # Either the announcement is a moment late, or the PBX was ordered to redirect.
        call.unexplained = extension
    if call.answered_at is None:
        call.answered_at = at
    remember(call.operators, extension)
    remember(call.rang, extension)
    last = call.talks[-1] if call.talks else None
    if last is not None and last.extension == extension and last.until and at - last.until <= _MOVED_WITHIN:
        # A consulted party refused at once.
        last.until = None
    else:
        call.talks.append(TalkState(extension, at))
    for leg in [leg for leg, name in call.ringing.items() if name == extension]:
        del call.ringing[leg]
    call.completed = False
    call.ended_by = None


def end_talks(call: CallState, at: datetime, besides: Collection[str] = ()) -> None:
    """Ends every open talk of an extension that is not among these."""
    for one in call.talks:
        if one.until is None and one.extension not in besides:
            one.until = max(at, one.since)


def explain(call: CallState) -> bool:
    """A leg that joined unannounced and stayed unannounced was put there by a redirect."""
    if call.unexplained is None:
        return False
    call.transfers.append(Transfer(TransferKind.REDIRECT, call.unexplained, call.answered_at or call.started_at))
    call.unexplained = None
    return True
