"""Communes and wards by name, old or new: an index of the database's units, kept while they stay the same."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from callcenter.models import FormerUnit, Ward
from tickets.place_index import FormerRow, Index, PlaceHit, WardRow

__all__ = ["PlaceHit", "find_places"]

_Mark = tuple[int, int, int, int]
_indexes: dict[str, tuple[_Mark, Index]] = {}


def find_places(session: Session, text: str, limit: int = 8) -> list[PlaceHit]:
    """Units of today that `text` may mean, the best first. A former unit or district that was split gives all its
    parts, marked `partial`: somebody has to ask which."""
    return _index(session).find(text, limit)


def _index(session: Session) -> Index:
    database = session.get_bind().engine.url.render_as_string()
    mark = _mark(session)
    kept = _indexes.get(database)
    if kept is None or kept[0] != mark:
        kept = _indexes[database] = (mark, _build(session))
    return kept[1]


def _build(session: Session) -> Index:
    wards = session.execute(select(Ward.code, Ward.name).order_by(Ward.code))
    former = session.execute(
        select(
            FormerUnit.name, FormerUnit.district, FormerUnit.province, FormerUnit.ward_code, FormerUnit.partial
        ).order_by(FormerUnit.id)
    )
    return Index((WardRow(*row) for row in wards), (FormerRow(*row) for row in former))


def _mark(session: Session) -> _Mark:
    """Changes with every change of the two tables, a row's removal too; costs a scan of some 400 rows."""
    newest = func.coalesce(func.max(text("xmin::text::bigint")), 0)
    marks = [session.execute(select(func.count(), newest).select_from(table)).one() for table in (Ward, FormerUnit)]
    return (*marks[0], *marks[1])
