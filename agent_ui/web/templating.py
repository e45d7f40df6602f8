"""Jinja environment: filters and globals are set before the first template is loaded."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from flask.templating import Environment
from jinja2 import FileSystemLoader

FOLDERS = sorted(Path(__file__).parents[1].glob("*/templates"))


class Templates(Environment):
    """As Flask's. A page takes in dozens of parts, and each asks for all that it knows more than once."""

    def make_globals(self, d: Mapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dict, not jinja's chain of two, which follows later changes and is searched in Python."""
        return {**self.globals, **(d or {})}


def templates() -> FileSystemLoader:
    """One name space over the templates of all audiences, each beside its views."""
    return FileSystemLoader(FOLDERS)
