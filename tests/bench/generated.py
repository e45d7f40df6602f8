"""Generated runs at length: every property of the suite with new examples, forty times as many as the suite tries.

`.venv/bin/python -m tests.bench.generated [TIMES]`: what it finds is kept in `.hypothesis` and tried first next time.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.generated import TIMES

ROOT = Path(__file__).parents[2]
# A file that gets its first property is added here.
FILES = (
    "tests/rules/test_witnesses.py",
    "tests/wire/test_orders.py",
    "tests/wire/test_protocol_fuzz.py",
    "tests/wire/test_witness_readers.py",
)


def main(arguments: list[str]) -> int:
    times = arguments[0] if arguments else "40"
    command = [sys.executable, "-m", "pytest", "--timeout=0", "-q", "-n", "2", *FILES]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, TIMES: times}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
