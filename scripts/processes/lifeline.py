"""A supervised process ends with its supervisor, even when that was killed: its stdin then reaches its end."""

import os
import signal
from threading import Thread

from scripts.processes.children import LIFELINE


def tie() -> None:
    """To be called first: gevent's patching would turn a thread that is made later into one that never waits."""
    if os.environ.pop(LIFELINE, None):
        Thread(target=_end_with_it, daemon=True).start()


def _end_with_it() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
