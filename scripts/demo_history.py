"""A believable past for the demo: calls by the curve of a day, and what operators and agencies made of them.

An agenda in the order of time, a transaction for a part of a day. Every step goes through the verbs that people use,
with the moment at which it happened as its `now`; deadlines that ran out are noted by the same sweep as in real life.
"""

import gc
import heapq
import os
import random
import signal
import sys
import time as clock
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Event, Thread

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter import outbox, phones
from callcenter.db import make_engine, reading, transaction
from callcenter.models import Agency, Call, Category, OutboxRow, SlaTarget, Ticket, TicketCall, User, Ward
from callcenter.vocab import Outcome, Role, TicketKind, TicketState
from scripts import simulated_lives as lives
from scripts.simulated_callers import LOCAL, Fate, Plan
from scripts.simulated_past import CITIZENS, make_call, moments
from tickets import agencies, assignment, clocks, desk, sweeps
from tickets.actors import Actor
from tickets.handover import Handover
from tickets.lifecycle import OPEN
from tickets.sla import Calendar

SEED = 1022
CALLS_A_DAY = 120
# Serials of calls that came because the first one broke.
REDIALLED = 5000
# When deadlines are looked at beside midnight; most of them end with the morning's or the afternoon's work.
_LOOKS = (time(11, 35), time(17, 5))

Step = Callable[[Session, datetime], None]


@dataclass(frozen=True)
class Written:
    days: int
    calls: int


def write(
    engine: Engine, data_dir: Path, *, days: int, now: datetime, stop: Event | None = None,
    calls_a_day: int = CALLS_A_DAY, workers: int | None = None,
) -> Written:  # fmt: skip
    """Write the `days` local days before today, and today so far; a day that has calls already stays as it is.

    Safe to run again. Needs the demo's people and rules (`scripts.seeding`). Several processes share the callers.
    """
    today = now.astimezone(LOCAL).date()
    wanted = [today - timedelta(days=back) for back in range(days, -1, -1)]
    with reading(engine) as session:
        known = _days_with_calls(session)
    fresh = [day for day in wanted if day not in known]
    if not fresh:
        return Written(0, 0)
    calls = 0
    with _crew(engine, data_dir, known, workers or min(4, os.cpu_count() or 1)) as crew, _progress(len(wanted)) as tell:
        for day in wanted:
            if stop is not None and stop.is_set():
                break
            made = sum(_slice(engine, crew, day, end, calls_a_day) for end in _ends(day, now))
            calls += made
            tell(day, made)
    return Written(len(fresh), calls)


def _ends(day: date, now: datetime) -> list[datetime]:
    """The moments of a day up to which all of them work before time is looked at, none after `now`."""
    ends = [datetime.combine(day, moment, LOCAL) for moment in _LOOKS] + [
        datetime.combine(day + timedelta(days=1), time(), LOCAL)
    ]
    return sorted({min(end, now) for end in ends})


def _slice(engine: Engine, crew: Sequence[Executor], day: date, end: datetime, calls_a_day: int) -> int:
    """Everybody's work up to `end`, then the sweep that notes what is overdue by then; returns the calls made."""
    parts = [one.submit(_work, day, end, calls_a_day) for one in crew]
    made = sum(part.result() for part in parts)
    with transaction(engine) as session:
        sweeps.sweep(session, end)
        session.info.pop("announcements", None)
    return made


@contextmanager
def _crew(engine: Engine, data_dir: Path, known: set[date], workers: int) -> Iterator[list[Executor]]:
    """Processes of one worker each, every one with its own share of the callers: none waits for another's rows."""
    url = engine.url.render_as_string(hide_password=False)
    crew: list[Executor] = [
        ProcessPoolExecutor(1, get_context("spawn"), _begin, (url, data_dir, known, share, workers))
        for share in range(workers)
    ]
    try:
        yield crew
    finally:
        for one in crew:
            one.shutdown()


@dataclass
class _Worker:
    engine: Engine
    past: "Past"


_worker: _Worker | None = None


def _begin(url: str, data_dir: Path, known: set[date], share: int, shares: int) -> None:
    """In a worker process: it ends with the one that started it, which alone hears Ctrl-C."""
    global _worker  # noqa: PLW0603 (a pool's worker has nowhere else to keep what it knows)
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = make_engine(url, application="hotline-history")
    with reading(engine) as session:
        _worker = _Worker(engine, Past(session, data_dir, known, share, shares))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(day: date, end: datetime, calls_a_day: int) -> int:
    assert _worker
    # A slice's thousands of rows are no rubbish, and looking for rubbish among them takes time.
    gc.disable()
    with transaction(_worker.engine) as session:
        made = _worker.past.live_until(session, day, end, calls_a_day)
        # Nobody watches the past: these would be thousands of pushes to the pages of today.
        session.info.pop("announcements", None)
    gc.enable()
    return made


