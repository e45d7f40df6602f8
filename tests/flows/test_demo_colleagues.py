"""The demo's colleagues leave no call unfinished, and touch no other person's."""

import random
from datetime import timedelta

from sqlalchemy import Engine, select

from callcenter.db import reading, transaction
from callcenter.models import Call, Ticket
from callcenter.vocab import TicketState
from scripts.demo import colleagues, fill
from tests import factories
from tests.factories import MONDAY
from tickets.desk import filing

AFTER = MONDAY + timedelta(minutes=5)


def _ended_call(engine: Engine, extension: str) -> int:
    with transaction(engine) as session:
        call = factories.call(session, rang=[extension], ringing=[extension])
        call.ringing, call.talking, call.operator, call.operators = [], [extension], extension, [extension]
        filing.open_draft(session, call, now=MONDAY)
        call.answered_at, call.ended_at = MONDAY + timedelta(seconds=5), MONDAY + timedelta(seconds=60)
        call.outcome, call.talk_s = "answered", 55.0
        filing.settle_call(session, call, now=call.ended_at)
        return call.id


def test_a_colleague_s_call_is_filed_or_ended_and_the_newcomer_s_is_left(engine: Engine) -> None:
    with transaction(engine) as session:
        fill.seed(session, now=MONDAY)
    theirs = {_ended_call(engine, "102") for _ in range(6)}
    own = _ended_call(engine, "101")
    assert colleagues.finish_calls(engine, random.Random(1), AFTER) == len(theirs)
    with reading(engine) as session:
        drafts = session.scalars(select(Ticket).where(Ticket.state == TicketState.DRAFT)).all()
        owner = session.get_one(Call, own)
        assert [draft.caller for draft in drafts] == [owner.caller]
        ended = session.scalars(select(Call).where(Call.id.in_(theirs), Call.disposition.is_not(None))).all()
        filed = session.scalars(select(Ticket).where(Ticket.filed_at.is_not(None))).all()
        assert len(ended) + len(filed) == len(theirs)
        assert filed
    assert colleagues.finish_calls(engine, random.Random(1), AFTER) == 0
