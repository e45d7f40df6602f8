"""What the processes that serve load: no library for numbers or shapes, whatever a package asks for by the way."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "shapely", "geopy", "pandas", "scipy")
# Each as its command of `scripts/manage` loads it, the server behind it included.
PROCESSES = {
    "console": ("agent_ui.app", "scripts.tools.cli", "scripts.processes.serve", "gunicorn.workers.ggevent"),
    "public": ("agent_ui.app", "scripts.tools.cli", "scripts.processes.serve", "gunicorn.workers.ggevent"),
    "listener": ("telephony.listener", "scripts.tools.cli"),
    "relay": ("callcenter.outbox", "scripts.tools.cli"),
    "worker": ("tickets.jobs", "scripts.tools.cli", "scripts.processes.worker"),
}
# Asked for counts as much as found: what is not installed here may be on the site's machine.
_LOOK = """
import importlib, sys
asked = []
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {heavy}:
            asked.append(name)
sys.meta_path.insert(0, Finder())
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({{*asked, *({heavy} & sys.modules.keys())}}))
"""


def _asked_for(*modules: str) -> list[str]:
    look = [sys.executable, "-P", "-c", _LOOK.format(heavy=set(HEAVY)), *modules]
    done = subprocess.run(look, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("process", PROCESSES)
def test_no_served_process_asks_for_numpy(process: str) -> None:
    assert _asked_for(*PROCESSES[process]) == []


def test_a_process_that_did_would_be_found(tmp_path: Path) -> None:
    code = "try:\n    import numpy\nexcept ImportError:\n    pass\n"
    (tmp_path / "asks.py").write_text(code)
    look = [sys.executable, "-P", "-c", _LOOK.format(heavy=set(HEAVY)), "asks"]
    done = subprocess.run(look, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy"]
