"""The queues of a PBX and who is a member of them: read after each log-in and now and then, kept for the pages."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.models import PbxQueue
from callcenter.push import announce
from telephony.events import extension_of
from telephony.leadership import AWAY, Reign
from telephony.link import Link

log = structlog.get_logger(__name__)

_LOOK_S = 1.0
_AGAIN_S = 60.0
_LONGEST_NAME = 80

Rows = Sequence[Mapping[str, str]]
Members = list[dict[str, Any]]


def read(rows: Rows) -> dict[str, Members]:
    """Queue -> its members, `{extension, name, paused, status}`, from the answer to `QueueStatus`. Total."""
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
    status = row.get("Status", "")
    return {
        "extension": extension_of(place),
        "name": row.get("Name", "")[:_LONGEST_NAME],
        "paused": row.get("Paused") == "1",
        "status": int(status) if status.isdigit() and len(status) < 4 else 0,
    }


def keep(session: Session, pbx: str, queues: Mapping[str, Members], now: datetime) -> None:
    """Each queue's members as they are; the title that people gave it stays."""
    changed = False
    for name, members in queues.items():
        row = session.get(PbxQueue, (pbx, name))
        changed = changed or row is None or row.members != members
        adding = insert(PbxQueue).values(pbx=pbx, name=name, members=members, seen_at=now)
        fresh = {"members": members, "seen_at": now}
        session.execute(adding.on_conflict_do_update(index_elements=["pbx", "name"], set_=fresh))
    if changed:
        announce(session, "pbx")


class QueueWatch:
    """Asks after each log-in, and then every minute: the events of members are not all let through."""

    def __init__(self, reign: Reign, link: Link) -> None:
        self.pbx = reign.pbx
        self.link = link
        self._reign = reign
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"queues-{reign.pbx}")

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        since, due = None, 0.0
        try:
            while True:
                state = self.link.state
                if state.connected and (state.since != since or clock() >= due) and await self._once():
                    since, due = state.since, clock() + _AGAIN_S
                await asyncio.sleep(_LOOK_S)
        finally:
            self._thread.shutdown(wait=False)

    async def _once(self) -> bool:
        """False where it has to be tried again: the connection or the database was away."""
        try:
            answer = await self.link.ask({"Action": "QueueStatus"})
            if not answer[0].success:
                return True
            rows = [{key: str(value) for key, value in row.items()} for row in answer[1:]]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._keep, read(rows))
        except (ConnectionError, TimeoutError, *AWAY) as error:
            log.info("the queues could not be read", pbx=self.pbx, error=type(error).__name__)
            return False
        return True

    def _keep(self, queues: Mapping[str, Members]) -> None:
        with self._reign.transaction() as session:
            keep(session, self.pbx, queues, datetime.now(UTC))
