"""Queue sign-in after a restart of the PBX: members that it lost are added again, once, on record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.models import PbxCommand, PbxQueue
from callcenter.push import announce
from callcenter.vocab import CommandResult, CommandVerb

# The AMI action behind it, as `LinkState.actions` names it.
ACTION = "queueadd"
_ASKED_BY = "listener"

Members = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Lost:
    """A member that a restart took out of a queue, as it was."""

    queue: str
    member: Mapping[str, Any]

    @property
    def action(self) -> dict[str, str]:
        """The way back in: paused stays paused, and so do name, penalty and the device that is watched."""
        member = self.member
        return {
            "Action": "QueueAdd",
            "Queue": self.queue,
            "Interface": str(member["interface"]),
            "MemberName": str(member["name"]),
            "StateInterface": str(member.get("watched") or member["interface"]),
            "Penalty": str(member.get("penalty", 0)),
            "Paused": "true" if member["paused"] else "false",
        }

    @property
    def pause(self) -> dict[str, str] | None:
        """The reason of the pause, if there was one: `QueueAdd` does not take it."""
        member = self.member
        if not member["paused"] or not member.get("reason"):
            return None
        return {
            "Action": "QueuePause",
            "Queue": self.queue,
            "Interface": str(member["interface"]),
            "Paused": "true",
            "Reason": str(member["reason"]),
        }


def before(session: Session, pbx: str) -> dict[str, Members]:
    """The members of each queue as they were last seen."""
    rows = session.scalars(select(PbxQueue).where(PbxQueue.pbx == pbx))
    return {row.name: row.members for row in rows}


def lost(was: Mapping[str, Members], now: Mapping[str, Members]) -> Iterator[Lost]:
    """The members that had signed in, in queues that are there still. Fixed members are the PBX's own affair."""
    for queue, members in was.items():
        present = {member.get("interface") for member in now.get(queue, ())}
        for member in members:
            if queue in now and member.get("dynamic") and member.get("interface") not in present:
                yield Lost(queue, member)


def begin(session: Session, pbx: str, member: Lost, now: datetime) -> int:
    """Written before it is sent, and never sent again: like any command, at most once."""
    command = PbxCommand(
        pbx=pbx,
        verb=CommandVerb.SIGN_IN,
        extension=str(member.member["extension"])[:20],
        arguments={"queue": member.queue, "interface": str(member.member["interface"])},
        asked_by=_ASKED_BY,
        asked_at=now,
        expires_at=now,
        taken_at=now,
    )
    session.add(command)
    session.flush()
    return command.id


def finish(session: Session, command_id: int, result: CommandResult, answer: str, now: datetime) -> None:
    commands.finish(session, command_id, result, answer, now)
    announce(session, "pbx")
