"""Periodic work until SIGTERM: sweeps of tickets, and comparison of calls with the logs of the PBX.

Logs can be long, their databases slow, and their readers wait for one another: no deadline of a ticket waits with it.
"""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from callcenter.config import Settings
from callcenter.db import reading, transaction
from scripts.processes.stopping import stopped_by_signals
from telephony.witness import reconcile
from tickets.calls import nuisance
from tickets.life.sweeps import sweep
from tickets.life.uploads import sweep_unused

EVERY_S = 15.0
FILES_EVERY = timedelta(days=1)
RECONCILE_EVERY_S = 60.0

log = structlog.get_logger(__name__)


def keep_sweeping(engine: Engine, settings: Settings) -> None:
    """A database that is away is logged once; the next round tries again. Files once a day, and at the start."""
    stop = stopped_by_signals()
    away = False
    files_next = datetime.now(UTC)
    for name in dict.fromkeys([*settings.queue_log, *settings.cel]):
        given = (engine, settings, name, stop)
        threading.Thread(target=_keep_reconciling, args=given, name=f"reconcile-{name}", daemon=True).start()
    log.info("ready cron")
    while not stop.is_set():
        try:
            with transaction(engine) as session:
                sweep(session, datetime.now(UTC))
            with transaction(engine) as session:
                nuisance.release_expired(session, datetime.now(UTC))
                nuisance.tell(session, datetime.now(UTC))
            if datetime.now(UTC) >= files_next:
                _sweep_files(engine, settings.data_dir)
                files_next = datetime.now(UTC) + FILES_EVERY
            away = False
        except OperationalError as error:
            if not away:
                log.warning("sweeps wait", error=str(error.orig).strip().splitlines()[0])
            away = True
        stop.wait(EVERY_S)


def _keep_reconciling(engine: Engine, settings: Settings, pbx: str, stop: threading.Event) -> None:
    """A log that cannot be read says so on its page; whatever else is wrong, the next round tries again."""
    while not stop.is_set():
        try:
            reconcile.reconcile(engine, settings, pbx, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - not its text: SQLAlchemy puts the caller's number there
            log.warning("calls are not reconciled", pbx=pbx, error=type(error).__name__)
        stop.wait(RECONCILE_EVERY_S)


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
