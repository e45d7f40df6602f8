"""What writing a call costs: `python -m tests.bench.writing [CALLS [CALLS_A_SECOND]]`, by hand, without an Asterisk.

A call recorded from a real Asterisk, again and again with other ids, callers and operators, so many in a second of
its own time. What the fold changed within one breath of the writer is one batch, written as the listener writes it:
CPU of the writing thread and of PostgreSQL, statements a call. Beside it, in the same run, the floor: the same batches
by bare psycopg, without a fence, a rule or an announcement. `-p` profiles the writer instead.
"""

import cProfile
import pstats
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import psutil
import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine, event, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from callcenter.models import Call, Ticket
from telephony import callflow, recorder
from telephony.ami.protocol import AmiProtocol
from telephony.call_rows import CallSnapshot
from telephony.callflow import Calls, Rules, step
from telephony.events import Happening, Kind, interpret
from telephony.leadership import crown
from tests.bench.own_site import own_site

RECORDING = Path(__file__).parents[1] / "wire" / "recordings" / "answered.ami"
RULES = Rules.of(["1022"], ["from-trunk"])
BREATH_S = 0.05
ROUNDS = 3
EXTENSION = "121"
MEMBERS = 120
_TICK_S = 0.5

Batch = list[CallSnapshot]


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    calls = int(words[0]) if words else 600
    rate = float(words[1]) if len(words) > 1 else 30.0
    with own_site("writing") as (settings, engine):
        if "-p" in sys.argv:
            _profile(engine, list(batches(calls, rate, 0)))
        else:
            _compare(engine, settings.data_dir, calls, rate)


