"""Installation of Asterisk 22 and SIPp, unpacked into the cache folder, as root or not."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

SUITE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("asterisk", "asterisk-modules", "sip-tester", "tzdata")


class AsteriskUnavailable(Exception):
    """This machine cannot have a real Asterisk; the text says why."""


def data_dir() -> Path:
    return Path(os.environ.get("CALLCENTER_DATA_DIR") or Path(__file__).parents[2] / "var").resolve()


def unpacked(say: Callable[[str], None] = print) -> Path:
    """The root of a Debian tree with Asterisk in it; about 20 s the first time, at once later.

    Raises AsteriskUnavailable where there is no apt, or the mirror cannot be reached.
    """
    tree = data_dir() / "cache" / "asterisk" / "tree"
    if (tree / ".complete").exists():
        return tree
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise AsteriskUnavailable(f"no {tool} here: a real Asterisk is fetched with Debian's tools")
    if not KEYRING.exists():
        raise AsteriskUnavailable("the package debian-archive-keyring is missing, which vouches for Debian's packages")
    tree.parent.mkdir(parents=True, exist_ok=True)
    with (tree.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (tree / ".complete").exists():
            _unpack(tree, say)
    return tree


def _unpack(tree: Path, say: Callable[[str], None]) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    say("fetching Asterisk (about 80 MB) …")
    packages = _download(tree.parent / "apt")
    say(f"unpacking {len(packages)} packages …")
    for package in packages:
        _run("dpkg-deb", "--extract", str(package), str(tree))
    for folder in ("tmp", "dev", "srv"):
        (tree / folder).mkdir(exist_ok=True)
    # Debian's base system makes these; the packages alone do not.
    for folder in ("bin", "sbin", "lib", "lib64"):
        if not (tree / folder).exists():
            (tree / folder).symlink_to(f"usr/{folder}")
    _make_sounds(tree / "usr/share/asterisk/sounds/en")
    shutil.rmtree(tree.parent / "apt")
    (tree / ".complete").touch()


def _make_sounds(folder: Path) -> None:
    """Silence for what Asterisk plays by itself: without the file it refuses a transfer by keys."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("beep", "beeperr", "pbx-transfer", "pbx-invalid"):
        (folder / f"{name}.alaw").write_bytes(b"\xd5" * 800)


def _download(root: Path) -> list[Path]:
    """Fetch the packages and what they need, by an apt that knows nothing of this machine's own packages."""
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n")
    apt = ("apt-get", "-qq", *_private_apt(root))
    _run(*apt, "update")
    _run(*apt, "install", "--yes", "--no-install-recommends", "--download-only", *PACKAGES)
    return sorted((root / "cache" / "archives").glob("*.deb"))


def _private_apt(root: Path) -> list[str]:
    settings = {
        "Dir::State": root / "state",
        "Dir::State::status": root / "status",
        "Dir::Cache": root / "cache",
        "Dir::Etc::sourcelist": root / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferencesparts": "-",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _mirror() -> str:
    """CALLCENTER_DEBIAN_MIRROR, else the Debian mirror this machine already uses."""
    if named := os.environ.get("CALLCENTER_DEBIAN_MIRROR"):
        return named
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=False
    ).stdout.split()
    debian = [site for site in sites if site.rstrip("/").endswith("/debian")]
    if not debian:
        raise AsteriskUnavailable("apt knows no Debian mirror here: name one in CALLCENTER_DEBIAN_MIRROR")
    return debian[0]


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise AsteriskUnavailable(f"{command[0]} failed: {last}")
    return done.stdout
