"""Administration's use cases: every write on record and the record for ever, and only for administrators."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotAllowed
from callcenter.models import ChangeRecord, RoutingRule, Ticket, User, WorkingPeriod
from callcenter.vocab import Clock, Level, Role, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.administration import attention, calendars, lists, people, routing_rules
from tickets.administration.people import UserFields
from tickets.agency import assignment
from tickets.desk import filing
from tickets.life import clocks, records
from tickets.rules.fields import TicketFields
from tickets.rules.sla import VIETNAM, due_at

LATER = MONDAY + timedelta(minutes=3)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def recorded(session: Session) -> list[tuple[str, str, dict[str, object], dict[str, object]]]:
    session.flush()
    rows = session.scalars(select(ChangeRecord).order_by(ChangeRecord.id))
    return [(row.subject, row.key, row.before, row.after) for row in rows]


@pytest.mark.parametrize("statement", ["UPDATE change_record SET actor = 'nobody'", "DELETE FROM change_record"])
def test_the_record_cannot_be_rewritten(session: Session, province: Province, statement: str) -> None:
    records.record_change(session, province.actor("quan"), "queue", "q", {"title": ""}, {"title": "Chính"}, MONDAY)
    with pytest.raises(DBAPIError, match="append"):
        session.execute(text(statement))


def test_a_secret_is_never_recorded(session: Session, province: Province) -> None:
    with pytest.raises(ValueError, match="secret"):
        records.record_change(session, province.actor("quan"), "user", "lan", {}, {"password_hash": "x"}, MONDAY)


def test_only_administrators_change_anything(session: Session, province: Province) -> None:
    for name in ("lan", "hoa", "phuc", "thu"):
        with pytest.raises(NotAllowed):
            people.set_active(session, province.actor(name), province.people["lan"].id, False, now=MONDAY)
    assert recorded(session) == []


def test_the_command_line_is_on_record_too(session: Session, province: Province) -> None:
    actor = Actor(None, "scripts/manage", Role.ADMIN)
    fields = UserFields("Lê Mai", "officer", agency="cap-nuoc")
    people.add(session, actor, "mai", "mười hai ký tự", fields, now=MONDAY)
    ((subject, key, before, after),) = recorded(session)
    assert (subject, key, before) == ("user", "mai", {})
    assert after["agency"] == "cap-nuoc"
    assert not any("password" in name for name in after)


def test_a_role_and_its_agency_belong_together(session: Session, province: Province) -> None:
    lan, quan = province.people["lan"], province.actor("quan")
    with pytest.raises(Invalid) as wrong:
        people.edit(session, quan, lan.id, UserFields("Lan", "officer", approves=True), seen=None, now=MONDAY)
    assert wrong.value.problems == {"agency": "agency_of_officer"}
    with pytest.raises(Invalid) as wrong:
        people.edit(
            session, quan, lan.id, UserFields("Lan", "operator", "cap-nuoc", approves=True), seen=None, now=LATER
        )
    assert wrong.value.problems == {"agency": "agency_only_of_officer", "approves": "approves_only_officer"}


def test_another_role_ends_the_sessions_and_another_name_does_not(session: Session, province: Province) -> None:
    lan, quan = province.people["lan"], province.actor("quan")
    people.edit(session, quan, lan.id, UserFields("Lan", "operator", extension="101"), seen=None, now=MONDAY)
    assert session.get_one(User, lan.id).session_epoch == 0
    people.edit(session, quan, lan.id, UserFields("Lan", "shift_leader", extension="101"), seen=None, now=MONDAY)
    assert session.get_one(User, lan.id).session_epoch == 1


def test_people_of_several_shifts_have_the_same_usual_extension(session: Session, province: Province) -> None:
    lan, minh, quan = province.people["lan"], province.people["minh"], province.actor("quan")
    people.edit(session, quan, minh.id, UserFields("Minh", "operator", extension="101"), seen=None, now=MONDAY)
    assert (lan.usual_extension, minh.usual_extension) == ("101", "101")
    # The extension in use just now is another matter, and does not change during work.
    assert (lan.extension, minh.extension) == ("101", "102")


@pytest.mark.parametrize("closing", [True, False])
def test_who_is_an_operator_no_more_keeps_no_extension(session: Session, province: Province, closing: bool) -> None:
    lan, quan = province.people["lan"], province.actor("quan")
    if closing:
        people.set_active(session, quan, lan.id, False, now=MONDAY)
    else:
        people.edit(session, quan, lan.id, UserFields("Lan", "supervisor", extension="101"), seen=None, now=MONDAY)
    assert lan.extension is None


def test_a_changed_order_decides_the_next_ticket(session: Session, province: Province) -> None:
    quan = province.actor("quan")
    fields = routing_rules.RuleFields(category="moi-truong", lead="van-phong")
    new = routing_rules.add(session, quan, fields, now=MONDAY)
    old = session.scalars(select(RoutingRule).where(RoutingRule.to_commune)).one()
    assert routing_rules.try_out(session, "moi-truong", "28249", Level.NORMAL).rule_id == old.id
    routing_rules.place(session, quan, new.id, beside=old.id, above=True, now=MONDAY)
    assert routing_rules.try_out(session, "moi-truong", "28249", Level.NORMAL).rule_id == new.id
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    filed = TicketFields(category_code="moi-truong", ward_code="28249", description="Rác chất đống")
    filing.file(session, province.actor("lan"), draft.code, filed, now=LATER)
    assert assignment.decide(session, session.get_one(Ticket, draft.id)).rule_id == new.id
    assert draft.state == TicketState.FILED


def test_a_week_of_our_own_moves_the_deadlines(session: Session, province: Province) -> None:
    quan = province.actor("quan")
    typed = {day: [("08:00", "12:00")] for day in (0, 1, 2, 3, 4)} | {5: [("08:00", "10:00")]}
    calendars.set_week(session, quan, typed, seen=None, now=MONDAY)
    calendars.set_week(session, quan, typed, seen="an old form, sent twice", now=MONDAY)
    calendars.set_day(session, quan, date(2026, 11, 24), False, "Nghỉ bù", seen=None, now=MONDAY)
    calendars.set_day(session, quan, date(2026, 11, 29), True, "Làm bù", seen=None, now=MONDAY)
    assert session.get_one(WorkingPeriod, (5, time(8))).closes == time(10)
    fields = calendars.DeadlineFields("4", "hours", working_time=True, confirmed=True)
    calendars.set_deadline(session, quan, Level.NORMAL, Clock.ACCEPT, fields, seen=None, now=MONDAY)
    target, calendar = clocks.times(session).target(Level.NORMAL, Clock.ACCEPT), clocks.calendar(session)
    assert due_at(MONDAY, target, calendar).astimezone(VIETNAM).isoformat() == "2026-11-25T09:00:00+07:00"
    # A Sunday worked instead has the hours of a Monday.
    assert calendar.hours(date(2026, 11, 29)) == ((time(8), time(12)),)
    assert [subject for subject, *_rest in recorded(session)] == ["week", "calendar_day", "calendar_day", "sla_target"]


def test_nobody_can_set_a_week_without_work(session: Session, province: Province) -> None:
    with pytest.raises(Invalid) as wrong:
        calendars.set_week(session, province.actor("quan"), {}, seen=None, now=MONDAY)
    assert wrong.value.problems == {"week": "week_empty"}


def test_what_is_missing_is_told_until_it_is_there(session: Session, province: Province) -> None:
    quan = province.actor("quan")
    found = {lack.what: lack for lack in attention.lacks(session, MONDAY)}
    assert found["no_way"].names == ("Khác",)
    assert found["wards_without_agency"].count == 2
    assert found["deadlines_unconfirmed"].count == 9
    assert found["next_year_empty"].names == ("2027",)
    routing_rules.add(session, quan, routing_rules.RuleFields(lead="van-phong"), now=MONDAY)
    calendars.set_day(session, quan, date(2027, 1, 1), False, "Tết Dương lịch", seen=None, now=MONDAY)
    lists.add_test_number(session, quan, "0905123456", "Máy thử", now=MONDAY)
    left = {lack.what for lack in attention.lacks(session, MONDAY)}
    assert left.isdisjoint({"no_way", "next_year_empty"})
