"""The PBX's own logs against the record, on a real database: what is missing is made, what is wrong is mended."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from callcenter import models
from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import (
    Call,
    CallBack,
    PbxGap,
    PbxQueue,
    PbxStatus,
    Ticket,
    TicketCall,
    TicketEvent,
    WitnessCursor,
)
from callcenter.vocab import Disposition, HungUpBy, Outcome, TicketKind, TicketState
from telephony import callflow
from telephony.call_rows import CallSnapshot
from telephony.recorder import record
from telephony.witness.reconcile import KEEP_ROWS, reconcile
from tests import factories
from tickets.calls import callbacks
from tickets.desk import filing
from tickets.figures.capture import CaptureReport, count
from tickets.life import claims

T = 1795612712
AT = datetime.fromtimestamp(T, UTC)
NOW = AT + timedelta(minutes=10)
CALL = f"{T}.4"
START = f"{T}|{CALL}|q|NONE|HOTLINESTART|0905123456|allowed_not_screened|1022|trunk"
QUEUED = (
    f"{T + 1}|{CALL}|q|NONE|HOTLINESTAGE|queue||{CALL}.wav",
    f"{T + 1}|{CALL}|q|NONE|ENTERQUEUE||0905123456|1",
)
ANSWERED = (
    START,
    *QUEUED,
    f"{T + 3}|{CALL}|q|Lan|CONNECT|2|{T + 1}.5|2",
    f"{T + 63}|{CALL}|q|Lan|COMPLETECALLER|2|60|1",
    f"{T + 63}|{CALL}|q|NONE|HOTLINEEND|caller|16",
)
ABANDONED = (
    START,
    *QUEUED,
    f"{T + 31}|{CALL}|q|Lan|RINGCANCELED|9000",
    f"{T + 31}|{CALL}|q|NONE|ABANDON|1|1|30",
    f"{T + 31}|{CALL}|q|NONE|HOTLINEEND|caller|0",
)


class Pbx:
    """A PBX that writes its log, and a site that reconciles."""

    def __init__(self, engine: Engine, settings: Settings, folder: Path) -> None:
        self.engine = engine
        self.log = folder / "queue_log"
        self.log.touch()
        self.settings = settings.model_copy(update={"queue_log": {"lab": str(self.log)}})

    def writes(self, *lines: str) -> None:
        with self.log.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def reconciled(self, now: datetime = NOW, *, since: datetime | None = AT - timedelta(hours=1)) -> CaptureReport:
        reconcile(self.engine, self.settings, "lab", now, since=since)
        with Session(self.engine) as session:
            return count(session, "lab", since=since)


@pytest.fixture
def pbx(engine: Engine, settings: Settings, tmp_path: Path) -> Iterator[Pbx]:
    with transaction(engine) as session:
        factories.province(session)
        session.add(PbxStatus(pbx="lab", connected=True, since=AT, seen_at=NOW))
        members = [{"extension": "101", "name": "Lan", "paused": False, "status": 1}]
        session.add(PbxQueue(pbx="lab", name="q", members=members, seen_at=AT))
    return Pbx(engine, settings, tmp_path)


def gap(engine: Engine, since: float = 0, until: float | None = 300, *, restarted: bool = False) -> None:
    with transaction(engine) as session:
        ended_at = AT + timedelta(seconds=until) if until is not None else None
        session.add(
            PbxGap(
                pbx="lab", started_at=AT + timedelta(seconds=since), ended_at=ended_at, why="test", restarted=restarted
            )
        )


def recorded(engine: Engine, **columns: object) -> int:
    """The call as a listener that heard it wrote it."""
    given = {
        "pbx": "lab",
        "linkedid": CALL,
        "number_dialled": "1022",
        "caller": "+84905123456",
        "caller_raw": "0905123456",
        "started_at": AT + timedelta(seconds=0.4),
        "queue": "q",
        "queued_at": AT + timedelta(seconds=1.4),
        "snapshot": {"linkedid": CALL},
        **columns,
    }
    with transaction(engine) as session:
        call = Call(**given)
        session.add(call)
        session.flush()
        if call.ended_at is not None:
            if call.operators:
                filing.open_draft(session, call, now=call.ended_at)
            filing.settle_call(session, call, now=call.ended_at)
        return call.id


HEARD = {
    "answered_at": AT + timedelta(seconds=3.2),
    "ended_at": AT + timedelta(seconds=63.8),
    "operators": ["101"],
    "operator": "101",
    "rang": ["101"],
    "outcome": Outcome.ANSWERED,
    "hung_up_by": "caller",
    "wait_s": 1.8,
    "talk_s": 60.6,
    "recording": f"{CALL}.wav",
}
FAILED = {"ended_at": AT + timedelta(seconds=2), "outcome": Outcome.FAILED, "hung_up_by": "system"}


def only(engine: Engine) -> tuple[Call, models.Testimony]:
    with Session(engine) as session:
        return session.scalars(select(Call)).one(), session.scalars(select(models.Testimony)).one()


def tickets(engine: Engine) -> list[tuple[TicketKind, TicketState]]:
    with Session(engine) as session:
        both = [*session.scalars(select(Ticket)), *session.scalars(select(CallBack))]
        return [(one.kind, one.state) for one in sorted(both, key=lambda one: one.id)]


def test_a_call_that_was_heard_agrees(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **HEARD)
    pbx.writes(*ANSWERED)
    report = pbx.reconciled()
    assert (report.heard, report.witnessed, report.agreeing, report.repaired) == (1, 1, 1, 0)
    call, testimony = only(engine)
    assert not call.repaired
    assert testimony.rows == {"queue_log": list(ANSWERED)}
    assert testimony.call_id == call.id
    assert testimony.differences == []


def test_a_call_that_nobody_heard_is_made_with_its_draft(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    report = pbx.reconciled()
    assert (report.heard, report.witnessed, report.unexplained) == (0, 1, 1)
    call, testimony = only(engine)
    assert call.repaired
    # It fell into a gap, and neither log knows of holds.
    assert call.hold_s is None
    assert testimony.differences == [{"field": "hold_s", "recorded": None, "witnessed": None}]
    assert (call.outcome, call.operators, call.caller) == (Outcome.ANSWERED, ["101"], "+84905123456")
    assert (call.started_at, call.ended_at) == (AT, AT + timedelta(seconds=63))
    assert (call.wait_s, call.talk_s, call.hung_up_by) == (2.0, 60.0, "caller")
    assert call.recording == f"{CALL}.wav"
    assert tickets(engine) == [(TicketKind.REPORT, TicketState.DRAFT)]
    with Session(engine) as session:
        assert session.scalars(select(Ticket)).one().owner.username == "lan"


def test_a_missed_call_that_nobody_heard_is_called_back(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ABANDONED)
    pbx.reconciled()
    call, _ = only(engine)
    assert (call.outcome, call.stage, call.wait_s, call.rang) == (Outcome.ABANDONED, "queue", 30.0, ["101"])
    assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]


@pytest.mark.parametrize(
    ("minutes", "disposition", "state"),
    [
        (3, Disposition.INFORMED, TicketState.CLOSED),
        (3, Disposition.PRANK, TicketState.FILED),
        (3, None, TicketState.FILED),
        (-3, Disposition.INFORMED, TicketState.FILED),
    ],
)
def test_who_was_served_before_the_log_was_read_is_not_called_back(
    engine: Engine, pbx: Pbx, minutes: float, disposition: Disposition | None, state: TicketState
) -> None:
    """They called again; only after that the log shows their call, of which no event came."""
    moved = {name: value + timedelta(minutes=minutes) for name, value in HEARD.items() if name.endswith("_at")}
    started_at = {"started_at": AT + timedelta(minutes=minutes)}
    again = recorded(engine, **HEARD | moved | started_at | {"linkedid": f"{T + 60 * minutes:.0f}.9"})
    if disposition is not None:
        with transaction(engine) as session:
            filing.dispose(session, _actor(session, "lan"), again, disposition, now=NOW)
    pbx.writes(*ABANDONED)
    pbx.reconciled()
    assert tickets(engine)[-1] == (TicketKind.CALLBACK, state)


def test_twice_is_once_and_by_two_at_once_too(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    both = [threading.Thread(target=pbx.reconciled) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    first = only(engine)[0]
    report = pbx.reconciled(NOW + timedelta(minutes=1))
    assert report.unexplained == 1
    assert only(engine)[0].id == first.id
    assert len(tickets(engine)) == 1


def test_a_call_that_fell_into_a_gap_is_mended(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **FAILED)
    assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]
    gap(engine)
    pbx.writes(*ANSWERED)
    report = pbx.reconciled()
    assert report.unexplained == 1
    call, testimony = only(engine)
    assert call.repaired
    assert (call.outcome, call.operators, call.talk_s) == (Outcome.ANSWERED, ["101"], 60.0)
    assert call.hold_s is None
    assert call.ended_at == AT + timedelta(seconds=63)
    # What was heard to the second stays as it was heard.
    assert call.queued_at == AT + timedelta(seconds=1.4)
    assert {one["field"] for one in testimony.differences} >= {"outcome", "answered_at", "operators", "ended_at"}
    with Session(engine) as session:
        assert session.scalars(select(PbxGap)).one().settled_at == NOW


class TestWrongCallBack:
    def test_one_that_nobody_touched_is_taken_back(self, engine: Engine, pbx: Pbx) -> None:
        recorded(engine, **FAILED)
        gap(engine)
        pbx.writes(*ANSWERED)
        pbx.reconciled()
        assert tickets(engine) == [
            (TicketKind.CALLBACK, TicketState.DISCARDED),
            (TicketKind.REPORT, TicketState.DRAFT),
        ]
        with Session(engine) as session:
            last = session.scalars(select(TicketEvent).where(TicketEvent.move == "call_back_needless")).one()
        assert last.reason

    def test_the_draft_that_rang_is_a_draft_again(self, engine: Engine, pbx: Pbx) -> None:
        call_id = recorded(engine, rang=["101"])
        with transaction(engine) as session:
            call = session.get_one(Call, call_id)
            filing.open_draft(session, call, now=AT)
            for name, value in FAILED.items():
                setattr(call, name, value)
            filing.settle_call(session, call, now=AT)
        assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]
        gap(engine)
        pbx.writes(*ANSWERED)
        pbx.reconciled()
        assert tickets(engine) == [(TicketKind.REPORT, TicketState.DRAFT)]

    def test_one_that_people_work_on_stays_and_is_told(self, engine: Engine, pbx: Pbx) -> None:
        recorded(engine, **FAILED)
        with transaction(engine) as session:
            claims.take_next(session, _actor(session, "minh"), now=AT + timedelta(minutes=1))
        gap(engine)
        pbx.writes(*ANSWERED)
        pbx.reconciled()
        with Session(engine) as session:
            task = session.scalars(select(CallBack)).one()
            assert task.state == TicketState.FILED
            noted = select(func.count()).where(TicketEvent.ticket_id == task.id, TicketEvent.move == "not_missed")
            assert session.scalar(noted) == 1
            assert session.scalar(select(func.count()).where(TicketCall.ticket_id == task.id)) == 1

    def test_one_that_another_call_waits_on_is_left_to_it(self, engine: Engine, pbx: Pbx) -> None:
        recorded(engine, **FAILED)
        other = {"started_at": AT + timedelta(minutes=3), "queued_at": AT + timedelta(minutes=3)}
        ended = {**FAILED, "ended_at": AT + timedelta(minutes=4), "outcome": Outcome.TIMEOUT}
        recorded(engine, linkedid=f"{T + 180}.9", **other, **ended)
        gap(engine, until=100)
        pbx.writes(*ANSWERED)
        pbx.reconciled()
        with Session(engine) as session:
            task = session.scalars(select(CallBack)).one()
            assert task.state == TicketState.FILED
            left = session.scalars(select(Call.linkedid).join(TicketCall).where(TicketCall.ticket_id == task.id))
            assert list(left) == [f"{T + 180}.9"]

    def test_what_a_rule_ended_is_opened_again_for_a_citizen_who_waited(self, engine: Engine, pbx: Pbx) -> None:
        recorded(engine, **{**FAILED, "outcome": Outcome.ABANDONED, "stage": "queue", "wait_s": 0.6})
        gap(engine)
        pbx.writes(*ABANDONED)
        assert only_call(engine).disposition == Disposition.SHORT_ABANDON
        pbx.reconciled()
        assert only_call(engine).disposition is None
        assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]

    def test_one_that_an_operator_asked_for_is_none_of_the_logs(self, engine: Engine, pbx: Pbx) -> None:
        """The talk was cut off and the caller is to be called back: that the end was a little later changes nothing."""
        call_id = recorded(engine, **HEARD)
        with transaction(engine) as session:
            filing.dispose(session, _actor(session, "lan"), call_id, Disposition.DROPPED, now=AT + timedelta(minutes=2))
        gap(engine)
        pbx.writes(*(line.replace(str(T + 63), str(T + 73)) for line in ANSWERED))
        assert pbx.reconciled().repaired == 1
        assert only_call(engine).disposition == Disposition.DROPPED
        assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]
        with Session(engine) as session:
            assert "not_missed" not in session.scalars(select(TicketEvent.move)).all()


def only_call(engine: Engine) -> Call:
    with Session(engine) as session:
        return session.scalars(select(Call)).one()


def _actor(session: Session, name: str) -> object:
    from callcenter.models import User
    from tickets.actors import Actor

    return Actor.of(session.scalars(select(User).where(User.username == name)).one())


def test_a_call_that_still_goes_on_is_left_alone(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, talking=["101"], operators=["101"], answered_at=AT + timedelta(seconds=3))
    gap(engine, until=60)
    pbx.writes(*ANSWERED[:4])
    report = pbx.reconciled()
    assert (report.waiting, report.repaired) == (1, 0)
    call, testimony = only(engine)
    assert (call.ended_at, call.talking, call.repaired) == (None, ["101"], False)
    assert testimony.verdict is None


def test_one_that_ended_a_moment_ago_is_left_to_the_listener(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, talking=["101"], operators=["101"])
    pbx.writes(*ANSWERED)
    assert pbx.reconciled(AT + timedelta(seconds=70)).waiting == 1
    assert only_call(engine).ended_at is None
    # A minute later it is clear that the end was not heard.
    assert pbx.reconciled(AT + timedelta(seconds=130)).repaired == 1
    assert only_call(engine).ended_at == AT + timedelta(seconds=63)
    assert only_call(engine).talking == []


@pytest.mark.parametrize(
    ("began", "until", "restarted", "hold_s"),
    [(15, 300, False, None), (15, None, False, None), (-60, 2, False, 7.5), (15, 40, True, 7.5), (15, 300, True, None)],
)
def test_a_talk_that_went_on_unheard_has_no_known_hold(
    engine: Engine, pbx: Pbx, began: float, until: float | None, restarted: bool, hold_s: float | None
) -> None:
    """A hold before the gap was heard, one within it was not; while the PBX itself was down there was no talk."""
    live = {"outcome": None, "hung_up_by": None, "ended_at": None, "talk_s": 0.0, "hold_s": 7.5, "talking": ["101"]}
    recorded(engine, **HEARD | live)
    gap(engine, began, until, restarted=restarted)
    pbx.writes(*ANSWERED)
    report = pbx.reconciled()
    assert (only_call(engine).ended_at, only_call(engine).hold_s) == (AT + timedelta(seconds=63), hold_s)
    assert (report.repaired, report.unexplained) == ((1, 0) if hold_s is not None else (0, 1))


def test_of_a_call_that_was_heard_a_contradiction_is_shown_and_changes_nothing(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **{**HEARD, "hung_up_by": "operator", "ended_at": AT + timedelta(seconds=90)})
    pbx.writes(*ANSWERED)
    report = pbx.reconciled()
    assert (report.differing, report.repaired) == (1, 0)
    call, testimony = only(engine)
    assert (call.ended_at, call.hung_up_by, call.repaired) == (AT + timedelta(seconds=90), "operator", False)
    assert {one["field"] for one in testimony.differences} == {"ended_at", "hung_up_by"}


def test_what_is_missing_without_a_gap_is_added(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **{**HEARD, "answered_at": None, "operators": [], "operator": None, "rang": [], "talk_s": 0.0,
                        "outcome": Outcome.ABANDONED, "stage": "queue", "wait_s": 60.0, "recording": None})  # fmt: skip
    pbx.writes(*ANSWERED)
    pbx.reconciled()
    call, _ = only(engine)
    assert call.repaired
    assert (call.outcome, call.stage, call.operator, call.talk_s) == (Outcome.ANSWERED, None, "101", 60.0)
    assert call.ended_at == AT + timedelta(seconds=63.8)
    kinds = tickets(engine)
    assert (TicketKind.REPORT, TicketState.DRAFT) in kinds
    assert (TicketKind.CALLBACK, TicketState.FILED) not in kinds


def test_after_a_crash_the_next_start_is_the_end(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **FAILED)
    gap(engine)
    pbx.writes(START, *QUEUED, f"{T + 40}|NONE|NONE|NONE|QUEUESTART|")
    pbx.reconciled()
    call, testimony = only(engine)
    assert (call.outcome, call.ended_at) == (Outcome.FAILED, AT + timedelta(seconds=40))
    assert testimony.closed
    assert tickets(engine) == [(TicketKind.CALLBACK, TicketState.FILED)]


@pytest.mark.parametrize("talking", [[], ["101"]])
def test_a_restart_ends_a_call_although_the_log_does_not_say_so(engine: Engine, pbx: Pbx, talking: list[str]) -> None:
    """CEL has no row for the start of a PBX; the listener knows of it, and its record waits for a word."""
    recorded(engine, talking=talking)
    gap(engine, until=60, restarted=True)
    pbx.writes(START, *QUEUED)
    assert pbx.reconciled(AT + timedelta(minutes=2)).waiting == 0
    call, testimony = only(engine)
    assert (call.outcome, call.ended_at, call.talking) == (Outcome.FAILED, AT + timedelta(seconds=1.4), [])
    assert {one["field"] for one in testimony.differences} >= {"ended_at"}


def test_a_call_that_the_log_does_not_know_is_named(engine: Engine, pbx: Pbx) -> None:
    other = f"{T + 100}|{T + 100}.8|q|NONE|"
    pbx.writes(f"{other}HOTLINESTART|0905123499|allowed|1022|trunk", f"{other}HOTLINEEND|caller|0")
    recorded(engine, **HEARD)
    report = pbx.reconciled()
    assert (report.unexplained, report.witnessed, report.heard) == (1, 1, 1)
    # What was left in a rotated file and comes later settles it.
    pbx.writes(*ANSWERED)
    report = pbx.reconciled(NOW + timedelta(minutes=1))
    assert (report.unexplained, report.agreeing) == (0, 1)


def test_a_call_that_no_witness_saw_end_is_unexplained(engine: Engine, pbx: Pbx) -> None:
    """No telephone has it, nothing more comes for minutes: it ends, so as not to seem alive, with the last that was
    seen."""
    pbx.writes(*ANSWERED[:4])
    assert pbx.reconciled(AT + timedelta(minutes=2)).waiting == 1
    report = pbx.reconciled()
    assert report.unexplained == 1
    call, testimony = only(engine)
    assert (call.outcome, call.ended_at) == (Outcome.ANSWERED, AT + timedelta(seconds=3))
    assert call.operators == ["101"]
    lacking = [one["field"] for one in testimony.differences if one["witnessed"] is None]
    assert lacking == ["ended_at", "hold_s"]


def test_one_forged_row_is_no_call(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(START)
    report = pbx.reconciled()
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0
    assert report.unexplained == 1


def test_a_call_that_cannot_be_stored_is_named_and_the_next_goes_on(engine: Engine, pbx: Pbx) -> None:
    other = f"{T + 100}.8"
    pbx.writes(*(line.replace("|Lan|", f"|{'1' * 60}|") for line in ANSWERED))
    pbx.writes(*(line.replace(CALL, other).replace(str(T), str(T + 100)) for line in ABANDONED))
    report = pbx.reconciled()
    assert (report.unexplained, report.repaired) == (1, 1)
    assert only_call(engine).linkedid == other


def test_calls_between_operators_are_not_kept(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(START, f"{T}|{T}.9|q|NONE|ENTERQUEUE||101|1", f"{T}|{T}.8|other|NONE|ENTERQUEUE||0905|1")
    pbx.reconciled(AT + timedelta(seconds=5))
    with Session(engine) as session:
        assert list(session.scalars(select(models.Testimony.linkedid))) == [CALL]


def test_a_pbx_without_the_shipped_dialplan_shows_what_it_can(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **HEARD)
    second = f"{T + 100}.7"
    app_queue = [line for line in ANSWERED if "HOTLINE" not in line]
    missed = (
        f"{T + 101}|{second}|q|NONE|ENTERQUEUE||0905123457|1",
        f"{T + 131}|{second}|q|NONE|ABANDON|1|1|30",
        f"{T + 150}|{T + 150}.9|q|NONE|ENTERQUEUE||102|1",
    )
    pbx.writes(*app_queue, *missed)
    report = pbx.reconciled()
    assert (report.agreeing, report.repaired, report.differing, report.unexplained) == (1, 1, 0, 0)
    with Session(engine) as session:
        made = session.scalars(select(Call).where(Call.linkedid == second)).one()
    assert (made.outcome, made.caller, made.number_dialled) == (Outcome.ABANDONED, "+84905123457", None)
    assert made.started_at == AT + timedelta(seconds=100)


def test_a_hotline_without_a_witness_says_that_it_has_none(engine: Engine, settings: Settings) -> None:
    recorded(engine, **HEARD)
    reconcile(engine, settings, "lab", NOW)
    with Session(engine) as session:
        report = count(session, "lab")
    assert report.witnesses == {}
    assert (report.heard, report.witnessed) == (1, 0)


def test_a_log_that_cannot_be_read_is_said_and_settles_nothing(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **HEARD)
    gap(engine)
    pbx.log.unlink()
    report = pbx.reconciled()
    assert "FileNotFoundError" in str(report.witnesses["queue_log"]["error"])
    assert report.unexplained == 0
    with Session(engine) as session:
        assert session.scalars(select(PbxGap)).one().settled_at is None
    pbx.writes(*ANSWERED)
    assert pbx.reconciled().witnesses["queue_log"]["error"] is None


def test_a_database_that_nobody_can_read_is_said_and_the_other_witness_is_read(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    for url in ("mysql://a:secret@127.0.0.1/x", "sqlite:////nowhere/cel.db", "postgresql://a:secret@127.0.0.1:1/x"):
        pbx.settings = pbx.settings.model_copy(update={"cel": {"lab": url}})
        report = pbx.reconciled()
        assert report.witnesses["cel"]["error"], url
        assert "secret" not in str(report), url
        assert report.unexplained == 1


def test_calls_of_before_the_hotline_are_none_of_ours(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    report = pbx.reconciled(AT + timedelta(days=1), since=None)
    assert report.witnessed == 0
    # Asked for, they are read all the same.
    assert pbx.reconciled(AT + timedelta(days=1)).witnessed == 1


def test_what_was_rotated_away_before_the_first_look_is_read_too(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    pbx.log.rename(pbx.log.with_name("queue_log.1"))
    pbx.log.touch()
    assert pbx.reconciled().witnessed == 1


@pytest.mark.parametrize("ahead", [600, -600])
def test_a_gap_is_found_whatever_the_clock_of_the_pbx_says(engine: Engine, pbx: Pbx, ahead: float) -> None:
    """Gaps are by our clock, calls and logs by the PBX's; the listener knows how far they are apart."""
    with transaction(engine) as session:
        clock = {"code": "clock", "values": {"seconds": float(ahead)}, "serious": True}
        session.get_one(PbxStatus, "lab").findings = [clock]
    recorded(engine, **HEARD | {"ended_at": AT + timedelta(seconds=20), "talk_s": 17.0})
    gap(engine, 15 - ahead, 50 - ahead)
    pbx.writes(*ANSWERED)
    assert pbx.reconciled(AT + timedelta(seconds=63 + 5 - ahead)).repaired == 1
    assert only_call(engine).talk_s == 60


