"""scripts/test: style, types, imports and texts first, then pytest; its closing line is the last one printed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.processes import lifeline

ROOT = Path(__file__).parents[2]
# What tests need of the machine, and the Debian package that brings it. Asterisk and SIPp unpack themselves.
PARTS = {"chromium": "chromium"}
FONTS = "fonts-dejavu-core"
# Each worker has a PBX, a browser or a database of its own in hand; beyond this they only get in each other's way.
_MOST_WORKERS = 6


def main(arguments: list[str]) -> int:
    lifeline.tie()
    whole = not [argument for argument in arguments if argument != "--all"]
    must = "--all" in arguments or os.environ.get("CI") == "true"
    _provide(must=must)
    checked = _check() if whole else True
    options = ["-n", str(_workers()), "--dist", "loadgroup", "--no-loadscope-reorder"] if whole else []
    done = subprocess.run([sys.executable, "-m", "pytest", *options, *arguments], cwd=ROOT, check=False)
    return done.returncode or (0 if checked else 1)


def _workers() -> int:
    """As many as there are processors: calls on a real PBX keep their seconds only where it gets its turn."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(processors, 2), _MOST_WORKERS)


def _check() -> bool:
    """All checks side by side; what one of them found is shown, and True when none found anything."""
    python = [sys.executable, "-m"]
    checks = {
        "ruff check": [*python, "ruff", "check", "--quiet", "--output-format=concise", "."],
        "ruff format": [*python, "ruff", "format", "--check", "--quiet", "."],
        "mypy": [*python, "mypy", "--no-error-summary"],
        "import contracts": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        "texts": [*python, "agent_ui.words.catalogue", "check"],
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
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _provide(*, must: bool) -> None:
    """Install what is missing where that is possible; pytest names what stays missing."""
    missing = [package for program, package in PARTS.items() if not shutil.which(program)]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"installing for the tests: {', '.join(missing)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, FONTS]
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            tail = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"{command[0]} {command[1]} failed: {tail}", file=sys.stderr, flush=True)
            if must:
                print("the tests that need it will fail", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
