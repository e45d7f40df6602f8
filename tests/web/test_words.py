"""Every text has its English; every word of the vocabulary its label; words that must not be written are not."""

import re
from enum import StrEnum
from string import Formatter
from typing import Any

import pytest

from agent_ui.words import catalogue, labels
from agent_ui.words.unknown_words import unknown
from callcenter import vocab
from scripts.build.texts import extract
from tests.web.conftest import Browser
from tickets.rules import moves

ENUMS = [
    kind
    for kind in vars(vocab).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
]
# docs and pages speak of phiếu, tổng đài viên, hàng đợi, hạn, người dân (glossary, "Do not write").
FORBIDDEN = r"ticket|agent\b|queue|\bSLA\b|khách hàng|\bhuyện\b|\bquận\b|thủ trưởng|bỏ lỡ|từ bỏ|\bbạn\b"


def texts() -> list[str]:
    return [str(message.id) for message in extract() if message.id]


def test_nothing_lacks_its_english() -> None:
    found = [message for message in catalogue.english() if message.id]
    strings = {str(one.id): one.string if isinstance(one.string, tuple) else (one.string,) for one in found}
    assert [text for text, english in strings.items() if not all(english)] == []
    assert [str(one.id) for one in found if one.fuzzy] == []
    assert set(texts()) == strings.keys()


def test_places_in_a_text_are_the_same_in_both_languages() -> None:
    for message in catalogue.english():
        if isinstance(message.id, str) and message.id:
            assert fields(message.id) == fields(str(message.string)), message.id


def fields(text: str) -> set[str]:
    assert Formatter().parse(text)
    return set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_every_word_has_a_label(kind: Any) -> None:
    for word in kind:
        assert str(labels.label(word)) != str(unknown(word.value))


def test_every_move_of_a_ticket_has_words() -> None:
    assert set(moves.ENTRIES) == set(labels.MOVES)
    assert all(entry.label and entry.sentence for entry in moves.ENTRIES.values())


def test_short_labels_fit_their_badges() -> None:
    for state in vocab.TicketState:
        assert len(str(labels.label(state))) <= 24, state


def test_words_that_must_not_be_written_are_not() -> None:
    # Names of places in a text, and of settings, are no prose.
    written = [re.sub(r"%\(\w+\)[sd]|\b[A-Z]+_[A-Z_]+\b", "", text) for text in texts()]
    found = [text for text in written if re.search(FORBIDDEN, text, re.IGNORECASE)]
    assert found == []


def test_no_text_hides_from_the_catalogue() -> None:
    """Letters of Vietnamese in a template stand only inside `_( )` and `ngettext( )`."""
    vietnamese = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
    for file in catalogue.FOLDER.glob("*/templates/**/*.html"):
        source = re.sub(r"_\('[^']*'|ngettext\('[^']*', '[^']*'", "", file.read_text())
        assert not vietnamese.search(source), f"{file.name}: {vietnamese.findall(source)[:5]}"


def test_templates_never_trust_text() -> None:
    for file in catalogue.FOLDER.glob("*/templates/**/*.html"):
        source = file.read_text()
        assert not re.search(r"\|\s*safe|autoescape false| style=|<script>| on\w+=", source), file.name


def test_the_english_console_signs_in(sign_in: Any) -> None:
    browser: Browser = sign_in("lan")
    browser.post("/language", {"language": "en", "next": "/"})
    page = browser.get("/").text
    assert "Ready for calls" in page
    assert '<html lang="en"' in page
