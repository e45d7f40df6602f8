"""Index of communes and wards for typed text: new or old name, any part, with or without accents. Pure.

Every unit of today, every former unit and every former district is an entry. An entry's score is the number of words
of the text that it explains: its name, the kind before it (`phường`, `thị xã`), its district, its province. A word
with one slip of the finger counts for less than the word itself, and a name behind `chợ`, `cầu` or `đường` for half: a
market or a street may be called after another place.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
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
_SLIPPED = 0.75
# What a commune is not, and is called after communes.
_LANDMARKS = frozenset((
    "ap", "cau", "chua", "cho", "co", "d", "den", "dinh", "doc", "duong", "hem", "kenh", "khom", "kinh", "lo",
    "nga", "pha", "pho", "rach", "so", "song", "tho", "truong", "ven",
))  # fmt: skip
_OF_A_LANDMARK = 0.5
# Districts are gone: a text that names one is of the old frame, and the old unit of that name goes before the new one.
_DISTRICT_OF_TODAY = 0.9
_SHORTEST_SLIP = 3
_NEVER_SLIPS = _LANDMARKS | {"gan", "khu", "ngay", "ben", "sau", "toi", "nha", "doi", "dien", "tram", "xang"}
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
    """A name as it is spoken: the kinds that may stand before it, its folded words, and it with its accents."""

    kinds: tuple[Words, ...]
    words: Words
    accented: str


@dataclass(frozen=True)
class _IndexEntry:
    """A name that a text may contain; `rank` orders equals: a unit of today, a former unit, a former district."""

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
        self._known = frozenset(word for entry in self._entries for name in (entry.name, *entry.context)
                                for word in name.words)  # fmt: skip
        self._slips: dict[str, set[str]] = {}
        for word in self._known:
            for slip in _slips(word):
                self._slips.setdefault(slip, set()).add(word)

    def find(self, text: str, limit: int = 8) -> list[PlaceHit]:
        """The best hits first, each unit of today once; an empty text finds nothing."""
        said = self._heard(text)
        scored = [(score, entry) for entry in self._candidates(said) if (score := _score(entry, said)) > 0]
        scored.sort(key=lambda found: (-found[0], found[1].rank, len(found[1].name.words), found[1].order))
        hits: dict[str, PlaceHit] = {}
        for score, entry in scored:
            if score < scored[0][0] * _WORTH_SHOWING or len(hits) >= limit:
                break
            for hit in entry.hits:
                hits.setdefault(hit.ward_code, hit)
        return list(hits.values())[:limit]

    def _heard(self, text: str) -> "_TypedText":
        words = words_of(text)
        alike = tuple({**dict.fromkeys(self._meant_by(word), _SLIPPED), word: 1.0} for word in words)
        places: dict[str, list[int]] = {}
        for at, meant in enumerate(alike):
            for word in meant:
                places.setdefault(word, []).append(at)
        return _TypedText(words, text.lower(), alike, places)

    def _meant_by(self, word: str) -> frozenset[str]:
        """The words of names that differ from this one by one slip; none where it is a word that is known."""
        if word in self._known or len(word) < _SHORTEST_SLIP or word in _NEVER_SLIPS:
            return frozenset()
        near: set[str] = set().union(*(self._slips.get(slip, ()) for slip in _slips(word)))
        return frozenset(other for other in near if len(other) >= _SHORTEST_SLIP)

    def _candidates(self, said: "_TypedText") -> Iterable[_IndexEntry]:
        numbers = set().union(*(self._by_word.get(word, ()) for word in said.places))
        if said.words:
            for word, entries in self._by_word.items():
                if word.startswith(said.words[-1]):
                    numbers |= entries
        return (self._entries[number] for number in sorted(numbers))


class _TypedText(NamedTuple):
    """What was typed: folded words, and the same in lower case with accents. `alike`: for each word those that it may
    stand for, and how well: 1 for itself, less for a slip; `places`: where each of them stands."""

    words: Words
    lowered: str
    alike: tuple[Mapping[str, float], ...]
    places: Mapping[str, Sequence[int]]


def _slips(word: str) -> set[str]:
    """The word, and it without any one letter. Two words have one of these in common where a letter is missing, too
    many, another one, or has changed places with its neighbour."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def words_of(text: str) -> Words:
    """Folded words with the usual short forms written out: `P3, TP.Mỹ Tho` -> phuong 3 thanh pho mi tho."""
    folded = re.sub(r"\b([pf]|phuong) ?0*([1-9][0-9]?)\b", r"phuong \2", fold(text))
    whole = " ".join(_ABBREVIATIONS.get(word, word) for word in folded.split())
    # Quí and Quý, Mĩ and Mỹ are one name written in two ways; after another vowel y is a sound of its own.
    return tuple(re.sub(r"(?<=[^aeou ])y\b|(?<=qu)y\b", "i", whole).split())


