"""Set-up check: the settings that are still missing, each kind with the things it concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.models import (
    Agency,
    CalendarDay,
    Category,
    OutboxRow,
    PbxQueue,
    RoutingRule,
    SlaTarget,
    User,
    Ward,
)
from callcenter.vocab import AgencyKind
from tickets import rights
from tickets.administration import emergencies
from tickets.agency import assignment
from tickets.rights import Right
from tickets.rules import policy
from tickets.rules.sla import VIETNAM


@dataclass(frozen=True)
class Lack:
    """`what` names the kind; `names` are what it concerns, the first few; `count` is all of them."""

    what: str
    count: int
    names: tuple[str, ...] = ()


_FEW = 5


def lacks(session: Session, now: datetime) -> list[Lack]:
    """Only what there is, the gravest first."""
    found: Mapping[str, Sequence[str]] = {
        "no_way": _fields_without_way(session),
        "rules_dead": _dead_rules(session),
        "wards_without_agency": _wards_without_agency(session),
        "agencies_without_officer": _agencies_without(session, approver=False),
        "agencies_without_approver": _agencies_without(session, approver=True),
        "members_without_account": [extension for extension, _queues in members_without_account(session)],
        "accounts_in_no_queue": [user.name for user in accounts_in_no_queue(session)],
        "next_year_empty": _next_year(session, now),
        "emergency_untried": emergencies.untried(session),
        "deadlines_unconfirmed": _unconfirmed(session),
    }
    return [Lack(what, len(names), tuple(names[:_FEW])) for what, names in found.items() if names]


def _fields_without_way(session: Session) -> list[str]:
    """Fields that no rule takes, so that every ticket of theirs waits for triage."""
    rules = assignment.rules(session)
    if any(rule.category is None and rule.ward is None and rule.level is None for rule in rules):
        return []
    taken = {rule.category for rule in rules}
    query = select(Category).where(Category.active).order_by(Category.position)
    return [category.name for category in session.scalars(query) if category.code not in taken]


def _dead_rules(session: Session) -> list[str]:
    query = (
        select(Agency.name)
        .join(RoutingRule, RoutingRule.agency_id == Agency.id)
        .where(RoutingRule.active, ~Agency.active)
        .order_by(RoutingRule.position)
    )
    return list(session.scalars(query))


def _wards_without_agency(session: Session) -> list[str]:
    held = select(Agency.ward_code).where(
        Agency.kind == AgencyKind.COMMUNE, Agency.active, Agency.ward_code.is_not(None)
    )
    return list(session.scalars(select(Ward.name).where(Ward.code.not_in(held)).order_by(Ward.name)))


def _agencies_without(session: Session, *, approver: bool) -> list[str]:
    """Agencies without an account that opens tickets, or without one that approves answers where they must be
    approved."""
    officers = User.role.in_(rights.roles_with(Right.WORK_INBOX))
    people = select(User.agency_id).where(User.active, officers, User.agency_id.is_not(None))
    query = select(Agency.name).where(Agency.active).order_by(Agency.name)
    if approver:
        people, query = people.where(User.approves), query.where(Agency.needs_approval)
    return list(session.scalars(query.where(Agency.id.not_in(people))))


def members_without_account(session: Session) -> list[tuple[str, list[str]]]:
    """Extensions that a queue rings and no account has, now or usually: a call there has no screen. With queues."""
    theirs = select(User.extension, User.usual_extension).where(User.active)
    held = {extension for row in session.execute(theirs) for extension in row}
    loose: dict[str, list[str]] = {}
    for queue in session.scalars(select(PbxQueue).order_by(PbxQueue.pbx, PbxQueue.name)):
        for member in queue.members:
            extension = str(member.get("extension", ""))
            if extension and extension not in held:
                loose.setdefault(extension, []).append(queue.title or queue.name)
    return sorted(loose.items())


def accounts_in_no_queue(session: Session) -> list[User]:
    """Operators whose extension, now and usually, no queue rings; empty while no queue is known at all."""
    queues = session.scalars(select(PbxQueue)).all()
    if not queues:
        return []
    rung = {str(member.get("extension", "")) for queue in queues for member in queue.members}
    staff = User.role.in_(rights.roles_with(Right.STAFF_QUEUE))
    query = select(User).where(User.active, staff).order_by(User.usual_extension, User.username)
    people = session.scalars(query).all()
    return [user for user in people if not rung & {user.extension, user.usual_extension}]


def _next_year(session: Session, now: datetime) -> list[str]:
    """From October on the holidays of the coming year should be in the calendar."""
    today = now.astimezone(VIETNAM).date()
    if today.month < 10:
        return []
    year = today.year + 1
    there = select(func.count()).where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return [] if session.scalar(there) else [str(year)]


def _unconfirmed(session: Session) -> list[str]:
    confirmed = {(row.level, row.clock) for row in session.scalars(select(SlaTarget).where(SlaTarget.confirmed))}
    return [f"{level}/{clock}" for level, clock in policy.TARGETS if (level, clock) not in confirmed]


@dataclass(frozen=True)
class Promises:
    """The outbox: open promises, since when the oldest could have gone out, and how many were given up."""

    open: int
    oldest: datetime | None
    failed: int

    def late(self, now: datetime) -> bool:
        """Whether promises are due and no relay seems to run."""
        return self.oldest is not None and now - self.oldest > timedelta(minutes=2)


def promises(session: Session) -> Promises:
    left = (OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
    count, oldest = session.execute(select(func.count(), func.min(OutboxRow.created_at)).where(*left)).one()
    failed = select(func.count()).select_from(OutboxRow).where(OutboxRow.failed_at.is_not(None))
    return Promises(count, oldest, session.scalar(failed.where(OutboxRow.done_at.is_(None))) or 0)


def database_size(session: Session) -> tuple[str, int]:
    """PostgreSQL's version and the bytes of this database."""
    version = session.scalar(select(func.current_setting("server_version"))) or ""
    return str(version), session.scalar(select(func.pg_database_size(func.current_database()))) or 0
