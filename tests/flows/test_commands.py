"""Commands to a PBX as rows: asked once, taken once, over in seconds, for one's own telephone alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.db import transaction
from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import PbxCommand, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb, Role
from telephony.ami.protocol import headers
from telephony.orders import ACTIONS, NothingToDo, Order, QueueMembership, actions_for, known, lacking
from tests import factories
from tests.factories import MONDAY, Province
from tickets.telephone import phone
from tickets.telephone.handset import Handset

LATER = MONDAY + timedelta(seconds=5)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def asked(session: Session, province: Province, name: str = "lan", **given: Any) -> PbxCommand:
    user = province.people[name]
    values: dict[str, Any] = {
        "pbx": "pbx1",
        "verb": CommandVerb.ANSWER,
        "extension": user.extension,
        "arguments": {"call": "1.0"},
        "actor_id": user.id,
        "actor_name": user.name,
        "now": MONDAY,
    }
    return commands.ask(session, **{**values, **given})


def heard(session: Session, **columns: Any) -> PbxStatus:
    values: dict[str, Any] = {
        "pbx": "pbx1",
        "connected": True,
        "since": MONDAY,
        "seen_at": MONDAY,
        "actions": ["answer", "hang_up"],
    }
    row = PbxStatus(**{**values, **columns})
    session.add(row)
    session.flush()
    return row


def test_who_asked_for_what_and_what_came_of_it_stays(session: Session, province: Province) -> None:
    command = asked(session, province)
    taken = commands.take(session, "pbx1", MONDAY + timedelta(seconds=1))
    assert taken is not None
    commands.finish(session, taken.id, CommandResult.REFUSED, "Not ringing", LATER)
    session.refresh(command)
    assert (command.asked_by, command.verb, command.extension) == ("Nguyễn Thị Lan", "answer", "101")
    assert (command.result, command.answer, command.ended_at) == ("refused", "Not ringing", LATER)
    commands.finish(session, taken.id, CommandResult.DONE, "", LATER)
    session.refresh(command)
    assert command.result == CommandResult.REFUSED


def test_pressed_twice_is_asked_once(session: Session, province: Province) -> None:
    first = asked(session, province)
    assert asked(session, province).id == first.id
    assert asked(session, province, verb=CommandVerb.HANG_UP).id != first.id
    assert asked(session, province, now=LATER).id != first.id


def test_a_command_lives_for_seconds(session: Session, province: Province) -> None:
    command = asked(session, province)
    assert commands.take(session, "pbx1", LATER) is None
    session.refresh(command)
    assert (command.result, command.taken_at) == (CommandResult.EXPIRED, None)


def test_a_command_of_another_pbx_is_left_alone(session: Session, province: Province) -> None:
    asked(session, province)
    assert commands.take(session, "pbx2", MONDAY) is None
    assert commands.take(session, "pbx1", MONDAY) is not None


def test_what_was_taken_when_the_listener_stopped_is_unknown_and_never_taken_again(
    session: Session, province: Province
) -> None:
    command = asked(session, province)
    assert commands.take(session, "pbx1", MONDAY) is not None
    assert commands.take(session, "pbx1", MONDAY) is None
    commands.give_up(session, "pbx1", MONDAY)
    session.refresh(command)
    assert command.result == CommandResult.UNKNOWN


def test_many_takers_take_each_command_once(engine: Engine, session: Session, province: Province) -> None:
    for number in range(20):
        asked(session, province, arguments={"call": f"1.{number}"})
    session.commit()

    def take_all(_: int) -> list[int]:
        taken = []
        while True:
            with transaction(engine) as own:
                command = commands.take(own, "pbx1", MONDAY)
                if command is None:
                    return taken
                taken.append(command.id)

    with ThreadPoolExecutor(4) as threads:
        taken = [number for numbers in threads.map(take_all, range(4)) for number in numbers]
    assert sorted(taken) == sorted(session.scalars(select(PbxCommand.id)))


@pytest.mark.parametrize("extension", ["102", "101\r\nAction: Originate", "", "٣", "1" * 21, "PJSIP/101"])
def test_only_the_own_telephone(session: Session, province: Province, extension: str) -> None:
    with pytest.raises((NotAllowed, ValueError)):
        asked(session, province, extension=extension)


def test_somebody_who_left_asks_for_nothing(session: Session, province: Province) -> None:
    province.people["lan"].active = False
    with pytest.raises(NotAllowed):
        asked(session, province)


NASTY = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["hop\r\nAction: Originate", "x|y", "${SHELL(id)}", "PJSIP/102,1,2", "a,b", "hotline-1022", "an-trua", "\0"]
    ),
)


@given(
    verb=st.sampled_from(list(ACTIONS)),
    extension=st.one_of(NASTY, st.from_regex(r"[0-9]{1,20}", fullmatch=True)),
    arguments=st.dictionaries(st.one_of(st.sampled_from(["call", "queue", "reason"]), NASTY), NASTY, max_size=3),
    inside=st.booleans(),
)
def test_whatever_is_asked_is_plain_actions_on_the_wire(
    verb: CommandVerb, extension: str, arguments: dict[str, str], inside: bool
) -> None:
    places = [QueueMembership("hotline-1022", "PJSIP/101")] if inside else []
    try:
        actions = actions_for(Order(verb, extension, arguments, ["hotline-1022"], places))
    except ValueError:
        return
    for action in actions:
        block = "\r\n".join(f"{name}: {value}" for name, value in action.items())
        assert len(block.splitlines()) == len(action)
        assert set(headers(block.encode())) == set(action)
        assert action["Action"] == ACTIONS[verb]
        if not action["Action"].startswith("Simulated"):
            assert not set('|,$;&\\"') & set("".join(action.values()))


def test_a_real_asterisk_knows_the_queue_s_verbs_and_no_button_of_the_simulated_one() -> None:
    real = {"ping", "status", "queuestatus", "hangup", "queueadd", "queueremove", "queuepause"}
    assert lacking(real) == ["Originate", "BlindTransfer", "PlayDTMF", "CancelAtxfer", "DBPut", "DBDel"]
    of_queues = [CommandVerb.SIGN_IN, CommandVerb.SIGN_OUT, CommandVerb.PAUSE, CommandVerb.RESUME]
    assert known(real) == [*of_queues, CommandVerb.JOIN]
    assert known({"simulatedanswer", "ping"}) == [CommandVerb.ANSWER]


@pytest.mark.parametrize(
    ("family", "key"),
    [("hotline-vip", "0905123456"), ("hotline-block", "0905123456,1"), ("hotline-block", ""), ("", "0905123456")],
)
def test_only_the_hotline_s_own_lists_are_written(family: str, key: str) -> None:
    for verb in (CommandVerb.LIST, CommandVerb.UNLIST):
        with pytest.raises(ValueError, match="cannot be sent"):
            actions_for(Order(verb, "101", {"family": family, "key": key, "val": "1"}, [], []))


QUEUES = ("hotline-1022", "hotline-tra-cuu")
LOCAL = QueueMembership("hotline-1022", "Local/101@agents/n")
FIXED = QueueMembership("hotline-tra-cuu", "PJSIP/101", dynamic=False)


@pytest.mark.parametrize(
    ("verb", "arguments", "places", "expected"),
    [
        (CommandVerb.SIGN_IN, {}, [LOCAL], [{"Queue": "hotline-tra-cuu", "Interface": "PJSIP/101"}]),
        (CommandVerb.SIGN_IN, {"queue": "hotline-1022"}, [], [{"Queue": "hotline-1022", "MemberName": "101"}]),
        (CommandVerb.SIGN_OUT, {}, [LOCAL, FIXED], [{"Queue": "hotline-1022", "Interface": "Local/101@agents/n"}]),
        (CommandVerb.SIGN_OUT, {"queue": "hotline-tra-cuu"}, [LOCAL, FIXED], []),
        (CommandVerb.PAUSE, {"reason": "hop"}, [LOCAL, FIXED], [
            {"Interface": "Local/101@agents/n", "Paused": "true", "Reason": "hop"},
            {"Interface": "PJSIP/101", "Paused": "true", "Reason": "hop"}]),
        (CommandVerb.RESUME, {}, [FIXED], [{"Interface": "PJSIP/101", "Paused": "false"}]),
        (CommandVerb.RESUME, {}, [], []),
    ],
)  # fmt: skip
def test_a_member_is_called_as_the_queue_calls_it(
    verb: CommandVerb, arguments: dict[str, str], places: list[QueueMembership], expected: list[dict[str, str]]
) -> None:
    order = Order(verb, "101", arguments, QUEUES, places)
    if not expected:
        with pytest.raises(NothingToDo):
            actions_for(order)
        return
    actions = actions_for(order)
    assert len(actions) == len(expected)
    for action, wanted in zip(actions, expected, strict=True):
        assert wanted.items() <= action.items()


def test_a_site_says_how_its_telephones_are_called() -> None:
    issabel = ("Local/{extension}@from-queue/n", "hint:{extension}@ext-local")
    (action,) = actions_for(Order(CommandVerb.SIGN_IN, "101", {}, ["600"], [], issabel))
    assert (action["Interface"], action["StateInterface"]) == ("Local/101@from-queue/n", "hint:101@ext-local")


def test_a_call_that_rings_here_is_answered_and_then_hung_up(session: Session, province: Province) -> None:
    heard(session)
    call = factories.call(session)
    lan = province.actor("lan")
    line = phone.lines(Handset(session, lan, MONDAY))[call.id]
    assert (line.verb, line.asked, line.away) == (CommandVerb.ANSWER, False, False)
    command = phone.press(session, lan, call.id, CommandVerb.ANSWER, now=MONDAY)
    assert command.arguments == {"call": call.linkedid}
    assert phone.lines(Handset(session, lan, MONDAY))[call.id].asked
    call.ringing, call.talking, call.answered_at = [], ["101"], MONDAY
    line = phone.lines(Handset(session, lan, MONDAY))[call.id]
    assert (line.verb, line.asked) == (CommandVerb.HANG_UP, False)


@pytest.mark.parametrize(
    ("status", "columns", "verb", "problem"),
    [
        ({"actions": []}, {}, CommandVerb.ANSWER, "phone_not_here"),
        ({"connected": False}, {}, CommandVerb.ANSWER, "phone_away"),
        ({"seen_at": MONDAY - timedelta(minutes=2)}, {}, CommandVerb.ANSWER, "phone_away"),
        ({}, {}, CommandVerb.HANG_UP, "phone_too_late"),
        ({}, {"ringing": ["102"]}, CommandVerb.ANSWER, "phone_too_late"),
        ({}, {"ringing": [], "ended_at": MONDAY}, CommandVerb.ANSWER, "phone_too_late"),
    ],
)
def test_what_cannot_be_done_says_why(
    session: Session, province: Province, status: dict[str, Any], columns: dict[str, Any], verb: CommandVerb,
    problem: str,
) -> None:  # fmt: skip
    heard(session, **status)
    call = factories.call(session, **columns)
    with pytest.raises(Invalid) as refused:
        phone.press(session, province.actor("lan"), call.id, verb, now=MONDAY)
    assert refused.value.problems == {"phone": problem}
    assert session.scalars(select(PbxCommand)).all() == []


def test_only_operators_and_shift_leaders_press(session: Session, province: Province) -> None:
    heard(session)
    call = factories.call(session)
    for name in ("phuc", "thu", "quan"):
        assert province.actor(name).role not in (Role.OPERATOR, Role.SHIFT_LEADER)
        with pytest.raises(NotAllowed):
            phone.press(session, province.actor(name), call.id, CommandVerb.ANSWER, now=MONDAY)
    with pytest.raises(NotFound):
        phone.press(session, province.actor("lan"), call.id + 1, CommandVerb.ANSWER, now=MONDAY)


@pytest.mark.parametrize(
    ("columns", "seconds", "expected"),
    [
        ({}, 1, (True, None)),
        ({}, 6, (False, CommandResult.EXPIRED)),
        ({"taken_at": MONDAY}, 6, (False, CommandResult.UNKNOWN)),
        ({"result": "done", "ended_at": MONDAY}, 1, (True, None)),
        ({"result": "done", "ended_at": MONDAY}, 6, (False, None)),
        ({"result": "refused", "ended_at": MONDAY}, 1, (False, CommandResult.REFUSED)),
    ],
)
def test_what_the_page_says_of_a_command(columns: dict[str, Any], seconds: float, expected: object) -> None:
    command = PbxCommand(expires_at=MONDAY + timedelta(seconds=5), **columns)
    assert phone.what_became(command, MONDAY + timedelta(seconds=seconds)) == expected
