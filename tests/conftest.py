"""Fixtures of all tests: real servers of their own, a fresh database for each test, settings that point there."""

import gc
import itertools
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis as redis_client
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from callcenter import embedded, migrate, push
from callcenter.config import Settings
from callcenter.db import make_engine
from tests import turns

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

_FOLDER = "HOTLINE_TEST_SERVERS"
# Niceness. A PBX and its callers keep their seconds; what computes gives way, within its own limits of time: three PBXs
# that start at once leave a quarter of the machine to the browsers (at -10 it was a tenth, and a click took over 10 s).
_TURNS = {"asterisk": -5, "browser": 0}
_GIVES_WAY = 3
_LAST_WRITES_S = 2.0
# Deleting from the few tables a test has written to takes 5 ms; a copy of a template database takes 80.
_CLEAR = """
CREATE FUNCTION clear_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name regclass;
  filled boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %s', name); END IF;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="what this machine lacks is a failure, not a skip")
    parser.addoption("--shots", action="store_true", help="keep pictures of the pages in var/screenshots")


def pytest_configure(config: pytest.Config) -> None:
    """One folder for all xdist workers; short, because sockets live in it, and not private to root alone."""
    for name in [name for name in os.environ if name.startswith("CALLCENTER_")]:
        del os.environ[name]
    os.environ["CALLCENTER_EMBEDDED_FSYNC"] = "off"
    if _FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="hotline-tests-"))
        folder.chmod(0o711)
        os.environ[_FOLDER] = str(folder)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("loadgroup", False):
        for item in items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
                raise pytest.UsageError(f"{item.nodeid} has lost its group: pytest and pytest-xdist do not fit")
    items.sort(key=lambda item: turns.rank(item.nodeid))


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays till the end: the collector need not look through it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> turns.Turns | None:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return turns.Turns(config, log, processors) if config.getoption("dist") == "loadgroup" else None


def pytest_sessionstart() -> None:
    """Linux weighs sessions, and within one its processes: each worker is one, so that a PBX's may go first."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        with suppress(PermissionError):
            os.setsid()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test starts inherits its turn at the processor. Where no turn can be given all are alike."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        turn = next(map(_TURNS.get, _TURNS.keys() & item.keywords), _GIVES_WAY)
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(turn))
        with suppress(PermissionError):
            if os.geteuid() == 0:
                os.setpriority(os.PRIO_PROCESS, 0, turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _skips_count_as_failures(report, item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _skips_count_as_failures(report, collector.config)


def _skips_count_as_failures(report: Report, config: pytest.Config) -> Report:
    if report.skipped and (config.option.all or os.environ.get("CI") == "true") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be missing here: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test measured for people to read (`record_property("told", words)`), and the seconds of each folder."""
    for report in terminalreporter.getreports("passed"):
        for name, words in report.user_properties:
            if name == "told":
                terminalreporter.write_line(words)
    tests, seconds = Counter[str](), Counter[str]()
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            folder = "/".join(report.nodeid.split("/")[:2])
            tests[folder] += report.when == "call"
            seconds[folder] += report.duration
    if len(seconds) > 1:
        for folder, spent in seconds.most_common():
            terminalreporter.write_line(f"{folder}: {tests[folder]} tests, {spent:.0f} s of one worker")


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Lease]:
    """The built-in PostgreSQL and Valkey, started for this run of the suite and shared by its workers."""
    with embedded.hold(Settings(data_dir=Path(os.environ[_FOLDER]) / "var")) as lease:
        yield lease


@pytest.fixture(scope="session")
def _admin(servers: embedded.Lease) -> Iterator[Engine]:
    engine = create_engine(make_engine(servers.database_url).url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    yield engine
    engine.dispose()


@contextmanager
def _database(admin: Engine, name: str, template: str = "template1") -> Iterator[str]:
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield admin.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_database_url(_admin: Engine) -> Iterator[str]:
    """The address of a database with no table at all: for tests of the migrations."""
    with _database(_admin, f"empty_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def _template(_admin: Engine) -> str:
    """The name of a migrated database that is never written to; the first worker of a run makes it for all."""
    with _admin.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(1022)"))
        if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = 'migrated'")):
            connection.execute(text("CREATE DATABASE migrated STRATEGY FILE_COPY"))
            engine = create_engine(_admin.url.set(database="migrated"), poolclass=NullPool)
            migrate.upgrade(engine)
            with engine.begin() as own:
                own.execute(text(_CLEAR))
            engine.dispose()
    return "migrated"


@pytest.fixture(scope="session")
def _migrated(_admin: Engine, _template: str) -> Iterator[Engine]:
    with _database(_admin, f"test_{os.getpid()}", _template) as url:
        engine = create_engine(make_engine(url).url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        yield engine
        engine.dispose()


@pytest.fixture
def database_url(_migrated: Engine) -> Iterator[str]:
    """The address of a migrated database that holds nothing; connections still open at the end are closed."""
    yield _migrated.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with _migrated.connect() as connection:
        connection.execute(text("SELECT clear_all()"))


@pytest.fixture
def redis_url(servers: embedded.Lease) -> str:
    """The address of an empty broker database; each xdist worker has one of its own."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
    url = servers.redis_url.replace("?db=0", f"?db={number}")
    client = redis_client.Redis.from_url(url)
    client.flushdb()
    client.close()
    return url


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings as a site would have them that gives its own database and broker."""
    return Settings(
        data_dir=tmp_path / "var", database_url=database_url, redis_url=redis_url, secret_key="a secret of the tests"
    )


@pytest.fixture(scope="session")
def _compiled(_migrated: Engine) -> Iterator[Engine]:
    """Keeps how statements are compiled, which takes longer than most tests; its connections end with each test."""
    engine = make_engine(_migrated.url.set(drivername="postgresql").render_as_string(hide_password=False),
                         application="tests")  # fmt: skip
    yield engine
    engine.dispose()


@pytest.fixture
def engine(settings: Settings, _compiled: Engine) -> Iterator[Engine]:
    push.connect(str(settings.redis_url))
    yield _compiled.execution_options()
    push._publisher = None
    # A thread that was still writing gives its connection back to a pool that is there to close it.
    deadline = time.monotonic() + _LAST_WRITES_S
    while _compiled.pool.checkedout() and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.005)
    _compiled.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """An open transaction; what it writes is gone at the end unless the test commits."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def redis(settings: Settings) -> Iterator[redis_client.Redis]:
    client = redis_client.Redis.from_url(str(settings.redis_url))
    yield client
    client.close()
