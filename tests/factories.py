"""A small province for tests: three wards, four fields, four agencies, rules, one person of each role, and calls."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from callcenter.models import (
    Agency,
    Call,
    CallBack,
    Category,
    ExtensionSpan,
    FormerUnit,
    RoutingRule,
    Ticket,
    User,
    Ward,
)
from callcenter.models.matters import matter_id
from callcenter.text import fold
from callcenter.vocab import AgencyKind, Clock, Outcome, Role, Stage
from tickets.actors import Actor
from tickets.life import call_backs, posts

# A Monday morning in working time: 09:00 in Vietnam.
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LONG_AGO = MONDAY - timedelta(days=400)
CALLER = "+84905123456"

# The hash says what it costs: this one next to nothing, so that hundreds of sign-ins cost nothing either.
PASSWORD = "một mật khẩu dài"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

_numbers = count(1)


@dataclass
class Province:
    """What `province` made, by name."""

    wards: dict[str, Ward]
    agencies: dict[str, Agency]
    people: dict[str, User]

    def actor(self, name: str) -> Actor:
        return Actor.of(self.people[name])


_WARDS = {"28249": ("Phường Mỹ Tho", "phường"), "28270": ("Phường Đạo Thạnh", "phường"), "28366": ("Xã Tân Phú", "xã")}
_CATEGORIES = {
    "cap-thoat-nuoc": "Cấp thoát nước, ngập",
    "chieu-sang-dien": "Chiếu sáng, điện",
    "moi-truong": "Môi trường, rác thải",
    "khac": "Khác",
}
_PEOPLE = {
    "lan": ("Nguyễn Thị Lan", Role.OPERATOR, None, "101"),
    "minh": ("Trần Văn Minh", Role.OPERATOR, None, "102"),
    "hoa": ("Lê Thị Hoa", Role.SHIFT_LEADER, None, "103"),
    "phuc": ("Phạm Hồng Phúc", Role.SUPERVISOR, None, None),
    "thu": ("Võ Minh Thư", Role.OFFICER, "water", None),
    "son": ("Đặng Hoài Sơn", Role.OFFICER, "power", None),
    "tam": ("Huỳnh Thanh Tâm", Role.OFFICER, "my_tho", None),
    "viet": ("Lâm Quốc Việt", Role.OFFICER, "office", None),
    "ngoc": ("Trịnh Thị Ngọc", Role.OFFICER, "office", None),
    "quan": ("Bùi Anh Quân", Role.ADMIN, None, None),
}


def province(session: Session, *, password_hash: str = "!") -> Province:
    """Water goes to the water company with the commune beside it, light to the power company, rubbish to the
    commune; `khac` has no rule."""
    for code, (name, kind) in _WARDS.items():
        session.add(Ward(code=code, name=name, kind=kind, folded=fold(name)))
    for position, (code, name) in enumerate(_CATEGORIES.items()):
        session.add(Category(code=code, name=name, position=position, evidence_required=code == "chieu-sang-dien"))
    session.flush()
    session.add(FormerUnit(name="Phường 3", district="Mỹ Tho", province="Tiền Giang", ward_code="28249",
                           folded=fold("Phường 3 Mỹ Tho Tiền Giang")))  # fmt: skip
    agencies = _agencies(session)
    _rules(session, agencies)
    people = {
        username: User(
            username=username,
            password_hash=password_hash,
            name=name,
            role=role,
            agency_id=agencies[agency].id if agency else None,
            usual_extension=extension,
            approves=username == "ngoc",
            # No tour in the way of a test; those of the tours take it back.
            tours=[role],
            created_at=MONDAY,
        )
        for username, (name, role, agency, extension) in _PEOPLE.items()
    }
    session.add_all(people.values())
    session.flush()
    for user in people.values():
        if user.usual_extension:
            sits(session, user, user.usual_extension)
    session.commit()
    return Province({ward: session.get_one(Ward, ward) for ward in _WARDS}, agencies, people)


def call_back(session: Session, actor: Actor, number: str | None = CALLER, **columns: Any) -> CallBack:
    """A number that waits to be called."""
    made = call_backs.begin(session, number, actor, now=MONDAY)
    for name, value in columns.items():
        setattr(made, name, value)
    session.flush()
    return made


def written(session: Session, ticket: Ticket) -> Ticket:
    """A ticket that no use case made, in the database."""
    ticket.id = session.scalars(select(matter_id.next_value())).one()
    session.add(ticket)
    session.flush()
    return ticket


def sits(session: Session, user: User, extension: str | None, *, since: datetime = LONG_AGO) -> None:
    """This person has that extension, since long ago and alone; None: has none, and never had."""
    theirs = or_(ExtensionSpan.user_id == user.id, ExtensionSpan.extension == (extension or ""))
    session.execute(delete(ExtensionSpan).where(theirs))
    if extension is not None:
        session.add(ExtensionSpan(user_id=user.id, extension=extension, since=since))
    session.flush()
    session.refresh(user, ["extension"])


def _agencies(session: Session) -> dict[str, Agency]:
    agencies = {
        "water": Agency(code="cap-nuoc", name="Công ty Cấp nước Tiền Giang", kind=AgencyKind.COMPANY),
        "power": Agency(code="dien-luc", name="Điện lực Mỹ Tho", kind=AgencyKind.COMPANY),
        "my_tho": Agency(code="ubnd-my-tho", name="UBND phường Mỹ Tho", kind=AgencyKind.COMMUNE, ward_code="28249"),
        "office": Agency(code="van-phong", name="Văn phòng UBND tỉnh", kind=AgencyKind.OFFICE, needs_approval=True),
    }
    session.add_all(agencies.values())
    session.flush()
    return agencies


def _rules(session: Session, agencies: dict[str, Agency]) -> None:
    session.add_all(
        [
            RoutingRule(position=1, category_code="cap-thoat-nuoc", agency_id=agencies["water"].id, co_commune=True),
            RoutingRule(position=2, category_code="chieu-sang-dien", agency_id=agencies["power"].id),
            RoutingRule(position=3, category_code="moi-truong", to_commune=True),
        ]
    )


def call(session: Session, **columns: Any) -> Call:
    """A call that rings at 101, unless the columns say otherwise."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "pbx": "pbx1",
        "linkedid": f"1795446873.{number}",
        "number_dialled": "1022",
        "caller": CALLER,
        "caller_raw": "0905123456",
        "started_at": MONDAY,
        "queued_at": MONDAY + timedelta(seconds=3),
        "queue": "hotline-1022",
        "rang": ["101"],
        "ringing": ["101"],
    }
    row = Call(**{**values, **columns})
    session.add(row)
    session.flush()
    return row


