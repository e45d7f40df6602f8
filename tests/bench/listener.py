"""How fast bytes of AMI become calls: `python -m tests.bench.listener [EVENTS]`, by hand.

Streams recorded from a real Asterisk, written again and again with other ids and moments, go through plain panoramisk
with the same events registered, through our protocol alone, and through protocol, `interpret` and `step`. CPU time of
this process, the three in turn, several rounds; read the ratios, not the seconds. Then a million events, for memory.
"""

import asyncio
import gc
import gzip
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from telephony.ami.protocol import MEMBER_EVENTS, AmiProtocol, Headers
from telephony.callflow import Calls, Rules, step
from telephony.events import EVENTS, Happening, Kind, interpret

FOLDER = Path(__file__).parents[1] / "wire" / "recordings"
# Not the forged and the crashed one: panoramisk raises on the first, and neither is a day's work.
NAMES = (
    "answered", "ring_no_answer", "abandoned_soon", "timeout_message", "blind", "attended", "redirect", "local_blind",
    "private",
)  # fmt: skip
CHUNK = 65536
ROUNDS = 5
MEMORY_EVENTS = 1_000_000
RULES = Rules.of(["1022"], ["from-trunk"])
_MOMENT = re.compile(rb"\b(1\d{9})\.(\d+)")
# A very busy hotline.
_BETWEEN_CALLS_S = 2
_BRIDGE = re.compile(rb"\b([0-9a-f]{8})(-[0-9a-f]{4}-)")
Feed = Callable[[bytes], object]


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    for kind in ("full", "filtered"):
        wanted = events if kind == "full" else events // 4
        stream = [chunk for chunk in chunks(written(kind), wanted)]
        _compare(kind, stream)
    if len(sys.argv) < 2:
        _memory()


def written(kind: str) -> list[tuple[bytes, int]]:
    """Each recording without its banner, and how many events it holds."""
    found = []
    for name in NAMES:
        path = FOLDER / (f"{name}.full.ami.gz" if kind == "full" else f"{name}.ami")
        data = gzip.decompress(path.read_bytes()) if kind == "full" else path.read_bytes()
        blocks = [block for block in data.split(b"\r\n\r\n") if block.lstrip().startswith(b"Event: ")]
        # Logged once a log-in; panoramisk starts a task of its own for each.
        blocks = [block for block in blocks if not block.startswith(b"Event: FullyBooted")]
        found.append((b"".join(block + b"\r\n\r\n" for block in blocks), len(blocks)))
    return found


def chunks(recordings: list[tuple[bytes, int]], events: int) -> Iterator[bytes]:
    """At least so many events, as reads of a socket: one recording after the other, each time as other calls."""
    rest, done, turn = b"", 0, 0
    while done < events:
        data, count = recordings[turn % len(recordings)]
        rest += _again(data, turn)
        done += count
        turn += 1
        while len(rest) >= CHUNK:
            yield rest[:CHUNK]
            rest = rest[CHUNK:]
    yield rest


def _again(data: bytes, turn: int) -> bytes:
    """The same calls later, with other ids: a Uniqueid has a counter where a moment has six digits."""
    first = min(int(found[1]) for found in _MOMENT.finditer(data))
    later = 1_795_400_000 + turn * _BETWEEN_CALLS_S - first

    def moved(found: re.Match[bytes]) -> bytes:
        second, rest = int(found[1]) + later, found[2]
        return b"%d.%b" % (second, rest if len(rest) == 6 else b"%d" % (int(rest) + turn * 100))

    data = _MOMENT.sub(moved, data)
    return _BRIDGE.sub(lambda found: b"%08x%b" % (int(found[1], 16) ^ turn, found[2]), data)


def _compare(kind: str, stream: list[bytes]) -> None:
    sides = {"panoramisk": _panoramisk, "protocol": _protocol, "calls": _calls}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    heard: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, make in sides.items():
            feed, count = make()
            gc.collect()
            began = time.process_time()
            for chunk in stream:
                feed(chunk)
            seconds[name].append(time.process_time() - began)
            heard[name] = count()
    total = sum(chunk.count(b"\r\nPrivilege: ") for chunk in stream)
    print(f"{kind}: {total} events, {sum(map(len, stream)) / total:.0f} bytes each")
    for name in sides:
        median = statistics.median(seconds[name])
        ratios = [slow / own for slow, own in zip(seconds["panoramisk"], seconds[name], strict=True)]
        print(
            f"  {name:<10} {median / total * 1e5:6.3f} CPU s per 100,000  {total / median:9.0f} events/s  "
            f"heard {heard[name]:<7} panoramisk takes {statistics.median(ratios):.1f} times as long"
        )


def _panoramisk() -> tuple[Feed, Callable[[], int]]:
    loop = asyncio.new_event_loop()
    manager = Manager(loop=loop)
    heard = [0]

    def hear(_: Manager, __: object) -> None:
        heard[0] += 1

    # FullyBooted it has registered itself; of VarSet we hear one variable, which no registration can say.
    for name in (EVENTS | MEMBER_EVENTS) - {"VarSet"}:
        manager.register_event(name, hear)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = manager, "utf8"
    loop.close()
    return protocol.data_received, lambda: heard[0]


def _protocol() -> tuple[Feed, Callable[[], int]]:
    heard = [0]

    def hear(_: Headers) -> None:
        heard[0] += 1

    return AmiProtocol(hear, lambda why: None).feed, lambda: heard[0]


def _calls() -> tuple[Feed, Callable[[], int]]:
    """As the listener does it, a tick every half second of the stream's own time."""
    calls = Calls(RULES)
    heard = [0]
    now = [datetime.fromtimestamp(0, UTC)]
    tick = timedelta(seconds=0.5)

    def hear(event: Headers) -> None:
        heard[0] += 1
        happening = interpret(event, now[0])
        if happening is not None:
            step(calls, happening)
            if happening.at - now[0] >= tick:
                now[0] = happening.at
                step(calls, Happening(Kind.TICK, now[0]))

    return AmiProtocol(hear, lambda why: None).feed, lambda: heard[0]


def _memory() -> None:
    """The resident size at 200,000 events and at a million; the stream is made as it is read."""
    feed, heard = _calls()
    process = psutil.Process()
    recordings = written("full")
    sizes, done = [], 0
    marks = [MEMORY_EVENTS // 5, MEMORY_EVENTS]
    for chunk in chunks(recordings, MEMORY_EVENTS):
        feed(chunk)
        done += chunk.count(b"\r\nPrivilege: ")
        if marks and done >= marks[0]:
            gc.collect()
            sizes.append((marks.pop(0), process.memory_info().rss >> 10))
    sizes.append((done, process.memory_info().rss >> 10))
    said = ", ".join(f"{kib / 1024:.1f} MB at {events}" for events, kib in sizes)
    print(f"memory: {said} events ({heard()} heard)")


if __name__ == "__main__":
    main()
