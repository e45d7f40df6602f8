"""Whole calls as scenario tables: what is live line by line, and the record at the end."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from callcenter.vocab import HungUpBy, Outcome, Reason, Stage, Third
from telephony.callflow import Calls, from_json, step, to_json
from tests.rules.trace import RULES, START, Played, play

ENTER = """
0.0 UserEvent caller UserEvent=HotlineStart Number=0905123456 Pres=allowed_not_screened DID=1022 Trunk=trunk -> entered
0.1 UserEvent caller UserEvent=HotlineStage Stage=prompt
"""
QUEUE = (
    ENTER
    + """
1.0 UserEvent caller UserEvent=HotlineStage Stage=queue Recording=rec.wav
1.0 QueueCallerJoin caller Queue=hotline Context=hotline-queue -> queued
1.0 AgentCalled caller Queue=hotline Interface=PJSIP/101 dest=101 -> ringing ringing=101
1.0 DialBegin caller dest=101 -> same
"""
)
TALK = (
    QUEUE
    + """
3.0 DialEnd caller dest=101 DialStatus=ANSWER
3.0 QueueCallerLeave caller Queue=hotline -> ringing=
3.0 AgentConnect caller Queue=hotline Interface=PJSIP/101 dest=101
3.1 BridgeEnter 101 BridgeUniqueid=b1
3.1 BridgeEnter caller BridgeUniqueid=b1 -> talking talking=101
"""
)
CALLER_ENDS = """
8.0 HangupRequest caller
8.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=caller
8.0 BridgeLeave caller BridgeUniqueid=b1
8.0 BridgeLeave 101 BridgeUniqueid=b1
8.0 Hangup 101 ChannelState=6
8.0 UserEvent caller UserEvent=HotlineEnd By=caller
8.0 Hangup caller Context=hotline-queue -> ended talking= ringing=
"""


def end(table: str) -> dict[str, Any]:
    return play(table).ticks().row()


def parts(row: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Each operator's part of the call: how long, and how much of it on hold."""
    return [
        (one["extension"], (at(one["until"]) - at(one["since"])).total_seconds(), one["hold_s"]) for one in row["talks"]
    ]


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def test_answered() -> None:
    row = end(TALK + CALLER_ENDS)
    assert row["outcome"] == Outcome.ANSWERED
    assert (row["operator"], row["operators"], row["rang"]) == ("101", ["101"], ["101"])
    assert (row["wait_s"], row["talk_s"], row["hold_s"]) == (2.0, 5.0, 0.0)
    assert row["hung_up_by"] == HungUpBy.CALLER
    assert row["caller"] == "+84905123456"
    assert row["number_dialled"] == "1022"
    assert row["queue"] == "hotline"
    assert row["recording"] == "rec.wav"
    assert row["started_at"] == START
    assert row["ended_at"] == START + timedelta(seconds=8)
    assert row["stage"] is None


def test_operator_hangs_up_and_the_caller_hears_a_goodbye() -> None:
    row = end(
        TALK
        + """
        6.0 HangupRequest 101
        6.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=agent
        6.0 BridgeLeave 101 BridgeUniqueid=b1 -> talking=
        6.0 BridgeLeave caller BridgeUniqueid=b1
        6.0 Hangup 101 -> entered
        8.0 UserEvent caller UserEvent=HotlineEnd By=operator
        8.0 Hangup caller Context=hotline-after
        """
    )
    assert (row["talk_s"], row["hung_up_by"]) == (3.0, HungUpBy.OPERATOR)


def test_ring_no_answer_then_another() -> None:
    row = end(
        QUEUE
        + """
        5.0 AgentRingNoAnswer caller Queue=hotline Interface=PJSIP/101 dest=101 RingTime=4000 -> queued ringing=
        5.0 DialEnd caller dest=101 DialStatus=CANCEL -> same
        5.0 Hangup 101 ChannelState=5
        6.0 AgentCalled caller Queue=hotline Interface=PJSIP/102 dest=102 -> ringing ringing=102
        7.0 QueueCallerLeave caller Queue=hotline
        7.0 AgentConnect caller Queue=hotline Interface=PJSIP/102 dest=102
        7.0 BridgeEnter 102 BridgeUniqueid=b1
        7.0 BridgeEnter caller BridgeUniqueid=b1 -> talking=102
        9.0 Hangup caller Context=hotline-queue
        """
    )
    assert (row["operator"], row["rang"], row["wait_s"], row["talk_s"]) == ("102", ["101", "102"], 6.0, 2.0)


