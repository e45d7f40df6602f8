"""A role stands in no condition outside the table of rights, and the table has words and a page of the documents."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_ui.words import right_words
from callcenter.vocab import Role
from tickets.rights import Right, Scope

ROOT = Path(__file__).parents[2]
# Where a role may be named: the table itself, its words, accounts that are made from nothing, the demo's people.
NAMES_ROLES = (
    "tickets/rights.py",
    "callcenter/vocab.py",
    "callcenter/migrations/",
    "agent_ui/words/labels.py",
    "scripts/tools/accounts.py",
    "scripts/demo/",
)
PACKAGES = ("callcenter", "telephony", "tickets", "agent_ui", "scripts")
# As a value of a form or of an address (`role='officer'`) a role may be chosen; anything else compares it.
_WORD = re.compile(rf"""(?<!role=)(['"])(?:{"|".join(Role)})\1""")
_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def _sources(suffix: str) -> list[str]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob(f"*{suffix}"))
    names = (str(path.relative_to(ROOT)) for path in found)
    return sorted(name for name in names if not name.startswith(NAMES_ROLES))


def _named(tree: ast.AST) -> Iterator[int]:
    """Lines that name a role: `Role.X`, or its word in a comparison or a `match`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Role"), attr=attr) if attr in Role.__members__:
                yield node.lineno
            case ast.Compare() | ast.MatchValue():
                words = {child.value for child in ast.walk(node) if isinstance(child, ast.Constant)}
                if words & {role.value for role in Role}:
                    yield node.lineno


def _named_in_tags(text: str) -> list[str]:
    return [tag for tag in _TAG.findall(text) if _WORD.search(tag)]


@pytest.mark.parametrize("module", _sources(".py"))
def test_no_role_is_named_in_code(module: str) -> None:
    lines = list(_named(ast.parse((ROOT / module).read_text(encoding="utf-8"))))
    assert not lines, f"{module} names a role in lines {lines}: ask tickets.rights.may for the right that is meant"


@pytest.mark.parametrize("template", _sources(".html"))
def test_no_role_is_named_in_a_template(template: str) -> None:
    assert not _named_in_tags((ROOT / template).read_text(encoding="utf-8"))


def test_the_rule_would_find_one() -> None:
    for text in ("actor.role == Role.ADMIN", "role in ('operator', 'x')", "match r:\n  case 'admin': pass"):
        assert list(_named(ast.parse(text))), text
    assert _named_in_tags("{% if role != 'officer' %}")
    assert not _named_in_tags("{{ url_for('admin.users', role='officer') }}")


def test_every_right_has_its_words_once() -> None:
    worded = [right for group in right_words.GROUPS for right in group.rights]
    assert sorted(worded) == sorted(Right)
    assert set(right_words.SCOPES) == set(Scope)


def test_every_right_is_asked_for() -> None:
    """A right that no view, use case or template asks for is a row that says nothing."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in (*_sources(".py"), *_sources(".html"))
                   if name != "agent_ui/words/right_words.py")  # fmt: skip
    assert not [right for right in Right if f"Right.{right.name}" not in text and f"may('{right}'" not in text]


def test_templates_ask_for_rights_that_there_are() -> None:
    asked = {
        name
        for template in _sources(".html")
        for name in re.findall(r"\bmay\('(\w+)'", (ROOT / template).read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= {right.value for right in Right}


def test_the_document_is_the_table() -> None:
    """`.venv/bin/python -P -m agent_ui.words.right_words > docs/rights.md` writes it anew."""
    assert (ROOT / "docs" / "rights.md").read_text(encoding="utf-8") == right_words.as_document()
