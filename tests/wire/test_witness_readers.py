"""The readers of queue_log and CEL: nothing twice, nothing skipped, whatever becomes of the file in between."""

import gzip
import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from telephony.witness import readers as witness
from telephony.witness.readers import CelDatabase, Place, read_lines
from tests.generated import examples


class Follower:
    """A reader that is started anew for each look, with nothing but the place it kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place: Place = {}
        self.seen: list[str] = []
        self.lost = False

    def look(self) -> list[str]:
        new = []
        for piece in read_lines(self.path, json.loads(json.dumps(self.place))):
            new += piece.lines
            self.place = piece.place
            self.lost = self.lost or piece.lost
        self.seen += new
        return new


def line(number: int) -> str:
    return f"{1795612700 + number}|{1795612700 + number}.{number}|q|NONE|HOTLINESTAGE|prompt||"


def write(path: Path, *numbers: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line(number)}\n" for number in numbers)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    write(path, 1, 2)
    return path


def test_it_goes_on_where_it_stopped(log: Path) -> None:
    follower = Follower(log)
    assert follower.look() == [line(1), line(2)]
    assert follower.look() == []
    write(log, 3)
    assert follower.look() == [line(3)]


class OnceThrough(gzip.GzipFile):
    """A packed file that counts how often it is unpacked from its beginning again."""

    backwards = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET:
            OnceThrough.backwards += offset < self.tell()
        return super().seek(offset, whence)


def test_a_packed_log_is_unpacked_once_however_long_it_is(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, *range(3, 5_000))
    packed = log.with_name("queue_log.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    lines = log.read_text().splitlines()
    log.write_text("")
    monkeypatch.setattr(witness, "_AT_ONCE", 1_000)
    monkeypatch.setattr(witness, "_opened", lambda file: OnceThrough(file) if file.suffix == ".gz" else file.open("rb"))
    pieces = list(witness.read_lines(log, {}, since=datetime(2026, 11, 1, tzinfo=UTC)))
    assert [line for piece in pieces for line in piece.lines] == lines
    assert len(pieces) > 100
    assert OnceThrough.backwards <= 2
    # Each place on the way is one from which it is gone on with.
    for piece in pieces[::40]:
        rest = [line for later in witness.read_lines(log, piece.place) for line in later.lines]
        assert rest == lines[-len(rest) :]
        assert lines[-len(rest) - 1] == piece.lines[-1]


def test_a_line_that_is_still_being_written_waits(log: Path) -> None:
    follower = Follower(log)
    with log.open("a") as file:
        file.write(line(3)[:20])
    assert follower.look() == [line(1), line(2)]
    with log.open("a") as file:
        file.write(line(3)[20:] + "\n")
    assert follower.look() == [line(3)]


@pytest.mark.parametrize("name", ["queue_log.0", "queue_log.1", "queue_log-20261125", "queue_log.20261125-0300"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_renamed_file_is_read_to_its_end_first(log: Path, name: str, packed: bool) -> None:
    follower = Follower(log)
    follower.look()
    write(log, 3)
    old = log.rename(log.with_name(name))
    if packed:
        old = _pack(old)
    write(log, 4)
    assert follower.look() == [line(3), line(4)]
    assert follower.look() == []
    assert not follower.lost


def test_files_that_came_and_went_in_between_are_read_in_their_order(log: Path) -> None:
    follower = Follower(log)
    follower.look()
    for number in (3, 4, 5):
        write(log, number * 10)
        # Asterisk numbers upwards, logrotate shifts: the rows themselves tell which is older.
        log.rename(log.with_name(f"queue_log.{9 - number}"))
    _pack(log.with_name("queue_log.5"))
    write(log, 60)
    assert follower.look() == [line(30), line(40), line(50), line(60)]


def test_a_file_cut_short_goes_on_in_its_copy(log: Path) -> None:
    follower = Follower(log)
    follower.look()
    write(log, 3)
    _cut_short(log)
    assert follower.look() == [line(3)]
    write(log, 4)
    assert follower.look() == [line(4)]
    assert not follower.lost


def test_a_file_cut_short_and_longer_again_is_noticed(log: Path) -> None:
    follower = Follower(log)
    follower.look()
    write(log, 3)
    _cut_short(log)
    write(log, *range(10, 20))
    assert follower.look() == [line(3), *(line(number) for number in range(10, 20))]


def test_the_first_look_goes_back_as_far_as_it_is_asked(log: Path) -> None:
    for number in (10, 20, 30):
        log.rename(log.with_name(f"queue_log.{number}"))
        write(log, number)
    since = datetime.fromtimestamp(1795612700 + 15, UTC)
    found = [text for piece in read_lines(log, {}, since) for text in piece.lines]
    assert found == [line(10), line(20), line(30)]


def test_the_first_look_skips_what_is_older_in_a_long_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, *range(3, 500))
    monkeypatch.setattr(witness, "_AT_ONCE", 200)
    for wanted in (0, 1, 2, 250, 499, 600):
        since = datetime.fromtimestamp(1795612700 + wanted, UTC)
        pieces = list(read_lines(log, {}, since))
        found = [text for piece in pieces for text in piece.lines]
        assert found[-(500 - wanted) :] == [line(number) for number in range(max(wanted, 1), 500)] or wanted == 600
        assert len(found) < 500 - wanted + 10 or wanted == 600
        assert [text for piece in read_lines(log, pieces[-1].place) for text in piece.lines] == []


def test_what_was_moved_away_is_said_to_be_lost_and_the_rest_is_read(log: Path) -> None:
    follower = Follower(log)
    follower.look()
    log.unlink()
    write(log, 7)
    assert follower.look() == [line(7)]
    assert follower.lost
    write(log, 8)
    assert follower.look() == [line(8)]


def test_between_renaming_and_opening_again_rows_still_go_to_the_old_file(log: Path) -> None:
    follower = Follower(log)
    follower.look()
    old = log.rename(log.with_name("queue_log.1"))
    log.touch()
    with old.open("a") as file:
        file.write(line(3)[:15])
    assert follower.look() == []
    with old.open("a") as file:
        file.write(line(3)[15:] + "\n")
    assert follower.look() == [line(3)]
    write(log, 4)
    assert follower.look() == [line(4)]


def test_a_log_that_is_not_there_is_an_error_to_say(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Follower(tmp_path / "queue_log").look()


def test_bytes_that_are_no_text_do_not_stop_it(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b"\xff\x00\xfe|x\n" + b"x" * 50 + b"\n")
    assert len(Follower(log).look()) == 4


def test_pieces_of_any_size_give_the_same_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, *range(3, 50))
    monkeypatch.setattr(witness, "_AT_ONCE", 100)
    assert Follower(log).look() == [line(number) for number in (1, 2, *range(3, 50))]


STEPS = st.lists(st.sampled_from(["write", "half", "look", "rename", "cut", "pack"]), max_size=25)


@examples(60)
@given(steps=STEPS)
def test_whatever_happens_each_line_is_read_once(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    folder = tmp_path_factory.mktemp("log")
    path, number, half = folder / "queue_log", 0, ""
    write(path, 0)
    follower, written = Follower(path), [line(0)]
    follower.look()

    def end_half() -> None:
        nonlocal half
        if half:
            with path.open("a") as file:
                file.write(half + "\n")
            half = ""

    for place, step in enumerate(steps):
        if step in ("write", "half"):
            end_half()
            number += 1
            written.append(line(number))
            with path.open("a") as file:
                file.write(line(number)[:20] if step == "half" else line(number) + "\n")
            half = line(number)[20:] if step == "half" else ""
        elif step == "look":
            follower.look()
        elif path.stat().st_size:
            end_half()
            old = folder / f"queue_log.{place}"
            if step == "cut":
                shutil.copy(path, old)
                os.truncate(path, 0)
            else:
                path.rename(old)
                path.touch()
                _pack(old) if step == "pack" else None
    end_half()
    follower.look()
    assert follower.seen == written
    shutil.rmtree(folder)


def _pack(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def _cut_short(path: Path) -> None:
    """As logrotate's copytruncate."""
    shutil.copy(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


# CEL


def _look(url: str, place: Place) -> tuple[list[dict[str, Any]], Place]:
    rows = []
    with CelDatabase(url) as database:
        for piece in database.read(json.loads(json.dumps(place))):
            rows += piece.rows
            place = piece.place
    return rows, place


def test_rows_of_sqlite_are_read_once_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "_ROWS", 3)
    path = tmp_path / "a folder, 100% ours" / "cel.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, uniqueid)")
        insert = "INSERT INTO cel (eventtype, eventtime, uniqueid) VALUES ('CHAN_START', ?, '')"
        asterisk.executemany(insert, [(f"{number}.5",) for number in range(7)])
        asterisk.commit()
        rows, place = _look(f"sqlite:///{path}", {})
        assert [row["AcctId"] for row in rows] == list(range(1, 8))
        assert "uniqueid" not in rows[0]
        # A transaction of Asterisk's that is still open neither stops the reader nor is seen.
        asterisk.execute(insert, ("9.5",))
        assert _look(f"sqlite:///{path}", place) == ([], place)
        asterisk.commit()
        rows, place = _look(f"sqlite:///{path}", place)
        assert [row["eventtime"] for row in rows] == ["9.5"]
        # The table is emptied: it counts from one again.
        asterisk.execute("DELETE FROM cel")
        asterisk.execute(insert, ("10.5",))
        asterisk.commit()
        assert [row["eventtime"] for row in _look(f"sqlite:///{path}", place)[0]] == ["10.5"]


