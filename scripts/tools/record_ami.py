"""Recorder of a PBX's AMI traffic, phone numbers and names masked, so that a site can attach it to a bug report.

    scripts/manage record ami://USER:SECRET@HOST:PORT calls.ami --seconds 600

The same number becomes the same invented one in every form it is written in (+84…, 0084…, 0…), the same name
the same invented name. Extensions, 1022 and times stay. Ctrl-C ends it.
"""

import asyncio
import contextlib
import re
from pathlib import Path
from typing import TextIO
from urllib.parse import unquote, urlsplit

# 02731022 and the like are shorter, extensions too; an epoch never starts with 0 or 84.
_NUMBER = re.compile(r"(?<![\d.])(\+84|0084|84|0)(\d{8,10})(?![\d.])")
_NUMBER_KEY = re.compile(r"(CallerIDNum|ConnectedLineNum|CallerIDani|CallerIDrdnis|CallerIDnum|^Number)$")
_OTHER_NUMBER = re.compile(r"(?<!\d)(\+?)(\d{7,15})(?!\d)")
_NAME_KEY = re.compile(r"(CallerIDName|ConnectedLineName|CallerIDname)$")
_NO_NAME = re.compile(r"<?unknown>?|[\d*#+]*")


class Mask:
    """Invented numbers and names, the same for the same; `keep_names` leaves names as they are."""

    def __init__(self, keep_names: bool = False) -> None:
        self.keep_names = keep_names
        self._numbers: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def text(self, text: str) -> str:
        return "".join(self.line(line) for line in text.splitlines(keepends=True))

    def line(self, line: str) -> str:
        key, colon, value = line.partition(": ")
        if not colon:
            return _NUMBER.sub(self._vietnamese, line)
        if _NAME_KEY.search(key):
            return f"{key}: {self._name(value)}"
        value = _NUMBER.sub(self._vietnamese, value)
        if _NUMBER_KEY.search(key):
            value = _OTHER_NUMBER.sub(self._other, value)
        return f"{key}: {value}"

    def number(self, number: str) -> str:
        return _NUMBER.sub(self._vietnamese, number)

    def _vietnamese(self, found: re.Match[str]) -> str:
        prefix, digits = found.groups()
        return prefix + self._invented(digits)

    def _other(self, found: re.Match[str]) -> str:
        plus, digits = found.groups()
        # Already invented by the rule for Vietnamese numbers: leave it.
        if any(digits.endswith(known) for known in self._numbers.values()):
            return found[0]
        return plus + self._invented(digits)

    def _invented(self, digits: str) -> str:
        if digits not in self._numbers:
            # The network or the area stays: 090…, 0273….
            keep = 3 if digits.startswith("2") else 2
            rest = len(digits) - keep
            self._numbers[digits] = digits[:keep] + str(len(self._numbers) + 1).zfill(rest)[-rest:]
        return self._numbers[digits]

    def _name(self, value: str) -> str:
        name = value.rstrip("\r\n")
        if self.keep_names or _NO_NAME.fullmatch(name):
            return value
        masked = self._names.setdefault(name, f"Người gọi {len(self._names) + 1}")
        return masked + value[len(name) :]


class Recorder:
    """One AMI connection that listens. `async with` logs in; `taken()` gives the bytes since the last call."""

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        self.host, self.port, self.user, self.secret = host, port, user, secret
        self._heard = bytearray()
        self._task: asyncio.Task[None]
        self._writer: asyncio.StreamWriter
        self.lost = asyncio.Event()

    async def __aenter__(self) -> "Recorder":
        """Raises PermissionError for a wrong user or secret, OSError when the PBX does not answer."""
        reader, self._writer = await asyncio.open_connection(self.host, self.port)
        self.send("Login", Username=self.user, Secret=self.secret)
        banner = await asyncio.wait_for(reader.readline(), 10)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        if b"Response: Success" not in answer:
            self._writer.close()
            raise PermissionError(f"AMI refused user {self.user}")
        self._heard += banner + answer
        self._task = asyncio.create_task(self._listen(reader))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._task.cancel()
        self._writer.close()

    def taken(self) -> bytes:
        heard, self._heard = bytes(self._heard), bytearray()
        return heard

    def send(self, action: str, **headers: str) -> None:
        lines = [f"Action: {action}", *(f"{key}: {value}" for key, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self._heard += data
        self.lost.set()


async def record(url: str, path: Path, seconds: float, mask: Mask) -> None:
    """Writes to `path` until the time is over or the PBX leaves."""
    parts = urlsplit(url)
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    async with Recorder(parts.hostname or "127.0.0.1", parts.port or 5038, user, secret) as recorder:
        pending = b""
        with path.open("w", encoding="utf-8", newline="") as out:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    while not recorder.lost.is_set():
                        await asyncio.sleep(0.5)
                        pending = _write_whole_lines(out, pending + recorder.taken(), mask)
            _write_whole_lines(out, pending + recorder.taken() + b"\n", mask)


def _write_whole_lines(out: TextIO, data: bytes, mask: Mask) -> bytes:
    whole, newline, rest = data.rpartition(b"\n")
    out.write(mask.text((whole + newline).decode("utf-8", "replace")))
    out.flush()
    return rest
