"""Answered calls by the second through a real Asterisk to 60 open pages: `python -m tests.bench.live_load [RATE …]`.

By hand. SIPp makes the calls and answers them as 120 members; `scripts/manage listen` hears, `scripts/manage console`
pushes. Measured: from the moment Asterisk wrote an event (its Timestamp) to the announcement of that call arriving at
a page, for the start, the answer and the end of each call; what was lost; the CPU of every process. All of it, the
callers too, shares this machine with its other users: read the CPU column before the rates. CEL to SQLite is
off unless BENCH_CEL=1.
"""

import asyncio
import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import embedded, migrate
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.models import Call
from scripts.lab.asterisk_env import Asterisk, AsteriskSite
from tests import factories
from tests.browser.conftest import HASH, PASSWORD, ROOT
from tests.scripts.processes import free_port

RATES = (5.0, 10.0, 20.0, 30.0, 40.0)
SECONDS = 20
TALK_S = 2
PAGES = 60
READ_PAGES = 3
UAS_PORT = 6000
MEMBERS = tuple(str(number) for number in range(201, 321))
MANAGE = ROOT / "scripts" / "manage"

_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio 30000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""
_CALLER = f"""<?xml version="1.0"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:09[call_number]@carrier.invalid>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

{_SDP}]]></send>
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:09[call_number]@carrier.invalid>;tag=[call_number]
To: <sip:[service]@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>
<pause milliseconds="{TALK_S * 1000 + 1200}"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:09[call_number]@carrier.invalid>;tag=[call_number]
To: <sip:[service]@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
_ANSWER = """[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:member@[local_ip]:[local_port]>
"""
_MEMBER = f"""<?xml version="1.0"?>
<scenario name="member">
<recv request="INVITE"/>
<send><![CDATA[
SIP/2.0 180 Ringing
{_ANSWER}Content-Length: 0

]]></send>
<pause milliseconds="300"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
{_ANSWER}Content-Type: application/sdp
Content-Length: [len]

{_SDP}]]></send>
<recv request="ACK"/>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@dataclass
class Pages:
    """Open streams; what the first few hear is kept with its moment, what the others hear is only read."""

    heard: list[tuple[float, int]] = field(default_factory=list)
    resyncs: int = 0
    messages: int = 0

    async def open(self, port: int, cookie: str) -> list["asyncio.Task[None]"]:
        asked = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
        idle = [_stream(port, asked) for _ in range(PAGES - READ_PAGES)]
        read = [asyncio.create_task(self._read(port, asked)) for _ in range(READ_PAGES)]
        return [*read, asyncio.create_task(_drain(idle))]

    async def _read(self, port: int, asked: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(asked)
        assert b" 200 " in await reader.readline()
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                self._hear(time.time(), json.loads(line[6:]))
            self.resyncs += line.startswith(b"event: resync")

    def _hear(self, at: float, said: dict[str, Any]) -> None:
        self.messages += 1
        if said.get("topic") == "calls" and "call" in said:
            self.heard += [(at, call) for call in said["call"]]


def _stream(port: int, asked: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(asked)
    connection.setblocking(False)
    return connection


async def _drain(streams: Sequence[socket.socket]) -> None:
    """Read what is there now and then: sixty readers that wake for each message would be the busiest process of all."""
    while True:
        for stream in streams:
            with contextlib.suppress(BlockingIOError):
                stream.recv(1 << 16)
        await asyncio.sleep(0.1)


def main() -> None:
    rates = [float(word) for word in sys.argv[1:]] or RATES
    folder = Path(tempfile.mkdtemp(prefix="hotline-load-"))
    folder.chmod(0o711)
    pbx = Asterisk(_site())
    _one_port(pbx)
    pbx.start()
    # Its commits to a file hold Asterisk up before its processor does: from about 20 calls a second on this machine.
    if os.environ.get("BENCH_CEL") != "1":
        pbx.cli("module unload cel_sqlite3_custom.so")
    try:
        with embedded.hold(Settings(data_dir=folder)) as lease:
            print(f"{pbx.version}, {os.cpu_count()} cores for everything, {PAGES} pages, {len(MEMBERS)} members")
            asyncio.run(_measure(pbx, folder, lease, rates))
    finally:
        pbx.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _site() -> AsteriskSite:
    members = "\n".join(f"member => PJSIP/{number},0,{number}" for number in MEMBERS)
    settings = {"HOTLINE_MENU": "no", "HOTLINE_GREETING_S": "0", "HOTLINE_RECORD": "no"}
    return AsteriskSite(MEMBERS, f"[hotline-1022](+)\n{members}\n", settings)


def _one_port(pbx: Asterisk) -> None:
    """All members behind one SIPp: what is measured is not how fast 120 of them run."""
    path = pbx.home / "etc" / "pjsip.conf"
    path.write_text(re.sub(r"(contact = sip:\d+@[\d.]+):\d+", rf"\1:{UAS_PORT}", path.read_text()))


async def _measure(pbx: Asterisk, folder: Path, lease: Any, rates: Sequence[float]) -> None:
    port = free_port()
    engine = make_engine(lease.database_url)
    migrate.upgrade(engine)
    with Session(engine) as session:
        factories.province(session, password_hash=HASH)
    environment = {
        **os.environ,
        "CALLCENTER_DATA_DIR": str(folder),
        "CALLCENTER_PBX": f"load={pbx.ami_url()}",
        "CALLCENTER_CONSOLE_BIND": f"127.0.0.1:{port}",
        "CALLCENTER_QUEUE_LOG": f"load={pbx.queue_log}",
    }
    with (
        _process(environment, folder, "listen", lambda log: "ready load" in log) as listener,
        _process(environment, folder, "console", lambda _: _answers(port)) as console,
        _sipp(pbx, "member", ["-i", pbx.phones, "-p", str(UAS_PORT), "-nostdin"]) as members,
    ):
        pages = Pages()
        tasks = await pages.open(port, await asyncio.to_thread(_sign_in, port))
        await asyncio.sleep(2)
        watched = {"asterisk": pbx._process, "listener": listener, "console": console, "sipp members": members}
        for rate in rates:
            await _one_rate(pbx, folder, engine, pages, rate, watched)
        for task in tasks:
            task.cancel()
    engine.dispose()


@contextlib.contextmanager
def _process(
    environment: dict[str, str], folder: Path, command: str, ready: Callable[[str], bool]
) -> Iterator[psutil.Process]:
    path = folder / f"{command}.log"
    with path.open("wb") as log:
        process = subprocess.Popen([MANAGE, command], env=environment, stdout=log, stderr=log)
    try:
        _until(lambda: ready(path.read_text()), command)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def _sipp(pbx: Asterisk, name: str, arguments: Sequence[str]) -> Iterator[psutil.Process]:
    home = pbx.home / "sipp"
    (home / f"{name}.xml").write_text(_MEMBER if name == "member" else _CALLER)
    command = pbx.command("usr/bin/sipp", "-sf", f"{pbx.inside}/sipp/{name}.xml", *arguments)
    environment = {**os.environ, "TERM": "dumb"}
    with (home / f"{name}.out").open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
    except OSError:
        return False
    return True


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not begin")
        time.sleep(0.1)


def _sign_in(port: int) -> str:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"http://127.0.0.1:{port}/sign-in").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"username": "hoa", "password": PASSWORD, "csrf_token": token[1] if token else ""}
    opener.open(f"http://127.0.0.1:{port}/sign-in", urllib.parse.urlencode(form).encode())
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


