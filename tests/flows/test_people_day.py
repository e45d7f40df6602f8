"""A day by person: whose calls, whose after-call work, whose time in the queues, when desks change hands."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import AfterCall, PbxGap, PhoneStint
from callcenter.vocab import AfterCallEnd
from telephony import queues
from tests import factories
from tests.factories import MONDAY, Province
from tickets.figures import overview, people_day, stats
from tickets.figures.people_day import PersonDay
from tickets.telephone import taking

DAY = overview.local_day(MONDAY)
# Lan is in the queue from nine to eleven; Minh takes 101 over at eleven and stays until noon.
CHANGE, NOON = MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=3)
EVENING = MONDAY + timedelta(hours=10)


@pytest.fixture
def province(session: Session) -> Province:
    made = factories.province(session)
    factories.sits(session, made.people["minh"], None)
    made.people["minh"].usual_extension = "101"
    session.flush()
    return made


def shows(session: Session, now: datetime, **state: Any) -> None:
    """What the PBX shows of 101, or that its queue is empty (`gone`)."""
    row = {"Event": "QueueMember", "Queue": "q", "Name": "101", "Location": "PJSIP/101", "Status": "1", "Paused": "0"}
    rows = [{"Event": "QueueParams", "Queue": "q"}] + ([] if state.pop("gone", False) else [{**row, **state}])
    queues.keep(session, "pbx1", queues.read(rows), now)
    session.expire_all()


def talked(session: Session, at: datetime, minutes: float, hold_s: float | None = 0.0) -> None:
    until = at + timedelta(minutes=minutes)
    part = {"extension": "101", "since": at.isoformat(), "until": until.isoformat(), "hold_s": hold_s}
    call = factories.answered(session, started_at=at, answered_at=at, ended_at=until, talk_s=minutes * 60,
                              hold_s=hold_s, talks=[part])  # fmt: skip
    lan = session.scalars(select(factories.User).filter_by(username="lan")).one()
    session.add(
        AfterCall(pbx="pbx1", extension="101", user_id=lan.id, call_id=call.id, began_at=until, ready_due=until,
                  paused_at=until, ended_at=until + timedelta(minutes=2), how=AfterCallEnd.KEY)
    )  # fmt: skip
    session.flush()


def day(session: Session, only: int | None = None) -> dict[str, PersonDay]:
    read = people_day.read(session, DAY, EVENING, only=only)
    return {person.user.username: person for person in read.people}


def value(person: PersonDay, name: str) -> float | None:
    return person.figures[name].value


def test_each_has_their_own_part_of_one_telephone_s_day(session: Session, province: Province) -> None:
    shows(session, MONDAY)
    talked(session, MONDAY + timedelta(minutes=10), 10)
    taking.take(session, province.actor("minh"), "101", over=province.people["lan"].id, now=CHANGE)
    factories.answered(session, started_at=CHANGE + timedelta(minutes=5), answered_at=CHANGE + timedelta(minutes=5),
                       ended_at=CHANGE + timedelta(minutes=11), talk_s=360.0)  # fmt: skip
    shows(session, CHANGE + timedelta(minutes=30), Paused="1", PausedReason="an-trua")
    shows(session, NOON, gone=True)
    found = day(session)
    lan, minh = found["lan"], found["minh"]
    assert found.keys() == {"lan", "minh"}
    assert [value(lan, name) for name in ("handled", "talk", "after_call", "aht", "signed_in")] == [
        1, 600, 120, 720, 7200,
    ]  # fmt: skip
    assert value(lan, "utilisation") == pytest.approx(12 / 120)
    assert value(lan, "occupancy") == pytest.approx(12 / 122)
    assert [value(minh, name) for name in ("handled", "aht", "signed_in")] == [1, 360, 3600]
    assert value(minh, "occupancy") == pytest.approx(6 / 30)
    assert (lan.phones, minh.phones) == (["101"], ["101"])
    told = stats.figures(session, since=None, until=None, now=EVENING, service_level_s=20, short_abandon_s=5)
    # From the first call on: 18 of the 110 + 60 minutes that Lan and Minh were in the queue.
    assert told["utilisation"]["value"] == pytest.approx(18 / 170)
    assert told["occupancy"]["value"] == pytest.approx((12 + 6) / (12 + 100 + 6 + 24))


def test_one_s_own_day_alone_and_before_anything_happened(session: Session, province: Province) -> None:
    hoa = province.people["hoa"]
    found = day(session, only=hoa.id)
    assert found.keys() == {"hoa"}
    assert (value(found["hoa"], "handled"), value(found["hoa"], "aht")) == (0, None)


def test_a_gap_hides_the_hold_and_the_time_in_the_queue(session: Session, province: Province) -> None:
    shows(session, MONDAY)
    session.add(PbxGap(pbx="pbx1", started_at=MONDAY + timedelta(hours=1), ended_at=CHANGE, why="x"))
    talked(session, MONDAY + timedelta(minutes=55), 10, hold_s=None)
    shows(session, CHANGE, gone=True)
    lan = day(session)["lan"]
    assert [value(lan, name) for name in ("talk", "hold", "aht", "signed_in")] == [None, None, 720, 3600]
    assert lan.sums.holds_unknown == 1
    assert people_day.read(session, DAY, EVENING).unheard_s == 3600


def test_what_nobody_was_signed_in_for_is_said_and_counted_for_nobody(session: Session, province: Province) -> None:
    taking.end_of_account(session, province.people["lan"], province.actor("quan"), now=MONDAY)
    factories.answered(session, started_at=MONDAY + timedelta(minutes=5), answered_at=MONDAY + timedelta(minutes=5))
    read = people_day.read(session, DAY, EVENING)
    assert (read.people, read.nobodys, read.known) == ([], 1, False)


def test_calls_that_go_on_and_test_calls_are_left_out(session: Session, province: Province) -> None:
    factories.answered(session, disposition="test")
    factories.answered(session, ended_at=None, outcome=None, talking=["101"])
    assert day(session) == {}


def test_what_a_telephone_did_is_kept_once_a_change(session: Session, province: Province) -> None:
    shows(session, MONDAY)
    shows(session, MONDAY + timedelta(seconds=60))
    shows(session, MONDAY + timedelta(seconds=90), Paused="1", PausedReason="an-trua")
    shows(session, MONDAY + timedelta(seconds=95), Paused="1", PausedReason="hop")
    shows(session, MONDAY + timedelta(seconds=99), gone=True)
    query = select(PhoneStint).order_by(PhoneStint.id)
    assert [(one.doing, one.reason, (one.until or EVENING) - one.since) for one in session.scalars(query)] == [
        ("free", "", timedelta(seconds=90)),
        ("paused", "an-trua", timedelta(seconds=5)),
        ("paused", "hop", timedelta(seconds=4)),
    ]
