"""Administration page of the host: broker with its workers, disk, installed version."""

import shutil
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import redis
from rq import Worker
from rq.cron import CronScheduler

from agent_ui.web import site
from callcenter import push

# rq's workers and its scheduler beat at least once a minute.
_BEAT = timedelta(minutes=8)
_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def broker(now: datetime) -> dict[str, object]:
    """Whether the broker answers, and how many workers and schedules beat there."""
    url = site.site().redis_url
    if url is None:
        return {"up": False}
    client = push.make_publisher(url)
    try:
        client.ping()
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as raw:
            workers = [worker.last_heartbeat for worker in Worker.all(connection=raw)]
            crons = [cron.last_heartbeat for cron in CronScheduler.all(raw, cleanup=False)]
    except redis.RedisError:
        return {"up": False}
    finally:
        client.close()
    return {"up": True, "workers": _beating(workers, now), "crons": _beating(crons, now)}


def _beating(beats: list[datetime | None], now: datetime) -> int:
    moments = [beat if beat.tzinfo else beat.replace(tzinfo=UTC) for beat in beats if beat is not None]
    return sum(now - beat < _BEAT for beat in moments)


def disk() -> dict[str, object]:
    folder = site.site().settings.data_dir
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return {"folder": folder, "free": None, "share": 0}
    return {"folder": folder, "free": usage.free, "share": round(100 * usage.used / usage.total)}


@cache
def version() -> str:
    try:
        return str(tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return ""