def answered(session: Session, **columns: Any) -> Call:
    """A call that 101 answered and that is over, after 80 seconds of talk."""
    values: dict[str, Any] = {
        "answered_at": MONDAY + timedelta(seconds=8),
        "ended_at": MONDAY + timedelta(seconds=88),
        "outcome": Outcome.ANSWERED,
        "operator": "101",
        "operators": ["101"],
        "ringing": [],
        "wait_s": 5.0,
        "talk_s": 80.0,
    }
    return call(session, **{**values, **columns})


def missed(session: Session, **columns: Any) -> Call:
    """A call that was abandoned after 30 seconds in the queue."""
    values: dict[str, Any] = {
        "ended_at": MONDAY + timedelta(seconds=33),
        "outcome": Outcome.ABANDONED,
        "stage": Stage.QUEUE,
        "ringing": [],
        "wait_s": 30.0,
    }
    return call(session, **{**values, **columns})


def set_due(ticket: Ticket, kind: Clock, due: datetime) -> None:
    """The newest clock of this kind, which the ticket has, runs out then."""
    clock = ticket.clock(kind)
    assert clock is not None
    clock.due = due


def posted_twice(session: Session, act: Callable[[], Any], *, now: datetime = MONDAY) -> None:
    """A form with a nonce that is posted twice, as its view carries it out."""
    nonce = secrets.token_hex(16)
    for _ in range(2):
        if posts.is_first(session, nonce, now):
            act()