def heard_to_its_end(*, vanished: bool = False) -> CallSnapshot:
    call = callflow.CallState(CALL, AT + timedelta(seconds=0.4), "1022", "+84905123456", "0905123456", queue="q")
    call.queued_at, call.answered_at = AT + timedelta(seconds=1.4), AT + timedelta(seconds=3.2)
    call.ended_at = call.talk_ended_at = AT + timedelta(seconds=63.8)
    call.operators, call.rang, call.hold_s, call.recording = ["101"], ["101"], 12.5, f"{CALL}.wav"
    call.outcome, call.hung_up_by, call.settled, call.vanished = Outcome.ANSWERED, HungUpBy.CALLER, True, vanished
    return CallSnapshot.of(call, 1)


def test_what_was_heard_and_waited_for_the_database_is_better_than_the_witness_that_came_first(
    engine: Engine, pbx: Pbx
) -> None:
    pbx.writes(*ANSWERED)
    assert pbx.reconciled().unexplained == 1
    for _ in range(2):
        with transaction(engine) as session:
            assert record(session, "lab", [heard_to_its_end()], now=NOW, short_abandon_s=5).failed == []
        report = pbx.reconciled()
        assert (report.agreeing, report.repaired, report.heard) == (1, 0, 1)
    call = only_call(engine)
    assert (call.hold_s, call.repaired) == (12.5, False)
    assert tickets(engine) == [(TicketKind.REPORT, TicketState.DRAFT)]


