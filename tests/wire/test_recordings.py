"""Streams recorded from a real Asterisk with the shipped dialplan, played through protocol and state machine.

Each recording has its truth beside it, taken from the SIP side. `*.ami` is what the shipped manager user hears;
`*.full.ami.gz` is everything the PBX says.
"""

import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from telephony.ami.protocol import AmiProtocol, Headers
from telephony.callflow import Calls, Rules, columns, resync, step
from telephony.events import Happening, Kind, interpret
from tickets.rules import call_phase

FOLDER = Path(__file__).with_name("recordings")
STREAMS = sorted(FOLDER.glob("*.ami")) + sorted(FOLDER.glob("*.ami.gz"))
RULES = Rules.of(["1022"], ["from-trunk"])
BANNER = b"Asterisk Call Manager/"
SECONDS = {"wait_s", "talk_s", "hold_s"}


class Player:
    """A listener without its wires: bytes in, rows out."""

    def __init__(self) -> None:
        self.calls = Calls(RULES)
        self.rows: dict[str, dict[str, Any]] = {}
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def play(self, stream: bytes, chunk: int) -> None:
        """Each banner is a new connection; between two of them the PBX was away, and its calls are gone."""
        connections = [BANNER + part for part in stream.split(BANNER)[1:]]
        for number, connection in enumerate(connections):
            if number:
                self._keep(step(self.calls, Happening(Kind.LINK_LOST, self.at)))
                self._keep(resync(self.calls, [], self.at, unheard=False))
            protocol = AmiProtocol(self._hear, lambda why: None)
            for start in range(0, len(connection), chunk):
                protocol.feed(connection[start : start + chunk])
        for _ in range(3):
            self.at += timedelta(seconds=2)
            self._keep(step(self.calls, Happening(Kind.TICK, self.at)))

    def _hear(self, event: Headers) -> None:
        happening = interpret(event, self.at)
        if happening is not None:
            self.at = max(self.at, happening.at)
            self._keep(step(self.calls, happening))

    def _keep(self, changed: Sequence[str]) -> None:
        for linkedid in changed:
            self.rows[linkedid] = columns(self.calls.by_id[linkedid])


def _read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _truth(path: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((FOLDER / f"{path.name.partition('.')[0]}.json").read_text())
    return truth


def _play(path: Path, chunk: int = 65536) -> list[dict[str, Any]]:
    player = Player()
    player.play(_read(path), chunk)
    return sorted(player.rows.values(), key=lambda row: row["started_at"])


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_truth(path: Path) -> None:
    rows, calls = _play(path), _truth(path)["calls"]
    assert len(rows) == len(calls)
    for row, truth in zip(rows, calls, strict=True):
        unordered = truth.pop("rang_unordered", False)
        for name, value in truth.items():
            if name in SECONDS:
                assert row[name] == pytest.approx(value, abs=0.5), name
            elif name == "rang" and unordered:
                assert sorted(row[name]) == sorted(value)
            else:
                assert row[name] == value, name


def test_the_file_of_a_message_is_in_the_call() -> None:
    for name in ("timeout_message", "closed_message"):
        (row,) = _play(FOLDER / f"{name}.ami")
        assert row["voicemail"].startswith("/"), name
        assert not row["voicemail"].endswith(".wav")
    (row,) = _play(FOLDER / "answered.ami")
    assert row["voicemail"] is None


@pytest.mark.parametrize("path", STREAMS[::5], ids=lambda path: path.name)
def test_bytes_may_be_cut_anywhere(path: Path) -> None:
    assert _play(path, 7) == _play(path)


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_any_order_is_survived(path: Path) -> None:
    """Shuffled, doubled and with holes: no order is too mad, and an ended call has one outcome."""
    events = [block for block in _read(path).split(b"\r\n\r\n") if block.startswith(b"Event: ")]
    mad = random.Random(path.name)
    player = Player()
    player.play(BANNER + b"1\r\n" + b"\r\n\r\n".join(mad.choices(events, k=len(events))) + b"\r\n\r\n", 65536)
    for row in player.rows.values():
        assert (row["outcome"] is None) == (row["ended_at"] is None)
        assert min(row["wait_s"], row["talk_s"], row["hold_s"]) >= 0
        if row["ended_at"] is not None:
            assert [*row["ringing"], *row["talking"], *row["holding"]] == []


class Watcher(Player):
    """What a page would say of the calls, each time that it changes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def _keep(self, changed: Sequence[str]) -> None:
        super()._keep(changed)
        for call in (self.calls.by_id[linkedid] for linkedid in changed):
            held = call_phase.is_on_hold(
                call.phase, talked=bool(call.talks), talking=call.talking, holding=call.holding, third=call.third
            )
            word = "on hold" if held else call.phase.value
            if self.seen[-1:] != [word]:
                self.seen.append(word)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("answered", "talking"),
        ("hold", "talking, on hold, talking"),
        # The caller waits while the colleague's telephone rings and they talk, and then has the operator back.
        ("asked_and_back", "talking, on hold, ringing, on hold, talking"),
        ("asked_and_left", "talking, on hold, ringing, on hold, talking, on hold"),
        ("attended", "talking, on hold, talking"),
        ("blind_to_queue", "talking, on hold, queued, ringing, on hold, talking"),
    ],
)
def test_a_caller_who_waits_on_the_line_is_not_said_to_talk(name: str, seen: str) -> None:
    watcher = Watcher()
    watcher.play((FOLDER / f"{name}.ami").read_bytes(), 4096)
    words = watcher.seen[watcher.seen.index("talking") :]
    while words[-1] in ("ended", "entered"):
        words.pop()
    assert ", ".join(word for word in words if word != "entered") == seen
