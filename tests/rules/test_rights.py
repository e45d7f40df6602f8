"""The table of rights: how a scope reaches over things, for people, programs, holders of a link and rules."""

from dataclasses import dataclass

import pytest

from callcenter.errors import NotAllowed
from callcenter.vocab import Role
from tickets import rights
from tickets.actors import Actor, ActorKind
from tickets.rights import COLUMNS, OF_HEADS, TABLE, Right, Scope, Ties

LAN = Actor(1, "Lan", Role.OPERATOR)
HOA = Actor(2, "Hoa", Role.SHIFT_LEADER)
THU = Actor(3, "Thư", Role.OFFICER, agency_id=7)
NGOC = Actor(4, "Ngọc", Role.OFFICER, agency_id=7, approves=True)
PHUC = Actor(5, "Phúc", Role.SUPERVISOR)


@dataclass
class Ticket:
    owner_id: int | None = None
    lead_agency_id: int | None = None


def test_every_right_has_a_row_and_every_role_a_column() -> None:
    assert list(TABLE) == list(Right)
    assert set(COLUMNS) == {*Role, ActorKind.TOKEN, ActorKind.LINK}
    assert all(TABLE.values()), "a right that nobody has is none"


@pytest.mark.parametrize("role", Role)
def test_every_role_may_come_in(role: Role) -> None:
    assert role in rights.roles_with(Right.USE_CONSOLE)


@pytest.mark.parametrize(
    ("actor", "right", "thing", "may"),
    [
        (LAN, Right.FILE_REPORT, Ticket(owner_id=1), True),
        (LAN, Right.FILE_REPORT, Ticket(owner_id=2), False),
        (LAN, Right.FILE_REPORT, Ticket(), False),
        (LAN, Right.FILE_REPORT, None, True),
        (HOA, Right.FILE_REPORT, Ticket(owner_id=1), True),
        (THU, Right.FILE_REPORT, Ticket(owner_id=3), False),
        (THU, Right.ANSWER_TICKET, Ticket(lead_agency_id=7), True),
        (THU, Right.ANSWER_TICKET, Ticket(lead_agency_id=8), False),
        (THU, Right.ANSWER_TICKET, Ticket(), False),
        (HOA, Right.ANSWER_TICKET, Ticket(lead_agency_id=7), False),
        (THU, Right.APPROVE_ANSWER, Ticket(lead_agency_id=7), False),
        (NGOC, Right.APPROVE_ANSWER, Ticket(lead_agency_id=7), True),
        (NGOC, Right.APPROVE_ANSWER, Ticket(lead_agency_id=8), False),
        (PHUC, Right.APPROVE_ANSWER, Ticket(lead_agency_id=8), True),
    ],
)
def test_a_scope_reaches_over_what_it_says(actor: Actor, right: Right, thing: Ticket | None, may: bool) -> None:
    assert rights.may(actor, right, thing) is may
    if may:
        rights.require(actor, right, thing)
    else:
        with pytest.raises(NotAllowed):
            rights.require(actor, right, thing)


def test_ties_are_asked_only_where_the_scope_needs_them() -> None:
    def never() -> bool:
        raise AssertionError("asked")

    assert rights.may(HOA, Right.LISTEN_RECORDING, Ties(own=never, own_agency=never))
    assert rights.may(LAN, Right.LISTEN_RECORDING, Ties(own=lambda: True, own_agency=never))
    assert not rights.may(LAN, Right.LISTEN_RECORDING, Ties(own=lambda: False, own_agency=never))
    assert rights.may(THU, Right.LISTEN_RECORDING, Ties(own=never, own_agency=lambda: True))
    assert not rights.may(THU, Right.FILE_REPORT, Ties(own=never, own_agency=never))


def test_a_person_without_an_agency_has_none_of_its_tickets() -> None:
    """Two absences are not the same agency."""
    astray = Actor(9, "x", Role.OFFICER)
    assert not rights.may(astray, Right.ANSWER_TICKET, Ticket(lead_agency_id=None))
    assert not rights.may(Actor(None, "x", Role.OPERATOR), Right.FILE_REPORT, Ticket(owner_id=None))


@pytest.mark.parametrize(
    ("actor", "held"),
    [
        (Actor.token("app"), {Right.SEND_REPORT}),
        (Actor.link("citizen"), {Right.SEND_REPORT, Right.SPEAK_FOR_CITIZEN}),
        (Actor.rule("routing"), set()),
        (Actor(7, "a name without a role"), set()),
    ],
)
def test_who_is_no_person_of_the_house_has_little(actor: Actor, held: set[Right]) -> None:
    assert {right for right in Right if rights.may(actor, right)} == held


def test_only_roles_of_agencies_reach_by_agency() -> None:
    """An account belongs to an agency exactly where a right of its role does."""
    assert {role for role in Role if rights.works_for_agency(role)} == {Role.OFFICER}
    assert all(Scope.OWN_AGENCY in TABLE[right].values() for right in OF_HEADS)
