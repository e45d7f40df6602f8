"""Texts of the pages, Vietnamese in the sources and English beside them: `python -m scripts.build.texts update|check`.

pybabel with the options of this project; what it reads stands in `pyproject.toml`.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
_SOURCES = ("agent_ui", "tickets")
_KEYWORDS = ("N_", "_l", "lazy_ngettext:1,2")
_TRANSLATIONS = "agent_ui/translations"


def extract() -> Catalog:
    """Every text of the sources and templates."""
    with tempfile.TemporaryDirectory() as folder, _extracted(folder).open("rb") as file:
        return read_po(file)


def update() -> int:
    """Bring the English catalogue in step with the sources; new texts come in empty. Returns pybabel's exit code."""
    return _update()


def check() -> int:
    """0 where the catalogue is in step with the sources. That no text lacks its English is for the tests to see."""
    return _update("--check")


def _update(*more: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        # The catalogue keeps the moment that it has: another one would be a conflict between any two branches.
        options = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date", "--locale", "en")
        return _pybabel("update", *more, *options, "-d", _TRANSLATIONS, "-i", str(_extracted(folder)))


def _extracted(folder: str) -> Path:
    found = Path(folder) / "texts.pot"
    keywords = (argument for word in _KEYWORDS for argument in ("-k", word))
    options = ("-F", "pyproject.toml", "--no-location", "--sort-output", *keywords)
    if _pybabel("extract", *options, "-o", str(found), *_SOURCES):
        raise SystemExit("the texts cannot be read from the sources: see above")
    return found


def _pybabel(*arguments: str) -> int:
    command = [str(Path(sys.executable).with_name("pybabel")), "--quiet", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    tasks = {"update": update, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        raise SystemExit("usage: python -m scripts.build.texts update|check")
    sys.exit(tasks[sys.argv[1]]())
