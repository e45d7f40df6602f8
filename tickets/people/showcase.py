"""Published figures, each with its sample, and answered reports without personal data."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Category, Ticket, Ward
from callcenter.vocab import Clock
from tickets.life import clocks
from tickets.rules import policy
from tickets.rules.states import ANSWERED

# A share of fewer is an accident, not a figure.
ENOUGH = 30


@dataclass(frozen=True)
class Share:
    """`part` of `n`; `value` between 0 and 1."""

    part: int
    n: int

    @property
    def value(self) -> float:
        return self.part / self.n


@dataclass(frozen=True)
class Work:
    """The last policy.TOLD_OF: reports received, answered on time, how many raters were satisfied.

    None where the sample is smaller than policy.ENOUGH_TO_TELL.
    """

    received: int | None
    on_time: Share | None
    satisfied: Share | None


@dataclass(frozen=True)
class Example:
    """A report whose sender allows it to be shown; never the text, because texts hold names and numbers."""

    category: str
    ward: str | None
    agency: str | None
    filed_at: datetime | None
    resolved_at: datetime | None


def work(session: Session, now: datetime) -> Work:
    since = now - policy.TOLD_OF
    received = _count(session, Ticket.filed_at >= since)
    promised = clocks.last_due(Clock.ANSWER)
    answered = (Ticket.resolved_at >= since, promised.is_not(None))
    on_time = _count(session, *answered, Ticket.resolved_at <= promised)
    rated = (Ticket.rated_at >= since, Ticket.rating.is_not(None))
    satisfied = _count(session, *rated, Ticket.rating >= policy.SATISFIED_FROM)
    return Work(
        received if received >= policy.ENOUGH_TO_TELL else None,
        _share(on_time, _count(session, *answered)),
        _share(satisfied, _count(session, *rated)),
    )


def examples(session: Session, now: datetime, limit: int = 3) -> list[Example]:
    """The latest answered ones that may be shown, of the last policy.TOLD_OF."""
    query = (
        select(Category.name, Ward.name, Agency.name, Ticket.filed_at, Ticket.resolved_at)
        .join(Category, Category.code == Ticket.category_code)
        .outerjoin(Ward, Ward.code == Ticket.ward_code)
        .outerjoin(Agency, Agency.id == Ticket.lead_agency_id)
        .where(
            Ticket.may_publish,
            ~Ticket.safe_contact,
            Ticket.state.in_(ANSWERED),
            Ticket.resolved_at >= now - policy.TOLD_OF,
        )
        .order_by(Ticket.resolved_at.desc())
        .limit(limit)
    )
    return [Example(*row) for row in session.execute(query)]


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Ticket).where(*conditions)) or 0


def _share(part: int, n: int) -> Share | None:
    return Share(part, n) if n >= policy.ENOUGH_TO_TELL else None
