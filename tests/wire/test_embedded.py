"""The built-in servers: shared by leases, stopped by the last to leave, back after every kind of crash."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import text

from callcenter import embedded
from callcenter.config import Settings
from callcenter.db import make_engine
from callcenter.embedded_servers import MAX_SOCKET_PATH, Postgres, Valkey, socket_folder
from callcenter.errors import SettingError

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from callcenter import embedded
from callcenter.config import Settings
lease = embedded.hold(Settings(data_dir=Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
lease.release()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Short, and with a space in its name."""
    with tempfile.TemporaryDirectory(prefix="hotline test ") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder) / "var"
        for server in (Valkey(Path(folder) / "var"), Postgres(Path(folder) / "var")):
            server.stop()


@pytest.fixture
def holder(data_dir: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that holds a lease until its stdin closes."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(data_dir)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _leave(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


def _postmaster(data_dir: Path) -> psutil.Process:
    pid = Postgres(data_dir).running()
    assert pid
    return psutil.Process(pid)


def _gone(process: psutil.Process) -> bool:
    """True once it has ended; a zombie waits only for its parent."""
    try:
        process.wait(15)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def _value(lease: embedded.Lease, sql: str) -> object:
    engine = make_engine(lease.database_url)
    try:
        with engine.connect() as connection:
            return connection.scalar(text(sql))
    finally:
        engine.dispose()


def test_a_real_postgresql_18_and_a_broker_that_keeps_what_it_was_given(data_dir: Path) -> None:
    with embedded.hold(Settings(data_dir=data_dir)) as lease:
        assert str(_value(lease, "SHOW server_version")).startswith("18.")
        assert _value(lease, "SHOW server_encoding") == "UTF8"
        assert _value(lease, "SHOW timezone") == "UTC"
        with redis.Redis.from_url(lease.redis_url) as broker:
            assert broker.config_get("appendonly") == {"appendonly": "yes"}
            broker.set("kept", "đây")
    with embedded.hold(Settings(data_dir=data_dir)) as lease, redis.Redis.from_url(lease.redis_url) as broker:
        assert broker.get("kept") == "đây".encode()


def test_the_last_to_leave_stops_them(data_dir: Path, holder: Callable[[], subprocess.Popen[str]]) -> None:
    first, second = holder(), holder()
    postmaster = _postmaster(data_dir)
    _leave(first)
    assert _postmaster(data_dir).pid == postmaster.pid
    _leave(second)
    assert _gone(postmaster)
    assert not Valkey(data_dir).running()


def test_a_killed_holder_does_not_take_them_from_the_others(
    data_dir: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    first, second = holder(), holder()
    postmaster = _postmaster(data_dir)
    first.kill()
    first.wait()
    assert _postmaster(data_dir).pid == postmaster.pid
    _leave(second)
    assert _gone(postmaster)


def test_the_watcher_stops_them_when_the_only_holder_is_killed(
    data_dir: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    only = holder()
    postmaster = _postmaster(data_dir)
    only.kill()
    assert _gone(postmaster)
    with embedded.hold(Settings(data_dir=data_dir)) as lease:
        assert _value(lease, "SELECT 1") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_postmaster_that_died_is_started_again(data_dir: Path, number: signal.Signals) -> None:
    with embedded.hold(Settings(data_dir=data_dir)):
        postmaster = _postmaster(data_dir)
        postmaster.send_signal(number)
        assert _gone(postmaster)
        with embedded.hold(Settings(data_dir=data_dir)) as again:
            assert _value(again, "SELECT 1") == 1
            assert _postmaster(data_dir).pid != postmaster.pid


def test_a_pid_file_that_now_names_another_process_is_not_believed(data_dir: Path) -> None:
    with embedded.hold(Settings(data_dir=data_dir)):
        stale = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    stale[0] = str(os.getpid())
    (data_dir / "postgres" / "postmaster.pid").write_text("\n".join(stale) + "\n")
    with embedded.hold(Settings(data_dir=data_dir)) as lease:
        assert _value(lease, "SELECT 1") == 1


def test_a_server_of_another_installation_is_shared_and_not_replaced(data_dir: Path, tmp_path: Path) -> None:
    """An upgrade in an environment of its own, or a second checkout: the same folder, a binary at another path."""
    with embedded.hold(Settings(data_dir=data_dir)):
        postmaster = _postmaster(data_dir)
        (tmp_path / "here").symlink_to(data_dir)
        other = Postgres(tmp_path / "here")
        other.program = tmp_path / "bin" / other.program.name
        other.start()
        assert other.running() == postmaster.pid == _postmaster(data_dir).pid
        other.stop()
        assert _gone(postmaster)


def test_a_half_made_database_is_made_again(data_dir: Path) -> None:
    (data_dir / "postgres.new-1").mkdir(parents=True)
    (data_dir / "postgres.new-1" / "PG_VERSION").write_text("18\n")
    with embedded.hold(Settings(data_dir=data_dir)) as lease:
        assert _value(lease, "SELECT current_database()") == "hotline"
    assert not list(data_dir.glob("postgres.new-*"))


def test_another_version_s_data_is_refused_in_one_line(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(SettingError, match=r"CALLCENTER_DATA_DIR: .* PostgreSQL 15, not 18; .*pg_upgrade") as refusal:
        embedded.hold(Settings(data_dir=data_dir))
    assert "\n" not in str(refusal.value)
    assert not Valkey(data_dir).running()


def test_a_data_folder_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(SettingError, match="CALLCENTER_DATA_DIR: "):
        embedded.hold(Settings(data_dir=tmp_path / "var"))


def test_servers_given_from_outside_are_left_alone(data_dir: Path) -> None:
    given = Settings(data_dir=data_dir, database_url="postgresql://db/hotline", redis_url="redis://broker/0")
    with embedded.hold(given) as lease:
        assert (lease.database_url, lease.redis_url) == ("postgresql://db/hotline", "redis://broker/0")
    assert not data_dir.exists()


def test_only_the_server_that_is_needed_is_started(data_dir: Path) -> None:
    with embedded.hold(Settings(data_dir=data_dir, database_url="postgresql://db/hotline")) as lease:
        assert redis.Redis.from_url(lease.redis_url).ping()
    assert not (data_dir / "postgres").exists()


@pytest.mark.parametrize("name", ["x" * MAX_SOCKET_PATH, "a,b"])
def test_a_path_no_socket_can_have_moves_only_the_sockets(data_dir: Path, name: str) -> None:
    deep = data_dir / name
    sockets = socket_folder(deep)
    assert deep not in sockets.parents
    with embedded.hold(Settings(data_dir=deep)) as lease:
        assert _value(lease, "SELECT 1") == 1
    assert not sockets.exists()


def test_a_forked_child_gives_no_lease_back(data_dir: Path) -> None:
    with embedded.hold(Settings(data_dir=data_dir)) as lease:
        child = os.fork()
        if child == 0:
            lease.release()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert _postmaster(data_dir)
