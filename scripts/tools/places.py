"""Import of a province's units: today's from vietnam-provinces, older names and centres from our data file.

The facts are those of vietnamadminunits, which brings numpy, shapely and geopy along for its two data files; how they
are made is in `scripts.tools.make_units`.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from callcenter.models import FormerUnit, Ward
from callcenter.text import fold

FACTS = Path(__file__).with_name("units.tsv.gz")


class FormerName(NamedTuple):
    """A unit of before July 2025 as written in full: `Phường 3`, `Thành phố Mỹ Tho`, `Tiền Giang`."""

    name: str
    district: str
    province: str


@dataclass(frozen=True)
class Successor:
    """A former unit and one unit of today, by name, that took over all or (`partial`) a part of it."""

    place: FormerName
    ward: str
    partial: bool = False


@dataclass(frozen=True)
class Wrong:
    """A row of vietnamadminunits that is not true, and how one knows."""

    place: FormerName
    ward: str
    reason: str


@dataclass(frozen=True)
class Merged:
    """A unit that was merged into a neighbour before July 2025 and so is missing, though people still say it."""

    place: FormerName
    into: str
    reason: str


_NOT_CAO_LANH = (
    "Resolution 1663/NQ-UBTVQH15 makes Phường Cao Lãnh of units of Thành phố Cao Lãnh alone; "
    "the table took the ward's number for Cao Lãnh's own Phường 3, 4 and 6"
)
_MY_THO = ("Thành phố Mỹ Tho", "Tiền Giang")
_GO_CONG = ("Thành phố Gò Công", "Tiền Giang")
_CAI_LAY = ("Thị xã Cai Lậy", "Tiền Giang")
_CAO_LANH = ("Thành phố Cao Lãnh", "Đồng Tháp")
_SA_DEC = ("Thành phố Sa Đéc", "Đồng Tháp")
_CHAU_THANH_TG = ("Huyện Châu Thành", "Tiền Giang")

WRONG = tuple(
    Wrong(FormerName(name, *district), "Phường Cao Lãnh", _NOT_CAO_LANH)
    for name, district in (
        ("Phường 4", _MY_THO),
        ("Phường 6", _MY_THO),
        ("Phường 3", _CAI_LAY),
        ("Phường 4", _CAI_LAY),
        ("Phường 3", _SA_DEC),
        ("Phường 4", _SA_DEC),
    )
)

# vietnamadminunits knows these as aliases of the unit they went into, but without accents.
_WAVE_2024 = "merged in the wave of 2023-2025; what took it over is of vietnamadminunits' list of aliases"
MERGED = (
    Merged(FormerName("Phường 7", *_MY_THO), "Phường 1", _WAVE_2024),
    Merged(FormerName("Phường 3", *_MY_THO), "Phường 2", _WAVE_2024),
    Merged(FormerName("Phường 8", *_MY_THO), "Phường 2", _WAVE_2024),
    Merged(FormerName("Phường 3", *_GO_CONG), "Phường 2", "Resolution 1013/NQ-UBTVQH15, 2024"),
    Merged(FormerName("Phường 4", *_GO_CONG), "Phường 1", "Resolution 1013/NQ-UBTVQH15, 2024"),
    Merged(FormerName("Phường 2", *_CAO_LANH), "Phường 1", "Resolution 1284/NQ-UBTVQH15, from 1 January 2025"),
    Merged(FormerName("Phường 11", *_CAO_LANH), "Phường Mỹ Ngãi", "Resolution 1284/NQ-UBTVQH15, from 1 January 2025"),
    Merged(FormerName("Xã Mỹ Phước", "Huyện Tân Phước", "Tiền Giang"), "Thị trấn Mỹ Phước", _WAVE_2024),
    Merged(FormerName("Xã Tân Lý Tây", *_CHAU_THANH_TG), "Thị trấn Tân Hiệp", _WAVE_2024),
    Merged(FormerName("Xã Hữu Đạo", *_CHAU_THANH_TG), "Xã Bình Trưng", _WAVE_2024),
    Merged(FormerName("Xã Dưỡng Điềm", *_CHAU_THANH_TG), "Xã Bình Trưng", _WAVE_2024),
    Merged(FormerName("Xã Thường Thới Hậu B", "Huyện Hồng Ngự", "Đồng Tháp"), "Xã Thường Lạc", _WAVE_2024),
)


def load_units(session: Session, province: str) -> None:
    """Write the province's units that are not in the tables yet; what people have corrected there stays.

    `province` is the official code of today (`82` is Đồng Tháp). Raises LookupError for an unknown one.
    """
    wards = list(wards_of(province))
    session.execute(insert(Ward).values(wards).on_conflict_do_nothing())
    codes = {ward["name"]: ward["code"] for ward in wards}
    known = {
        FormerName(*row) for row in session.execute(select(FormerUnit.name, FormerUnit.district, FormerUnit.province))
    }
    rows = [_row(successor, codes) for successor in former_units_of(province) if successor.place not in known]
    if rows:
        session.execute(insert(FormerUnit).values(rows).on_conflict_do_nothing())


def wards_of(province: str) -> Iterator[dict[str, Any]]:
    """Today's communes and wards as rows of Ward, in official order, with centre coordinates where known."""
    centres = _centres(province)
    for unit in _province(province)["wards"]:
        code = f"{unit['code']:05d}"
        latitude, longitude = centres.get(code, (None, None))
        yield {
            "code": code,
            "name": unit["name"],
            "kind": unit["division_type"],
            "folded": fold(unit["name"]),
            "latitude": latitude,
            "longitude": longitude,
        }