def test_a_name_in_another_encoding_does_not_end_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "cel.db"
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, cidname)")
        insert = "INSERT INTO cel (eventtype, eventtime, cidname) VALUES ('CHAN_START', '1.5', CAST(? AS TEXT))"
        asterisk.executemany(insert, [(b"Tr\xe7n",), (b"Lan",)])
        asterisk.commit()
        rows, _ = _look(f"sqlite:///{path}", {})
    assert [row["cidname"] for row in rows] == ["Tr\ufffdn", "Lan"]


def test_the_first_look_into_a_long_table_begins_about_where_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "_ROWS", 10)
    path, began, hour = tmp_path / "cel.db", 1795612700, 3600
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime)")
        moments = [(f"{began + number * hour}.5",) for number in range(1000)]
        asterisk.executemany("INSERT INTO cel (eventtype, eventtime) VALUES ('X', ?)", moments)
        asterisk.commit()
    with CelDatabase(f"sqlite:///{path}") as database:
        pieces = list(database.read({}, datetime.fromtimestamp(began + 900 * hour, UTC)))
    ids = [row["AcctId"] for piece in pieces for row in piece.rows]
    assert 860 < ids[0] <= 900 - 23
    assert ids[-1] == 1000


def test_nothing_is_written_to_the_pbx(tmp_path: Path) -> None:
    with pytest.raises(SQLAlchemyError):
        _look(f"sqlite:///{tmp_path / 'none.db'}", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["id serial primary key,", ""])
