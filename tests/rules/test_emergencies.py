"""Where an emergency stands, what helps then, and how it may end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.vocab import CommandResult as R
from callcenter.vocab import CommandVerb as V
from callcenter.vocab import EmergencyEnd, EmergencyService, Third
from telephony.orders import Order, actions_for
from tickets.rules import emergency_rules as rules
from tickets.rules.emergency_rules import EmergencySituation, EmergencyStage, EmergencyStep

CONSULTED = {"verb": V.CONSULT, "result": R.DONE}


@pytest.mark.parametrize(
    ("known", "stage"),
    [
        ({"live": False, **CONSULTED}, EmergencyStage.CALLER_GONE),
        ({"number": ""}, EmergencyStage.NO_NUMBER),
        ({}, EmergencyStage.BY_HAND),
        ({"verb": V.CONSULT}, EmergencyStage.ASKING),
        ({"verb": V.CONSULT, "result": R.REFUSED}, EmergencyStage.BY_HAND),
        ({"verb": V.CONSULT, "result": R.UNKNOWN}, EmergencyStage.BY_HAND),
        (CONSULTED, EmergencyStage.DIALLING),
        # Done just now: that the caller is held comes a moment later.
        ({**CONSULTED, "with_caller": True, "fresh": True}, EmergencyStage.DIALLING),
        # Busy, or no answer: the PBX gave the caller back.
        ({**CONSULTED, "with_caller": True}, EmergencyStage.BACK),
        ({"verb": V.BACK, "result": R.DONE}, EmergencyStage.BACK),
        ({"verb": V.BACK, "result": R.REFUSED}, EmergencyStage.BY_HAND),
        ({**CONSULTED, "third": Third.ANSWERED}, EmergencyStage.SPEAKING),
        # Dialled with the telephone's own keys: what the PBX shows is stronger than what was asked.
        ({"third": Third.ANSWERED}, EmergencyStage.SPEAKING),
        ({"verb": V.JOIN, "result": R.DONE}, EmergencyStage.DIALLING),
        ({"verb": V.JOIN, "result": R.DONE, "third": Third.WITH_CALLER}, EmergencyStage.PASSED),
        ({"number": "", "third": Third.WITH_CALLER}, EmergencyStage.PASSED),
    ],
)
def test_where_it_stands(known: dict[str, Any], stage: EmergencyStage) -> None:
    assert rules.stage(EmergencySituation(**{"number": "115", "live": True, **known})) is stage


def test_who_is_spoken_with_can_be_joined_and_who_only_rings_cannot() -> None:
    assert EmergencyStep.JOIN in rules.steps(EmergencyStage.SPEAKING)
    assert EmergencyStep.JOIN not in rules.steps(EmergencyStage.DIALLING)
    assert all(isinstance(step, EmergencyStep) for stage in EmergencyStage for step in rules.steps(stage))
    assert rules.steps(EmergencyStage.CALLER_GONE) == (EmergencyStep.CALL_SERVICE, EmergencyStep.CALL_CALLER)


@pytest.mark.parametrize(
    ("number", "third", "dialled", "talking", "over"),
    [
        ("115", Third.WITH_CALLER, "115", [], True),
        ("115", Third.ANSWERED, "115", [], False),
        ("115", None, "115", ["101"], False),
        ("115", Third.WITH_CALLER, "02733871234", [], False),
        # The service's desk is a telephone of this PBX.
        ("150", None, "150", ["150"], True),
        ("150", Third.ANSWERED, "150", ["101"], False),
        ("", Third.WITH_CALLER, "", [], False),
    ],
)
def test_the_pbx_alone_says_that_it_is_over(
    number: str, third: Third | None, dialled: str, talking: list[str], over: bool
) -> None:
    assert rules.is_over(number, third, dialled, talking) is over


@pytest.mark.parametrize(
    ("end", "note", "problems"),
    [
        (EmergencyEnd.TOLD_TO_DIAL, "", {}),
        (EmergencyEnd.RELAYED, "", {}),
        (EmergencyEnd.CALLER_GONE, " ", {"note": "required"}),
        (EmergencyEnd.CALLER_GONE, "đã gọi 115 và công an xã", {}),
        (EmergencyEnd.OTHER_LINE, "", {"note": "required"}),
        (EmergencyEnd.NO_EMERGENCY, "", {}),
        # The PBX's own end is no person's to record.
        (EmergencyEnd.ANSWERED, "thật mà", {"ended": "unknown_choice"}),
    ],
)
def test_what_a_person_may_say(end: EmergencyEnd, note: str, problems: dict[str, str]) -> None:
    assert rules.problem_of(end, note) == problems


def test_a_number_is_what_was_entered_or_the_service_s_own() -> None:
    entered = {EmergencyService.POLICE: "02733872233", EmergencyService.CHILDREN: ""}
    assert rules.number_of(EmergencyService.POLICE, entered) == "02733872233"
    assert rules.number_of(EmergencyService.AMBULANCE, entered) == "115"
    assert rules.number_of(EmergencyService.CHILDREN, entered) == ""


@given(number=st.one_of(st.from_regex(rules.NUMBER, fullmatch=True), st.text(max_size=20)))
def test_every_number_that_may_be_entered_is_dialled_as_it_is_and_no_other_is(number: str) -> None:
    """What the administrator's form lets through becomes digits on the wire, key by key; anything else nothing."""
    given = {"call": "1.0", "to": number}
    order = Order(V.CONSULT, "101", given, channel="PJSIP/101-0000002c")
    if rules.NUMBER.fullmatch(number):
        assert "".join(action["Digit"] for action in actions_for(order)) == f"*2{number}"
        assert number.isascii()
        assert number.isdigit()
    try:
        (action,) = actions_for(Order(V.CALL, "101", {"number": number, "call": "7"}))
    except ValueError:
        assert not rules.may_be_called(number)
        return
    assert action["Exten"] == number
    assert number.isascii()
    assert number.isdigit()


@pytest.mark.parametrize("number", ["115", "111", "02733872233", "18001567"])
def test_the_usual_ones_can_be_called_from_an_operator_s_telephone(number: str) -> None:
    assert rules.may_be_called(number)
    assert actions_for(Order(V.CALL, "101", {"number": number, "call": "7"}))


@pytest.mark.parametrize("number", ["11", "115\r\n", "115\n", "٣٣٣", "1 15", "115,1", "${EXTEN}", "9115", "115" * 6])
def test_others_cannot(number: str) -> None:
    assert not rules.may_be_called(number)
    if number != "9115":
        assert not rules.NUMBER.fullmatch(number)
