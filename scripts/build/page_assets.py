"""Third-party assets of the pages: fetched by the lock file, trimmed to what is used, put into static/vendor.

A step of set-up, on a bare Python (standard library only): `page_assets.py NPM`. Fetching is done again only when the
lock file changed; trimming whenever a page did, without a network.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "agent_ui" / "assets"
STATIC = ROOT / "agent_ui" / "static"
VENDOR = STATIC / "vendor"
# Kept, so that a changed page can be trimmed for without a network.
MODULES = ROOT / ".venv" / "assets"
# From node_modules to static/vendor.
COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-vietnamese-wght-normal.woff2": "inter-vietnamese.woff2",
    "@fontsource-variable/inter/LICENSE": "inter-LICENSE.txt",
}
TRIMMED = {"@tabler/core/dist/css/tabler.min.css": "tabler.min.css"}


def digest() -> str:
    """Of everything that the assets are made from."""
    made_from = [ASSETS / "package-lock.json", ASSETS / "trim.mjs", Path(__file__), *sources()]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in made_from)).hexdigest()


def sources() -> list[Path]:
    """The files whose words decide which rules and variables of the style sheet are kept."""
    folder = ROOT / "agent_ui"
    found = (path for kind in ("py", "html", "js", "css") for path in folder.rglob(f"*.{kind}"))
    return sorted(path for path in found if VENDOR not in path.parents)


def main(npm: str) -> int:
    try:
        _fetch(npm)
        _publish()
    except (subprocess.CalledProcessError, OSError) as error:
        said = getattr(error, "stderr", "") or str(error)
        print("\n".join(said.strip().splitlines()[-6:]), file=sys.stderr)
        return 1
    return 0


def _fetch(npm: str) -> None:
    lock = (ASSETS / "package-lock.json").read_bytes()
    copy = MODULES / "package-lock.json"
    if (MODULES / "done").exists() and copy.read_bytes() == lock:
        return
    shutil.rmtree(MODULES, ignore_errors=True)
    MODULES.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ASSETS / name, MODULES)
    with tempfile.TemporaryDirectory(prefix="npm-") as cache:
        quiet = {"npm_config_cache": cache, "npm_config_update_notifier": "false", "PWD": str(MODULES)}
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([npm, "ci", *options], {**quiet, **_path(npm)})
    (MODULES / "done").touch()


def _publish() -> None:
    """File by file and only what changed: a site that runs meanwhile never misses one."""
    modules = MODULES / "node_modules"
    VENDOR.mkdir(parents=True, exist_ok=True)
    made = {target: _without_map((modules / source).read_bytes()) for source, target in COPIES.items()}
    for source, target in TRIMMED.items():
        made[target] = _trim(modules / source).encode()
    for name, content in made.items():
        path = VENDOR / name
        if not path.exists() or path.read_bytes() != content:
            fresh = VENDOR / f".{name}.new"
            fresh.write_bytes(content)
            os.replace(fresh, path)
    for stray in VENDOR.iterdir():
        if stray.name not in made:
            stray.unlink()


def _without_map(content: bytes) -> bytes:
    """Their source maps stay behind: a pointer to them would be a 404 in every browser's tools."""
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if b"sourceMappingURL=" not in line[:30])


def _trim(style: Path) -> str:
    node = shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}") or "node"
    shutil.copy(ASSETS / "trim.mjs", MODULES)
    return _run([node, str(MODULES / "trim.mjs"), str(style), *map(str, sources())], {})


def _path(npm: str) -> dict[str, str]:
    return {"PATH": f"{Path(npm).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"}


def _run(command: list[str], more: dict[str, str]) -> str:
    environment = {**os.environ, **more}
    done = subprocess.run(command, env=environment, cwd=MODULES, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