def test_the_listener_and_the_reconciler_take_the_rows_of_a_call_in_one_order(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    pbx.reconciled()
    # One more row of it, so that it is compared again.
    pbx.writes(f"{T + 64}|{CALL}|q|NONE|HOTLINESTAGE|prompt||")
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as session:
            session.execute(select(Call).with_for_update())
            reconciling = pool.submit(pbx.reconciled)
            _until_one_waits(engine)
            assert record(session, "lab", [heard_to_its_end()], now=NOW, short_abandon_s=5).failed == []
        assert reconciling.result(30).agreeing == 1
    assert (only_call(engine).hold_s, only_call(engine).repaired) == (12.5, False)


def _until_one_waits(engine: Engine) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")
    deadline = time.monotonic() + 20
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waits):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_call_back_on_the_word_of_the_witness_goes_when_the_answer_was_heard(engine: Engine, pbx: Pbx) -> None:
    """It cannot happen with one log of one call; if it does, no answered caller is called back."""
    pbx.writes(*ABANDONED)
    assert pbx.reconciled().repaired == 1
    with transaction(engine) as session:
        record(session, "lab", [heard_to_its_end()], now=NOW, short_abandon_s=5)
    assert tickets(engine) == [
        (TicketKind.CALLBACK, TicketState.DISCARDED),
        (TicketKind.REPORT, TicketState.DRAFT),
    ]


