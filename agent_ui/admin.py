"""The administrator's home, and the record of every change. The other pages of administration join here."""

import csv
import io
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import redis
from flask import Response, render_template, request
from rq import Worker
from rq.cron import CronScheduler

from agent_ui import (
    admin_agencies,
    admin_base,
    admin_calendar,
    admin_catalogue,
    admin_people,
    admin_words,
    forms,
    site,
)
from agent_ui.auth import roles
from callcenter import push
from callcenter.models import ChangeRecord
from callcenter.vocab import Role
from tickets.administration import attention, records
from tickets.administration.records import Wanted
from tickets.sla import VIETNAM

# Their views are routes of this blueprint as soon as they are imported.
PAGES = (admin_agencies, admin_calendar, admin_catalogue, admin_people)
blueprint = admin_base.blueprint
account = admin_people.account

# rq's workers and its scheduler beat at least once a minute.
_BEAT = timedelta(minutes=8)
_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
# Supervisors read it: why a deadline or an agency is another one explains figures.
_READERS = (Role.ADMIN, Role.SUPERVISOR)


@blueprint.app_template_global()
def admin_word(kind: str, *values: object) -> str:
    """Words of the change record: `field`, `value` (of a field), `key` (of a subject), `subject`."""
    match kind, *values:
        case "field", str(name):
            return admin_words.field_word(name)
        case "value", str(name), value:
            return admin_words.value_word(name, value)
        case "key", str(subject), str(key):
            return admin_words.key_word(subject, key)
        case "subject", str(subject):
            return str(admin_words.SUBJECTS.get(subject, subject))
        case _:
            raise ValueError(kind)


@blueprint.get("/")
@roles(Role.ADMIN)
def overview() -> str:
    now = site.now()
    with site.reading() as session:
        version, size = attention.database_size(session)
        return render_template(
            "admin/overview.html",
            lacks=attention.lacks(session, now),
            promises=attention.promises(session),
            pbxs=attention.pbxs(session),
            named=site.site().settings.pbx,
            database={"version": version, "size": size},
            broker=_broker(now),
            disk=_disk(),
            version=_version(),
            people=admin_people.count_of_users(session),
            changes=records.changes(session, Wanted(), limit=8),
        )


def _broker(now: datetime) -> dict[str, object]:
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


def _disk() -> dict[str, object]:
    folder = site.site().settings.data_dir
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return {"folder": folder, "free": None, "share": 0}
    return {"folder": folder, "free": usage.free, "share": round(100 * usage.used / usage.total)}


@cache
def _version() -> str:
    try:
        return str(tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return ""


@blueprint.get("/changes")
@roles(*_READERS)
def changes() -> str:
    asked = {name: request.args.get(name, "").strip() for name in ("subject", "key", "actor", "since", "until")}
    wanted, below = _wanted(asked), request.args.get("below", "")
    with site.reading() as session:
        rows = records.changes(session, wanted, below=int(below) if below.isdigit() and len(below) < 18 else None)
        return render_template(
            "admin/changes.html",
            rows=rows,
            asked=asked,
            total=records.count(session, wanted),
            subjects=admin_words.SUBJECTS,
            actors=records.actors(session),
            more=len(rows) == records.PAGE,
        )


@blueprint.get("/changes.csv")
@roles(*_READERS)
def changes_csv() -> Response:
    """All changes that were asked for, oldest page last; opens in a spreadsheet with its Vietnamese letters."""
    asked = {name: request.args.get(name, "").strip() for name in ("subject", "key", "actor", "since", "until")}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["time", "actor", "subject", "key", "field", "before", "after"])
    with site.reading() as session:
        for row in records.changes(session, _wanted(asked), limit=100_000):
            writer.writerows(_csv_rows(row))
    name = f"changes-{site.now().astimezone(VIETNAM):%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _csv_rows(row: ChangeRecord) -> Iterator[list[str]]:
    for field in {**row.before, **row.after}:
        values = [row.actor, row.subject, row.key, field, row.before.get(field), row.after.get(field)]
        yield [row.at.astimezone(VIETNAM).isoformat(timespec="seconds"), *map(_cell, values)]


def _cell(value: object) -> str:
    """Text that a spreadsheet does not take for a formula; a phone number keeps its plus behind an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _wanted(asked: dict[str, str]) -> Wanted:
    since, until = (_midnight(name) for name in ("since", "until"))
    return Wanted(
        subject=asked["subject"] or None,
        key=asked["key"] or None,
        actor=asked["actor"] or None,
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _midnight(name: str) -> datetime | None:
    """The beginning of a day in the address; None where there is none that a calendar would have."""
    day = forms.asked_day(name, date.min)
    return datetime.combine(day, time(), VIETNAM) if day.year in range(2000, 3000) else None
