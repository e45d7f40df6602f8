"""From an AMI event to the operator's page in Chromium: `python -m tests.bench.event_to_page [CALLS]`, by hand.

A recorded call is played again and again to the real listener, with the real database, broker and console; it rings
at 101, whose page is open. Measured: from the AgentCalled event leaving the socket to the caller's number standing in
the page. Beside it, in the same run, what the bare live channel takes from a publish to the browser: the rest is ours.
"""

import asyncio
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from callcenter import embedded, migrate, push
from callcenter.config import Settings
from callcenter.db import make_engine
from tests import factories
from tests.browser.conftest import HASH, PASSWORD, ROOT, Chromium, served
from tests.wire.ami_server import SECRET, AmiServer

RECORDING = ROOT / "tests" / "wire" / "recordings" / "abandoned_soon.ami"
# In the page: when which number first stood in the ring panel, and when which bare announcement arrived.
_OBSERVE = """
window.seen = {}; window.heard = {};
new MutationObserver(() => {
  const digits = (document.querySelector('#ring')?.textContent || '').replace(/[^0-9]/g, '');
  for (const [number] of digits.matchAll(/09[0-9]{8}/g))
    window.seen[number] ??= performance.timeOrigin + performance.now();
}).observe(document.body, {subtree: true, childList: true, characterData: true});
new EventSource('/live').addEventListener('change', (event) => {
  const said = JSON.parse(event.data);
  if (said.probe !== undefined) window.heard[said.probe] = performance.timeOrigin + performance.now();
});
"""


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        Path(folder).chmod(0o711)
        with embedded.hold(Settings(data_dir=Path(folder))) as lease, _pbx() as (server, loop):
            settings = Settings(
                data_dir=Path(folder),
                database_url=lease.database_url,
                redis_url=lease.redis_url,
                secret_key="a secret of the bench",
            )
            _prepare(settings)
            with _listener(settings, server), served("console", settings) as site, Chromium() as browser:
                # The page allows no eval, which is how Playwright waits.
                page = _signed_in(browser.get().new_context(bypass_csp=True).new_page(), site.url)
                base = [_probe(page, settings, number) for number in range(calls)]
                ours = [_ring(page, server, loop, number) for number in range(calls)]
    _report("live channel alone", base)
    _report("AMI event to page", ours)
    print(f"ratio of medians: {statistics.median(ours) / statistics.median(base):.1f}")


def _report(name: str, times: list[float]) -> None:
    times = sorted(times)
    p99 = times[min(len(times) - 1, round(0.99 * len(times)))]
    print(f"{name}: n={len(times)}  median {statistics.median(times):.1f} ms  p99 {p99:.1f} ms  max {times[-1]:.1f} ms")


def _prepare(settings: Settings) -> None:
    engine = make_engine(str(settings.database_url))
    migrate.upgrade(engine)
    with Session(engine) as session:
        factories.province(session, password_hash=HASH)
    engine.dispose()


@contextlib.contextmanager
def _pbx() -> Iterator[tuple[AmiServer, asyncio.AbstractEventLoop]]:
    """An AMI server in a thread of its own: Playwright's calls block this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(AmiServer().start(), loop).result()
    try:
        yield server, loop
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextlib.contextmanager
def _listener(settings: Settings, server: AmiServer) -> Iterator[None]:
    environment = {
        **os.environ,
        "CALLCENTER_DATA_DIR": str(settings.data_dir),
        "CALLCENTER_DATABASE_URL": str(settings.database_url),
        "CALLCENTER_REDIS_URL": str(settings.redis_url),
        "CALLCENTER_PBX": f"bench=ami://callcenter:{SECRET.replace(' ', '%20')}@127.0.0.1:{server.port}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.tools.cli", "listen"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "ready bench" in line:
            break
    try:
        yield
    finally:
        process.terminate()
        process.communicate()


def _signed_in(page: Page, url: str) -> Page:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Tên đăng nhập").fill("lan")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_selector("body[data-live-ready]")
    page.evaluate(_OBSERVE)
    page.wait_for_timeout(1000)
    return page


def _probe(page: Page, settings: Settings, number: int) -> float:
    client = push.make_publisher(str(settings.redis_url))
    began = time.time() * 1000
    client.publish(push.channel(str(settings.redis_url)), f'{{"topic": "tickets", "probe": {number}}}')
    arrived: float = page.wait_for_function(f"() => window.heard[{number}]", polling=5).json_value()
    client.close()
    return arrived - began


def _ring(page: Page, server: AmiServer, loop: asyncio.AbstractEventLoop, number: int) -> float:
    """One call: rings, is seen, gives up; the page is empty again before the next."""
    caller = f"09{10_000_000 + number}"
    blocks = _blocks(caller, number)
    ring = next(index for index, block in enumerate(blocks) if block["Event"] == "AgentCalled")
    _send(server, loop, blocks[:ring])
    page.wait_for_function(
        f"() => document.querySelector('#waiting').textContent.replaceAll(' ', '').includes('{caller}')"
    )
    # No phone rings in the moment in which the call before ended; the page gathers bursts of 200 ms.
    page.wait_for_timeout(300)
    began = time.time() * 1000
    _send(server, loop, blocks[ring : ring + 1])
    seen: float = page.wait_for_function(f"() => window.seen['{caller}']", polling=5).json_value()
    _send(server, loop, blocks[ring + 1 :])
    page.wait_for_function(
        f"() => !document.querySelector('#ring').textContent.replaceAll(' ', '').includes('{caller}')"
    )
    return seen - began


def _send(server: AmiServer, loop: asyncio.AbstractEventLoop, blocks: list[dict[str, str]]) -> None:
    _on(loop, lambda: server._send(*blocks))


def _on(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    done = threading.Event()
    loop.call_soon_threadsafe(lambda: (act(), done.set()))
    done.wait()


def _first(header: str, text: str) -> str:
    found = re.search(rf"^{header}: (\S+)", text, re.MULTILINE)
    assert found, header
    return found[1]


def _blocks(caller: str, number: int) -> list[dict[str, str]]:
    """The recorded call as a new one: other ids, other caller, ringing at 101, now."""
    text = RECORDING.read_bytes().decode().replace("\r\n", "\n")
    was, leg, dialled = (_first(name, text) for name in ("Uniqueid", "DestUniqueid", "DID"))
    start = f"{int(time.time())}.{number * 2}"
    for old, new in ((was, start), (leg, f"{int(time.time())}.{number * 2 + 1}"), ("0900000001", caller),
                     ("/121", "/101"), (f"DID: {dialled}", "DID: 1022")):  # fmt: skip
        text = text.replace(old, new)
    blocks = [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in text.split("\n\n")]
    mine = [block for block in blocks if block.get("Uniqueid") == start or block.get("DestLinkedid") == start]
    return [{**block, "Timestamp": f"{time.time():.6f}"} for block in mine]


if __name__ == "__main__":
    main()
