"""scripts/test: style, types, imports and texts first, then pytest; its closing line is the last one printed.

`--quick` leaves out what needs a PBX or a browser.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.lab import asterisk_install
from scripts.processes import lifeline

ROOT = Path(__file__).parents[2]
# What tests need of the machine: one of these, the first of which is a Debian package. Asterisk unpacks itself.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FONTS = "fonts-dejavu-core"
# Calls wait for callers and pages for servers: tests/turns.py lets what computes fill the rest.
_WORKERS_EACH = 3
# Each worker has a PBX, a browser or a database of its own in hand; beyond this they only get in each other's way.
_MOST_WORKERS = 12
# Seven processes that each compile what all of them import take a minute of both processors.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_QUICK = ("--ignore=tests/browser", "-m", "not asterisk")


def main(arguments: list[str]) -> int:
    lifeline.tie()
    quick = "--quick" in arguments
    given = [argument for argument in arguments if argument != "--quick"]
    whole = not [argument for argument in given if argument != "--all"]
    must = "--all" in given or os.environ.get("CI") == "true"
    if not quick:
        _provide(must=must)
    checked = _check() if whole else True
    options = ["-n", str(_workers()), "--dist", "loadgroup", "--no-loadscope-reorder"] if whole else []
    chosen = _QUICK if quick else ()
    command = [sys.executable, "-P", "-m", "pytest", *options, *chosen, *given]
    done = subprocess.run(command, cwd=ROOT, env=_ENVIRONMENT, check=False)
    return done.returncode or (0 if checked else 1)


def _workers() -> int:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(processors, 2) * _WORKERS_EACH, _MOST_WORKERS)


def _check() -> bool:
    """All checks side by side; what one of them found is shown, and True when none found anything."""
    python = [sys.executable, "-m"]
    checks = {
        "ruff check": [*python, "ruff", "check", "--quiet", "--output-format=concise", "."],
        "ruff format": [*python, "ruff", "format", "--check", "--quiet", "."],
        "mypy": [*python, "mypy", "--no-error-summary"],
        "import contracts": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        "texts": [*python, "scripts.build.texts", "check"],
        # Once, and kept for the workers: each of them would translate every test for itself.
        "tests": [*python, "pytest", "--collect-only", "--quiet", "--quiet", "-p", "no:cacheprovider"],
    }
    running = {name: _begin(command) for name, command in checks.items()}
    well = True
    for name, process in running.items():
        output, _ = process.communicate()
        print(f"{name}: {'ok' if process.returncode == 0 else 'FAILED'}", flush=True)
        if process.returncode != 0:
            well = False
            print(output, flush=True)
    return well


def _begin(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=ROOT, env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _provide(*, must: bool) -> None:
    """Install and unpack what is missing where that is possible, in its own time; pytest names what stays missing."""
    began = time.monotonic()
    _install(must=must)
    try:
        asterisk_install.unpacked(lambda line: print(line, file=sys.stderr, flush=True))
    except asterisk_install.AsteriskUnavailable as why:
        print(f"no real Asterisk: {why}", file=sys.stderr, flush=True)
    print(f"set-up of the tests: {time.monotonic() - began:.0f} s", flush=True)


def _install(*, must: bool) -> None:
    if any(map(shutil.which, BROWSERS)) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"installing for the tests: {BROWSERS[0]}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", BROWSERS[0], FONTS]
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            tail = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"{command[0]} {command[1]} failed: {tail}", file=sys.stderr, flush=True)
            if must:
                print("the tests that need it will fail", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