def test_all_ring_and_one_answers() -> None:
    play(
        QUEUE
        + """
        1.0 AgentCalled caller Queue=hotline Interface=PJSIP/102 dest=102 -> ringing=101,102
        3.0 QueueCallerLeave caller Queue=hotline -> ringing=
        3.0 AgentConnect caller Queue=hotline Interface=PJSIP/102 dest=102
        3.1 BridgeEnter 102 BridgeUniqueid=b1
        3.1 BridgeEnter caller BridgeUniqueid=b1 -> talking=102 ringing=
        3.2 Hangup 101 ChannelState=5 -> same talking=102
        """
    )


@pytest.mark.parametrize(
    ("lines", "outcome", "stage", "hung_up_by"),
    [
        (
            "0.5 UserEvent caller UserEvent=HotlineEnd By=caller",
            Outcome.ABANDONED,
            Stage.PROMPT,
            HungUpBy.CALLER,
        ),
        (
            "0.5 UserEvent caller UserEvent=HotlineStage Stage=menu",
            Outcome.ABANDONED,
            Stage.MENU,
            HungUpBy.CALLER,
        ),
        ("0.5 UserEvent caller UserEvent=HotlineEnd By=system", Outcome.FAILED, None, HungUpBy.SYSTEM),
        (
            "0.5 UserEvent caller UserEvent=HotlineCallback Number=0905123456",
            Outcome.CALLBACK,
            None,
            None,
        ),
        ("0.5 UserEvent caller UserEvent=HotlineForwarded Branch=119", Outcome.FORWARDED, None, None),
        ("0.5 UserEvent caller UserEvent=HotlineBlocked", Outcome.BLOCKED, None, None),
        ("0.5 MessageWaiting caller Waiting=1 New=1", Outcome.VOICEMAIL, None, None),
        ("0.5 UserEvent caller UserEvent=HotlineVoicemail File=/a/msg0", Outcome.VOICEMAIL, None, None),
    ],
)
def test_before_the_queue(lines: str, outcome: Outcome, stage: Stage | None, hung_up_by: HungUpBy | None) -> None:
    row = end(ENTER + lines + "\n0.6 Hangup caller Context=hotline-greeting")
    assert (row["outcome"], row["stage"], row["hung_up_by"]) == (outcome, stage, hung_up_by)
    assert row["wait_s"] == 0


ABANDON = """
4.0 HangupRequest caller
4.0 QueueCallerAbandon caller Queue=hotline Context=hotline-queue
4.0 QueueCallerLeave caller Queue=hotline
4.003 Hangup caller Context=hotline-queue -> ended
"""
TIMEOUT = """
4.0 QueueCallerAbandon caller Queue=hotline Context=hotline-queue
4.0 QueueCallerLeave caller Queue=hotline
"""


@pytest.mark.parametrize(
    ("lines", "outcome", "stage", "hung_up_by"),
    [
        (ABANDON, Outcome.ABANDONED, Stage.QUEUE, HungUpBy.CALLER),
        (TIMEOUT + "5.0 Hangup caller Context=hotline-voicemail", Outcome.TIMEOUT, None, None),
        (
            TIMEOUT + "4.003 Hangup caller Context=hotline-queue",
            Outcome.ABANDONED,
            Stage.QUEUE,
            HungUpBy.CALLER,
        ),
        (TIMEOUT + "9.0 Hangup caller Context=hotline-queue", Outcome.TIMEOUT, None, None),
        (
            TIMEOUT
            + "4.1 UserEvent caller UserEvent=HotlineStage Stage=voicemail\n4.2 Hangup caller Context=hotline-queue",
            Outcome.TIMEOUT,
            None,
            None,
        ),
        (
            TIMEOUT + "6.0 MessageWaiting caller Waiting=1\n6.0 HangupRequest caller\n6.0 Hangup caller Context=vm",
            Outcome.VOICEMAIL,
            None,
            HungUpBy.CALLER,
        ),
        (
            TIMEOUT + "4.0 UserEvent caller UserEvent=HotlineEnd By=system\n4.0 Hangup caller Context=hotline-queue",
            Outcome.FAILED,
            None,
            HungUpBy.SYSTEM,
        ),
        (
            TIMEOUT + "4.0 Hangup caller Context=hotline-queue\n5.1 Shutdown -",
            Outcome.FAILED,
            None,
            HungUpBy.SYSTEM,
        ),
        (ABANDON + "5.1 Shutdown -", Outcome.ABANDONED, Stage.QUEUE, HungUpBy.CALLER),
    ],
)
def test_left_the_queue_unanswered(
    lines: str, outcome: Outcome, stage: Stage | None, hung_up_by: HungUpBy | None
) -> None:
    row = end(QUEUE + lines)
    assert (row["outcome"], row["stage"], row["hung_up_by"]) == (outcome, stage, hung_up_by)
    assert row["wait_s"] == 3.0


