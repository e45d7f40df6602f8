"""After filing: what the citizen is told, until the next matter begins; the code goes out as one text."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import NotAllowed
from callcenter.models import OutboxRow, TextMessage, Ticket
from callcenter.outbox import TEXTS
from callcenter.vocab import Source, TextResult
from tests import factories
from tests.factories import MONDAY, Province
from tickets.desk import filing
from tickets.people import closing
from tickets.people.closing import Closing
from tickets.rules import policy
from tickets.rules.fields import TicketFields

FIELDS = TicketFields(
    category_code="cap-thoat-nuoc", ward_code="28249", description="Nước ngập từ tối qua", reporter_phone="0905123456"
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def file(session: Session, province: Province, fields: TicketFields = FIELDS, now: datetime = MONDAY) -> Ticket:
    lan = province.actor("lan")
    ticket = filing.new_ticket(session, lan, source=Source.COUNTER, now=now - SECOND)
    return filing.file(session, lan, ticket.code, fields, now=now)


def shown(
    session: Session, province: Province, now: datetime, *, username: str = "lan", texts_on: bool = True
) -> Closing | None:
    session.flush()
    actor = province.actor(username)
    return closing.closing(session, actor, closing.recent(session, actor, now), texts_on=texts_on, now=now)


def test_the_newest_ticket_with_its_promise(session: Session, province: Province) -> None:
    file(session, province, now=MONDAY - timedelta(minutes=5))
    ticket = file(session, province)
    found = shown(session, province, MONDAY + SECOND)
    assert found is not None
    assert found.ticket is ticket
    # Before an agency has it: what the citizen's own page says.
    assert found.promised is not None
    assert found.promised > MONDAY + timedelta(days=1)
    assert found.may_text
    assert shown(session, province, MONDAY + SECOND, username="minh") is None


def test_it_leaves_when_the_next_call_rings(session: Session, province: Province) -> None:
    file(session, province)
    factories.call(session, started_at=MONDAY + SECOND, rang=["102"], ringing=["102"])
    assert shown(session, province, MONDAY + 2 * SECOND) is not None
    factories.missed(session, started_at=MONDAY + SECOND, ended_at=MONDAY + 3 * SECOND, rang=["101"])
    assert shown(session, province, MONDAY + 4 * SECOND) is None


def test_it_leaves_when_the_next_draft_is_opened(session: Session, province: Province) -> None:
    file(session, province)
    filing.new_ticket(session, province.actor("lan"), source=Source.LETTER, now=MONDAY + SECOND)
    assert shown(session, province, MONDAY + 2 * SECOND) is None


def test_it_leaves_after_its_time(session: Session, province: Province) -> None:
    file(session, province)
    assert shown(session, province, MONDAY + policy.TOLD_AFTER_FILING) is not None
    assert shown(session, province, MONDAY + policy.TOLD_AFTER_FILING + SECOND) is None


@pytest.mark.parametrize(
    ("change", "texts_on"),
    [({}, False), ({"reporter_phone": "02733123456"}, True), ({"safe_contact": True}, True)],
    ids=["no gateway", "landline", "safe contact"],
)
def test_no_text_is_offered(session: Session, province: Province, change: dict[str, object], texts_on: bool) -> None:
    file(session, province, TicketFields(**{**dict(FIELDS.given()), **change}))  # type: ignore[arg-type]
    found = shown(session, province, MONDAY + SECOND, texts_on=texts_on)
    assert found is not None
    assert not found.may_text


def test_the_code_is_sent_once(session: Session, province: Province) -> None:
    ticket, lan = file(session, province), province.actor("lan")
    first = closing.send_code(session, lan, ticket.code, now=MONDAY + SECOND)
    assert closing.send_code(session, lan, ticket.code, now=MONDAY + 2 * SECOND).id == first.id
    assert session.scalars(select(TextMessage.number)).all() == ["+84905123456"]
    assert len(session.scalars(select(OutboxRow).where(OutboxRow.queue == TEXTS)).all()) == 1
    found = shown(session, province, MONDAY + 3 * SECOND)
    assert found is not None
    assert found.text is first
    first.result = TextResult.REFUSED
    session.flush()
    assert closing.send_code(session, lan, ticket.code, now=MONDAY + 4 * SECOND).id != first.id


def test_another_operator_s_ticket_is_not_texted(session: Session, province: Province) -> None:
    ticket = file(session, province)
    with pytest.raises(NotAllowed):
        closing.send_code(session, province.actor("minh"), ticket.code, now=MONDAY + SECOND)
    assert session.scalars(select(TextMessage)).all() == []


def test_the_words_of_the_text() -> None:
    told = closing.words("618033991", "UBND phường Mỹ Tho", MONDAY)
    assert told.startswith("1022: phiếu 618-033-991, UBND phường Mỹ Tho trả lời trước ")
    assert MONDAY.strftime("/%Y") in told
    assert closing.words("618033991", None, None) == "1022: phiếu 618-033-991. Xem kết quả bằng mã này, hoặc gọi 1022."
