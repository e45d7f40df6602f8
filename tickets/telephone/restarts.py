"""Effects of a PBX restart on one person: its moment, their queues, and those that did not take them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from callcenter.models import PbxCommand, PbxGap, PbxQueue
from callcenter.vocab import CommandResult, CommandVerb
from tickets.telephone.handset import Handset

# So long the page speaks of it.
_TOLD = timedelta(minutes=10)


@dataclass(frozen=True)
class Restart:
    """`queues` this person is signed in to now, `out` those that did not take them back; by their titles."""

    pbx: str
    at: datetime
    queues: Sequence[str] = ()
    out: Sequence[str] = ()


def recent(session: Session, handset: Handset) -> list[Restart]:
    """The last restart of each PBX, while it is news."""
    query = (
        select(PbxGap)
        .where(PbxGap.restarted, PbxGap.ended_at > handset.now - _TOLD)
        .order_by(PbxGap.pbx, PbxGap.ended_at.desc())
        .ext(distinct_on(PbxGap.pbx))
    )
    ended = {gap.pbx: gap.ended_at for gap in session.scalars(query) if gap.ended_at is not None}
    refused = _refused(session, handset.extension, ended)
    return [_of(handset, pbx, at, refused.get(pbx, ())) for pbx, at in ended.items()]


def _refused(session: Session, extension: str, ended: Mapping[str, datetime]) -> dict[str, list[str]]:
    """By PBX the names of the queues that did not take this telephone back since the restart."""
    if not ended or not extension:
        return {}
    query = select(PbxCommand.pbx, PbxCommand.arguments["queue"].astext, PbxCommand.asked_at).where(
        PbxCommand.extension == extension,
        PbxCommand.asked_at >= min(ended.values()),
        PbxCommand.verb == CommandVerb.SIGN_IN,
        PbxCommand.result != CommandResult.DONE,
    )
    found: dict[str, list[str]] = {}
    for pbx, queue, asked_at in session.execute(query):
        if pbx in ended and asked_at >= ended[pbx]:
            found.setdefault(pbx, []).append(queue)
    return found


def _of(handset: Handset, pbx: str, at: datetime, refused: Sequence[str]) -> Restart:
    queues = [queue for queue in handset.queues if queue.pbx == pbx]
    titles = {queue.name: queue.title or queue.name for queue in queues}
    mine = [queue.name for queue in queues if _is_in(queue, handset.extension)]
    out = sorted({titles.get(name, name) for name in refused if name not in mine})
    return Restart(pbx, at, [titles[name] for name in mine], out)


def _is_in(queue: PbxQueue, extension: str) -> bool:
    return bool(extension) and any(member.get("extension") == extension for member in queue.members)
