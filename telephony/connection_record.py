"""Connection record of a PBX: its state for the pages, and its gaps for the comparison with witnesses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.models import PbxGap, PbxStatus
from callcenter.push import announce
from telephony.ami.link import LinkState
from telephony.leadership import NEVER
from telephony.orders import known


@dataclass(eq=False)
class Gap:
    """A time without a connection to the PBX, open until `ended_at`; `restarted` says that it was down itself.

    `noted` once it has a row.
    """

    started_at: datetime
    why: str
    ended_at: datetime | None = None
    restarted: bool = False
    noted: bool = False


# A PBX that went down took the line with it: so long a boot may take, without a talk meanwhile.
_BOOT = timedelta(seconds=90)


def hides_talk(started_at: datetime, ended_at: datetime | None, *, restarted: bool) -> bool:
    """Whether calls may have gone on unheard in this gap."""
    return not (restarted and ended_at is not None and ended_at - started_at <= _BOOT)


def heard_to(session: Session, pbx: str) -> datetime | None:
    """When this PBX was last heard, None for never: where the gap begins that the next log-in ends."""
    gap = _open(session, pbx)
    if gap is not None:
        return gap.started_at
    row = session.get(PbxStatus, pbx)
    return row.since if row is not None and row.detail != NEVER else None


def note_gap(session: Session, pbx: str, gap: Gap) -> None:
    """Open it, or the one that is open already goes on; close it where it has ended. May come twice."""
    begun = insert(PbxGap).values(pbx=pbx, started_at=gap.started_at, why=gap.why)
    row = _open(session, pbx)
    if row is None and not _closed(session, pbx, gap):
        session.execute(begun.on_conflict_do_nothing())
        row = _open(session, pbx)
    if row is not None and gap.ended_at is not None:
        row.ended_at = gap.ended_at
        row.restarted = gap.restarted
        announce(session, "pbx")


def note_status(session: Session, pbx: str, state: LinkState) -> None:
    """Keep what pages say of the connection; that a listener is alive at all its heartbeat says."""
    row = session.get_one(PbxStatus, pbx)
    if (row.connected, row.detail or "") != (state.connected, state.detail):
        announce(session, "pbx")
    if state.connected:
        # While it is away pages still know what it will be able to do, and say so.
        row.actions = [verb.value for verb in known(state.actions)]
    row.connected = state.connected
    row.since = state.since
    row.detail = state.detail or None


def _open(session: Session, pbx: str) -> PbxGap | None:
    return session.scalars(select(PbxGap).where(PbxGap.pbx == pbx, PbxGap.ended_at.is_(None))).one_or_none()


def _closed(session: Session, pbx: str, gap: Gap) -> bool:
    """This very gap was written whole before."""
    query = select(PbxGap.id).where(PbxGap.pbx == pbx, PbxGap.ended_at == gap.ended_at)
    return gap.ended_at is not None and session.scalars(query).first() is not None
