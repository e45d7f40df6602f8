"""A page, its parts and its person are read in one snapshot of the data; errors are shown from a new one."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, QueuePool, event, text
from sqlalchemy.orm import Session

from agent_ui.ticket import search_pages
from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_ticket_page import filed

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def begun(engine: Engine) -> Iterator[list[str]]:
    """How each transaction of the site is isolated, in the order in which they begin."""
    levels: list[str] = []

    def begin(connection: Connection) -> None:
        levels.append(connection.get_isolation_level())

    event.listen(engine, "begin", begin)
    yield levels
    event.remove(engine, "begin", begin)


@pytest.mark.parametrize("page", ["/desk", "/tickets", "/shift", "/desk/side", "/live"])
def test_a_page_reads_in_one_view(sign_in: SignIn, engine: Engine, begun: list[str], page: str) -> None:
    hoa = sign_in("hoa")
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    before = pool.checkedout()
    begun.clear()
    with hoa.get(page) as answer:
        assert answer.status_code == 200
        assert begun == ["REPEATABLE READ"]
        # Nothing is held while an answer goes out: a stream lasts for minutes.
        assert pool.checkedout() == before


def test_a_view_that_failed_is_told_of_by_another_one(
    sign_in: SignIn, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = sign_in("lan")

    def fail(session: Session, *_: object) -> None:
        session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(search_pages, "find", fail)
    answer = lan.get("/tickets")
    assert answer.status_code == 500
    assert "Có lỗi trong hệ thống" in answer.text
    # In the person's own frame, whose parts were read after all.
    assert province.actor("lan").name in answer.text
    monkeypatch.undo()
    filed(session, province, "Rác trước chợ")
    assert "1 phiếu" in lan.get("/tickets").text


def test_what_a_form_has_written_is_on_the_page_that_answers_it(sign_in: SignIn, begun: list[str]) -> None:
    """A request that writes does not read in the view of before: its own answer would be old."""
    lan = sign_in("lan")
    lan.post("/language", {"language": "en", "next": "/tickets"})
    assert '<html lang="en"' in lan.get("/tickets").text
    token = lan.token()
    begun.clear()
    answer = lan.client.post("/searches?q=rac", data={"csrf_token": token, "name": "x" * 100})
    assert answer.status_code == 422
    # The person; what is written; the page that answers.
    assert begun == ["REPEATABLE READ", "READ COMMITTED", "REPEATABLE READ"]
    lan.post("/searches?q=rac", {"name": "one"})
    assert ">one</a>" in lan.post("/searches?q=rac", {"name": "x" * 100}).text
