"""The search page: its address is the search, its pages follow positions, its filters are kept under names."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

from sqlalchemy.orm import Session

from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_ticket_page import filed

SignIn = Callable[[str | None], Browser]


def linked(page: str, words: str) -> str:
    """Where a link of these words leads."""
    found = next(
        one
        for one in re.findall(r'<a class="btn[^"]*" href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
        if words in one[1]
    )
    return unescape(found[0])


def codes_in(page: str) -> list[str]:
    return re.findall(r'id="ticket-(\d+)"', page)


def test_the_search_narrows_and_pages(sign_in: SignIn, session: Session, province: Province) -> None:
    for number in range(27):
        filed(session, province, f"Rác số {number}")
    lan, tam = sign_in("lan"), sign_in("tam")
    page = lan.get("/tickets").text
    assert "27 phiếu" in page
    older = lan.get(linked(page, "Cũ hơn")).text
    assert older.count('id="ticket-') == 2
    assert "Cũ hơn" not in older
    assert codes_in(lan.get(linked(older, "Mới hơn")).text) == codes_in(page)
    assert codes_in(lan.get("/tickets?older=999999").text) == codes_in(page)
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    for query, words in (
        ("state=closed", "0 phiếu"),
        (f"agency={province.agencies['my_tho'].id}", "27 phiếu"),
        (f"agency={province.agencies['water'].id}", "0 phiếu"),
        ("category=moi-truong&mine=1", "27 phiếu"),
        ("category=khac", "0 phiếu"),
        (f"until={yesterday}", "0 phiếu"),
        (f"since={yesterday}", "27 phiếu"),
        ("q=Rác+số+13", "1 phiếu"),
    ):
        assert words in lan.get(f"/tickets?{query}").text, query
    assert "27 phiếu" in tam.get("/tickets?mine=1").text
    assert "0 phiếu" in sign_in("minh").get("/tickets?mine=1").text


def test_a_search_is_kept_under_a_name_and_is_nobody_elses(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    filed(session, province, "Rác dồn trước chợ")
    lan, minh = sign_in("lan"), sign_in("minh")
    answer = lan.post("/searches?q=rac&category=moi-truong&older=7", {"name": " Rác  ở chợ "})
    assert answer.headers["Location"] == "/tickets?q=rac&category=moi-truong"
    page = lan.get(answer.headers["Location"]).text
    assert ">Rác ở chợ</a>" in page
    assert '<details class="search-keep" hidden>' in page
    assert '<details class="search-keep">' in lan.get("/tickets?q=rac").text
    lan.post("/searches?q=dien", {"name": "Rác ở chợ"})
    page = lan.get("/tickets").text
    assert "/tickets?q=dien" in page
    assert page.count("Rác ở chợ</a>") == 1
    assert "Rác ở chợ" not in minh.get("/tickets").text
    drop = re.search(r'action="(/searches/\d+/drop)"', page)
    assert drop is not None
    minh.post(drop[1])
    assert "Rác ở chợ" in lan.get("/tickets").text
    lan.post(drop[1])
    assert "Rác ở chợ" not in lan.get("/tickets").text


def test_a_name_that_is_refused_comes_back_with_the_search(sign_in: SignIn) -> None:
    lan = sign_in("lan")
    answer = lan.post("/searches?q=rac", {"name": "dài " * 30})
    assert answer.status_code == 422
    assert "Quá dài." in answer.text
    assert 'value="rac"' in answer.text
    for number in range(20):
        lan.post("/searches?q=rac", {"name": f"số {number}"})
    assert "Hãy bỏ bớt một bộ lọc cũ" in lan.post("/searches?q=rac", {"name": "một nữa"}).text


def test_all_are_counted_when_it_is_asked(sign_in: SignIn, session: Session, province: Province) -> None:
    for number in range(3):
        filed(session, province, f"Rác số {number}")
    assert "3 phiếu" in sign_in("lan").get("/tickets/count?q=rac").text
    assert "0 phiếu" in sign_in("son").get("/tickets/count?q=rac").text


def test_a_list_that_follows_is_answered_without_its_frame(
    sign_in: SignIn, session: Session, province: Province
) -> None:
    """What takes itself out of the answer needs no bar and no telephone, and must not use up the flashed messages."""
    filed(session, province, "Rác trước chợ")
    lan = sign_in("lan")
    lan.post("/searches?q=rac", {"name": "Rác"})
    numbers = "/numbers/0905123456"
    part = without_tokens(lan.get(numbers, headers={"HX-Request": "true", "HX-Target": "div#rows"}).text)
    whole = without_tokens(lan.get(numbers).text)
    title, rows = (re.search(f"<{tag}.*", part, re.DOTALL) for tag in ("title", 'div id="rows"'))
    assert title is not None
    assert rows is not None
    assert rows[0].strip() in whole
    assert title[0].splitlines()[0].strip() in whole
    assert "<header" not in part
    assert "Đã lưu bộ lọc" in whole


def without_tokens(page: str) -> str:
    """A form's token is signed with the second in which it was made: two answers have two."""
    return re.sub(r'(name="csrf_token" value=")[^"]+', r"\1", page)


def test_another_search_reads_only_what_it_found(sign_in: SignIn, session: Session, province: Province) -> None:
    filed(session, province, "Rác trước chợ")
    lan = sign_in("lan")
    for target in ("div#found", "div#rows"):
        part = lan.get("/tickets?q=rac&state=", headers={"HX-Request": "true", "HX-Target": target}).text
        # The search as it is kept and compared, without what was left empty.
        assert part.startswith('<div id="found" data-query="q=rac">')
        assert "1 phiếu" in part
        assert "Lưu bộ lọc này" not in part
        assert part.strip() in lan.get("/tickets?q=rac&state=").text
