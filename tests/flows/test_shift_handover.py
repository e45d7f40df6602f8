"""Shift handover: kept as it was, confirmed by the named receiver alone, once."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotAllowed
from callcenter.models import CallBack, Emergency, ShiftHandover, TicketEvent, TicketOrCallBack
from callcenter.vocab import EmergencyService, Level, Source, TicketKind, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.desk import filing
from tickets.life import history
from tickets.oversight import shifts
from tickets.oversight.shifts import Left
from tickets.rules.fields import TicketFields

NOW = MONDAY + timedelta(hours=1)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def hoa(province: Province) -> Actor:
    return province.actor("hoa")


@pytest.fixture
def left(session: Session, province: Province, hoa: Actor) -> dict[Left, TicketOrCallBack]:
    """One thing in each list: an ambulance that nobody has, Lan's draft of an hour ago, a missed number, an urgent
    report, one in triage.
    """
    lan = province.actor("lan")
    draft = filing.open_draft(session, factories.answered(session, caller="+84913000001"), now=MONDAY)
    filing.settle_call(session, factories.missed(session, caller="+84913000002"), now=MONDAY)
    call_back = session.scalars(select(CallBack).where(CallBack.caller == "+84913000002")).one()
    found: dict[Left, TicketOrCallBack] = {Left.DRAFT: draft, Left.CALL_BACK: call_back}
    for kind, state in ((Left.URGENT, TicketState.ROUTED), (Left.TRIAGE, TicketState.TRIAGE)):
        level = Level.URGENT if kind is Left.URGENT else Level.NORMAL
        found[kind] = history.begin(
            session, lan, kind=TicketKind.REPORT, source=Source.HOTLINE, state=state, now=MONDAY, move="open",
            level=level, filed_at=MONDAY, description="Cây đổ chắn đường",
        )  # fmt: skip
    found[Left.EMERGENCY] = history.begin(
        session, lan, kind=TicketKind.REPORT, source=Source.HOTLINE, state=TicketState.ACCEPTED, now=MONDAY,
        move="open", filed_at=MONDAY, description="Cây đổ trúng người",
    )  # fmt: skip
    session.flush()
    session.add(
        Emergency(
            ticket_id=found[Left.EMERGENCY].id,
            service=EmergencyService.AMBULANCE,
            level_before=Level.NORMAL,
            began_at=MONDAY,
            began_by_id=lan.id,
            began_by=lan.name,
        )
    )
    session.flush()
    return found


def give(session: Session, hoa: Actor, province: Province, **more: object) -> ShiftHandover:
    given = {"note": "Điện lực đã gọi hai lần", "now": NOW, **more}
    return shifts.give(session, hoa, province.people["phuc"].id, **given)  # type: ignore[arg-type]


def test_it_keeps_what_was_left_as_it_was(
    session: Session, hoa: Actor, province: Province, left: dict[Left, TicketOrCallBack]
) -> None:
    row = give(session, hoa, province)
    assert give(session, hoa, province) is row
    assert [(item["list"], item["code"]) for item in row.items] == [(kind, left[kind].code) for kind in Left]
    assert (row.given_by, row.given_to, row.note) == (hoa.name, "Phạm Hồng Phúc", "Điện lực đã gọi hai lần")
    filing.close_callback(session, hoa, left[Left.CALL_BACK].code, note="đã gặp", now=NOW)
    session.refresh(row)
    assert row.items[3]["what"] == ""
    assert len(row.items) == 5


def test_the_next_one_takes_over_by_name_once(
    session: Session, hoa: Actor, province: Province, left: dict[Left, TicketOrCallBack]
) -> None:
    row, phuc = give(session, hoa, province), province.actor("phuc")
    assert shifts.open_for(session, phuc) == [row]
    with pytest.raises(NotAllowed):
        shifts.confirm(session, hoa, row.id, now=NOW)
    filing.close_callback(session, hoa, left[Left.CALL_BACK].code, note="đã gặp", now=NOW)
    for minutes in (5, 6):
        shifts.confirm(session, phuc, row.id, remark="đủ", now=NOW + timedelta(minutes=minutes))
    assert row.confirmed_at == NOW + timedelta(minutes=5)
    assert shifts.open_for(session, phuc) == []
    assert left[Left.DRAFT].owner_id == phuc.id
    told = session.execute(select(TicketEvent.ticket_id, TicketEvent.actor).where(TicketEvent.move == "handed_over"))
    # What was settled in between has no owner any more.
    noted = [kind for kind in Left if kind not in (Left.CALL_BACK, Left.EMERGENCY)]
    assert sorted(told.all()) == sorted((left[kind].id, phuc.name) for kind in noted)
    assert session.scalars(select(Emergency.taken_by)).all() == [phuc.name]
    fields = TicketFields(category_code="khac", description="Xong việc ca trước")
    assert filing.file(session, phuc, left[Left.DRAFT].code, fields, now=NOW).state == TicketState.FILED


def test_given_anew_it_takes_the_place_of_what_nobody_confirmed(
    session: Session, hoa: Actor, province: Province, left: dict[Left, TicketOrCallBack]
) -> None:
    first, second = give(session, hoa, province), give(session, hoa, province, note="thêm: mất điện lúc 9 giờ")
    phuc = province.actor("phuc")
    assert (first.withdrawn_at, shifts.open_for(session, phuc)) == (NOW, [second])
    with pytest.raises(Invalid):
        shifts.confirm(session, phuc, first.id, now=NOW)
    shifts.confirm(session, phuc, second.id, now=NOW)
    with pytest.raises(Invalid):
        shifts.withdraw(session, hoa, second.id, now=NOW)


def test_only_to_a_leader_and_to_somebody_else(session: Session, hoa: Actor, province: Province) -> None:
    for name in ("hoa", "lan", "thu"):
        with pytest.raises(Invalid):
            shifts.give(session, hoa, province.people[name].id, note="", now=NOW)
    with pytest.raises(NotAllowed):
        shifts.give(session, province.actor("lan"), province.people["phuc"].id, note="", now=NOW)
    assert [user.username for user in shifts.receivers(session, hoa)] == ["phuc"]