@pytest.mark.parametrize("reason", list(Reason))
def test_turned_away(reason: Reason) -> None:
    lines = f"1 UserEvent caller UserEvent=HotlineUnserved Reason={reason}\n2 Hangup caller Context=x"
    row = end(ENTER + lines)
    assert (row["outcome"], row["reason"]) == (Outcome.UNSERVED, reason)


def test_closed_but_a_message_was_left() -> None:
    row = end(
        ENTER
        + """
        1.0 UserEvent caller UserEvent=HotlineStage Stage=closed
        2.0 UserEvent caller UserEvent=HotlineUnserved Reason=closed
        9.0 MessageWaiting caller Waiting=1
        9.0 Hangup caller Context=hotline-voicemail
        """
    )
    assert (row["outcome"], row["reason"]) == (Outcome.VOICEMAIL, None)


def test_full_at_first_but_answered_later() -> None:
    again = TALK.replace(ENTER, ENTER + "0.5 UserEvent caller UserEvent=HotlineUnserved Reason=full\n")
    assert end(again + CALLER_ENDS)["outcome"] == Outcome.ANSWERED


def test_blind_transfer_answered() -> None:
    row = end(
        TALK
        + """
        5.0 Unhold 101 -> same
        5.0 BridgeLeave 101 BridgeUniqueid=b1
        5.0 BlindTransfer - transferer=101 transferee=caller Extension=102 -> talking=
        5.0 BridgeLeave caller BridgeUniqueid=b1
        5.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=transfer
        5.0 Hangup 101
        5.1 DialBegin caller dest=102 -> ringing ringing=102
        6.0 DialEnd caller dest=102 DialStatus=ANSWER
        6.0 BridgeEnter 102 BridgeUniqueid=b2
        6.0 BridgeEnter caller BridgeUniqueid=b2 -> talking talking=102 ringing=
        9.0 Hangup caller Context=from-agents
        9.0 Hangup 102
        """
    )
    assert row["transfers"] == [{"kind": "blind", "to": "102"}]
    assert (row["operators"], row["rang"], row["operator"]) == (["101", "102"], ["101", "102"], "101")
    assert (row["talk_s"], row["lost_in_transfer"]) == (6.0, False)


LOST = (
    TALK
    + """
5.0 BlindTransfer - transferer=101 transferee=caller Extension=102
5.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=transfer
5.0 Hangup 101
5.1 DialBegin caller dest=102 -> ringing=102
"""
)


def test_blind_transfer_that_reaches_nobody() -> None:
    row = end(
        LOST + "9.0 DialEnd caller dest=102 DialStatus=NOANSWER -> ringing=\n9.0 Hangup caller Context=from-agents"
    )
    assert (row["outcome"], row["lost_in_transfer"], row["talk_s"]) == (Outcome.ANSWERED, True, 2.0)
    assert row["rang"] == ["101", "102"]


def test_blind_transfer_to_another_queue_is_one_call() -> None:
    row = end(
        TALK
        + """
        5.0 BlindTransfer - transferer=101 transferee=caller Extension=200
        5.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=transfer
        5.0 Hangup 101
        5.1 QueueCallerJoin caller Queue=other -> queued
        5.1 AgentCalled caller Queue=other Interface=PJSIP/103 dest=103
        7.0 QueueCallerLeave caller Queue=other
        7.0 AgentConnect caller Queue=other Interface=PJSIP/103 dest=103
        7.0 BridgeEnter 103 BridgeUniqueid=b2
        7.0 BridgeEnter caller BridgeUniqueid=b2 -> talking=103
        9.0 Hangup caller Context=x
        """
    )
    assert row["queue"] == "hotline"
    assert row["transfers"] == [{"kind": "blind", "to": "200"}]
    assert (row["wait_s"], row["talk_s"], row["operators"]) == (2.0, 6.0, ["101", "103"])


