"""What pages ask of the database: a number of statements that does not grow with what they show."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.desk import filing, same_caller
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
WHOLE = TicketFields(category_code="moi-truong", ward_code="28249", description="Rác chất đống trước chợ")


def drafts(session: Session, province: Province, count: int) -> None:
    """So many calls that 101 answered and still owes an end, each of another number with a past of its own."""
    lan = province.actor("lan")
    for place in range(count):
        number, at = f"+8490{place:07}", MONDAY + timedelta(minutes=place)
        before = factories.answered(session, caller=number, started_at=at - timedelta(days=2))
        older = filing.open_draft(session, before, now=at - timedelta(days=2))
        filing.file(session, lan, older.code, WHOLE, now=at - timedelta(days=2))
        factories.missed(session, caller=number, started_at=at - timedelta(days=1))
        call = factories.answered(session, caller=number, started_at=at)
        draft = filing.open_draft(session, call, now=at)
        if place % 5 == 4:
            same_caller.one_more(session, lan, draft.code, now=at)
    session.commit()


@pytest.mark.parametrize("page", ["/", "/desk/work"])
def test_base(sign_in: SignIn, session: Session, province: Province, asked: list[str], page: str) -> None:
    lan = sign_in("lan")
    for count in (0, 1, 12):
        drafts(session, province, count)
        lan.get(page)
        asked.clear()
        assert lan.get(page).status_code == 200
        print(page, count, len(asked))
    for one in asked[:40]:
        print(" ".join(one.split())[:150])
