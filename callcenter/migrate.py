"""Schema migration by Alembic: safe to run twice and by two processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from callcenter.errors import HotlineError

_LOCK = 0x1022_0001
# The first revision that this version has, and the last commit that holds the migrations up to it.
_BASELINE = "0018"
_LAST_WITH_OLDER = "4410ccb"
_OLDER = frozenset(f"{number:04}" for number in range(1, int(_BASELINE)))


class SchemaUnknown(HotlineError):
    """The database is at a revision that this version has not: one from before the baseline, or a later one."""


def upgrade(engine: Engine) -> list[str]:
    """Apply what is missing, in one transaction; returns the revisions applied, oldest first.

    Raises SchemaUnknown, and changes nothing, where the database is at a revision that this version has not.
    """
    with engine.begin() as connection:
        # The second of two processes waits here and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _current(connection)
        command.upgrade(_config(connection), "head")
        return _between(before, _current(connection))


def is_current(engine: Engine) -> bool:
    """Whether nothing is to be applied. Raises SchemaUnknown as `upgrade` does."""
    with engine.connect() as connection:
        return _current(connection) == _script().get_current_head()


def _between(before: str | None, after: str | None) -> list[str]:
    if before == after or after is None:
        return []
    steps = _script().iterate_revisions(after, before or "base")
    return [step.revision for step in steps][::-1]


def _current(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision in _OLDER:
        raise SchemaUnknown(
            f"the database is at revision {revision}, and this version upgrades from {_BASELINE} on; "
            f"run `git checkout {_LAST_WITH_OLDER}` and `scripts/manage migrate` there, then this version again"
        )
    if revision is not None and revision not in {step.revision for step in _script().walk_revisions()}:
        raise SchemaUnknown(
            f"the database is at revision {revision}, which is of a later version; "
            "install that version, or restore the backup that was made before its upgrade"
        )
    return revision


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    # ConfigParser reads % as interpolation: a path that holds one must be doubled.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