def test_an_end_that_was_only_guessed_does_not_take_the_place_of_the_witness(engine: Engine, pbx: Pbx) -> None:
    pbx.writes(*ANSWERED)
    pbx.reconciled()
    with transaction(engine) as session:
        snapshot = heard_to_its_end(vanished=True)
        assert record(session, "lab", [snapshot], now=NOW, short_abandon_s=5).over == [CALL]
    assert only_call(engine).repaired


def test_evidence_of_what_agrees_is_not_kept_for_ever(engine: Engine, pbx: Pbx) -> None:
    recorded(engine, **HEARD)
    pbx.writes(*ANSWERED)
    pbx.reconciled()
    report = pbx.reconciled(NOW + KEEP_ROWS + timedelta(days=1))
    assert report.agreeing == report.witnessed == 1
    assert only(engine)[1].rows == {}


def test_who_has_signed_out_since_is_still_known_by_name(engine: Engine, pbx: Pbx) -> None:
    pbx.reconciled(AT)
    with transaction(engine) as session:
        members = [{"extension": "102", "name": "Lan", "paused": False, "status": 1}]
        session.add(PbxQueue(pbx="lab", name="another", members=members, seen_at=AT))
        session.get_one(PbxQueue, ("lab", "q")).members = []
    pbx.writes(*ANSWERED)
    pbx.reconciled()
    assert only_call(engine).operators == ["101"]


