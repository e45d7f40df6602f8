"""Search results by text typed and by role, and their order."""

from datetime import timedelta
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from callcenter.models import Assignment, Ticket
from callcenter.text import fold
from callcenter.vocab import AssignmentRole, Level, Source, TicketKind, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.finding import search
from tickets.finding.search import PageCursor, SearchQuery
from tickets.rules import codes

SAYINGS = (
    "Đường ĐÈN tắt, ngập nước; số 12/3B!",
    "ÀÁẢÃẠ ăằắẳẵặ âầấẩẫậ èéẻẽẹ êềếểễệ",
    "ìíỉĩị òóỏõọ ôồốổỗộ ơờớởỡợ ùúủũụ ưừứửữự",
    "Đa\u0302\u0301t đai",
    "  \t\nhai  dòng ",
    "Ngã tư Nguyễn Huệ – Lý Thường Kiệt…",
    "",
    "😀 cây 🌳 đổ",
    "ñandú œuvre Ỵ",
)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def lan(province: Province) -> Actor:
    return province.actor("lan")


def ticket(session: Session, number: int, said: str = "", **columns: object) -> Ticket:
    values = {
        "code": codes.make_code(number),
        "kind": TicketKind.REPORT,
        "source": Source.HOTLINE,
        "state": TicketState.FILED,
        "level": Level.NORMAL,
        "description": said,
        "created_at": MONDAY + timedelta(minutes=number),
        **columns,
    }
    return factories.written(session, Ticket(**values))


def given_to(session: Session, ticket: Ticket, province: Province, agency: str) -> None:
    session.add(
        Assignment(
            ticket_id=ticket.id, agency_id=province.agencies[agency].id, role=AssignmentRole.LEAD, assigned_at=MONDAY
        )
    )
    session.flush()


def found(session: Session, actor: Actor, said: str) -> list[Ticket]:
    return asked(session, actor, SearchQuery(text=said))


def asked(session: Session, actor: Actor, wanted: SearchQuery) -> list[Ticket]:
    return [session.get_one(Ticket, line.id) for line in search.search(session, actor, wanted).tickets]


@pytest.mark.parametrize("said", SAYINGS)
def test_the_database_folds_as_we_do(session: Session, said: str) -> None:
    assert session.scalar(text("SELECT folded(:said)"), {"said": said}) == fold(said)


@pytest.mark.parametrize(
    "said",
    [
        "cống nghẹt",
        "cong nghet",
        "CỐNG  Nghẹt",
        "nghẹt cống",
        "cong ngh",
        "ap bac",
        "Ấp Bắc",
        "đã thông",
        "hoang oanh",
        "lê cống",
        "0905123456",
        "+84 905 123 456",
        "0905.123.456",
        "84905123456",
        "cống 0905 123 456",
        "0938 111 222",
        "cống 0938 111 222, +84 905 123 456",
        "63b1",
    ],
)
def test_what_finds_a_ticket(session: Session, lan: Actor, said: str) -> None:
    meant = ticket(
        session,
        1,
        "Cống nghẹt, xe 63B1 lọt bánh",
        address="12 Ấp Bắc",
        reporter_name="Lê Hoàng Oanh",
        reporter_phone="+84905123456",
        caller="+84938111222",
        resolution="Đã thông cống ngày 20/11.",
    )
    ticket(session, 2, "Đèn đường tắt", reporter_phone="+84905123457")
    assert found(session, lan, said) == [meant]
    assert found(session, lan, meant.code) == found(session, lan, codes.group(meant.code)) == [meant]


@pytest.mark.parametrize(
    "said", ["cong tat", "nghe cong", "0905123458", "0905123456 0938111222 0911111111", "!!!", "' & |", "a:*"]
)
def test_what_finds_nothing(session: Session, lan: Actor, said: str) -> None:
    ticket(session, 1, "Cống nghẹt", reporter_phone="+84905123456")
    assert found(session, lan, said) == []


def test_the_last_word_may_be_unfinished_until_a_space_ends_it(session: Session, lan: Actor) -> None:
    ticket(session, 1, "Nghẹt cống")
    assert len(found(session, lan, "ngh")) == 1
    assert found(session, lan, "ngh ") == []


