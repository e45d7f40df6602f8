"""Running Asterisk of our own: exactly the files of telephony/asterisk, and a phone network around them."""

import contextlib
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from scripts.lab.asterisk_install import AsteriskUnavailable, unpacked

SHIPPED = Path(__file__).parents[2] / "telephony" / "asterisk"
CONF = Path(__file__).parent / "asterisk_conf"
FOLDERS = (
    "etc/shipped", "log", "run", "cache", "sipp", "lib/moh", "lib/keys", "spool/monitor", "spool/voicemail"
)  # fmt: skip
LIBRARIES = f"usr/lib/{platform.machine()}-linux-gnu"
LOADER = {"x86_64": "usr/lib64/ld-linux-x86-64.so.2", "aarch64": "usr/lib/ld-linux-aarch64.so.1"}
FORGOTTEN_S = 86_400
SIP_PORT = 5060
AMI_PORT = 5038
PHONE_PORT = 5000


@dataclass(frozen=True)
class AsteriskSite:
    """What one site adds to the shipped files: phones, settings, and `queues` as text of queues.conf."""

    extensions: tuple[str, ...] = ("101", "102", "103", "104", "105", "106")
    queues: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def demo_site(extensions: Iterable[str]) -> AsteriskSite:
    """Each extension is a member of the main queue."""
    chosen = tuple(extensions)
    members = "\n".join(f"member => PJSIP/{number},0,{number}" for number in chosen)
    return AsteriskSite(chosen, f"[hotline-1022](+)\n{members}\n")