def test_a_name_that_nobody_knows_is_no_operator(engine: Engine, pbx: Pbx) -> None:
    """Of the same name in another queue it is not known that it is the same person."""
    pbx.writes(*(line.replace("|q|", "|new|") for line in ANSWERED))
    assert pbx.reconciled().unexplained == 1
    call, testimony = only(engine)
    assert (call.outcome, call.operators, call.talk_s) == (Outcome.ANSWERED, [], 60.0)
    assert [one["field"] for one in testimony.differences] == ["operators"]
    assert tickets(engine) == [(TicketKind.REPORT, TicketState.DRAFT)]


def test_cel_names_whom_queue_log_does_not(engine: Engine, pbx: Pbx, tmp_path: Path) -> None:
    """Both together: the word of one, the phones and moments of the other."""
    path = tmp_path / "cel.db"
    trunk, phone = "PJSIP/trunk-00000001", "PJSIP/102-00000002"
    bridge, bye = '{"bridge_id":"b"}', f'{{"hangupcause":16,"hangupsource":"{trunk}"}}'
    rows = [
        ("CHAN_START", 0.25, "4", trunk, "from-trunk", "1022", "", "", ""),
        ("APP_START", 1.25, "4", trunk, "q", "s", "Queue", "q,ct", ""),
        ("CHAN_START", 1.5, "5", phone, "agents", "s", "", "", ""),
        ("BRIDGE_ENTER", 3.5, "5", phone, "agents", "s", "", "", bridge),
        ("BRIDGE_ENTER", 3.5, "4", trunk, "q", "s", "Queue", "", bridge),
        ("HANGUP", 63.5, "4", trunk, "q", "s", "", "", bye),
    ]
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute(
            "CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, uniqueid, linkedid, channame, "
            "context, exten, appname, appdata, eventextra)"
        )
        for kind, second, number, *more in rows:
            linked = f"{T if number == '4' else T + 1}.{number}"
            values = (kind, f"{T + second:.6f}", linked, CALL, *more)
            asterisk.execute(f"INSERT INTO cel VALUES (NULL, {', '.join('?' * 10)})", values)
        asterisk.commit()
    pbx.settings = pbx.settings.model_copy(update={"cel": {"lab": f"sqlite:///{path}"}})
    pbx.writes(*(line.replace("|Lan|", "|Somebody|") for line in ANSWERED))
    report = pbx.reconciled()
    assert report.witnessed == 1
    assert set(report.witnesses) == {"queue_log", "cel"}
    call, _ = only(engine)
    assert (call.operators, call.rang) == (["102"], ["102"])
    assert call.answered_at == AT + timedelta(seconds=3.5)
    with Session(engine) as session:
        assert {one.witness for one in session.scalars(select(WitnessCursor))} == {"queue_log", "cel"}


def test_the_relation_words_are_those_of_the_desk() -> None:
    assert (filing.OPENED, callbacks.MISSED) == ("opened", "missed")
