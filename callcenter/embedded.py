"""Lifecycle of the embedded servers: the first process that needs them starts them, the last to leave stops them.

A lease is a shared lock on one file, so the kernel takes it back from a process that is killed. A small watcher
waits for the exclusive lock on the same file: it stops the servers where no process was left to do it.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from callcenter.embedded_servers import Postgres, Valkey, launch, remove_socket_folder
from callcenter.errors import SettingError

if TYPE_CHECKING:
    from callcenter.config import Settings


class Lease:
    """Both addresses, good until `release`; where both are set from outside it holds nothing."""

    def __init__(self, database_url: str, redis_url: str, data_dir: Path, holding: int | None) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self._data_dir = data_dir
        self._holding = holding
        self._pid = os.getpid()

    def release(self) -> None:
        """Leave; stops the servers when no other process is left. A forked child leaves nothing: it is its parent's."""
        if self._holding is None or self._pid != os.getpid():
            return
        holding, self._holding = self._holding, None
        with _starting(self._data_dir):
            _leave(self._data_dir, holding)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def hold(settings: "Settings") -> Lease:
    """Start what is needed and not yet running. Raises SettingError, in one line, when that cannot work here."""
    data_dir = settings.data_dir
    if settings.database_url and settings.redis_url:
        return Lease(settings.database_url, settings.redis_url, data_dir, None)
    postgres = None if settings.database_url else Postgres(data_dir)
    valkey = None if settings.redis_url else Valkey(data_dir)
    try:
        holding = _join(data_dir, [server for server in (valkey, postgres) if server])
    except OSError as error:
        where = error.filename or data_dir
        raise SettingError("CALLCENTER_DATA_DIR", f"{where}: {error.strerror}",
                           "choose a folder this user may write to, or give it to this user") from None  # fmt: skip
    return Lease(
        postgres.url if postgres else str(settings.database_url),
        valkey.url if valkey else str(settings.redis_url),
        data_dir,
        holding,
    )


def _join(data_dir: Path, servers: list[Postgres | Valkey]) -> int:
    for folder in (data_dir, data_dir / "run", data_dir / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    with _starting(data_dir):
        holding = _open(data_dir, "holders.lock")
        fcntl.flock(holding, fcntl.LOCK_SH)
        try:
            for server in servers:
                server.start()
            _start_watcher(data_dir)
        except BaseException:
            _leave(data_dir, holding)
            raise
    return holding


def _leave(data_dir: Path, holding: int) -> None:
    try:
        fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Either others stay, or the watcher is stopping the servers now: then this waits until it is done.
        fcntl.flock(holding, fcntl.LOCK_SH)
    else:
        _stop(data_dir)
    finally:
        os.close(holding)


def _stop(data_dir: Path) -> None:
    for server in (Valkey(data_dir), Postgres(data_dir)):
        server.stop()
    remove_socket_folder(data_dir)


@contextmanager
def _starting(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops."""
    lock = _open(data_dir, "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(data_dir: Path, name: str) -> int:
    return os.open(data_dir / "run" / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _start_watcher(data_dir: Path) -> None:
    if not _locked(data_dir):
        root = str(Path(__file__).resolve().parents[1])
        launch([sys.executable, "-m", "callcenter.embedded", str(data_dir)], data_dir / "log" / "watcher.log", cwd=root)


def _locked(data_dir: Path) -> bool:
    lock = _open(data_dir, "watcher.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def watch(data_dir: Path) -> None:
    """Wait until no process holds a lease, however each ended, and stop the servers."""
    own = _open(data_dir, "watcher.lock")
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    holders = _open(data_dir, "holders.lock")
    fcntl.flock(holders, fcntl.LOCK_EX)
    _stop(data_dir)
    # In this order: the next process waits for the second and must not find the first still taken.
    os.close(own)
    os.close(holders)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
