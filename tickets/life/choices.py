"""Choice lists of forms: categories, agencies, wards, and the points of the wards on the map."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from callcenter.models import Agency, Category, CategoryKeywords, Ward
from callcenter.text import sort_key
from callcenter.vocab import AgencyKind, Source

# Sources of a ticket that a person opens by hand. A call opens its own, unless the PBX that has it is not heard.
BY_HAND = (Source.COUNTER, Source.LETTER, Source.EMAIL, Source.ZALO, Source.HOTLINE)


_CATEGORIES = select(Category).where(Category.active).order_by(Category.position, Category.code)
_WITH_WORDS = _CATEGORIES.outerjoin(CategoryKeywords, CategoryKeywords.category_code == Category.code).add_columns(
    CategoryKeywords.phrases
)
_AGENCIES = select(Agency.id, Agency.code, Agency.name, Agency.kind).where(Agency.active)


def categories(session: Session) -> Sequence[Category]:
    return session.scalars(_CATEGORIES).all()


def categories_with_words(session: Session) -> dict[Category, Sequence[str]]:
    """With other words for each: those by which a report is known to be of it."""
    return {category: phrases or () for category, phrases in session.execute(_WITH_WORDS)}


def agencies(session: Session) -> Sequence[Row[int, str, str, AgencyKind]]:
    """`id`, `code`, `name` and `kind` of those one may choose: a list of a hundred and more, on many pages."""
    found = session.execute(_AGENCIES).all()
    return sorted(found, key=lambda agency: (agency.kind != "department", agency.kind, sort_key(agency.name)))


def agency_names(session: Session) -> dict[int, str]:
    """Of all agencies that ever were: the history names them by number."""
    return {id_: name for id_, name in session.execute(select(Agency.id, Agency.name))}


def wards(session: Session) -> list[Ward]:
    """All wards in the order of a Vietnamese list of names."""
    return sorted(session.scalars(select(Ward)), key=lambda ward: sort_key(ward.name))


def ward_points(session: Session) -> list[list[object]]:
    """Code, name, latitude and longitude of each ward: its centre as known, no boundaries."""
    query = select(Ward.code, Ward.name, Ward.latitude, Ward.longitude).where(Ward.latitude.is_not(None))
    return [list(row) for row in session.execute(query)]