def former_units_of(province: str) -> list[Successor]:
    """Each former unit with its successor; the parts of a split unit come with its main part first."""
    wrong = {(row.place, row.ward) for row in WRONG}
    table = [row for row in _table(province) if (row.place, row.ward) not in wrong]
    parts: dict[FormerName, list[Successor]] = {}
    for row in table:
        parts.setdefault(row.place, []).append(row)
    for merged in MERGED:
        heirs = parts.get(FormerName(merged.into, *merged.place[1:]), [])
        parts[merged.place] = [Successor(merged.place, heir.ward) for heir in heirs]
    return [Successor(row.place, row.ward, partial=len(rows) > 1) for rows in parts.values() for row in rows]


def _row(successor: Successor, codes: dict[str, str]) -> dict[str, Any]:
    place = successor.place
    return {
        **place._asdict(),
        "folded": fold(" ".join(place)),
        "ward_code": codes[successor.ward],
        "partial": successor.partial,
    }


def official(province: str) -> dict[str, str]:
    """The codes of today's units by their names. Raises LookupError for an unknown province."""
    return {unit["name"]: f"{unit['code']:05d}" for unit in _province(province)["wards"]}


def provinces() -> list[str]:
    """The codes of all provinces and cities of today."""
    return [f"{province['code']:02d}" for province in _divisions()]


def _divisions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (_folder("vietnam_provinces") / "data/nested-divisions.json").read_text("utf-8")
    )
    return found


def _province(code: str) -> dict[str, Any]:
    for province in _divisions():
        if f"{province['code']:02d}" == code.zfill(2):
            return province
    raise LookupError(f"no province has the code {code}")


def _centres(province: str) -> dict[str, tuple[float, float]]:
    wanted = set(official(province).values())
    found = {code: (float(latitude), float(longitude)) for code, latitude, longitude in _facts("centre")}
    return {code: place for code, place in found.items() if code in wanted}


def _table(province: str) -> Iterator[Successor]:
    """What vietnamadminunits says, mistakes included."""
    for code, name, district, old_province, *heirs in _facts("former"):
        if code == province.zfill(2):
            yield from (Successor(FormerName(name, district, old_province), heir) for heir in heirs)


def _facts(kind: str) -> Iterator[list[str]]:
    """The lines of this kind, as `scripts.tools.make_units` describes them."""
    with gzip.open(FACTS, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, *rest = line.rstrip("\n").split("\t")
            if word == kind:
                yield rest


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"the package {package} is not installed")
    return Path(spec.origin).parent
