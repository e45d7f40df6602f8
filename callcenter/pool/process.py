"""Worker process of a pool: one task after another, at low priority and within limits, until its server is gone.

`python -m callcenter.pool.process MODULE NICE MEMORY_MB CPU_S IDLE_S`; the socket to the server is its stdin.
"""

import contextlib
import importlib
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from callcenter.errors import Invalid
from callcenter.pool import framing

# Its memory was not enough: it leaves all of it, and whether the task is tried again is decided by the server.
NO_MEMORY = 77


def main(module: str, nice: str, memory_mb: str, cpu_s: str, idle_s: str) -> None:
    # Ctrl-C in a terminal reaches all of its processes; this one goes when its server is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work: Mapping[str, framing.Work] = importlib.import_module(module).WORK
    # Not before: the sender of the first task waits for all of this.
    _be_modest(int(nice), int(memory_mb))
    with socket.socket(fileno=os.dup(0)) as server:
        server.settimeout(float(idle_s))
        with contextlib.suppress(EOFError, OSError):
            framing.send(server, {"ready": module}, b"")
            while True:
                facts, body = framing.receive(server)
                _allow_seconds(int(cpu_s))
                framing.send(server, *_answer(work, facts, body))


def _answer(work: Mapping[str, framing.Work], facts: framing.Facts, body: bytes) -> tuple[framing.Facts, bytes]:
    try:
        found, out = work[facts["call"]](body, **facts["arguments"])
    except Invalid as error:
        return {"problems": error.problems}, b""
    except MemoryError:
        os._exit(NO_MEMORY)
    except Exception as error:  # noqa: BLE001 (raised again in the server)
        return {"error": f"{type(error).__name__}: {error}"[:1000]}, b""
    return {"found": found}, out


def _be_modest(nice: int, memory_mb: int) -> None:
    """Whatever a task does: the server goes before it, and the machine keeps its memory."""
    os.nice(nice)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Not every system can bound the address space (macOS), or be given the process to kill first.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900")


def _allow_seconds(cpu_s: int) -> None:
    """So many more seconds of a processor, and then SIGXCPU: time that others took does not count."""
    used = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
