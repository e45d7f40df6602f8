"""Message catalogue of the pages: Vietnamese in the sources, English beside it (kept by scripts/build/texts.py)."""

import io
import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from flask import Flask, g
from flask_babel import Babel, Domain, get_domain
from markupsafe import Markup

FOLDER = Path(__file__).parents[1]
_PO = FOLDER / "translations" / "en" / "LC_MESSAGES" / "messages.po"


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


def english() -> Catalog:
    with _PO.open("rb") as file:
        return read_po(file, locale="en")


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
