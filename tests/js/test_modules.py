"""The pure modules of the pages' scripts, by the tests written beside this file in their own language (`*.test.js`)."""

import json
import re
import subprocess
from pathlib import Path

import playwright
import pytest

from agent_ui.words.catalogue import FOLDER

HERE = Path(__file__).parent
KEYS = FOLDER / "static" / "keys"
SCRIPTS = sorted(file for file in FOLDER.glob("**/static/**/*.js") if file.parent.name != "vendor")
# The one that Playwright brings for itself: nothing more is installed.
NODE = Path(playwright.__file__).parent / "driver" / "node"


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name.removesuffix(".test.js"))
def test_in_node(file: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=spec", str(file)],
        cwd=HERE, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _bindings() -> dict[str, list[str]]:
    table = json.dumps(str(KEYS / "registry.js"))
    script = f"import {{ BINDINGS }} from {table}; console.log(JSON.stringify(BINDINGS))"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", script], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_list_of_keys_tells_those_that_are_bound() -> None:
    """What `?` shows, and what buttons say of themselves, against the one table of all keys."""
    known = {key for _context, *keys in _bindings().values() for key in keys}
    shown = (FOLDER / "shell" / "templates" / "tours" / "keys.html").read_text(encoding="utf-8")
    told = {f"Alt+{letter}" for letter in re.findall(r"'Alt ([A-Z])'", shown)}
    assert told == {key for key in known if re.fullmatch(r"Alt\+[A-Z]", key)}
    assert {"Ctrl+K", "Ctrl+Enter", "?"} <= known
    pages = "".join(page.read_text(encoding="utf-8") for page in FOLDER.glob("*/templates/**/*.html"))
    written = {*re.findall(r"['\"]Key([A-Z])['\"]", pages), *re.findall(r'aria-keyshortcuts="Alt\+([A-Z])"', pages)}
    assert len(written) > 10
    assert {f"Alt+{letter}" for letter in written} <= known


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_a_browser_can_read_it(script: Path) -> None:
    check = [str(NODE), "--input-type=module", "--check", "-"]
    done = subprocess.run(
        check, input=script.read_text(encoding="utf-8"), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_nobody_else_listens_for_keys(script: Path) -> None:
    assert ('"keydown"' in script.read_text(encoding="utf-8")) == (script == KEYS / "index.js")
