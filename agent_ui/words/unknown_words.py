"""Labels of stored codes that this version does not know: shown as they are, and marked."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


def unknown(word: str) -> LazyString:
    """A stored word without a label here: never a page less for it, and never another word instead."""
    return _l("chưa rõ: “%(word)s”", word=word)


def named(word: str | None, words: Mapping[str, LazyString]) -> LazyString | str:
    """The label of a stored word by its table; '' where there is no word. A filter of the templates too."""
    return words.get(word, unknown(word)) if word else ""
