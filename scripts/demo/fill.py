"""Seed of the database: what every province needs, and, for the demo, agencies, rules and accounts."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import holidays
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter import extensions
from callcenter.models import (
    Agency,
    ApiToken,
    Article,
    CalendarDay,
    Category,
    CategoryKeywords,
    ExtensionSpan,
    RoutingRule,
    SlaTarget,
    TestNumber,
    User,
    Ward,
)
from callcenter.passwords import hash_password
from callcenter.vocab import AgencyKind
from scripts.demo.knowledge import ARTICLES as ARTICLES_OF_DEMO
from scripts.demo.knowledge import KEYWORDS
from scripts.demo.province import AGENCIES, CATEGORIES, COMMUNE, PASSWORD_WORDS, PEOPLE, RULES, Person, Way
from scripts.tools.places import load_units
from tickets.rules.policy import TARGETS

DONG_THAP = "82"
_LOCK = 0x1022_0002
_TOKENS = {"api": ("Ứng dụng mẫu", "app"), "open311": ("Open311 mẫu", "open311")}
_TEST_NUMBER = ("+84900102200", "Máy thử của tổ kỹ thuật")


@dataclass(frozen=True)
class SignIn:
    """One entry of `users` in demo.json."""

    role: str
    username: str
    password: str
    extension: str | None
    name: str
    agency: str | None


@dataclass(frozen=True)
class Seeded:
    """What demo.json holds of the seed: the accounts, and the tokens by scope."""

    users: tuple[SignIn, ...]
    tokens: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"users": [asdict(user) for user in self.users], "tokens": dict(self.tokens)}


def base(session: Session, *, now: datetime, province: str = DONG_THAP) -> None:
    """What even an empty hotline needs: units, fields, deadlines, calendar. Adds what is missing, changes nothing."""
    # Two seeds at once would both find the rules missing and write them twice.
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    load_units(session, province)
    _add(
        session,
        Category,
        (
            {"code": field.code, "name": field.name, "position": position, "evidence_required": field.evidence}
            for position, field in enumerate(CATEGORIES, start=1)
        ),
    )
    _add(
        session,
        SlaTarget,
        (
            {"level": level, "clock": clock, "minutes": target.minutes, "working_time": target.working_time}
            for (level, clock), target in TARGETS.items()
        ),
    )
    _add(session, CalendarDay, calendar_days(range(2026, max(2027, now.year + 1) + 1)))


def seed(
    session: Session, *, now: datetime, province: str = DONG_THAP, earlier: Mapping[str, Any] | None = None
) -> Seeded:
    """The base and the demo on top of it; safe to run again, and what people have changed since stays.

    `earlier` is what demo.json holds from a former seed: its passwords and tokens stay good, in a new database too.
    Without it the demo's people get new passwords, because the old ones are not known.
    """
    base(session, now=now, province=province)
    agencies = _agencies(session)
    _rules(session, agencies)
    _knowledge(session, now)
    number, note = _TEST_NUMBER
    _add(session, TestNumber, [{"number": number, "note": note}])
    users = _people(session, agencies, earlier or {}, now)
    return Seeded(users=tuple(users), tokens=_tokens(session, earlier or {}, now))


def _knowledge(session: Session, now: datetime) -> None:
    """Words for each field that has none yet, and the first articles where there is no article at all."""
    ways = [{"category_code": code, "phrases": said.split("; ")} for code, said in KEYWORDS.items()]
    _add(session, CategoryKeywords, ways)
    if session.scalar(select(func.count()).select_from(Article)):
        return
    first = {"published": True, "created_at": now, "changed_at": now}
    session.add_all(
        Article(category_code=one.category, title=one.title, body=one.body, **first) for one in ARTICLES_OF_DEMO
    )
    session.flush()


def calendar_days(years: Iterable[int]) -> list[dict[str, Any]]:
    """Holidays, days off for holidays on a weekend, and the Saturdays worked instead, as rows of CalendarDay.

    A year whose swaps are not decided yet has none: they are added by hand when the Government says so.
    """
    wanted = list(years)
    calendar = holidays.country_holidays("VN", years=wanted, language="vi")
    days = {day: {"day": day, "working": False, "note": name} for day, name in calendar.items() if day.year in wanted}
    worked: set[date] = getattr(calendar, "weekend_workdays", set())
    days |= {day: {"day": day, "working": True, "note": "Làm bù"} for day in worked if day.year in wanted}
    return [days[day] for day in sorted(days)]


def new_password() -> str:
    """Three words and a number, as in `sen-rach-xoai-47`: about 27 bits, behind a limit on sign-ins."""
    return "-".join([*(secrets.choice(PASSWORD_WORDS) for _ in range(3)), str(secrets.randbelow(90) + 10)])


def _add(session: Session, model: type[Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not there yet."""
    session.execute(insert(model).values([dict(row) for row in rows]).on_conflict_do_nothing())