class Past:
    """What was still to come at each moment of the past, and who did it."""

    def __init__(self, session: Session, data_dir: Path, known: set[date], share: int, shares: int) -> None:
        self._planned = set(known)
        self._share, self._shares = share, shares
        self._calls = 0
        self._data_dir = data_dir
        self._agenda: list[tuple[datetime, int, Step]] = []
        self._order = count()
        self._calendar: Calendar = clocks.calendar(session)
        people = session.scalars(select(User).where(User.active).order_by(User.extension)).all()
        self._operators = {u.extension: Actor.of(u) for u in people if u.role == Role.OPERATOR and u.extension}
        self._leader = next(Actor.of(user) for user in people if user.role == Role.SHIFT_LEADER)
        self._officers = {user.agency_id: Actor.of(user) for user in people if user.role == Role.OFFICER}
        bodies = session.execute(select(Agency.id, Agency.name, Agency.code)).all()
        self._agencies = {body.id: body.name for body in bodies}
        self._anywhere = [body.id for body in bodies if body.code in lives.TAKES_ANYTHING]
        self._wards = {name: code for name, code in session.execute(select(Ward.name, Ward.code))}

    def live_until(self, session: Session, day: date, end: datetime, calls: int) -> int:
        """Everything of this local day up to `end`; returns how many calls ended."""
        before = self._calls
        # Held, so that the session need not ask for them again and again.
        held = [session.scalars(select(model)).all() for model in (SlaTarget, Category, Ward)]
        if day not in self._planned:
            self._planned.add(day)
            self._plan_day(day, calls)
        while self._agenda and self._agenda[0][0] < end:
            at, _, step = heapq.heappop(self._agenda)
            step(session, at)
        del held
        return self._calls - before

    def _plan_day(self, day: date, calls: int) -> None:
        chance = random.Random(f"{SEED}:{day}")  # noqa: S311 (a demo, not secrets)
        for serial, at in enumerate(moments(chance, day, calls)):
            plan = Plan.make(SEED, day.toordinal() * 10_000 + serial, CITIZENS)
            whose = zlib.crc32((phones.normalise(plan.number) or "").encode())
            if whose % self._shares == self._share:
                self._call_at(at, plan, serial)

    def _plan(self, at: datetime, step: Step) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), step))

    def _call_at(self, at: datetime, plan: Plan, serial: int) -> None:
        call = make_call(plan, at, serial, list(self._operators))
        assert call.ended_at
        self._plan(call.ended_at, partial(self._end_call, call, plan))

    def _end_call(self, call: Call, plan: Plan, session: Session, now: datetime) -> None:
        self._calls += 1
        session.add(call)
        session.flush()
        if call.rang:
            desk.open_draft(session, call, now=call.queued_at or call.started_at)
        desk.settle_call(session, call, now=now)
        chance = random.Random(call.linkedid)  # noqa: S311
        if call.outcome == Outcome.ANSWERED:
            typed = now + timedelta(seconds=chance.uniform(10, 90))
            self._plan(typed, lambda session, now: self._finish(session, call, plan, chance, now))
            return
        for task in self._callbacks_of(session, call):
            reached = lives.at_the_desk(now + timedelta(minutes=chance.expovariate(1 / 35)))
            self._plan(reached, partial(self._call_back, task, chance))

    def _callbacks_of(self, session: Session, call: Call) -> list[str]:
        query = (
            select(Ticket.code)
            .join(TicketCall, TicketCall.ticket_id == Ticket.id)
            .where(TicketCall.call_id == call.id, Ticket.kind == TicketKind.CALLBACK)
        )
        return list(session.scalars(query))

    def _call_back(self, code: str, chance: random.Random, session: Session, now: datetime) -> None:
        state = session.scalar(select(Ticket.state).where(Ticket.code == code))
        if state == TicketState.FILED:
            operator = chance.choice(list(self._operators.values()))
            desk.close_callback(session, operator, code, note=chance.choice(lives.CALLED_BACK), now=now)

    def _finish(self, session: Session, call: Call, plan: Plan, chance: random.Random, now: datetime) -> None:
        """The operator's last step after the talk: linked, filed, or a disposition."""
        operator = self._operators[call.operators[-1]]
        draft = desk.draft_of(session, call)
        assert draft
        if plan.fate is Fate.REDIALS:
            desk.dispose(session, operator, call.id, lives.DROPPED, now=now)
            again = now + timedelta(seconds=plan.redials_after_s)
            self._call_at(again, plan.redial, REDIALLED + int(call.linkedid.partition(".")[2]))
            return
        older = self._open_ticket(session, draft) if chance.random() < lives.ASKS_AGAIN else None
        if older:
            desk.link(session, operator, draft.code, older, now=now)
        elif call.caller and chance.random() < lives.FILED:
            self._file(session, operator, draft, call, chance, now)
        else:
            ending = chance.choices(list(lives.ENDINGS), list(lives.ENDINGS.values()))[0]
            desk.dispose(session, operator, call.id, ending, now=now)

    def _open_ticket(self, session: Session, draft: Ticket) -> str | None:
        query = select(Ticket.code).where(
            Ticket.caller == draft.caller, Ticket.state.in_(OPEN), Ticket.kind == TicketKind.REPORT
        )
        return session.scalars(query).first() if draft.caller else None

    def _file(
        self, session: Session, operator: Actor, draft: Ticket, call: Call, chance: random.Random, now: datetime
    ) -> None:
        report = lives.choose_report(chance)
        fields = lives.fields(report, self._wards.get(report.ward), call.caller_name)
        ticket = desk.file(session, operator, draft.code, fields, now=now)
        self._route(session, ticket, now + timedelta(seconds=2))
        self._onward(ticket, chance, now)

    def _route(self, session: Session, ticket: Ticket, now: datetime) -> None:
        """What the relay and the worker do a moment later: the promise is kept, and is marked as kept."""
        promises = select(OutboxRow).where(OutboxRow.ticket_id == ticket.id, OutboxRow.done_at.is_(None))
        for promise in session.scalars(promises).all():
            if outbox.stamp_done(session, promise.id, now):
                assignment.take(session, Handover.model_validate(promise.payload), now=now)

    def _onward(self, ticket: Ticket, chance: random.Random, now: datetime) -> None:
        """Whoever has it now does the next thing, some time from now."""
        code = ticket.code
        if ticket.state == TicketState.TRIAGE:
            at = lives.later(chance, now, lives.TRIAGE, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._assign(session, code, chance, now))
        elif ticket.state == TicketState.ROUTED:
            at = lives.later(chance, now, lives.ACCEPT, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._take_on(session, code, chance, now))
        elif ticket.state == TicketState.ACCEPTED:
            at = lives.later(chance, now, lives.ANSWER, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._resolve(session, code, chance, now))

    def _assign(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = _ticket(session, code)
        if ticket.state != TicketState.TRIAGE:
            return
        agency_id = chance.choice(self._anywhere)
        agencies.assign(session, self._leader, code, agency_id, reason=chance.choice(lives.WHY_ASSIGNED), now=now)
        self._onward(ticket, chance, now)

    def _take_on(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = _ticket(session, code)
        if ticket.state != TicketState.ROUTED:
            return
        officer = self._officer(ticket)
        if ticket.bounces == 0 and chance.random() < lives.GIVEN_BACK:
            agencies.give_back(session, officer, code, reason=chance.choice(lives.WHY_GIVEN_BACK), now=now)
        else:
            agencies.accept(session, officer, code, now=now)
        self._onward(ticket, chance, now)

    def _resolve(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = _ticket(session, code)
        if ticket.state != TicketState.ACCEPTED:
            return
        files = [lives.photo(self._data_dir, chance)] if ticket.category and ticket.category.evidence_required else []
        text = lives.answer(ticket.category_code, chance)
        agencies.resolve(session, self._officer(ticket), code, text=text, files=files, now=now)

    def _officer(self, ticket: Ticket) -> Actor:
        """The agency's own, or, where the demo has nobody to sign in as, the agency by its name."""
        agency_id = ticket.lead_agency_id
        assert agency_id
        return self._officers.get(agency_id) or Actor(None, self._agencies[agency_id], Role.OFFICER, agency_id)


def _ticket(session: Session, code: str) -> Ticket:
    return session.scalars(select(Ticket).where(Ticket.code == code)).one()


def _days_with_calls(session: Session) -> set[date]:
    local_day = func.date(func.timezone(str(LOCAL), Call.started_at))
    return set(session.scalars(select(local_day).distinct()))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[date, int], None]]:
    """A bar where a person looks on, plain lines in a log."""
    began = clock.monotonic()
    if sys.stdout.isatty():
        columns = (TextColumn("Writing the past"), BarColumn(), TextColumn("{task.fields[day]}"), TimeRemainingColumn())
        with Progress(*columns, transient=True) as bar:
            task = bar.add_task("", total=total, day="")
            yield lambda day, made: bar.update(task, advance=1, day=f"{day:%d/%m/%Y}  {made} calls")
    else:
        yield lambda day, made: print(f"History {day:%Y-%m-%d}: {made} calls", flush=True)
    print(f"The past is written: {total} days in {clock.monotonic() - began:.0f} s.", flush=True)