async def _one_rate(
    pbx: Asterisk, folder: Path, engine: Any, pages: Pages, rate: float, watched: dict[str, Any]
) -> None:
    calls = round(rate * SECONDS)
    began, wall = datetime.now().astimezone(), time.monotonic()
    pages.heard.clear()
    groups = {name: _family(process.pid) for name, process in watched.items() if process is not None}
    groups["this bench"] = [psutil.Process()]
    groups |= {name: _servers(folder, name) for name in ("postgres", "valkey-server")}
    logged = len(pbx.queue_log.read_bytes()) if pbx.queue_log.exists() else 0
    arguments = [
        *(f"{pbx.address}:5060", "-s", "1022", "-i", f"{pbx.net}.64", "-p", "5070", "-l", "2000", "-nostdin"),
        *("-r", str(rate), "-m", str(calls), "-timeout", "120s", "-trace_stat", "-stf", f"{pbx.inside}/sipp/stat.csv"),
        *("-trace_err", "-error_file", f"{pbx.inside}/sipp/errors.log"),
    ]
    (pbx.home / "sipp" / "stat.csv").unlink(missing_ok=True)
    with _sipp(pbx, "caller", arguments) as callers:
        before = {name: _cpu(group) for name, group in groups.items()}
        busy = _machine_busy()
        while callers.status() != psutil.STATUS_ZOMBIE and callers.is_running():
            await asyncio.sleep(0.2)
            groups["sipp callers"] = [callers]
            with contextlib.suppress(psutil.Error):
                before.setdefault("sipp callers", 0.0)
                spent = _cpu([callers])
    wall = time.monotonic() - wall
    busy = _machine_busy() - busy
    used = {name: _cpu(group) - before[name] for name, group in groups.items() if name != "sipp callers"}
    used["sipp callers"] = spent
    used["everybody else on this machine"] = max(0.0, busy - sum(used.values()))
    await asyncio.sleep(4)
    good, failed = _counted(pbx)
    if failed:
        print(f"  first failure: {(pbx.home / 'sipp' / 'errors.log').read_text(errors='replace')[:400]!r}")
    rows = pbx.queue_log.read_bytes()[logged:].decode(errors="replace").splitlines()
    connected = {row.split("|")[1] for row in rows if "|CONNECT|" in row}
    _report(engine, pages, rate, began, (good, failed, len(connected)), wall, used)


