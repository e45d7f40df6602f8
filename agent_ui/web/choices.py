"""What forms offer to choose from: fields, agencies."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Category
from callcenter.text import sort_key
from callcenter.vocab import AgencyKind, Source

# Sources of a ticket that a person opens by hand. A call opens its own, unless the PBX that has it is not heard.
BY_HAND = (Source.COUNTER, Source.LETTER, Source.EMAIL, Source.ZALO, Source.HOTLINE)


_CATEGORIES = select(Category).where(Category.active).order_by(Category.position, Category.code)
_AGENCIES = select(Agency.id, Agency.code, Agency.name, Agency.kind).where(Agency.active)


def categories(session: Session) -> Sequence[Category]:
    return session.scalars(_CATEGORIES).all()


def agencies(session: Session) -> Sequence[Row[int, str, str, AgencyKind]]:
    """`id`, `code`, `name` and `kind` of those one may choose: a list of a hundred and more, on many pages."""
    found = session.execute(_AGENCIES).all()
    return sorted(found, key=lambda agency: (agency.kind != "department", agency.kind, sort_key(agency.name)))


def agency_names(session: Session) -> dict[int, str]:
    """Of all agencies that ever were: the history names them by number."""
    return {id_: name for id_, name in session.execute(select(Agency.id, Agency.name))}