def test_attended_transfer_whose_consultation_has_its_own_linkedid() -> None:
    row = end(
        TALK
        + """
        4.0 Hold 101 -> holding=101
        4.5 BridgeEnter 101b l=own BridgeUniqueid=b2 -> same
        4.5 BridgeEnter 103 l=own BridgeUniqueid=b2 -> same talking=101
        6.0 Unhold 101 -> holding=
        6.0 BridgeLeave 101 BridgeUniqueid=b1
        6.0 BridgeEnter 103 BridgeUniqueid=b1 -> talking=103
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller target=103
        6.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 dest=101 Reason=transfer
        6.0 Hangup 101
        6.0 Hangup 101b l=own
        9.0 HangupRequest caller
        9.0 Hangup 103
        9.0 Hangup caller Context=hotline-queue
        """
    )
    assert row["transfers"] == [{"kind": "attended", "to": "103"}]
    assert (row["hold_s"], row["talk_s"], row["operators"]) == (2.0, 6.0, ["101", "103"])
    assert parts(row) == [("101", 2.9, 2.0), ("103", 3.0, 0.0)]
    assert (row["rang"], row["hung_up_by"]) == (["101", "103"], HungUpBy.CALLER)


def test_transfer_to_a_phone_that_still_rings() -> None:
    row = end(
        TALK
        + """
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller SecondTransfererExten=103 DestType=App
        6.0 Hangup 101
        7.0 BridgeEnter 103 BridgeUniqueid=b3
        7.0 BridgeEnter caller BridgeUniqueid=b3 -> talking=103
        9.0 Hangup caller Context=x
        """
    )
    assert row["transfers"] == [{"kind": "attended", "to": "103"}]
    assert not row["lost_in_transfer"]


@pytest.mark.parametrize(
    "lines",
    [
        """
        6.0 BridgeEnter 103 l=own BridgeUniqueid=b2
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller {told}
        6.0 BridgeEnter 101b l=own BridgeUniqueid=b2 -> talking=103
        """,
        """
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller {told}
        6.0 BridgeEnter 101b l=own BridgeUniqueid=b2
        6.0 BridgeEnter 103 l=own BridgeUniqueid=b2 -> talking=103
        """,
        """
        6.0 BridgeEnter 103 l=own BridgeUniqueid=b2
        6.0 BridgeEnter 101b l=own BridgeUniqueid=b2 -> talking=101
        6.0 BridgeLeave caller BridgeUniqueid=b1 -> talking=
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller {told}
        """,
        """
        6.0 BridgeLeave caller BridgeUniqueid=b1
        6.0 BridgeEnter 103 l=own BridgeUniqueid=b2
        6.0 BridgeEnter caller BridgeUniqueid=b2 -> talking=103
        6.0 AttendedTransfer - orig=101 second=101b transferee=caller {told}
        """,
        """
        6.0 BridgeEnter 103 l=own BridgeUniqueid=b2
        6.0 AttendedTransfer - orig=101b second=101 target=caller {told_on_the_other}
        6.0 BridgeEnter 101b l=own BridgeUniqueid=b2 -> talking=103
        """,
    ],
    ids=["as recorded", "crossed", "told last", "told after the exchange", "referred on the other leg"],
)
def test_attended_transfer_before_the_two_who_consult_are_joined(lines: str) -> None:
    """Asterisk then gives the caller the place of the operator's second leg, and tells of that leg alone."""
    told = "SecondTransfererExten=103 OrigBridgeUniqueid=b1 DestType=App"
    other = "OrigTransfererExten=103 SecondTransfererExten=s SecondBridgeUniqueid=b1 DestType=App"
    played = play(TALK + lines.format(told=told, told_on_the_other=other))
    call = played.calls.by_id[played.ids["caller"]]
    assert from_json(to_json(call)).replaced == call.replaced != {}
    play("6.0 Hangup 101\n6.0 Hangup 101b l=own\n8.0 HangupRequest 103\n8.0 Hangup 103", played=played)
    row = play("8.0 Hangup caller Context=hotline-queue", played=played).ticks().row()
    assert row["transfers"] == [{"kind": "attended", "to": "103"}]
    assert parts(row) == [("101", 2.9, 0.0), ("103", 2.0, 0.0)]
    assert (row["talk_s"], row["operators"], row["lost_in_transfer"]) == (5.0, ["101", "103"], False)


