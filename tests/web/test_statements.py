"""What pages ask of the database: a number of statements that does not grow with what they show."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from agent_ui.desk.console import MOST_FORMS
from callcenter.models import Call, Contact, Emergency, PauseReason, PbxQueue, PbxStatus
from callcenter.vocab import CommandVerb, EmergencyService, Level
from tests import factories
from tests.factories import MONDAY, Province
from tests.web.conftest import Browser
from tickets.desk import filing, same_caller
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
WHOLE = TicketFields(category_code="moi-truong", ward_code="28249", description="Rác chất đống trước chợ")
DESK_PAGES = ("/", "/desk/work", "/desk/side", "/desk/parts", "/desk/parts?work=1")


@pytest.fixture
def telephone(session: Session) -> None:
    """Lan's telephone is in a queue of a PBX that is heard and can be asked for anything."""
    now = datetime.now(UTC)
    actions = [verb.value for verb in CommandVerb]
    member = {"extension": "101", "name": "Lan", "paused": False, "status": 1, "dynamic": True}
    session.add_all(
        [
            PbxStatus(pbx="pbx1", connected=True, since=now, seen_at=now, actions=actions),
            PbxQueue(pbx="pbx1", name="hotline-1022", title="Tổng đài 1022", members=[member], seen_at=now),
        ]
    )
    session.merge(PauseReason(code="an-trua", name="Ăn trưa", position=1))
    session.commit()


def drafts(session: Session, province: Province, count: int) -> None:
    """So many calls that 101 answered and still owes an end, each of a number with a note and a past of its own."""
    lan = province.actor("lan")
    for place in range(count):
        number, at = f"+8490{place:07}", MONDAY + timedelta(minutes=place)
        before = factories.answered(session, caller=number, started_at=at - timedelta(days=2))
        older = filing.open_draft(session, before, now=at - timedelta(days=2))
        filing.file(session, lan, older.code, WHOLE, now=at - timedelta(days=2))
        factories.missed(session, caller=number, started_at=at - timedelta(days=1))
        session.merge(Contact(number=number, names=["Ông Ba"], note="Nghe kém", flags=[], changed_at=at))
        draft = filing.open_draft(session, factories.answered(session, caller=number, started_at=at), now=at)
        session.add(emergency(draft.id, lan.id or 0, at))
        if place % 5 == 4:
            same_caller.one_more(session, lan, draft.code, now=at)
    session.commit()


def emergency(ticket_id: int, person: int, at: datetime, call: Call | None = None) -> Emergency:
    return Emergency(
        ticket_id=ticket_id, call_id=call.id if call else None, service=EmergencyService.AMBULANCE, number="115",
        level_before=Level.NORMAL, began_at=at, began_by_id=person, began_by="Nguyễn Thị Lan", extension="101",
    )  # fmt: skip


def call_backs(session: Session, count: int) -> None:
    for place in range(count):
        filing.settle_call(session, factories.missed(session, caller=f"+8491{place:07}"), now=MONDAY)
    session.commit()


def counted(browser: Browser, asked: list[str], page: str) -> int:
    asked.clear()
    answer = browser.get(page)
    assert answer.status_code == 200
    return len(asked)


@pytest.mark.usefixtures("telephone")
def test_a_desk_asks_as_much_whatever_lies_on_it(
    sign_in: SignIn, session: Session, province: Province, asked: list[str]
) -> None:
    lan = sign_in("lan")
    counts = {}
    for lying in (0, 1, 40):
        drafts(session, province, lying)
        call_backs(session, lying)
        counts[lying] = {page: counted(lan, asked, page) for page in DESK_PAGES}
    assert lan.get("/").text.count("data-draft=") == MOST_FORMS
    assert counts[1] == counts[40]
    # One is that for open emergencies, which the drafts have.
    assert counts[0] == {page: count - 1 for page, count in counts[40].items()}
    assert counts[0] == {"/": 21, "/desk/work": 15, "/desk/side": 14, "/desk/parts": 8, "/desk/parts?work=1": 17}


@pytest.mark.usefixtures("telephone")
def test_calls_and_emergencies_add_a_few_statements_however_many_they_are(
    sign_in: SignIn, session: Session, province: Province, asked: list[str]
) -> None:
    lan, owner = sign_in("lan"), province.people["lan"].id
    idle = counted(lan, asked, "/desk/parts?work=1")
    talking = {"ringing": [], "talking": ["101"], "operators": ["101"], "answered_at": MONDAY}
    counts = []
    for place in range(3):
        call = factories.call(session, caller=f"+8492{place:07}", **talking)
        draft = filing.open_draft(session, call, now=MONDAY)
        session.add(emergency(draft.id, owner, MONDAY, call))
        session.commit()
        counts.append(counted(lan, asked, "/desk/parts?work=1"))
    assert counts[0] == counts[1] == counts[2]
    # The drafts of the calls, talks that broke off, emergencies and what was asked about them, and transfer targets.
    assert counts[0] - idle <= 9
