"""Reports a second through the programs' door: `python -m tests.bench.creates [SECONDS [CHECKOUT]]`, by hand.

Serves the public site, with relay and worker beside it at lower priority, by the commands of this checkout or of
another, and the floor by the same server: bare Flask, one INSERT, one commit. 1 and 8 clients with connections that
stay open post to each by turns; limiter, history, numbering and promise are on. Told: creates a second (median of the
turns), p50 and p99 in milliseconds, and how long the worker needs for what it left behind.
"""

import hashlib
import http.client
import itertools
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.models import ApiToken, OutboxRow
from tests.bench.own_site import beside, own_site
from tests.scripts.processes import MANAGE, free_port
from tests.served import python_of, served

TURNS = 3
TOKEN = "token of the bench"
_numbers = itertools.count()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    command = python_of(Path(sys.argv[2]).resolve()) if len(sys.argv) > 2 else MANAGE
    with own_site("creates") as (settings, engine), ExitStack() as stack:
        with Session(engine) as session:
            known = hashlib.sha256(TOKEN.encode()).hexdigest()
            session.add(
                ApiToken(name="bench", token_hash=known, scope="api", source="app", created_at=datetime.now(UTC))
            )
            session.commit()
        for name in ("relay", "work"):
            stack.enter_context(beside(command, name, settings, nice=10))
        public = stack.enter_context(served("public", settings, command))
        floor = stack.enter_context(_floor(str(settings.database_url)))
        sides: dict[str, tuple[int, Callable[[], tuple[str, bytes]]]] = {
            "floor": (floor, _bare),
            "reports": (public.port, _report),
        }
        taken: dict[tuple[str, int], list[tuple[float, list[float]]]] = {}
        for _ in range(TURNS):
            for clients in (1, 8):
                for name, (port, make) in sides.items():
                    load(port, make, clients, 0.5)
                    taken.setdefault((name, clients), []).append(load(port, make, clients, seconds))
        print(f"{'':9}{'clients':>8}{'a second':>10}{'p50':>8}{'p99':>8}   of the floor")
        for (name, clients), turns in taken.items():
            rate = statistics.median(one for one, _ in turns)
            base = statistics.median(one for one, _ in taken["floor", clients])
            took = sorted(itertools.chain.from_iterable(each for _, each in turns))
            p50, p99 = (1000 * took[int(len(took) * part)] for part in (0.5, 0.99))
            print(f"{name:9}{clients:8}{rate:10.0f}{p50:8.1f}{p99:8.1f}   {rate / base:.2f}")
        _drain(engine)


def load(port: int, make: Callable[[], tuple[str, bytes]], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Creates a second, and the seconds that each took."""
    took: list[float] = []
    start = threading.Barrier(clients + 1)
    until = time.perf_counter() + seconds

    def post() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        start.wait()
        for turn in itertools.count():
            path, body = make()
            # The limit is an address's: each sends a hundred.
            address = f"10.{threading.get_ident() % 250}.{turn // 100 % 250}.{next(_numbers) // 100_000 % 250}"
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
            began = time.perf_counter()
            if began > until:
                break
            connection.request("POST", path, body, {**headers, "X-Forwarded-For": address})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 201, text
            took.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(took) / (time.perf_counter() - began), took


def _report() -> tuple[str, bytes]:
    number = next(_numbers)
    report = {
        "source_ref": f"bench-{os.getpid()}-{number}",
        "description": f"Cống nghẹt trước chợ, nước tràn ra đường đã ba ngày ({number})",
        "category": "cap-thoat-nuoc",
        "ward": "28249",
        "address": "12 Lê Lợi",
        "latitude": 10.36,
        "longitude": 106.36,
        "reporter_name": "Trần Thị Bích",
        "reporter_phone": "0905123456",
    }
    return "/api/v1/reports", json.dumps(report).encode()


def _bare() -> tuple[str, bytes]:
    return "/", _report()[1]


@contextmanager
def _floor(database_url: str) -> Iterator[int]:
    port = free_port()
    given = {**os.environ, "BENCH_DATABASE": database_url}
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.floor", str(port)], env=given)
    try:
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", port).connect()
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _drain(engine: Engine) -> None:
    with Session(engine) as session:
        waiting = session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))) or 0
    began = time.perf_counter()
    left = waiting
    while left and time.perf_counter() - began < 300:
        time.sleep(0.2)
        with Session(engine) as session:
            left = session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))) or 0
    seconds = time.perf_counter() - began
    print(
        f"left to the worker: {waiting}, of which {left} still wait after {seconds:.1f} s ({waiting / seconds:.0f}/s)"
    )


if __name__ == "__main__":
    main()