@pytest.mark.parametrize("first", ["joins", "is told"])
def test_attended_by_keys_with_the_target_left_out_of_the_event(first: str) -> None:
    told = "6.0 AttendedTransfer - orig=101 second=101 transferee=caller SecondTransfererExten=s\n6.0 Hangup 101\n"
    joins = "6.0 BridgeLeave 101 BridgeUniqueid=b1\n6.0 BridgeEnter 103 BridgeUniqueid=b1 -> talking=103\n"
    lines = joins + told if first == "joins" else told + joins
    row = end(TALK + lines + "9.0 Hangup caller Context=q")
    assert row["transfers"] == [{"kind": "attended", "to": "103"}]
    assert row["operators"] == ["101", "103"]


@pytest.mark.parametrize("named", [True, False])
def test_a_telephone_outside_is_asked_then_has_the_caller(named: bool) -> None:
    """By the telephone's keys, through a Local channel: the outside party hears the operator first, then the caller.

    Under load the event leaves the target out.
    """
    half, other = "Local/115@from-agents-00000001;1", "Local/115@from-agents-00000001;2"
    played = play(
        TALK
        + f"""
        4.0 Hold 101 -> holding=101
        4.1 DialBegin 101 dest={half}
        4.1 BridgeLeave 101 BridgeUniqueid=b1
        4.1 BridgeEnter 101 BridgeUniqueid=b2 -> talking=
        4.1 BridgeEnter {half} BridgeUniqueid=b2
        """
    )
    assert played.row()["third"] is None
    play(
        f"""
        6.0 BridgeEnter PJSIP/trunk-00000099 BridgeUniqueid=b3
        6.0 BridgeEnter {other} BridgeUniqueid=b3
        """,
        played=played,
    )
    assert played.row()["third"] == Third.ANSWERED
    assert played.row()["talking"] == []
    play(
        f"""
        9.0 Unhold 101
        9.0 AttendedTransfer - orig=101 second=101 transferee=caller {f"target={half}" if named else ""}
        9.0 BridgeLeave {half} BridgeUniqueid=b2
        9.0 BridgeEnter {half} BridgeUniqueid=b1
        9.0 Hangup 101
        """,
        played=played,
    )
    row = played.row()
    assert row["third"] == Third.WITH_CALLER
    assert row["transfers"] == [{"kind": "attended", "to": "115"}]
    assert from_json(to_json(played.calls.by_id[row["linkedid"]])).third == Third.WITH_CALLER
    play("20.0 Hangup caller Context=x", played=played)
    assert played.ticks().row()["third"] is None
    assert not played.row()["lost_in_transfer"]


def test_whoever_is_asked_and_lets_go_is_there_no_more() -> None:
    played = play(
        TALK
        + """
        4.0 BridgeEnter PJSIP/trunk-00000099 BridgeUniqueid=b3
        """
    )
    assert played.row()["third"] == Third.ANSWERED
    play("6.0 Hangup PJSIP/trunk-00000099", played=played)
    assert played.row()["third"] is None
    play("7.0 BridgeEnter 102 BridgeUniqueid=b4", played=played)
    assert played.row()["third"] == Third.ANSWERED
    play(
        "8.0 BridgeLeave 102 BridgeUniqueid=b4\n8.0 BridgeEnter 102 BridgeUniqueid=b1 -> talking=101,102", played=played
    )
    assert played.row()["third"] is None


def test_redirect_has_no_transfer_event() -> None:
    row = end(
        TALK
        + """
        5.0 BridgeLeave caller BridgeUniqueid=b1 -> talking=
        5.0 BridgeLeave 101 BridgeUniqueid=b1
        5.0 Hangup 101
        5.1 DialBegin caller dest=102
        6.0 BridgeEnter 102 BridgeUniqueid=b2
        6.0 BridgeEnter caller BridgeUniqueid=b2 -> talking=102
        9.0 AgentComplete caller Queue=hotline Interface=PJSIP/101 Reason=caller
        9.0 Hangup caller Context=x
        """
    )
    assert row["transfers"] == [{"kind": "redirect", "to": "102"}]
    assert row["talk_s"] == 6.0


