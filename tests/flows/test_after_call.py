"""After-call work: asked of the PBX at hang-up, timed by what it shows, ended by time, by a key, or by need."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.errors import Invalid
from callcenter.models import AfterCall, PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import AFTER_CALL, AfterCallEnd, CommandResult, CommandVerb
from telephony import queues, recorder
from telephony.recorder import CallSnapshot
from tests import factories
from tests.factories import MONDAY, Province
from tickets.administration import lists, reasons
from tickets.telephone import after_call, my_phone, taking
from tickets.telephone.handset import Handset

QUEUE = "hotline-1022"
VERBS = [verb.value for verb in my_phone.VERBS]


@pytest.fixture
def province(session: Session) -> Province:
    """Lan (101) and Minh (102) are in the queue, and 30 seconds follow each of its calls."""
    made = factories.province(session)
    session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=MONDAY, actions=VERBS))
    session.add(PbxQueue(pbx="pbx1", name=QUEUE, after_call_s=30, seen_at=MONDAY))
    session.flush()
    shows(session, MONDAY)
    return made


def shows(session: Session, now: datetime, **reason_of: str) -> None:
    """What the PBX shows of its two members: `e101="an-trua"` is paused with that reason."""
    rows = [{"Event": "QueueParams", "Queue": QUEUE}]
    for extension in ("101", "102"):
        reason = reason_of.get(f"e{extension}", "")
        rows.append(
            {"Event": "QueueMember", "Queue": QUEUE, "Name": extension, "Location": f"PJSIP/{extension}", "Status": "1",
             "Membership": "dynamic", "Paused": "1" if reason else "0", "PausedReason": reason}
        )  # fmt: skip
    queues.keep(session, "pbx1", queues.read(rows), now)
    session.flush()
    session.expire_all()


def talk(since: datetime, until: datetime | None, extension: str = "101") -> dict[str, Any]:
    ended = until.isoformat() if until else None
    return {"extension": extension, "since": since.isoformat(), "until": ended, "hold_s": 0.0}


def picture(linkedid: str, now: datetime, *, over: bool, **columns: Any) -> CallSnapshot:
    """What the listener writes of a call that 101 answered 60 seconds ago."""
    began = now - timedelta(seconds=60)
    values = {
        "linkedid": linkedid, "caller": factories.CALLER, "queue": QUEUE, "started_at": began, "queued_at": began,
        "answered_at": began, "operator": "101", "operators": ["101"], "rang": ["101"],
        "talking": [] if over else ["101"], "ringing": [], "holding": [],
        "talks": [talk(began, now if over else None)], "ended_at": now if over else None,
        "outcome": "answered" if over else None, "talk_s": 60.0 if over else 0.0,
    }  # fmt: skip
    return CallSnapshot(linkedid, 1, {**values, **columns}, {})


def hangs_up(session: Session, now: datetime, linkedid: str = "1.1", queue: str = QUEUE, **columns: Any) -> None:
    """An operator talks, and then hangs up: two snapshots, as they come."""
    columns["queue"] = queue
    before = picture(linkedid, now, over=False, queue=queue)
    for one in (before, picture(linkedid, now, over=True, **columns)):
        written = recorder.record(session, "pbx1", [one], now=now, short_abandon_s=5)
        assert not written.failed
    session.flush()


def asked(session: Session) -> list[tuple[str, str, str, dict[str, Any]]]:
    query = select(PbxCommand).order_by(PbxCommand.id)
    return [(row.verb, row.extension, row.asked_by, row.arguments) for row in session.scalars(query)]


def rows(session: Session) -> list[tuple[AfterCallEnd | None, float | None]]:
    """How each ended, and after how many seconds."""
    query = select(AfterCall).order_by(AfterCall.id)
    return [
        (row.how, (row.ended_at - row.began_at).total_seconds() if row.ended_at else None)
        for row in session.scalars(query)
    ]


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def test_hang_up_pauses_and_the_set_time_makes_ready(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    assert asked(session) == [("pause", "101", "listener", {"reason": AFTER_CALL})]
    shows(session, after(0.3), e101=AFTER_CALL)
    here = my_phone.of(Handset(session, province.actor("lan"), after(1)))
    assert here is not None
    assert (here.after_call, here.since, here.ready_due) == (True, MONDAY, after(30))
    for second in (10, 29, 30, 31):
        after_call.end_due(session, "pbx1", after(second))
    assert [verb for verb, *_ in asked(session)] == ["pause", "resume"]
    shows(session, after(30.4))
    assert rows(session) == [(AfterCallEnd.TIME, 30.4)]
    row = session.scalars(select(AfterCall)).one()
    assert (row.user_id, row.extension) == (province.people["lan"].id, "101")
    assert my_phone.of(Handset(session, province.actor("lan"), after(31))).doing == "free"  # type: ignore[union-attr]


def test_one_key_makes_ready_before(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    shows(session, after(0.3), e101=AFTER_CALL)
    my_phone.ask(session, province.actor("lan"), CommandVerb.RESUME, now=after(12))
    shows(session, after(12.5))
    after_call.end_due(session, "pbx1", after(40))
    assert rows(session) == [(AfterCallEnd.KEY, 12.5)]
    assert [who for _, _, who, _ in asked(session)] == ["listener", "Nguyễn Thị Lan"]


def test_another_pause_takes_its_place_and_stays(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    shows(session, after(0.3), e101=AFTER_CALL)
    my_phone.ask(session, province.actor("lan"), CommandVerb.PAUSE, reason="an-trua", now=after(5))
    shows(session, after(5.2), e101="an-trua")
    after_call.end_due(session, "pbx1", after(60))
    assert rows(session) == [(AfterCallEnd.PAUSED, 5.2)]
    assert "resume" not in [verb for verb, *_ in asked(session)]


def test_nobody_chooses_the_reserved_reason(session: Session, province: Province) -> None:
    with pytest.raises(Invalid):
        my_phone.ask(session, province.actor("lan"), CommandVerb.PAUSE, reason=AFTER_CALL, now=MONDAY)
    with pytest.raises(Invalid):
        reasons.add(session, province.actor("quan"), AFTER_CALL, "Của tôi", now=MONDAY)


@pytest.mark.parametrize(
    "columns",
    [
        {"queue": "another"},
        # Heard late: they may be in their next call by now.
        {"talks": [talk(MONDAY - timedelta(hours=1), MONDAY - timedelta(minutes=5))]},
        # Not heard at all: no part is known to have ended.
        {"talks": []},
        {"talks": [talk(MONDAY - timedelta(seconds=60), MONDAY, "777")], "operators": ["777"]},
    ],
)
def test_what_asks_for_no_pause(session: Session, province: Province, columns: dict[str, Any]) -> None:
    hangs_up(session, MONDAY, **columns)
    assert asked(session) == []


@pytest.mark.parametrize("lack", ["off", "away", "paused", "alone", "left", "talks on"])
def test_when_the_telephone_stays_as_it_is(session: Session, province: Province, lack: str) -> None:
    if lack == "off":
        session.get_one(PbxQueue, ("pbx1", QUEUE)).after_call_s = 0
    if lack == "away":
        session.get_one(PbxStatus, "pbx1").actions = ["sign_in"]
    if lack == "paused":
        shows(session, MONDAY, e101="an-trua")
    if lack == "alone":
        shows(session, MONDAY, e102="an-trua")
    if lack == "left":
        taking.end_of_account(session, province.people["lan"], province.actor("quan"), now=MONDAY)
    if lack == "talks on":
        factories.call(session, talking=["101"], operators=["101"], ringing=[])
    hangs_up(session, MONDAY)
    assert asked(session) == []
    assert rows(session) == []


def test_of_two_who_hang_up_together_one_stays(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    hangs_up(session, MONDAY, "1.2", operators=["102"], talks=[talk(MONDAY - timedelta(seconds=60), MONDAY, "102")])
    assert [extension for _, extension, _, _ in asked(session)] == ["101"]


def test_who_is_needed_is_ready_at_once(session: Session, province: Province) -> None:
    """Minh goes to lunch while Lan is in after-call work: no member would be left to ring."""
    hangs_up(session, MONDAY)
    shows(session, after(0.3), e101=AFTER_CALL)
    shows(session, after(4), e101=AFTER_CALL, e102="an-trua")
    after_call.end_due(session, "pbx1", after(4.2))
    assert asked(session)[-1] == ("resume", "101", "listener", {})


def test_a_pause_that_the_pbx_refused_lasted_no_time(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    command = session.scalars(select(PbxCommand)).one()
    commands.finish(session, command.id, CommandResult.REFUSED, "Permission denied", MONDAY)
    after_call.end_due(session, "pbx1", after(5))
    after_call.end_due(session, "pbx1", after(11))
    assert rows(session) == [(AfterCallEnd.NEVER, 0.0)]
    assert [verb for verb, *_ in asked(session)] == ["pause"]


def test_ready_is_asked_again_where_the_pbx_did_not_show_it(session: Session, province: Province) -> None:
    hangs_up(session, MONDAY)
    shows(session, after(0.3), e101=AFTER_CALL)
    for second in (30, 31, 39, 41):
        after_call.end_due(session, "pbx1", after(second))
    assert [verb for verb, *_ in asked(session)] == ["pause", "resume", "resume"]


def test_told_again_it_is_the_same(session: Session, province: Province) -> None:
    """A restarted listener writes the last picture once more."""
    hangs_up(session, MONDAY)
    recorder.record(session, "pbx1", [picture("1.1", MONDAY, over=True)], now=after(1), short_abandon_s=5)
    assert len(rows(session)) == 1
    assert len(asked(session)) == 1


def test_a_queue_s_time_is_set_by_the_administrator(session: Session, province: Province) -> None:
    quan = province.actor("quan")
    lists.set_queue(session, quan, "pbx1", QUEUE, "Tổng đài", "45", seen=None, now=datetime.now(UTC))
    assert session.get_one(PbxQueue, ("pbx1", QUEUE)).after_call_s == 45
    for wrong in ("-1", "601", "²", "abc", "1.5"):
        with pytest.raises(Invalid) as error:
            lists.set_queue(session, quan, "pbx1", QUEUE, "Tổng đài", wrong, seen=None, now=MONDAY)
        assert error.value.problems == {"after_call_s": "after_call_seconds"}
