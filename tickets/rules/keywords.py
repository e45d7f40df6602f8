"""Field suggested by the words of a report: phrases of each field against a text. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callcenter.text import fold

_WORTH_SHOWING = 0.5
_BARE = 0.4


@dataclass(frozen=True)
class Hit:
    """A field, and its phrases that stand in the text; `score` grows with each of them, faster with longer ones."""

    category: str
    phrases: tuple[str, ...]
    score: float


class Phrases:
    """The phrases of all fields, ready to be looked for."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        self._by_first: dict[str, list[tuple[str, str, tuple[_Word, ...]]]] = {}
        for category, ways in phrases.items():
            for way in ways:
                words = _words(way)
                if words:
                    self._by_first.setdefault(words[0].folded, []).append((category, way, words))

    def find(self, text: str, limit: int = 3) -> list[Hit]:
        """The fields that the text speaks of, the likeliest first; those far behind the first are left out.

        Of two phrases over the same words the longer one counts: `nước thải` is no `nước`.
        """
        words = _words(text)
        taken: dict[int, int] = {}
        because: dict[str, list[str]] = {}
        scores: dict[str, float] = {}
        for start, size, category, way in sorted(self._standing(words), key=lambda run: -run[1]):
            place = range(start, start + size)
            if any(taken.get(at, 0) > size for at in place):
                continue
            taken.update(dict.fromkeys(place, size))
            if way not in because.setdefault(category, []):
                because[category].append(way)
                scores[category] = scores.get(category, 0) + self._worth(words[start : start + size])
        hits = [Hit(category, tuple(because[category]), score) for category, score in scores.items()]
        hits.sort(key=lambda hit: (-hit.score, hit.category))
        return [hit for hit in hits if hit.score >= hits[0].score * _WORTH_SHOWING][:limit]

    @staticmethod
    def _worth(said: "tuple[_Word, ...]") -> float:
        """A single word without accents may be five others."""
        return _BARE if len(said) == 1 and not said[0].marks else float(len(said) ** 1.5)

    def _standing(self, said: "tuple[_Word, ...]") -> Iterable[tuple[int, int, str, str]]:
        for start, word in enumerate(said):
            for category, way, words in self._by_first.get(word.folded, ()):
                here = said[start : start + len(words)]
                if len(here) == len(words) and all(map(_same, here, words)):
                    yield start, len(words), category, way


@dataclass(frozen=True)
class _Word:
    folded: str
    marks: str


def _words(text: str) -> tuple[_Word, ...]:
    words = (_Word(fold(word), _marks(word)) for word in _split(text))
    return tuple(word for word in words if word.folded)


def _split(text: str) -> list[str]:
    spaced = "".join(letter if letter.isalnum() or unicodedata.combining(letter) else " " for letter in text.lower())
    return spaced.split()


def _marks(word: str) -> str:
    """The accents of a word in no order: `hoà` and `hòa` are one word."""
    parts = unicodedata.normalize("NFD", word.replace("đ", "d\u0335"))
    return "".join(sorted(part for part in parts if unicodedata.combining(part)))


def _same(said: _Word, ours: _Word) -> bool:
    """A word without any accent may be any word; with accents it is only itself: `cầu` is no `câu`."""
    return said.folded == ours.folded and (not said.marks or said.marks == ours.marks)
