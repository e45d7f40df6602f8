"""Serves one of the two sites by gunicorn's gevent workers, each of them a process."""

import errno
import gc
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from callcenter.errors import SettingError

_SETTINGS: dict[str, Any] = {
    "worker_class": "gevent",
    "worker_connections": 2000,
    "control_socket_disable": True,
    "graceful_timeout": 1,
    "timeout": 60,
    "keepalive": 5,
    "loglevel": "warning",
    "proc_name": "hotline",
}


class _GunicornSite(BaseApplication):  # type: ignore[misc]
    def __init__(self, make: Callable[[], Any], settings: dict[str, Any]) -> None:
        self._make = make
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        app = self._make()
        settle()
        return app


def serve(make: Callable[[], Any], bind: str, setting: str, *, workers: int = 1) -> None:
    """Serve until SIGTERM. `make` is called in each worker, after the fork; it may hold no connection of before.

    Raises SettingError, naming `setting`, when the address cannot be had.
    """
    check_free(bind, setting)
    _GunicornSite(make, {**_SETTINGS, "bind": [bind], "workers": workers}).run()


def share_counters(data_dir: Path, site: str) -> None:
    """Give the processes of this site a folder to count in together; prometheus_client looks for it at its import."""
    folder = data_dir / "run" / "counters" / site
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def settle() -> None:
    """From here on what is loaded is not searched for rubbish again and again, and what a request leaves less often.

    A request makes and drops tens of thousands of objects, nearly all of which go without that search.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def check_free(bind: str, setting: str) -> None:
    """Raises SettingError when nothing can listen there; gunicorn itself would try five times and print a trace."""
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            problem = f"{bind} is taken by another program" if taken else f"{bind}: {error.strerror}"
            raise SettingError(setting, problem, "stop that program or choose another HOST:PORT") from None
