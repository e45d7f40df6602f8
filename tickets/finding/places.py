"""Lookup of communes and wards by name, old or new: an index of the units in the database, cached until they change."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from callcenter.models import FormerUnit, Ward
from tickets.rules.place_index import FormerRow, Index, PlaceHit, WardRow

__all__ = ["PlaceHit", "find_places"]

_FINGERPRINT = text(
    "SELECT (SELECT sum(hashtextextended(w::text, 0)) FROM ward w)::text,"
    " (SELECT sum(hashtextextended(f::text, 0)) FROM former_unit f)::text"
)
_Mark = tuple[str | None, str | None]
_indexes: dict[str, tuple[_Mark, Index]] = {}


def find_places(session: Session, text: str, limit: int = 8) -> list[PlaceHit]:
    """Units of today that `text` may mean, the best first. A former unit or district that was split gives all its
    parts, marked `partial`: the operator has to ask which."""
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
    """A fingerprint of every row of the two tables: any change, a removal too, makes it another one."""
    wards, former = session.execute(_FINGERPRINT).one()
    return wards, former