def test_a_kept_identity_is_found_by_the_desk_alone(session: Session, province: Province, lan: Actor) -> None:
    tam = province.actor("tam")
    who = {"reporter_name": "Bà Mười Hai", "reporter_phone": "+84905123456", "caller": "+84938111222"}
    kept = ticket(session, 1, "Nước thải hôi", keep_identity=True, **who)
    told = ticket(session, 2, "Rác hôi", **who)
    for one in (kept, told):
        given_to(session, one, province, "my_tho")
    for said in ("bà mười hai", "muoi", "0905123456", "0938111222", "hôi mười"):
        assert found(session, lan, said) == [told, kept]
        assert found(session, tam, said) == [told]
    assert found(session, tam, "hoi") == [told, kept]
    kept.keep_identity = False
    session.flush()
    assert found(session, tam, "mười") == [told, kept]


def test_an_agency_finds_only_what_it_has_or_had(session: Session, province: Province) -> None:
    given_to(session, ticket(session, 1, "Rác"), province, "my_tho")
    assert len(found(session, province.actor("tam"), "rac")) == 1
    assert found(session, province.actor("son"), "rac") == []


@pytest.fixture(params=[2, 60, 4000], ids=["beyond the window", "partly", "within"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_WINDOW", request.param)
    monkeypatch.setattr(search, "_known_ends", WeakKeyDictionary())


@pytest.mark.usefixtures("window")
def test_a_page_that_the_newest_do_not_fill_goes_on_with_older_ones(session: Session, lan: Actor) -> None:
    """Fifty of long ago and five of today: one page, and how many there are was seen on the way."""
    numbers = iter(range(1, 200))
    old = [ticket(session, next(numbers), "Rác") for _ in range(50)]
    for _ in range(54):
        ticket(session, next(numbers), "Đèn")
    new = [ticket(session, next(numbers), "Rác") for _ in range(5)]
    page = search.search(session, lan, SearchQuery(text="rac"))
    assert [one.id for one in page.tickets] == [one.id for one in [*old[30:], *new]][::-1]
    assert (page.total, page.older, page.newer) == (55, True, False)


@pytest.mark.usefixtures("window")
def test_pages_follow_one_another_while_tickets_come_in(session: Session, lan: Actor) -> None:
    """Sixty tickets, several of one minute; two more arrive while the pages are turned."""
    rows = [ticket(session, 1 + n, "Rác", created_at=MONDAY + timedelta(minutes=n // 4)) for n in range(60)]
    for number in range(70, 80):
        ticket(session, number, "Đèn")
    newest_first = [row.id for row in reversed(rows)]
    wanted = SearchQuery(text="rac")
    first = search.search(session, lan, wanted)
    ticket(session, 90, "Rác mới")
    second = search.search(session, lan, wanted, PageCursor(first.tickets[-1].id))
    ticket(session, 91, "Rác mới nữa")
    third = search.search(session, lan, wanted, PageCursor(second.tickets[-1].id))
    assert [one.id for page in (first, second, third) for one in page.tickets] == newest_first
    assert [(page.newer, page.older) for page in (first, second, third)] == [(False, True), (True, True), (True, False)]
    assert search.search(session, lan, wanted, PageCursor(third.tickets[0].id, back=True)).tickets == second.tickets
    again = search.search(session, lan, wanted, PageCursor(first.tickets[0].id, back=True))
    assert ([one.description for one in again.tickets], again.newer) == (["Rác mới nữa", "Rác mới"], False)
    assert search.count(session, lan, wanted) == 62


@pytest.mark.usefixtures("window")
def test_a_rare_word_is_found_behind_many_others_and_counted(session: Session, lan: Actor) -> None:
    old = ticket(session, 1, "Lốc xoáy tốc mái", created_at=MONDAY - timedelta(days=400))
    for number in range(2, 70):
        ticket(session, number, "Rác")
    page = search.search(session, lan, SearchQuery(text="loc xoay"))
    assert ([line.id for line in page.tickets], page.total, page.older, page.newer) == ([old.id], 1, False, False)
    day = (MONDAY - timedelta(days=400)).date()
    assert asked(session, lan, SearchQuery(until=day)) == [old]
    assert search.search(session, lan, SearchQuery(text="loc", since=day + timedelta(days=1))).tickets == []


def test_the_words_of_a_ticket_follow_what_is_written(session: Session, lan: Actor) -> None:
    one = ticket(session, 1, "Rác")
    one.description = "Đèn"
    session.flush()
    assert found(session, lan, "rac") == []
    assert found(session, lan, "den") == [one]
    assert session.scalars(select(Ticket.description)).all() == ["Đèn"]
