"""Use cases × roles × own and others' things: each admits exactly the roles that the table of rights admits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from callcenter.errors import HotlineError, NotAllowed, NotFound
from callcenter.models import Assignment, Emergency, ShiftHandover
from callcenter.vocab import (
    AssignmentRole,
    Attempt,
    CommandVerb,
    EmergencyEnd,
    EmergencyService,
    GrievanceKind,
    Level,
    NuisanceStep,
    Source,
    TicketKind,
    TicketState,
)
from tests import factories
from tests.factories import MONDAY, Province
from tickets import rights
from tickets.actors import Actor
from tickets.administration import knowledge, lists, people, reasons
from tickets.agency import approvals, casework
from tickets.calls import calling, listening, nuisance
from tickets.desk import filing, grievances, queries, same_caller
from tickets.finding import articles
from tickets.life import claims, history
from tickets.life.claims import Taken
from tickets.oversight import mending, shifts
from tickets.people import citizens, contacts
from tickets.rights import Right, Scope, Ties
from tickets.rules.emergency_rules import EmergencyStep
from tickets.rules.fields import TicketFields
from tickets.telephone import emergencies, my_phone, taking
from tickets.telephone.calling_out import Allowed

NOW = MONDAY + timedelta(minutes=5)
PEOPLE = ("lan", "hoa", "phuc", "thu", "viet", "ngoc", "quan")
NOWHERE = 999_999
REFUSED = (NotAllowed, NotFound, Taken)


@dataclass(frozen=True)
class Things:
    """All that one person may have: codes of tickets, and ids."""

    draft: str
    call_back: str
    routed: str
    proposed: str
    emergency: int
    received: int
    given: int


Act = Callable[[Session, Actor, Things], Any]


@dataclass(frozen=True)
class Case:
    """`one`: it works on one thing, which is refused to a person without the reach for it."""

    right: Right
    act: Act
    one: bool = True


def _handed(act: Callable[..., Any], code: str, **given: Any) -> Act:
    """A use case on the ticket that `code` names among the things."""
    return lambda session, actor, things: act(session, actor, getattr(things, code), now=NOW, **given)


def _of_all(act: Callable[..., Any], *given: Any, **named: Any) -> Act:
    return lambda session, actor, _things: act(session, actor, *given, **named)


FIELDS = TicketFields(category_code="khac", description="Vỡ ống nước", reporter_phone="0905123456")
on_draft, on_routed = partial(_handed, code="draft"), partial(_handed, code="routed")
CASES: dict[str, Case] = {
    "see": Case(Right.SEE_TICKET, lambda session, actor, things: queries.ticket(session, actor, things.routed)),
    "begin": Case(Right.FILE_REPORT, _of_all(filing.new_ticket, source=Source.COUNTER, now=NOW), one=False),
    "save": Case(Right.FILE_REPORT, on_draft(filing.save_draft, fields=FIELDS, version=None)),
    "file": Case(Right.FILE_REPORT, on_draft(filing.file, fields=FIELDS)),
    "link": Case(Right.FILE_REPORT, lambda session, actor, things: filing.link(
        session, actor, things.draft, things.routed, now=NOW)),
    "unlink": Case(Right.FILE_REPORT, on_draft(filing.unlink)),
    "one more": Case(Right.FILE_REPORT, on_draft(same_caller.one_more)),
    "put aside": Case(Right.FILE_REPORT, on_draft(same_caller.put_aside, reason="x")),
    "guide": Case(Right.FILE_REPORT, on_draft(
        grievances.guide, kind=GrievanceKind.COMPLAINT, against="x", summary="x")),
    "take over": Case(Right.HAND_ON_WORK, on_draft(claims.take_over)),
    "hand to": Case(Right.HAND_ON_WORK, on_draft(claims.hand_to, user_id=NOWHERE)),
    "take next": Case(Right.CALL_BACK, _of_all(claims.take_next, now=NOW), one=False),
    "take": Case(Right.CALL_BACK, _handed(claims.take, "call_back")),
    "not reached": Case(Right.CALL_BACK, _handed(calling.not_reached, "call_back", result=Attempt.BUSY)),
    # Any operator that reached the citizen closes it, whatever its owner.
    "called back": Case(Right.CALL_BACK, _handed(filing.close_callback, "call_back", note="x"), one=False),
    "heard": Case(Right.CALL_BACK, _of_all(listening.heard_by_telephone, NOWHERE, now=NOW), one=False),
    "end many": Case(Right.END_CALL_BACKS, _of_all(calling.end_many, ["123456789"], reason="x", now=NOW)),
    "supply": Case(Right.SPEAK_FOR_CITIZEN, on_routed(citizens.supply, text="x")),
    "not fixed": Case(Right.SPEAK_FOR_CITIZEN, on_routed(citizens.not_fixed, reason="x")),
    "rate": Case(Right.SPEAK_FOR_CITIZEN, on_routed(citizens.rate, stars=5, note="")),
    "withdraw": Case(Right.SPEAK_FOR_CITIZEN, on_routed(citizens.withdraw, reason="")),
    "answers": Case(Right.READ_KNOWLEDGE, _of_all(articles.listed)),
    "note": Case(Right.NOTE_CALLER, _of_all(
        contacts.save, "+84905123456", names=(), note="x", flags=(), seen="", now=NOW)),
    "nuisance": Case(Right.DECIDE_NUISANCE, _of_all(
        nuisance.decide, "0905123456", NuisanceStep.FREE, reason="", days=0, now=NOW)),
    "grievances": Case(Right.SEE_GRIEVANCES, _of_all(grievances.recent)),
    "retry": Case(Right.OVERSEE_WORK, _of_all(mending.retry, NOWHERE, now=NOW), one=False),
    "settle": Case(Right.OVERSEE_WORK, _of_all(mending.settle, NOWHERE, now=NOW), one=False),
    "extension": Case(Right.WORK_TELEPHONE, _of_all(taking.take, "999", now=NOW), one=False),
    "pause": Case(Right.WORK_TELEPHONE, _of_all(my_phone.ask, CommandVerb.PAUSE, now=NOW), one=False),
    "emergency": Case(Right.PASS_EMERGENCY, lambda session, actor, things: emergencies.begin(
        session, actor, EmergencyService.FIRE, Allowed(), code=things.draft, now=NOW)),
    "emergency step": Case(Right.PASS_EMERGENCY, lambda session, actor, things: emergencies.step(
        session, actor, things.emergency, EmergencyStep.JOIN, Allowed(), now=NOW)),
    "emergency end": Case(Right.FOLLOW_EMERGENCY, lambda session, actor, things: emergencies.end(
        session, actor, things.emergency, EmergencyEnd.NO_EMERGENCY, now=NOW)),
    "emergency take": Case(Right.LEAD_EMERGENCY, _handed(emergencies.take, "emergency")),
    "assign": Case(Right.ROUTE_TICKET, on_routed(casework.assign, agency_id=NOWHERE, reason="x")),
    "accept": Case(Right.ACCEPT_TICKET, on_routed(casework.accept)),
    "give back": Case(Right.ACCEPT_TICKET, on_routed(casework.give_back, reason="x")),
    "resolve": Case(Right.ANSWER_TICKET, on_routed(casework.resolve, text="x")),
    "ask": Case(Right.ANSWER_TICKET, on_routed(casework.ask, question="x")),
    "resume": Case(Right.ANSWER_TICKET, on_routed(casework.resume, reason="")),
    "extend": Case(Right.ANSWER_TICKET, on_routed(casework.extend, working_days=1, reason="x")),
    "reject": Case(Right.REJECT_TICKET, on_routed(casework.reject, reason="x")),
    "approve": Case(Right.APPROVE_ANSWER, _handed(approvals.approve, "proposed")),
    "send back": Case(Right.APPROVE_ANSWER, _handed(approvals.send_back, "proposed", reason="x")),
    "hear": Case(Right.OPEN_RECORDING, lambda session, actor, things: listening.open_to_agency(
        session, actor, history.locked(session, things.routed), may_hear=True, now=NOW)),
    "give a shift": Case(Right.HAND_OVER, _of_all(shifts.give, NOWHERE, note="", now=NOW), one=False),
    "confirm a shift": Case(Right.HAND_OVER, _handed(shifts.confirm, "received")),
    "withdraw a shift": Case(Right.HAND_OVER, _handed(shifts.withdraw, "given")),
    "accounts": Case(Right.ADMINISTER_ACCOUNTS, _of_all(people.set_active, NOWHERE, False, now=NOW), one=False),
    "keywords": Case(Right.EDIT_KNOWLEDGE, _of_all(knowledge.set_keywords, "none", "", seen=None, now=NOW), one=False),
    "tokens": Case(Right.ADMINISTER_TOKENS, _of_all(lists.revoke_token, NOWHERE, now=NOW), one=False),
    "pause reasons": Case(Right.ADMINISTER_TELEPHONY, _of_all(reasons.add, "", "", now=NOW), one=False),
}  # fmt: skip


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.mark.parametrize("is_near", [True, False], ids=["theirs", "somebody-else-s"])
@pytest.mark.parametrize("username", PEOPLE)
def test_each_use_case_asks_the_table(session: Session, province: Province, username: str, is_near: bool) -> None:
    actor = province.actor(username)
    holder = actor if is_near else province.actor("son" if actor.agency_id else "minh")
    things = _things(session, province, holder)
    ties = Ties(own=lambda: is_near, own_agency=lambda: is_near)
    wrong = []
    for name, case in CASES.items():
        error = _tried(session, case.act, actor, things)
        if not rights.may(actor, case.right):
            held = isinstance(error, NotAllowed | NotFound)
        elif case.one and not rights.may(actor, case.right, ties):
            held = isinstance(error, REFUSED)
        else:
            # What is asked for may not be there, or may not be done now: that is no matter of rights.
            held = not isinstance(error, NotAllowed if not case.one or not is_near else REFUSED)
        if not held:
            wrong.append(f"{name}: {error!r}")
    assert not wrong, "\n".join(wrong)


def test_every_right_that_a_use_case_asks_for_is_tried() -> None:
    """But what another test has whole: how reports come in, and the lists of administration beside those here."""
    modules = Path(rights.__file__).parent.rglob("*.py")
    named = (re.findall(r"require\(actor, Right\.(\w+)", module.read_text(encoding="utf-8")) for module in modules)
    asked = {Right[name] for names in named for name in names}
    assert len(asked) > 10
    assert asked - {case.right for case in CASES.values()} <= {Right.SEND_REPORT, Right.WORK_INBOX}


@pytest.mark.parametrize("actor", [Actor.rule("listener"), Actor.token("app")], ids=["a rule", "a program"])
def test_no_use_case_lets_a_rule_or_a_program_in(session: Session, province: Province, actor: Actor) -> None:
    things = _things(session, province, province.actor("lan"))
    let_in = [name for name, case in CASES.items() if not isinstance(_tried(session, case.act, actor, things), REFUSED)]
    assert not let_in


def _tried(session: Session, act: Act, actor: Actor, things: Things) -> HotlineError | None:
    """What was refused, if anything; whatever was done is taken back."""
    with session.begin_nested() as point:
        try:
            act(session, actor, things)
        except HotlineError as error:
            return error
        finally:
            point.rollback()
    return None


def _things(session: Session, province: Province, holder: Actor) -> Things:
    """What `holder` has; with an agency of its own where they are of none."""
    agency = holder.agency_id or province.agencies["power"].id
    draft = _ticket(session, TicketState.DRAFT, owner_id=holder.id)
    emergency = Emergency(
        ticket_id=draft.id, service=EmergencyService.POLICE, level_before=Level.NORMAL, began_at=MONDAY,
        began_by_id=holder.id, began_by=holder.name,
    )  # fmt: skip
    call_back = factories.call_back(session, holder, owner_id=holder.id)
    history.note(session, call_back, "claim", holder, now=MONDAY)
    tam = province.actor("tam")
    received, given = _handover(tam, holder), _handover(holder, tam)
    session.add_all([emergency, received, given])
    session.flush()
    routed, proposed = (
        _with_agency(session, agency, state) for state in (TicketState.ROUTED, TicketState.AWAITING_APPROVAL)
    )
    return Things(draft.code, call_back.code, routed, proposed, emergency.id, received.id, given.id)


def _ticket(session: Session, state: TicketState, kind: TicketKind = TicketKind.REPORT, **columns: Any) -> Any:
    return history.begin(
        session, Actor.rule("test"), kind=kind, source=Source.HOTLINE, state=state, now=MONDAY, move="open", **columns
    )


def _with_agency(session: Session, agency_id: int, state: TicketState) -> str:
    ticket = _ticket(session, state, lead_agency_id=agency_id)
    session.add(Assignment(ticket_id=ticket.id, agency_id=agency_id, role=AssignmentRole.LEAD, assigned_at=MONDAY))
    session.flush()
    code: str = ticket.code
    return code


def _handover(giver: Actor, receiver: Actor) -> ShiftHandover:
    return ShiftHandover(
        given_at=MONDAY, given_by_id=giver.id, given_by=giver.name, given_to_id=receiver.id, given_to=receiver.name
    )


def test_a_scope_of_one_s_own_is_in_the_table() -> None:
    """Otherwise half of this module would prove nothing."""
    scopes = {scope for right in (case.right for case in CASES.values()) for scope in rights.TABLE[right].values()}
    assert {Scope.OWN, Scope.OWN_AGENCY, Scope.ALL} <= scopes
