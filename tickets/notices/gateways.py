"""Gateways for text messages: HTTP, a program of the site, or none."""

import base64
import http.client
import json
import socket
import subprocess
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from callcenter.vocab import TextResult

_CONNECT_S = 5.0
_ANSWER_S = 10.0
_LATER = frozenset({429, 502, 503, 504})
# sysexits.h: try again later.
_EX_TEMPFAIL = 75
COMMAND = "command:"


class TryLater(Exception):
    """Nothing was sent, and the same message may go out in a while."""


@dataclass(frozen=True)
class Answer:
    """What the gateway made of one message, in its own words."""

    result: TextResult
    words: str


OFF = Answer(TextResult.SWITCHED_OFF, "")


class Gateway(Protocol):
    def send(self, message_id: int, number: str, text: str) -> Answer:
        """Hand over one text for an E.164 number, once. Raises TryLater where nothing went out."""


def make(setting: str | None) -> Gateway | None:
    """The gateway that `CALLCENTER_SMS` names (checked by `callcenter.config`), or None: texts are switched off."""
    if not setting:
        return None
    if setting.startswith(COMMAND):
        return ByCommand(setting.removeprefix(COMMAND))
    return ByHttp(setting)


@dataclass(frozen=True)
class ByHttp:
    """POSTs `{"id", "to", "text"}` as JSON; 2xx is sent. The user of the address goes as Basic authorization.

    `Idempotency-Key` is the message's number, for gateways that know it.
    """

    url: str

    def send(self, message_id: int, number: str, text: str) -> Answer:
        try:
            status, words = self._post(message_id, {"id": message_id, "to": number, "text": text})
        except (ConnectionRefusedError, socket.gaierror, _NotConnected) as error:
            raise TryLater(f"{type(error).__name__}: {error}") from None
        except (OSError, http.client.HTTPException) as error:
            # It was on its way: the result is unknown, and no message is sent twice.
            return Answer(TextResult.UNKNOWN, type(error).__name__)
        if status in _LATER:
            raise TryLater(f"HTTP {status}")
        return Answer(TextResult.SENT if 200 <= status < 300 else TextResult.REFUSED, f"HTTP {status} {words}".strip())

    def _post(self, message_id: int, body: dict[str, object]) -> tuple[int, str]:
        split = urlsplit(self.url)
        connect = http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
        connection = connect(split.hostname or "", split.port, timeout=_CONNECT_S)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise _NotConnected(str(error)) from error
            connection.sock.settimeout(_ANSWER_S)
            path = (split.path or "/") + (f"?{split.query}" if split.query else "")
            headers = {"Content-Type": "application/json", "Idempotency-Key": str(message_id), **_sign_in(self.url)}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read(500).decode("utf-8", "replace").strip()
        finally:
            connection.close()


@dataclass(frozen=True)
class ByCommand:
    """Runs a program of the site: the number is its argument, the text its input; exit 0 is sent, 75 is later."""

    program: str

    def send(self, message_id: int, number: str, text: str) -> Answer:
        call = [self.program, number, str(message_id)]
        try:
            done = subprocess.run(
                call,
                input=text,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_ANSWER_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(TextResult.UNKNOWN, "no end in time")
        except OSError as error:
            raise TryLater(f"{self.program}: {error.strerror}") from None
        words = (done.stdout or done.stderr).strip()[:500]
        if done.returncode == _EX_TEMPFAIL:
            raise TryLater(words or "exit 75")
        return Answer(TextResult.SENT if done.returncode == 0 else TextResult.REFUSED, words)


class _NotConnected(OSError):
    """The connection was never there."""


def _sign_in(url: str) -> dict[str, str]:
    split = urlsplit(url)
    if split.username is None:
        return {}
    pair = f"{unquote(split.username)}:{unquote(split.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