def _compare(engine: Engine, folder: Path, calls: int, rate: float) -> None:
    sides = {"writer": _writer(engine, "bench"), "floor": _floor(engine)}
    for _, write in sides.values():
        write(next(iter(batches(1, rate, 9_000))))
    print(f"{calls} answered calls, {rate:g} a second, a batch each {BREATH_S * 1000:g} ms; median of {ROUNDS} rounds")
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    lasted: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(ROUNDS):
        made = list(batches(calls, rate, turn))
        for name, (_, write) in sides.items():
            began, cpu, server = time.perf_counter(), time.thread_time(), _server_cpu(folder)
            for batch in made:
                started = time.perf_counter()
                write(batch)
                lasted[name].append(time.perf_counter() - started)
            spent = (time.perf_counter() - began, time.thread_time() - cpu, _server_cpu(folder) - server)
            figures[name].append(spent)
    snapshots = sum(map(len, made))
    p99 = {name: sorted(times)[round(0.99 * len(times)) - 1] * 1000 for name, times in lasted.items()}
    for name, (statements, _) in sides.items():
        wall, cpu, server = (sorted(column)[ROUNDS // 2] for column in zip(*figures[name], strict=True))
        print(
            f"  {name:<7} {calls / wall:6.0f} calls/s  {cpu / calls * 1000:6.2f} ms CPU a call  "
            f"PostgreSQL {server / calls * 1000:5.2f} ms  {statements() / ROUNDS / calls:5.1f} statements a call, "
            f"a batch p99 {p99[name]:.0f} ms  ({len(made)} batches, {snapshots / calls:.1f} snapshots a call)"
        )
    with Session(engine) as session:
        written = session.execute(select(Call.pbx, func.count(), func.count(Call.ended_at)).group_by(Call.pbx)).all()
        drafts = session.scalar(select(func.count()).select_from(Ticket))
    print(f"  rows: {written}, {drafts} tickets")


def batches(calls: int, rate: float, turn: int) -> Iterator[Batch]:
    """What the listener would hand to its writer, one batch each breath."""
    fold = Calls(RULES)
    ticked: datetime | None = None
    for _, happenings in groupby(_day(calls, rate, turn), lambda one: int(one.at.timestamp() / BREATH_S)):
        changed: set[str] = set()
        for happening in happenings:
            changed.update(step(fold, happening))
            ticked = ticked or happening.at
            if happening.at - ticked >= timedelta(seconds=_TICK_S):
                ticked = happening.at
                changed.update(step(fold, Happening(Kind.TICK, ticked)))
        if changed:
            yield [CallSnapshot.of(fold.by_id[linkedid], 1) for linkedid in sorted(changed) if linkedid in fold.by_id]


def _day(calls: int, rate: float, turn: int) -> list[Happening]:
    """All that happens, in order."""
    heard: list[Happening] = []
    now = datetime.now(UTC)

    def hear(said: dict[str, str | list[str]]) -> None:
        happening = interpret(said, now)
        if happening is not None:
            heard.append(happening)

    AmiProtocol(hear, lambda why: None).feed(RECORDING.read_bytes())
    day = [
        _again(happening, turn * 10_000 + number, number / rate)
        for number in range(calls)
        for happening in heard
    ]  # fmt: skip
    return sorted(day, key=lambda happening: happening.at)


def _again(happening: Happening, number: int, later_s: float) -> Happening:
    """The same, in another call."""
    extension = str(201 + number % MEMBERS)
    ids = {
        name: f"{value.partition('.')[0]}.{int(value.partition('.')[2]) + 10 * number + 10}"
        for name in ("uniqueid", "linkedid", "dest", "other")
        if (value := getattr(happening, name))
    }
    texts = {
        name: getattr(happening, name).replace(EXTENSION, extension) for name in ("channel", "dest_channel", "word")
    }
    return happening._replace(
        at=happening.at + timedelta(seconds=later_s),
        number=f"09{number:08d}" if happening.number else "",
        bridge=f"{happening.bridge}-{number}" if happening.bridge else "",
        **ids,
        **texts,
    )


Side = tuple[Callable[[], int], Callable[[Batch], object]]


def _writer(engine: Engine, pbx: str) -> Side:
    reign = crown(engine, pbx)
    told = [0]

    @event.listens_for(engine, "before_cursor_execute")
    def count(*_: object) -> None:
        told[0] += 1

    def write(batch: Batch) -> None:
        with reign.transaction() as session:
            done = recorder.record(session, pbx, batch, now=datetime.now(UTC), short_abandon_s=5)
        assert not done.over

    return lambda: told[0], write


def _floor(engine: Engine) -> Side:
    arguments, options = engine.dialect.create_connect_args(engine.url)
    connection = psycopg.connect(*arguments, **options)
    told = [0]
    names = [*CallSnapshot.of(_any_call(), 1).columns, "pbx", "snapshot", "epoch"]
    put = (
        f"INSERT INTO call ({', '.join(names)}) VALUES ({', '.join('%s' for _ in names)}) "
        f"ON CONFLICT (pbx, linkedid) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}"
    )
    draft = (
        "WITH t AS (INSERT INTO ticket (id, code, kind, source, state, level, caller, created_at)"
        " SELECT nextval('matter_id'), 'f' || nextval('ticket_number'), 'report', 'hotline', 'draft', 'normal',"
        " c.caller, now() FROM call c"
        " WHERE c.pbx = 'floor' AND c.linkedid = %s AND NOT EXISTS"
        " (SELECT FROM ticket_call tc WHERE tc.call_id = c.id) RETURNING id),"
        " e AS (INSERT INTO ticket_event (ticket_id, at, move, to_state, actor)"
        " SELECT id, now(), 'open', 'draft', 'floor' FROM t)"
        " INSERT INTO ticket_call SELECT t.id, c.id, 'opened' FROM t, call c"
        " WHERE c.pbx = 'floor' AND c.linkedid = %s"
    )

    def write(batch: Batch) -> None:
        rows = [_values(snapshot) for snapshot in batch]
        rung = [(snapshot.linkedid, snapshot.linkedid) for snapshot in batch if snapshot.columns["ringing"]]
        with connection.cursor() as cursor:
            cursor.executemany(put, rows)
            if rung:
                cursor.executemany(draft, rung)
        connection.commit()
        told[0] += 1 + bool(rung)

    return lambda: told[0], write


def _any_call() -> callflow.CallState:
    return callflow.CallState("1.0", datetime.now(UTC))


def _values(snapshot: CallSnapshot) -> Sequence[object]:
    types = Call.__table__.c
    columns = [
        Jsonb(value) if isinstance(types[name].type, JSONB) else value for name, value in snapshot.columns.items()
    ]
    return [*columns, "floor", Jsonb(snapshot.state), snapshot.epoch]


def _server_cpu(folder: Path) -> float:
    """Of our PostgreSQL, each connection of which is a process."""
    total = 0.0
    for process in psutil.process_iter(["name", "cmdline"]):
        if "postgres" in process.info["name"] and str(folder) in " ".join(process.info["cmdline"] or ()):
            for one in (process, *process.children(recursive=True)):
                times = one.cpu_times()
                total += times.user + times.system
    return total


def _profile(engine: Engine, made: Sequence[Batch]) -> None:
    _, write = _writer(engine, "bench")
    write(made[0])
    profile = cProfile.Profile()
    profile.enable()
    for batch in made:
        write(batch)
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
