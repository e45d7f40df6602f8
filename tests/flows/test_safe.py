"""Safe contact: whatever happens to ticket or number, no call, no message, nothing shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import Call, CallBack, Ticket, TicketCall
from callcenter.vocab import CallBackStanding, ContactFlag, Disposition, Outcome, TicketState
from tests import factories
from tests.factories import CALLER, MONDAY, Province
from tickets.actors import Actor
from tickets.desk import filing, queries, same_caller
from tickets.life import claims, safe
from tickets.oversight import worklist
from tickets.people import contacts, showcase, tracking
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=3)
FIELDS = TicketFields(category_code="khac", ward_code="28249", description="Bị chồng đánh, xin giúp")
SAFE = TicketFields(safe_contact=True)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def lan(province: Province) -> Actor:
    return province.actor("lan")


def filed(session: Session, lan: Actor, fields: TicketFields = SAFE) -> Ticket:
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    filing.save_draft(session, lan, draft.code, fields, version=None, now=MONDAY)
    return filing.file(session, lan, draft.code, FIELDS, now=MONDAY)


def by_note(session: Session, lan: Actor) -> None:
    flags = [ContactFlag.SAFE_CONTACT]
    seen = contacts.stamp(contacts.card(session, CALLER).contact)
    contacts.save(session, lan, CALLER, names=(), note="", flags=flags, seen=seen, now=LATER)


def by_ticket(session: Session, lan: Actor) -> None:
    filed(session, lan)


def a_miss(session: Session, lan: Actor) -> None:
    filing.settle_call(session, factories.missed(session), now=LATER)


def a_message(session: Session, lan: Actor) -> None:
    call = factories.missed(session, outcome=Outcome.VOICEMAIL, stage=None, rang=[])
    filing.settle_call(session, call, now=LATER)


def a_lost_transfer(session: Session, lan: Actor) -> None:
    call = factories.answered(session, lost_in_transfer=True)
    filing.open_draft(session, call, now=LATER)
    filing.settle_call(session, call, now=LATER)


def call_backs(session: Session) -> int:
    session.flush()
    return session.scalar(select(func.count()).where(CallBack.standing == CallBackStanding.WAITING)) or 0


@pytest.mark.parametrize("first", range(4))
def test_in_whatever_order_it_comes_nobody_is_called_back(session: Session, lan: Actor, first: int) -> None:
    order = (by_note, a_miss, a_message, a_lost_transfer)
    for happens in order[first:] + order[:first]:
        happens(session, lan)
    assert call_backs(session) == 0
    assert worklist.callbacks(session, LATER) == []
    assert claims.take_next(session, lan, now=LATER) is None
    # Nothing is lost either: each call hangs on a draft that comes to the shift leader.
    drafts = {row.ticket.id for row in queries.unowned(session, LATER + timedelta(hours=1))}
    for call in session.scalars(select(Call)):
        assert drafts & set(session.scalars(select(TicketCall.ticket_id).where(TicketCall.call_id == call.id)))


@pytest.mark.parametrize("happens", [a_miss, a_message, a_lost_transfer])
def test_one_ticket_protects_its_number(
    session: Session, lan: Actor, happens: Callable[[Session, Actor], None]
) -> None:
    happens(session, lan)
    assert call_backs(session) == 1
    filed(session, lan)
    assert call_backs(session) == 0
    happens(session, lan)
    assert call_backs(session) == 0


def test_the_other_number_of_the_ticket_is_protected_too(session: Session, lan: Actor) -> None:
    filed(session, lan, TicketFields(safe_contact=True, reporter_phone="0912 345 678"))
    session.flush()
    assert safe.is_protected(session, "+84912345678")
    assert safe.is_protected(session, CALLER)
    assert not safe.is_protected(session, "+84912345679")
    assert not safe.is_protected(session, None)


def test_a_held_draft_is_for_the_shift_leader_and_settled_once(session: Session, lan: Actor) -> None:
    by_note(session, lan)
    call = factories.missed(session, rang=[])
    for _ in range(2):
        filing.settle_call(session, call, now=LATER)
    session.flush()
    (row,) = queries.unowned(session, LATER + timedelta(hours=1))
    assert (row.call, row.ticket.owner_id, row.ticket.state) == (call, None, TicketState.DRAFT)


def test_a_drop_is_not_called_back_and_the_draft_stays(session: Session, lan: Actor) -> None:
    by_note(session, lan)
    call = factories.answered(session)
    draft = filing.open_draft(session, call, now=LATER)
    with pytest.raises(Invalid) as refused:
        filing.dispose(session, lan, call.id, Disposition.DROPPED, now=LATER)
    assert refused.value.problems == {"disposition": "safe_no_call_back"}
    assert (draft.state, call.disposition) == (TicketState.DRAFT, None)


def test_nobody_can_look_it_up_or_see_it_shown(session: Session, lan: Actor) -> None:
    seen, hidden = filed(session, lan, TicketFields()), filed(session, lan)
    for ticket in (seen, hidden):
        ticket.may_publish, ticket.state, ticket.resolved_at = True, TicketState.RESOLVED, LATER
    session.flush()
    last = CALLER[-4:]
    assert tracking.by_phone(session, seen.code, last).code == seen.code
    assert tracking.journey(session, seen.code, LATER).standing.code == seen.code
    for look in (
        lambda: tracking.by_phone(session, hidden.code, last),
        lambda: tracking.journey(session, hidden.code, LATER),
        lambda: tracking.by_source(session, hidden.code, hidden.source),
    ):
        with pytest.raises(NotFound):
            look()
    assert len(showcase.examples(session, LATER)) == 1


def test_it_keeps_the_identity_and_takes_back_a_consent_to_publish(session: Session, lan: Actor) -> None:
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    draft.may_publish = True
    both = TicketFields(safe_contact=True, keep_identity=False)
    filing.save_draft(session, lan, draft.code, both, version=None, now=LATER)
    assert (draft.safe_contact, draft.keep_identity, draft.may_publish) == (True, True, False)
    more = same_caller.one_more(session, lan, draft.code, now=LATER)
    assert (more.safe_contact, more.keep_identity) == (True, True)
