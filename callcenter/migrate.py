"""The schema: brought up to date by Alembic, safe to run twice and by two processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 0x1022_0001


def upgrade(engine: Engine) -> list[str]:
    """Apply what is missing, in one transaction; returns the revisions applied, oldest first."""
    with engine.begin() as connection:
        # The second of two processes waits here and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _current(connection)
        command.upgrade(_config(connection), "head")
        return _between(before, _current(connection))


def is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        return _current(connection) == _script().get_current_head()


def _between(before: str | None, after: str | None) -> list[str]:
    if before == after or after is None:
        return []
    steps = _script().iterate_revisions(after, before or "base")
    return [step.revision for step in steps][::-1]


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    # ConfigParser reads % as interpolation: a path that holds one must be doubled.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
