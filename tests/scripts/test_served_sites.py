"""The sites as they are served: a pool at work holds up neither of them, and several processes are one site."""

import contextlib
import io
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse

import psutil
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.push import announce
from tests import factories
from tests.factories import HASH, PASSWORD
from tests.served import Answer, Client, Served, served

WORDS = "Đèn đường trước nhà văn hóa tắt ba ngày nay"
# Of one address, waiting and looked at (`tickets.life.uploads`).
OF_ONE_SENDER = 8


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 90)).save(out, "PNG")
    return out.getvalue()


def pool_processes(site: Served, count: int) -> list[psutil.Process]:
    """The site's processes of the pool, as soon as there are so many."""
    while True:
        found = [one for one in psutil.Process(site.process.pid).children(recursive=True) if _is_of_pool(one)]
        if len(found) >= count:
            return found


def _is_of_pool(process: psutil.Process) -> bool:
    try:
        return "callcenter.pool.process" in process.cmdline()
    except psutil.Error:
        return False


@contextmanager
def held(processes: list[psutil.Process]) -> Iterator[None]:
    """At work on what they are given, for as long as the test likes."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def attach(site: Served, shade: int) -> Answer:
    client = site.client("/reports/new")
    form = {"step": "1", "go": "attach", "description": WORDS}
    return client.post("/reports/step", form, [("a.png", picture(shade))])


def test_pictures_hold_up_nobody_and_survive_a_killed_process(session: Session, settings: Settings) -> None:
    factories.province(session)
    session.commit()
    with served("public", settings) as site, ThreadPoolExecutor(OF_ONE_SENDER + 1) as threads:
        assert attach(site, 0).status == 200
        (first,) = pool_processes(site, 1)
        # As far below the server as there is room: the lowest priority is 19.
        assert first.nice() == min(psutil.Process(site.process.pid).nice() + 15, 19)
        with held([first]):
            sent = [threads.submit(attach, site, shade) for shade in range(1, OF_ONE_SENDER + 2)]
            # The one that finds no room is the only one that is answered.
            answered, waiting = wait(sent, return_when=FIRST_COMPLETED)
            for page in ("/healthz", "/", "/reports/new"):
                assert site.client().get(page).status == 200
            assert not any(future.done() for future in waiting)
            first.kill()
        (refused,) = (future.result() for future in answered)
        assert refused.status == 503
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert WORDS in refused.text
        assert "gửi ảnh sau" in refused.text
        kept = [future.result() for future in waiting]
        assert [answer.status for answer in kept] == [200] * OF_ONE_SENDER
        assert all("reports/pictures/" in answer.text for answer in kept)
        # However the server ends, its pool ends with it.
        (last,) = pool_processes(site, 1)
        site.process.kill()
        last.wait(30)


def test_two_processes_are_one_console(session: Session, settings: Settings, engine: Engine) -> None:
    factories.province(session, password_hash=HASH)
    session.commit()
    with ExitStack() as stack:
        site = stack.enter_context(served("console", settings, CALLCENTER_WORKERS="2"))
        _wrong_passwords_hold_up_nobody(site)
        _tries_count_together(site)
        hoa = site.client("/sign-in")
        assert hoa.post("/sign-in", {"username": "hoa", "password": PASSWORD}).status == 303
        streams = _streams_of_both(site, hoa, stack)
        with transaction(engine) as writing:
            announce(writing, "calls", call=17)
        for stream in streams:
            # Whatever else is announced meanwhile, each page hears of the call.
            while b'"call": [17]' not in stream.readline():
                assert not stream.closed
        for _ in range(4):
            assert f"hotline_live_pages {len(streams)}.0" in site.client().get("/metrics").text


def _guess(client: Client, username: str) -> Answer:
    return client.post("/sign-in", {"username": username, "password": "nothing like it"})


def _wrong_passwords_hold_up_nobody(site: Served) -> None:
    """Of people and of others, in both processes."""
    addresses = (f"10.0.0.{number}" for number in range(1, 200))
    while len(pool := pool_processes(site, 0)) < 2:
        assert _guess(site.client("/sign-in", next(addresses)), "lan").status == 401
    with held(pool), ThreadPoolExecutor(8) as threads:
        clients = [site.client("/sign-in", next(addresses)) for _ in range(8)]
        tries = [
            threads.submit(_guess, client, name) for client, name in zip(clients, ["lan", "nobody"] * 4, strict=True)
        ]
        for page in ("/healthz", "/sign-in", "/healthz", "/sign-in"):
            assert site.client().get(page).status == 200
        assert not any(future.done() for future in tries)
        for process in pool:
            process.resume()
        assert [future.result().status for future in tries] == [401] * 8


def _tries_count_together(site: Served) -> None:
    client = site.client("/sign-in", "10.0.1.1")
    assert [_guess(client, "phuc").status for _ in range(11)] == [401] * 10 + [429]


def _streams_of_both(site: Served, client: Client, stack: ExitStack) -> list[HTTPResponse]:
    """Open pages, until each of the two processes has one; all of them are in step."""
    streams: list[HTTPResponse] = []
    while len(streams) < 40:
        streams.append(stack.enter_context(client.stream("/live")))
        _read_to(streams[-1], b"event: resync")
        if sum(bool(_streams_in(worker)) for worker in psutil.Process(site.process.pid).children()) == 2:
            return streams
    raise AssertionError("40 streams in one process")


def _streams_in(worker: psutil.Process) -> int:
    """Open connections of it to a browser."""
    return sum(one.status == psutil.CONN_ESTABLISHED and bool(one.raddr) for one in worker.net_connections("tcp"))


def _read_to(stream: HTTPResponse, line: bytes) -> None:
    while stream.readline().strip() != line:
        assert not stream.closed
