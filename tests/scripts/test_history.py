"""The demo's past: calls and tickets by the real verbs, in the order of time, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.db import reading, transaction
from callcenter.models import Assignment, Call, CallBack, OutboxRow, Ticket, TicketCall, TicketEvent
from callcenter.vocab import AssignmentRole, CallBackStanding, Outcome, TicketKind, TicketState
from scripts.demo import backfill, fill
from tickets.rules.moves import check_move

# A Wednesday, 16:00 in Vietnam.
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DAYS, CALLS = 2, 40


@pytest.fixture
def seeded(engine: Engine) -> Engine:
    with transaction(engine) as session:
        fill.seed(session, now=NOW)
    return engine


def _write(engine: Engine, folder: Path) -> backfill.BackfillCounts:
    return backfill.write(engine, folder, days=DAYS, now=NOW, calls_a_day=CALLS, workers=2)


def test_the_past_is_whole_and_is_written_once(
    seeded: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = _write(seeded, tmp_path)
    assert written.days == DAYS + 1
    assert "History 2026-11-23: " in capsys.readouterr().out
    with reading(seeded) as session:
        before = _counts(session)
        _check_calls(session, written.calls)
        _check_stories(session)
        _check_agencies(session)
        assert not session.scalars(select(OutboxRow).where(OutboxRow.done_at.is_(None))).all()
    assert _write(seeded, tmp_path) == backfill.BackfillCounts(0, 0)
    with reading(seeded) as session:
        assert _counts(session) == before


def _counts(session: Session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Call, Ticket, TicketEvent)]


def _check_calls(session: Session, made: int) -> None:
    calls = session.scalars(select(Call)).all()
    assert len(calls) == made > DAYS * CALLS * 0.6
    outcomes = Counter(call.outcome for call in calls)
    assert outcomes[Outcome.ANSWERED] > made / 2
    assert {Outcome.ABANDONED, Outcome.CALLBACK, Outcome.VOICEMAIL} <= outcomes.keys()
    for call in calls:
        assert call.ended_at
        assert NOW - timedelta(days=DAYS + 1) < call.started_at < call.ended_at < NOW
        assert set(call.operators) <= set(call.rang)
        assert (call.operator is not None) == (call.outcome == Outcome.ANSWERED) == (call.talk_s > 0)
    # A ticket or a disposition for every call.
    told = set(session.scalars(select(TicketCall.call_id)))
    assert all(call.disposition or call.id in told for call in calls)


def _check_stories(session: Session) -> None:
    """In the order of time; each move leads where it may, and the last one is the state of the ticket or call-back."""
    for ticket in (*session.scalars(select(Ticket)), *session.scalars(select(CallBack))):
        events = session.scalars(
            select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
        ).all()
        moments = [event.at for event in events]
        assert moments == sorted(moments)
        assert moments[-1] <= NOW
        for before, after in pairwise(events):
            assert after.from_state == before.to_state
            if after.from_state != after.to_state:
                assert check_move(after.move, before.to_state) == after.to_state
        assert events[-1].to_state == ticket.state
    drafts = session.scalars(select(Ticket).where(Ticket.state == TicketState.DRAFT)).all()
    assert all(draft.created_at > NOW - timedelta(hours=1) for draft in drafts)


def _check_agencies(session: Session) -> None:
    reports = session.scalars(select(Ticket).where(Ticket.filed_at.is_not(None), Ticket.kind == TicketKind.REPORT))
    states = Counter(ticket.state for ticket in reports)
    assert states[TicketState.RESOLVED] > 0
    assert states[TicketState.ROUTED] > 0
    assert states[TicketState.ACCEPTED] > 0
    leads = session.scalars(select(Assignment).where(Assignment.role == AssignmentRole.LEAD)).all()
    assert len({lead.agency_id for lead in leads}) > 5
    closed = session.scalars(select(CallBack).where(CallBack.standing == CallBackStanding.DONE))
    assert closed.first() is not None
    # What the desk settles itself, emergencies that were passed on among it, no agency accepts.
    resolved = session.scalars(select(Ticket).where(Ticket.resolved_at.is_not(None), Ticket.tier.is_(None))).all()
    assert all(ticket.resolution and ticket.accepted_at for ticket in resolved)


def test_a_day_with_calls_is_left_as_it_is(seeded: Engine, tmp_path: Path) -> None:
    there = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    with transaction(seeded) as session:
        session.add(Call(pbx="pbx1", linkedid="1.0", started_at=there, ended_at=there, outcome=Outcome.ABANDONED))
    backfill.write(seeded, tmp_path, days=1, now=NOW, calls_a_day=6, workers=1)
    with reading(seeded) as session:
        since, until = there - timedelta(hours=10), there.replace(hour=17)
        that_day = select(Call.linkedid).where(Call.started_at >= since, Call.started_at < until)
        assert session.scalars(that_day).all() == ["1.0"]
        assert session.scalars(select(Call.id).where(Call.started_at > there)).all()
