"""In the queues or not, ready or paused and why: as the PBX says it, asked for by the person alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.errors import Invalid, NotAllowed, NotFound
from callcenter.models import PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import UNANSWERED, CommandResult, CommandVerb
from telephony import queues
from tests import factories
from tests.factories import MONDAY, Province
from tickets.telephone import floor, my_phone
from tickets.telephone.floor import Doing
from tickets.telephone.handset import Handset

VERBS = [verb.value for verb in my_phone.VERBS]


@pytest.fixture
def province(session: Session) -> Province:
    session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
    session.merge(PauseReason(code="hop", name="Họp", position=2, active=False))
    session.add(PbxStatus(pbx="pbx1", connected=True, since=MONDAY, seen_at=MONDAY, actions=VERBS))
    return factories.province(session)


def member(extension: str = "101", **given: Any) -> dict[str, str]:
    """A row of QueueStatus, as Asterisk 22 writes it."""
    row = {"Event": "QueueMember", "Queue": "hotline-1022", "Name": extension, "Location": f"PJSIP/{extension}",
           "StateInterface": f"PJSIP/{extension}", "Membership": "dynamic", "Penalty": "0", "LastPause": "0",
           "Status": "1", "Paused": "0", "PausedReason": ""}  # fmt: skip
    return {**row, **given}


def told(session: Session, *rows: dict[str, str]) -> None:
    names = ({"Event": "QueueParams", "Queue": name} for name in ("hotline-1022", "hotline-tra-cuu"))
    queues.keep(session, "pbx1", queues.read([*names, *rows]), MONDAY)
    session.flush()
    session.expire_all()


def test_a_pause_shows_its_reason_and_since_when(session: Session, province: Province) -> None:
    told(session, member(Paused="1", PausedReason="an-trua", LastPause=str(int(MONDAY.timestamp()))))
    here = my_phone.of(Handset(session, province.actor("lan"), MONDAY))
    assert here is not None
    assert (here.doing, here.reason_name, here.since, here.unanswered) == (Doing.PAUSED, "Ăn trưa", MONDAY, False)
    (seat,) = [seat for seat in floor.floor(session).seats if seat.extension == "101"]
    assert (seat.doing, seat.reason, seat.since) == (Doing.PAUSED, "an-trua", MONDAY)


def test_the_pbx_s_own_pause_after_a_ring_in_vain_is_told_apart(session: Session, province: Province) -> None:
    told(session, member(Paused="1", PausedReason="Auto-Pause"))
    here = my_phone.of(Handset(session, province.actor("lan"), MONDAY))
    assert here is not None
    assert (here.unanswered, here.reason, here.since) == (True, UNANSWERED, None)


def test_of_several_queues_the_latest_pause_counts_and_one_open_queue_is_ready(
    session: Session, province: Province
) -> None:
    lan = province.actor("lan")
    first = member(Paused="1", PausedReason="an-trua", LastPause="100")
    second = member(Queue="hotline-tra-cuu", Paused="1", PausedReason="cho-viec", LastPause="200")
    told(session, first, second)
    here = my_phone.of(Handset(session, lan, MONDAY))
    assert here is not None
    # A reason from elsewhere is shown as the PBX has it.
    assert (here.reason_name, here.since) == ("cho-viec", datetime.fromtimestamp(200, UTC))
    told(session, first, {**second, "Paused": "0"})
    here = my_phone.of(Handset(session, lan, MONDAY))
    assert here is not None
    assert here.doing is Doing.FREE
    assert [queue.paused for queue in here.queues] == [True, False]


@pytest.mark.parametrize("words", ["x", "-1", "9" * 12, "²", ""])
def test_a_moment_that_is_none_is_not_shown(session: Session, province: Province, words: str) -> None:
    told(session, member(Paused="1", PausedReason="hop", LastPause=words))
    here = my_phone.of(Handset(session, province.actor("lan"), MONDAY))
    assert here is not None
    assert here.since is None


def test_who_is_in_no_queue_signs_in_pauses_comes_back_and_leaves(session: Session, province: Province) -> None:
    lan = province.actor("lan")
    told(session)
    command = my_phone.ask(session, lan, CommandVerb.SIGN_IN, now=MONDAY)
    assert (command.verb, command.pbx, command.extension, command.arguments) == ("sign_in", "pbx1", "101", {})
    assert my_phone.ask(session, lan, CommandVerb.SIGN_IN, now=MONDAY).id == command.id
    here = my_phone.of(Handset(session, lan, MONDAY))
    assert here is not None
    # What was asked for is not what is: the PBX has not reported it.
    assert (here.doing, here.asked) == (Doing.OUT, CommandVerb.SIGN_IN)
    told(session, member())
    assert my_phone.ask(session, lan, CommandVerb.PAUSE, reason="an-trua", now=MONDAY).arguments == {
        "reason": "an-trua"
    }
    told(session, member(Paused="1", PausedReason="an-trua"))
    my_phone.ask(session, lan, CommandVerb.RESUME, now=MONDAY)
    one = my_phone.ask(session, lan, CommandVerb.SIGN_OUT, queue="hotline-1022", now=MONDAY)
    assert one.arguments == {"queue": "hotline-1022"}


def test_what_did_not_work_is_told_for_half_a_minute(session: Session, province: Province) -> None:
    lan = province.actor("lan")
    told(session)
    command = my_phone.ask(session, lan, CommandVerb.SIGN_IN, now=MONDAY)
    commands.finish(session, command.id, CommandResult.REFUSED, "No such queue", MONDAY)
    session.expire_all()
    here = my_phone.of(Handset(session, lan, MONDAY + timedelta(seconds=10)))
    assert here is not None
    assert (here.asked, here.result, here.answer) == (None, CommandResult.REFUSED, "No such queue")
    later = my_phone.of(Handset(session, lan, MONDAY + timedelta(seconds=40)))
    assert later is not None
    assert later.result is None


@pytest.mark.parametrize(
    ("rows", "verb", "given", "problem"),
    [
        ([member()], CommandVerb.PAUSE, {"reason": "hop"}, "pause_reason"),
        ([member()], CommandVerb.PAUSE, {"reason": "x\r\nAction: Originate"}, "pause_reason"),
        ([member()], CommandVerb.PAUSE, {}, "pause_reason"),
        ([], CommandVerb.PAUSE, {"reason": "an-trua"}, "phone_not_in_queue"),
        ([member()], CommandVerb.RESUME, {}, "phone_not_paused"),
        ([], CommandVerb.SIGN_OUT, {}, "phone_not_in_queue"),
        ([member(Membership="static")], CommandVerb.SIGN_OUT, {}, "phone_not_in_queue"),
        ([], CommandVerb.SIGN_IN, {"queue": "dem"}, "unknown_choice"),
        ([], CommandVerb.HANG_UP, {}, "phone_not_here"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_word(
    session: Session, province: Province, rows: list[dict[str, str]], verb: CommandVerb, given: dict[str, str],
    problem: str,
) -> None:  # fmt: skip
    told(session, *rows)
    with pytest.raises(Invalid) as refused:
        my_phone.ask(session, province.actor("lan"), verb, **given, now=MONDAY)
    assert refused.value.problems == {"phone": problem}
    assert session.scalars(select(PbxCommand)).all() == []


def test_while_nobody_hears_the_pbx_nothing_is_asked_and_the_page_says_so(session: Session, province: Province) -> None:
    told(session, member())
    late = MONDAY + timedelta(minutes=2)
    here = my_phone.of(Handset(session, province.actor("lan"), late))
    assert here is not None
    assert here.away
    with pytest.raises(Invalid):
        my_phone.ask(session, province.actor("lan"), CommandVerb.PAUSE, reason="an-trua", now=late)


def test_only_for_the_desk_and_with_a_telephone(session: Session, province: Province) -> None:
    told(session, member())
    assert my_phone.of(Handset(session, province.actor("phuc"), MONDAY)) is None
    with pytest.raises(NotAllowed):
        my_phone.ask(session, province.actor("thu"), CommandVerb.SIGN_IN, now=MONDAY)
    factories.sits(session, province.people["lan"], None)
    with pytest.raises(NotFound):
        my_phone.ask(session, province.actor("lan"), CommandVerb.SIGN_IN, now=MONDAY)


def test_only_whose_state_changed_is_told(session: Session, province: Province) -> None:
    told(session, member(), member("102"))
    session.commit()
    before = session.get_one(PbxQueue, ("pbx1", "hotline-1022")).members
    after = queues.read([member(Paused="1"), member("102")])["hotline-1022"]
    assert queues._moved(before, after) == {"101"}
    assert queues._moved(before, before[:1]) == {"102"}
    assert queues._moved([], after) == {"101", "102"}
