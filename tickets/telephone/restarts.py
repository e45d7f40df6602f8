"""What a restart of the PBX did to one person: when it was, their queues, and those that did not take them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from callcenter.models import PbxCommand, PbxGap, PbxQueue
from callcenter.vocab import CommandResult, CommandVerb
from tickets.actors import Actor

# So long the page speaks of it.
_TOLD = timedelta(minutes=10)


@dataclass(frozen=True)
class Restart:
    """`queues` this person is signed in to now, `out` those that did not take them back; by their titles."""

    pbx: str
    at: datetime
    queues: Sequence[str] = ()
    out: Sequence[str] = ()


def recent(session: Session, actor: Actor, now: datetime) -> list[Restart]:
    """The last restart of each PBX, while it is news."""
    query = (
        select(PbxGap)
        .where(PbxGap.restarted, PbxGap.ended_at > now - _TOLD)
        .order_by(PbxGap.pbx, PbxGap.ended_at.desc())
        .ext(distinct_on(PbxGap.pbx))
    )
    return [_of(session, gap, actor) for gap in session.scalars(query)]


def _of(session: Session, gap: PbxGap, actor: Actor) -> Restart:
    assert gap.ended_at is not None
    queues = session.scalars(select(PbxQueue).where(PbxQueue.pbx == gap.pbx).order_by(PbxQueue.name)).all()
    titles = {queue.name: queue.title or queue.name for queue in queues}
    mine = [queue.name for queue in queues if _is_in(queue, actor.extension)]
    refused = session.scalars(
        select(PbxCommand.arguments["queue"].astext).where(
            PbxCommand.pbx == gap.pbx,
            PbxCommand.verb == CommandVerb.SIGN_IN,
            PbxCommand.extension == actor.extension,
            PbxCommand.asked_at >= gap.ended_at,
            PbxCommand.result != CommandResult.DONE,
        )
    )
    out = sorted({titles.get(name, name) for name in refused if name not in mine})
    return Restart(gap.pbx, gap.ended_at, [titles[name] for name in mine], out)


def _is_in(queue: PbxQueue, extension: str | None) -> bool:
    return bool(extension) and any(member.get("extension") == extension for member in queue.members)
