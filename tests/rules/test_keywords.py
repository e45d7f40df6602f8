"""Which field a sentence speaks of: the words of the demo province, with accents, without, and where words overlap."""

import unicodedata

import pytest

from scripts.demo.knowledge import KEYWORDS
from scripts.demo.reports import REPORTS
from tickets.rules.keywords import Phrases

SOME = Phrases({
    "nuoc": ["nước máy", "nước", "cống"], "moi-truong": ["nước thải", "rác", "mùi hôi"],
    "giao-thong": ["cầu sập", "cầu"], "cho": ["chợ"],
})  # fmt: skip


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nước thải tràn ra đường", [("moi-truong", ("nước thải",))]),
        ("nuoc thai", [("moi-truong", ("nước thải",))]),
        ("NƯỚC MÁY đục", [("nuoc", ("nước máy",))]),
        ("cầu sập rồi", [("giao-thong", ("cầu sập",))]),
        ("đi câu cá", []),
        ("cau sap", [("giao-thong", ("cầu sập",))]),
        ("chờ hoài", []),
        ("rác, rác, rác", [("moi-truong", ("rác",))]),
        ("Mui hoi cua rac", [("moi-truong", ("mùi hôi", "rác"))]),
        ("", []),
        ("!!! 123", []),
    ],
)
def test_words_tell_the_field(text: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(hit.category, hit.phrases) for hit in SOME.find(text)] == found


def test_an_accent_may_stand_on_either_vowel() -> None:
    assert Phrases({"a": ["hóa chất"]}).find("đổ hoá chất")[0].category == "a"


def test_most_reports_of_the_demo_are_known_by_their_words() -> None:
    ours = Phrases({code: said.split("; ") for code, said in KEYWORDS.items()})
    for said in (str, plain):
        right = [
            report
            for report in REPORTS
            if [hit.category for hit in ours.find(said(report.text))][:1] == [report.category]
        ]
        assert len(right) >= 0.9 * len(REPORTS)
