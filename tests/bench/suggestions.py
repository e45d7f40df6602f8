"""Time of suggestions during typing: `python -m tests.bench.suggestions [TICKETS] [ROUNDS]`, by hand.

The demo province's words, rules and articles with very many tickets (default 200,000): reports typed word by word, each
beginning asked for as the form does, in the commune that has most tickets.
"""

import statistics
import sys
import time
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.models import Ticket
from scripts.demo.reports import REPORTS
from scripts.processes.ground import Ground
from tests.bench.many_tickets import NOW, province
from tickets.finding.suggestions import ReportPlace, suggest


def main() -> None:
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    reports = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with province(tickets) as here:
        took, cpu, offered = _measure(here, reports)
        names = ("fields", "places", "receiver", "alike", "articles")
        share = {name: sum(bool(getattr(found, name)) for found in offered) / len(offered) for name in names}
        print(f"{tickets:,} tickets, {reports} reports typed word by word, {len(took)} times asked; goal p95 50 ms")
        print(f"p50 {statistics.median(took):.1f} ms, p95 {_p95(took):.1f} ms, slowest {max(took):.1f} ms")
        print(f"CPU of this process: p50 {statistics.median(cpu):.1f} ms, p95 {_p95(cpu):.1f} ms")
        print("offered: " + ", ".join(f"{name} {value:.0%}" for name, value in share.items()))


def _p95(ms: list[float]) -> float:
    return sorted(ms)[int(len(ms) * 0.95)]


def _measure(here: Ground, reports: int) -> tuple[list[float], list[float], list[object]]:
    took, cpu, offered = [], [], []
    with Session(here.engine) as session:
        query = select(Ticket.ward_code).group_by(Ticket.ward_code).order_by(func.count().desc()).limit(1)
        ward = session.scalars(query).one()
        suggest(session, "warm", ReportPlace(ward, "warm"), NOW)
        for text, place in _typed(ward, reports):
            session.rollback()
            began, spent = time.perf_counter(), time.process_time()
            offered.append(suggest(session, text, place, NOW))
            took.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - spent) * 1000)
    return took, cpu, offered


def _typed(ward: str | None, reports: int) -> Iterator[tuple[str, ReportPlace]]:
    for number, report in enumerate(REPORTS[:: max(1, len(REPORTS) // reports)][:reports]):
        words = report.text.split()
        place = ReportPlace(ward, report.place) if number % 4 else ReportPlace(None, report.place)
        for end in range(2, len(words) + 1, 2):
            yield " ".join(words[:end]), place


if __name__ == "__main__":
    main()
