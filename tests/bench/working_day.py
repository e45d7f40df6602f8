"""A working day of 15 operators and 5,000 calls in fast time: `python -m tests.bench.working_day [CALLS]`, by hand.

The callers of the simulated PBX speak AMI; their events go through `interpret`, `step` and the real writer into a real
PostgreSQL. Operators work by the rules: they file, link, end without a ticket, call back, and now and then leave a
draft lying; leaders take those over and hand the shift over twice. At midnight the day is looked at: calls that have
neither ticket nor disposition, numbers not called back, and every figure against a second computation.
"""

import asyncio
import os
import random
import sys
import tempfile
import time as wall
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Engine, exists, func, select
from sqlalchemy.orm import Session

from callcenter import embedded, migrate, outbox
from callcenter.config import Settings
from callcenter.db import make_engine, reading, transaction
from callcenter.errors import HotlineError
from callcenter.models import (
    Call,
    CallBack,
    ExtensionSpan,
    OutboxRow,
    ShiftHandover,
    Ticket,
    TicketCall,
    TicketEvent,
    User,
    Ward,
)
from callcenter.vocab import Attempt, CallBackStanding, Disposition, Role, Sound, TicketKind, TicketState
from scripts.demo import fill
from scripts.demo.simulated import ami as simulated_ami
from scripts.demo.simulated import call as simulated_call
from scripts.demo.simulated import lives
from scripts.demo.simulated.ami import Channel, Headers
from scripts.demo.simulated.astdb import Lists
from scripts.demo.simulated.call import SimulatedCall
from scripts.demo.simulated.callers import LOCAL, Fate, Plan, busyness
from scripts.demo.simulated.queue import WaitingLine
from telephony import recorder, writer
from telephony.callflow import Calls, Rules, step
from telephony.events import Happening, Kind, interpret
from telephony.leadership import crown
from telephony.scribe import Scribe
from telephony.spool import Spool
from telephony.writer import Writer
from tests.bench.day_ledger import Ledger
from tests.bench.fast_clock import FastLoop, follow
from tickets.actors import Actor
from tickets.agency import assignment
from tickets.calls import calling, listening
from tickets.desk import filing, queries
from tickets.figures import stats
from tickets.life import call_backs, claims
from tickets.oversight import shifts, worklist
from tickets.rules.handover import Handover
from tickets.rules.states import OPEN

DAY = datetime(2026, 11, 24, tzinfo=LOCAL)
BEGINS_S = 5.5 * 3600
OPENS, LAST_CALL, CLOSES = time(6), time(21), time(23, 59, 59)
OPERATORS, LEADERS = 15, 3
HANDOVERS = (time(14), time(22))
CITIZENS = 2600
PBX = "day"
LEFT_LYING = 0.01
REACHED = 0.7
TICK_S = 5.0
Clock = FastLoop


class FastAmi:
    """What the simulated PBX says, folded and handed to the writer as the listener does."""

    def __init__(self, loop: FastLoop, calls: Calls, ledger: Ledger) -> None:
        self.loop, self.calls, self.ledger = loop, calls, ledger
        self.writer: Writer | None = None
        self.epoch = 0
        self.events = 0

    def emit(self, event: str, privilege: str, *parts: Headers) -> None:
        headers: dict[str, str] = {"Event": event, "Timestamp": f"{self.loop.now.timestamp():.6f}"}
        for part in parts:
            headers.update(part)
        self.events += 1
        self.ledger.hear(event, headers, self.loop.time())
        happening = interpret(headers, self.loop.now)
        if happening is not None:
            self.fold(happening)

    def fold(self, happening: Happening) -> None:
        changed = [self.calls.by_id[name] for name in step(self.calls, happening) if name in self.calls.by_id]
        if changed and self.writer:
            self.writer.keep(recorder.CallSnapshot.of(call, self.epoch) for call in changed)


