"""Fragment cache: parts of pages that depend on their values alone, rendered once for each set of values.

They may use nothing but their values, the language and addresses of pages: no person, no request, no token.
"""

from flask import Flask, current_app, request
from flask_babel import get_locale
from markupsafe import Markup

_KEY = "same-parts"
# Roles times pages times languages; reached only by a part with a value that it should not have.
_MOST = 2000


def attach(app: Flask) -> None:
    app.extensions[_KEY] = {}
    app.jinja_env.globals.update(same=same)


def same(template: str, **values: str | bool | None) -> Markup:
    """The part `template` with these values."""
    kept: dict[object, Markup] = current_app.extensions[_KEY]
    key = (template, str(get_locale()), request.script_root, *sorted(values.items()))
    part = kept.get(key)
    if part is None:
        # Of our own template, which has escaped its values.
        part = Markup(current_app.jinja_env.get_template(template).render(values))  # noqa: S704
        if len(kept) < _MOST:
            kept[key] = part
    return part
