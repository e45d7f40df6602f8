"""A database of the demo province with very many tickets in it, for the benches that search among them.

Written by COPY from a fixed seed: what people of the delta report, in sentences that vary, over three years.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from callcenter.models import Agency, Ward
from callcenter.vocab import AgencyKind
from scripts.demo import seeding
from scripts.processes.ground import Ground, ground
from tests.bench.sentences import MATTERS, OPENINGS, ROUNDINGS, SEASONAL, STREETS, family_names
from tickets.rules import codes

NOW = datetime.now(UTC)
YEARS = 3
_COLUMNS = (
    "id",
    "code",
    "kind",
    "source",
    "state",
    "category_code",
    "ward_code",
    "address",
    "level",
    "description",
    "reporter_name",
    "reporter_phone",
    "caller",
    "keep_identity",
    "lead_agency_id",
    "created_at",
    "filed_at",
    "closed_at",
)
# A word that only three of all tickets hold, the oldest ones: the walk from the newest never meets it.
RARE = "lốc xoáy"
# What was promised on each, and what became of it: one in twenty of those that are open is late.
_CLOCKS = """
INSERT INTO clock (ticket_id, assignment_id, kind, started_at, due, paused_minutes, ended_at, outcome)
SELECT id, NULL, 'triage', filed_at, filed_at + interval '1 hour', 0,
       CASE WHEN state <> 'triage' THEN filed_at END, CASE WHEN state <> 'triage' THEN 'kept' END
FROM ticket
UNION ALL
SELECT t.id, a.id, 'accept', filed_at, filed_at + interval '1 day', 0,
       CASE WHEN state <> 'routed' THEN filed_at END, CASE WHEN state <> 'routed' THEN 'kept' END
FROM ticket t JOIN assignment a ON a.ticket_id = t.id
UNION ALL
SELECT id, NULL, 'answer', filed_at, CASE WHEN id % 20 = 0 THEN filed_at ELSE now() END + interval '7 days', 0,
       CASE WHEN state IN ('resolved', 'closed') THEN filed_at END,
       CASE WHEN state IN ('resolved', 'closed') THEN 'kept' END
FROM ticket WHERE lead_agency_id IS NOT NULL
"""
_STATES = ("closed", "resolved", "accepted", "routed", "triage")
_WEIGHTS = (84, 6, 5, 4, 1)


@contextmanager
def province(tickets: int) -> Iterator[Ground]:
    """The demo province with so many tickets, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["CALLCENTER_DATA_DIR"] = folder
        with ground("bench") as here:
            seeding.seed_demo(here.engine, here.settings)
            began = time.perf_counter()
            fill(here.engine, tickets)
            print(f"{tickets:,} tickets written in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            yield here


def fill(engine: Engine, tickets: int) -> None:
    rows = _rows(engine, tickets)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.execute(text("DROP INDEX ix_ticket_words"))
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY ticket ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(
            text(
                "INSERT INTO assignment (ticket_id, agency_id, role, assigned_at, accepted_at, ended_at)"
                " SELECT id, lead_agency_id, 'lead', filed_at, filed_at, closed_at FROM ticket"
                " WHERE lead_agency_id IS NOT NULL"
            )
        )
        connection.execute(text(_CLOCKS))
        connection.execute(
            text("CREATE INDEX ix_ticket_words ON ticket USING gin (words) WITH (gin_pending_list_limit = 256)")
        )
        connection.execute(text("SELECT setval('matter_id', (SELECT max(id) FROM ticket))"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE ticket"))
        connection.execute(text("VACUUM ANALYZE assignment"))
        connection.execute(text("VACUUM ANALYZE clock"))


def _rows(engine: Engine, tickets: int) -> Iterator[tuple[Any, ...]]:
    with Session(engine) as session:
        wards = list(session.scalars(select(Ward.code).order_by(Ward.code)))
        of_ward = select(Agency.ward_code, Agency.id).where(Agency.kind == AgencyKind.COMMUNE)
        communes = {ward: agency for ward, agency in session.execute(of_ward)}
        others = list(session.scalars(select(Agency.id).where(Agency.kind != AgencyKind.COMMUNE).order_by(Agency.id)))
    luck = random.Random(1022)
    begin = NOW - timedelta(days=365 * YEARS)
    step = (NOW - begin) / tickets
    for number in range(1, tickets + 1):
        at = begin + step * number
        ward = luck.choice(wards)
        category, said = _said(luck, number, tickets)
        lead = communes.get(ward) if luck.random() < 0.5 else luck.choice(others)
        (state,) = luck.choices(_STATES, _WEIGHTS)
        phone = f"+849{luck.randrange(10**8):08}"
        yield (
            number + 1000,
            codes.make_code(number),
            "report",
            "hotline",
            state,
            category,
            ward,
            f"{luck.randrange(1, 400)} {luck.choice(STREETS)}",
            "normal",
            said,
            next(family_names(luck)),
            phone,
            phone,
            luck.random() < 0.05,
            None if state == "triage" else lead,
            at,
            at,
            at if state == "closed" else None,
        )


def _said(luck: random.Random, number: int, tickets: int) -> tuple[str, str]:
    if number in (7, 11, 13):
        return "khac", f"Hồi hôm có {RARE} làm tốc mái mấy căn nhà, nhờ xã xuống thống kê giùm."
    # One season of long ago in which every third call was about the same thing.
    if 0.40 < number / tickets < 0.55 and luck.random() < 0.33:
        return "nong-nghiep", f"{luck.choice(OPENINGS)} {luck.choice(SEASONAL)}"
    category = luck.choice(list(MATTERS))
    said = luck.choice(MATTERS[category])
    roundings = " ".join(luck.sample(ROUNDINGS, luck.randrange(1, 4)))
    return category, f"{luck.choice(OPENINGS)} {said}, {luck.choice(STREETS)}. {roundings}"
