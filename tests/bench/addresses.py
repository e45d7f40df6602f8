"""How often the right commune comes first: `python -m tests.bench.addresses [SEED] [--missed]`, by hand.

300 addresses as people write them, made by rules that know nothing of the matcher's: units of today and of before
July 2025, in any order, with house numbers, streets and landmarks that name other places, short forms, missing
accents, slips of the finger. What is meant is known from the table of units. A split unit is right when it asks which
part; a name that several units share and nothing tells apart is counted beside the others.
"""

import random
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from callcenter.text import fold
from scripts.tools import places
from scripts.tools.places import FormerName
from tickets.rules.place_index import FormerRow, Index, WardRow

PROVINCE = "82"
MANY = 300
STREETS = (
    "Hùng Vương",
    "Nguyễn Huệ",
    "Lê Lợi",
    "Trần Hưng Đạo",
    "30 tháng 4",
    "Lý Thường Kiệt",
    "Đinh Bộ Lĩnh",
    "Ấp Bắc",
    "QL1A",
    "tỉnh lộ 864",
    "Nguyễn Trãi",
    "Phạm Hữu Lầu",
    "Thiên Hộ Dương",
    "ĐT 848",
    "Trương Định",
    "Võ Thị Sáu",
    "Nguyễn Sinh Sắc",
)
HAMLETS = ("Mỹ Lương", "Bình Hòa", "Tân Thuận", "An Lạc", "Long Hưng", "Hòa Bình", "3", "Tân Bình", "Phú Lợi", "Đông")
LANDMARKS = (
    "gần chợ {name}",
    "đối diện chợ {name}",
    "sau lưng trường tiểu học {name}",
    "ngay cầu {name}",
    "gần trạm y tế",
    "cạnh UBND xã",
    "kế bên nhà thờ",
    "gần ngã ba {name}",
    "đối diện cây xăng số 5",
    "cách bến phà {name} 200m",
    "gần chùa Phước Long",
    "chỗ vựa cát",
)
NAMED = (
    "Cũ",
    "Mới",
    "Thạnh Trị",
    "Giồng Găng",
    "Vĩnh Kim",
    "Bà Tồn",
    "Cái Thia",
    "Mỹ Long",
    "Kinh Chùa",
    "Tân Hương",
    "Rạch Miễu",
)
OPENINGS = ("", "", "", "", "nhà em ở ", "dạ ", "khu vực ", "chỗ ", "đoạn qua ", "bên ", "tôi ở ")
_KEYS = {
    "a": "sq",
    "e": "wr",
    "i": "uo",
    "o": "ip",
    "u": "yi",
    "n": "bm",
    "t": "ry",
    "h": "gj",
    "g": "fh",
    "c": "xv",
    "m": "n",
    "l": "k",
}


@dataclass(frozen=True)
class Written:
    """What was written, the units of today that it may mean, and how sure a person could be."""

    text: str
    wards: frozenset[str]
    split: bool = False
    shared: bool = False


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    seeds = numbers or [1022]
    index = _index()
    for seed in seeds:
        _report(index, seed, list(written(seed)), show="--missed" in sys.argv)


def _report(index: Index, seed: int, addresses: Sequence[Written], *, show: bool) -> None:
    plain = [one for one in addresses if not one.split and not one.shared]
    split, shared = [one for one in addresses if one.split], [one for one in addresses if one.shared]
    took, first, third = [], 0, 0
    for one in plain:
        began = time.process_time()
        names = [hit.name for hit in index.find(one.text)]
        took.append((time.process_time() - began) * 1000)
        first += set(names[:1]) <= one.wards and bool(names)
        third += bool(one.wards & set(names[:3]))
        if show and not (names and names[0] in one.wards):
            print(f"  {one.text!r}: {sorted(one.wards)}, found {names[:3]}")
    asked = sum(_asks(index, one) for one in split)
    among = sum(bool(one.wards & {hit.name for hit in index.find(one.text)[:3]}) for one in shared)
    print(f"seed {seed}: {len(addresses)} addresses, {len(index._entries)} names")
    print(f"  right commune first    {first:4} of {len(plain)}  {first / len(plain):.1%}")
    print(f"  in first three         {third:4} of {len(plain)}  {third / len(plain):.1%}")
    print(f"  asked which (split)    {asked:4} of {len(split)}")
    print(f"  shared name, in three  {among:4} of {len(shared)}")
    print(
        f"  CPU of a search p50 {sorted(took)[len(took) // 2]:.2f} ms, p95 {sorted(took)[int(len(took) * 0.95)]:.2f} ms"
    )


def _asks(index: Index, one: Written) -> bool:
    hits = index.find(one.text)[: len(one.wards)]
    return {hit.name for hit in hits} == one.wards and all(hit.partial for hit in hits)


def written(seed: int) -> Iterable[Written]:
    luck = random.Random(seed)
    heirs: dict[FormerName, set[str]] = {}
    for row in places.former_units_of(PROVINCE):
        heirs.setdefault(row.place, set()).add(row.ward)
    today = sorted(ward["name"] for ward in places.wards_of(PROVINCE))
    old = sorted(heirs)
    split = [place for place in old if len(heirs[place]) > 1]
    for _number in range(MANY):
        turn = luck.random()
        if turn < 0.30:
            yield _of_today(luck, luck.choice(today), today, heirs)
        elif turn < 0.36:
            place = luck.choice(split)
            yield Written(
                _said(luck, [_unit(luck, place.name), _district(luck, place)]), frozenset(heirs[place]), split=True
            )
        else:
            yield _of_before(luck, luck.choice([place for place in old if len(heirs[place]) == 1]), today, heirs)


