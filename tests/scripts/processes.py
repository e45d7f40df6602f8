"""Commands of the project as processes of a test: started, read line by line, ended."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from callcenter.config import Settings

ROOT = Path(__file__).parents[2]
MANAGE = (sys.executable, "-P", "-m", "scripts.tools.cli")


def environment(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """The caller's, with the servers of these settings."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    if settings:
        given |= {
            "CALLCENTER_DATA_DIR": str(settings.data_dir),
            "CALLCENTER_DATABASE_URL": str(settings.database_url),
            "CALLCENTER_REDIS_URL": str(settings.redis_url),
        }
    return given | {"CALLCENTER_EMBEDDED_FSYNC": "off"} | more


def manage(given: dict[str, str], *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *arguments], env=given, input=text, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running(given: dict[str, str], *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process whose output comes line by line, both streams in one; killed at the end if it still runs."""
    process = subprocess.Popen(
        command, env=given, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def wait_for_line(process: subprocess.Popen[str], words: str) -> str:
    """The first line with these words; fails with all that came when the process ends without it."""
    assert process.stdout
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"{words!r} never came:\n{''.join(seen)}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def left_over(data_dir: Path) -> list[psutil.Process]:
    """Every process that works on this data folder: by its command line, or by its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            told = [*process.cmdline(), process.environ().get("CALLCENTER_DATA_DIR", "")]
            if any(str(data_dir) in word for word in told):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]
