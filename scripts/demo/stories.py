"""Agenda of the demo's past: actions in the order of time, each by the use case that people use.

Every step is given the moment at which it happened as its `now`, and plans the next step.
"""

import heapq
import random
import zlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import outbox, phones
from callcenter.models import (
    Agency,
    Call,
    CallBack,
    Category,
    Matter,
    OutboxRow,
    SlaTarget,
    Ticket,
    TicketCall,
    User,
    Ward,
)
from callcenter.vocab import Level, Outcome, Role, Sound, TicketKind, TicketState
from scripts.demo.simulated import lives
from scripts.demo.simulated.callers import Fate, Plan
from scripts.demo.simulated.past import CITIZENS, make_call, messages, moments
from tickets.actors import Actor
from tickets.agency import approvals, assignment, casework
from tickets.calls import listening
from tickets.desk import filing
from tickets.life import clocks, history
from tickets.people import citizens
from tickets.people.citizens import CITIZEN
from tickets.rules.handover import Handover
from tickets.rules.sla import Calendar
from tickets.rules.states import OPEN

SEED = 1022
# Serials of calls that came because the first one broke.
REDIALLED = 5000

Step = Callable[[Session, datetime], None]


class Agenda:
    """The steps still to come at each moment of the past, and the person of each."""

    def __init__(self, session: Session, data_dir: Path, known: set[date], share: int, shares: int) -> None:
        self._planned = set(known)
        self._share, self._shares = share, shares
        self._calls = 0
        self._data_dir = data_dir
        self._agenda: list[tuple[datetime, int, Step]] = []
        self._order = count()
        self._calendar: Calendar = clocks.calendar(session)
        people = session.scalars(select(User).where(User.active).order_by(User.usual_extension)).all()
        operators = [user for user in people if user.role == Role.OPERATOR and user.usual_extension]
        self._operators = {user.usual_extension or "": Actor.of(user) for user in operators}
        self._leader = next(Actor.of(user) for user in people if user.role == Role.SHIFT_LEADER)
        officers = [user for user in people if user.role == Role.OFFICER]
        self._officers = {user.agency_id: Actor.of(user) for user in officers if not user.approves}
        self._heads = {user.agency_id: Actor.of(user) for user in officers if user.approves}
        self._messages = messages(data_dir)
        bodies = session.execute(select(Agency.id, Agency.name, Agency.code, Agency.needs_approval)).all()
        self._approved = {body.id for body in bodies if body.needs_approval}
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
        if call.outcome == Outcome.VOICEMAIL:
            call.voicemail = self._messages[self._calls % len(self._messages)]
        session.add(call)
        session.flush()
        if call.rang:
            filing.open_draft(session, call, now=call.queued_at or call.started_at)
        filing.settle_call(session, call, now=now)
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
            select(CallBack.code)
            .join(TicketCall, TicketCall.ticket_id == CallBack.id)
            .where(TicketCall.call_id == call.id)
        )
        return list(session.scalars(query))

    def _call_back(self, code: str, chance: random.Random, session: Session, now: datetime) -> None:
        task = history.locked_either(session, code)
        if isinstance(task, CallBack) and task.waits:
            operator = chance.choice(list(self._operators.values()))
            self._listen(session, code, operator, now)
            filing.close_callback(session, operator, code, note=chance.choice(lives.CALLED_BACK), now=now)

    def _listen(self, session: Session, code: str, operator: Actor, now: datetime) -> None:
        """A message is listened to before the number is called."""
        left = (
            select(Call)
            .join(TicketCall, TicketCall.call_id == Call.id)
            .join(Matter, Matter.id == TicketCall.ticket_id)
            .where(Matter.code == code, Call.voicemail.is_not(None))
        )
        for call in session.scalars(left):
            listening.note(session, operator, call, Sound.VOICEMAIL, now=now)

    def _finish(self, session: Session, call: Call, plan: Plan, chance: random.Random, now: datetime) -> None:
        """The operator's last step after the talk: linked, filed, or a disposition."""
        operator = self._operators[call.operators[-1]]
        draft = filing.draft_of(session, call)
        assert isinstance(draft, Ticket)
        if plan.fate is Fate.REDIALS:
            filing.dispose(session, operator, call.id, lives.DROPPED, now=now)
            again = now + timedelta(seconds=plan.redials_after_s)
            self._call_at(again, plan.redial, REDIALLED + int(call.linkedid.partition(".")[2]))
            return
        older = self._open_ticket(session, draft) if chance.random() < lives.ASKS_AGAIN else None
        if older:
            filing.link(session, operator, draft.code, older, now=now)
        elif call.caller and chance.random() < lives.FILED:
            self._file(session, operator, draft, call, chance, now)
        else:
            ending = chance.choices(list(lives.ENDINGS), list(lives.ENDINGS.values()))[0]
            filing.dispose(session, operator, call.id, ending, now=now)

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
        ticket = filing.file(session, operator, draft.code, fields, now=now)
        self._route(session, ticket, now + timedelta(seconds=2))
        self._onward(ticket, chance, now)

    def _route(self, session: Session, ticket: Ticket, now: datetime) -> None:
        """What the relay and the worker do a moment later: the promise is kept, and is marked as kept."""
        promises = select(OutboxRow).where(OutboxRow.ticket_id == ticket.id, OutboxRow.done_at.is_(None))
        for promise in session.scalars(promises).all():
            if outbox.stamp_done(session, promise.id, now):
                assignment.take(session, Handover.model_validate(promise.payload), now=now)

    def _onward(self, ticket: Ticket, chance: random.Random, now: datetime) -> None:
        """Its present owner does the next thing, some time from now."""
        code = ticket.code
        if ticket.state == TicketState.TRIAGE:
            at = lives.later(chance, now, lives.TRIAGE, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._assign(session, code, chance, now))
        elif ticket.state == TicketState.ROUTED:
            at = lives.later(chance, now, lives.ACCEPT, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._take_on(session, code, chance, now))
        elif ticket.state == TicketState.ACCEPTED:
            self._work_on(ticket, chance, now)
        elif ticket.state == TicketState.AWAITING_APPROVAL:
            at = lives.later(chance, now, lives.APPROVE, ticket.level, self._calendar)
            self._plan(at, lambda session, now: self._approve(session, code, chance, now))
        elif ticket.state == TicketState.RESOLVED:
            self._hear(ticket, chance, now)

    def _work_on(self, ticket: Ticket, chance: random.Random, now: datetime) -> None:
        """The answer some time from now; on the way a question to the citizen, or a little more time."""
        code = ticket.code
        at = lives.later(chance, now, lives.ANSWER, ticket.level, self._calendar)
        luck = chance.random()
        if ticket.level != Level.URGENT and luck < lives.ASKED:
            self._plan(now + (at - now) / 3, lambda session, now: self._ask(session, code, chance, now))
            at = lives.later(chance, at, lives.SUPPLY, ticket.level, self._calendar)
        elif ticket.level != Level.URGENT and luck < lives.ASKED + lives.EXTENDED:
            self._plan(now + (at - now) * 0.7, lambda session, now: self._extend(session, code, chance, now))
            at = lives.later(chance, at, lives.ANSWER, ticket.level, self._calendar)
        self._plan(at, lambda session, now: self._resolve(session, code, chance, now))

    def _hear(self, ticket: Ticket, chance: random.Random, now: datetime) -> None:
        """The citizen has the answer: some say that it is not so, some rate it, most say nothing."""
        code, luck = ticket.code, chance.random()
        read = lives.at_the_desk(now + timedelta(hours=chance.expovariate(1 / 14)))
        if luck < lives.NOT_FIXED and not ticket.reopened:
            self._plan(read, lambda session, now: self._object(session, code, chance, now))
        elif luck < lives.NOT_FIXED + lives.RATED:
            self._plan(read, lambda session, now: self._rate(session, code, chance, now))

    def _assign(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.state != TicketState.TRIAGE:
            return
        agency_id = chance.choice(self._anywhere)
        casework.assign(session, self._leader, code, agency_id, reason=chance.choice(lives.WHY_ASSIGNED), now=now)
        self._onward(ticket, chance, now)

    def _take_on(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.state != TicketState.ROUTED:
            return
        officer, agency_id = self._officer(ticket), ticket.lead_agency_id
        luck = chance.random()
        if ticket.bounces == 0 and luck < lives.GIVEN_BACK:
            casework.give_back(session, officer, code, reason=chance.choice(lives.WHY_GIVEN_BACK), now=now)
        elif luck > 1 - lives.REJECTED and agency_id not in self._approved:
            casework.reject(session, officer, code, reason=chance.choice(lives.WHY_REJECTED), now=now)
        else:
            casework.accept(session, officer, code, now=now)
        self._onward(ticket, chance, now)

    def _ask(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.state != TicketState.ACCEPTED:
            return
        casework.ask(session, self._officer(ticket), code, question=chance.choice(lives.QUESTIONS), now=now)
        if chance.random() < lives.SUPPLIED:
            at = lives.at_the_desk(lives.later(chance, now, lives.SUPPLY, ticket.level, self._calendar))
            self._plan(at, lambda session, now: self._supply(session, code, chance, now))

    def _supply(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        if history.locked(session, code).state == TicketState.WAITING:
            citizens.supply(session, CITIZEN, code, text=chance.choice(lives.SUPPLIES), now=now)

    def _extend(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.state == TicketState.ACCEPTED and ticket.answer_due and ticket.answer_due > now:
            days, why = chance.randint(2, 5), chance.choice(lives.WHY_EXTENDED)
            casework.extend(session, self._officer(ticket), code, working_days=days, reason=why, now=now)

    def _resolve(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.state == TicketState.WAITING:
            # The agency looks again: by then the citizen has answered, or time has taken the question back.
            again = lives.later(chance, now, lives.ANSWER, ticket.level, self._calendar)
            self._plan(again, lambda session, now: self._resolve(session, code, chance, now))
        if ticket.state != TicketState.ACCEPTED:
            return
        files = [lives.photo(self._data_dir, chance)] if ticket.category and ticket.category.evidence_required else []
        text = lives.answer(ticket.category_code, chance)
        casework.resolve(session, self._officer(ticket), code, text=text, files=files, now=now)
        self._onward(ticket, chance, now)

    def _approve(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        agency_id = ticket.lead_agency_id
        if ticket.state != TicketState.AWAITING_APPROVAL or not agency_id:
            return
        name = f"Lãnh đạo {self._agencies[agency_id]}"
        head = self._heads.get(agency_id) or Actor(None, name, Role.OFFICER, agency_id, approves=True)
        if chance.random() < lives.SENT_BACK:
            approvals.send_back(session, head, code, reason=chance.choice(lives.WHY_SENT_BACK), now=now)
        else:
            approvals.approve(session, head, code, now=now)
        self._onward(ticket, chance, now)

    def _object(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = citizens.not_fixed(session, CITIZEN, code, reason=chance.choice(lives.WHY_NOT_FIXED), now=now)
        self._onward(ticket, chance, now)

    def _rate(self, session: Session, code: str, chance: random.Random, now: datetime) -> None:
        ticket = history.locked(session, code)
        if ticket.resolved_at is None:
            return
        late = ticket.answer_due is not None and ticket.resolved_at > ticket.answer_due
        stars, note = lives.rating(chance, late=late)
        citizens.rate(session, CITIZEN, code, stars=stars, note=note, now=now)

    def _officer(self, ticket: Ticket) -> Actor:
        """The agency's own, or, where the demo has no account, the agency by its name."""
        agency_id = ticket.lead_agency_id
        assert agency_id
        return self._officers.get(agency_id) or Actor(None, self._agencies[agency_id], Role.OFFICER, agency_id)
