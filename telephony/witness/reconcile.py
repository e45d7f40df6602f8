"""Reconciliation with the PBX's own logs: every hotline call is recorded once, right as far as any witness shows.

Safe to run twice and by two at once; a call that the listener still has in hand is left to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, or_, select, text, update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import Call, PbxGap, PbxStatus, Testimony, WitnessCursor
from callcenter.models.capture import KEPT_ROWS
from callcenter.vocab import Verdict
from telephony.findings import CLOCK
from telephony.witness.gathering import began_at, gather, remembered_members, sources, tells_all
from telephony.witness.repair import Around, Silence, settle

log = structlog.get_logger(__name__)

KEEP_ROWS = timedelta(days=30)

_HEARD_WITHIN = timedelta(seconds=30)
# A call that its PBX does not know: asked only when its last row must have been written long ago.
_WRITTEN_BY_THEN = timedelta(minutes=2)
_LOOK_BACK = timedelta(days=7)
_AT_ONCE = 500
_GAP_SLACK = timedelta(minutes=1)


def reconcile(
    engine: Engine, settings: Settings, pbx_name: str, now: datetime, *, since: datetime | None = None
) -> None:
    """Read on (or again, back to `since`), compare and mend; nothing to do for a PBX without a witness."""
    witnesses = sources(settings, pbx_name)
    if not witnesses:
        return
    with _alone(engine, pbx_name):
        read = [source.witness for source in witnesses if gather(engine, source, now, since=since)]
        _settle_all(engine, settings, pbx_name, now)
        if len(read) == len(witnesses):
            _name_the_unknown(engine, pbx_name, now)
            _close_gaps(engine, pbx_name, now)
        _prune(engine, pbx_name, now)


def names(settings: Settings) -> list[str]:
    """Every PBX that is listened to, or that has a witness."""
    return list(dict.fromkeys([*(pbx.name for pbx in settings.pbx), *settings.queue_log, *settings.cel]))


@contextmanager
def _alone(engine: Engine, pbx: str) -> Iterator[None]:
    """One at a time for each PBX; the second waits and finds little left to do."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"key": f"reconcile:{pbx}"}
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended(:key, 1022))"), key)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 1022))"), key)


def _settle_all(engine: Engine, settings: Settings, pbx: str, now: datetime) -> None:
    """One transaction a call; one that cannot be settled is left as it is, and the next goes on."""
    with transaction(engine) as session:
        unchecked = select(Testimony.linkedid, Testimony.started_at).where(
            Testimony.pbx == pbx, Testimony.verdict.is_(None)
        )
        found_ones = session.execute(unchecked.order_by(Testimony.started_at)).all()
        around = _around(session, pbx, now, since=found_ones[0].started_at if found_ones else now)
        waiting = [one.linkedid for one in found_ones]
    for linkedid in waiting:
        try:
            with transaction(engine) as session:
                found = settle(session, pbx, linkedid, around, now=now, short_abandon_s=settings.short_abandon_s)
        except (OperationalError, InterfaceError):
            raise
        except IntegrityError:
            # The listener wrote it in this very moment: the next round compares.
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, the next call must go on
            # Not the error's text: SQLAlchemy puts the caller's number there.
            log.error("a call cannot be reconciled", pbx=pbx, linkedid=linkedid, error=type(error).__name__)
            _give_up(engine, pbx, linkedid, type(error).__name__, now)
            continue
        if found not in (None, Verdict.AGREES):
            log.warning("a call is not as its PBX's log has it", pbx=pbx, linkedid=linkedid, verdict=found.value)


def _give_up(engine: Engine, pbx: str, linkedid: str, error: str, now: datetime) -> None:
    """It is shown as unexplained, and looked at again when its log says more."""
    said = [{"field": "error", "recorded": None, "witnessed": error}]
    ours = update(Testimony).where(Testimony.pbx == pbx, Testimony.linkedid == linkedid)
    with transaction(engine) as session:
        session.execute(ours.values(verdict=Verdict.UNEXPLAINED.value, differences=said, checked_at=now))


def _around(session: Session, pbx: str, now: datetime, *, since: datetime) -> Around:
    """With the gaps that any call from then on can touch."""
    status = session.get(PbxStatus, pbx)
    listening = status is not None and status.connected and now - status.seen_at <= _HEARD_WITHIN
    ahead = _clock_of(status)
    touching = or_(PbxGap.ended_at.is_(None), PbxGap.ended_at >= since - ahead - _GAP_SLACK)
    query = select(PbxGap.started_at, PbxGap.ended_at, PbxGap.restarted).where(PbxGap.pbx == pbx, touching)
    gaps = [
        Silence(began + ahead, ended + ahead if ended else None, restarted)
        for began, ended, restarted in session.execute(query)
    ]
    return Around(gaps, listening, remembered_members(session, pbx), ahead)


def _clock_of(status: PbxStatus | None) -> timedelta:
    """How far the PBX's clock is ahead of ours, as the listener found: gaps are by ours, all its rows by its own."""
    found = status.findings if status is not None else []
    seconds = next((one["values"]["seconds"] for one in found if one["code"] == CLOCK), 0)
    return timedelta(seconds=float(seconds))


def _name_the_unknown(engine: Engine, pbx: str, now: datetime) -> None:
    """Recorded calls of which the PBX's own logs hold nothing, although they were read beyond their end."""
    with transaction(engine) as session:
        cursors = list(session.scalars(select(WitnessCursor).where(WitnessCursor.pbx == pbx)))
        begin = max([*map(began_at, cursors), now - _LOOK_BACK])
        known = select(Testimony.linkedid).where(Testimony.pbx == pbx, Testimony.linkedid == Call.linkedid)
        query = select(Call).where(
            Call.pbx == pbx, Call.started_at >= begin, Call.ended_at < now - _WRITTEN_BY_THEN, ~known.exists()
        )
        if not any(map(tells_all, cursors)):
            # app_queue alone writes only of callers that waited.
            query = query.where(Call.queued_at.is_not(None))
        for call in session.scalars(query.order_by(Call.started_at).limit(_AT_ONCE)):
            session.add(
                Testimony(
                    pbx=pbx,
                    linkedid=call.linkedid,
                    rows={},
                    started_at=call.started_at,
                    last_at=call.ended_at,
                    closed=True,
                    call_id=call.id,
                    verdict=Verdict.UNEXPLAINED.value,
                    differences=[],
                    checked_at=now,
                )
            )
            log.warning("the PBX's log does not know a call", pbx=pbx, linkedid=call.linkedid)


def _close_gaps(engine: Engine, pbx: str, now: datetime) -> None:
    """All its calls have been read and compared, but those that still go on."""
    over = update(PbxGap).where(PbxGap.pbx == pbx, PbxGap.ended_at < now, PbxGap.settled_at.is_(None))
    with transaction(engine) as session:
        session.execute(over.values(settled_at=now))


def _prune(engine: Engine, pbx: str, now: datetime) -> None:
    """What agrees needs no evidence for ever."""
    old = update(Testimony).where(Testimony.pbx == pbx, Testimony.checked_at < now - KEEP_ROWS, text(KEPT_ROWS))
    with transaction(engine) as session:
        session.execute(old.values(rows={}))
