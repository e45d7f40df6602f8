"""A citizen called from a ticket: one of its numbers, in a form that may be dialled, and what the PBX made of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands, phones
from callcenter.errors import Invalid, NotAllowed
from callcenter.models import (
    CallBack,
    Contact,
    OutgoingCall,
    PbxCommand,
    PbxQueue,
    PbxStatus,
    TicketEvent,
)
from callcenter.vocab import CallOut, CommandResult, CommandVerb, ContactFlag
from telephony import calling_out as heard
from telephony.orders import Order, actions_for, call_of
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.calls import calling
from tickets.telephone import calling_out
from tickets.telephone.calling_out import Allowed
from tickets.telephone.handset import Handset

HOME = Allowed()


@pytest.fixture
def province(session: Session) -> Province:
    actions, seen = ["call", "sign_in"], MONDAY + timedelta(minutes=1)
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=seen, actions=actions))
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=[], seen_at=MONDAY))
    return factories.province(session)


@pytest.fixture
def ticket(session: Session, province: Province) -> CallBack:
    return factories.call_back(session, province.actor("lan"), CALLER, reporter_phone="0918111222")


def place(session: Session, province: Province, ticket: CallBack, number: str = CALLER, **given: Any) -> OutgoingCall:
    now = given.pop("now", MONDAY)
    allowed = given.pop("allowed", HOME)
    return calling_out.place(session, province.actor("lan"), ticket.code, number, allowed, now=now)


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("e164", "given", "expected"),
    [
        ("+84905123456", {}, "0905123456"),
        ("+842733871234", {}, "02733871234"),
        ("+841800585888", {}, "1800585888"),
        ("+841900545454", {}, None),
        ("+841900545454", {"premium": True}, "1900545454"),
        ("+85512345678", {}, None),
        ("+85512345678", {"abroad": True}, "0085512345678"),
        ("+8490512", {}, None),
        ("113", {}, None),
        ("", {}, None),
    ],
)
def test_what_may_be_dialled_and_how(e164: str, given: dict[str, bool], expected: str | None) -> None:
    assert phones.dialled(e164, **given) == expected


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\+[0-9,;|$({\r\n]{1,16}")))
def test_whatever_is_a_number_it_is_dialled_as_digits(text: str) -> None:
    for allowed in (False, True):
        dialled = phones.dialled(text, abroad=allowed, premium=allowed)
        assert dialled is None or (dialled.isascii() and dialled.isdigit() and len(dialled) <= 17)


@given(number=st.text(max_size=30), call=st.text(max_size=20))
def test_no_text_becomes_a_channel_an_application_or_a_second_line(number: str, call: str) -> None:
    try:
        (action,) = actions_for(Order(CommandVerb.CALL, "101", {"number": number, "call": call}))
    except ValueError:
        return
    assert action["Channel"] == "PJSIP/101"
    assert action["Exten"].isascii()
    assert action["Exten"].isdigit()
    assert action["Variable"].removeprefix("HL_CALLOUT=").isdigit()
    assert "Application" not in action


def test_the_own_telephone_rings_first_and_shows_whom_one_calls() -> None:
    (action,) = actions_for(Order(CommandVerb.CALL, "101", {"number": "0905123456", "call": "7"}))
    assert action == {
        "Action": "Originate", "Channel": "PJSIP/101", "Context": "hotline-callout", "Exten": "0905123456",
        "Priority": "1", "CallerID": "<0905123456>", "Timeout": "25000", "Async": "true", "Variable": "HL_CALLOUT=7",
        "ActionID": "hotline-callout/7",
    }  # fmt: skip
    assert call_of(action["ActionID"]) == 7
    assert call_of("hotline-callout/x") is call_of("other/7") is None


def test_pressed_twice_it_is_one_call_and_another_number_waits(
    session: Session, province: Province, ticket: CallBack
) -> None:
    first = place(session, province, ticket)
    assert place(session, province, ticket).id == first.id
    with pytest.raises(Invalid) as refused:
        place(session, province, ticket, "0918 111 222")
    assert refused.value.problems == {"phone": "call_going_on"}
    (command,) = session.scalars(select(PbxCommand))
    assert command.arguments == {"number": "0905123456", "call": str(first.id)}


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("0909000000", "call_not_of_ticket"),
        ("0905123456,1,2\r\nAction: Originate", "call_not_of_ticket"),
        ("113", "call_not_of_ticket"),
        ("", "call_not_of_ticket"),
    ],
)
def test_only_a_number_of_the_ticket(
    session: Session, province: Province, ticket: CallBack, number: str, problem: str
) -> None:
    if number.startswith("0905"):
        # What the form is sent with is read as a number first; what is left is digits.
        assert place(session, province, ticket, "0905-123-456").number == CALLER
        return
    with pytest.raises(Invalid) as refused:
        place(session, province, ticket, number)
    assert refused.value.problems == {"phone": problem}
    assert session.scalars(select(PbxCommand)).all() == []


def test_a_number_abroad_only_where_the_site_lets_it(session: Session, province: Province, ticket: CallBack) -> None:
    ticket.caller = "+85512345678"
    with pytest.raises(Invalid) as refused:
        place(session, province, ticket, ticket.caller)
    assert refused.value.problems == {"phone": "call_not_allowed"}
    assert place(session, province, ticket, ticket.caller, allowed=Allowed(abroad=True)).number == "+85512345678"


def test_only_the_desk_calls(session: Session, province: Province, ticket: CallBack) -> None:
    with pytest.raises(NotAllowed):
        calling_out.place(session, province.actor("thu"), ticket.code, CALLER, HOME, now=MONDAY)


def test_reached_and_ended_it_is_a_try_in_the_ticket_s_history(
    session: Session, province: Province, ticket: CallBack
) -> None:
    call = place(session, province, ticket)
    lan = province.actor("lan")

    def stage() -> str:
        shown = calling_out.shown(Handset(session, lan, after(50)))
        assert shown is not None
        return shown.stage

    assert stage() == "own"
    calling_out.dialling(session, call.id, after(3))
    assert stage() == "dialling"
    calling_out.reached(session, call.id, after(9))
    assert stage() == "talking"
    for _ in range(2):
        calling_out.ended(session, call.id, CallOut.REACHED, after(49), now=after(49))
    assert stage() == "ended"
    assert (call.result, call.talk_s) == (CallOut.REACHED, 40.0)
    (event,) = session.scalars(select(TicketEvent).where(TicketEvent.move == "called_out"))
    assert (event.actor, event.data) == ("Nguyễn Thị Lan", {"result": "reached", "call": call.id, "talk_s": 40})
    assert calling_out.shown(Handset(session, lan, after(300))) is None
    # Done: the next one may be called.
    assert place(session, province, ticket, "0918111222", now=after(50)).id != call.id


@pytest.mark.parametrize("result", [CallOut.NO_ANSWER, CallOut.BUSY])
def test_a_call_back_that_reached_nobody_waits_for_its_next_time(
    session: Session, province: Province, ticket: CallBack, result: CallOut
) -> None:
    """As if the operator had noted the try by hand; the PBX's report, received twice, is one try."""
    call = place(session, province, ticket)
    ticket.owner_id = province.people["lan"].id
    calling_out.dialling(session, call.id, after(3))
    for _ in range(2):
        calling_out.ended(session, call.id, result, after(30), now=after(30))
    (tried,) = calling.tried(session, [ticket.id])[ticket.id]
    assert (tried.result, tried.who) == (result, "Nguyễn Thị Lan")
    assert (ticket.call_at, ticket.owner_id) == (tried.next_at, None)
    assert tried.next_at > after(30)


