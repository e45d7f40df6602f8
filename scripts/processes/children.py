"""Supervision of child processes: logs to files, warnings to the screen, a dead one started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

# Seconds between SIGTERM and SIGKILL.
STOP_S = 4.0
LONGEST_BACK_OFF_S = 30.0
WELL_AFTER_S = 60.0
LIFELINE = "HOTLINE_LIFELINE"


class Child:
    """One process, in a session of its own: Ctrl-C in the terminal reaches the supervisor alone."""

    def __init__(self, name: str, command: Sequence[str], log: Path, say: Callable[[str], None]) -> None:
        self.name = name
        self.restart_at: float | None = None
        self._command = list(command)
        self._log = log
        self._say = say
        self._failures = 0
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        self.restart_at = None
        self._started = time.monotonic()
        # Its stdin is a lifeline: it closes when this process is gone, however it ended, and the child stops.
        self._process = subprocess.Popen(
            self._command,
            env={**environment, LIFELINE: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        Thread(target=self._follow, args=(self._process.stderr,), daemon=True).start()

    def died(self) -> int | None:
        """The exit code, once, of a child that ended and waits for nothing yet."""
        if self._process is None or self.restart_at is not None:
            return None
        return self._process.poll()

    def back_off(self) -> float:
        """Plan the next start; returns in how many seconds: 1, 2, 4 … 30, from 1 again after a good minute."""
        self._failures = 0 if time.monotonic() - self._started > WELL_AFTER_S else self._failures
        seconds = min(2.0**self._failures, LONGEST_BACK_OFF_S)
        self._failures += 1
        self.restart_at = time.monotonic() + seconds
        return seconds

    def signal(self, number: signal.Signals) -> None:
        """To the whole session: gunicorn's worker must not outlive gunicorn."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def terminate(self) -> None:
        """Ask the process itself; it knows its own children."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def ended(self, until: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _follow(self, lines: IO[bytes] | None) -> None:
        assert lines is not None
        with self._log.open("ab") as file:
            for line in lines:
                file.write(line)
                file.flush()
                warning = _warning(line)
                if warning:
                    self._say(f"{self.name}: {warning}")


def _warning(line: bytes) -> str | None:
    """The text of a log line that a person should see."""
    try:
        found = json.loads(line)
        if found.get("level") not in {"warning", "error", "critical"}:
            return None
    except (ValueError, AttributeError):
        return None
    more = found.get("error") or found.get("detail")
    return f"{found.get('event')}{f' ({more})' if more else ''}"


class Supervisor:
    """Starts children, starts the dead again, ends all of them together."""

    def __init__(self, log_dir: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._children: list[Child] = []
        self.environment = dict(environment)
        self._log_dir = log_dir
        self._say = say

    def start(self, name: str, *arguments: str) -> None:
        """Start `python -m ARGUMENTS…` under this name; its log is `<data_dir>/log/NAME.log`."""
        command = [sys.executable, "-P", "-m", *arguments]
        child = Child(name, command, self._log_dir / f"{name}.log", self._say)
        self._children.append(child)
        child.start(self.environment)

    def keep(self, stop: Event) -> None:
        """Until `stop`: log each child that died, and start it again with growing pauses."""
        while not stop.wait(0.2):
            self.look_after()

    def look_after(self) -> None:
        for child in self._children:
            code = child.died()
            if code is not None:
                seconds = child.back_off()
                log = self._log_dir / f"{child.name}.log"
                self._say(f"{child.name} ended ({_ending(code)}); starting it again in {seconds:.0f} s, see {log}")
            elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.start(self.environment)

    def ended(self, name: str) -> bool:
        """Whether the child of that name is not running now."""
        return any(child.died() is not None for child in self._children if child.name == name)

    def stop(self) -> None:
        """End every child; what does not go by itself is killed. Takes less than 5 s."""
        for child in self._children:
            child.terminate()
        until = time.monotonic() + STOP_S
        for child in self._children:
            if not child.ended(until):
                self._say(f"{child.name} does not end by itself: killed")
            child.signal(signal.SIGKILL)


def _ending(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