def test_only_the_operators_holds_count() -> None:
    row = end(
        TALK
        + """
        4.0 Hold 101 -> holding=101
        4.0 Hold 101 -> same
        5.0 Unhold 101 -> holding=
        5.1 Hold caller -> same
        6.0 Unhold caller -> same
        7.0 Hold 101
        9.0 Hangup caller Context=x
        """
    )
    assert row["hold_s"] == 3.0
    assert parts(row) == [("101", 5.9, 3.0)]


def test_local_members_are_one_phone() -> None:
    row = end(
        ENTER
        + """
        1.0 QueueCallerJoin caller Queue=hotline Context=q
        1.0 AgentCalled caller Queue=hotline Interface=Local/101@agents/n dest=Local/101@agents-00000001;1 -> ringing
        1.0 DialBegin caller dest=Local/101@agents-00000001;1 -> same
        1.0 DialBegin Local/101@agents-00000001;2 dest=101 -> ringing=101
        3.0 BridgeEnter 101 BridgeUniqueid=b1 -> same
        3.0 QueueCallerLeave caller Queue=hotline
        3.0 AgentConnect caller Queue=hotline Interface=Local/101@agents/n dest=Local/101@agents-00000001;1
        3.0 BridgeEnter Local/101@agents-00000001;2 BridgeUniqueid=b1 -> talking=
        3.0 BridgeEnter Local/101@agents-00000001;1 BridgeUniqueid=b2
        3.0 BridgeEnter caller BridgeUniqueid=b2 -> talking talking=101
        4.0 Hold 101 -> holding=101
        5.0 Unhold 101
        7.0 HangupRequest Local/101@agents-00000001;2 -> same
        7.0 Hangup caller Context=q
        7.0 Hangup Local/101@agents-00000001;1 -> same
        7.0 Hangup 101 -> same
        """
    )
    assert (row["operators"], row["rang"], row["hold_s"], row["talk_s"]) == (["101"], ["101"], 1.0, 4.0)


def test_blind_transfer_by_a_local_member() -> None:
    row = end(
        ENTER
        + """
        1.0 QueueCallerJoin caller Queue=hotline Context=q
        3.0 AgentConnect caller Queue=hotline Interface=Local/101@agents/n dest=Local/101@agents-00000001;1
        3.0 BridgeEnter 101 BridgeUniqueid=b1
        3.0 BridgeEnter Local/101@agents-00000001;2 BridgeUniqueid=b1
        3.0 BridgeEnter Local/101@agents-00000001;1 BridgeUniqueid=b2
        3.0 BridgeEnter caller BridgeUniqueid=b2 -> talking=101
        5.0 BlindTransfer - transferer=101 transferee=Local/101@agents-00000001;2 Extension=102 -> talking=
        5.0 Hangup 101
        5.1 DialBegin Local/101@agents-00000001;2 dest=102 -> ringing=102
        6.0 BridgeEnter 102 BridgeUniqueid=b3
        6.0 BridgeEnter Local/101@agents-00000001;2 BridgeUniqueid=b3 -> talking=102
        9.0 AgentComplete caller Queue=hotline Interface=Local/101@agents/n Reason=caller
        9.0 Hangup caller Context=q
        """
    )
    assert row["transfers"] == [{"kind": "blind", "to": "102"}]
    assert (row["operators"], row["talk_s"], row["lost_in_transfer"]) == (["101", "102"], 6.0, False)


def test_two_calls_of_one_number_stay_two() -> None:
    first = play(TALK)
    second = Played(first.calls)
    second.ids = {"": "", "other": ""} | {f"not here {n}": "" for n in range(3)}
    play(ENTER, first.calls, played=second)
    assert len(first.calls.by_id) == 2
    assert first.row()["talking"] == ["101"]
    assert second.row()["talking"] == []
    assert first.row()["caller"] == second.row()["caller"]


def test_a_callers_privacy_hides_number_and_name() -> None:
    row = play(
        """
        0 Newchannel caller ChannelState=4 Context=from-trunk Exten=1022 CallerIDNum=0905123456 CallerIDName=Lan
        0 UserEvent caller UserEvent=HotlineStart Number=0905123456 Pres=prohib_passed_screen DID=1022
        """
    ).row()
    assert (row["caller"], row["caller_raw"], row["caller_name"]) == (None, None, None)


