"""Transfers from the console: targets, when one is possible, and the commands to the PBX."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import Call, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb
from telephony.orders import NothingToDo, Order, actions_for, end_of, pause_after
from tests import factories
from tests.factories import MONDAY, Province
from tickets.telephone import transfers
from tickets.telephone.calling_out import Allowed
from tickets.telephone.handset import Handset

VERBS = ("transfer", "consult", "join", "back")
HOME = Allowed()
MINE = "PJSIP/101-0000002c"


@pytest.fixture
def province(session: Session) -> Province:
    seen = MONDAY + timedelta(minutes=1)
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=seen, actions=list(VERBS)))
    members = [{"extension": "102", "name": "102", "paused": False, "status": 1}]
    session.add(PbxQueue(pbx="pbx1", name="hotline-1022", members=members, seen_at=MONDAY))
    province = factories.province(session)
    province.agencies["water"].phone = "0273 387 1234"
    province.agencies["power"].phone = "1900 545454"
    return province


@pytest.fixture
def call(session: Session) -> Call:
    return factories.call(session, ringing=[], talking=["101"], operators=["101"], answered_at=MONDAY)


def ask(
    session: Session, province: Province, call: Call, verb: CommandVerb, to: str = "", now: datetime = MONDAY
) -> PbxCommand:
    return transfers.ask(session, province.actor("lan"), call.id, verb, to, HOME, now=now)


def test_to_the_team_the_free_first_and_to_agencies_that_may_be_called(session: Session, province: Province) -> None:
    found = transfers.targets(session, province.actor("lan"), HOME)
    assert [seat.extension for seat in found.team] == ["102", "103"]
    assert found.agencies == [("Công ty Cấp nước Tiền Giang", "02733871234")]
    assert len(transfers.targets(session, province.actor("lan"), Allowed(premium=True)).agencies) == 2


def test_passed_on_at_once(session: Session, province: Province, call: Call) -> None:
    command = ask(session, province, call, CommandVerb.TRANSFER, "102")
    assert command.arguments == {"call": call.linkedid, "to": "102"}
    assert ask(session, province, call, CommandVerb.TRANSFER, "102").id == command.id


@pytest.mark.parametrize("to", ["", "101", "999", "1900545454", "102,1\r\nAction: Originate", "PJSIP/102", "${EXTEN}"])
def test_only_to_somebody_of_the_list(session: Session, province: Province, call: Call, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(session, province, call, CommandVerb.TRANSFER, to)
    assert refused.value.problems == {"phone": "transfer_to_whom"}
    assert session.scalars(select(PbxCommand)).all() == []


@pytest.mark.parametrize("state", ["ringing", "talking"])
def test_a_caller_is_not_sent_to_a_line_that_is_engaged(
    session: Session, province: Province, call: Call, state: str
) -> None:
    columns = {"ringing": [], "answered_at": MONDAY, state: ["102"]}
    factories.call(session, caller="+84905999999", rang=["102"], **columns)
    with pytest.raises(Invalid) as refused:
        ask(session, province, call, CommandVerb.TRANSFER, "102")
    assert refused.value.problems == {"phone": "colleague_engaged"}
    # Asking first leads back to the caller.
    assert ask(session, province, call, CommandVerb.CONSULT, "102").arguments["to"] == "102"


@pytest.mark.parametrize("columns", [{"talking": ["102"]}, {"talking": [], "ringing": ["101"]}, {"ended_at": MONDAY}])
def test_only_a_call_that_one_talks_with(
    session: Session, province: Province, call: Call, columns: dict[str, Any]
) -> None:
    for name, value in columns.items():
        setattr(call, name, value)
    with pytest.raises(Invalid):
        ask(session, province, call, CommandVerb.TRANSFER, "102")


def test_others_pass_nothing_on(session: Session, province: Province, call: Call) -> None:
    with pytest.raises(NotAllowed):
        transfers.ask(session, province.actor("thu"), call.id, CommandVerb.TRANSFER, "102", HOME, now=MONDAY)
    with pytest.raises(NotFound):
        transfers.ask(session, province.actor("lan"), call.id + 1, CommandVerb.TRANSFER, "102", HOME, now=MONDAY)


def test_who_asks_first_joins_them_or_comes_back(session: Session, province: Province, call: Call) -> None:
    """The states are those of a recorded consultation: held, then alone, then the consulted party with the caller."""
    lan = province.actor("lan")
    asked = ask(session, province, call, CommandVerb.CONSULT, "103")
    call.holding = ["101"]
    # Held, but the PBX has not shown a consultation.
    assert transfers.consultation(Handset(session, lan, MONDAY)) is None
    assert transfers.can(Handset(session, lan, MONDAY), call) == frozenset()
    commands.finish(session, asked.id, CommandResult.DONE, "", MONDAY)
    session.expire_all()
    for talking, holding in ((["101"], ["101"]), ([], []), (["103"], [])):
        call.talking, call.holding = talking, holding
        session.flush()
        asking = transfers.consultation(Handset(session, lan, MONDAY))
        assert asking is not None
        assert (asking.call_id, asking.to) == (call.id, "103")
        assert transfers.returned_from(Handset(session, lan, MONDAY + timedelta(seconds=5))) is None
    joined = ask(session, province, call, CommandVerb.JOIN)
    assert joined.arguments == {"call": call.linkedid}
    assert transfers.consultation(Handset(session, lan, MONDAY)) is None


def test_who_was_asked_refuses_and_the_operator_is_back_with_the_caller(
    session: Session, province: Province, call: Call
) -> None:
    asked = ask(session, province, call, CommandVerb.CONSULT, "103")
    commands.finish(session, asked.id, CommandResult.DONE, "", MONDAY)
    session.expire_all()
    lan = province.actor("lan")
    assert transfers.consultation(Handset(session, lan, MONDAY)) is None
    assert transfers.can(Handset(session, lan, MONDAY), call) == {"transfer", "consult"}
    # Not before the PBX would have shown that it began, and not for ever.
    told = {second: transfers.returned_from(Handset(session, lan, MONDAY + timedelta(seconds=second)))
            for second in (0, 3, 60, 61)}  # fmt: skip
    assert told == {0: None, 3: "103", 60: "103", 61: None}
    call.talking, call.ended_at = [], MONDAY
    assert transfers.consultation(Handset(session, lan, MONDAY)) is None


def test_a_call_held_by_the_telephone_s_own_key_cannot_be_lost_by_a_button(
    session: Session, province: Province, call: Call
) -> None:
    call.holding = ["101"]
    with pytest.raises(Invalid):
        ask(session, province, call, CommandVerb.JOIN)


def order(verb: CommandVerb, **given: Any) -> Order:
    values: dict[str, Any] = {"arguments": {"call": "1.0", "to": "102"}, "channel": MINE}
    return Order(verb, "101", **{**values, **given})


def test_the_actions_of_each_verb() -> None:
    assert actions_for(order(CommandVerb.TRANSFER)) == [
        {"Action": "BlindTransfer", "Channel": MINE, "Context": "from-agents", "Exten": "102"}
    ]
    keys = actions_for(order(CommandVerb.CONSULT))
    assert "".join(action["Digit"] for action in keys) == "*2102"
    assert {(action["Action"], action["Channel"], action["Receive"]) for action in keys} == {("PlayDTMF", MINE, "true")}
    pauses = [pause_after(action, keys[:place], "*2") for place, action in enumerate(keys)]
    assert pauses[1] > pauses[0] == pauses[2] > 0
    assert actions_for(order(CommandVerb.JOIN)) == [{"Action": "Hangup", "Channel": MINE, "Cause": "16"}]
    assert actions_for(order(CommandVerb.BACK)) == [{"Action": "CancelAtxfer", "Channel": MINE}]
    with pytest.raises(NothingToDo):
        actions_for(order(CommandVerb.TRANSFER, channel=""))


@given(to=st.text(max_size=20), channel=st.text(max_size=30), context=st.text(max_size=20))
def test_neither_target_nor_channel_nor_context_can_be_anything_else(to: str, channel: str, context: str) -> None:
    try:
        (action,) = actions_for(
            order(CommandVerb.TRANSFER, arguments={"call": "1.0", "to": to}, channel=channel, context=context)
        )
    except ValueError:
        return
    assert action["Exten"].isascii()
    assert action["Exten"].isdigit()
    assert not set("\r\n,|$ ") & set("".join(action.values()))


def test_one_s_own_end_of_the_call_is_found_among_all_channels() -> None:
    rows = [
        {"Channel": "PJSIP/trunk-00000001", "Linkedid": "1.0", "BridgeId": "b"},
        {"Channel": "Local/101@agents-00000001;2", "Linkedid": "1.0", "BridgeId": "b"},
        {"Channel": "PJSIP/101-00000009", "Linkedid": "9.0", "BridgeId": "c"},
        {"Channel": "PJSIP/101-0000000a", "Linkedid": "1.0", "BridgeId": ""},
        {"Channel": MINE, "Linkedid": "1.0", "BridgeId": "b"},
    ]
    assert end_of(rows, "101", "1.0") == MINE
    assert end_of(rows, "102", "1.0") == ""
    assert end_of([], "101", "1.0") == ""
