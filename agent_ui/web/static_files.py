"""Static files: scripts, style sheets and pictures of each audience, served below one version of all of them.

The address is `/static/VERSION/FOLDER/static/NAME`, the path of the file in this package: a relative import of a script
means the same file on disk, for the tests, and in a browser, where it stays within the version. Names in templates are
short: `desk/draft.js` is desk/static/draft.js, `hotline.css` is static/hotline.css, which all audiences share.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, g, send_file
from markupsafe import Markup

from agent_ui.web.addresses import url_for

ENDPOINT = "static"
_PACKAGE = Path(__file__).parents[1]
_YEAR_S = 365 * 24 * 3600
_IMPORT = re.compile(r"""^(?:import|export)\b(?:[^"';]*?\bfrom\s*)?\s*"(\.[^"]+)";""", re.MULTILINE)

_PRELOAD = Markup('<link rel="modulepreload" href="{}" fetchpriority="low">\n')
_SCRIPT = Markup('<script type="module" src="{}"></script>')


@dataclass(frozen=True)
class StaticFiles:
    """The static files as found at start: `paths` by path in this package, `version` a hash of all contents."""

    version: str
    paths: Mapping[str, Path]

    def path_of(self, name: str) -> str:
        """`desk/draft.js` → `desk/static/draft.js`; anything else is below the shared `static/`."""
        folder, _, rest = name.partition("/")
        own = f"{folder}/static/{rest}"
        return own if own in self.paths else f"static/{name}"

    def imports(self, name: str) -> tuple[str, ...]:
        """Paths of all modules that this script imports statically, directly or not."""
        found: dict[str, None] = {}
        waiting = [name if name in self.paths else self.path_of(name)]
        while waiting:
            path = waiting.pop(0)
            for relative in _IMPORT.findall(self.paths[path].read_text(encoding="utf-8")):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
                if target not in found:
                    found[target] = None
                    waiting.append(target)
        return tuple(found)


@cache
def files() -> StaticFiles:
    folders = [_PACKAGE / ENDPOINT, *_PACKAGE.glob(f"*/{ENDPOINT}")]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    paths = {path.relative_to(_PACKAGE).as_posix(): path for path in sorted(found)}
    # By content, so that all machines of one site have the same address for the same files.
    told = hashlib.sha256()
    for name, path in paths.items():
        told.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return StaticFiles(told.hexdigest()[:12], paths)


def attach(app: Flask) -> None:
    app.add_url_rule(f"/{ENDPOINT}/<path:filename>", ENDPOINT, _serve)
    app.url_defaults(_versioned)
    app.jinja_env.globals.update(module=module)


@cache
def _imports(name: str) -> tuple[str, ...]:
    return files().imports(name)


def module(name: str) -> Markup:
    """The tags of a script that is a module.

    Its imports are preloaded, so that they are not requested a round trip later: once a page, and with low priority,
    because style sheets and fonts come first.
    """
    asked: set[str] = g.setdefault("modules", set())
    ahead = [path for path in _imports(name) if path not in asked]
    asked.update(ahead, [files().path_of(name)])
    links = [
        Markup('<link rel="modulepreload" href="{}" fetchpriority="low">\n').format(_address(path)) for path in ahead
    ]
    script = Markup('<script type="module" src="{}"></script>').format(_address(files().path_of(name)))
    return Markup().join([*links, script])


def _address(path: str) -> str:
    return url_for(ENDPOINT, filename=path)


def _versioned(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == ENDPOINT and not values["filename"].startswith(files().version):
        name = values["filename"]
        path = name if name in files().paths else files().path_of(name)
        values["filename"] = f"{files().version}/{path}"


def _serve(filename: str) -> Response:
    """Cached for a year by browsers, because the address changes with the content.

    Under another version (a page that was open during an upgrade, a machine that is not upgraded yet) the present file
    is served, and not cached.
    """
    version, _, name = filename.partition("/")
    path = files().paths.get(name)
    if path is None:
        abort(404)
    current = version == files().version
    answer = send_file(path, max_age=_YEAR_S if current else 0)
    if current:
        answer.cache_control.immutable = True
    return answer
