"""Every happening in every phase: the machine is total, says what it changed, and can be written down."""

import itertools
import json
from datetime import timedelta

import pytest

from callcenter.vocab import Outcome, Phase
from telephony.callflow import Calls, columns, from_json, resync, step, to_json
from telephony.events import Happening, Kind
from tests.rules.test_callflow import CALLER_ENDS, ENTER, QUEUE, TALK
from tests.rules.trace import RULES, START, Played, play

TABLES = {
    Phase.ENTERED: ENTER,
    Phase.QUEUED: ENTER + "1.0 QueueCallerJoin caller Queue=hotline Context=q",
    Phase.RINGING: QUEUE,
    Phase.TALKING: TALK,
    Phase.ENDED: TALK + CALLER_ENDS,
}
LATER = START + timedelta(minutes=1)


def _variants(played: Played, kind: Kind) -> list[Happening]:
    """The same happening of the caller, of the operator, of a stranger, of no channel; with and without its words."""
    caller, operator = played.ids["caller"], played.ids.get("101", "7.7")
    return [
        Happening(kind, LATER),
        Happening(kind, LATER, "9.9", "9.9", "PJSIP/109-00000009", "9.8", "PJSIP/108-00000008", "9.7", "word"),
        Happening(kind, LATER, caller, caller, "PJSIP/trunk-00000000", word="queue", queue="hotline", bridge="b9"),
        Happening(kind, LATER, caller, caller, "PJSIP/trunk-00000000", operator, "PJSIP/101-00000001", word="101"),
        Happening(kind, LATER, operator, caller, "PJSIP/101-00000001", bridge="b9", word="102", other=caller),
        Happening(kind, LATER, operator, caller, "Local/101@agents-00000001;1", caller, "", caller, caller),
    ]


@pytest.mark.parametrize(("phase", "kind"), list(itertools.product(Phase, Kind)))
def test_total(phase: Phase, kind: Kind) -> None:
    for number in range(6):
        played = play(TABLES[phase])
        calls = played.calls
        call = calls.by_id[played.ids["caller"]]
        assert call.phase == phase
        before = {linkedid: columns(call) for linkedid, call in calls.by_id.items()}
        changed = step(calls, _variants(played, kind)[number])
        for linkedid, known in before.items():
            if linkedid in calls.by_id and columns(calls.by_id[linkedid]) != known:
                assert linkedid in changed
        for call in calls.by_id.values():
            assert from_json(json.loads(json.dumps(to_json(call)))) == call


@pytest.mark.parametrize("kind", list(Kind))
def test_an_ended_call_keeps_its_outcome(kind: Kind) -> None:
    for number in range(6):
        played = play(TABLES[Phase.ENDED])
        step(played.calls, _variants(played, kind)[number])
        row = played.row()
        assert row["outcome"] == Outcome.ANSWERED
        assert (row["operators"], row["talk_s"]) == (["101"], 5.0)


def _row(uniqueid: str, channel: str, linkedid: str, **more: str) -> dict[str, str]:
    return {"Uniqueid": uniqueid, "Linkedid": linkedid, "Channel": channel, **more}


def test_resync_picks_up_calls_that_were_not_heard_beginning() -> None:
    calls = Calls(RULES)
    rows = [
        _row("1.0", "PJSIP/trunk-00000000", "1.0", DNID="1022", Seconds="60", CallerIDNum="0905123456", BridgeID="b1",
             Application="Queue", Data="hotline,tT"),
        _row("1.1", "PJSIP/101-00000001", "1.0", BridgeID="b1", ChannelState="6"),
        _row("2.0", "PJSIP/trunk-00000002", "2.0", DNID="02731022", Seconds="30", Application="Queue",
             Data="hotline,tT", Queue="hotline", Wait="20", CallerIDNum="0905123457"),
        _row("2.1", "PJSIP/102-00000003", "2.0", ChannelState="5"),
        _row("3.0", "PJSIP/104-00000004", "3.0", DNID="1022", Application="Queue"),
        _row("4.0", "PJSIP/trunk-00000005", "4.0", DNID="", Application="Dial"),
    ]  # fmt: skip
    assert resync(calls, rows, START) == ["1.0", "2.0"]
    talking, waiting = columns(calls.by_id["1.0"]), columns(calls.by_id["2.0"])
    assert (talking["talking"], talking["started_at"]) == (["101"], START - timedelta(seconds=60))
    assert (waiting["ringing"], waiting["queue"], waiting["rang"]) == (["102"], "hotline", ["102"])
    assert waiting["queued_at"] == START - timedelta(seconds=20)
    assert resync(calls, rows, START) == []


