"""Administration of small lists: fields of tickets, test numbers, titles of queues, and API keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from callcenter import phones
from callcenter.errors import Invalid, NotFound
from callcenter.models import ApiToken, Category, PbxQueue, RoutingRule, TestNumber, Ticket
from callcenter.vocab import Source
from tickets.actors import Actor
from tickets.administration.agencies import CODE
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.fields import owed

SCOPES = ("api", "open311")
SOURCES = (Source.APP, Source.WEB, Source.OPEN311)


@dataclass(frozen=True)
class CategoryFields:
    name: str
    position: str
    evidence_required: bool = False
    active: bool = True


def categories(session: Session) -> Sequence[Category]:
    """All of them, those in use first."""
    return session.scalars(select(Category).order_by(~Category.active, Category.position, Category.code)).all()


def rules_of_categories(session: Session) -> dict[str | None, int]:
    """How many rules in use take each category; of a category without any there is no entry."""
    query = select(RoutingRule.category_code, func.count()).where(RoutingRule.active).group_by("category_code")
    return {code: count for code, count in session.execute(query)}


def tickets_of_categories(session: Session) -> dict[str | None, int]:
    """How many tickets have each category; of a category without any there is no entry."""
    query = select(Ticket.category_code, func.count()).group_by(Ticket.category_code)
    return {code: count for code, count in session.execute(query)}


def test_numbers(session: Session) -> Sequence[TestNumber]:
    return session.scalars(select(TestNumber).order_by(TestNumber.number)).all()


def queues(session: Session) -> Sequence[PbxQueue]:
    return session.scalars(select(PbxQueue).order_by(PbxQueue.pbx, PbxQueue.name)).all()


def tokens(session: Session) -> Sequence[ApiToken]:
    """All keys that were ever given, the newest first, revoked ones at the end."""
    return session.scalars(select(ApiToken).order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())).all()


_TOKEN = select(ApiToken.name, ApiToken.source).where(
    ApiToken.token_hash == bindparam("token_hash"), ApiToken.scope == bindparam("scope"), ApiToken.revoked_at.is_(None)
)


def token_in_use(session: Session, token_hash: str, scope: str) -> tuple[Actor, Source] | None:
    """The program with this key, unless it was revoked, and the source of its reports."""
    row = session.execute(_TOKEN, {"token_hash": token_hash, "scope": scope}).one_or_none()
    return (Actor.token(row.name), Source(row.source)) if row else None


def category_facts(category: Category) -> dict[str, Any]:
    return {
        "name": category.name,
        "position": category.position,
        "evidence_required": category.evidence_required,
        "active": category.active,
    }


def add_category(session: Session, actor: Actor, code: str, fields: CategoryFields, *, now: datetime) -> Category:
    """A new field. Its code stays for ever, so it is chosen here."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    code = code.strip().lower()
    known = session.get(Category, code) if CODE.fullmatch(code) else None
    problems = {} if CODE.fullmatch(code) else {"code": "code_form"}
    if not fields.position.strip():
        last = session.scalar(select(func.max(Category.position))) or 0
        position = known.position if known else last + 1
        fields = CategoryFields(fields.name, str(position), fields.evidence_required, fields.active)
    values = _clean_category(fields, problems)
    if known is not None and not problems:
        if category_facts(known) == values:
            return known
        problems["code"] = "code_taken"
    if problems:
        raise Invalid(problems)
    category = Category(code=code, **values)
    session.add(category)
    record_change(session, actor, "category", code, {}, values, now)
    return category


