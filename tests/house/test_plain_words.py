"""Docstrings name persons and parts by the field's terms, and a name of a class means one thing."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.house.test_house_rules import PACKAGES, ROOT

# A docstring says "the caller", "another operator", "the PBX reports". The words below leave open which person, channel
# or process is meant, or put a thing into a mouth; in moderation they are English.
VAGUE = {
    "said/told": re.compile(r"\b(?:said|told)\b", re.IGNORECASE),
    "who/whom/whoever": re.compile(r"\b(?:who|whom|whoever)\b", re.IGNORECASE),
    "somebody/nobody": re.compile(r"\b(?:somebody|nobody)\b", re.IGNORECASE),
}
MOST_PER_THOUSAND = 2.0
WORST = 8
FEWEST_WORDS = 3

# Public classes of one name that mean the same thing in each of their modules: name -> why they are not one class.
SAME_NAME: Mapping[str, str] = {}


def _files(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py") if path.stat().st_size)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """Of the module, and of each public class and function in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            public = not node.name.startswith("_")
        else:
            public = isinstance(node, ast.Module)
        if public and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("packages", [PACKAGES, ("tests",)], ids=["product", "tests"])
def test_docstrings_name_whom_they_mean(packages: tuple[str, ...]) -> None:
    words = 0
    hits = {group: Counter[str]() for group in VAGUE}
    for path in _files(*packages):
        for text in _docstrings(_parse(path)):
            words += len(text.split())
            for group, pattern in VAGUE.items():
                hits[group].update([str(path.relative_to(ROOT))] * len(pattern.findall(text)))
    assert words
    too_many = [
        f"{group}: {1000 * found.total() / words:.1f} in 1,000 words of docstrings, must stay under "
        f"{MOST_PER_THOUSAND:g}; most in {', '.join(f'{name} ({count})' for name, count in found.most_common(WORST))}"
        for group, found in hits.items()
        if 1000 * found.total() / words >= MOST_PER_THOUSAND
    ]
    assert not too_many, "\n".join(too_many)


def test_no_two_public_classes_share_a_name() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in _files(*PACKAGES):
        for node in _parse(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(ROOT)))
    shared = {name: files for name, files in homes.items() if len(files) > 1}
    unexplained = [f"{name}: {', '.join(files)}" for name, files in shared.items() if name not in SAME_NAME]
    assert not unexplained, "\n".join(unexplained)
    assert SAME_NAME.keys() <= shared.keys(), "a name of the list is no longer shared"


def test_the_first_line_of_a_module_is_a_sentence_of_its_own() -> None:
    """It can be read in a list of modules: whole on its line, with a full stop, and more than a name."""
    firsts = {path: (ast.get_docstring(_parse(path)) or "").partition("\n")[0] for path in _files(*PACKAGES, "tests")}
    bad = [
        f"{path.relative_to(ROOT)}: {line!r}"
        for path, line in firsts.items()
        if not line.endswith(".") or len(line.split()) < FEWEST_WORDS
    ]
    assert not bad, "\n".join(bad)
