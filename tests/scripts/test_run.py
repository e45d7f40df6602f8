"""scripts/run: everything comes up, a dead child comes back, Ctrl-C or a killed supervisor leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.scripts.processes import environment, free_port, left_over, running, wait_for_line

RUN = (sys.executable, "-P", "-m", "scripts.processes.run_all")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hotline run ") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder) / "var"
        # A test that failed in the middle: its processes still write while they end.
        _nothing_left(Path(folder) / "var", 15)


@pytest.fixture
def hotline(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    given = environment(
        CALLCENTER_DATA_DIR=str(data_dir),
        CALLCENTER_CONSOLE_BIND=f"127.0.0.1:{free_port()}",
        CALLCENTER_PUBLIC_BIND=f"127.0.0.1:{free_port()}",
    )
    with running(given, *RUN) as process:
        wait_for_line(process, "Ctrl-C ends everything")
        yield process


def _nothing_left(data_dir: Path, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while left_over(data_dir):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_pages_answer_and_ctrl_c_ends_all_of_it(hotline: subprocess.Popen[str], data_dir: Path) -> None:
    facts = data_dir / "demo.json"
    assert facts.stat().st_mode & 0o777 == 0o600
    told = json.loads(facts.read_text(encoding="utf-8"))
    assert {user["role"] for user in told["users"]} >= {"operator", "shift_leader", "supervisor", "officer", "admin"}
    assert set(told["tokens"]) == {"api", "open311"}
    for address in (f"{told['console']}/sign-in", f"{told['public']}/"):
        with urllib.request.urlopen(address, timeout=10) as page:
            assert page.status == 200
    wait_for_line(hotline, "call   ")
    hotline.send_signal(signal.SIGINT)
    # Each child has four seconds before it is killed, and the servers are the last.
    assert hotline.wait(30) == 0
    assert _nothing_left(data_dir, 3)


def test_a_dead_child_comes_back_and_a_killed_supervisor_takes_all_with_it(
    hotline: subprocess.Popen[str], data_dir: Path
) -> None:
    (relay,) = _relays(data_dir)
    relay.kill()
    assert "relay ended (killed by SIGKILL); starting it again in 1 s" in wait_for_line(hotline, "relay ended")
    until = time.monotonic() + 10
    while not _relays(data_dir):
        assert time.monotonic() < until
        time.sleep(0.05)
    hotline.kill()
    hotline.wait()
    assert _nothing_left(data_dir, 15)


def _relays(data_dir: Path) -> list[psutil.Process]:
    return [process for process in left_over(data_dir) if process.cmdline()[-1:] == ["relay"]]
