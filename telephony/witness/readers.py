"""Readers of the PBX's own logs: a queue_log file through its rotations, and a database with the table `cel`.

Each goes on from a place that is kept between two looks: nothing is read twice from the start, nothing is skipped.
"""

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from sqlalchemy import DateTime, Engine, MetaData, RowMapping, Table, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from telephony.witness.cel import moment

Place = dict[str, Any]

_MARK = 256
_AT_ONCE = 1_000_000
_LINE = 20
_EPOCH = re.compile(rb"(\d{9,11})[.|]")
_ROWS = 2_000
# A moment without a zone may be a day off.
_ZONES = timedelta(days=1)
_IDS = ("acctid", "id")
# What reading a log can raise: of files, of packed ones, of a database, of one without a driver here.
UNREADABLE = (OSError, EOFError, zlib.error, SQLAlchemyError, ImportError)


def reason(error: Exception) -> str:
    """Why a log cannot be read, in one line and without an address, which may hold a password."""
    text = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'no reason'}"[:200]


@dataclass(frozen=True)
class Lines:
    """Whole lines without their line feed, and the place after them. `lost` says that something could not be found."""

    lines: list[str]
    place: Place
    lost: bool = False


def read_lines(path: Path, place: Mapping[str, Any], since: datetime | None = None) -> Iterator[Lines]:
    """All that was written since `place`, in pieces; without a place, today's file and what goes back to `since`.

    Raises OSError. A renamed file, or the copy of one that was cut short, packed by gzip or not, is known by its first
    bytes and those before the place.
    """
    place = dict(place)
    if not place and since is not None:
        for file in _back_to(path, since):
            yield from _pieces(file, _shortly_before(file, since), finished=True)
        place = _shortly_before(path, since)
    if place and not _goes_on(path, place):
        rest, later = _rotated(path, place)
        if rest is None:
            yield Lines([], {}, lost=True)
            later = []
        else:
            # Until today's file has a row, the renamed one may still be written to.
            yield from _pieces(rest, place, finished=bool(later) or path.stat().st_size > 0)
        for file in later:
            yield from _pieces(file, {}, finished=True)
        place = {}
    yield from _pieces(path, place, finished=False)


def _goes_on(path: Path, place: Mapping[str, Any]) -> bool:
    """Whether this is still the file, not a new one and not one that was cut short."""
    with _opened(path) as file:
        return _matches(file, place)


def _matches(file: BinaryIO, place: Mapping[str, Any]) -> bool:
    return bool(_mark(file, place["offset"]) == place["mark"])


def _mark(file: BinaryIO, offset: int) -> str:
    """The bytes before the offset, and the file's first: enough to know one log from another."""
    first, before = _edges(file, offset)
    return _sum(first, before) if len(before) == min(_MARK, offset) else ""


def _edges(file: BinaryIO, offset: int) -> tuple[bytes, bytes]:
    """Leaves the file at the offset."""
    first = _at(file, 0, min(_MARK, offset))
    return first, _at(file, max(0, offset - _MARK), min(_MARK, offset))


def _sum(first: bytes, before: bytes) -> str:
    return hashlib.sha256(first + before).hexdigest()


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _rotated(path: Path, place: Mapping[str, Any]) -> tuple[Path | None, list[Path]]:
    """The file that was being read, under its new name, and those that came between it and today's."""
    files = [file for _, file in _by_age(path)]
    for number, file in enumerate(files):
        with suppress(OSError, EOFError, zlib.error), _opened(file) as stream:
            if _matches(stream, place):
                return file, files[number + 1 :]
    return None, []


def _back_to(path: Path, since: datetime) -> list[Path]:
    """The older files that may hold rows of that time: those whose successor begins after it."""
    files = _by_age(path)
    ends = [first for first, _ in files[1:]] + [_first_epoch(path) or since.timestamp()]
    return [file for (_, file), end in zip(files, ends, strict=False) if end >= since.timestamp()]


def _by_age(path: Path) -> list[tuple[int, Path]]:
    files = [file for file in path.parent.glob(f"{path.name}[.-]*") if file.is_file()]
    return sorted((first, file) for file in files if (first := _first_epoch(file)) is not None)


def _first_epoch(file: Path) -> int | None:
    with suppress(OSError, EOFError, zlib.error), _opened(file) as stream:
        found = _EPOCH.match(stream.read(_LINE))
        return int(found[1]) if found else None
    return None


def _shortly_before(file: Path, since: datetime) -> Place:
    """A log of years is not read from its beginning; one that is packed, or small, is."""
    if file.suffix == ".gz":
        return {}
    with file.open("rb") as stream:
        low, high = 0, stream.seek(0, os.SEEK_END) // _AT_ONCE
        while low < high:
            middle = (low + high + 1) // 2
            # The rest of the line that the look fell into, then a whole one.
            stream.seek(middle * _AT_ONCE)
            stream.readline()
            found = _EPOCH.match(stream.readline(_LINE))
            low, high = (middle, high) if found and int(found[1]) < since.timestamp() else (low, middle - 1)
        if low == 0:
            return {}
        stream.seek(low * _AT_ONCE)
        stream.readline()
        return _place(stream, stream.tell())