@dataclass
class FastPbx:
    """The PBX around a call (`scripts.demo.simulated.telling.Pbx`); telephones are free when their people are."""

    ami: FastAmi
    loop: FastLoop
    free: list[str] = field(default_factory=list)
    waiting: WaitingLine = field(default_factory=WaitingLine)
    lists: Lists = field(default_factory=Lists)
    extensions: frozenset[str] = frozenset()
    newcomer: str = ""
    phone: None = None
    messages: int = 0
    speed: float = 1.0
    released: dict[str, asyncio.Event] = field(default_factory=dict)
    channels: int = 0

    def next_free(self) -> str | None:
        return self.free.pop(0) if self.free else None

    def release(self, extension: str, after_s: float = 0) -> None:
        """After a talk the operator says when they are ready again; after a missed ring too."""
        self.released[extension].set()

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def channel(self, peer: str, number: str, linkedid: str | None = None) -> Channel:
        uniqueid = f"{int(self.loop.now.timestamp())}.{self.channels}"
        channel = Channel(f"PJSIP/{peer}-{self.channels:08x}", uniqueid, linkedid or uniqueid, number)
        self.channels += 1
        return channel

    def gone(self, channel: Channel) -> None:
        pass


class Desk:
    """One operator: ends what is owed an end, then calls back, then waits for the telephone."""

    def __init__(self, day: "Day", actor: Actor) -> None:
        self.day, self.actor = day, actor
        self.extension = actor.extension or ""
        self.chance = random.Random(f"desk:{self.extension}")
        self.wake = day.pbx.released[self.extension] = asyncio.Event()
        self.lying: set[str] = set()

    async def work(self) -> None:
        self.day.pbx.free.append(self.extension)
        while True:
            if self.extension not in self.day.pbx.free:
                # The telephone rings or talks: until it is released.
                await self.wake.wait()
                self.wake.clear()
                await self._after_call()
                self.day.pbx.free.append(self.extension)
            elif self.day.waits and not self.day.pbx.waiting:
                self.day.pbx.free.remove(self.extension)
                await self._call_back()
                self.day.pbx.free.append(self.extension)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.chance.uniform(10, 20)):
                    await self.wake.wait()

    async def _after_call(self) -> None:
        await self.day.written()
        with reading(self.day.engine) as session:
            owed = [row for row in queries.unfinished(session, self.actor) if row.ticket.code not in self.lying]
            found = [(row.ticket.code, row.call.id if row.call else 0) for row in owed]
        for code, call_id in reversed(found):
            if self.chance.random() < LEFT_LYING:
                self.lying.add(code)
                continue
            await asyncio.sleep(self.chance.uniform(8, 45))
            self.day.end(self.actor, code, call_id, self.chance)

    async def _call_back(self) -> None:
        now = self.day.loop.now
        with transaction(self.day.engine) as session:
            task = claims.take_next(session, self.actor, now=now)
            if task is None:
                self.day.waits = False
                return
            code = task.code
            left = select(Call).join(TicketCall, TicketCall.call_id == Call.id).where(TicketCall.ticket_id == task.id)
            for call in session.scalars(left.where(Call.voicemail.is_not(None))).all():
                listening.note(session, self.actor, call, Sound.VOICEMAIL, now=now)
        reached = self.chance.random() < REACHED
        await asyncio.sleep(self.chance.uniform(40, 150) if reached else self.chance.uniform(20, 45))
        with suppress(HotlineError), transaction(self.day.engine) as session:
            if reached:
                note = self.chance.choice(lives.CALLED_BACK)
                filing.close_callback(session, self.actor, code, note=note, now=self.day.loop.now)
            else:
                result = self.chance.choice([Attempt.NO_ANSWER, Attempt.NO_ANSWER, Attempt.BUSY, Attempt.OFF])
                calling.not_reached(session, self.actor, code, result, now=self.day.loop.now)
        self.day.tries[reached] += 1


