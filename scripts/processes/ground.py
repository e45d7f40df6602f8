"""Prerequisites of a command: settings, servers (ours where none are given), and an up-to-date schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine

from callcenter import embedded, migrate, push
from callcenter.config import Settings
from callcenter.db import check_reachable, make_engine
from callcenter.errors import SettingError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ground:
    """`settings` name both servers here, whether they were given or are ours."""

    settings: Settings
    engine: Engine

    @property
    def redis_url(self) -> str:
        return str(self.settings.redis_url)


@contextmanager
def ground(name: str, *, schema: bool = True) -> Iterator[Ground]:
    """Hold the servers for as long as the command runs; `name` is what the database calls this process.

    Raises SettingError, in one line, where a server does not answer or a given database has another schema.
    """
    given = Settings.from_env()
    with embedded.hold(given) as lease:
        addresses = {"database_url": lease.database_url, "redis_url": lease.redis_url}
        settings = given.model_copy(update=addresses)
        engine = make_engine(lease.database_url, application=f"hotline-{name}")
        try:
            check_reachable(engine)
            if schema:
                _check_schema(engine, ours=given.database_url is None)
            push.connect(lease.redis_url)
            yield Ground(settings, engine)
        finally:
            engine.dispose()


def _check_schema(engine: Engine, *, ours: bool) -> None:
    if migrate.is_current(engine):
        return
    if not ours:
        raise SettingError(
            "CALLCENTER_DATABASE_URL", "the schema is not the one of this version", "run scripts/manage migrate"
        )
    for revision in migrate.upgrade(engine):
        log.info("migrated", revision=revision)
