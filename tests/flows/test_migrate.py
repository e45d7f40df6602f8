"""The schema on an empty database: brought up once however many ask, the same as the models, and taken down again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from callcenter import migrate
from callcenter.db import Base, make_engine

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


def test_down_and_up_again(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.begin() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    assert migrate.upgrade(empty) == ALL