def _servers(folder: Path, name: str) -> list[psutil.Process]:
    """Ours, not those of another user on this machine; each connection of PostgreSQL is a process."""
    found = [one for one in psutil.process_iter(["name", "cmdline"]) if name in one.info["name"]]
    own = [one for one in found if str(folder) in " ".join(one.info["cmdline"] or ())]
    return [child for one in own for child in _family(one.pid)]


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(group: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in group:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _machine_busy() -> float:
    """Seconds that all cores together have worked, for whomever."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _counted(pbx: Asterisk) -> tuple[int, int]:
    """Calls that SIPp saw through to their end, and those that it did not: refused by Asterisk, most of all."""
    head, *rest = (pbx.home / "sipp" / "stat.csv").read_text().splitlines()
    values = dict(zip(head.split(";"), rest[-1].split(";"), strict=False))
    return int(values["SuccessfulCall(C)"]), int(values["FailedCall(C)"])


def _report(
    engine: Any,
    pages: Pages,
    rate: float,
    began: datetime,
    counts: tuple[int, int, int],
    wall: float,
    used: dict[str, float],
) -> None:
    good, failed, logged = counts
    with Session(engine) as session:
        found = session.execute(
            select(Call.id, Call.started_at, Call.answered_at, Call.ended_at, Call.outcome).where(
                Call.started_at >= began
            )
        ).all()
    arrivals: dict[int, list[float]] = {}
    for at, call in pages.heard:
        arrivals.setdefault(call, []).append(at)
    print(f"{rate:g} calls/s: {good} by SIPp ({failed} failed), {logged} answered in queue_log, {len(found)} recorded, "
          f"{sum(row.outcome == 'answered' for row in found)} answered; load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for name, moment in (("start", 1), ("answer", 2), ("end", 3)):
        lags = [_lag(arrivals.get(row[0], ()), row[moment]) for row in found if row[moment] is not None]
        known = [lag for lag in lags if lag is not None]
        half = len(known) // 2
        print(
            f"  {name:<7} p50 {_share(known, 0.5):6.0f} ms  p99 {_share(known, 0.99):6.0f} ms  "
            f"max {_share(known, 1):6.0f} ms  p50 of the first half {_share(known[:half], 0.5):.0f}, "
            f"of the second {_share(known[half:], 0.5):.0f}  "
            f"unheard {len(lags) - len(known)}"
        )
    print("  CPU % of a core: " + ", ".join(f"{name} {seconds / wall * 100:.0f}" for name, seconds in used.items())
          + f"; resyncs {pages.resyncs}")  # fmt: skip


def _lag(arrivals: Sequence[float], moment: datetime) -> float | None:
    """From the event to the first announcement of this call that came after it."""
    later = [at - moment.timestamp() for at in arrivals if at >= moment.timestamp()]
    return min(later) if later else None


def _share(lags: Sequence[float], share: float) -> float:
    ordered = sorted(lags)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))] * 1000 if ordered else statistics.nan


if __name__ == "__main__":
    main()
