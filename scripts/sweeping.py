"""The sweeps of `tickets.sweeps`, every few seconds, until SIGTERM."""

from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from callcenter.db import transaction
from scripts.stopping import stopped_by_signals
from tickets.sweeps import sweep

EVERY_S = 15.0

log = structlog.get_logger(__name__)


def keep_sweeping(engine: Engine) -> None:
    """A database that is away is said once; the next round tries again."""
    stop = stopped_by_signals()
    away = False
    log.info("ready cron")
    while not stop.is_set():
        try:
            with transaction(engine) as session:
                sweep(session, datetime.now(UTC))
            away = False
        except OperationalError as error:
            if not away:
                log.warning("sweeps wait", error=str(error.orig).strip().splitlines()[0])
            away = True
        stop.wait(EVERY_S)
