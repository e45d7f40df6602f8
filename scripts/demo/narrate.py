"""Running commentary of the demo at the terminal: calls and their outcome, routing of tickets, work that waits."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import redis
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import phones, push
from callcenter.db import reading
from callcenter.models import Call, CallBack, Ticket, TicketOrCallBack, User
from callcenter.vocab import Level, Outcome, Stage, TicketState
from tickets.rules import codes
from tickets.rules.states import UNTAKEN

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
LONG_WAIT = timedelta(seconds=20)
URGENT_WAIT = timedelta(minutes=10)
_LOOK_EVERY_S = 5.0
# One line a call at its beginning and one at its end, one line a ticket for each hand it comes into.
_MISSED = {
    Outcome.CALLBACK: "asks to be called back",
    Outcome.VOICEMAIL: "leaves a message",
    Outcome.TIMEOUT: "waited {wait:.0f} s in vain",
    Outcome.UNSERVED: "is turned away",
    Outcome.FORWARDED: "is put through to another body",
    Outcome.FAILED: "is cut off by a fault",
    Outcome.BLOCKED: "is on the block list",
}
_MOVED = {
    TicketState.ACCEPTED: "{agency} takes it on",
    TicketState.WAITING: "{agency} asks the citizen for more",
    TicketState.AWAITING_APPROVAL: "answered by {agency}; its head approves it or not",
    TicketState.RESOLVED: "answered by {agency}",
    TicketState.REJECTED: "turned down, with a reason for the citizen",
    TicketState.WITHDRAWN: "taken back by the citizen",
    TicketState.CLOSED: "closed",
}


def narrate(engine: Engine, redis_url: str, say: Callable[[str], None], newcomer: str | None = None) -> None:
    """For ever; a broker that goes away ends it quietly: the children report that themselves.

    `newcomer` is the reader's extension: that telephone gets a line of its own.
    """
    story = Story(newcomer, datetime.now(UTC))
    try:
        for message in push.follow(redis_url, idle_s=_LOOK_EVERY_S):
            now = datetime.now(UTC)
            with reading(engine) as session:
                lines = [*story.of(session, message or {}), *story.needs(session, now)]
            for line in lines:
                say(f"{now.astimezone(LOCAL):%H:%M:%S}  {line}")
    except redis.RedisError:
        return


class Story:
    """What was printed already, so that nothing is printed twice."""

    def __init__(self, newcomer: str | None, since: datetime) -> None:
        self._newcomer = newcomer
        self._since = since
        self._looked = since - timedelta(days=1)
        self._told: set[tuple[str, int]] = set()

    def of(self, session: Session, message: dict[str, Any]) -> Iterator[str]:
        """The lines that an announcement is worth: none, mostly."""
        for call_id in message.get("call", ()):
            call = session.get(Call, call_id)
            if call is not None and call.started_at >= self._since - timedelta(minutes=10):
                yield from self._call(session, call)
        for ticket_id in message.get("ticket", ()):
            about = session.get(Ticket, ticket_id) or session.get(CallBack, ticket_id)
            if about is not None:
                yield from self._ticket(about)

    def needs(self, session: Session, now: datetime) -> Iterator[str]:
        """Lines for callers and tickets that wait too long for a person; looked for every few seconds."""
        if (now - self._looked).total_seconds() < _LOOK_EVERY_S:
            return
        self._looked = now
        waiting = select(Call).where(
            Call.ended_at.is_(None), Call.answered_at.is_(None), Call.queued_at < now - LONG_WAIT
        )
        for call in session.scalars(waiting):
            if call.queued_at is not None and self._first("needed", call.id):
                yield f"NEEDED {_caller(call)} waits for {(now - call.queued_at).seconds} s: nobody has answered"
        urgent = select(Ticket).where(
            Ticket.level == Level.URGENT,
            Ticket.state.in_(UNTAKEN),
            Ticket.filed_at > self._since,
            Ticket.filed_at < now - URGENT_WAIT,
        )
        for ticket in session.scalars(urgent):
            if self._first("urgent", ticket.id):
                whose = ticket.lead_agency.name if ticket.lead_agency else "the shift leader"
                yield f"NEEDED {codes.group(ticket.code)} is urgent, and {whose} has not taken it on"

    def _call(self, session: Session, call: Call) -> Iterator[str]:
        who = _caller(call)
        if call.ended_at is None and call.ringing and self._first("rings", call.id):
            if self._newcomer in call.ringing:
                yield f"call   {who}: YOUR TELEPHONE {self._newcomer} RINGS, press Nhận máy in the console"
            else:
                yield f"call   {who}: rings at {_person(session, call.ringing[0])}"
        elif call.ended_at is not None and self._first("ended", call.id):
            yield f"call   {who}: {_ending(session, call)}"

    def _ticket(self, ticket: TicketOrCallBack) -> Iterator[str]:
        words = _standing(ticket)
        key = f"{ticket.state}:{ticket.lead_agency_id if isinstance(ticket, Ticket) else None}"
        if words and self._first(key, ticket.id):
            yield f"ticket {codes.group(ticket.code)}: {words}"

    def _first(self, what: str, key: int) -> bool:
        known = (what, key) in self._told
        self._told.add((what, key))
        return not known


def _standing(ticket: TicketOrCallBack) -> str:
    if isinstance(ticket, CallBack):
        number = phones.display(ticket.caller) if ticket.caller else "a withheld number"
        known = {TicketState.FILED: f"{number} is to be called back", TicketState.CLOSED: f"{number} was called back"}
        return known.get(ticket.state, "")
    agency = ticket.lead_agency.name if ticket.lead_agency else "nobody yet"
    if ticket.state == TicketState.TRIAGE:
        return f"{_about(ticket)}: no rule fits, the shift leader chooses an agency"
    if ticket.state == TicketState.ROUTED:
        by = f", filed by {ticket.owner.name}" if ticket.owner else ""
        return f"{_about(ticket)}{by}: goes to {agency}"
    return _MOVED.get(ticket.state, "").format(agency=agency)


def _about(ticket: Ticket) -> str:
    urgent = "URGENT, " if ticket.level == Level.URGENT else ""
    field = ticket.category.name if ticket.category else "no field yet"
    return f"{urgent}{field}{', ' + ticket.ward.name if ticket.ward else ''}"


def _ending(session: Session, call: Call) -> str:
    if call.outcome == Outcome.ANSWERED:
        people = " and ".join(_person(session, extension) for extension in call.operators)
        return f"talked {call.talk_s:.0f} s with {people}, after waiting {call.wait_s:.0f} s"
    if call.outcome == Outcome.ABANDONED:
        return f"hung up after waiting {call.wait_s:.0f} s" if call.stage == Stage.QUEUE else "hung up in the greeting"
    return _MISSED[call.outcome].format(wait=call.wait_s) if call.outcome else "ended"


def _caller(call: Call) -> str:
    number = phones.display(call.caller) if call.caller else "withheld number"
    return f"{call.caller_name} ({number})" if call.caller_name and call.caller else number


def _person(session: Session, extension: str) -> str:
    name = session.scalar(select(User.name).where(User.extension == extension))
    return f"{name} ({extension})" if name else extension
