"""Calls on their way into rows: together, at a cost that does not grow with them, and one bad one alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.models import Call, CallBack, SetAside, Ticket, TicketCall, TicketEvent
from callcenter.vocab import HungUpBy, Outcome, Stage, TicketState
from telephony import callflow
from telephony.call_rows import CallSnapshot
from telephony.leadership import crown
from telephony.recorder import record, record_each
from tests import factories
from tests.factories import MONDAY

PBX = "lab"


@pytest.fixture(autouse=True)
def province(engine: Engine) -> None:
    with Session(engine) as session:
        factories.province(session)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def hear(*said: object) -> None:
        statements.append(str(said[2]))

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


def ringing(number: int) -> callflow.CallState:
    call = callflow.CallState(f"{number}.0", MONDAY, "1022", f"+8490500{number:04d}", f"090500{number:04d}", queue="q")
    call.queued_at, call.stage = MONDAY, Stage.QUEUE
    call.ringing, call.rang = {f"{number}.1": "101"}, ["101"]
    return call


def answered(number: int) -> callflow.CallState:
    call = ringing(number)
    call.ringing, call.talking, call.operators = {}, ["101"], ["101"]
    call.answered_at = MONDAY + timedelta(seconds=2)
    return call


def over(number: int) -> callflow.CallState:
    call = answered(number)
    call.talking, call.outcome, call.hung_up_by, call.settled = [], Outcome.ANSWERED, HungUpBy.CALLER, True
    call.ended_at = call.talk_ended_at = MONDAY + timedelta(seconds=60)
    return call


def abandoned(number: int) -> callflow.CallState:
    call = ringing(number)
    call.ringing, call.outcome, call.hung_up_by, call.settled = {}, Outcome.ABANDONED, HungUpBy.CALLER, True
    call.ended_at = call.left_at = MONDAY + timedelta(seconds=40)
    return call


def write(engine: Engine, calls: list[callflow.CallState]) -> list[str]:
    """The statements that it took."""
    with counted(engine) as statements, transaction(engine) as session:
        snapshots = [CallSnapshot.of(call, 1) for call in calls]
        assert record(session, PBX, snapshots, now=MONDAY, short_abandon_s=5).over == []
    return statements


@pytest.mark.parametrize(
    ("stage", "most"), [(ringing, 7), (answered, 5), (over, 3)], ids=["rings", "is answered", "ends"]
)
def test_what_a_batch_costs_does_not_grow_with_its_calls(
    engine: Engine, stage: Callable[[int], callflow.CallState], most: int
) -> None:
    stages = [ringing, answered, over]
    many = range(100, 140)
    for before in stages[: stages.index(stage)]:
        write(engine, [before(number) for number in (1, *many)])
    one = write(engine, [stage(1)])
    forty = write(engine, [stage(number) for number in many])
    assert len(forty) == len(one) <= most, "\n".join(forty)


def test_the_whole_life_of_a_batch_is_in_its_rows(engine: Engine) -> None:
    numbers = range(1, 8)
    for stage in (ringing, answered, over):
        write(engine, [stage(number) for number in numbers])
    with Session(engine) as session:
        rows = session.scalars(select(Call).order_by(Call.id)).all()
        assert [row.linkedid for row in rows] == [f"{number}.0" for number in numbers]
        assert {row.outcome for row in rows} == {Outcome.ANSWERED}
        assert {row.snapshot["settled"] for row in rows} == {True}
        assert {tuple(row.talking) for row in rows} == {()}
        drafts = session.execute(
            select(TicketCall.call_id, Ticket).join(Ticket, Ticket.id == TicketCall.ticket_id).order_by(Ticket.id)
        ).all()
        assert [call_id for call_id, _ in drafts] == [row.id for row in rows]
        assert [draft.caller for _, draft in drafts] == [row.caller for row in rows]
        assert len({draft.code for _, draft in drafts}) == len(rows)
        assert {(draft.state, draft.owner.username) for _, draft in drafts} == {(TicketState.DRAFT, "lan")}
        assert session.scalars(select(TicketEvent.move)).all() == ["open"] * len(rows)


def test_calls_of_one_number_that_end_together_are_one_call_back(engine: Engine) -> None:
    write(engine, [replace(ringing(number), caller=factories.CALLER) for number in (1, 2)])
    write(engine, [replace(abandoned(number), caller=factories.CALLER) for number in (1, 2, 3)])
    with Session(engine) as session:
        waiting = session.scalars(select(CallBack)).all()
        assert [(task.caller, task.state) for task in waiting] == [(factories.CALLER, TicketState.FILED)]
        joined = session.scalars(select(TicketCall.call_id).where(TicketCall.ticket_id == waiting[0].id)).all()
        assert len(joined) == 3
        moves = session.scalars(select(TicketEvent.move).order_by(TicketEvent.id)).all()
        assert sorted(moves) == ["discard", "expect_call_back", "missed_again", "missed_again", "open", "open"]


def test_only_what_a_page_shows_is_told(engine: Engine) -> None:
    """Marks of the fold are kept for a listener that starts again; no page need be read anew for them."""
    write(engine, [answered(1)])
    marked = replace(answered(1), completed=True)
    with transaction(engine) as session:
        record(session, PBX, [CallSnapshot.of(marked, 1)], now=MONDAY, short_abandon_s=5)
        assert "announcements" not in session.info
        assert session.scalars(select(Call)).one().snapshot["completed"]


def test_one_that_cannot_be_written_is_set_aside_alone(engine: Engine) -> None:
    good, bad = ringing(1), replace(ringing(2), caller="+84" + "9" * 40)
    snapshots = [CallSnapshot.of(call, 1) for call in (bad, good)]
    reign = crown(engine, PBX)
    with pytest.raises(Exception, match="too long"), reign.transaction() as session:
        record(session, PBX, snapshots, now=MONDAY, short_abandon_s=5)
    with reign.transaction() as session:
        written = record_each(session, PBX, snapshots, now=MONDAY, short_abandon_s=5)
    assert written.failed == [bad.linkedid]
    with Session(engine) as session:
        assert session.scalars(select(Call.linkedid)).all() == [good.linkedid]
        assert session.scalars(select(SetAside.reference)).all() == [f"{PBX}:{bad.linkedid}"]
        assert len(session.scalars(select(Ticket)).all()) == 1
    mended = CallSnapshot.of(ringing(2), 1)
    with reign.transaction() as session:
        record(session, PBX, [mended], now=MONDAY, short_abandon_s=5, tried_before=[bad.linkedid])
    with Session(engine) as session:
        assert session.scalars(select(SetAside)).one().settled_at is not None
