"""Find a commune or ward in what somebody typed: new or old name, any part, with or without accents. Pure.

Every unit of today, every former unit and every former district is an entry. An entry's score is the number of words
of the text that it explains: its name, the kind said before it (`phường`, `thị xã`), its district, its province.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from callcenter.text import fold, sort_key

_ABBREVIATIONS = {
    "p": "phuong", "f": "phuong", "x": "xa", "tt": "thi tran", "tp": "thanh pho", "tx": "thi xa", "h": "huyen",
    "tg": "tien giang",
}  # fmt: skip
_KINDS = ("phường", "xã", "thị trấn", "thành phố", "thị xã", "huyện", "quận")
_ONE_WORD_KINDS = {("phuong",), ("xa",), ("huyen",), ("quan",)}
_TWO_WORD_KINDS = {("thi", "tran"), ("thanh", "pho"), ("thi", "xa")}
# A town became a city, and people go on saying the old word.
_SAME_KIND = {"thanh pho": ("thanh pho", "thi xa"), "thi xa": ("thi xa", "thanh pho")}
# A word that is still being typed explains less than one that stands there in full.
_UNFINISHED = 0.6
_MISSING = 0.2
_OTHER_KIND = 0.25
_ACCENTS = 0.1
# Below this share of the best score an entry only repeats a word of the text.
_WORTH_SHOWING = 0.6

Words = tuple[str, ...]


@dataclass(frozen=True)
class PlaceHit:
    """A unit of today. `former`: the old name by which it was found; `partial`: only a part of that went there."""

    ward_code: str
    name: str
    former: str | None = None
    partial: bool = False


class WardRow(NamedTuple):
    code: str
    name: str


class FormerRow(NamedTuple):
    name: str
    district: str
    province: str
    ward_code: str
    partial: bool


class _Name(NamedTuple):
    """A name as it is said: the kinds that may stand before it, its folded words, and it with its accents."""

    kinds: tuple[Words, ...]
    words: Words
    accented: str


@dataclass(frozen=True)
class _Entry:
    """Something that can be said; `rank` orders equals: a unit of today, a former unit, a former district."""

    rank: int
    name: _Name
    context: tuple[_Name, ...]
    hits: tuple[PlaceHit, ...]

    @cached_property
    def order(self) -> object:
        return sort_key(self.name.accented)


class Index:
    """All entries of a province, and by word those whose name holds it."""

    def __init__(self, wards: Iterable[WardRow], former: Iterable[FormerRow]) -> None:
        wards, former = list(wards), list(former)
        self._entries = [*_today(wards, former), *_units(wards, former), *_districts(wards, former)]
        self._by_word: dict[str, set[int]] = {}
        for number, entry in enumerate(self._entries):
            for word in entry.name.words:
                self._by_word.setdefault(word, set()).add(number)

    def find(self, text: str, limit: int = 8) -> list[PlaceHit]:
        """The best hits first, each unit of today once; an empty text finds nothing."""
        words = words_of(text)
        lowered = text.lower()
        scored = [(score, entry) for entry in self._candidates(words) if (score := _score(entry, words, lowered)) > 0]
        scored.sort(key=lambda found: (-found[0], found[1].rank, len(found[1].name.words), found[1].order))
        hits: dict[str, PlaceHit] = {}
        for score, entry in scored:
            if score < scored[0][0] * _WORTH_SHOWING or len(hits) >= limit:
                break
            for hit in entry.hits:
                hits.setdefault(hit.ward_code, hit)
        return list(hits.values())[:limit]

    def _candidates(self, words: Words) -> Iterable[_Entry]:
        numbers = set().union(*(self._by_word.get(word, ()) for word in words))
        if words:
            for word, entries in self._by_word.items():
                if word.startswith(words[-1]):
                    numbers |= entries
        return (self._entries[number] for number in sorted(numbers))


def words_of(text: str) -> Words:
    """Folded words with the usual short forms written out: `P3, TP.Mỹ Tho` -> phuong 3 thanh pho mi tho."""
    folded = re.sub(r"\b([pf]|phuong) ?0*([1-9][0-9]?)\b", r"phuong \2", fold(text))
    whole = " ".join(_ABBREVIATIONS.get(word, word) for word in folded.split())
    # Quí and Quý, Mĩ and Mỹ are one name written in two ways; after another vowel y is a sound of its own.
    return tuple(re.sub(r"(?<=[^aeou ])y\b|(?<=qu)y\b", "i", whole).split())


def _today(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_Entry]:
    # Of today's units one cannot tell which province's name, today's or an older one, will be said with them.
    provinces = {_name(row.province) for row in former}
    context: dict[str, set[_Name]] = {}
    for row in former:
        context.setdefault(row.ward_code, set(provinces)).add(_name(row.district))
    for ward in wards:
        hit = PlaceHit(ward.code, ward.name)
        yield _Entry(0, _name(ward.name), tuple(context.get(ward.code, ())), (hit,))


def _units(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_Entry]:
    names = {ward.code: ward.name for ward in wards}
    heirs: dict[tuple[str, str, str], list[PlaceHit]] = {}
    for row in former:
        label = f"{row.name}, {row.district}, {row.province}"
        hit = PlaceHit(row.ward_code, names[row.ward_code], label, row.partial)
        heirs.setdefault((row.name, row.district, row.province), []).append(hit)
    for (unit, district, province), hits in heirs.items():
        yield _Entry(1, _name(unit), (_name(district), _name(province)), tuple(hits))


def _districts(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_Entry]:
    heirs: dict[tuple[str, str], set[str]] = {}
    for row in former:
        heirs.setdefault((row.district, row.province), set()).add(row.ward_code)
    for (district, province), codes in heirs.items():
        label = f"{district}, {province}"
        hits = [PlaceHit(ward.code, ward.name, label, len(codes) > 1) for ward in wards if ward.code in codes]
        yield _Entry(2, _name(district), (_name(province),), tuple(hits))


@cache
def _name(full: str) -> _Name:
    """`Thị xã Cai Lậy` -> the kinds `thị xã` and `thành phố`, the words `cai lay`, and `cai lậy`."""
    for kind in _KINDS:
        if full.lower().startswith(kind + " "):
            accented = full[len(kind) + 1 :].lower()
            folded = fold(kind)
            kinds = tuple(tuple(same.split()) for same in _SAME_KIND.get(folded, (folded,)))
            return _Name(kinds, words_of(accented), accented)
    return _Name((), words_of(full), full.lower())


def _score(entry: _Entry, words: Words, lowered: str) -> float:
    """How many of the words this entry explains; 0 where its name is not among them."""
    name = entry.name
    last = len(words) - 1
    starts = [at for at, word in enumerate(words) if at == last or word in name.words]
    best = max((_score_at(entry, words, start) for start in starts), default=0.0)
    with_accents = best > 0 and re.search(rf"\b{re.escape(name.accented)}\b", lowered)
    return best + _ACCENTS if with_accents else best


def _score_at(entry: _Entry, words: Words, start: int) -> float:
    said, end = _name_at(entry.name.words, words, start)
    if not said:
        return 0
    kind = _kind_before(words, start)
    if entry.name.words[0].isdigit() and kind not in entry.name.kinds:
        return 0
    if kind in entry.name.kinds:
        said += len(kind)
    elif kind:
        said -= _OTHER_KIND
    before, after = words[: start - len(kind)], words[end:]
    return said + sum(max(_said_of(part, before), _said_of(part, after)) for part in entry.context)


def _name_at(name: Words, words: Words, start: int) -> tuple[float, int]:
    """How much of the name stands at `start`, and where it ends. A part of a name must be all there is, or be
    the end of what was typed so far."""
    best: tuple[float, int] = (0, start)
    for first, word in enumerate(name):
        if not word.startswith(words[start]):
            continue
        run = _common(name[first:], words[start:])
        end = start + run
        said = float(run)
        if end == len(words) - 1 and first + run < len(name) and name[first + run].startswith(words[end]):
            said, end = said + _UNFINISHED, end + 1
        missing = len(name) - run
        if missing and (end < len(words) or (first and run < 2)):
            continue
        best = max(best, (said - _MISSING * missing, end))
    return best


def _common(name: Words, words: Words) -> int:
    run = 0
    for ours, theirs in zip(name, words, strict=False):
        if ours != theirs:
            break
        run += 1
    return run


def _said_of(part: _Name, words: Words) -> int:
    """How many of the words are this district or province, its kind included."""
    size = len(part.words)
    best = 0
    for start in range(len(words) - size + 1):
        if words[start : start + size] == part.words:
            kind = _kind_before(words, start)
            best = max(best, size + (len(kind) if kind in part.kinds else 0))
    return best


def _kind_before(words: Words, start: int) -> Words:
    """The kind said just before a name; `phuong` may also begin a name (Phương Thịnh), which then explains more."""
    two = words[max(start - 2, 0) : start]
    if two in _TWO_WORD_KINDS:
        return two
    one = words[max(start - 1, 0) : start]
    return one if one in _ONE_WORD_KINDS else ()
