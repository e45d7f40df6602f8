"""One task type of the pool: limits of its processes, of its queue and of the wait; the rest is refused at once.

Plain sockets, subprocesses and locks: in a server that gevent has patched they wait without holding it up. Where no
server has called `begin` (a command, a test without a server) the work is done on the spot, without a queue.
"""

import contextlib
import importlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from callcenter.errors import Busy, Invalid, WorkFailed
from callcenter.pool import framing

log = structlog.get_logger(__name__)

# Called for each task with the lane's name, and `done`, `full`, `slow` or `died`.
Report = Callable[[str, str], None]

_report: Report | None = None
_TRIES = 2
# Of starting a process. It costs a tenth of a second; a machine that has no processor left takes its time.
_START_S = 60.0
# How much the newest task counts in the mean duration.
_NEWEST = 0.2


def begin(report: Report = lambda _lane, _result: None) -> None:
    """From now on this process serves people: lanes work in processes of their own."""
    global _report  # noqa: PLW0603 (a process serves or does not)
    _report = report


@dataclass(frozen=True)
class Bounds:
    """Of a lane. Seconds, but for `cpu_s` (of a processor) and `memory_mb` (address space of a process)."""

    at_once: int = 1
    waiting: int = 16
    # Of one asker, waiting and at work; None where askers are not distinguished.
    of_one: int | None = None
    patience_s: float = 20
    # What a task may cost is `cpu_s`; this is for one that does nothing, and for a machine with no processor left.
    limit_s: float = 60
    cpu_s: int = 8
    memory_mb: int = 1024
    nice: int = 10
    idle_s: float = 60
    # How long a task takes, until a few have shown it.
    usual_s: float = 1


class Lane:
    """`module` lists in WORK what its processes can do; they import it and nothing of the server."""

    def __init__(self, name: str, module: str, bounds: Bounds) -> None:
        self.name = name
        self.bounds = bounds
        self._module = module
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(bounds.at_once)
        self._askers: Counter[str] = Counter()
        self._tasks = 0
        self._mean_s = bounds.usual_s
        self._idle: list[_Process] = []
        # A forked child must not talk to its parent's processes.
        os.register_at_fork(after_in_child=self._idle.clear)

    def run(
        self, call: str, arguments: framing.Facts, body: bytes = b"", *, asker: str | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Have it done by a process, waiting for a turn: `call` of WORK, with arguments that are JSON.

        Facts and body as the work gave them.

        Raises Busy when too many wait, WorkFailed when it takes too long or kills its process, Invalid as the work.
        """
        if _report is None:
            found, out = importlib.import_module(self._module).WORK[call](body, **arguments)
            return dict(found), out
        with self._turn(asker):
            began = time.monotonic()
            answer = self._ask({"call": call, "arguments": arguments}, body)
            self._mean_s += _NEWEST * (time.monotonic() - began - self._mean_s)
        _report(self.name, "done")
        return _unpack(*answer)

    def close(self) -> None:
        """End the processes that wait for work."""
        while self._idle:
            self._idle.pop().end()

    @contextlib.contextmanager
    def _turn(self, asker: str | None) -> Iterator[None]:
        with self._lock:
            self._check_room(asker)
            self._tasks += 1
            self._askers[asker or ""] += 1
        try:
            if not self._turns.acquire(timeout=self.bounds.patience_s):
                raise self._busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            with self._lock:
                self._tasks -= 1
                self._askers[asker or ""] -= 1
                self._askers += Counter()

    def _check_room(self, asker: str | None) -> None:
        bounds = self.bounds
        of_one = bounds.of_one is not None and asker is not None and self._askers[asker] >= bounds.of_one
        if of_one or self._tasks >= bounds.at_once + bounds.waiting:
            raise self._busy()

    def _busy(self) -> Busy:
        """With the seconds in which the present tasks will have been served."""
        assert _report is not None
        _report(self.name, "full")
        return Busy(max(1, math.ceil(self._tasks * self._mean_s / self.bounds.at_once)))

    def _ask(self, facts: framing.Facts, body: bytes) -> tuple[dict[str, Any], bytes]:
        """A process that died under the task may have been killed for another's: the task is tried once more."""
        for _try in range(_TRIES):
            process = self._process()
            try:
                answer = process.ask(facts, body, self.bounds.limit_s)
            except TimeoutError:
                process.end()
                raise self._failed("slow") from None
            except (EOFError, OSError, ValueError) as error:
                if (code := process.end()) == -signal.SIGXCPU:
                    raise self._failed("slow") from None
                log.warning("pool process died", lane=self.name, exit=code, error=type(error).__name__)
            except BaseException:
                # Half a frame may be under way.
                process.end()
                raise
            else:
                self._idle.append(process)
                return answer
        raise self._failed("died")

    def _failed(self, result: str) -> WorkFailed:
        assert _report is not None
        _report(self.name, result)
        log.warning("pool task given up", lane=self.name, result=result)
        return WorkFailed(f"a task of {self.name}: {result}")

    def _process(self) -> "_Process":
        while self._idle:
            process = self._idle.pop()
            if process.is_there():
                return process
            process.end()
        bounds = self.bounds
        return _Process(self._module, bounds.nice, bounds.memory_mb, bounds.cpu_s, bounds.idle_s)


class _Process:
    """A process of a lane, and our end of the socket to it."""

    def __init__(self, module: str, *limits: float) -> None:
        command = [sys.executable, "-P", "-m", "callcenter.pool.process", module, *map(str, limits)]
        ours, theirs = socket.socketpair()
        try:
            # In our own process group and session: what ends the server ends it too.
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours
        self._ready = False

    def ask(self, facts: framing.Facts, body: bytes, limit_s: float) -> tuple[dict[str, Any], bytes]:
        if not self._ready:
            framing.receive(self._socket, time.monotonic() + _START_S)
            self._ready = True
        until = time.monotonic() + limit_s
        self._socket.settimeout(limit_s)
        framing.send(self._socket, facts, body)
        return framing.receive(self._socket, until)

    def is_there(self) -> bool:
        """One that had nothing to do for long has left."""
        return self._process.poll() is None

    def end(self) -> int:
        """Whatever it does; its exit code, negative the signal that ended it."""
        self._socket.close()
        if self._process.poll() is None:
            # One that is going anyway is not killed: how it ended tells why.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return int(self._process.wait(0.2))
        self._process.kill()
        return int(self._process.wait())


def _unpack(facts: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    if problems := facts.get("problems"):
        raise Invalid(problems)
    if error := facts.get("error"):
        raise RuntimeError(error)
    return dict(facts["found"]), body
