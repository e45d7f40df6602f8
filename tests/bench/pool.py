"""Hostile pictures and wrong passwords against a health check: `python -m tests.bench.pool [CHECKOUT]`, by hand.

Serves the public site and the console by the commands of this checkout, or of an older one. Asked every 25 ms, quiet
and while the work is done: `/healthz` and a page (`/`, `/sign-in`). The work: 16 pictures of 109 kB that open to 25
million pixels each, five in a request, from four addresses; 100 wrong passwords at once, from ten. Printed: median,
95th of a hundred and longest answer in milliseconds, what the work was answered, and how long all of it took.
"""

import io
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from argon2 import PasswordHasher
from PIL import Image

from tests.bench.own_site import own_site
from tests.factories import PASSWORD
from tests.scripts.processes import MANAGE
from tests.served import Answer, Served, python_of, served

QUIET_S = 5.0
GAP_S = 0.025


def main() -> None:
    command = python_of(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else MANAGE
    with own_site("pool", password_hash=PasswordHasher().hash(PASSWORD)) as (settings, _), ExitStack() as stack:
        sites = {name: stack.enter_context(served(name, settings, command)) for name in ("public", "console")}
        print(f"{'':34}{'/healthz':>24}{'page':>24}\n{'':34}{'p50   p95   max':>24}{'p50   p95   max':>24}")
        measure("public, quiet", sites["public"], "/", lambda: time.sleep(QUIET_S))
        measure("public, 16 pictures", sites["public"], "/", lambda: pictures(sites["public"]))
        measure("console, quiet", sites["console"], "/sign-in", lambda: time.sleep(QUIET_S))
        measure("console, 100 passwords", sites["console"], "/sign-in", lambda: passwords(sites["console"]))
        measure("console, public does 16 pictures", sites["console"], "/sign-in", lambda: pictures(sites["public"]))


def measure(what: str, site: Served, page: str, work: Callable[[], str | None]) -> None:
    over = threading.Event()
    taken: dict[str, list[float]] = {"/healthz": [], page: []}
    askers = [threading.Thread(target=_ask, args=(site, path, over, into)) for path, into in taken.items()]
    for asker in askers:
        asker.start()
    time.sleep(0.5)
    began = time.monotonic()
    told = work()
    seconds = time.monotonic() - began
    over.set()
    for asker in askers:
        asker.join()
    print(f"{what:34}{_spread(taken['/healthz'])}{_spread(taken[page])}   {seconds:5.1f} s  {told or ''}", flush=True)


def _ask(site: Served, path: str, over: threading.Event, into: list[float]) -> None:
    client = site.client()
    while not over.is_set():
        into.append(client.get(path).seconds)
        time.sleep(GAP_S)


def _spread(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
    return "{:>10.0f}{:>6.0f}{:>6.0f}  ".format(*(1000 * value for value in (cuts[9], cuts[18], max(seconds))))


def pictures(site: Served) -> str:
    out = io.BytesIO()
    Image.new("RGBA", (4990, 4990), (10, 20, 30, 128)).save(out, "PNG")
    hostile = out.getvalue()

    def send(number: int, count: int) -> Answer:
        client = site.client("/reports/new", address=f"10.0.0.{number}")
        # Each another file, so that none is a picture that lies there already.
        files = [(f"{number}-{at}.png", hostile + bytes([number, at])) for at in range(count)]
        return client.post("/reports/step", {"step": "1", "go": "attach"}, files)

    with ThreadPoolExecutor(4) as pool:
        return _told(list(pool.map(send, range(4), (5, 5, 5, 1))))


def passwords(site: Served) -> str:
    clients = [site.client("/sign-in", address=f"10.0.1.{number % 10}") for number in range(100)]

    def attempt(number: int) -> Answer:
        # Half of them are people of the site, so that both ways through the check are taken.
        name = "lan" if number % 20 == 0 else f"nobody{number}"
        return clients[number].post("/sign-in", {"username": name, "password": f"wrong {number}"})

    with ThreadPoolExecutor(100) as pool:
        return _told(list(pool.map(attempt, range(100))))


def _told(answers: list[Answer]) -> str:
    counts = Counter(answer.status for answer in answers)
    slowest = max(answer.seconds for answer in answers)
    return ", ".join(f"{count} × {status}" for status, count in sorted(counts.items())) + f", slowest {slowest:.1f} s"


if __name__ == "__main__":
    main()
