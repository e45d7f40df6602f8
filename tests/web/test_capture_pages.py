"""The page Capture: witnesses, gaps and figures of each PBX, their rows, and one call from both sides."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter import models
from callcenter.models import PbxGap, PbxStatus, WitnessCursor
from callcenter.vocab import Outcome, Verdict
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.figures import capture

SignIn = Callable[[str | None], Browser]
NOW = datetime.now(UTC)
PRIVATE = "1|1.1|q|NONE|HOTLINESTART|0905111225|prohib_not_screened|1022|trunk"


def compared(session: Session, verdict: Verdict | None, **columns: object) -> models.Testimony:
    """A call of today with what its witness says."""
    call = factories.answered(session, started_at=NOW, ended_at=NOW, **columns)
    said = models.Testimony(
        pbx=call.pbx,
        linkedid=call.linkedid,
        rows={"queue_log": [PRIVATE, "1|1.1|q|Lan|RINGNOANSWER|0905111225"]},
        started_at=NOW,
        last_at=NOW,
        closed=True,
        call_id=call.id,
        verdict=verdict,
        checked_at=NOW,
        differences=[{"field": "outcome", "recorded": "failed", "witnessed": "answered"}]
        if verdict == "repaired"
        else [],
    )
    session.add(said)
    return said


def figures(page: str) -> dict[str, int]:
    found = re.findall(r'href="/capture/([a-z]+)/[^"]*"><b>(\d+)</b>', page)
    return {which: int(count) for which, count in found}


@pytest.fixture
def pbx(session: Session, province: Province) -> str:
    name = factories.call(session, started_at=NOW - timedelta(days=3)).pbx
    session.add(PbxStatus(pbx=name, connected=True, since=NOW, seen_at=NOW))
    return name


def test_each_figure_opens_as_many_rows(sign_in: SignIn, session: Session, pbx: str) -> None:
    wanted = {Verdict.AGREES: 3, Verdict.REPAIRED: 2, Verdict.DIFFERS: 1, Verdict.UNEXPLAINED: 1, None: 1}
    for verdict, count in wanted.items():
        for _ in range(count):
            compared(session, verdict)
    made = compared(session, Verdict.REPAIRED, snapshot=dict(capture.MADE), outcome=Outcome.ANSWERED)
    nothing = compared(session, Verdict.UNEXPLAINED)
    nothing.rows = {}
    session.commit()
    phuc = sign_in("phuc")
    counts = figures(phuc.get("/capture/").text)
    assert counts == {
        "heard": 9, "witnessed": 9, "agrees": 3, "repaired": 3, "differs": 1, "unexplained": 2, "waiting": 1
    }  # fmt: skip
    for which, count in counts.items():
        page = phuc.get(f"/capture/{which}/{pbx}").text
        assert page.count('href="/capture/call/') == count, which
    yesterday = (NOW - timedelta(days=1)).date()
    assert set(figures(phuc.get(f"/capture/?day={yesterday}").text).values()) == {0}
    assert "không cho thấy cuộc gọi này" in phuc.get(f"/capture/call/{pbx}/{made.linkedid}").text
    assert "không có dòng nào" in phuc.get(f"/capture/call/{pbx}/{nothing.linkedid}").text


@pytest.mark.parametrize(("hold_s", "shown"), [(None, "–"), (95.0, "1:35")])
def test_a_hold_that_nobody_heard_is_a_dash(
    sign_in: SignIn, session: Session, pbx: str, hold_s: float | None, shown: str
) -> None:
    said = compared(session, Verdict.UNEXPLAINED, hold_s=hold_s)
    session.commit()
    page = sign_in("quan").get(f"/capture/call/{said.pbx}/{said.linkedid}").text
    assert re.search(rf"Giữ máy</th><td>\s*{shown}\s*</td>", page)


def test_a_call_shows_both_sides_and_the_rows(sign_in: SignIn, session: Session, pbx: str) -> None:
    said = compared(session, Verdict.REPAIRED)
    session.commit()
    page = sign_in("quan").get(f"/capture/call/{pbx}/{said.linkedid}").text
    assert "Lỗi kỹ thuật" in page
    assert "RINGNOANSWER" in page
    # Their network was asked to keep this number from us.
    assert "0905111225" not in page


def test_cel_does_not_tell_whose_number_is_kept(sign_in: SignIn, session: Session, pbx: str) -> None:
    """It has the number whatever the caller asked for: that the record has none says what that was."""
    said = compared(session, Verdict.AGREES, caller=None, caller_raw=None)
    leg = {"eventtype": "CHAN_START", "uniqueid": said.linkedid, "cidnum": "0905111226", "cidani": "0905111226"}
    said.rows = {"cel": [leg, {"eventtype": "APP_START", "uniqueid": "2.2", "appdata": "x,0905111226"}]}
    session.commit()
    page = sign_in("quan").get(f"/capture/call/{pbx}/{said.linkedid}").text
    assert "APP_START" in page
    assert "0905111226" not in page


def test_rows_are_shown_to_supervisors_and_administrators_alone(sign_in: SignIn, session: Session, pbx: str) -> None:
    said = compared(session, Verdict.AGREES)
    session.commit()
    for username in ("hoa", "lan"):
        person = sign_in(username)
        for address in ("/capture/", f"/capture/heard/{pbx}", f"/capture/call/{pbx}/{said.linkedid}"):
            assert person.get(address).status_code == 403


def test_witnesses_and_gaps_are_told(sign_in: SignIn, session: Session, pbx: str) -> None:
    session.commit()
    assert "chưa có nguồn thứ hai" in sign_in("phuc").get("/capture/").text
    session.add(WitnessCursor(pbx=pbx, witness="queue_log", place={}, read_at=NOW, read_to=NOW))
    session.add(WitnessCursor(pbx=pbx, witness="cel", place={}, read_at=NOW, error="OperationalError: no such table"))
    session.add(
        PbxGap(pbx=pbx, started_at=NOW - timedelta(minutes=1), ended_at=NOW, why="closed by the PBX", settled_at=NOW)
    )
    session.add(PbxGap(pbx=pbx, started_at=NOW, why="silent for 15 s"))
    session.commit()
    page = sign_in("phuc").get("/capture/").text
    told = ("đã đọc hết lúc", "no such table", "đã bổ sung từ nhật ký", "đến nay", "chưa bổ sung")
    for words in (*told, "tổng đài đóng kết nối", "im lặng 15 giây"):
        assert words in page


def test_it_stands_in_the_menu_of_those_who_may(sign_in: SignIn, session: Session, pbx: str) -> None:
    session.commit()
    assert 'href="/capture/"' in sign_in("phuc").get("/supervisor/").text
    assert "Ghi nhận cuộc gọi" in sign_in("phuc").get("/palette?q=ghi nhan").text
    assert "Ghi nhận cuộc gọi" not in sign_in("hoa").get("/palette?q=ghi nhan").text


def test_what_is_not_there_is_not_found(sign_in: SignIn, session: Session, pbx: str) -> None:
    session.commit()
    phuc = sign_in("phuc")
    assert phuc.get(f"/capture/nonsense/{pbx}").status_code == 404
    assert phuc.get(f"/capture/call/{pbx}/9.9").status_code == 404
