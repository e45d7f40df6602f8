"""The few rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import PATIENCE_MS

ROOT = Path(__file__).parents[2]
PACKAGES = ("callcenter", "telephony", "tickets", "agent_ui", "scripts")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def _modules(*packages: str) -> list[str]:
    found = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in found if path.stat().st_size)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("module", _modules(*PACKAGES, "tests"))
def test_the_first_line_of_a_module_says_its_job(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{module} has no docstring"
    assert text.startswith('"""')


@pytest.mark.parametrize("module", [name for name in _modules(*PACKAGES) if "/migrations/versions/" not in name])
def test_no_file_and_no_function_has_two_jobs(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    too_long = [function.name for function in _functions(ast.parse(text)) if _length(function) > LONGEST_FUNCTION]
    assert not too_long


@pytest.mark.parametrize("module", [name for name in _modules(*PACKAGES) if name != "callcenter/db.py"])
def test_only_the_transaction_commits(module: str) -> None:
    calls = [node for node in ast.walk(ast.parse((ROOT / module).read_text())) if isinstance(node, ast.Call)]
    commits = [call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"]
    assert not commits, f"{module} commits in lines {commits}"


def test_nothing_that_is_kept_names_a_registry_s_host() -> None:
    kept = [*ROOT.glob("*requirements*.txt"), ROOT / "tests" / "requirements.txt"]
    assert all("://" not in path.read_text() for path in kept)
    assert '"resolved"' not in (ROOT / "agent_ui" / "assets" / "package-lock.json").read_text()


@pytest.mark.parametrize("served", ["agent_ui.app", "telephony.listener", "callcenter.outbox"])
def test_what_is_served_imports_nothing_that_computes(served: str) -> None:
    """They would pay for it in memory and at each start; pictures and passwords are the pool's."""
    look = f"import sys, {served}; print(*sorted({{'numpy', 'PIL', 'argon2', 'shapely'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-P", "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# `supervisor` names the type of a set of calls that `tickets` makes; it builds none.
_OF_SQLALCHEMY = {"Engine", "Session", "ColumnElement"}


@pytest.mark.parametrize("module", _modules("agent_ui"))
def test_pages_ask_no_sql_of_their_own(module: str) -> None:
    """They read by the functions of `tickets`, which alone know the tables; of errors they know what they are."""
    imports = [node for node in ast.walk(ast.parse((ROOT / module).read_text())) if isinstance(node, ast.ImportFrom)]
    asked = {
        name.name
        for node in imports
        if (node.module or "").split(".")[0] == "sqlalchemy" and node.module != "sqlalchemy.exc"
        for name in node.names
    }
    assert asked <= _OF_SQLALCHEMY


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "scripts"])
def test_the_product_knows_nothing_of_the_demo(package: str) -> None:
    """It offers seams (`create_console(beside_sign_in=…)`, `push.mute`); what the demo makes of them is in scripts/."""
    kinds = (".py", ".html", ".js", ".css", ".po", ".sql")
    files = [path for path in (ROOT / package).rglob("*") if path.suffix in kinds and path.is_file()]
    assert files
    demo = re.compile(r"\bdemo", re.IGNORECASE)
    assert [str(path.relative_to(ROOT)) for path in files if demo.search(path.read_text("utf-8"))] == []


_TIMEOUT = re.compile(r"timeout(?:=|\()([0-9_]+)")


@pytest.mark.parametrize("module", _modules("tests/browser"))
def test_a_browser_gets_the_time_that_its_turn_may_take(module: str) -> None:
    """Playwright's limits are milliseconds; one below the suite's own patience fails where the machine is busy."""
    limits = [int(ms) for ms in _TIMEOUT.findall((ROOT / module).read_text()) if int(ms) >= 1000]
    assert not [ms for ms in limits if ms < PATIENCE_MS]