class Day:
    """Everybody and everything of the day."""

    def __init__(self, engine: Engine, loop: FastLoop, folder: Path, calls: int) -> None:
        self.engine, self.loop, self.folder, self.wanted = engine, loop, folder, calls
        self.ledger = Ledger()
        self.ami = FastAmi(loop, Calls(Rules.of(["1022"], ["from-trunk"])), self.ledger)
        self.pbx = FastPbx(self.ami, loop)
        self.waits = False
        self.tries: Counter[bool] = Counter()
        self.endings: Counter[str] = Counter()
        self.wards: dict[str, str] = {}
        self.operators: list[Actor] = []
        self.leaders: list[Actor] = []
        self.at_the_desks: list[Desk] = []

    async def run(self) -> None:
        reign = crown(self.engine, PBX)
        self.ami.epoch = reign.epoch
        self.ami.writer = Writer(
            Scribe(reign).calls, Spool(self.folder / "spool", PBX), short_abandon_s=5, lines=lambda _: [],
            ended=lambda _: None, found=lambda _: None,
        )  # fmt: skip
        await self.ami.writer.begin()
        self._people()
        self.at_the_desks = [Desk(self, actor) for actor in self.operators]
        tasks = [self.ami.writer.run(), self._tick(), self._route(), self._look(), self._lead()]
        tasks += [one.work() for one in self.at_the_desks]
        running = [asyncio.ensure_future(task) for task in tasks]
        closes = asyncio.ensure_future(asyncio.sleep(_seconds(CLOSES) - BEGINS_S))
        calls = asyncio.ensure_future(self._arrivals())
        await asyncio.wait([closes, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            if task.done():
                task.result()
            task.cancel()
        await calls
        await asyncio.gather(*running, return_exceptions=True)
        await self.ami.writer.finish()

    async def written(self) -> None:
        """Waits until the events so far are in the database, as on the operator's page."""
        assert self.ami.writer
        await asyncio.sleep(1.5)
        while self.ami.writer.waiting:
            await asyncio.sleep(0.1)

    def end(self, actor: Actor, code: str, call_id: int, chance: random.Random) -> None:
        """One draft comes to its end: linked, filed, or a disposition."""
        now = self.loop.now
        with transaction(self.engine) as session:
            draft = session.scalars(select(Ticket).where(Ticket.code == code)).one()
            call = session.get(Call, call_id) if call_id else None
            if draft.state != TicketState.DRAFT:
                return
            older = self._older(session, draft) if chance.random() < lives.ASKS_AGAIN else None
            if call is not None and call.talk_s < 10:
                filing.dispose(session, actor, call.id, Disposition.DROPPED, now=now)
                self.endings["dropped"] += 1
            elif older:
                filing.link(session, actor, code, older, now=now)
                self.endings["linked"] += 1
            elif call is None or (call.caller and chance.random() < lives.FILED):
                report = lives.choose_report(chance)
                fields = lives.fields(report, self.wards.get(report.ward), call.caller_name if call else None)
                filing.file(session, actor, code, fields, now=now)
                self.endings["filed"] += 1
            else:
                ending = chance.choices(list(lives.ENDINGS), list(lives.ENDINGS.values()))[0]
                filing.dispose(session, actor, call.id, ending, now=now)
                self.endings["disposed"] += 1

    def _older(self, session: Session, draft: Ticket) -> str | None:
        open_one = select(Ticket.code).where(
            Ticket.caller == draft.caller, Ticket.state.in_(OPEN), Ticket.kind == TicketKind.REPORT
        )
        return session.scalars(open_one).first() if draft.caller else None

    def _people(self) -> None:
        with transaction(self.engine) as session:
            # There is no sign-in here, and a password costs a quarter of a second to hash.
            fill.hash_password = lambda _: "!"
            fill.seed(session, now=self.loop.now)
            session.flush()
            for role, count, first in ((Role.OPERATOR, OPERATORS, 201), (Role.SHIFT_LEADER, LEADERS, None)):
                for place in range(count):
                    user = User(
                        username=f"{role.value}{place}",
                        password_hash="!",
                        name=f"{role.value} {place + 1}",
                        role=role,
                        created_at=self.loop.now,
                    )
                    session.add(user)
                    session.flush()
                    if first:
                        session.add(ExtensionSpan(user_id=user.id, extension=str(first + place), since=self.loop.now))
            session.flush()
            self.wards = {name: code for name, code in session.execute(select(Ward.name, Ward.code))}
            people = session.scalars(select(User).where(User.username.regexp_match("^(operator|shift_leader)[0-9]")))
            actors = [Actor.of(user) for user in people]
        self.operators = [actor for actor in actors if actor.role == Role.OPERATOR]
        self.leaders = [actor for actor in actors if actor.role == Role.SHIFT_LEADER]
        self.pbx.extensions = frozenset(actor.extension for actor in self.operators if actor.extension)

    async def _arrivals(self) -> None:
        chance = random.Random(1022)
        for serial, at in enumerate(_moments(chance, self.wanted)):
            await asyncio.sleep(max(0.0, at - self.loop.time()))
            asyncio.ensure_future(self._citizen(Plan.make(7, serial, CITIZENS)))  # noqa: RUF006

    async def _citizen(self, plan: Plan) -> None:
        await SimulatedCall(self.pbx, plan).run()  # type: ignore[arg-type]
        if plan.fate is Fate.REDIALS:
            await asyncio.sleep(plan.redials_after_s)
            await SimulatedCall(self.pbx, plan.redial).run()  # type: ignore[arg-type]

    async def _tick(self) -> None:
        hour = -1
        while True:
            await asyncio.sleep(TICK_S)
            if self.loop.now.astimezone(LOCAL).hour != hour and sys.stderr.isatty() | bool(os.environ.get("DAY_LOG")):
                hour = self.loop.now.astimezone(LOCAL).hour
                print(f"  {hour:02}:00  {len(self.ledger.calls)} calls", file=sys.stderr, flush=True)
            self.ami.fold(Happening(Kind.TICK, self.loop.now))

    async def _look(self) -> None:
        """What the list beside every desk shows: that a number waits."""
        while True:
            await asyncio.sleep(90)
            with reading(self.engine) as session:
                now = self.loop.now
                query = (
                    select(CallBack.id).where(call_backs.waits(), claims.free(now), claims.may_be_called(now)).limit(1)
                )
                self.waits = session.scalars(query).first() is not None

    async def _route(self) -> None:
        """What the relay and the worker do with the promises of the last minute."""
        while True:
            await asyncio.sleep(60)
            with transaction(self.engine) as session:
                open_ones = select(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.queue == outbox.ROUTING)
                for row in session.scalars(open_ones.order_by(OutboxRow.id)).all():
                    if outbox.stamp_done(session, row.id, self.loop.now):
                        assignment.take(session, Handover.model_validate(row.payload), now=self.loop.now)

    async def _lead(self) -> None:
        """Leaders: what lies for half an hour is theirs; twice a day the next one takes over."""
        turn, chance = 0, random.Random("leader")
        while True:
            await asyncio.sleep(600)
            leader = self.leaders[turn]
            if turn < len(HANDOVERS) and self.loop.time() >= _seconds(HANDOVERS[turn]):
                with transaction(self.engine) as session:
                    row = shifts.give(session, leader, self.leaders[turn + 1].id or 0, note="", now=self.loop.now)
                    turn, leader = turn + 1, self.leaders[turn + 1]
                with transaction(self.engine) as session:
                    shifts.confirm(session, leader, row.id, now=self.loop.now + timedelta(seconds=1))
                await asyncio.sleep(2)
            with transaction(self.engine) as session:
                lying = worklist.shift(session, self.loop.now).drafts
                left = [(draft.ticket.code, draft.call.id if draft.call else 0) for draft in lying]
                for code, _ in left:
                    claims.take_over(session, leader, code, now=self.loop.now)
            for code, call_id in left:
                await asyncio.sleep(30)
                self.end(leader, code, call_id, chance)


def _seconds(at: time) -> float:
    return (at.hour * 60 + at.minute) * 60 + at.second


def _moments(chance: random.Random, wanted: int) -> list[float]:
    """When callers begin, by the curve of a day, between the first and the last call."""
    found: list[float] = []
    while len(found) < wanted:
        at = chance.uniform(_seconds(OPENS), _seconds(LAST_CALL))
        if chance.random() < busyness(DAY + timedelta(seconds=at)):
            found.append(at)
    return sorted(found)


def report(day: Day, took_s: float) -> int:
    """Print the day; returns how many things are wrong with it."""
    with reading(day.engine) as session:
        made = session.scalar(select(func.count()).select_from(Call)) or 0
        outcomes = dict(session.execute(select(Call.outcome, func.count()).group_by(Call.outcome)).all())
        bare = _bare(session)
        unworked, planned = _call_backs(session, day.loop.now)
        handed = [_handed(row) for row in session.scalars(select(ShiftHandover).order_by(ShiftHandover.id))]
        drafts = session.scalar(select(func.count()).where(Ticket.state == TicketState.DRAFT)) or 0
        over = session.scalar(select(func.count()).where(TicketEvent.move == "take_over")) or 0
        told = stats.figures(session, since=None, until=None, now=day.loop.now, service_level_s=20, short_abandon_s=5)
    print(f"{made} calls, {day.ami.events} events, {OPERATORS} operators, in {took_s:.0f} s")
    print("  outcomes:", ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items(), key=str)))
    print("  ended by operators:", ", ".join(f"{name} {count}" for name, count in day.endings.most_common()))
    print(f"  numbers called back: {day.tries[True]} reached, {day.tries[False]} tries that reached nobody")
    print(f"  drafts left lying and taken over by a leader: {over}; drafts still open at midnight: {drafts}")
    print(*handed, sep="\n")
    print(f"calls with neither ticket nor disposition: {len(bare)} {bare[:5]}")
    print(f"call-backs unworked at the end of the day: {unworked}; planned for later by a try of today: {planned}")
    wrong = _compare(day.ledger, {name: entry["value"] for name, entry in told.items()})
    seen, stored = len(day.ledger.calls), made
    if seen != stored:
        print(f"  the PBX had {seen} calls, the record has {stored}")
    return len(bare) + unworked + wrong + drafts + (seen != stored)


