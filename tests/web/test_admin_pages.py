"""The administrator's pages: typing stays, secrets are shown once, edit conflicts are shown, all is on record."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.models import Agency, ApiToken, CalendarDay, Category, ChangeRecord, PbxQueue, RoutingRule, User
from callcenter.passwords import verify_password
from callcenter.vocab import Clock, Level
from tests.factories import Province
from tests.web.conftest import PASSWORD, Browser
from tickets.life import clocks

SignIn = Callable[[str | None], Browser]
LAN = {"name": "Nguyễn Thị Lan", "role": "operator", "extension": "101", "language": "vi", "agency": ""}


@pytest.fixture
def quan(sign_in: SignIn) -> Browser:
    return sign_in("quan")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


def records(session: Session) -> list[ChangeRecord]:
    session.rollback()
    return list(session.scalars(select(ChangeRecord).order_by(ChangeRecord.id)))


def test_home_is_the_overview_and_tells_what_is_missing(quan: Browser) -> None:
    assert quan.get("/").headers["Location"] == "/admin/"
    page = quan.get("/admin/").text
    assert "Việc cần làm" in page
    assert "Phường Đạo Thạnh" in page  # a ward without an agency
    assert "Khác" in page  # a field without a rule
    assert "thời hạn chưa được tỉnh xác nhận" in page
    assert "PostgreSQL" in page


@pytest.mark.parametrize(
    "url",
    ["users", "users/new", "agencies", "agencies/new", "rules", "rules/new", "categories", "categories/new",
     "calendar", "calendar?year=2031", "calendar?year=99999999999999", "calendar/week", "deadlines",
     "deadlines?filed=nonsense", "deadlines/normal/answer", "numbers", "queues", "tokens", "tokens/new", "changes",
     "changes?since=2026-01-01&until=9999-12-31", "changes.csv"],
)  # fmt: skip
def test_every_page_opens_on_an_empty_record(quan: Browser, url: str) -> None:
    assert quan.get(f"/admin/{url}").status_code == 200


def test_a_new_person_signs_in_with_the_password_that_was_shown(quan: Browser, sign_in: SignIn) -> None:
    form = {**LAN, "username": "mai", "name": "Trần Thị Mai", "extension": "107"}
    form["password"] = hidden(quan.get("/admin/users/new").text, "password")
    first, second = quan.post("/admin/users/new", form), quan.post("/admin/users/new", form)
    assert (first.status_code, second.status_code) == (200, 200)
    assert form["password"] in first.text
    assert form["password"] in second.text  # sent twice by a nervous finger
    answer = sign_in(None).post("/sign-in", {"username": "mai", "password": form["password"]})
    assert answer.status_code == 303


def test_a_refused_form_keeps_what_was_typed(quan: Browser) -> None:
    form = {**LAN, "username": "Mai Trần", "name": "Trần Thị Mai", "password": "ngắn"}
    answer = quan.post("/admin/users/new", form)
    assert answer.status_code == 422
    for words in ('value="Trần Thị Mai"', 'value="Mai Trần"', "ít nhất 12 ký tự"):
        assert words in answer.text


def test_search_finds_without_accents(quan: Browser) -> None:
    page = quan.get("/admin/users?q=dang+hoai").text
    assert "Đặng Hoài Sơn" in page
    assert "Phạm Hồng Phúc" not in page
    assert "Không có tài khoản nào khớp" in quan.get("/admin/users?q=khong-co-ai").text


def test_two_administrators_at_one_account(quan: Browser, session: Session, province: Province) -> None:
    url = f"/admin/users/{province.people['lan'].id}"
    seen = hidden(quan.get(url).text, "seen")
    assert quan.post(url, {**LAN, "extension": "110", "seen": seen}).status_code == 303
    answer = quan.post(url, {**LAN, "extension": "120", "seen": seen})
    assert answer.status_code == 409
    assert 'value="120"' in answer.text
    assert "<b>110</b>" in answer.text
    assert quan.post(url, {**LAN, "extension": "120", "seen": hidden(answer.text, "seen")}).status_code == 303
    assert [(row.before, row.after) for row in records(session)] == [
        ({"extension": "101"}, {"extension": "110"}),
        ({"extension": "110"}, {"extension": "120"}),
    ]


def test_closing_an_account_signs_its_person_out(quan: Browser, sign_in: SignIn, province: Province) -> None:
    lan = sign_in("lan")
    url = f"/admin/users/{province.people['lan'].id}"
    assert quan.post(f"{url}/active", {"active": "no"}).status_code == 303
    assert lan.get("/").status_code == 302
    assert "Đã khóa" in quan.get(url).text
    assert quan.post(f"{url}/active", {"active": "yes"}).status_code == 303
    sign_in("lan")


def test_the_last_administrator_stays(quan: Browser, province: Province, session: Session) -> None:
    url = f"/admin/users/{province.people['quan'].id}"
    refused = quan.post(f"{url}/active", {"active": "no"})
    assert refused.status_code == 422
    assert "quản trị hệ thống cuối cùng" in refused.text
    demoted = quan.post(url, {"name": "Bùi Anh Quân", "role": "supervisor", "language": "vi"})
    assert demoted.status_code == 422
    assert records(session) == []


def test_a_new_password_is_shown_and_ends_the_sessions(
    quan: Browser, sign_in: SignIn, province: Province, session: Session
) -> None:
    lan = sign_in("lan")
    url = f"/admin/users/{province.people['lan'].id}/password"
    password = hidden(quan.get(url).text, "password")
    assert password in quan.post(url, {"password": password}).text
    assert lan.get("/").status_code == 302
    (row,) = records(session)
    assert password not in f"{row.before}{row.after}"
    assert row.after.keys() == {"password_set"}


def test_everybody_changes_their_own_password(sign_in: SignIn, session: Session) -> None:
    here, elsewhere = sign_in("thu"), sign_in("thu")
    form = {"old": "sai rồi", "password": "ngắn", "again": "khác"}
    refused = here.post("/account/password", form)
    assert refused.status_code == 422
    assert "Mật khẩu hiện tại không đúng" in refused.text
    good = {"old": PASSWORD, "password": "sông Tiền chảy về đông", "again": "sông Tiền chảy về đông"}
    assert here.post("/account/password", good).status_code == 303
    assert here.get("/account/password").status_code == 200
    assert elsewhere.get("/account/password").status_code == 302
    session.expire_all()
    stored = session.scalars(select(User).where(User.username == "thu")).one()
    assert verify_password(stored.password_hash, good["password"])


def test_a_new_field_gets_a_way_and_the_trial_shows_it(quan: Browser, session: Session, province: Province) -> None:
    assert quan.post("/admin/categories/new", {"code": "ben-xe", "name": "Bến xe", "active": "on"}).status_code == 303
    assert "Chưa có quy tắc riêng" in quan.get("/admin/categories/ben-xe").text
    trial = "/admin/rules?try=1&category=ben-xe&level=normal"
    assert "không có quy tắc phù hợp" in quan.get(trial).text
    assert quan.post("/admin/rules/new", {"category": "ben-xe", "lead": "dien-luc", "active": "on"}).status_code == 303
    assert quan.post("/admin/rules/new", {"category": "ben-xe", "lead": "dien-luc", "active": "on"}).status_code == 303
    page = quan.get(trial).text
    assert "Quy tắc số 4 quyết định" in page
    assert session.scalars(select(RoutingRule).where(RoutingRule.category_code == "ben-xe")).one()


def test_rules_change_places_once_however_often_it_is_said(quan: Browser, session: Session, province: Province) -> None:
    ids = list(session.scalars(select(RoutingRule.id).order_by(RoutingRule.position)))
    for _ in range(2):
        assert quan.post(f"/admin/rules/{ids[1]}/place", {"above": ids[0]}).status_code == 303
    session.rollback()
    order = list(session.scalars(select(RoutingRule.id).order_by(RoutingRule.position)))
    assert order == [ids[1], ids[0], ids[2]]
    assert len(records(session)) == 1


def test_an_agency_is_changed_and_a_ward_has_one(quan: Browser, session: Session, province: Province) -> None:
    form = {"code": "ubnd-khac", "name": "UBND khác", "kind": "commune", "ward": "28249", "active": "on"}
    refused = quan.post("/admin/agencies/new", form)
    assert refused.status_code == 422
    assert "UBND phường Mỹ Tho" in refused.text
    assert quan.post("/admin/agencies/new", {**form, "ward": "28270", "phone": "0273 387 2222"}).status_code == 303
    added = session.scalars(select(Agency).where(Agency.code == "ubnd-khac")).one()
    assert added.phone == "+842733872222"
    assert quan.get(f"/admin/agencies/{added.id}").status_code == 200


def test_days_weeks_and_deadlines(quan: Browser, session: Session) -> None:
    day = {"day": "2026-12-24", "working": "no", "note": "Nghỉ bù"}
    assert quan.post("/admin/calendar?year=2026", day).status_code == 303
    assert quan.post("/admin/calendar?year=2026", day).status_code == 303
    taken = quan.post("/admin/calendar?year=2026", {**day, "note": "Khác"})
    assert taken.status_code == 422
    seen = hidden(quan.get("/admin/calendar/2026-12-24").text, "seen")
    url = "/admin/calendar/2026-12-24"
    assert quan.post(url, {"working": "no", "note": "Nghỉ lễ", "seen": seen}).status_code == 303
    assert quan.post(url, {"working": "yes", "note": "Làm bù", "seen": seen}).status_code == 409
    assert quan.post(url, {"remove": "1"}).status_code == 303
    assert session.get(CalendarDay, datetime(2026, 12, 24, tzinfo=UTC).date()) is None

    week = {f"{part}-{n}": at for n in range(5) for part, at in (("am-opens", "08:00"), ("am-closes", "12:00"))}
    broken = quan.post("/admin/calendar/week", {**week, "am-closes-2": "07:00"})
    assert broken.status_code == 422
    assert 'value="07:00"' in broken.text
    seen = hidden(quan.get("/admin/calendar/week").text, "seen")
    assert quan.post("/admin/calendar/week", {**week, "seen": seen}).status_code == 303

    due = {"amount": "2", "unit": "days", "working_time": "yes", "confirmed": "on"}
    assert quan.post("/admin/deadlines/normal/answer", {**due, "amount": "mười"}).status_code == 422
    assert quan.post("/admin/deadlines/normal/answer", due).status_code == 303
    session.rollback()
    assert clocks.times(session).target(Level.NORMAL, Clock.ANSWER).minutes == 900
    assert "Tỉnh đã xác nhận" in quan.get("/admin/deadlines?filed=2026-11-23T09:00").text


def test_test_numbers_in_any_form(quan: Browser) -> None:
    assert quan.post("/admin/numbers", {"number": "+84 (905) 123-456", "note": "Máy thử"}).status_code == 303
    assert "0905 123 456" in quan.get("/admin/numbers").text.replace("\xa0", " ")
    refused = quan.post("/admin/numbers", {"number": "không phải số", "note": "Máy thử"})
    assert refused.status_code == 422
    assert 'value="không phải số"' in refused.text
    quan.post("/admin/numbers/remove", {"number": "+84905123456"})
    assert "Chưa có số gọi thử nào" in quan.get("/admin/numbers").text


def test_a_queue_tells_who_is_missing(quan: Browser, session: Session) -> None:
    members = [{"extension": "101", "name": "Lan", "paused": False, "status": 1},
               {"extension": "199", "name": "?", "paused": False, "status": 1}]  # fmt: skip
    session.add(PbxQueue(pbx="pbx1", name="q1022", title="", members=members, seen_at=datetime.now(UTC)))
    session.commit()
    page = quan.get("/admin/queues").text
    assert "199" in page
    assert "chưa có tài khoản" in page
    assert "Trần Văn Minh không nằm trong hàng đợi nào" in page
    form = {"pbx": "pbx1", "name": "q1022", "title": "Hàng đợi chính"}
    assert quan.post("/admin/queues", {**form, "seen": hidden(page, "seen")}).status_code == 303
    conflict = quan.post("/admin/queues", {**form, "title": "Khác", "seen": hidden(page, "seen")})
    assert conflict.status_code == 409
    assert "Hàng đợi chính" in conflict.text


def test_a_key_is_shown_once_and_revoked(quan: Browser, session: Session) -> None:
    page = quan.get("/admin/tokens/new").text
    form = {"name": "Cổng tỉnh", "scope": "api", "source": "web", "token": hidden(page, "token")}
    assert quan.post("/admin/tokens/new", {**form, "token": "tự chọn"}).status_code == 422
    for _ in range(2):
        assert form["token"] in quan.post("/admin/tokens/new", form).text
    token = session.scalars(select(ApiToken)).one()
    assert form["token"] not in quan.get("/admin/tokens").text
    assert "bị từ chối ngay" in quan.get(f"/admin/tokens/{token.id}/revoke").text
    for _ in range(2):
        assert quan.post(f"/admin/tokens/{token.id}/revoke").status_code == 303
    assert [(row.subject, row.after.get("active")) for row in records(session)] == [
        ("api_token", True),
        ("api_token", False),
    ]
    assert form["token"] not in "".join(str(row.after) for row in records(session))


def test_the_record_is_filtered_and_comes_as_a_table(quan: Browser, sign_in: SignIn, session: Session) -> None:
    quan.post("/admin/categories/new", {"code": "ben-xe", "name": "=1+1", "active": "on"})
    quan.post("/admin/numbers", {"number": "0905123456", "note": "Máy thử"})
    page = quan.get("/admin/changes?subject=category").text
    assert "ben-xe" in page
    assert "0905 123 456" not in page.replace("\xa0", " ")
    assert "Không có thay đổi nào khớp" in quan.get("/admin/changes?until=2020-01-01").text
    answer = sign_in("phuc").get("/admin/changes.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert {row["actor"] for row in rows} == {"Bùi Anh Quân"}
    assert [row["after"] for row in rows if row["field"] == "name"] == ["'=1+1"]
    assert session.get(Category, "ben-xe") is not None


def test_the_record_goes_on_page_by_page(quan: Browser, session: Session) -> None:
    for number in range(55):
        session.add(
            ChangeRecord(
                at=datetime.now(UTC), actor="Ai đó", subject="agency", key=f"don-vi-{number}", after={"name": "x"}
            )
        )
    session.commit()
    first = quan.get("/admin/changes").text
    below = re.search(r"below=(\d+)", first)
    assert below
    assert "don-vi-54" in first
    assert "don-vi-4<" in quan.get(f"/admin/changes?below={below[1]}").text