def test_resync_ends_calls_that_are_not_there_any_more_at_the_moment_the_link_was_lost() -> None:
    played = play(TALK)
    step(played.calls, Happening(Kind.LINK_LOST, START + timedelta(seconds=7)))
    assert resync(played.calls, [], START + timedelta(seconds=60)) == []
    assert played.row()["ended_at"] is None
    played.ticks()
    played.ticks()
    row = played.row()
    assert (row["outcome"], row["talk_s"], row["ended_at"]) == (
        Outcome.ANSWERED,
        4.0,
        START + timedelta(seconds=7),
    )


@pytest.mark.parametrize(
    ("scene", "alive", "unheard", "hold_s"),
    [(TALK, True, True, None), (TALK, False, True, None), (TALK, False, False, 0.0), (QUEUE, True, True, 0.0)],
)
def test_a_hold_is_unknown_where_somebody_talked_while_nobody_listened(
    scene: str, alive: bool, unheard: bool, hold_s: float | None
) -> None:
    """Still talking after the gap, or gone in it; not where the PBX itself was down, nor of a caller that only
    waits."""
    played = play(scene)
    step(played.calls, Happening(Kind.LINK_LOST, START + timedelta(seconds=7)))
    there = [{"Uniqueid": leg.uniqueid, "Linkedid": leg.call, "Channel": leg.channel,
              "BridgeID": next(iter(leg.bridges), "")} for leg in played.calls.legs.values()]  # fmt: skip
    resync(played.calls, there if alive else [], START + timedelta(seconds=9), unheard=unheard)
    assert played.row()["hold_s"] == hold_s
    # It is still unknown for a listener that starts again.
    assert columns(from_json(to_json(played.calls.by_id[played.ids["caller"]])))["hold_s"] == hold_s


def test_what_is_heard_between_the_log_in_and_the_list_counts() -> None:
    """A talk that began then was heard whole; of one that went on before, whether it held is not known."""
    before, after = play(TALK), play(QUEUE)
    for played, rest in ((before, CALLER_ENDS), (after, (TALK + CALLER_ENDS).removeprefix(QUEUE))):
        step(played.calls, Happening(Kind.LINK_LOST, START + timedelta(seconds=2)))
        play(rest, played=played)
        resync(played.calls, [], START + timedelta(seconds=9))
    assert (before.row()["outcome"], before.row()["hold_s"]) == (Outcome.ANSWERED, None)
    assert (after.row()["outcome"], after.row()["hold_s"]) == (Outcome.ANSWERED, 0.0)


def test_with_a_witness_a_call_that_vanished_waits_longer_for_its_end() -> None:
    played = play(TALK)
    played.calls.patience = timedelta(seconds=90)
    step(played.calls, Happening(Kind.LINK_LOST, START + timedelta(seconds=5)))
    resync(played.calls, [], START + timedelta(seconds=60))
    step(played.calls, Happening(Kind.TICK, START + timedelta(seconds=60 + 89)))
    assert played.row()["ended_at"] is None
    # Another log-in in between does not begin the wait again.
    resync(played.calls, [], START + timedelta(seconds=149))
    step(played.calls, Happening(Kind.TICK, START + timedelta(seconds=60 + 90)))
    assert (played.row()["ended_at"], played.row()["hung_up_by"]) == (START + timedelta(seconds=5), "system")


def test_resync_of_a_call_that_waited_when_the_pbx_died_is_failed() -> None:
    played = play(QUEUE)
    step(played.calls, Happening(Kind.LINK_LOST, START + timedelta(seconds=7)))
    resync(played.calls, [], START + timedelta(seconds=9))
    played.ticks()
    assert (played.row()["outcome"], played.row()["hung_up_by"]) == (Outcome.FAILED, "system")


def test_a_hangup_that_comes_a_moment_after_the_snapshot_still_counts() -> None:
    played = play(QUEUE)
    resync(played.calls, [], START + timedelta(seconds=9))
    happening = Happening(Kind.HUNG_UP, START + timedelta(seconds=8), *[played.ids["caller"]] * 2, context="q")
    step(played.calls, happening)
    assert played.ticks().row()["outcome"] == Outcome.ABANDONED
