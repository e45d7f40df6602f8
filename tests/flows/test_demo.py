"""The demo province in a database: complete, the same after a second seed, and respectful of what people changed."""

import hashlib
import random
import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from callcenter import models, phones
from callcenter.models import (
    Agency,
    ApiToken,
    CalendarDay,
    Category,
    FormerUnit,
    RoutingRule,
    SlaTarget,
    User,
    Ward,
)
from callcenter.passwords import verify_password
from callcenter.vocab import AgencyKind, Level, Role
from scripts.demo import fill, reports
from scripts.demo.fill import Seeded, base, seed
from scripts.demo.reports import REPORTS
from tickets.agency import assignment
from tickets.finding.places import find_places
from tickets.life import clocks
from tickets.rules.routing import choose_agency

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLES = (Ward, FormerUnit, Category, Agency, RoutingRule, SlaTarget, CalendarDay, models.TestNumber, User, ApiToken)


@pytest.fixture
def seeded(session: Session, monkeypatch: pytest.MonkeyPatch) -> Seeded:
    # argon2 at its full cost, eighteen times over in every test, would be most of the suite's time.
    monkeypatch.setattr(fill, "hash_password", lambda password: f"plain:{password}")
    return seed(session, now=NOW)


def counts(session: Session) -> dict[str, int]:
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES}


def password_hashes(session: Session) -> dict[str, str]:
    return {user.username: user.password_hash for user in session.scalars(select(User))}


def test_the_units_fields_and_agencies_are_all_there(session: Session, seeded: Seeded) -> None:
    assert counts(session)["ward"] == 102
    assert Counter(session.scalars(select(Ward.kind))) == {"phường": 20, "xã": 82}
    assert counts(session)["former_unit"] == 320
    assert counts(session)["category"] == 18
    kinds = Counter(session.scalars(select(Agency.kind)))
    assert kinds[AgencyKind.COMMUNE] == 102
    assert min(kinds[AgencyKind.DEPARTMENT], kinds[AgencyKind.COMPANY], kinds[AgencyKind.OFFICE]) >= 3
    committee = session.scalars(select(Agency).where(Agency.code == "ubnd-28261")).one()
    assert committee.name == "UBND phường Mỹ Tho"


def test_every_ward_has_a_centre_inside_the_province(session: Session, seeded: Seeded) -> None:
    for ward in session.scalars(select(Ward)):
        assert ward.latitude is not None
        assert ward.longitude is not None
        assert 10.1 < ward.latitude < 11.0
        assert 105.1 < ward.longitude < 106.9


def test_a_second_seed_changes_nothing(session: Session, seeded: Seeded) -> None:
    before = counts(session)
    hashes = password_hashes(session)
    again = seed(session, now=NOW, earlier=seeded.as_json())
    assert counts(session) == before
    assert again == seeded
    assert password_hashes(session) == hashes


def test_what_people_changed_stays(session: Session, seeded: Seeded) -> None:
    session.get_one(Category, "khac").name = "Nội dung khác"
    session.get_one(SlaTarget, (Level.NORMAL, clocks.Clock.ANSWER)).minutes = 99
    session.get_one(CalendarDay, date(2026, 9, 2)).working = True
    session.execute(update(RoutingRule).values(active=False))
    session.execute(update(FormerUnit).where(FormerUnit.name == "Phường 7").values(ward_code="28249"))
    session.scalars(select(Agency).where(Agency.code == "so-y-te")).one().active = False
    session.flush()
    seed(session, now=NOW, earlier=seeded.as_json())
    session.expire_all()
    assert session.get_one(Category, "khac").name == "Nội dung khác"
    assert session.get_one(SlaTarget, (Level.NORMAL, clocks.Clock.ANSWER)).minutes == 99
    assert session.get_one(CalendarDay, date(2026, 9, 2)).working
    assert not session.scalars(select(RoutingRule).where(RoutingRule.active)).all()
    assert session.scalars(select(FormerUnit.ward_code).where(FormerUnit.name == "Phường 7")).all() == ["28249"]
    assert not session.scalars(select(Agency).where(Agency.code == "so-y-te")).one().active


def test_an_earlier_demo_json_stays_good_in_a_new_database(session: Session) -> None:
    earlier = {"users": [{"username": "lan", "password": "sen-rach-xoai-47"}], "tokens": {"api": "an old token"}}
    result = seed(session, now=NOW, earlier=earlier)
    lan = session.scalars(select(User).where(User.username == "lan")).one()
    assert verify_password(lan.password_hash, "sen-rach-xoai-47")
    assert result.tokens["api"] == "an old token"
    assert session.scalars(select(ApiToken.token_hash).where(ApiToken.scope == "api")).all() == [
        hashlib.sha256(b"an old token").hexdigest()
    ]


def test_a_lost_demo_json_gives_new_passwords_and_tokens(session: Session, seeded: Seeded) -> None:
    again = seed(session, now=NOW)
    passwords = {user.username: user.password for user in again.users}
    assert passwords.keys() == {user.username for user in seeded.users}
    for user in session.scalars(select(User)):
        assert user.password_hash == f"plain:{passwords[user.username]}"
        assert user.session_epoch == 1
    good = select(ApiToken.token_hash).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.scope)
    digests = [hashlib.sha256(again.tokens[scope].encode()).hexdigest() for scope in ("api", "open311")]
    assert session.scalars(good).all() == digests


def test_a_revoked_token_is_not_brought_back(session: Session, seeded: Seeded) -> None:
    session.execute(update(ApiToken).values(revoked_at=NOW))
    again = seed(session, now=NOW, earlier=seeded.as_json())
    assert set(again.tokens.values()).isdisjoint(seeded.tokens.values())


