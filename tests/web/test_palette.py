"""Answers of the command palette: the intended one first, and nothing beyond the person's rights."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter import phones
from callcenter.models.matters import ticket_number
from callcenter.vocab import Source
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.desk import filing
from tickets.rules import codes

SignIn = Callable[[str | None], Browser]


def test_the_code_of_a_ticket_is_no_phone_number(session: Session, province: Province, sign_in: SignIn) -> None:
    """Nine digits can be both: 838-574-775 is also 0838 574 775."""
    number = next(number for number in count(1) if phones.normalise(codes.make_code(number)))
    both = codes.make_code(number)
    lan = sign_in("lan")
    assert "/numbers/" in lan.get(f"/palette?q={both}").text
    session.execute(select(func.setval(ticket_number.name, number, False)))
    ticket = filing.new_ticket(session, province.actor("lan"), source=Source.LETTER, now=datetime.now(UTC))
    session.commit()
    assert ticket.code == both
    found = lan.get(f"/palette?q={codes.group(both)}").text
    assert f"/tickets/{both}" in found
    assert "/numbers/" not in found
