"""The simulated PBX against recordings of the real Asterisk, event by event: names, order, headers, what they say.

Not compared: numbers, names, moments, and where an operator's channel closes beside the caller's: Asterisk writes
BridgeLeave and Hangup of the two in either order.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.demo.reports import REPORTS
from scripts.demo.simulated import call as simulated_call
from scripts.demo.simulated.ami import Channel
from scripts.demo.simulated.callers import LOCAL, Fate, Plan, busyness, gap_s
from scripts.demo.simulated.phone import ANSWER, HANG_UP, ConsolePhone
from scripts.demo.simulated.queue import WaitingLine
from scripts.demo.simulated.speech import GOODBYE, speech
from scripts.demo.simulator import Simulation
from telephony.ami.protocol import AmiProtocol
from telephony.ami.protocol import Headers as Heard
from tests.wire.test_recordings import Player

FOLDER = Path(__file__).with_name("recordings")
SERVED = Plan("0900000001", "", Fate.SERVED, patience_s=2, talk_s=4, operator_ends=False, key=None)
# As the recordings were made: a number with the menu, or one without.
KINDS = {
    "answered": replace(SERVED, key="0"),
    "menu_without_key": replace(SERVED, key=""),
    "operator_hangs_up": replace(SERVED, operator_ends=True),
    "ring_no_answer": replace(SERVED, luck=(1.0, 0.0)),
    "blind": replace(SERVED, fate=Fate.TRANSFERRED),
    "abandoned_in_prompt": replace(SERVED, fate=Fate.LEAVES_IN_PROMPT),
    "abandoned_soon": replace(SERVED, fate=Fate.GIVES_UP),
    "timeout_message": replace(SERVED, fate=Fate.VOICEMAIL),
    "callback": replace(SERVED, fate=Fate.CALLBACK, key="0"),
    "private": replace(SERVED, fate=Fate.WITHHELD),
}
OF_A_LEG_S_END = {"BridgeLeave", "Hangup"}
SAME = {
    "Privilege", "ChannelState", "ChannelStateDesc", "CallerIDName", "Language", "AccountCode", "Context", "Priority",
    "ChanVariable", "UserEvent", "Stage", "Choice", "By", "Pres", "Trunk", "Position", "OriginalPosition", "Count",
    "DialStatus", "Cause", "Cause-txt", "Reason", "BridgeType", "BridgeTechnology", "BridgeNumChannels", "Result",
    "IsExternal", "Mailbox", "Waiting", "DestContext", "DestPriority",
}  # fmt: skip
MAY_RING_ALREADY = {"AgentCalled", "DialBegin"}
# Whether the caller has left the queue's dialplan when a transfer's AgentComplete is written is a race in Asterisk.
ON_THE_WAY = {"Context", "Priority"}

# So is whether a consulted colleague rings before the operator has left for them.
OF_ASKING = OF_A_LEG_S_END | {"DialBegin"}

Event = list[tuple[str, str]]
Newcomer = Callable[[Simulation, asyncio.StreamWriter], Awaitable[None]]


def _events(stream: bytes) -> list[Event]:
    """Every event of a call, with its headers in their order."""
    blocks = stream.decode().replace("\r\n", "\n").split("\n\n")
    events = [[(line.partition(": ")[0], line.partition(": ")[2]) for line in block.splitlines()] for block in blocks]
    told = [event for event in events if event and event[0][0] == "Event" and _actor(event)]
    # What a caller says is of the simulated PBX alone: on a real one a person listens.
    return [event for event in told if dict(event).get("UserEvent") != "SimulatedSpeech"]


def _actor(event: Event) -> str:
    """Whose event it is: the trunk's, or that of an operator, counted by the order in which they appear."""
    values = dict(event)
    channel = values.get("Channel") or values.get("TransfererChannel", "")
    return "caller" if channel.startswith("PJSIP/trunk") else channel


def _legs(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(_actor(event) for event in events if _actor(event) != "caller"))


