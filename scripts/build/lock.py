"""scripts/lock: writes both requirements files from pyproject.toml, by uv, for every Python from 3.11 on."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = {"requirements.txt": [], "tests/requirements.txt": ["--extra", "test"]}


def main() -> int:
    uv = str(Path(sys.executable).with_name("uv"))
    for name, extra in LOCKS.items():
        # No header: it would hold this machine's paths. No index either: every site has its own.
        plain = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
        target = ["--universal", "--python-version", "3.11", *extra, "pyproject.toml", "-o", name]
        done = subprocess.run([uv, "pip", "compile", *plain, *target], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
        print(f"{name} written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