class Asterisk:
    """A private Asterisk in 127.0.0.0/8: `start`, `stop`, `kill`, `cli`, and where its things are.

    `address` carries SIP (5060) and AMI (5038); a call from `trunk` is one from the public network, and phones
    are expected at `phones`, extension 101 on port 5101. Several may run at once: each has its own addresses.
    """

    def __init__(self, site: AsteriskSite | None = None) -> None:
        self.site = site or AsteriskSite()
        self.tree = unpacked()
        self.net = _free_net()
        self.address, self.trunk, self.phones = (f"{self.net}.{host}" for host in (1, 2, 3))
        self.secret = secrets.token_hex(12)
        self.name = f"hotline-{self.net.replace('.', '-')}"
        self.home = self.tree / "srv" / self.name
        self.mode = _mode()
        self._process: subprocess.Popen[bytes] | None = None
        self._write_configuration()

    @property
    def queue_log(self) -> Path:
        return self.home / "log" / "queue_log"

    @property
    def cel(self) -> Path:
        """A SQLite file with the table `cel`."""
        return self.home / "log" / "cel.db"

    @property
    def recordings(self) -> Path:
        return self.home / "spool" / "monitor"

    def ami_url(self, user: str = "callcenter") -> str:
        """As CALLCENTER_PBX wants it, without the name."""
        return f"ami://{user}:{self.secret}@{self.address}:{AMI_PORT}"

    @property
    def version(self) -> str:
        return self.cli("core show version").split(" built")[0]

    def start(self, timeout: float = 20) -> None:
        """Returns when the PBX is fully booted; raises AsteriskUnavailable with its last words otherwise."""
        errors = (self.home / "log" / "stderr").open("ab")
        self._process = subprocess.Popen(
            self.command("usr/sbin/asterisk", "-f", "-C", f"{self.inside}/etc/asterisk.conf"),
            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True,
        )  # fmt: skip
        errors.close()
        self._goes_first()
        self.wait_booted(timeout)

    def _goes_first(self) -> None:
        """Late at the processor, it writes the wrong moments. Linux weighs sessions, and this one is of its own."""
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._process.pid if self._process else 'self'}/autogroup").write_text("-10")

    def wait_booted(self, timeout: float = 20) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if "fully booted" in self.cli("core waitfullybooted").lower():
                return
            time.sleep(0.1)
        raise AsteriskUnavailable(f"Asterisk did not start: {self._last_words()}")

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.cli("core stop now")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self.kill()

    def kill(self) -> None:
        """kill -9, as a crash: nothing is written or sent any more."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart_now(self) -> None:
        """`core restart now`, awaited. By its loader it cannot start itself again, so that is done for it."""
        self.cli("core restart now")
        if self.mode == "loader":
            assert self._process
            self._process.wait(10)
            self.start()
            return
        time.sleep(1.5)
        self.wait_booted()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def cli(self, command: str) -> str:
        """The answer of one console command; empty when the PBX is not there."""
        done = subprocess.run(
            self.command("usr/sbin/asterisk", "-r", "-C", f"{self.inside}/etc/asterisk.conf", "-x", command),
            capture_output=True, text=True, check=False, errors="replace",
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else ""

    def block(self, number: str) -> None:
        self.cli(f"database put hotline-block {number} 1")

    def __enter__(self) -> "Asterisk":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()

    @property
    def inside(self) -> str:
        """The instance's folder as programs of the tree see it."""
        return str(self.home) if self.mode == "loader" else f"/srv/{self.name}"

    def command(self, program: str, *arguments: str) -> list[str]:
        """How to run a program of the tree here, `program` being its path in the tree."""
        if self.mode == "chroot":
            return ["chroot", str(self.tree), f"/{program}", *arguments]
        if self.mode == "namespace":
            return ["unshare", "-Ur", "chroot", str(self.tree), f"/{program}", *arguments]
        libraries = f"{self.tree / LIBRARIES}:{self.tree / LIBRARIES / 'asterisk'}"
        loader = str(self.tree / LOADER[platform.machine()])
        return [loader, "--library-path", libraries, str(self.tree / program), *arguments]

    def _last_words(self) -> str:
        for name in ("messages.log", "stderr"):
            with contextlib.suppress(OSError):
                lines = (self.home / "log" / name).read_text(errors="replace").strip().splitlines()
                if lines:
                    return lines[-1]
        return "it said nothing"

    def _write_configuration(self) -> None:
        _forget_old_instances(self.tree / "srv")
        shutil.rmtree(self.home, ignore_errors=True)
        for folder in FOLDERS:
            (self.home / folder).mkdir(parents=True)
        for source in SHIPPED.glob("*.conf"):
            shutil.copy(source, self.home / "etc" / "shipped" / source.name)
            shutil.copy(source, self.home / "etc" / source.name)
        words = self._words()
        for source in CONF.glob("*.conf"):
            (self.home / "etc" / source.name).write_text(Template(source.read_text()).substitute(words))

    def _words(self) -> dict[str, str]:
        root = str(self.tree) if self.mode == "loader" else ""
        return {
            "root": root,
            "base": self.inside,
            "shipped": f"{self.inside}/etc/shipped",
            "modules": f"{root}/{LIBRARIES}/asterisk/modules",
            "address": self.address,
            "net": self.net,
            "trunk": self.trunk,
            "phones": self.phones,
            "sip_port": str(SIP_PORT),
            "ami_port": str(AMI_PORT),
            "secret": self.secret,
            "endpoints": "\n".join(self._endpoint(number) for number in self.site.extensions),
            "queues": self.site.queues,
            "globals": "\n".join(f"{key}={value}" for key, value in self.site.settings.items()),
        }

    def _endpoint(self, number: str) -> str:
        contact = f"sip:{number}@{self.phones}:{PHONE_PORT + int(number)}"
        return (
            f'[{number}](phone)\naors = {number}\ncallerid = "{number}" <{number}>\n'
            f"[{number}](aor)\ncontact = {contact}\n"
        )


def _mode() -> str:
    """How a foreign tree is run here: as root, in a user namespace, or by its own loader."""
    if chosen := os.environ.get("CALLCENTER_ASTERISK_MODE"):
        return chosen
    if os.geteuid() == 0:
        return "chroot"
    probe = subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False)
    return "namespace" if probe.returncode == 0 else "loader"


def _forget_old_instances(folder: Path) -> None:
    """Those of runs that were killed before they could clean up."""
    for home in folder.iterdir():
        # Another run may remove its own at this moment.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - home.stat().st_mtime > FORGOTTEN_S:
                shutil.rmtree(home, ignore_errors=True)


def _free_net() -> str:
    """Three bytes of a loopback network without a listening socket; the process id spreads parallel runs."""
    for attempt in range(200):
        net = f"127.{20 + (os.getpid() + attempt) % 200}.{secrets.randbelow(250) + 1}"
        if _is_free(f"{net}.1"):
            return net
    raise AsteriskUnavailable("no free address in 127.0.0.0/8")


def _is_free(address: str) -> bool:
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as sip, socket.socket() as ami:
            sip.bind((address, SIP_PORT))
            ami.bind((address, AMI_PORT))
    except OSError:
        return False
    return True
