"""`doctor`: one line for each thing a site needs, with the mend beside what is wrong."""

import os
import platform
import socket
from collections.abc import Callable, Iterator

import redis

from callcenter import embedded, migrate
from callcenter.config import Pbx, Settings
from callcenter.db import check_reachable, make_engine
from callcenter.errors import HotlineError, SettingError

WAIT_S = 3.0


def run() -> bool:
    """Print every finding; True when nothing has to be mended."""
    settings = Settings.from_env()
    well = True
    for name, check in _checks(settings):
        try:
            print(f"ok       {name}: {check()}", flush=True)
        except HotlineError as error:
            well = False
            print(f"problem  {name}: {error}", flush=True)
    return well


def _checks(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", lambda: f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "data folder", lambda: _data_dir(settings)
    yield "database and broker", lambda: _servers(settings)
    if not settings.pbx:
        yield "pbx", _no_pbx
    for pbx in settings.pbx:
        yield f"pbx {pbx.name}", lambda pbx=pbx: _pbx(pbx)  # type: ignore[misc]


def _data_dir(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.data_dir, os.W_OK | os.X_OK):
        raise SettingError("CALLCENTER_DATA_DIR", f"{settings.data_dir} cannot be written", "give it to this user")
    return str(settings.data_dir)


def _servers(settings: Settings) -> str:
    with embedded.hold(settings) as lease:
        engine = make_engine(lease.database_url)
        check_reachable(engine)
        schema = "schema up to date" if migrate.is_current(engine) else "schema behind: run scripts/manage migrate"
        engine.dispose()
        _broker(lease.redis_url)
    return f"both answer, {schema}"


def _broker(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=WAIT_S) as broker:
            broker.ping()
    except (redis.RedisError, ValueError) as error:
        raise SettingError("CALLCENTER_REDIS_URL", str(error), "start the broker or correct the address") from None


def _no_pbx() -> str:
    raise SettingError("CALLCENTER_PBX", "no PBX is named", "write NAME=ami://USER:SECRET@HOST:PORT")


def _pbx(pbx: Pbx) -> str:
    """Logs in and out again; events are never asked for."""
    try:
        with socket.create_connection((pbx.host, pbx.port), WAIT_S) as connection, connection.makefile("rb") as lines:
            connection.settimeout(WAIT_S)
            greeting = lines.readline().decode(errors="replace").strip()
            login = f"Action: Login\r\nUsername: {pbx.user}\r\nSecret: {pbx.secret}\r\nEvents: off\r\n\r\n"
            connection.sendall(login.encode())
            answer = b"".join(iter(lines.readline, b"\r\n"))
            connection.sendall(b"Action: Logoff\r\n\r\n")
    except OSError as error:
        mend = "check its address, its firewall and bindaddr in manager.conf"
        raise SettingError("CALLCENTER_PBX", f"{pbx} does not answer ({error})", mend) from None
    if b"Response: Success" not in answer:
        raise SettingError("CALLCENTER_PBX", f"{pbx} refuses the log-in", "check user and secret in its manager.conf")
    return f"{greeting}, log-in accepted"
