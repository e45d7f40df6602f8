"""The order of a whole run over more workers than processors: what waits is played beside what computes."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

# The longest come first; what is not named comes after them, and what only computes fills the rest.
_FIRST = (
    "tests/asterisk/test_faults.py",
    "tests/asterisk/test_live_calls.py",
    "tests/asterisk/test_phone.py",
    "tests/asterisk/test_hostile_calls.py",
    "tests/asterisk/",
    "tests/scripts/",
    "tests/browser/first_hour/",
    "tests/browser/",
    "tests/web/test_access.py",
)
# How many of a kind at once for each processor. A PBX mostly waits, but its calls keep their seconds only where it
# gets its turn at once; a browser computes for as long as a page opens.
_AT_ONCE = {"asterisk": 1.5, "browser": 1.5}


class Turns(LoadGroupScheduling):
    """By the folder of a test: so many PBXs and browsers side by side, and pages again where a browser is open."""

    def __init__(self, config: pytest.Config, log: Any, processors: int) -> None:
        super().__init__(config, log)
        self._most = {kind: max(1, round(share * processors)) for kind, share in _AT_ONCE.items()}
        self._browsing: set[WorkerController] = set()

    def _reschedule(self, node: WorkerController) -> None:
        """One test ahead is what a worker must know; a long unit behind another one would wait while others idle."""
        if not self.workqueue or self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = next(self._fitting(node), next(iter(self.workqueue)))
        self.workqueue.move_to_end(scope, last=False)
        if self._kind(scope) == "browser":
            self._browsing.add(node)
        super()._assign_work_unit(node)

    def _fitting(self, node: WorkerController) -> Iterator[str]:
        """Waiting units that this worker may begin now."""
        busy = Counter(kind for other in self.nodes if other is not node for kind in self._kinds_of(other))
        full = {kind for kind, most in self._most.items() if busy[kind] >= most}
        if node in self._browsing:
            yield from (scope for scope in self.workqueue if self._kind(scope) == "browser")
        yield from (scope for scope in self.workqueue if self._kind(scope) not in full)

    def _kinds_of(self, node: WorkerController) -> set[str]:
        units = self.assigned_work[node]
        return {self._kind(scope) for scope, unit in units.items() if not all(unit.values())}

    def _kind(self, scope: str) -> str:
        unit = self.workqueue.get(scope) or next(
            units[scope] for units in self.assigned_work.values() if scope in units
        )
        return next(iter(unit)).split("/")[1]


def rank(nodeid: str) -> int:
    """The place of a test in the order of a whole run."""
    return next((place for place, start in enumerate(_FIRST) if nodeid.startswith(start)), len(_FIRST))
