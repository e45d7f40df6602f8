"""Tickets a second from the outbox into inboxes: `python -m tests.bench.handoff [TICKETS [WORKERS [CHECKOUT]]]`.

TICKETS filed reports wait; then the relay and WORKERS (1) workers of this checkout, or of another, are started.
Told: how long until all have an agency, ready processes included and not. Then, with both idle, a report every 100 ms:
milliseconds from its commit to the agency's inbox, p50, p99 and the longest.
"""

import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Assignment, SetAside, Ticket
from callcenter.vocab import Source
from tests.bench.own_site import beside, own_site
from tests.scripts.processes import MANAGE
from tests.served import python_of
from tickets.people import intake
from tickets.people.intake import Report

ALONE = 100
GAP_S = 0.1
WAITS_S = 600


def main() -> None:
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    command = python_of(Path(sys.argv[3]).resolve()) if len(sys.argv) > 3 else MANAGE
    with own_site("handoff") as (settings, engine), ExitStack() as stack:
        began = time.perf_counter()
        for number in range(tickets):
            file(engine, f"backlog-{number}")
        print(f"{tickets} reports written by one process: {tickets / (time.perf_counter() - began):.0f}/s")
        began = time.perf_counter()
        for name in ("relay", *["work"] * workers):
            stack.enter_context(beside(command, name, settings))
        await_inbox(engine, 1)
        first = time.perf_counter()
        await_inbox(engine, tickets)
        over = time.perf_counter()
        print(f"backlog: {tickets / (over - began):.0f}/s from the start, {tickets / (over - first):.0f}/s once ready")
        took = sorted(alone(engine, f"alone-{number}") for number in range(ALONE))
        print(
            f"idle, {ALONE} alone: p50 {took[len(took) // 2] * 1000:.0f} ms,"
            f" p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms"
        )
        with Session(engine) as session:
            print(f"set aside: {session.scalar(select(func.count()).select_from(SetAside))}")


def file(engine: Engine, ref: str) -> str:
    report = Report(
        source_ref=ref,
        description="Cống nghẹt trước chợ",
        reporter_phone="0912345678",
        category="cap-thoat-nuoc",
        ward="28249",
    )
    with transaction(engine) as session:
        return intake.receive(session, report, source=Source.APP, sender="app", now=datetime.now(UTC))[0].code


def alone(engine: Engine, ref: str) -> float:
    """Seconds from the commit to the inbox, looked for every millisecond."""
    code = file(engine, ref)
    began = time.perf_counter()
    query = select(Assignment.id).join(Ticket, Ticket.id == Assignment.ticket_id).where(Ticket.code == code)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(query.limit(1)) is None:
            assert time.perf_counter() - began < WAITS_S, f"{code} never came"
            time.sleep(0.001)
    took = time.perf_counter() - began
    time.sleep(max(0.0, GAP_S - took))
    return took


def await_inbox(engine: Engine, tickets: int) -> None:
    until = time.perf_counter() + WAITS_S
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = select(func.count()).select_from(Ticket).where(Ticket.routed_at.is_not(None))
        while connection.scalar(query) < tickets:  # type: ignore[operator]
            assert time.perf_counter() < until, f"not {tickets} after {WAITS_S} s"
            time.sleep(0.02)


if __name__ == "__main__":
    main()
