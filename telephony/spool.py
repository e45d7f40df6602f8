"""On-disk spool of calls that cannot be written to the database: one snapshot a line, in order, replayed later.

The file is shared by all listeners of a PBX that have this data folder: the leader replays what is there. It
survives a kill at any byte: a line that was torn is left out, and a file that was read in part is read again.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog

from telephony.call_rows import CallSnapshot
from telephony.callflow import from_json

log = structlog.get_logger(__name__)

_LONGEST_LINE = 1 << 20


class Spool:
    """The file of one PBX. Every method may block on the disk, and raises OSError where that refuses."""

    def __init__(self, folder: Path, pbx: str) -> None:
        self.path = folder / f"{quote(pbx, safe='')}.jsonl"

    def waits(self) -> bool:
        """Whether there is anything to replay."""
        return self.path.exists()

    def append(self, snapshots: Sequence[CallSnapshot]) -> None:
        """On disk when this returns."""
        if not snapshots:
            return
        lines = b"".join(_line(snapshot) for snapshot in snapshots)
        # Callers' numbers: readable by this account alone.
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            file.write(b"\n" + lines if torn else lines)
            file.flush()
            os.fsync(file.fileno())
            if size == 0:
                _sync_folder(self.path.parent)

    def read(self, place: int, most: int) -> tuple[list[CallSnapshot], int]:
        """Up to `most` lines from this place on, and the place behind them; nothing more where that is the same."""
        snapshots: list[CallSnapshot] = []
        with self._locked("rb") as file:
            file.seek(place)
            for _ in range(most):
                line = file.readline(_LONGEST_LINE)
                if not line:
                    break
                snapshot = _snapshot(line)
                if snapshot is not None:
                    snapshots.append(snapshot)
            return snapshots, file.tell()

    def finish(self, place: int) -> bool:
        """Away with it, all of it is written; False where more has come since."""
        with self._locked("rb+") as file:
            if file.seek(0, os.SEEK_END) > place:
                return False
            self.path.unlink()
            return True

    def put_aside(self) -> None:
        """Out of the way, for a person to look at."""
        with suppress(OSError):
            self.path.replace(self.path.with_suffix(".unread"))

    @contextmanager
    def _locked(self, mode: str) -> Iterator[Any]:
        """The file that the path names now: the one that was opened may have been finished by another process."""
        while True:
            with open(self.path, mode, opener=_private) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _is_at(file, self.path):
                    yield file
                    return


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_at(file: Any, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _line(snapshot: CallSnapshot) -> bytes:
    return json.dumps({"epoch": snapshot.epoch, "call": dict(snapshot.state)}, ensure_ascii=True).encode() + b"\n"


def _snapshot(line: bytes) -> CallSnapshot | None:
    """None for a line that was torn by a kill: the next one of that call, or the witness, knows more."""
    if line == b"\n":
        return None
    try:
        kept = json.loads(line)
        return CallSnapshot.of(from_json(kept["call"]), int(kept["epoch"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("a line of the spool cannot be read", bytes=len(line))
        return None


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
