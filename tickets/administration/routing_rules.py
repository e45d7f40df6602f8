"""Administration of routing rules: added, changed, put in order, and tried on an example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, Category, RoutingRule, Ward
from callcenter.vocab import Level
from tickets.actors import Actor
from tickets.agency import assignment
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.routing import Decision, choose_agency

COMMUNE = "commune"  # instead of an agency's code: the committee of the ticket's ward


@dataclass(frozen=True)
class RuleFields:
    """A rule's form: codes, an empty condition fits all; `lead` and `co` may be COMMUNE."""

    category: str = ""
    ward: str = ""
    level: str = ""
    lead: str = ""
    co: str = ""
    note: str = ""
    active: bool = True


def in_order(session: Session) -> Sequence[RoutingRule]:
    return session.scalars(select(RoutingRule).order_by(RoutingRule.position, RoutingRule.id)).all()


def named(session: Session) -> dict[str, Mapping[object, object]]:
    """Everything that a rule may point to, in use or not: categories and wards by code, agencies by id."""
    return {
        "category": {row.code: row for row in session.scalars(select(Category))},
        "ward": {row.code: row for row in session.scalars(select(Ward))},
        "agency": {row.id: row for row in session.scalars(select(Agency))},
    }


def categories(session: Session) -> Sequence[Category]:
    """Those that a rule may take: all, in their order."""
    return session.scalars(select(Category).order_by(Category.position)).all()


def facts(session: Session, rule: RoutingRule) -> dict[str, Any]:
    return {
        "category": rule.category_code,
        "ward": rule.ward_code,
        "level": rule.level.value if rule.level else None,
        "lead": COMMUNE if rule.to_commune else _code(session, rule.agency_id),
        "co": COMMUNE if rule.co_commune else _code(session, rule.co_agency_id),
        "note": rule.note,
        "active": rule.active,
    }


def add(session: Session, actor: Actor, fields: RuleFields, *, now: datetime) -> RoutingRule:
    """A new rule behind all others; exactly the same rule a second time changes nothing."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    values = _clean(session, fields)
    rules = in_order(session)
    for rule in rules:
        if facts(session, rule) == values:
            return rule
    rule = RoutingRule(position=max((rule.position for rule in rules), default=0) + 10)
    _apply(session, rule, values)
    session.add(rule)
    session.flush()
    record_change(session, actor, "routing_rule", str(rule.id), {}, values, now)
    return rule


def edit(
    session: Session, actor: Actor, rule_id: int, fields: RuleFields, *, seen: str | None, now: datetime
) -> RoutingRule:
    """Change a rule; tickets that were routed by it stay where they are."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    rule = _locked(session, rule_id)
    before, after = facts(session, rule), _clean(session, fields)
    if is_news("routing_rule", str(rule.id), before, after, seen):
        _apply(session, rule, after)
        record_change(session, actor, "routing_rule", str(rule.id), before, after, now)
    return rule


def place(session: Session, actor: Actor, rule_id: int, *, beside: int, above: bool, now: datetime) -> None:
    """Put a rule right above or below another. The position is a neighbour and not a number of steps: may come
    twice."""
    begin(session, actor, Right.ADMINISTER_AGENCIES)
    rule, other = _locked(session, rule_id), _locked(session, beside)
    if rule is other:
        return
    rules = list(in_order(session))
    before = rules.index(rule) + 1
    rules.remove(rule)
    rules.insert(rules.index(other) + (0 if above else 1), rule)
    for number, each in enumerate(rules, start=1):
        each.position = 10 * number
    after = rules.index(rule) + 1
    record_change(session, actor, "routing_rule", str(rule.id), {"place": before}, {"place": after}, now)


def try_out(session: Session, category: str | None, ward: str | None, level: Level) -> Decision:
    """What a ticket filed now would meet."""
    return choose_agency(
        assignment.rules(session), assignment.communes(session), category=category, ward=ward, level=level
    )


def _clean(session: Session, fields: RuleFields) -> dict[str, Any]:
    values: dict[str, Any] = {name: value.strip() or None for name, value in vars(fields).items() if name != "active"}
    problems: dict[str, str] = {}
    for name, model in (("category", Category), ("ward", Ward)):
        if values[name] is not None and session.get(model, values[name]) is None:
            problems[name] = "unknown_choice"
    if values["level"] is not None and values["level"] not in set(Level):
        problems["level"] = "unknown_choice"
    for name in ("lead", "co"):
        known = values[name] in (None, COMMUNE) or _id(session, values[name]) is not None
        if not known:
            problems[name] = "unknown_choice"
    if values["lead"] is None:
        problems["lead"] = "required"
    elif values["co"] == values["lead"]:
        problems["co"] = "co_is_lead"
    if len(values["note"] or "") > 500:
        problems["note"] = "too_long"
    if problems:
        raise Invalid(problems)
    return {**values, "active": fields.active}


def _apply(session: Session, rule: RoutingRule, values: Mapping[str, Any]) -> None:
    rule.category_code, rule.ward_code, rule.note = values["category"], values["ward"], values["note"]
    rule.level = Level(values["level"]) if values["level"] else None
    rule.to_commune, rule.co_commune = values["lead"] == COMMUNE, values["co"] == COMMUNE
    rule.agency_id = None if rule.to_commune else _id(session, values["lead"])
    rule.co_agency_id = None if rule.co_commune else _id(session, values["co"])
    rule.active = values["active"]


def _id(session: Session, code: str | None) -> int | None:
    return session.scalar(select(Agency.id).where(Agency.code == code)) if code else None


def _code(session: Session, agency_id: int | None) -> str | None:
    agency = session.get(Agency, agency_id) if agency_id else None
    return agency.code if agency else None


def _locked(session: Session, rule_id: int) -> RoutingRule:
    rule = session.get(RoutingRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise NotFound(f"no rule {rule_id}")
    return rule
