"""What time alone settles, again and again until SIGTERM: sweeps of tickets, and calls against the logs of the PBX."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from callcenter.config import Settings
from callcenter.db import reading, transaction
from scripts.stopping import stopped_by_signals
from telephony.witness import reconcile
from tickets.sweeps import sweep
from tickets.uploads import sweep_unused

EVERY_S = 15.0
FILES_EVERY = timedelta(days=1)
RECONCILE_EVERY = timedelta(minutes=1)

log = structlog.get_logger(__name__)


def keep_sweeping(engine: Engine, settings: Settings) -> None:
    """A database that is away is said once; the next round tries again. Files once a day, and at the start."""
    stop = stopped_by_signals()
    away = False
    files_next = reconcile_next = datetime.now(UTC)
    log.info("ready cron")
    while not stop.is_set():
        try:
            with transaction(engine) as session:
                sweep(session, datetime.now(UTC))
            if datetime.now(UTC) >= reconcile_next:
                reconcile_next = datetime.now(UTC) + RECONCILE_EVERY
                _reconcile(engine, settings)
            if datetime.now(UTC) >= files_next:
                _sweep_files(engine, settings.data_dir)
                files_next = datetime.now(UTC) + FILES_EVERY
            away = False
        except OperationalError as error:
            if not away:
                log.warning("sweeps wait", error=str(error.orig).strip().splitlines()[0])
            away = True
        stop.wait(EVERY_S)


def _reconcile(engine: Engine, settings: Settings) -> None:
    """A PBX whose log cannot be read says so on its page, and holds up no other."""
    for name in dict.fromkeys([*settings.queue_log, *settings.cel]):
        reconcile.reconcile(engine, settings, name, datetime.now(UTC))


def _sweep_files(engine: Engine, data_dir: Path) -> None:
    """A folder that cannot be read holds up no ticket."""
    try:
        with reading(engine) as session:
            removed = sweep_unused(session, data_dir, datetime.now(UTC))
    except OSError as error:
        log.warning("unused files stay", error=str(error))
        return
    if removed:
        log.info("unused files removed", files=removed)