def _today(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_IndexEntry]:
    # Of today's units one cannot tell which province's name, today's or an older one, will stand with them.
    provinces = {_name(row.province) for row in former}
    context: dict[str, set[_Name]] = {}
    for row in former:
        context.setdefault(row.ward_code, set(provinces)).add(_name(row.district))
    for ward in wards:
        hit = PlaceHit(ward.code, ward.name)
        yield _IndexEntry(0, _name(ward.name), tuple(context.get(ward.code, ())), (hit,))


def _units(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_IndexEntry]:
    names = {ward.code: ward.name for ward in wards}
    heirs: dict[tuple[str, str, str], list[PlaceHit]] = {}
    for row in former:
        label = f"{row.name}, {row.district}, {row.province}"
        hit = PlaceHit(row.ward_code, names[row.ward_code], label, row.partial)
        heirs.setdefault((row.name, row.district, row.province), []).append(hit)
    for (unit, district, province), hits in heirs.items():
        yield _IndexEntry(1, _name(unit), (_name(district), _name(province)), tuple(hits))


def _districts(wards: Sequence[WardRow], former: Sequence[FormerRow]) -> Iterable[_IndexEntry]:
    heirs: dict[tuple[str, str], set[str]] = {}
    for row in former:
        heirs.setdefault((row.district, row.province), set()).add(row.ward_code)
    for (district, province), codes in heirs.items():
        label = f"{district}, {province}"
        hits = [PlaceHit(ward.code, ward.name, label, len(codes) > 1) for ward in wards if ward.code in codes]
        yield _IndexEntry(2, _name(district), (_name(province),), tuple(hits))


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


def _score(entry: _IndexEntry, said: _TypedText) -> float:
    """How many of the words this entry explains; 0 where its name is not among them."""
    name = entry.name
    starts = {at for word in name.words for at in said.places.get(word, ())} | {len(said.words) - 1}
    best = max(_score_at(entry, said, start) for start in starts)
    with_accents = best > 0 and re.search(rf"\b{re.escape(name.accented)}\b", said.lowered)
    return best + _ACCENTS if with_accents else best


def _score_at(entry: _IndexEntry, said: _TypedText, start: int) -> float:
    points, end = _name_at(entry.name.words, said, start)
    if not points:
        return 0
    words = said.words
    kind = _kind_before(words, start)
    if entry.name.words[0].isdigit() and kind not in entry.name.kinds:
        return 0
    if kind in entry.name.kinds:
        points += len(kind)
    elif kind:
        points -= _OTHER_KIND
    elif start and words[start - 1] in _LANDMARKS:
        points *= _OF_A_LANDMARK
    spans = ((0, start - len(kind)), (end, len(words)))
    for part in entry.context:
        worth = _DISTRICT_OF_TODAY if part.kinds and entry.rank == 0 else 1
        points += worth * max(_said_of(part, said, *span) for span in spans)
    return points


def _name_at(name: Words, said: _TypedText, start: int) -> tuple[float, int]:
    """How much of the name stands at `start`, and where it ends. A part of a name must be all there is, or be
    the end of what was typed so far."""
    words = said.words
    best: tuple[float, int] = (0, start)
    for first, word in enumerate(name):
        if not (word in said.alike[start] or word.startswith(words[start])):
            continue
        points, run = _common(name[first:], said, start)
        end = start + run
        if end == len(words) - 1 and first + run < len(name) and name[first + run].startswith(words[end]):
            points, end = points + _UNFINISHED, end + 1
        missing = len(name) - run
        if missing and (end < len(words) or (first and run < 2)):
            continue
        best = max(best, (points - _MISSING * missing, end))
    return best


def _common(name: Words, said: _TypedText, start: int) -> tuple[float, int]:
    """How well, and over how many words, the text from `start` on is the beginning of the name."""
    points, run = 0.0, 0
    for ours, alike in zip(name, said.alike[start:], strict=False):
        if ours not in alike:
            break
        points, run = points + alike[ours], run + 1
    return points, run


def _said_of(part: _Name, said: _TypedText, begin: int, end: int) -> float:
    """How many of these words are this district or province, its kind included."""
    size = len(part.words)
    best = 0.0
    for start in said.places.get(part.words[0], ()):
        points, run = _common(part.words, said, start)
        if run == size and begin <= start <= end - size:
            kind = _kind_before(said.words, start)
            best = max(best, points + (len(kind) if kind in part.kinds and start - len(kind) >= begin else 0))
    return best


def _kind_before(words: Words, start: int) -> Words:
    """The kind just before a name; `phuong` may also begin a name (Phương Thịnh), which then explains more."""
    two = words[max(start - 2, 0) : start]
    if two in _TWO_WORD_KINDS:
        return two
    one = words[max(start - 1, 0) : start]
    return one if one in _ONE_WORD_KINDS else ()