def edit_category(
    session: Session, actor: Actor, code: str, fields: CategoryFields, *, seen: str | None, now: datetime
) -> Category:
    """Change a field; one that is not active any more leaves the forms and stays on the tickets that have it."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    category = session.get(Category, code, with_for_update=True, populate_existing=True)
    if category is None:
        raise NotFound(f"no field {code}")
    problems: dict[str, str] = {}
    after = _clean_category(fields, problems)
    if problems:
        raise Invalid(problems)
    before = category_facts(category)
    if is_news("category", code, before, after, seen):
        for name, value in after.items():
            setattr(category, name, value)
        record_change(session, actor, "category", code, before, after, now)
    return category


def _clean_category(fields: CategoryFields, problems: dict[str, str]) -> dict[str, Any]:
    name, position = " ".join(fields.name.split()), fields.position.strip()
    if why := owed(name, 100):
        problems["name"] = why
    if not (position.isascii() and position.isdigit() and len(position) <= 4):
        problems["position"] = "whole_number"
    return {
        "name": name,
        "position": int(position) if "position" not in problems else 0,
        "evidence_required": fields.evidence_required,
        "active": fields.active,
    }


def add_test_number(session: Session, actor: Actor, number: str, note: str, *, now: datetime) -> str:
    """Any written form of a number; the same one with the same note a second time changes nothing. Returns E.164."""
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    note, e164 = note.strip(), phones.normalise(number)
    problems = {} if e164 else {"number": "phone_unreadable"}
    if why := owed(note, 200):
        problems["note"] = why
    known = session.get(TestNumber, e164) if e164 else None
    if known is not None and known.note != note:
        problems["number"] = "number_taken"
    if problems or e164 is None:
        raise Invalid(problems)
    if known is None:
        session.add(TestNumber(number=e164, note=note))
        record_change(session, actor, "test_number", e164, {}, {"note": note}, now)
    return e164


def remove_test_number(session: Session, actor: Actor, number: str, *, now: datetime) -> None:
    """Calls of this number count again from now on."""
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    row = session.get(TestNumber, number, with_for_update=True)
    if row is not None:
        session.delete(row)
        record_change(session, actor, "test_number", number, {"note": row.note}, {}, now)


def set_queue(
    session: Session, actor: Actor, pbx: str, name: str, title: str, after_call: str, *, seen: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """What people call a queue (the PBX keeps its own name for it), and how many seconds follow its calls.

    Raises Invalid by field.
    """
    begin(session, actor, Right.ADMINISTER_TELEPHONY)
    queue = session.get(PbxQueue, (pbx, name), with_for_update=True, populate_existing=True)
    if queue is None:
        raise NotFound(f"no queue {name} at {pbx}")
    title = " ".join(title.split())
    problems = {"title": "too_long"} if len(title) > 100 else {}
    after_call = after_call.strip() or "0"
    most = int(policy.LONGEST_AFTER_CALL.total_seconds())
    if not (after_call.isascii() and after_call.isdigit() and len(after_call) < 6 and int(after_call) <= most):
        problems["after_call_s"] = "after_call_seconds"
    if problems:
        raise Invalid(problems)
    before = {"title": queue.title, "after_call_s": queue.after_call_s}
    after = {"title": title, "after_call_s": int(after_call)}
    if is_news("queue", f"{pbx}/{name}", before, after, seen):
        queue.title, queue.after_call_s = title, int(after_call)
        record_change(session, actor, "queue", f"{pbx}/{name}", before, after, now)


def add_token(
    session: Session, actor: Actor, token_hash: str, *, name: str, scope: str, source: str, now: datetime
) -> ApiToken:
    """A key of another program, by its hash; the key itself is shown by the caller, this once."""
    begin(session, actor, Right.ADMINISTER_TOKENS)
    name = " ".join(name.split())
    problems: dict[str, str] = {} if scope in SCOPES else {"scope": "unknown_choice"}
    if why := owed(name, 100):
        problems["name"] = why
    if source not in SOURCES:
        problems["source"] = "unknown_choice"
    if problems:
        raise Invalid(problems)
    known = session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash)).one_or_none()
    if known is not None:
        return known
    token = ApiToken(name=name, token_hash=token_hash, scope=scope, source=source, created_at=now)
    session.add(token)
    session.flush()
    after = {"name": name, "scope": scope, "source": source, "active": True}
    record_change(session, actor, "api_token", str(token.id), {}, after, now)
    return token


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> ApiToken:
    """The program is turned away from now on; there is no way back, it gets a new key."""
    begin(session, actor, Right.ADMINISTER_TOKENS)
    token = session.get(ApiToken, token_id, with_for_update=True, populate_existing=True)
    if token is None:
        raise NotFound(f"no key {token_id}")
    if token.revoked_at is None:
        token.revoked_at = now
        record_change(session, actor, "api_token", str(token.id), {"active": True}, {"active": False}, now)
    return token
