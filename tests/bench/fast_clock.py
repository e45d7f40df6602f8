"""A day in minutes: an event loop whose clock jumps to whatever comes next; `datetime` and `time` that follow it."""

import asyncio
import types
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

Result = TypeVar("Result")


class FastLoop(asyncio.SelectorEventLoop):
    """No task waits: where nothing can go on now, the clock is set to the next moment at which something can.

    What would run in a thread runs at once, in its turn, so that the same day passes in the same way each time.
    """

    def __init__(self, start: datetime, passed_s: float = 0.0) -> None:
        self._start, self._passed_s = start, passed_s
        super().__init__()

    def time(self) -> float:
        return self._passed_s

    @property
    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed_s)

    def epoch(self) -> float:
        return self.now.timestamp()

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Result], *args: Any
    ) -> "asyncio.Future[Result]":
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is raised where the future is awaited
            future.set_exception(error)
        return future

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self._passed_s = max(self._passed_s, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def follow(loop: FastLoop, *modules: types.ModuleType) -> None:
    """In these modules `datetime.now`, `time.time` and `time.monotonic` are the loop's."""

    class Moment(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return loop.now.astimezone(tz or UTC)

    clock = types.SimpleNamespace(time=loop.epoch, monotonic=loop.time)
    for module in modules:
        if hasattr(module, "datetime"):
            module.datetime = Moment  # type: ignore[attr-defined]
        if hasattr(module, "time"):
            module.time = clock  # type: ignore[attr-defined]