def test_somebody_else_of_the_same_username_is_left_alone(session: Session) -> None:
    session.add(User(username="long", password_hash="theirs", name="Trần Long", role=Role.ADMIN, created_at=NOW))
    session.flush()
    result = seed(session, now=NOW)
    assert "long" not in {user.username for user in result.users}
    assert session.scalars(select(User.password_hash).where(User.username == "long")).one() == "theirs"


def test_people_of_every_role_with_their_extensions_and_agencies(session: Session, seeded: Seeded) -> None:
    roles = Counter(user.role for user in seeded.users)
    assert set(roles) == {role.value for role in Role}
    operators = [user.extension for user in seeded.users if user.role == Role.OPERATOR]
    assert operators == ["101", "102", "103", "104", "105", "106"]
    assert roles[Role.OFFICER] >= 8
    assert all(user.agency for user in seeded.users if user.role == Role.OFFICER)
    entry = seeded.as_json()["users"][0]
    assert {"role", "username", "password", "extension"} <= entry.keys()


def test_an_agency_whose_people_need_approval_has_a_head(session: Session, seeded: Seeded) -> None:
    people = session.scalars(select(User).join(User.agency).where(Agency.needs_approval, User.active)).all()
    heads = {user.agency_id for user in people if user.approves}
    assert heads == {user.agency_id for user in people} != set()
    assert all(user.role == Role.OFFICER for user in people)


def test_every_field_but_other_reaches_an_agency(session: Session, seeded: Seeded) -> None:
    rules, communes = assignment.rules(session), assignment.communes(session)
    for category in session.scalars(select(Category.code)):
        decision = choose_agency(rules, communes, category=category, ward="28261", level=Level.NORMAL)
        assert (decision.lead is None) == (category == "khac"), category


def test_rules_know_towns_urgency_and_communes(session: Session, seeded: Seeded) -> None:
    rules, communes = assignment.rules(session), assignment.communes(session)
    names = {agency.id: agency.name for agency in session.scalars(select(Agency))}
    wards = {ward.name: ward.code for ward in session.scalars(select(Ward))}

    def lead(category: str, ward: str, level: Level = Level.NORMAL) -> str:
        decision = choose_agency(rules, communes, category=category, ward=wards[ward], level=level)
        return names[decision.lead or 0]

    assert lead("cap-thoat-nuoc", "Phường Mỹ Tho") == "Công ty Cấp nước Tiền Giang"
    assert lead("cap-thoat-nuoc", "Phường Sa Đéc") == "Công ty Cấp nước và Môi trường đô thị Đồng Tháp"
    assert lead("cap-thoat-nuoc", "Xã Cái Bè").startswith("Trung tâm Nước sạch")
    assert lead("moi-truong", "Xã Cái Bè") == "UBND xã Cái Bè"
    assert lead("an-ninh", "Xã Cái Bè") == "UBND xã Cái Bè"
    assert lead("an-ninh", "Xã Cái Bè", Level.URGENT) == "Công an tỉnh"


def test_the_calendar_has_tet_and_the_swapped_day(session: Session, seeded: Seeded) -> None:
    days = {row.day: row for row in session.scalars(select(CalendarDay))}
    assert not days[date(2026, 2, 17)].working
    assert days[date(2026, 2, 17)].note == "Tết Nguyên Đán"
    assert not days[date(2026, 8, 31)].working
    assert days[date(2026, 8, 22)].working
    assert not days[date(2027, 9, 2)].working
    assert {day.year for day in days} == {2026, 2027}


def test_an_empty_hotline_has_no_demo_people(session: Session) -> None:
    base(session, now=NOW)
    found = counts(session)
    assert found["ward"] == 102
    assert found["category"] == 18
    assert found["sla_target"] == 9
    assert found["calendar_day"] > 20
    assert found["user_account"] == found["agency"] == found["routing_rule"] == found["api_token"] == 0


def test_another_province_can_be_loaded(session: Session) -> None:
    base(session, now=NOW, province="91")
    assert counts(session)["ward"] == 102
    assert find_places(session, "rạch giá")[0].name == "Phường Rạch Giá"


def test_places_are_found_and_a_correction_is_seen_at_once(session: Session, seeded: Seeded) -> None:
    (first, *_) = find_places(session, "p7 my tho")
    assert (first.ward_code, first.name) == ("28261", "Phường Mỹ Tho")
    session.execute(update(FormerUnit).where(FormerUnit.name == "Phường 7").values(ward_code="28249"))
    assert find_places(session, "p7 my tho")[0].name == "Phường Đạo Thạnh"
    session.execute(FormerUnit.__table__.delete().where(FormerUnit.name == "Phường 7"))  # type: ignore[attr-defined]
    assert "Phường 7" not in str(find_places(session, "p7 my tho"))


def test_the_reports_use_real_fields_wards_and_numbers(session: Session, seeded: Seeded) -> None:
    assert len(REPORTS) == 60
    assert {report.category for report in REPORTS} == set(session.scalars(select(Category.code)))
    assert {report.ward for report in REPORTS} <= set(session.scalars(select(Ward.name)))
    chance = random.Random(1022)
    for _ in range(50):
        number = reports.mobile_number(chance)
        meant = {phones.normalise(form) for form in reports.written_forms(number)}
        assert meant == {f"+84{number[1:]}"}


def test_passwords_can_be_read_out_and_differ() -> None:
    passwords = {fill.new_password() for _ in range(200)}
    assert len(passwords) > 195
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+-[1-9][0-9]", password) for password in passwords)