def _agencies(session: Session) -> dict[str, int]:
    """Every agency's id by code, and every committee's by the name of its ward as well."""
    wards = {ward.code: ward.name for ward in session.scalars(select(Ward))}
    bodies = [{"code": body.code, "name": body.name, "kind": body.kind, "needs_approval": body.approval}
              for body in AGENCIES]  # fmt: skip
    _add(session, Agency, bodies)
    committees = [
        {"code": f"ubnd-{code}", "name": _committee(name), "kind": AgencyKind.COMMUNE, "ward_code": code}
        for code, name in wards.items()
    ]
    _add(session, Agency, committees)
    rows = session.execute(select(Agency.code, Agency.id)).all()
    ids = {code: agency for code, agency in rows}
    return ids | {name: ids[f"ubnd-{code}"] for code, name in wards.items()}


def _committee(ward: str) -> str:
    return f"UBND {ward[0].lower()}{ward[1:]}"


def _rules(session: Session, agencies: Mapping[str, int]) -> None:
    """Rules have no key of their own, so they are written once, into an empty table."""
    if session.scalar(select(func.count()).select_from(RoutingRule)):
        return
    codes = {ward.name: ward.code for ward in session.scalars(select(Ward))}
    rows = [
        _rule(way, ward, agencies)
        for way in RULES
        for ward in ([codes[name] for name in way.wards if name in codes] if way.wards else [None])
    ]
    session.execute(insert(RoutingRule), [{"position": 10 * place, **row} for place, row in enumerate(rows, 1)])


def _rule(way: Way, ward_code: str | None, agencies: Mapping[str, int]) -> dict[str, Any]:
    return {
        "category_code": way.category,
        "ward_code": ward_code,
        "level": way.level,
        "agency_id": None if way.lead == COMMUNE else agencies[way.lead],
        "to_commune": way.lead == COMMUNE,
        "co_agency_id": None if way.co in (None, COMMUNE) else agencies[way.co],
        "co_commune": way.co == COMMUNE,
        "note": way.note,
    }


def _people(
    session: Session, agencies: Mapping[str, int], earlier: Mapping[str, Any], now: datetime
) -> Iterable[SignIn]:
    known = {user["username"]: user["password"] for user in earlier.get("users", ())}
    names = {agency.id: agency.name for agency in session.scalars(select(Agency))}
    for person in PEOPLE:
        agency_id = agencies.get(person.agency) if person.agency else None
        if person.agency and agency_id is None:
            continue
        password = known.get(person.username) or new_password()
        if _person(session, person, agency_id, password, person.username in known, now):
            yield SignIn(
                role=person.role.value,
                username=person.username,
                password=password,
                extension=person.extension,
                name=person.name,
                agency=names[agency_id] if agency_id else None,
            )


def _person(session: Session, person: Person, agency_id: int | None, password: str, known: bool, now: datetime) -> bool:
    """Whether this person can sign in with this password now; another person of that username is left alone."""
    user = session.scalars(select(User).where(User.username == person.username)).one_or_none()
    if user is None:
        user = User(
            username=person.username,
            password_hash=hash_password(password),
            name=person.name,
            role=person.role,
            agency_id=agency_id,
            usual_extension=person.extension,
            approves=person.approves,
            created_at=now,
        )
        session.add(user)
        session.flush()
        # They are at work already: the simulated callers reach them before anybody signs in.
        if person.extension and person.extension not in extensions.held_now(session):
            session.add(ExtensionSpan(user_id=user.id, extension=person.extension, since=now))
            session.flush()
        return True
    if user.name != person.name or not user.active:
        return False
    if not known:
        user.password_hash = hash_password(password)
        user.session_epoch += 1
    return True


def _tokens(session: Session, earlier: Mapping[str, Any], now: datetime) -> dict[str, str]:
    known = earlier.get("tokens", {})
    return {scope: _token(session, scope, known.get(scope), now) for scope in _TOKENS}


def _token(session: Session, scope: str, known: str | None, now: datetime) -> str:
    """The known token if it still works or can be made to; else a new one, and the demo's older ones end."""
    name, source = _TOKENS[scope]
    mine = session.scalars(select(ApiToken).where(ApiToken.name == name, ApiToken.scope == scope)).all()
    token = known or secrets.token_urlsafe(24)
    digest = hashlib.sha256(token.encode()).hexdigest()
    kept = next((row for row in mine if row.token_hash == digest), None)
    if kept is not None and kept.revoked_at is None:
        return token
    if kept is not None:
        return _token(session, scope, None, now)
    for row in mine:
        row.revoked_at = row.revoked_at or now
    session.add(ApiToken(name=name, token_hash=digest, scope=scope, source=source, created_at=now))
    session.flush()
    return token