@pytest.mark.parametrize("result", [CallOut.NOT_PICKED_UP, CallOut.GIVEN_UP, CallOut.FAILED])
def test_a_call_that_did_not_come_to_the_citizen_is_no_try(
    session: Session, province: Province, ticket: CallBack, result: CallOut
) -> None:
    call = place(session, province, ticket)
    calling_out.ended(session, call.id, result, after(30), now=after(30))
    assert calling.tried(session, [ticket.id]) == {}
    assert ticket.call_at is None


def test_a_number_to_keep_safe_is_not_called(session: Session, province: Province, ticket: CallBack) -> None:
    session.add(Contact(number=CALLER, flags=[ContactFlag.SAFE_CONTACT], changed_at=MONDAY))
    session.flush()
    with pytest.raises(Invalid) as refused:
        place(session, province, ticket)
    assert refused.value.problems == {"phone": "call_not_safe"}
    assert session.scalars(select(PbxCommand)).all() == []


def test_what_the_pbx_refuses_does_not_keep_the_telephone_busy(
    session: Session, province: Province, ticket: CallBack
) -> None:
    call = place(session, province, ticket)
    (command,) = session.scalars(select(PbxCommand))
    commands.finish(session, command.id, CommandResult.REFUSED, "Extension does not exist.", after(1))
    assert calling_out.shown(Handset(session, province.actor("lan"), after(2))) is None
    assert place(session, province, ticket, now=after(10)).id != call.id


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"Event": "OriginateResponse", "ActionID": "hotline-callout/7", "Response": "Failure", "Reason": "3"},
         ("ended", CallOut.NOT_PICKED_UP)),
        ({"Event": "OriginateResponse", "ActionID": "hotline-callout/7", "Response": "Success"}, None),
        ({"Event": "OriginateResponse", "ActionID": "x1", "Response": "Failure"}, None),
        ({"UserEvent": "HotlineCallOut", "Call": "7", "Stage": "dialling"}, ("dialling", CallOut.FAILED)),
        ({"UserEvent": "HotlineCallOut", "Call": "7", "Stage": "ended", "Result": "BUSY"}, ("ended", CallOut.BUSY)),
        ({"UserEvent": "HotlineCallOut", "Call": "7", "Stage": "ended", "Result": "CHANUNAVAIL"},
         ("ended", CallOut.FAILED)),
        ({"UserEvent": "HotlineCallOut", "Call": "", "Stage": "ended"}, None),
        ({"UserEvent": "HotlineCallOut", "Call": "²", "Stage": "ended"}, None),
        ({"UserEvent": "HotlineCallOut", "Call": "7", "Stage": "drop table"}, None),
    ],
)  # fmt: skip
def test_what_the_pbx_says(event: dict[str, str | list[str]], expected: tuple[str, CallOut] | None) -> None:
    told = heard.read({**event, "Timestamp": "1795000000.5"}, MONDAY)
    assert (told and (told.stage, told.result)) == expected
    if told is not None:
        assert told.at == datetime.fromtimestamp(1795000000.5, UTC)
        late = heard.read({**event, "Timestamp": "nan"}, MONDAY)
        assert late is not None
        assert late.at == MONDAY


def test_the_pbx_s_word_for_a_call_that_nobody_knows_changes_nothing(session: Session, province: Province) -> None:
    calling_out.dialling(session, 99, MONDAY)
    calling_out.ended(session, 99, CallOut.BUSY, MONDAY, now=MONDAY)
    assert session.scalars(select(OutgoingCall)).all() == []
