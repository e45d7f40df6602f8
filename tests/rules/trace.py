"""Scenario tables: a call as lines of AMI events, as they would be pasted from a field report.

A line is `SECONDS EVENT WHO [Header=value …] [-> what is true then]`. WHO is `caller`, an extension (`101`, and
`101b` for its second channel) or a whole channel name; ids are made up from it. `dest=`, `orig=`, `transferer=`,
`transferee=`, `second=` and `target=` take a WHO too; `l=own` is a channel that began a call of its own. Behind the
arrow: a phase, `ringing=101,102`, `talking=101`, `holding=101`, `same` (nothing changed), or `none` (no call).
"""

import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from telephony.callflow import Calls, Rules, columns, step
from telephony.events import Happening, Kind, interpret

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RULES = Rules.of(["1022"], ["from-trunk"])
_BLOCKS = {
    "dest": "Dest",
    "transferer": "Transferer",
    "transferee": "Transferee",
    "orig": "OrigTransferer",
    "second": "SecondTransferer",
    "target": "TransferTarget",
}


@dataclass
class Played:
    """The state after a table, and the caller's call as its row."""

    calls: Calls
    ids: dict[str, str] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)

    def row(self, who: str = "caller") -> dict[str, Any]:
        return columns(self.calls.by_id[self.ids[who]])

    def ticks(self, seconds: float = 3) -> "Played":
        """Let time pass on our clock."""
        at = datetime(2026, 11, 24, tzinfo=UTC)
        for moment in (at, at + timedelta(seconds=seconds)):
            step(self.calls, Happening(Kind.TICK, moment))
        return self


def play(table: str, calls: Calls | None = None, *, twice: bool = False, played: Played | None = None) -> Played:
    """Fold a table, checking what each line expects; with `twice` every event comes two times."""
    played = played or Played(calls or Calls(RULES))
    for line in table.strip().splitlines():
        event, _, expected = line.partition("->")
        if not event.strip() or event.strip().startswith("#"):
            continue
        happening = interpret(_ami(played, shlex.split(event)), START)
        changed: list[str] = []
        for _ in range(2 if twice else 1):
            if happening is not None:
                played.happenings.append(happening)
                changed = [*changed, *step(played.calls, happening)]
        if not twice:
            _expect(played, changed, expected.split(), line)
    return played


def _ami(played: Played, words: list[str]) -> dict[str, str]:
    seconds, event, who, *rest = words
    given = dict(word.split("=", 1) for word in rest)
    ami = {"Event": event, "Timestamp": f"{(START + timedelta(seconds=float(seconds))).timestamp():.6f}"}
    if who != "-":
        ami |= _channel(played, who, "", own=given.pop("l", "") == "own")
    for word, prefix in _BLOCKS.items():
        if word in given:
            ami |= _channel(played, given.pop(word), prefix)
    return {**ami, **given}


def _channel(played: Played, who: str, prefix: str, *, own: bool = False) -> dict[str, str]:
    uniqueid = played.ids.setdefault(who, f"1795400000.{len(played.ids)}")
    number = int(uniqueid.partition(".")[2])
    if "/" in who:
        channel = who
    elif who.startswith("caller"):
        channel, own = f"PJSIP/trunk-{number:08x}", True
    else:
        channel = f"PJSIP/{who.rstrip('ab')}-{number:08x}"
    linkedid = uniqueid if own else played.ids.get("caller", uniqueid)
    return {f"{prefix}Channel": channel, f"{prefix}Uniqueid": uniqueid, f"{prefix}Linkedid": linkedid}


def _expect(played: Played, changed: list[str], expected: list[str], line: str) -> None:
    call = played.calls.by_id.get(played.ids.get("caller", ""))
    for word in expected:
        name, _, value = word.partition("=")
        if word == "same":
            assert not changed, line
        elif word == "none":
            assert call is None, line
        elif value or word.endswith("="):
            assert call is not None, line
            assert columns(call)[name] == [part for part in value.split(",") if part], line
        else:
            assert call is not None, line
            assert call.phase == word, line
