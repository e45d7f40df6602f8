"""Administration of agencies: name, contact, head's approval of answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter import phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, User, Ward
from callcenter.vocab import AgencyKind
from tickets import rights
from tickets.actors import Actor
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.fields import owed

CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
# A short number such as 1900 1234 or 113 is no E.164 and yet answered.
_SHORT_NUMBER = re.compile(r"[0-9]{3,12}")


@dataclass(frozen=True)
class AgencyFields:
    name: str
    kind: str
    ward: str = ""
    phone: str = ""
    needs_approval: bool = False
    active: bool = True


def all_of_them(session: Session) -> Sequence[Agency]:
    """Those without new tickets too; in no order."""
    return session.scalars(select(Agency)).all()


def officers(session: Session) -> dict[int, int]:
    """How many people can open a ticket, by agency; an agency without any has no entry."""
    officers = User.role.in_(rights.roles_with(Right.WORK_INBOX))
    query = select(User.agency_id, func.count()).where(User.active, officers).group_by(User.agency_id)
    return {agency: count for agency, count in session.execute(query) if agency is not None}


def people_of(session: Session, agency_id: int) -> Sequence[User]:
    """Accounts of one agency, those in use first."""
    query = select(User).where(User.agency_id == agency_id).order_by(User.active.desc(), User.name)
    return session.scalars(query).all()


def facts(agency: Agency) -> dict[str, Any]:
    return {
        "name": agency.name,
        "kind": agency.kind.value,
        "ward": agency.ward_code,
        "phone": agency.phone,
        "needs_approval": agency.needs_approval,
        "active": agency.active,
    }


def add(session: Session, actor: Actor, code: str, fields: AgencyFields, *, now: datetime) -> Agency:
    """A new agency; the same one a second time changes nothing. Raises Invalid by field."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    code = code.strip().lower()
    known = session.scalars(select(Agency).where(Agency.code == code)).one_or_none()
    problems: dict[str, str] = {} if CODE.fullmatch(code) else {"code": "code_form"}
    values = _clean(session, fields, problems, known)
    if known is not None and not problems:
        if facts(known) == values:
            return known
        problems["code"] = "code_taken"
    if problems:
        raise Invalid(problems)
    agency = Agency(code=code)
    _apply(agency, values)
    session.add(agency)
    session.flush()
    record_change(session, actor, "agency", code, {}, values, now)
    return agency


def edit(
    session: Session, actor: Actor, agency_id: int, fields: AgencyFields, *, seen: str | None, now: datetime
) -> Agency:
    """Change an agency. Its tickets stay with it, also when it gets no new ones any more."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    agency = session.get(Agency, agency_id, with_for_update=True, populate_existing=True)
    if agency is None:
        raise NotFound(f"no agency {agency_id}")
    problems: dict[str, str] = {}
    after = _clean(session, fields, problems, agency)
    if problems:
        raise Invalid(problems)
    before = facts(agency)
    if is_news("agency", agency.code, before, after, seen):
        _apply(agency, after)
        record_change(session, actor, "agency", agency.code, before, after, now)
    return agency


def _clean(session: Session, fields: AgencyFields, problems: dict[str, str], agency: Agency | None) -> dict[str, Any]:
    name, ward, phone = " ".join(fields.name.split()), fields.ward.strip() or None, fields.phone.strip() or None
    if why := owed(name, 200):
        problems["name"] = why
    if fields.kind not in set(AgencyKind):
        problems["kind"] = "unknown_choice"
    commune = fields.kind == AgencyKind.COMMUNE
    if commune != (ward is not None):
        problems["ward"] = "ward_of_commune" if commune else "ward_only_of_commune"
    elif ward is not None:
        _check_ward(session, ward, fields.active, agency, problems)
    if phone is not None:
        short = re.sub(r"[\s.()-]", "", phone)
        phone = phones.normalise(phone) or (short if _SHORT_NUMBER.fullmatch(short) else None)
        if phone is None:
            problems["phone"] = "phone_unreadable"
    return {"name": name, "kind": fields.kind, "ward": ward, "phone": phone,
            "needs_approval": fields.needs_approval, "active": fields.active}  # fmt: skip


def _check_ward(session: Session, ward: str, active: bool, agency: Agency | None, problems: dict[str, str]) -> None:
    """A ward has one committee: of two, chance would choose the one that gets its tickets."""
    if session.get(Ward, ward) is None:
        problems["ward"] = "unknown_choice"
        return
    query = select(Agency).where(Agency.ward_code == ward, Agency.kind == AgencyKind.COMMUNE, Agency.active)
    for other in session.scalars(query):
        if active and other is not agency:
            problems["ward"] = f"ward_held:{other.name}"


def _apply(agency: Agency, values: Mapping[str, Any]) -> None:
    agency.name, agency.kind, agency.ward_code = values["name"], AgencyKind(values["kind"]), values["ward"]
    agency.phone, agency.needs_approval, agency.active = values["phone"], values["needs_approval"], values["active"]