def _of_today(luck: random.Random, name: str, today: Sequence[str], heirs: dict[FormerName, set[str]]) -> Written:
    """A unit of today is written with its kind, or its bare name where no other unit was ever called so."""
    parts = [_unit(luck, name)]
    if luck.random() < 0.4:
        parts.append(luck.choice(("Đồng Tháp", "tỉnh Đồng Tháp", "ĐT", "đồng tháp")))
    bare = fold(name).split(" ", 1)[1]
    others = [place for place in heirs if _bare(place.name) == bare and heirs[place] != {name}]
    twins = [one for one in today if _bare(one) == bare and one != name]
    return Written(_said(luck, parts), frozenset({name}), shared=bool(others or twins))


def _of_before(
    luck: random.Random, place: FormerName, today: Sequence[str], heirs: dict[FormerName, set[str]]
) -> Written:
    """Most people say the district with it; a name without one is shared where others have it too."""
    named = luck.random() < 0.75 or place.name.split()[-1].isdigit()
    parts = [_unit(luck, place.name)]
    like = [
        other
        for other in heirs
        if other != place and _bare(other.name) == _bare(place.name) and heirs[other] != heirs[place]
    ]
    twins = [one for one in today if _bare(one) == _bare(place.name) and one not in heirs[place]]
    if named:
        parts.append(_district(luck, place))
        like = [other for other in like if _bare(other.district) == _bare(place.district)]
        twins = []
        if luck.random() < 0.4:
            parts.append(
                luck.choice(
                    (place.province, f"tỉnh {place.province}", "".join(word[0] for word in place.province.split()))
                )
            )
    return Written(_said(luck, parts), frozenset(heirs[place]), shared=bool(like or twins))


def _bare(name: str) -> str:
    """A name without its kind."""
    folded = fold(name)
    for kind in ("thi tran ", "thanh pho ", "thi xa ", "phuong ", "huyen ", "xa "):
        if folded.startswith(kind):
            return folded.removeprefix(kind)
    return folded


def _unit(luck: random.Random, name: str) -> str:
    short = {
        "Phường": ("P.", "p", "P ", "phường ", "F", "Phường "),
        "Xã": ("x.", "X. ", "xã ", "Xã ", "xã ", ""),
        "Thị": ("TT ", "tt. ", "thị trấn ", "Thị trấn ", ""),
    }
    kind, _, rest = name.partition(" ")
    if kind == "Thị":
        rest = rest.partition(" ")[2]
    if kind == "Phường" and not rest.isdigit():
        return luck.choice(("P. ", "phường ", "p.", "Phường ", "")) + rest
    return luck.choice(short[kind]) + rest


def _district(luck: random.Random, place: FormerName) -> str:
    words = place.district
    for kind, ways in (
        ("Thành phố ", ("TP.", "tp ", "TP ", "thành phố ", "T.P ", "")),
        ("Thị xã ", ("TX.", "tx ", "thị xã ", "")),
        ("Huyện ", ("H.", "h ", "huyện ", "Huyện ", "", "")),
    ):
        if words.startswith(kind):
            return luck.choice(ways) + words.removeprefix(kind)
    return words


def _said(luck: random.Random, parts: list[str]) -> str:
    """The parts put together as by a person in a hurry."""
    slip: Callable[[str], str] = _slip(luck)
    units = [slip(part) for part in parts]
    if len(units) > 1 and luck.random() < 0.15:
        units[0], units[1] = units[1], units[0]
    before = []
    if luck.random() < 0.45:
        number = f"{luck.randrange(1, 400)}{luck.choice(('', '/3', 'A', 'B/12'))}"
        before.append(f"{luck.choice(('', 'số '))}{number} {luck.choice(('', 'đường ', 'đ. '))}{luck.choice(STREETS)}")
    if luck.random() < 0.35:
        before.append(f"{luck.choice(('ấp', 'ấp', 'khóm', 'khu phố'))} {luck.choice(HAMLETS)}")
    landmark = luck.choice(LANDMARKS).format(name=luck.choice(NAMED)) if luck.random() < 0.3 else ""
    words = [*before, *units]
    if landmark:
        words.insert(luck.choice((0, len(before), len(words))), landmark)
    text = luck.choice(OPENINGS) + luck.choice((", ", ", ", " ", " - ", ",")).join(words)
    turn = luck.random()
    if turn < 0.40:
        return _without_accents(text)
    if turn < 0.55:
        return " ".join(_without_accents(word) if luck.random() < 0.4 else word for word in text.split(" "))
    return text.lower() if turn < 0.7 else text


def _slip(luck: random.Random) -> Callable[[str], str]:
    """In every fifth address one slip of the finger, in a word long enough to still be read."""
    left = 1 if luck.random() < 0.2 else 0

    def slip(part: str) -> str:
        nonlocal left
        words = part.split(" ")
        long = [number for number, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
        if not left or not long:
            return part
        left = 0
        number = luck.choice(long)
        words[number] = _mistyped(luck, words[number])
        return " ".join(words)

    return slip


def _mistyped(luck: random.Random, word: str) -> str:
    at = luck.randrange(1, len(word) - 1)
    kind = luck.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    near = _KEYS.get(word[at], word[at])
    return word[:at] + luck.choice(near) + word[at + 1 :]


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _index() -> Index:
    wards = [WardRow(ward["code"], ward["name"]) for ward in places.wards_of(PROVINCE)]
    codes = {ward.name: ward.code for ward in wards}
    former = places.former_units_of(PROVINCE)
    return Index(wards, [FormerRow(*row.place, codes[row.ward], row.partial) for row in former])


if __name__ == "__main__":
    main()
