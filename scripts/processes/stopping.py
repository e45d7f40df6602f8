"""Stop signals: SIGTERM and Ctrl-C as an event that a loop can wait on."""

import signal
import threading
from types import FrameType


def stopped_by_signals() -> threading.Event:
    """Set by the first of them; call it in the main thread."""
    stop = threading.Event()

    def set_it(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_it)
    return stop
