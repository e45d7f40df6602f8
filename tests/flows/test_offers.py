"""The page offers exactly what the verb accepts: every action × state × person, from the rows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent_ui.ticket.ticket_moves import CARRIERS
from callcenter.errors import HotlineError
from callcenter.models import Assignment, CallBack, Matter, Ticket, TicketClock, TicketEvent, TicketOrCallBack
from callcenter.vocab import AssignmentRole, CallBackStanding, Clock, Level, Source, TicketKind, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.life import offers
from tickets.people.citizens import CITIZEN
from tickets.rules import codes
from tickets.rules.moves import ACTIONS
from tickets.rules.states import STATES

NOW = MONDAY + timedelta(hours=2)
# The desk; officers of the lead, of the agency that co-ordinates and of a stranger; officer and head of the office.
PEOPLE = ("lan", "minh", "hoa", "phuc", "quan", "thu", "tam", "son", "viet", "ngoc")
FIELDS: dict[str, Any] = {
    "reason": "Lý do", "text": "Đã vá ống", "question": "Số nhà?", "note": "Đã nói", "working_days": 2, "stars": 4,
    "result": "busy", "later": "", "files": (), "proposal": None,
}  # fmt: skip
assert CARRIERS


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def waits_or_not(session: Session, province: Province, standing: CallBackStanding) -> CallBack:
    """A call-back of Lan's."""
    lan = province.actor("lan")
    made = factories.call_back(session, lan, owner_id=lan.id, standing=standing, ended_at=MONDAY)
    session.commit()
    return made


def made(session: Session, province: Province, state: TicketState, lead: str, kind: TicketKind) -> Ticket:
    """A ticket of this state as it comes to be, in hand of a lead and a co-ordinating agency where agencies have it."""
    agencies = province.agencies
    with_agency = state in (
        TicketState.ROUTED, TicketState.ACCEPTED, TicketState.WAITING, TicketState.AWAITING_APPROVAL,
    )  # fmt: skip
    answered = state in (TicketState.RESOLVED, TicketState.CLOSED)
    ticket = Ticket(
        code=codes.make_code(1), kind=kind, source=Source.HOTLINE, level=Level.NORMAL, state=state, created_at=MONDAY,
        caller="+84905123456", owner_id=province.people["lan"].id, filed_at=MONDAY, clocks=[],
        lead_agency_id=agencies[lead].id if with_agency or answered else None,
        resolved_at=MONDAY if answered else None, resolution="Đã vá ống" if answered else None,
    )  # fmt: skip
    factories.written(session, ticket)
    if state == TicketState.LINKED:
        parent = Ticket(
            code=codes.make_code(2), kind=TicketKind.REPORT, source=Source.HOTLINE, level=Level.NORMAL, clocks=[],
            state=TicketState.TRIAGE, created_at=MONDAY,
        )  # fmt: skip
        ticket.parent_id = factories.written(session, parent).id
    if with_agency:
        taken = None if state == TicketState.ROUTED else MONDAY
        for agency, role in ((lead, AssignmentRole.LEAD), ("my_tho", AssignmentRole.CO)):
            session.add(
                Assignment(ticket_id=ticket.id, agency_id=agencies[agency].id, role=role, assigned_at=MONDAY,
                           accepted_at=taken if role == AssignmentRole.LEAD else None)
            )  # fmt: skip
    own = STATES[state].clock
    for clock in {own, Clock.ANSWER} if own else ():
        stands = NOW if STATES[state].stands and clock == Clock.ANSWER else None
        ticket.clocks.append(
            TicketClock(kind=clock, started_at=MONDAY, due=MONDAY + timedelta(days=3), stands_since=stands)
        )
    if state == TicketState.AWAITING_APPROVAL:
        session.add(
            TicketEvent(ticket_id=ticket.id, at=MONDAY, move="propose", from_state=TicketState.ACCEPTED, to_state=state,
                        actor_id=province.people["viet"].id, actor="Lâm Quốc Việt", data={})
        )  # fmt: skip
    session.commit()
    return ticket


def does_it(session: Session, province: Province, actor: Actor, ticket: TicketOrCallBack, action: str) -> bool:
    """Whether the verb changes anything; what it did is taken back."""
    needed = {need.name for move in ACTIONS[action] for need in move.needs}
    values = {name: value for name, value in FIELDS.items() if name in needed}
    if "agency_id" in needed:
        values["agency_id"] = province.agencies["power"].id
    before = session.scalar(select(func.count()).select_from(TicketEvent))
    held = session.begin_nested()
    try:
        offers.carry(session, actor, ticket.code, action, values, NOW)
        session.flush()
        return session.scalar(select(func.count()).select_from(TicketEvent)) != before
    except HotlineError:
        return False
    finally:
        held.rollback()
        session.expire_all()


@pytest.mark.parametrize("lead", ["water", "office"])
@pytest.mark.parametrize("state", TicketState)
def test_offered_is_what_the_verb_accepts(session: Session, province: Province, state: TicketState, lead: str) -> None:
    _check_offers(session, province, made(session, province, state, lead, TicketKind.REPORT))


@pytest.mark.parametrize("standing", CallBackStanding)
def test_offered_is_what_the_verb_accepts_of_a_call_back(
    session: Session, province: Province, standing: CallBackStanding
) -> None:
    _check_offers(session, province, waits_or_not(session, province, standing))


def _check_offers(session: Session, province: Province, ticket: TicketOrCallBack) -> None:
    for actor in (*(province.actor(name) for name in PEOPLE), CITIZEN):
        offered = {move.action for move in offers.offered(session, actor, ticket, NOW)}
        accepted = {action for action in ACTIONS if does_it(session, province, actor, ticket, action)}
        assert offered == accepted, actor.name


def test_each_state_offers_something_or_says_that_it_is_over(session: Session, province: Province) -> None:
    """Written apart from the rows, for the roles with most to do: the lead's officer and the leader."""
    expected = {
        TicketState.ROUTED: ({"accept", "give_back", "reject"}, {"assign", "reject", "withdraw"}),
        TicketState.ACCEPTED: (
            {"resolve", "ask", "extend", "give_back", "reject"}, {"assign", "reject", "withdraw"},
        ),
        TicketState.WAITING: ({"resume"}, {"supply", "withdraw"}),
        TicketState.RESOLVED: (set(), {"rate", "not_fixed"}),
        TicketState.REJECTED: (set(), set()),
    }  # fmt: skip
    for state, (officer, leader) in expected.items():
        ticket = made(session, province, state, "water", TicketKind.REPORT)
        for name, actions in (("thu", officer), ("hoa", leader)):
            assert {m.action for m in offers.offered(session, province.actor(name), ticket, NOW)} == actions, (
                state,
                name,
            )
        session.query(TicketClock).delete()
        session.query(Assignment).delete()
        session.delete(ticket)
        session.flush()
        session.query(Matter).delete()
        session.commit()
