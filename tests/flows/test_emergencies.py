"""An emergency from the key to its end: ticket and alarm at once, the PBX asked, over by its word or by a person's."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.db import transaction
from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import (
    Call,
    Emergency,
    EmergencyLine,
    OutgoingCall,
    PbxCommand,
    PbxQueue,
    PbxStatus,
    Ticket,
    TicketEvent,
)
from callcenter.vocab import (
    CallOut,
    CommandResult,
    CommandVerb,
    Disposition,
    EmergencyEnd,
    EmergencyService,
    Level,
    Third,
    TicketState,
)
from telephony import callflow
from telephony.call_rows import CallSnapshot
from telephony.recorder import record
from tests import factories
from tests.factories import MONDAY, Province
from tickets.desk import filing
from tickets.rules.emergency_rules import EmergencyStage, EmergencyStep
from tickets.rules.fields import TicketFields
from tickets.telephone import calling_out, emergencies, emergency_bar, emergency_watch, transfers
from tickets.telephone.calling_out import Allowed
from tickets.telephone.emergency_bar import OpenEmergency
from tickets.telephone.handset import Handset

HOME = Allowed()
AMBULANCE = EmergencyService.AMBULANCE
VERBS = ["transfer", "consult", "join", "back", "call"]


@pytest.fixture
def province(session: Session) -> Province:
    seen = MONDAY + timedelta(minutes=1)
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=seen, actions=VERBS))
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=[], seen_at=MONDAY))
    return factories.province(session)


@pytest.fixture
def call(session: Session, province: Province) -> Call:
    row = factories.call(session, ringing=[], talking=["101"], operators=["101"], answered_at=MONDAY)
    draft = filing.open_draft(session, row, now=MONDAY)
    fields = TicketFields(address="Cầu Rạch Miễu", ward_code="28249", description="Xe tải lật")
    filing.save_draft(session, province.actor("lan"), draft.code, fields, version=None, now=MONDAY)
    return row


def begin(session: Session, province: Province, service: EmergencyService = AMBULANCE, **given: Any) -> Emergency:
    return emergencies.begin(session, province.actor("lan"), service, HOME, **{"now": MONDAY, **given})


def bar(session: Session, province: Province, who: str = "lan", now: datetime = MONDAY) -> OpenEmergency:
    session.flush()
    session.expire_all()
    (one,) = emergency_bar.shown(session, Handset(session, province.actor(who), now))
    return one


def done(session: Session, verb: CommandVerb, at: datetime = MONDAY) -> None:
    command = session.scalars(select(PbxCommand).order_by(PbxCommand.id.desc())).first()
    assert command is not None
    assert command.verb == verb
    commands.finish(session, command.id, CommandResult.DONE, "", at)
    session.expire_all()


def moves(session: Session, ticket_id: int) -> list[str]:
    query = select(TicketEvent.move).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id)
    return list(session.scalars(query))


def shows(session: Session, call: Call, **columns: Any) -> None:
    """What the PBX shows of the call now."""
    for name, value in columns.items():
        setattr(call, name, value)
    emergency_watch.follow(session, [call], now=MONDAY + timedelta(seconds=20))


def test_one_key_makes_the_ticket_urgent_alarms_and_dials(session: Session, province: Province, call: Call) -> None:
    row = begin(session, province)
    assert begin(session, province).id == row.id
    ticket = session.get_one(Ticket, row.ticket_id)
    assert ticket.id == filing.open_draft(session, call, now=MONDAY).id
    assert (ticket.level, ticket.caller, ticket.address) == (Level.URGENT, factories.CALLER, "Cầu Rạch Miễu")
    (command,) = session.scalars(select(PbxCommand))
    assert (command.verb, command.arguments) == (CommandVerb.CONSULT, {"call": call.linkedid, "to": "115"})
    event = session.scalars(select(TicketEvent).where(TicketEvent.move == "emergency")).one()
    assert event.data == {"service": "115", "number": "115", "ward": "28249", "address": "Cầu Rạch Miễu"}
    assert bar(session, province).stage is EmergencyStage.ASKING
    leader = bar(session, province, "hoa")
    assert (leader.mine, leader.taken_by, leader.steps) == (False, None, [])
    assert emergency_bar.shown(session, Handset(session, province.actor("minh"), MONDAY)) == []


def test_what_is_typed_meanwhile_is_kept_and_hears_of_the_level(
    session: Session, province: Province, call: Call
) -> None:
    """The form was opened before the key: the form learns it by the version, and saves on with the level as it is
    now."""
    draft = filing.open_draft(session, call, now=MONDAY)
    opened = draft.version
    begin(session, province)
    assert draft.version == opened + 1
    fields = TicketFields(description="Xe tải lật, hai người kẹt", level="urgent")
    filing.save_draft(session, province.actor("lan"), draft.code, fields, version=draft.version, now=MONDAY)
    assert (draft.level, draft.description) == (Level.URGENT, "Xe tải lật, hai người kẹt")


def test_the_service_picks_up_and_gets_the_caller(session: Session, province: Province, call: Call) -> None:
    row = begin(session, province)
    done(session, CommandVerb.CONSULT)
    call.holding = ["101"]
    assert bar(session, province).stage is EmergencyStage.DIALLING
    assert bar(session, province).steps == [EmergencyStep.BACK]
    shows(session, call, talking=[], holding=[], third=Third.ANSWERED)
    one = bar(session, province)
    assert (one.stage, one.steps) == (EmergencyStage.SPEAKING, [EmergencyStep.JOIN, EmergencyStep.BACK])
    assert row.answered_at is not None
    assert row.ended_at is None
    emergencies.step(session, province.actor("lan"), row.id, EmergencyStep.JOIN, HOME, now=MONDAY)
    done(session, CommandVerb.JOIN)
    shows(session, call, third=Third.WITH_CALLER, transfers=[{"kind": "attended", "to": "115"}])
    assert (row.ended, row.ended_by, row.ended_by_id) == (EmergencyEnd.ANSWERED, "listener", None)
    assert emergency_bar.shown(session, Handset(session, province.actor("hoa"), MONDAY)) == []
    assert moves(session, row.ticket_id)[-3:] == ["emergency", "emergency_answered", "emergency_over"]


def test_by_the_telephone_s_own_keys_it_is_over_too(session: Session, province: Province, call: Call) -> None:
    session.get_one(PbxStatus, "pbx1").actions = []
    row = begin(session, province)
    assert session.scalars(select(PbxCommand)).all() == []
    one = bar(session, province)
    assert (one.stage, one.steps) == (EmergencyStage.BY_HAND, [])
    shows(session, call, talking=[], third=Third.WITH_CALLER, transfers=[{"kind": "attended", "to": "115"}])
    assert row.ended is EmergencyEnd.ANSWERED


def test_a_transfer_to_anybody_else_is_no_end(session: Session, province: Province, call: Call) -> None:
    province.agencies["water"].phone = "0273 387 1234"
    row = begin(session, province)
    done(session, CommandVerb.CONSULT)
    later = MONDAY + timedelta(seconds=10)
    transfers.ask(session, province.actor("lan"), call.id, CommandVerb.TRANSFER, "02733871234", HOME, now=later)
    shows(session, call, talking=[], third=Third.WITH_CALLER, transfers=[{"kind": "blind", "to": "02733871234"}])
    assert (row.ended_at, row.answered_at) == (None, None)


def test_who_does_not_answer_leaves_it_open_and_it_is_tried_again(
    session: Session, province: Province, call: Call
) -> None:
    row = begin(session, province)
    done(session, CommandVerb.CONSULT)
    later = MONDAY + timedelta(seconds=30)
    one = bar(session, province, now=later)
    assert (one.stage, one.steps) == (EmergencyStage.BACK, [EmergencyStep.AGAIN])
    emergencies.step(session, province.actor("lan"), row.id, EmergencyStep.AGAIN, HOME, now=later)
    assert [c.arguments["to"] for c in session.scalars(select(PbxCommand))] == ["115", "115"]
    # Without a consultation the caller can still be transferred at once.
    session.get_one(PbxStatus, "pbx1").actions = ["transfer"]
    done(session, CommandVerb.CONSULT, later)
    much_later = later + timedelta(seconds=30)
    assert bar(session, province, now=much_later).steps == [EmergencyStep.AT_ONCE]


def test_the_caller_hangs_up_first(session: Session, province: Province, call: Call) -> None:
    """Number and place stand, the alarm goes on, and the service or the caller is called from the same bar."""
    row = begin(session, province)
    done(session, CommandVerb.CONSULT)
    shows(session, call, talking=[], ended_at=MONDAY, third=None)
    one = bar(session, province)
    assert (one.stage, one.steps) == (
        EmergencyStage.CALLER_GONE,
        [EmergencyStep.CALL_SERVICE, EmergencyStep.CALL_CALLER],
    )
    assert (one.caller, one.place) == (factories.CALLER, "Cầu Rạch Miễu, Phường Mỹ Tho")
    lan = province.actor("lan")
    emergencies.step(session, lan, row.id, EmergencyStep.CALL_SERVICE, HOME, now=MONDAY)
    out = session.scalars(select(OutgoingCall)).one()
    assert (out.number, out.ticket_id) == ("115", row.ticket_id)
    calling_out.reached(session, out.id, MONDAY)
    calling_out.ended(session, out.id, CallOut.REACHED, MONDAY + timedelta(seconds=40), now=MONDAY)
    assert moves(session, row.ticket_id)[-1] == "emergency_called"
    # An answer is no end: a person records what became of it.
    assert row.ended_at is None
    emergencies.step(session, lan, row.id, EmergencyStep.CALL_CALLER, HOME, now=MONDAY + timedelta(seconds=50))
    assert session.scalars(select(OutgoingCall.number).order_by(OutgoingCall.id)).all() == ["115", factories.CALLER]


def test_it_stands_until_somebody_says_how_it_ended(session: Session, province: Province, call: Call) -> None:
    row = begin(session, province)
    hoa = province.actor("hoa")
    with pytest.raises(Invalid):
        emergencies.end(session, hoa, row.id, EmergencyEnd.ANSWERED, now=MONDAY)
    with pytest.raises(Invalid):
        emergencies.end(session, hoa, row.id, EmergencyEnd.CALLER_GONE, now=MONDAY)
    with pytest.raises(NotAllowed):
        emergencies.end(session, province.actor("minh"), row.id, EmergencyEnd.RELAYED, now=MONDAY)
    note = "đã gọi 115 và công an xã"
    emergencies.end(session, hoa, row.id, EmergencyEnd.CALLER_GONE, note=note, now=MONDAY + timedelta(minutes=2))
    emergencies.end(session, province.actor("lan"), row.id, EmergencyEnd.RELAYED, now=MONDAY + timedelta(minutes=3))
    assert (row.ended, row.ended_by, row.note) == (EmergencyEnd.CALLER_GONE, "Lê Thị Hoa", note)
    event = session.scalars(select(TicketEvent).where(TicketEvent.move == "emergency_over")).one()
    assert (event.reason, event.data["ended"], event.data["lasted_s"]) == (note, "caller_gone", 120)
    assert session.get_one(Ticket, row.ticket_id).level is Level.URGENT


def test_the_leader_takes_it_on_once_and_by_name(session: Session, province: Province, call: Call) -> None:
    row = begin(session, province)
    with pytest.raises(NotAllowed):
        emergencies.take(session, province.actor("lan"), row.id, now=MONDAY)
    emergencies.take(session, province.actor("hoa"), row.id, now=MONDAY)
    emergencies.take(session, province.actor("phuc"), row.id, now=MONDAY + timedelta(seconds=9))
    assert (row.taken_by, row.taken_at) == ("Lê Thị Hoa", MONDAY)
    assert moves(session, row.ticket_id).count("emergency_taken") == 1


def test_pressed_by_mistake_the_ticket_is_what_it_was(session: Session, province: Province, call: Call) -> None:
    first, second = begin(session, province), begin(session, province, EmergencyService.FIRE)
    assert second.level_before is Level.URGENT
    lan, ticket = province.actor("lan"), session.get_one(Ticket, first.ticket_id)
    emergencies.end(session, lan, first.id, EmergencyEnd.NO_EMERGENCY, now=MONDAY)
    assert ticket.level is Level.URGENT
    emergencies.end(session, lan, second.id, EmergencyEnd.NO_EMERGENCY, now=MONDAY)
    assert ticket.level is Level.NORMAL


def test_a_service_without_a_number_still_alarms(session: Session, province: Province, call: Call) -> None:
    session.add(EmergencyLine(service=EmergencyService.CHILDREN, number=""))
    session.add(EmergencyLine(service=EmergencyService.POLICE, number="02733872233"))
    begin(session, province, EmergencyService.CHILDREN)
    assert session.scalars(select(PbxCommand)).all() == []
    assert bar(session, province, "hoa").stage is EmergencyStage.NO_NUMBER
    assert bar(session, province).steps == []
    begin(session, province, EmergencyService.POLICE)
    (command,) = session.scalars(select(PbxCommand))
    assert command.arguments["to"] == "02733872233"


def test_a_pbx_that_is_not_heard_holds_nothing_up(session: Session, province: Province, call: Call) -> None:
    session.get_one(PbxStatus, "pbx1").connected = False
    row = begin(session, province)
    assert session.get_one(Ticket, row.ticket_id).level is Level.URGENT
    assert bar(session, province).stage is EmergencyStage.BY_HAND


def test_a_call_whose_ticket_was_filed_gets_a_new_urgent_one(session: Session, province: Province, call: Call) -> None:
    draft = filing.open_draft(session, call, now=MONDAY)
    fields = TicketFields(category_code="khac", description="Xe tải lật")
    filing.file(session, province.actor("lan"), draft.code, fields, now=MONDAY)
    ticket = session.get_one(Ticket, begin(session, province).ticket_id)
    assert ticket.id != draft.id
    assert (ticket.level, ticket.state, ticket.caller) == (Level.URGENT, TicketState.DRAFT, factories.CALLER)
    assert (ticket.address, draft.level) == ("Cầu Rạch Miễu", Level.NORMAL)


def test_after_the_call_it_begins_from_the_draft(session: Session, province: Province, call: Call) -> None:
    call.talking, call.ended_at = [], MONDAY
    with pytest.raises(NotFound):
        begin(session, province)
    draft = filing.open_draft(session, call, now=MONDAY)
    row = begin(session, province, code=draft.code)
    assert (row.ticket_id, row.call_id) == (draft.id, call.id)
    assert bar(session, province).stage is EmergencyStage.CALLER_GONE
    with pytest.raises(NotAllowed):
        emergencies.begin(session, province.actor("minh"), AMBULANCE, HOME, code=draft.code, now=MONDAY)


def test_a_draft_of_another_matter_does_not_pass_the_present_caller_on(
    session: Session, province: Province, call: Call
) -> None:
    other = filing.open_draft(session, factories.answered(session, caller="+84913000111"), now=MONDAY)
    row = begin(session, province, code=other.code)
    assert row.ticket_id == other.id
    assert session.scalars(select(PbxCommand)).all() == []


def test_passed_on_the_ticket_stays_urgent_and_nobody_has_to_answer_it(
    session: Session, province: Province, call: Call
) -> None:
    ticket = session.get_one(Ticket, begin(session, province).ticket_id)
    filing.dispose(session, province.actor("lan"), call.id, Disposition.EMERGENCY_PASSED, now=MONDAY)
    assert (ticket.state, ticket.level, ticket.address) == (TicketState.CLOSED, Level.URGENT, "Cầu Rạch Miễu")
    assert call.disposition is Disposition.EMERGENCY_PASSED


def test_the_listener_s_own_pictures_end_it(engine: Engine) -> None:
    """From the fold to the row to the end; and once more the same snapshot changes nothing."""
    with transaction(engine) as session:
        province = factories.province(session)
        lan = province.actor("lan")
        session.add(PbxStatus(pbx="lab", connected=True, since=MONDAY, seen_at=MONDAY, actions=VERBS))
    told = callflow.CallState("1.0", MONDAY, "1022", factories.CALLER, answered_at=MONDAY)
    told.talking = told.operators = ["101"]
    write(engine, told)
    with transaction(engine) as session:
        emergencies.begin(session, lan, AMBULANCE, HOME, now=MONDAY)
    told.talking, told.third = [], Third.ANSWERED
    write(engine, told)
    with Session(engine) as session:
        assert session.scalars(select(Emergency.answered_at)).one() is not None
    told.third = Third.WITH_CALLER
    write(engine, told)
    write(engine, told)
    with Session(engine) as session:
        row = session.scalars(select(Emergency)).one()
        assert (row.ended, row.ended_at) == (EmergencyEnd.ANSWERED, MONDAY)
        assert moves(session, row.ticket_id).count("emergency_over") == 1


def write(engine: Engine, call: callflow.CallState) -> None:
    with transaction(engine) as session:
        record(session, "lab", [CallSnapshot.of(call, 1)], now=MONDAY, short_abandon_s=5)
