"""Many open live streams: `python -m tests.bench.streams [STREAMS [PER_SECOND [SECONDS]]]`, by hand.

STREAMS (500) of one person are open at the console, as it is served; PER_SECOND (10) announcements a second go to the
broker for SECONDS (20). Told: milliseconds from the publishing until a stream has it, p50, p99 and the longest; how
many did not come; the processor of the console, in per cent of a core, and its memory. Beside it, in the same run, the
floor: a plain asyncio server that writes what the broker says to all of its connections.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import redis.asyncio

from callcenter import push
from tests.bench.own_site import own_site
from tests.factories import HASH, PASSWORD
from tests.scripts.processes import free_port
from tests.served import served

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@dataclass
class Heard:
    """What all streams have heard: milliseconds of each message."""

    ms: list[float] = field(default_factory=list)
    open: int = 0


def main() -> None:
    streams, per_second, seconds = ([int(word) for word in sys.argv[1:]] + [500, 10, 20][len(sys.argv) - 1 :])[:3]
    with own_site("streams", password_hash=HASH) as (settings, _), served("console", settings) as console:
        url = str(settings.redis_url)
        client = console.client("/sign-in")
        assert client.post("/sign-in", {"username": "lan", "password": PASSWORD}).status == 303
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        print(f"{streams} streams, {per_second} messages a second to each, {seconds} s")
        print(f"{'':8}{'p50':>8}{'p99':>8}{'longest':>9} ms {'lost':>8} {'CPU':>6} of a core {'memory':>8}")
        with _floor(url) as (port, process):
            _measure("floor", port, "", process, url, streams, per_second, seconds)
        own = psutil.Process(console.process.pid)
        _measure("console", console.port, cookies, own, url, streams, per_second, seconds)


def _measure(
    name: str, port: int, cookies: str, process: psutil.Process, url: str, streams: int, per_second: int, seconds: int
) -> None:
    heard, spent = asyncio.run(_listen(port, cookies, process, url, streams, per_second * seconds, 1 / per_second))
    ms, sent = sorted(heard.ms), streams * per_second * seconds
    memory = max(each.memory_info().rss for each in _all(process)) / 1e6
    print(
        f"{name:8}{ms[len(ms) // 2]:8.1f}{ms[int(len(ms) * 0.99)]:8.1f}{ms[-1]:9.1f}    {sent - len(ms):8}"
        f" {100 * spent / seconds:5.0f}%           {memory:5.0f} MB"
    )


async def _listen(
    port: int, cookies: str, process: psutil.Process, url: str, streams: int, messages: int, gap_s: float
) -> tuple[Heard, float]:
    heard = Heard()
    readers = [asyncio.create_task(_read(port, cookies, heard)) for _ in range(streams)]
    while heard.open < streams:
        await asyncio.sleep(0.05)
        for task in readers:
            if task.done():
                task.result()
    await asyncio.sleep(1)
    broker = redis.asyncio.Redis.from_url(url)
    before, began = _cpu_s(process), time.perf_counter()
    for number in range(messages):
        await asyncio.sleep(max(began + number * gap_s - time.perf_counter(), 0))
        said = {"topic": "tickets", "ticket": [number], "sent": time.perf_counter()}
        await broker.publish(push.channel(url), json.dumps(said))
    await asyncio.sleep(1)
    spent = _cpu_s(process) - before
    await broker.aclose()
    for task in readers:
        task.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return heard, spent


async def _read(port: int, cookies: str, heard: Heard) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        heard.open += 1
        async for line in reader:
            if line.startswith(b"data:") and b'"sent"' in line:
                heard.ms.append((time.perf_counter() - json.loads(line[5:])["sent"]) * 1000)
    finally:
        writer.close()


def _all(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    return sum(times.user + times.system for times in (each.cpu_times() for each in _all(process)))


@contextlib.contextmanager
def _floor(url: str) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.streams", "--floor", str(port), url])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1))
                break
            time.sleep(0.05)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


async def _serve_floor(port: int, url: str) -> None:
    writers: set[asyncio.StreamWriter] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_HEAD)
            writers.add(writer)
            await reader.read()
        writers.discard(writer)

    await asyncio.start_server(join, "127.0.0.1", port, backlog=1000)
    async with redis.asyncio.Redis.from_url(url) as broker, broker.pubsub() as said:
        await said.subscribe(push.channel(url))
        async for message in said.listen():
            if message["type"] == "message":
                for writer in writers:
                    writer.write(b"event: change\ndata: " + message["data"] + b"\n\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        asyncio.run(_serve_floor(int(sys.argv[2]), sys.argv[3]))
    else:
        main()