def _handed(row: ShiftHandover) -> str:
    left = dict(Counter(item["list"] for item in row.items)) or "nothing left"
    at = f"{row.confirmed_at.astimezone(LOCAL):%H:%M}" if row.confirmed_at else "never"
    return f"  {row.given_by} -> {row.given_to}: {left}, confirmed {at}"


def _bare(session: Session) -> list[str]:
    """Calls that ended in nothing: no disposition, and no ticket but a draft that is open or was thrown away."""
    real = Ticket.state.not_in((TicketState.DRAFT, TicketState.DISCARDED))
    has_ticket = exists().where(TicketCall.call_id == Call.id, TicketCall.ticket_id == Ticket.id, real)
    needed = CallBack.standing != CallBackStanding.NEEDLESS
    has_call_back = exists().where(TicketCall.call_id == Call.id, TicketCall.ticket_id == CallBack.id, needed)
    left = Call.disposition.is_(None), ~has_ticket, ~has_call_back
    return list(session.scalars(select(Call.linkedid).where(*left)))


def _call_backs(session: Session, now: datetime) -> tuple[int, int]:
    times = session.scalars(select(CallBack.call_at).where(call_backs.waits())).all()
    later = sum(at is not None and at > now for at in times)
    return len(times) - later, later


def _compare(ledger: Ledger, told: dict[str, float | None]) -> int:
    wrong = 0
    for name, value in ledger.figures(service_level_s=20, short_abandon_s=5).items():
        theirs = told[name]
        same = value == theirs or (value is not None and theirs is not None and abs(value - theirs) < 0.002)
        wrong += not same
        print(f"  {name:<15} {_number(theirs)}  second computation {_number(value)}{'' if same else '   DIFFERS'}")
    return wrong


def _number(value: float | None) -> str:
    return "       -" if value is None else f"{value:8.3f}"


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    os.environ["CALLCENTER_EMBEDDED_FSYNC"] = "off"
    with tempfile.TemporaryDirectory(prefix="hotline-day-") as name:
        folder = Path(name)
        with embedded.hold(Settings(data_dir=folder / "var")) as lease:
            engine = make_engine(lease.database_url, application="working-day")
            migrate.upgrade(engine)
            loop = FastLoop(DAY, BEGINS_S)
            follow(loop, simulated_call, simulated_ami, writer)
            # Looks for what was not announced, and a rest as long as it takes to write on a busy site.
            writer._LOOK_S = writer.SPOOL_AFTER_S = 60.0
            writer._GATHER_S = writer._LONGEST_GATHER_S = 1.0
            asyncio.set_event_loop(loop)
            day = Day(engine, loop, folder, wanted)
            began = wall.monotonic()
            loop.run_until_complete(day.run())
            wrong = report(day, wall.monotonic() - began)
            loop.close()
            engine.dispose()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
