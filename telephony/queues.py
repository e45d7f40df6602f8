"""Queues of a PBX and their members: read after each log-in and at intervals, kept for the pages."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.models import PbxQueue
from callcenter.push import announce
from callcenter.vocab import UNANSWERED, CommandResult
from telephony import sign_in
from telephony.ami.link import Link
from telephony.ami.protocol import BadAction
from telephony.events import extension_of
from telephony.orders import QueueMembership
from telephony.scribe import Away, WriterThread
from telephony.sign_in import Lost
from tickets.telephone import after_call, stints

log = structlog.get_logger(__name__)

_LOOK_S = 1.0
_TOGETHER_S = 0.1
_AGAIN_S = 60.0
_LONGEST_NAME = 80
# What app_queue writes where it paused a member by itself (`autopause`).
_AUTOMATIC = "Auto-Pause"
_EPOCH = re.compile(r"[0-9]{1,11}")

Rows = Sequence[Mapping[str, str]]
Members = list[dict[str, Any]]


def read(rows: Rows) -> dict[str, Members]:
    """Queue -> its members as `PbxQueue.members` keeps them, from the answer to `QueueStatus`. Total."""
    queues: dict[str, Members] = {}
    for row in rows:
        name = row.get("Queue", "")[:_LONGEST_NAME]
        if not name:
            continue
        members = queues.setdefault(name, [])
        if row.get("Event") == "QueueMember":
            members.append(_member(row))
    return {name: sorted(members, key=lambda member: str(member["extension"])) for name, members in queues.items()}


def _member(row: Mapping[str, str]) -> dict[str, Any]:
    place = row.get("Location") or row.get("StateInterface") or row.get("Name", "")
    return {
        "extension": extension_of(place),
        "name": row.get("Name", "")[:_LONGEST_NAME],
        **_pause(row),
        "status": _number(row.get("Status", "")),
        "interface": place[:_LONGEST_NAME],
        "watched": row.get("StateInterface", "")[:_LONGEST_NAME],
        "penalty": _number(row.get("Penalty", "")),
        "dynamic": row.get("Membership") == "dynamic",
    }


def _pause(row: Mapping[str, str]) -> dict[str, Any]:
    if row.get("Paused") != "1":
        return {"paused": False, "reason": "", "since": 0}
    reason = row.get("PausedReason", "")[:_LONGEST_NAME]
    since = row.get("LastPause", "")
    return {
        "paused": True,
        "reason": UNANSWERED if reason == _AUTOMATIC else reason,
        "since": int(since) if _EPOCH.fullmatch(since) else 0,
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def keep(session: Session, pbx: str, queues: Mapping[str, Members], now: datetime) -> None:
    """Each queue's members as they are; the title that people gave it stays."""
    changed = False
    moved: set[str] = set()
    for name, members in queues.items():
        row = session.get(PbxQueue, (pbx, name))
        before = row.members if row is not None else []
        changed = changed or row is None or before != members
        moved |= _moved(before, members)
        adding = insert(PbxQueue).values(pbx=pbx, name=name, members=members, seen_at=now)
        fresh = {"members": members, "seen_at": now}
        session.execute(adding.on_conflict_do_update(index_elements=["pbx", "name"], set_=fresh))
    after_call.keep(session, pbx, queues, now=now)
    stints.keep(session, pbx, queues, now=now)
    if changed:
        announce(session, "pbx")
    for extension in sorted(moved):
        announce(session, f"extension:{extension}")


def _moved(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> set[str]:
    """Whose state in this queue is another one."""
    was, now = (
        {member["interface"]: member for member in members if "interface" in member} for members in (before, after)
    )
    return {
        str(member["extension"])
        for interface in {*was, *now}
        if was.get(interface) != now.get(interface)
        for member in (now.get(interface) or was[interface],)
        if member.get("extension")
    }


def places(session: Session, pbx: str, extension: str) -> tuple[list[str], list[QueueMembership]]:
    """The names of all queues, and where this telephone is a member, as last seen."""
    rows = session.scalars(select(PbxQueue).where(PbxQueue.pbx == pbx).order_by(PbxQueue.name)).all()
    found = [
        QueueMembership(row.name, str(member["interface"]), dynamic=bool(member.get("dynamic")))
        for row in rows
        for member in row.members
        if member.get("extension") == extension and member.get("interface")
    ]
    return [row.name for row in rows], found


class QueueWatch:
    """Asks after each log-in, when a member has changed, and every minute: a filter may hide the members' events."""

    def __init__(self, lane: WriterThread, link: Link) -> None:
        self.pbx = lane.pbx
        self.link = link
        self._lane = lane
        self._restarted = False

    def restarted(self) -> None:
        """The PBX was down: members signed in before and missing now are signed in again, at the next look."""
        self._restarted = True

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        since, due = None, 0.0
        while True:
            state = self.link.state
            told = self.link.members_changed.is_set()
            self.link.members_changed.clear()
            if state.connected and (told or state.since != since or clock() >= due) and await self._once():
                since, due = state.since, clock() + _AGAIN_S
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self.link.members_changed.wait()
                    # A sign-in to five queues, or a pause in them, is five events and one look.
                    await asyncio.sleep(_TOGETHER_S)

    async def _once(self) -> bool:
        """False where it has to be tried again: the connection or the database was away."""
        try:
            queues = await self._read()
            if queues is None:
                return True
            if self._restarted:
                was = await self._lane.write(lambda session: sign_in.before(session, self.pbx))
                self._restarted = False
                for member in sign_in.lost(was, queues):
                    await self._sign_in(member)
                queues = await self._read() or queues
            await self._lane.attempt(partial(keep, pbx=self.pbx, queues=queues, now=_now()))
        except Away:
            await self._lane.pause()
            return False
        except (ConnectionError, TimeoutError) as error:
            log.info("the queues could not be read", pbx=self.pbx, error=type(error).__name__)
            return False
        return True

    async def _read(self) -> dict[str, Members] | None:
        answer = await self.link.ask({"Action": "QueueStatus"})
        if not answer[0].success:
            return None
        return read([{key: str(value) for key, value in row.items()} for row in answer[1:]])

    async def _sign_in(self, member: Lost) -> None:
        command_id = await self._lane.write(lambda session: sign_in.begin(session, self.pbx, member, _now()))
        result, words = await self._send(member)
        extension = member.member["extension"]
        log.info("signed in again", pbx=self.pbx, extension=extension, queue=member.queue, result=result, answer=words)
        await self._lane.write(lambda session: sign_in.finish(session, command_id, result, words, _now()))

    async def _send(self, member: Lost) -> tuple[CommandResult, str]:
        if sign_in.ACTION not in self.link.state.actions:
            return CommandResult.REFUSED, "the PBX's user may not sign anybody in: give it the write class agent"
        try:
            answer = await self.link.ask(member.action, as_list=False)
        except (ConnectionError, TimeoutError) as error:
            return CommandResult.UNKNOWN, str(error) or "no answer in time"
        except BadAction as error:
            return CommandResult.REFUSED, str(error)
        if not answer[0].success:
            return CommandResult.REFUSED, str(answer[0].message or "")
        if member.pause is not None:
            # They are in, and paused; without the reason too.
            with suppress(ConnectionError, TimeoutError, BadAction):
                await self.link.ask(member.pause, as_list=False)
        return CommandResult.DONE, str(answer[0].message or "")


def _now() -> datetime:
    return datetime.now(UTC)