def test_rows_of_postgres_with_and_without_an_id(
    empty_database_url: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cel_pgsql's table need not have an id: then a moment that was read in part is read on."""
    monkeypatch.setattr(witness, "_ROWS", 3)
    pbx = create_engine(empty_database_url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        _run(pbx, f"CREATE TABLE cel ({key} eventtype varchar, eventtime timestamp, uniqueid varchar)")
        moments = ["08:00:01", "08:00:02", "08:00:02", "08:00:02", "08:00:02", "08:00:03"]
        for number, moment in enumerate(moments):
            _run(pbx, f"INSERT INTO cel VALUES ({'DEFAULT,' if key else ''} 'X', '2026-11-25 {moment}', 'u{number}')")
        rows, place = _look(empty_database_url, {})
        assert [row["uniqueid"] for row in rows] == ["u0", "u1", "u2", "u3", "u4", "u5"]
        _run(pbx, f"INSERT INTO cel VALUES ({'DEFAULT,' if key else ''} 'X', '2026-11-25 08:00:03', 'u6')")
        rows, place = _look(empty_database_url, place)
        assert [row["uniqueid"] for row in rows] == ["u6"]
        assert _look(empty_database_url, place)[0] == []
    finally:
        _run(pbx, "DROP TABLE IF EXISTS cel")
        pbx.dispose()


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))
