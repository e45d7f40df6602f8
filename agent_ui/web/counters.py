"""Metrics of the web processes: each keeps its own in files of the data folder, and any of them sums up all.

A metric of prometheus_client in its multiprocess mode, where `scripts.processes.serve` has named the folder before it
was imported; elsewhere (a test, a tool) plain numbers of this process.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_own = CollectorRegistry()
PAGES = Gauge("hotline_live_pages", "Open live pages", multiprocess_mode="livesum", registry=_own)
POOL_TASKS = Counter(
    "hotline_pool_tasks",
    "Work for the pool: done, refused because it was full, given up because it was too slow or its process died",
    ["site", "lane", "result"],
    registry=_own,
)


class AllProcesses(Collector):
    """The counters of all processes of both sites, as far as they use this data folder."""

    def collect(self) -> Iterable[Metric]:
        folder = os.environ.get(FOLDER)
        if folder is None:
            return _own.collect()
        files = [str(path) for path in Path(folder).parent.glob("*/*.db") if _counts(path)]
        found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found


def _counts(path: Path) -> bool:
    """What a process counted stays; what is only while it lives (`gauge_livesum_PID.db`) goes with it."""
    kind, _, pid = path.stem.rpartition("_")
    return not kind.startswith("gauge_live") or _lives(int(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
