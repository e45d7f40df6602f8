"""Generated past of the demo: calls by the curve of a day, and the tickets that followed from them.

A transaction for a part of a day; deadlines that ran out are noted by the same sweep as in real life. What each person
did is in `scripts.demo.stories`.
"""

import gc
import os
import signal
import sys
import time as clock
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Event, Thread

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter import batch, push
from callcenter.db import make_engine, reading, transaction
from callcenter.models import Call, ExtensionSpan, User
from callcenter.vocab import Role
from scripts.demo.simulated.callers import LOCAL
from scripts.demo.simulated.past import messages
from scripts.demo.stories import Agenda
from tickets.life import sweeps

CALLS_A_DAY = 120
# When deadlines are looked at beside midnight; most of them end with the morning's or the afternoon's work.
_LOOKS = (time(11, 35), time(17, 5))


@dataclass(frozen=True)
class BackfillCounts:
    days: int
    calls: int


def write(
    engine: Engine, data_dir: Path, *, days: int, now: datetime, stop: Event | None = None,
    calls_a_day: int = CALLS_A_DAY, workers: int | None = None,
) -> BackfillCounts:  # fmt: skip
    """Write the `days` local days before today, and today so far; a day that has calls already stays as it is.

    Safe to run again. Needs the demo's people and rules (`scripts.demo.seeding`). Several processes share the callers.
    """
    today = now.astimezone(LOCAL).date()
    wanted = [today - timedelta(days=back) for back in range(days, -1, -1)]
    with reading(engine) as session:
        known = _days_with_calls(session)
    fresh = [day for day in wanted if day not in known]
    if not fresh:
        return BackfillCounts(0, 0)
    calls = 0
    messages(data_dir)
    with transaction(engine) as session:
        _sat_there_since(session, datetime.combine(wanted[0], time(), LOCAL))
    with _crew(engine, data_dir, known, workers or min(4, os.cpu_count() or 1)) as crew, _progress(len(wanted)) as tell:
        for day in wanted:
            if stop is not None and stop.is_set():
                break
            made = sum(_slice(engine, crew, day, end, calls_a_day) for end in _ends(day, now))
            calls += made
            tell(day, made)
    return BackfillCounts(len(fresh), calls)


def _sat_there_since(session: Session, start: datetime) -> None:
    """The past has owners too: each operator had the usual extension from then until the demo knows of it."""
    operators = select(User).where(User.role == Role.OPERATOR, User.active, User.usual_extension.is_not(None))
    for user in session.scalars(operators):
        first = select(func.min(ExtensionSpan.since)).where(ExtensionSpan.extension == user.usual_extension)
        until = session.scalar(first) or user.created_at
        if until > start:
            session.add(
                ExtensionSpan(
                    user_id=user.id, extension=user.usual_extension, since=start, until=until, ended_by_id=user.id
                )
            )


def _ends(day: date, now: datetime) -> list[datetime]:
    """The moments of a day up to which all of them work before time is looked at, none after `now`."""
    ends = [datetime.combine(day, moment, LOCAL) for moment in _LOOKS] + [
        datetime.combine(day + timedelta(days=1), time(), LOCAL)
    ]
    return sorted({min(end, now) for end in ends})


def _slice(engine: Engine, crew: Sequence[Executor], day: date, end: datetime, calls_a_day: int) -> int:
    """Everybody's work up to `end`, then the sweep that notes what is overdue by then; returns the calls made."""
    parts = [one.submit(_work, day, end, calls_a_day) for one in crew]
    made = sum(part.result() for part in parts)
    with transaction(engine) as session:
        _work_alone(session)
        sweeps.sweep(session, end)
    return made


@contextmanager
def _crew(engine: Engine, data_dir: Path, known: set[date], workers: int) -> Iterator[list[Executor]]:
    """Processes of one worker each, every one with its own share of the callers: none waits for another's rows."""
    url = engine.url.render_as_string(hide_password=False)
    crew: list[Executor] = [
        ProcessPoolExecutor(1, get_context("spawn"), _begin, (url, data_dir, known, share, workers))
        for share in range(workers)
    ]
    try:
        yield crew
    finally:
        for one in crew:
            one.shutdown()


@dataclass
class _BackfillWorker:
    engine: Engine
    past: Agenda


_worker: _BackfillWorker | None = None


def _begin(url: str, data_dir: Path, known: set[date], share: int, shares: int) -> None:
    """In a worker process: it ends with the one that started it, which alone hears Ctrl-C."""
    global _worker  # noqa: PLW0603 (a pool's worker has nowhere else to keep what it knows)
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = make_engine(url, application="hotline-history")
    with reading(engine) as session:
        _worker = _BackfillWorker(engine, Agenda(session, data_dir, known, share, shares))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(day: date, end: datetime, calls_a_day: int) -> int:
    assert _worker
    # A slice's thousands of rows are no rubbish, and looking for rubbish among them takes time.
    gc.disable()
    with transaction(_worker.engine) as session:
        # Each worker has its own callers.
        _work_alone(session)
        made = _worker.past.live_until(session, day, end, calls_a_day)
    gc.enable()
    return made


def _work_alone(session: Session) -> None:
    """No other session writes these rows, so what was read once stays true; and no page shows the past."""
    push.mute(session)
    batch.begin(session)


def _days_with_calls(session: Session) -> set[date]:
    local_day = func.date(func.timezone(str(LOCAL), Call.started_at))
    return set(session.scalars(select(local_day).distinct()))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[date, int], None]]:
    """A bar where a person looks on, plain lines in a log."""
    began = clock.monotonic()
    if sys.stdout.isatty():
        columns = (TextColumn("Writing the past"), BarColumn(), TextColumn("{task.fields[day]}"), TimeRemainingColumn())
        with Progress(*columns, transient=True) as bar:
            task = bar.add_task("", total=total, day="")
            yield lambda day, made: bar.update(task, advance=1, day=f"{day:%d/%m/%Y}  {made} calls")
    else:
        yield lambda day, made: print(f"History {day:%Y-%m-%d}: {made} calls", flush=True)
    print(f"The past is written: {total} days in {clock.monotonic() - began:.0f} s.", flush=True)
