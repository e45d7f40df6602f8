"""Servers, schema and test province of a bench, alone in a folder that goes with it; processes beside it."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter import embedded, migrate, push
from callcenter.config import Settings
from callcenter.db import make_engine
from tests import factories
from tests.scripts.processes import environment


@contextmanager
def own_site(name: str, *, password_hash: str = "!") -> Iterator[tuple[Settings, Engine]]:
    """The people of the province sign in by this hash; pushes of this process go to the site's broker."""
    with tempfile.TemporaryDirectory(prefix=f"hotline-{name}-") as folder:
        Path(folder).chmod(0o711)
        with embedded.hold(Settings(data_dir=Path(folder))) as lease:
            settings = Settings(data_dir=Path(folder), database_url=lease.database_url, redis_url=lease.redis_url)
            engine = make_engine(lease.database_url)
            migrate.upgrade(engine)
            push.connect(lease.redis_url)
            with Session(engine) as session:
                factories.province(session, password_hash=password_hash)
            yield settings, engine
            engine.dispose()


@contextmanager
def beside(command: Sequence[str], name: str, settings: Settings, *, nice: int = 0) -> Iterator[None]:
    """A process of the product (`work`, `relay`), by the `command` of a checkout."""
    process = subprocess.Popen(
        ["nice", "-n", str(nice), *command, name],
        env=environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
