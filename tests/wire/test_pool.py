"""Lanes of the pool: bounded, at low priority, and nothing that a task does to its process reaches the server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callcenter.errors import Busy, Invalid, WorkFailed
from callcenter.pool import lane as pool
from callcenter.pool.lane import Bounds, Lane

MakeLane = Callable[[Bounds], Lane]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the lanes of a serving process report."""
    results: list[str] = []
    monkeypatch.setattr(pool, "_report", lambda _lane, result: results.append(result))
    return results


@pytest.fixture
def make(told: list[str]) -> Iterator[MakeLane]:
    lanes: list[Lane] = []

    def one(bounds: Bounds) -> Lane:
        lanes.append(Lane("test", "tests.wire.pool_work", bounds))
        return lanes[-1]

    yield one
    for lane in lanes:
        lane.close()


@contextmanager
def occupied(lane: Lane, folder: Path, asker: str | None = None) -> Iterator[Path]:
    """The lane's one process is at work on a task of `asker` until the file given here exists."""
    begun, until = folder / "begun", folder / "until"
    facts = {"begun": str(begun), "until": str(until)}
    worker = threading.Thread(target=lambda: lane.run("wait", facts, asker=asker))
    worker.start()
    while not begun.exists():
        worker.join(0.01)
        assert worker.is_alive() or begun.exists()
    try:
        yield until
    finally:
        until.touch()
        worker.join()


def test_facts_and_bytes_go_both_ways_at_low_priority(make: MakeLane, told: list[str]) -> None:
    lane = make(Bounds(nice=5))
    body = bytes(range(256)) * 20_000
    found, out = lane.run("echo", {"words": "đèn đường"}, body)
    assert (found["words"], out) == ("đèn đường", body[::-1])
    assert found["nice"] >= 5
    assert told == ["done"]


def test_what_the_work_says_is_wrong_is_said_here(make: MakeLane) -> None:
    lane = make(Bounds())
    with pytest.raises(Invalid) as refused:
        lane.run("refuse", {})
    assert refused.value.problems == {"files": "file_broken"}
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        lane.run("break", {})
    assert lane.run("echo", {"words": "still there"})[0]["words"] == "still there"


def test_who_finds_no_room_is_refused_at_once_with_the_time_to_wait(
    make: MakeLane, told: list[str], tmp_path: Path
) -> None:
    lane = make(Bounds(waiting=0, usual_s=7))
    with occupied(lane, tmp_path):
        with pytest.raises(Busy) as refused:
            lane.run("echo", {"words": ""})
        assert refused.value.retry_s == 7
    assert lane.run("echo", {"words": "now"})[0]["words"] == "now"
    assert told == ["full", "done", "done"]


def test_one_asker_does_not_take_the_room_of_the_others(make: MakeLane, tmp_path: Path) -> None:
    lane = make(Bounds(waiting=1, of_one=1))
    others: list[str] = []
    waiter = threading.Thread(target=lambda: others.append(lane.run("echo", {"words": "b"}, asker="b")[0]["words"]))
    with occupied(lane, tmp_path, asker="a"):
        with pytest.raises(Busy):
            lane.run("echo", {"words": "a"}, asker="a")
        waiter.start()
    waiter.join()
    assert others == ["b"]


def test_who_waited_long_enough_is_sent_away(make: MakeLane, tmp_path: Path) -> None:
    lane = make(Bounds(patience_s=0.05))
    with occupied(lane, tmp_path), pytest.raises(Busy):
        lane.run("echo", {"words": ""})


def test_a_process_that_is_killed_is_replaced_and_its_task_done_again(make: MakeLane, tmp_path: Path) -> None:
    assert make(Bounds()).run("die", {"once": str(tmp_path / "died")})[0] == {"lived": True}


def test_what_kills_its_process_each_time_is_given_up(make: MakeLane, told: list[str]) -> None:
    lane = make(Bounds())
    with pytest.raises(WorkFailed):
        lane.run("die", {"once": ""})
    assert told == ["died"]
    assert lane.run("echo", {"words": "new one"})[0]["words"] == "new one"


def test_what_uses_too_much_processor_is_ended(make: MakeLane, told: list[str]) -> None:
    with pytest.raises(WorkFailed):
        make(Bounds(cpu_s=0)).run("spin", {})
    assert told == ["slow"]


def test_what_does_not_end_is_ended(make: MakeLane, told: list[str], tmp_path: Path) -> None:
    never = {"begun": str(tmp_path / "begun"), "until": str(tmp_path / "never")}
    with pytest.raises(WorkFailed):
        make(Bounds(limit_s=0.2)).run("wait", never)
    assert told == ["slow"]


def test_what_asks_for_too_much_memory_does_not_get_it(make: MakeLane, told: list[str]) -> None:
    with pytest.raises(WorkFailed):
        make(Bounds(memory_mb=300)).run("eat", {})
    assert told == ["died"]


def test_a_command_nobody_waits_for_does_its_work_on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_report", None)
    lane = Lane("test", "tests.wire.pool_work", Bounds())
    assert lane.run("echo", {"words": "here"}, b"ab")[1] == b"ba"
    assert lane._idle == []
