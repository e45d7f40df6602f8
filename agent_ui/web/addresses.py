"""URL cache of templates: each endpoint's address is built once, and the values are put in.

A page of the desk has hundreds of them, and werkzeug builds each from the rule of its endpoint.
"""

from typing import Any

from flask import Flask, current_app, request

_KEY = "hotline-addresses"
# Stands where a value will; no address of ours has it by itself.
_PLACE = 987_654_321
# A proxy names the prefix of the site: whatever it says, what is kept stays small.
_MOST = 5000


def attach(app: Flask) -> None:
    app.extensions[_KEY] = {}
    app.jinja_env.globals.update(url_for=url_for)


def url_for(endpoint: str, **values: Any) -> str:
    """As Flask's: no value at all, or a single one that needs no quoting, is put into what was built before."""
    if endpoint == "static" or not values:
        # Of a file the version is part of the address, and so its name of the key.
        return "".join(_built(endpoint, (*values.values(),), values))
    if len(values) > 1:
        return current_app.url_for(endpoint, **values)
    ((name, value),) = values.items()
    text = str(value) if isinstance(value, str) or type(value) is int else ""
    if not (text.isascii() and text.isalnum()):
        return current_app.url_for(endpoint, **values)
    return text.join(_built(endpoint, (name,), {name: _PLACE}))


def _built(endpoint: str, key: tuple[str, ...], values: dict[str, Any]) -> tuple[str, ...]:
    """The pieces of the address before and after the place of its value."""
    known: dict[tuple[str, ...], tuple[str, ...]] = current_app.extensions[_KEY]
    key = (request.script_root, endpoint, *key)
    pieces = known.get(key)
    if pieces is None:
        pieces = tuple(current_app.url_for(endpoint, **values).split(str(_PLACE)))
        if len(known) < _MOST:
            known[key] = pieces
    return pieces
