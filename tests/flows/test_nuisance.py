"""Numbers that misuse the hotline: marked, lowered, blocked, sent to each PBX until it holds, free again in time."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.errors import Invalid, NotAllowed
from callcenter.models import ChangeRecord, PbxCommand, PbxStatus
from callcenter.vocab import CommandResult, CommandVerb, Disposition, NuisanceStep, Outcome
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.actors import Actor
from tickets.calls import nuisance

FREE, LOW, BLOCKED = NuisanceStep.FREE, NuisanceStep.LOW, NuisanceStep.BLOCKED
KNOWS = [CommandVerb.LIST, CommandVerb.UNLIST]


@pytest.fixture
def province(session: Session) -> Province:
    found = factories.province(session)
    pbx(session, "a", since=MONDAY - timedelta(hours=1))
    return found


@pytest.fixture
def hoa(province: Province) -> Actor:
    return province.actor("hoa")


def pbx(session: Session, name: str, **columns: object) -> PbxStatus:
    values = {"connected": True, "since": MONDAY, "seen_at": MONDAY, "actions": [verb.value for verb in KNOWS]}
    row = PbxStatus(pbx=name, **{**values, **columns})
    session.add(row)
    session.flush()
    return row


def decide(session: Session, actor: Actor, step: NuisanceStep, number: str = "0905 123 456", **more: object) -> None:
    given = {"reason": "gọi phá 30 lần", "days": 7, "now": MONDAY, **more}
    nuisance.decide(session, actor, number, step, **given)  # type: ignore[arg-type]


def sent(session: Session, result: CommandResult = CommandResult.DONE, answer: str = "") -> list[tuple[str, str, str]]:
    """What the listener does: takes each open command and writes what became of it."""
    done = []
    while (command := commands.take(session, "a", MONDAY)) is not None:
        commands.finish(session, command.id, result, answer, MONDAY)
        done.append((command.verb, command.arguments["family"], command.arguments["key"]))
    session.expire_all()
    return done


def test_lowered_first_then_blocked_each_time_told_once(session: Session, hoa: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        decide(session, hoa, BLOCKED)
    assert refused.value.problems == {"number": "nuisance_lower_first"}
    decide(session, hoa, LOW)
    decide(session, hoa, LOW)
    assert sent(session) == [("list", "hotline-low", "0905123456"), ("unlist", "hotline-block", "0905123456")]
    assert nuisance.tell(session, MONDAY) == 0
    decide(session, hoa, BLOCKED, now=MONDAY + timedelta(seconds=2))
    assert sent(session) == [("list", "hotline-block", "0905123456"), ("unlist", "hotline-low", "0905123456")]
    assert nuisance.tell(session, MONDAY + timedelta(minutes=3)) == 0
    (row,) = nuisance.marked(session, MONDAY)
    assert row.held == {"a": BLOCKED}
    told = session.scalars(select(ChangeRecord).order_by(ChangeRecord.id)).all()
    assert [change.after["step"] for change in told] == ["low", "blocked"]
    assert {change.actor for change in told} == {hoa.name}
    assert {command.asked_by for command in session.scalars(select(PbxCommand))} == {hoa.name}


def test_it_is_free_again_when_its_time_is_over(session: Session, hoa: Actor) -> None:
    decide(session, hoa, LOW)
    sent(session)
    later = MONDAY + timedelta(days=7)
    assert nuisance.release_expired(session, later - timedelta(seconds=1)) == 0
    assert nuisance.release_expired(session, later) == 1
    assert nuisance.release_expired(session, later) == 0
    assert nuisance.tell(session, later) == 1
    # Asterisk refuses to delete what it does not have.
    found = sent_at(session, later, CommandResult.REFUSED, "Database entry could not be deleted")
    assert found == [("unlist", "hotline-low"), ("unlist", "hotline-block")]
    assert nuisance.tell(session, later + timedelta(minutes=2)) == 0
    assert nuisance.marked(session, later) == []


def sent_at(session: Session, now: object, result: CommandResult, answer: str) -> list[tuple[str, str]]:
    done = []
    while (command := commands.take(session, "a", now)) is not None:  # type: ignore[arg-type]
        commands.finish(session, command.id, result, answer, now)  # type: ignore[arg-type]
        done.append((command.verb, command.arguments["family"]))
    session.expire_all()
    return done


def test_a_pbx_that_was_away_or_refused_is_told_again(session: Session, hoa: Actor, province: Province) -> None:
    decide(session, hoa, LOW)
    sent(session, CommandResult.UNKNOWN)
    assert nuisance.tell(session, MONDAY + timedelta(seconds=30)) == 0
    assert nuisance.tell(session, MONDAY + timedelta(minutes=2)) == 1
    sent(session)
    assert nuisance.tell(session, MONDAY + timedelta(minutes=4)) == 0
    status = session.get_one(PbxStatus, "a")
    status.since = MONDAY + timedelta(minutes=5)
    assert nuisance.tell(session, MONDAY + timedelta(minutes=6)) == 1
    # A PBX that came later gets it too, one that cannot take it is left alone.
    pbx(session, "b")
    pbx(session, "deaf", actions=[])
    assert nuisance.tell(session, MONDAY + timedelta(minutes=6)) == 1
    assert nuisance.deaf(session) == ["deaf"]


def test_marks_and_kept_out_calls_are_counted(session: Session, hoa: Actor, province: Province) -> None:
    for minute, disposition in enumerate((Disposition.PRANK, Disposition.HARASSMENT, Disposition.INFORMED)):
        at = MONDAY + timedelta(minutes=minute)
        factories.answered(session, started_at=at, disposition=disposition, disposition_note=f"lần {minute}")
    factories.answered(session, caller=None, disposition=Disposition.PRANK)
    decide(session, hoa, LOW, now=MONDAY + timedelta(minutes=10))
    factories.missed(session, started_at=MONDAY + timedelta(minutes=20), outcome=Outcome.BLOCKED, stage=None)
    (row,) = nuisance.marked(session, MONDAY + timedelta(hours=1))
    assert (row.number, row.marks, row.calls, row.blocked) == (CALLER, 2, 4, 1)
    assert list(row.notes) == ["lần 1", "lần 0"]


def test_whom_nobody_may_keep_out(session: Session, hoa: Actor, province: Province) -> None:
    province.agencies["water"].phone = "0273 3872 345"
    session.flush()
    for number, why in (
        ("", "nuisance_withheld"),
        ("anonymous", "nuisance_withheld"),
        ("113", "nuisance_protected"),
        ("1022", "nuisance_protected"),
        ("02733872345", "nuisance_protected"),
    ):
        with pytest.raises(Invalid) as refused:
            decide(session, hoa, LOW, number, hotline_numbers=("1022",))
        assert refused.value.problems == {"number": why}
    with pytest.raises(NotAllowed):
        decide(session, province.actor("lan"), LOW)
