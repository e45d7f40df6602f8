"""Work of a pool that behaves badly, for its tests: as a process of the pool imports it."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from callcenter.errors import Invalid
from callcenter.pool.framing import Facts, Work


def _echo(body: bytes, *, words: str) -> tuple[Facts, bytes]:
    return {"words": words, "nice": os.nice(0)}, body[::-1]


def _refuse(_body: bytes) -> tuple[Facts, bytes]:
    raise Invalid({"files": "file_broken"})


def _break(_body: bytes) -> tuple[Facts, bytes]:
    raise ZeroDivisionError("by nothing")


def _wait(_body: bytes, *, begun: str, until: str) -> tuple[Facts, bytes]:
    Path(begun).touch()
    while not Path(until).exists():
        time.sleep(0.01)
    return {}, b""


def _die(_body: bytes, *, once: str) -> tuple[Facts, bytes]:
    """Killed the first time; with an empty `once` each time."""
    if not once or not Path(once).exists():
        if once:
            Path(once).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"lived": True}, b""


def _spin(_body: bytes) -> tuple[Facts, bytes]:
    while True:
        pass


def _eat(_body: bytes) -> tuple[Facts, bytes]:
    return {"eaten": len(bytearray(1 << 30))}, b""


WORK: Mapping[str, Work] = {
    "echo": _echo, "refuse": _refuse, "break": _break, "wait": _wait, "die": _die, "spin": _spin, "eat": _eat,
}  # fmt: skip
