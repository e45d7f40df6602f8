"""The message catalogue: Vietnamese in the sources, English beside it (`python -m agent_ui.words.catalogue check`)."""

import io
import os
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import NullTranslations
from flask import Flask, g
from flask_babel import Babel, Domain, get_domain
from markupsafe import Markup

FOLDER = Path(__file__).parents[1]
# Words that belong to a rule stand beside it, marked with `N_`.
_RULES = FOLDER.parent / "tickets"
_PO = FOLDER / "translations" / "en" / "LC_MESSAGES" / "messages.po"
_METHODS = [("**.py", "python"), ("*/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "N_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}


class _AtHand(Domain):  # type: ignore[misc]
    """Pages say hundreds of texts: which catalogue they are from is decided once a request, not for each."""

    def get_translations(self) -> NullTranslations:
        catalogue: NullTranslations | None = g.get("catalogue")
        if catalogue is None:
            catalogue = g.catalogue = super().get_translations()
        return catalogue


class Languages(Babel):  # type: ignore[misc]
    """The catalogue of a request stays at hand; a language chosen within it would hold from the next one on."""

    def init_app(self, app: Flask, *arguments: Any, **options: Any) -> None:
        super().init_app(app, *arguments, **options)
        app.jinja_env.globals.update(_=_said, gettext=_said)

    @cached_property
    def domain_instance(self) -> Domain:
        return _AtHand(domain=self.domain)


def _said(text: str, /, **values: object) -> Markup:
    """What a template says, kept with the catalogue of its language: a page says the same texts again and again."""
    catalogue: NullTranslations = g.get("catalogue") or get_domain().get_translations()
    kept: dict[str, Markup] = catalogue.__dict__.setdefault("kept", {})
    said = kept.get(text)
    if said is None:
        # Of our own sources; what is put into it is escaped.
        said = kept[text] = Markup(catalogue.ugettext(text))  # noqa: S704
    return said % values if values or "%" in said else said


def extract() -> Catalog:
    """Every text of the sources and templates."""
    catalogue = Catalog(charset="utf-8")
    for folder in (FOLDER, _RULES):
        for file, line, message, comments, context in extract_from_dir(
            folder, _METHODS, {"*/templates/**.html": {"silent": "false"}}, keywords=_KEYWORDS
        ):
            catalogue.add(message, None, [(file, line)], auto_comments=comments, context=context)
    return catalogue


def english() -> Catalog:
    with _PO.open("rb") as file:
        return read_po(file, locale="en")


def missing() -> list[str]:
    """Texts without an English one, or with one not reviewed since the text changed."""
    known = english()
    lacking = []
    for message in extract():
        if not message.id:
            continue
        found = known.get(message.id)
        if found is None or found.fuzzy or not all(_texts(found)):
            lacking.append(str(message.id))
    return lacking


def _texts(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string or "",)


def update() -> None:
    """Bring the English catalogue in step with the sources; new texts come in empty."""
    known = english() if _PO.exists() else Catalog(locale="en", charset="utf-8")
    known.update(extract(), no_fuzzy_matching=True)
    known.obsolete.clear()
    known.project, known.version, known.fuzzy = "hotline-1022", "1", False
    known.header_comment = "# English of the hotline's pages; the sources speak Vietnamese."
    _PO.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, known, sort_output=True, omit_header=False, no_location=True)
    # A moment in the head would be a conflict between any two branches, and tells nothing that git does not.
    lines = buffer.getvalue().splitlines(keepends=True)
    _PO.write_bytes(b"".join(line for line in lines if not line.startswith(b'"POT-Creation-Date')))


def compile_if_old() -> None:
    """Write the .mo where it is missing or older; a folder that cannot be written keeps what it has."""
    target = _PO.with_suffix(".mo")
    if not _PO.exists() or (target.exists() and target.stat().st_mtime >= _PO.stat().st_mtime):
        return
    buffer = io.BytesIO()
    write_mo(buffer, english())
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getvalue())
        os.replace(temporary, target)
    except OSError:
        return


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check"]:
            lacking = missing()
            sys.stderr.writelines(f"no English for: {text}\n" for text in lacking)
            return 1 if lacking else 0
        case ["extract"]:
            update()
        case ["compile"]:
            compile_if_old()
        case _:
            sys.stderr.write("usage: python -m agent_ui.words.catalogue check|extract|compile\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
