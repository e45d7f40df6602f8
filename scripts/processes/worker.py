"""Worker of rq: takes routing jobs in this process, one after another, and waits out a broker that is away."""

import threading
from types import FrameType
from typing import Any

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from callcenter import outbox
from tickets import jobs
from tickets.notices import gateways

log = structlog.get_logger(__name__)


class _Worker(SimpleWorker):
    """rq forks for each job by default: 10 ms more, and database connections shared across the fork."""

    # rq doubles its wait up to a minute: filed tickets would wait that long after a broker of one second's restart.
    max_connection_wait_time = 2.0

    def __init__(self, stop: threading.Event, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._stop = stop

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self._stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(engine: Engine, redis_url: str, sms: str | None = None) -> None:
    """Work until SIGTERM or Ctrl-C; the job at hand is finished first. `sms` is `CALLCENTER_SMS`."""
    jobs.use(engine, gateways.make(sms))
    stop = threading.Event()
    away = False
    while not stop.is_set():
        try:
            with redis.Redis.from_url(redis_url) as broker:
                queues = [Queue(name, connection=broker, serializer=JSONSerializer) for name in outbox.QUEUES]
                worker = _Worker(stop, queues, connection=broker, serializer=JSONSerializer)
                log.info("worker goes on" if away else "ready worker")
                away = False
                # Returns when asked to stop, and also on errors of its own.
                worker.work(logging_level="ERROR")
        except redis.RedisError as error:
            if not away:
                log.warning("worker waits for the broker", error=str(error))
                away = True
        except StopRequested:
            return
        stop.wait(1.0)