def _opened(file: Path) -> BinaryIO:
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def _pieces(path: Path, place: Place, *, finished: bool) -> Iterator[Lines]:
    """A last line without its line feed is still being written, unless the file is finished.

    Read straight on: to go back in a packed file is to unpack it again from its beginning.
    """
    offset = int(place.get("offset", 0))
    with _opened(path) as file:
        first, before = _edges(file, offset)
        rest = b""
        while True:
            read = rest + file.read(_AT_ONCE - len(rest))
            whole, feed, rest = read.rpartition(b"\n")
            if finished and rest and len(read) < _AT_ONCE:
                whole, feed, rest = read, b"", b""
            elif not feed and len(read) == _AT_ONCE:
                # No line of app_queue's is that long: what is not a line is passed over.
                whole, rest = read, b""
            if not whole and not feed:
                return
            offset += len(whole) + len(feed)
            first += (whole[:_MARK] + feed)[: _MARK - len(first)]
            before = (before + whole[-_MARK:] + feed)[-_MARK:]
            yield Lines([_text(line) for line in whole.split(b"\n")], {"offset": offset, "mark": _sum(first, before)})


def _place(file: BinaryIO, offset: int) -> Place:
    return {"offset": offset, "mark": _mark(file, offset)}


def _text(line: bytes) -> str:
    # PostgreSQL keeps no NUL in a text.
    return line.decode("utf-8", "replace").replace("\x00", "�")


@dataclass(frozen=True)
class CelRows:
    """Rows in the order in which they were written, and the place after them."""

    rows: list[dict[str, Any]]
    place: Place


class CelDatabase:
    """A database with Asterisk's table `cel`; nothing is ever written to it. Use as a context."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    def __enter__(self) -> "CelDatabase":
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def look(self) -> None:
        """Whether there is a table that can be read; raises SQLAlchemyError when not."""
        table = Table("cel", MetaData(), autoload_with=self._engine)
        with self._engine.connect() as connection:
            connection.execute(select(table).limit(1))

    def read(self, place: Mapping[str, Any], since: datetime | None = None) -> Iterator[CelRows]:
        """All rows since `place`, in pieces; without a place, those from about `since` on.

        Raises SQLAlchemyError when the database or its table is not there.
        """
        table = Table("cel", MetaData(), autoload_with=self._engine)
        ids = {column.name.lower(): column.name for column in table.columns}
        key = next((ids[name] for name in _IDS if name in ids), None)
        if key and self._began_again(table, key, place):
            place = {}
        elif not place and since is not None:
            place = _shortly_before_row(self._engine, table, key, since - _ZONES)
        while True:
            piece = _by_id(self._engine, table, key, place) if key else _by_time(self._engine, table, place)
            if not piece.rows:
                return
            place = piece.place
            yield piece

    def _began_again(self, table: Table, key: str, place: Mapping[str, Any]) -> bool:
        """A table that was emptied or made anew counts from one."""
        with self._engine.connect() as connection:
            last = connection.scalar(select(func.max(table.columns[key])))
        return bool(place) and (last or 0) < place.get("id", 0)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database:
        # Read only, and without a lock that Asterisk would have to wait for.
        uri = URL.create("sqlite", database=f"file:{quote(parsed.database)}", query={"mode": "ro", "uri": "true"})
        engine = create_engine(uri, connect_args={"timeout": 5})
        event.listen(engine, "connect", _take_any_bytes)
        return engine
    if backend in ("postgresql", "postgres"):
        options = {"connect_timeout": 5, "options": "-c default_transaction_read_only=on"}
        return create_engine(parsed.set(drivername="postgresql+psycopg"), connect_args=options)
    return create_engine(parsed)


def _shortly_before_row(engine: Engine, table: Table, key: str | None, since: datetime) -> Place:
    """A table of years is not read from its beginning: ids rise with time."""
    if key is None:
        is_time = isinstance(table.columns["eventtime"].type, DateTime)
        return {"time": since.replace(tzinfo=None).isoformat(" ")} if is_time else {}
    column = table.columns[key]
    with engine.connect() as connection:
        low, high = 0, connection.scalar(select(func.max(column))) or 0
        while high - low > _ROWS:
            middle = (low + high) // 2
            row = connection.execute(select(table).where(column > middle).order_by(column).limit(1)).mappings().first()
            at = moment(_row(row)) if row is not None else None
            low, high = (middle, high) if at is not None and at < since else (low, middle)
    return {"id": low}


def _take_any_bytes(connection: Any, _: Any) -> None:
    """A caller's name can be in any encoding; one row with such a name must not end the reading."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _by_id(engine: Engine, table: Table, key: str, place: Mapping[str, Any]) -> CelRows:
    column = table.columns[key]
    query = select(table).where(column > place.get("id", 0)).order_by(column).limit(_ROWS)
    with engine.connect() as connection:
        rows = [_row(row) for row in connection.execute(query).mappings()]
    return CelRows(rows, {"id": rows[-1][key]} if rows else dict(place))


def _by_time(engine: Engine, table: Table, place: Mapping[str, Any]) -> CelRows:
    """Without an id: by the moment, and by what was seen of that moment already."""
    column = table.columns["eventtime"]
    query = select(table).order_by(column)
    since = place.get("time")
    if since is not None:
        is_time = isinstance(column.type, DateTime)
        query = query.where(column >= (datetime.fromisoformat(since) if is_time else since))
    seen = list(place.get("seen", ()))
    with engine.connect() as connection:
        found = [_row(row) for row in connection.execute(query.limit(_ROWS + len(seen))).mappings()]
    rows = [row for row in found if _hash(row) not in seen]
    if not rows:
        return CelRows([], dict(place))
    last = str(rows[-1]["eventtime"])
    again = [_hash(row) for row in found if str(row["eventtime"]) == last]
    return CelRows(rows, {"time": last, "seen": again})


def _row(row: RowMapping) -> dict[str, Any]:
    """As JSON can keep it; empty columns left out."""
    kept = {str(name): _plain(value) for name, value in row.items() if value not in (None, "")}
    return {"eventtime": "", **kept}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float) else str(value).replace("\x00", "�")


def _hash(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:16]