@pytest.mark.parametrize("exten", ["1022", "02731022", "0241022", "842731022", "+842731022"])
def test_the_hotline_behind_an_area_code(exten: str) -> None:
    line = f"0 Newchannel caller ChannelState=4 Context=from-trunk Exten={exten} CallerIDNum=+84905123456"
    row = play(line).row()
    assert (row["number_dialled"], row["caller"]) == (exten, "+84905123456")


@pytest.mark.parametrize(
    "line",
    [
        "0 Newchannel caller ChannelState=4 Context=from-trunk Exten=3831022",
        "0 Newchannel caller ChannelState=4 Context=from-trunk Exten=1023",
        "0 Newchannel caller ChannelState=0 Context=from-trunk Exten=",
        "0 Newchannel 104 l=own ChannelState=4 Context=from-agents Exten=1022",
        "0 UserEvent caller UserEvent=HotlineStart Number=0905123456 DID=1800",
        "0 QueueCallerJoin caller Queue=hotline",
        "0 Hangup caller Context=x",
        "0 BlindTransfer - transferer=101 transferee=102 Extension=103",
    ],
)
def test_not_a_hotline_call(line: str) -> None:
    assert not play(line).calls.by_id


def test_an_operator_who_dials_1022_is_no_citizen_even_if_the_dialplan_says_start() -> None:
    played = play(
        """
        0 Newchannel 104 l=own ChannelState=4 Context=from-agents Exten=1022
        1 UserEvent 104 l=own UserEvent=HotlineStart Number=104 DID=1022
        1 QueueCallerJoin 104 l=own Queue=hotline
        """
    )
    assert not played.calls.by_id


def test_without_the_contract_busy_is_full() -> None:
    row = end(
        """
        0 Newchannel caller ChannelState=4 Context=from-trunk Exten=1022 CallerIDNum=0905123456
        2 Hangup caller Context=hotline-queue Cause=17
        """
    )
    assert (row["outcome"], row["reason"]) == (Outcome.UNSERVED, Reason.FULL)


def test_a_complete_without_any_id_finds_its_call_by_the_phone() -> None:
    row = end(
        TALK
        + """
        8.0 Hangup caller Context=q
        8.1 AgentComplete - Queue=hotline Interface=PJSIP/101 Reason=agent
        """
    )
    assert row["hung_up_by"] == HungUpBy.OPERATOR


def test_no_outcome_before_it_is_sure() -> None:
    played = play(QUEUE + TIMEOUT + "4.003 Hangup caller Context=hotline-queue")
    assert (played.row()["outcome"], played.row()["ended_at"]) == (None, None)
    assert played.row()["ringing"] == []
    assert played.ticks().row()["outcome"] == Outcome.ABANDONED


@pytest.mark.parametrize("table", [TALK + CALLER_ENDS, QUEUE + ABANDON, LOST], ids=["talk", "abandon", "lost"])
def test_every_event_twice_changes_nothing(table: str) -> None:
    assert play(table, twice=True).ticks().row() == play(table).ticks().row()


def test_an_old_stream_played_again_changes_nothing() -> None:
    played = play(TALK + CALLER_ENDS)
    before = played.row()
    assert [changed for happening in played.happenings for changed in step(played.calls, happening)] == []
    assert played.row() == before


def test_a_call_is_forgotten_after_a_while() -> None:
    played = play(TALK + CALLER_ENDS).ticks(601)
    assert not played.calls.by_id
    assert not played.calls.legs
    assert not played.calls.bridges


def test_what_is_written_can_be_read_back_at_any_moment() -> None:
    played = play(ENTER)
    for happening in play(LOST).happenings:
        step(played.calls, happening)
        for call in played.calls.by_id.values():
            assert from_json(json.loads(json.dumps(to_json(call)))) == call


def test_a_restarted_listener_goes_on_from_its_snapshot() -> None:
    first = play(TALK)
    second = Calls(RULES)
    second.add(from_json(to_json(first.calls.by_id[first.ids["caller"]])))
    played = play(CALLER_ENDS, second, played=Played(second, dict(first.ids))).ticks()
    assert played.row() == end(TALK + CALLER_ENDS)
