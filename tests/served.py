"""A site as people get it: `scripts/manage console` or `public` on a free port, and a small client for it."""

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.config import Settings
from tests.scripts.processes import MANAGE, environment, free_port


@dataclass(frozen=True)
class Answer:
    """What came back, and how many seconds it took."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


@dataclass
class Client:
    """One browser without a page: keeps its cookies and the token of the forms. `address` is where it comes from."""

    port: int
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: Mapping[str, str], files: Sequence[tuple[str, bytes]] = ()) -> Answer:
        """`files` go as `files`, each with its name."""
        boundary = "a-line-between-parts"
        parts = [(f'name="{name}"', value.encode()) for name, value in {"csrf_token": self.token, **form}.items()]
        parts += [(f'name="files"; filename="{name}"', content) for name, content in files]
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
            for head, content in parts
        )
        kind = f"multipart/form-data; boundary={boundary}"
        return self._ask("POST", path, body + f"--{boundary}--\r\n".encode(), {"Content-Type": kind})

    @contextmanager
    def stream(self, path: str) -> Iterator[http.client.HTTPResponse]:
        """An answer that goes on; its lines are read by the caller."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=self._headers({}))
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, self._headers(headers))
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        finally:
            connection.close()
        self._learn(response, text)
        return Answer(response.status, dict(response.getheaders()), text, time.monotonic() - began)

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"X-Forwarded-For": self.address, "Cookie": cookies, **more}

    def _learn(self, response: http.client.HTTPResponse, text: str) -> None:
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        self.token = found[1] if found else self.token


@dataclass(frozen=True)
class Served:
    """A running site: its port, and the process of `scripts/manage`."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def client(self, page: str = "", address: str = "127.0.0.1") -> Client:
        """A new browser; with `page` it has the token of that page's form."""
        client = Client(self.port, address)
        if page:
            assert client.get(page).status == 200
        return client


@contextmanager
def served(name: str, settings: Settings, command: Sequence[str] = MANAGE, **more: str) -> Iterator[Served]:
    """`name` is `console` or `public`; `more` are further variables of its environment."""
    port = free_port()
    more = {f"CALLCENTER_{name.upper()}_BIND": f"127.0.0.1:{port}", **more}
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log = settings.data_dir / f"{name}-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, name], env=environment(settings, **more), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        _await_answer(Served(port, process, log))
        yield Served(port, process, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(site: Served) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if site.process.poll() is not None:
            raise AssertionError(f"the site ended with {site.process.returncode}:\n{site.log.read_text()}")
        try:
            site.client().get("/healthz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the site did not answer in 60 s:\n{site.log.read_text()}")


def python_of(folder: Path) -> tuple[str, ...]:
    """The commands of another checkout, run by this Python: to measure an older version beside this one."""
    module = "scripts.tools.cli" if (folder / "scripts" / "tools").is_dir() else "scripts.cli"
    path = f"import sys; sys.path.insert(0, {str(folder)!r}); import runpy; "
    return (sys.executable, "-P", "-c", f"{path}sys.argv[0] = 'manage'; runpy.run_module('{module}', None, '__main__')")
