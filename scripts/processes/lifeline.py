"""Lifeline of a supervised process: it ends when its stdin does, even if the supervisor was killed."""

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
