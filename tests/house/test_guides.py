"""The guides speak of buttons and headings by the words of the pages; a page that changes its words finds them here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ("operator", "shift-leader", "supervisor", "agency", "administrator", "citizen", "demo")
# In bold for emphasis, or the sum of several words of a page.
OWN_WORDS = (
    "không cuộc gọi nào đã nghe mà không có kết thúc.", "Trên trang", "Nối tổng đài", "Cài đặt", "Trước khi mở số",
    "mã phiếu chín chữ số", "Những người khác", "all of them", "Break something",
)  # fmt: skip
_SAID = re.compile(
    r"""(?:_|_l|N_)\(\s*((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?:\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))*)"""
)
_TEXT = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")


def _said() -> set[str]:
    """Every text that a page of either site can show."""
    sources = [
        *(ROOT / "agent_ui").rglob("*.py"),
        *(ROOT / "agent_ui").rglob("*.html"),
        *(ROOT / "tickets").rglob("*.py"),
    ]
    found = (match for path in sources for match in _SAID.findall(path.read_text(encoding="utf-8")))
    return {"".join(one or other for one, other in _TEXT.findall(words)) for words in found}


def _bold(guide: str) -> Iterator[str]:
    text = (ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8")
    for words in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL):
        yield " ".join(words.split())


@pytest.mark.parametrize("guide", GUIDES)
def test_bold_words_are_words_of_the_pages(guide: str) -> None:
    said = _said()
    strange = [
        words
        for words in _bold(guide)
        if words not in said and words not in OWN_WORDS and not re.match(r"\d\. ", words)
    ]
    assert not strange, f"docs/{guide}.md names what no page says: {strange}"


@pytest.mark.parametrize("guide", ["README", *GUIDES])
def test_links_of_guides_lead_somewhere(guide: str) -> None:
    path = ROOT / "docs" / f"{guide}.md"
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing


def test_every_decision_has_one_number_and_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert re.findall(r"\]\(([0-9]{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")) == files
    for name in files:
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {name[:4]} ")