def _threads(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The order that must hold: on each channel, and between channels for all but the end of a leg."""
    for actor in ["caller", *_legs(events)]:
        yield [event for event in events if _actor(event) == actor]
    races = OF_ASKING if any(leg.startswith("Local/") for leg in _legs(events)) else OF_A_LEG_S_END
    yield [event for event in events if _actor(event) == "caller" or event[0][1] not in races]


@pytest.fixture(autouse=True)
def _nothing_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newcomer's telephone is free again soon after a talk."""
    monkeypatch.setattr(simulated_call, "WRAP_UP_S", 1.0)


async def _play(plan: Plan, newcomer: Newcomer | None = None, asked: str = "") -> bytes:
    """One call in a hurry, yet so that a busy machine does not spend its patience; heard until it is over.

    With `newcomer` a person sits at the console's telephone, 121; `asked` are actions that were sent before.
    """
    pbx = Simulation(["121", "122"], seed=1, speed=40, user="u", secret="s")
    pbx.newcomer = "121" if newcomer else "-"
    pbx.phone.digit_s = 0.05
    server = await asyncio.start_server(pbx.ami.client, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n")
    await asyncio.wait_for(pbx.ami.heard.wait(), 5)
    writer.write(f"{asked}Action: Ping\r\n\r\n".encode())
    before = await asyncio.wait_for(reader.readuntil(b"Pong"), 5)
    person = asyncio.create_task(newcomer(pbx, writer)) if newcomer else None
    await pbx.citizen(plan)
    if person:
        await asyncio.wait_for(person, 5)
    await asyncio.wait_for(_all_free(pbx), 10)
    writer.write(b"Action: Logoff\r\n\r\n")
    heard = before + await asyncio.wait_for(reader.read(), 5)
    writer.close()
    server.close()
    await server.wait_closed()
    assert not pbx.live
    assert sorted(pbx.free) == ["121", "122"]
    assert not pbx.waiting
    return heard


async def _all_free(pbx: Simulation) -> None:
    while len(pbx.free) < 2:
        await asyncio.sleep(0.01)


async def _press(pbx: Simulation, writer: asyncio.StreamWriter, action: str) -> None:
    """As soon as the telephone rings, or talks."""
    while not (pbx.phone.ringing if action == ANSWER else pbx.phone.talking):
        await asyncio.sleep(0.001)
    writer.write(f"Action: {action}\r\nExtension: 121\r\n\r\n".encode())


async def _answers(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _press(pbx, writer, ANSWER)


async def _answers_and_hangs_up(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _press(pbx, writer, ANSWER)
    await _press(pbx, writer, HANG_UP)


async def _looks_on(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    pass


async def _at_the_channel(pbx: Simulation, writer: asyncio.StreamWriter, action: str, **given: str) -> None:
    channel = next(one for one in pbx.live.values() if one.name.startswith("PJSIP/121-"))
    lines = {"Action": action, "Channel": channel.name, **given}
    writer.write(("".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode())


async def _asks(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    """The keys of the console: the caller is held, 122 is called."""
    await _press(pbx, writer, ANSWER)
    while not pbx.phone.talking:
        await asyncio.sleep(0.001)
    for key in "*2122":
        await _at_the_channel(pbx, writer, "PlayDTMF", Digit=key)


async def _until(pbx: Simulation, shows: Callable[[Channel], bool]) -> None:
    while not any(one.name.startswith("PJSIP/122-") and shows(one) for one in pbx.live.values()):
        await asyncio.sleep(0.001)


async def _is_answered(pbx: Simulation) -> None:
    await _until(pbx, lambda channel: bool(channel.bridge) and pbx.phone.asking)


async def _rings(pbx: Simulation) -> None:
    await _until(pbx, lambda channel: channel.state == 5 and pbx.phone.asking)


async def _hangs_up(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    while pbx.phone.asking:
        await asyncio.sleep(0.001)
    await _press(pbx, writer, HANG_UP)


async def _asks_and_puts_through(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _asks(pbx, writer)
    await _is_answered(pbx)
    await _at_the_channel(pbx, writer, "Hangup", Cause="16")


async def _asks_and_leaves(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _asks(pbx, writer)
    await _rings(pbx)
    await _at_the_channel(pbx, writer, "Hangup", Cause="16")


async def _asks_and_comes_back(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _asks(pbx, writer)
    await _is_answered(pbx)
    await _at_the_channel(pbx, writer, "CancelAtxfer")
    await _hangs_up(pbx, writer)


async def _asks_in_vain(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _asks(pbx, writer)
    await _rings(pbx)
    await _at_the_channel(pbx, writer, "CancelAtxfer")
    await _hangs_up(pbx, writer)


async def _asks_somebody_busy(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    pbx.free.remove("122")
    await _asks(pbx, writer)
    while not pbx.phone.asking:
        await asyncio.sleep(0.001)
    await _hangs_up(pbx, writer)
    pbx.free.append("122")


async def _passes_on(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    await _press(pbx, writer, ANSWER)
    while not pbx.phone.talking:
        await asyncio.sleep(0.001)
    await _at_the_channel(pbx, writer, "BlindTransfer", Context="from-agents", Exten="122")


async def _passes_on_to_somebody_busy(pbx: Simulation, writer: asyncio.StreamWriter) -> None:
    pbx.free.remove("122")
    await _passes_on(pbx, writer)
    while pbx.live:
        await asyncio.sleep(0.001)
    pbx.free.append("122")


@pytest.mark.parametrize("kind", KINDS)
def test_the_simulated_call_is_told_as_the_real_one(kind: str) -> None:
    _same(asyncio.run(_play(KINDS[kind])), kind)


@pytest.mark.parametrize(
    ("kind", "plan", "newcomer"),
    [
        ("answered", KINDS["answered"], _answers),
        ("operator_hangs_up", SERVED, _answers_and_hangs_up),
        ("ring_no_answer", SERVED, _looks_on),
        # A caller that would have given up, or waited in vain, talks to a person that answers.
        ("operator_hangs_up", replace(SERVED, fate=Fate.GIVES_UP, patience_s=10), _answers_and_hangs_up),
        ("operator_hangs_up", replace(SERVED, fate=Fate.VOICEMAIL), _answers_and_hangs_up),
        ("abandoned_soon", KINDS["abandoned_soon"], _looks_on),
        ("blind", SERVED, _passes_on),
        ("blind_refused", SERVED, _passes_on_to_somebody_busy),
        ("attended_by_keys", SERVED, _asks_and_puts_through),
        ("asked_and_left", SERVED, _asks_and_leaves),
        ("asked_and_back", SERVED, _asks_and_comes_back),
        ("asked_in_vain", SERVED, _asks_in_vain),
        ("asked_and_refused", SERVED, _asks_somebody_busy),
    ],
)
def test_a_person_at_the_console_is_told_as_a_real_telephone(kind: str, plan: Plan, newcomer: Newcomer) -> None:
    _same(asyncio.run(_play(plan, newcomer)), kind)


@pytest.mark.parametrize("number", ["+84900000001", "0900000001", "84900000001", "0084900000001"])
def test_a_number_on_the_list_is_kept_out_as_by_the_real_dialplan(number: str) -> None:
    put = "Action: DBPut\r\nFamily: hotline-block\r\nKey: 0900000001\r\nVal: 1\r\n\r\n"
    taken_off = "Action: DBDel\r\nFamily: hotline-block\r\nKey: 0900000001\r\n\r\n"
    plan = replace(SERVED, number=number)
    _same(asyncio.run(_play(plan, asked=put)), "blocked")
    assert b"HotlineBlocked" not in asyncio.run(_play(plan, asked=put + taken_off))


def test_who_was_lowered_waits_behind_all_others() -> None:
    line = WaitingLine()
    line.join("low", -1)
    assert line.is_served("low")
    line.join("first", 0)
    line.join("second", 0)
    assert [line.place(call) for call in ("first", "second", "low")] == [1, 2, 3]
    assert [line.is_served(call) for call in ("first", "second", "low")] == [True, True, False]
    line.leave("first")
    line.leave("second")
    assert (line.place("low"), line.is_served("low"), len(line)) == (1, True, 1)


def test_the_caller_tells_the_person_who_answered_a_report() -> None:
    stream = asyncio.run(_play(SERVED, _answers)).decode()
    said = [line[6:] for line in stream.splitlines() if line.startswith("Text: ")]
    assert said == [*(line.text for line in speech(SERVED.number, SERVED.name)), GOODBYE]
    assert any(report.text in said for report in REPORTS)
    assert not [line for line in asyncio.run(_play(SERVED)).decode().splitlines() if line.startswith("Text: ")]


def test_what_is_pressed_at_the_wrong_moment_is_refused_with_a_reason() -> None:
    async def go() -> None:
        phone = ConsolePhone("101")

        def press(action: str, extension: str, call: str) -> str:
            return phone.do(action, {"extension": extension, "call": call}).problem

        assert press(ANSWER, "101", "") == "Not ringing"
        ringing = asyncio.create_task(phone.ring("1.0", 5))
        await asyncio.sleep(0)
        assert press(ANSWER, "102", "1.0") == "No telephone 102 at the console"
        assert press(ANSWER, "101", "2.0") == "Not ringing"
        assert press(HANG_UP, "101", "1.0") == "No such talk"
        assert phone.do("PlayDTMF", {"channel": "PJSIP/101-1", "digit": "*"}).problem == "Channel not found"
        assert not ringing.done()
        assert press(ANSWER, "101", "1.0") == ""
        assert await ringing is True
        assert await phone.talk("1.0", 0.01) is None

    asyncio.run(go())


def _same(stream: bytes, kind: str) -> None:
    simulated = _events(stream)
    recorded = _events((FOLDER / f"{kind}.ami").read_bytes())
    assert len(_legs(simulated)) == len(_legs(recorded))
    for ours, theirs in zip(_threads(simulated), _threads(recorded), strict=True):
        assert [_name(event) for event in ours] == [_name(event) for event in theirs]
        for our, their in zip(ours, theirs, strict=True):
            assert _headers(our) == _headers(their)
            assert _said(our) == _said(their)
    # And the fold makes the same call of it: ways from bridge to bridge are in numbers, which differ.
    ours, theirs = (_folded(one) for one in (stream, (FOLDER / f"{kind}.ami").read_bytes()))
    assert ours == theirs


def _folded(stream: bytes) -> list[Any]:
    player = Player()
    player.play(stream, len(stream))
    told = ("outcome", "stage", "operators", "rang", "transfers", "lost_in_transfer", "hung_up_by")
    return [[row[name] for name in told] for row in player.rows.values()]


def _name(event: Event) -> str:
    values = dict(event)
    return f"{values['Event']} {values.get('UserEvent', '')}".strip()


def _headers(event: Event) -> list[str]:
    """At a transfer's AgentComplete Asterisk may have forgotten the operator's channel, or not."""
    forgotten = "Dest" if dict(event).get("Reason") == "transfer" else " "
    return [name for name, _ in event if not name.startswith(forgotten)]


def _said(event: Event) -> dict[str, Any]:
    values = {name: value for name, value in event if name in SAME}
    if event[0][1] == "AgentComplete" and values.get("Reason") == "transfer":
        values = {name: value for name, value in values.items() if name not in ON_THE_WAY and "Dest" not in name}
    elif event[0][1] not in MAY_RING_ALREADY:
        values |= {name: value for name, value in event if name == "DestChannelState"}
    return {"Event": event[0][1], **values}


def test_a_changed_event_would_be_seen() -> None:
    """The comparison itself: an order, a header and a word that differ are each found."""
    events = _events((FOLDER / "answered.ami").read_bytes())
    swapped = [events[1], events[0], *events[2:]]
    assert [list(map(_name, thread)) for thread in _threads(swapped)] != [
        list(map(_name, thread)) for thread in _threads(events)
    ]
    hangup = next(event for event in events if event[0][1] == "Hangup")
    assert _said([(name, "17" if name == "Cause" else value) for name, value in hangup]) != _said(hangup)


def test_the_listener_takes_every_event_as_genuine() -> None:
    heard: list[Heard] = []
    protocol = AmiProtocol(heard.append, lambda why: None)
    stream = asyncio.run(_play(replace(SERVED, number="+84905123456", name="Nguyễn Thị Mỹ Hạnh")))
    protocol.feed(stream)
    # The second word of a hang-up that was heard already is dropped by name.
    sent = [event for event in _events(stream) if event[0][1] != "SoftHangupRequest"]
    assert [event["Event"] for event in heard if "Channel" in event] == [event[0][1] for event in sent]


def test_a_broken_line_calls_again_with_the_same_number() -> None:
    stream = asyncio.run(_play(replace(SERVED, fate=Fate.REDIALS)))
    starts = [dict(event)["Number"] for event in _events(stream) if dict(event).get("UserEvent") == "HotlineStart"]
    assert starts == ["0900000001", "0900000001"]


def test_the_same_seed_brings_the_same_callers_in_many_forms() -> None:
    plans = [Plan.make(7, serial) for serial in range(400)]
    assert plans == [Plan.make(7, serial) for serial in range(400)]
    assert {plan.fate for plan in plans} == set(Fate)
    for prefix in ("0", "+84", "84", "0084"):
        assert any(plan.number.startswith(prefix) for plan in plans)
    assert {plan.key for plan in plans} == {"0", "", "5", "9", None}
    assert len({plan.name for plan in plans}) > 20


def test_the_day_has_two_peaks_and_the_night_still_rings() -> None:
    def at(hour: int, minute: int = 30) -> datetime:
        return datetime(2026, 11, 23, hour, minute, tzinfo=LOCAL)

    assert busyness(at(9)) == 1
    assert busyness(at(14)) > busyness(at(12)) < busyness(at(10))
    assert busyness(at(2)) < 0.05
    by_day, by_night = (sum(gap_s(random.Random(f"{n}"), at(hour), 120) for n in range(500)) / 500 for hour in (9, 2))
    assert 26 < by_day < 34
    assert by_night < 4 * by_day
