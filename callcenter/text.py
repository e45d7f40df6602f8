"""Vietnamese text: folding without accents for search, alphabetical sorting, marks for the message catalogue."""

import re
import unicodedata
from functools import lru_cache

_ALPHABET = "aăâbcdđeêghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng


def N_(text: str) -> str:  # noqa: N802 (the marker's usual name)
    """Mark a text of a module that knows no catalogue: it is translated where it is shown."""
    return text


def trimmed(text: str) -> str:
    """Without blanks and invisible signs (of zero width, of direction) at its ends; '' where nothing is to be seen."""
    start, end = 0, len(text)
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_blank(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc")


def fold(text: str) -> str:
    """Lower case, no accents, đ as d, one space between words: `Đường Hùng Vương` -> `duong hung vuong`."""
    # đ has no decomposition in Unicode, so NFD alone would keep it.
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


@lru_cache(maxsize=4096)
def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Order of a Vietnamese dictionary: letters first (a ă â …), tones second."""
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text.lower()):
        tone, base = 0, ""
        for part in unicodedata.normalize("NFD", char):
            if part in _TONES:
                tone = _TONES[part]
            else:
                base += part
        base = unicodedata.normalize("NFC", base)
        letters.append(_ALPHABET.find(base) + 100 if base in _ALPHABET else ord(base[0]) % 100)
        tones.append(tone)
    return tuple(letters), tuple(tones)
