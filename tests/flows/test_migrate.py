"""The schema on an empty database: brought up once however many ask, the same as the models, and taken down again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, insert, inspect, select, text
from sqlalchemy.orm import Session

from callcenter import migrate
from callcenter.db import Base, make_engine
from callcenter.models import ExtensionSpan, User

_SOMETHING: dict[type, Any] = {
    str: "x", int: 1, float: 1.5, bool: False, object: {"a": 1}, list: ["x"],
    datetime: datetime(2026, 11, 23, 2, 0, tzinfo=UTC), date: date(2026, 11, 23), time: time(7, 30),
}  # fmt: skip
# Columns whose values live in rows of another table since; the way back brings them home.
_MOVED = {
    ("ticket", column) for column in ("triage_due", "accept_due", "answer_due", "waiting_since", "paused_minutes")
}
ALL = migrate._between(None, migrate._script().get_current_head())


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_many_at_once_apply_it_once_and_a_second_time_changes_nothing(empty: Engine) -> None:
    assert not migrate.is_current(empty)
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate.upgrade(empty), range(4)))
    assert sorted(applied, key=len) == [[], [], [], ALL]
    assert migrate.is_current(empty)
    assert migrate.upgrade(empty) == []


def test_the_migrations_make_what_the_models_say(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def _fill(connection: Connection) -> dict[str, dict[str, Any]]:
    """One row in every table, each column with something in it; by table, as the database keeps it."""
    schema = MetaData()
    schema.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    for table in schema.sorted_tables:
        if table.name == "alembic_version":
            continue
        values = {}
        for column in table.columns:
            of = next(iter(column.foreign_keys), None)
            if of is not None and of.column.table is not table:
                values[column.name] = rows[of.column.table.name][of.column.name]
            elif of is None and column.identity is None:
                values[column.name] = _SOMETHING[column.type.python_type]
        made = connection.execute(insert(table).values(values).returning(*table.columns))
        rows[table.name] = dict(made.mappings().one())
    return rows


def _kept(connection: Connection, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same tables and columns, read again."""
    return {
        name: dict(connection.execute(text(f"SELECT {', '.join(row)} FROM {name}")).mappings().one())
        for name, row in rows.items()
    }


def test_a_database_with_rows_is_brought_up_and_down_and_loses_none(empty: Engine) -> None:
    """An upgrade that fails on what is there, or loses it, would be found out in the province."""
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), ALL[0])
        rows = _fill(connection)
    assert len(rows) > 15
    assert migrate.upgrade(empty) == ALL[1:]
    with empty.begin() as connection:
        stayed = {name: {k: v for k, v in row.items() if (name, k) not in _MOVED} for name, row in rows.items()}
        assert _kept(connection, stayed) == stayed
        command.downgrade(migrate._config(connection), ALL[0])
        assert _kept(connection, rows) == rows
    assert migrate.upgrade(empty) == ALL[1:]


def test_down_and_up_again(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.begin() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    assert migrate.upgrade(empty) == ALL


def test_who_had_an_extension_for_good_has_it_on(empty: Engine) -> None:
    """The accounts of before go on working: each holds its extension until it is given back or taken over."""
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), "0014")
        people = [("lan", "101", True), ("minh", None, True), ("gone", "101", False)]
        for name, extension, active in people:
            connection.execute(
                text(
                    "INSERT INTO user_account (username, password_hash, name, role, extension, active, created_at) "
                    "VALUES (:name, '!', 'Somebody', 'operator', :extension, :active, '2026-11-23T02:00Z')"
                ),
                {"name": name, "extension": extension, "active": active},
            )
    migrate.upgrade(empty)
    with Session(empty) as session:
        found = {user.username: (user.usual_extension, user.extension) for user in session.scalars(select(User))}
        assert found == {"lan": ("101", "101"), "minh": (None, None), "gone": ("101", None)}
        assert session.scalars(select(ExtensionSpan.since)).all() == [datetime(2026, 11, 23, 2, 0, tzinfo=UTC)]
