"""Administration pages of the change log: searched, and exported for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from flask import Response, request

from agent_ui import frame
from agent_ui.admin import words
from agent_ui.admin.base import blueprint
from agent_ui.web import forms, site
from agent_ui.web.auth import may
from callcenter.models import ChangeRecord
from tickets.life import records
from tickets.life.records import Wanted
from tickets.rights import Right
from tickets.rules.sla import VIETNAM

# Supervisors read it: why a deadline or an agency is another one explains figures.


@blueprint.app_template_global()
def admin_word(kind: str, *values: object) -> str:
    """Words of the change record: `field`, `value` (of a field), `key` (of a subject), `subject`."""
    match kind, *values:
        case "field", str(name):
            return words.field_word(name)
        case "value", str(name), value:
            return words.value_word(name, value)
        case "key", str(subject), str(key):
            return words.key_word(subject, key)
        case "subject", str(subject):
            return str(words.SUBJECTS.get(subject, subject))
        case _:
            raise ValueError(kind)


@blueprint.get("/changes")
@may(Right.SEE_CHANGES)
def changes() -> str:
    asked = {name: request.args.get(name, "").strip() for name in ("subject", "key", "actor", "since", "until")}
    wanted, below = _wanted(asked), forms.asked_number("below")
    with site.reading() as session:
        rows = records.changes(session, wanted, below=below)
        return frame.page(
            session,
            "admin/changes.html",
            rows=rows,
            asked=asked,
            total=records.count(session, wanted),
            subjects=words.SUBJECTS,
            actors=records.actors(session),
            more=len(rows) == records.PAGE,
        )


@blueprint.get("/changes.csv")
@may(Right.SEE_CHANGES)
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
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


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
    """The beginning of a day in the address, if there is one."""
    day = forms.asked_day(name)
    return datetime.combine(day, time(), VIETNAM) if day else None
