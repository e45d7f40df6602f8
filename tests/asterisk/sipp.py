"""Callers from the public network, each one SIPp process with a scenario file written for it."""

import asyncio
import itertools
import math
import os
import re
import shutil
import struct
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scripts.lab.asterisk_env import Asterisk

_HOSTS = itertools.cycle(range(64, 127))


@dataclass(frozen=True)
class Step:
    """`wait` seconds in silence, `key` a digit by SIP INFO, `speak` seconds of sound by RTP."""

    wait: float = 0
    key: str = ""
    speak: float = 0


@dataclass
class Caller:
    """A caller: name, number dialled, and actions once the PBX answered; then they hang up, or `listens` to the end.

    `name`, `number` and `headers` go out exactly as written. The times, epoch seconds, are there after `done`.
    """

    number: str
    dials: str = "1022"
    steps: tuple[Step, ...] = ()
    name: str = ""
    headers: tuple[str, ...] = ()
    listens: bool = False
    domain: str = "carrier.invalid"
    expects: int = 200
    invited_at: float = 0
    answered_at: float | None = None
    pressed_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None
    status: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    _folder: str = ""

    async def start(self, pbx: Asterisk) -> "Caller":
        self._folder = tempfile.mkdtemp(prefix="caller-", dir=pbx.home / "sipp")
        inside = f"{pbx.inside}/sipp/{Path(self._folder).name}"
        host = f"{pbx.net}.{next(_HOSTS)}"
        (Path(self._folder) / "caller.xml").write_text(self.xml(inside), encoding="utf-8")
        self._process = await asyncio.create_subprocess_exec(
            *pbx.command("usr/bin/sipp"), f"{pbx.address}:5060", "-sf", f"{inside}/caller.xml",
            "-s", self.dials, "-i", host, "-mi", host, "-m", "1", "-nostdin", "-timeout", "120s",
            "-default_behaviors", "all,-abortunexp", "-trace_msg", "-message_file", f"{inside}/messages.log",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, cwd=self._folder,
            env={**os.environ, "TZ": "UTC", "TERM": "dumb"},
        )  # fmt: skip
        return self

    async def done(self) -> None:
        """Waits until the call is over, and reads the times SIPp wrote."""
        assert self._process
        await self._process.wait()
        self._read_times()
        shutil.rmtree(self._folder, ignore_errors=True)

    def quit(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def answered(self, timeout: float = 10) -> None:
        """Waits until the PBX has answered."""
        async with asyncio.timeout(timeout):
            while self.answered_at is None:
                await asyncio.sleep(0.02)
                self._read_times()

    def story(self) -> list[str]:
        """The SIP messages so far, a line each, for the message of a failed test."""
        return [f"{at:.2f} {'sent' if sent else 'heard'} {first} ({method})" for at, sent, first, method in self._log()]

    def _log(self) -> list[tuple[float, bool, str, str]]:
        """The `_messages` so far; none before SIPp has written any."""
        file = Path(self._folder) / "messages.log"
        return _messages(file.read_text(errors="replace")) if file.exists() else []

    def _read_times(self) -> None:
        heard = False
        for at, sent, first, method in self._log():
            if sent and first.startswith("INVITE") and not heard:
                # What a busy PBX did not take is sent again.
                self.invited_at = at
            heard = heard or not sent
            if not sent and first.startswith("SIP/2.0") and method == "INVITE":
                self._note_answer(at, int(first.split()[1]))
            if sent and first.startswith("INFO") and self.pressed_at is None:
                self.pressed_at = at
            if first.startswith("BYE") and self.ended_at is None:
                self.ended_at, self.ended_by = at, "caller" if sent else "pbx"

    def _note_answer(self, at: float, status: int) -> None:
        if status >= 200:
            self.status = status
        if status == 200 and self.answered_at is None:
            self.answered_at = at
        if status >= 300 and self.ended_at is None:
            self.ended_at, self.ended_by = at, "pbx"

    def xml(self, inside: str) -> str:
        parts = [_send(self._request("INVITE", 1, sdp=True), retrans=True), _ANSWERS]
        if self.expects != 200:
            parts += [f'<recv response="{self.expects}"/>', _send(self._request("ACK", 1, tag=True))]
        else:
            parts += ['<recv response="200" rrs="true"/>', _send(self._request("ACK", 1, tag=True))]
            for sequence, step in enumerate(self.steps, 2):
                parts += self._step(step, sequence, inside)
            parts += self._end(len(self.steps) + 2)
        body = "\n".join(parts)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="caller">\n{body}\n</scenario>\n'

    def _step(self, step: Step, sequence: int, inside: str) -> list[str]:
        if step.key:
            info = self._request("INFO", sequence, tag=True, body=f"Signal={step.key}\nDuration=160")
            return [_send(info, retrans=True), '<recv response="200"/>']
        pause = f'<pause milliseconds="{round((step.wait or step.speak) * 1000)}"/>'
        if not step.speak:
            return [pause]
        (Path(self._folder) / "voice.al").write_bytes(_tone(step.speak))
        return [f'<nop><action><exec rtp_stream="{inside}/voice.al,1,8"/></action></nop>', pause]

    def _end(self, sequence: int) -> list[str]:
        if self.listens:
            return ['<recv request="BYE"/>', _send(_OK)]
        return [_send(self._request("BYE", sequence, tag=True), retrans=True), '<recv response="200"/>']

    def _request(self, method: str, sequence: int, tag: bool = False, sdp: bool = False, body: str = "") -> str:
        name = f'"{self.name}" ' if self.name else ""
        to_tag = "[peer_tag_param]" if tag else ""
        lines = [
            f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
            "Max-Forwards: 70",
            f"From: {name}<sip:{self.number}@{self.domain}>;tag=[call_number]",
            f"To: <sip:[service]@[remote_ip]>{to_tag}",
            "Call-ID: [call_id]",
            f"CSeq: {sequence} {method}",
            "Contact: <sip:caller@[local_ip]:[local_port]>",
            *(self.headers if method == "INVITE" else ()),
        ]
        if sdp:
            lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", *_SDP]
        elif body:
            lines += ["Content-Type: application/dtmf-relay", "Content-Length: [len]", "", *body.splitlines()]
        else:
            lines += ["Content-Length: 0", ""]
        return "\n".join(lines)


_SDP = (
    "v=0", "o=- 1 1 IN IP4 [local_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0",
    "m=audio [rtpstream_audio_port] RTP/AVP 8", "a=rtpmap:8 PCMA/8000",
)  # fmt: skip
_ANSWERS = "\n".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183))
_OK = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""


def _send(message: str, retrans: bool = False) -> str:
    again = ' retrans="500"' if retrans else ""
    return f"<send{again}><![CDATA[\n{message}\n]]></send>"


def _messages(log: str) -> list[tuple[float, bool, str, str]]:
    """(epoch, sent?, first line, method of the CSeq) of each message in SIPp's log, in order."""
    found = []
    for block in re.split(r"^-{20,} ", log, flags=re.MULTILINE)[1:]:
        stamp, _, rest = block.partition("\n")
        head, _, text = rest.partition("\n\n")
        lines = text.strip().splitlines()
        method = next((line.split()[-1] for line in lines if line.lower().startswith("cseq:")), "")
        if lines:
            at = datetime.fromisoformat(stamp.strip()[:26]).replace(tzinfo=UTC).timestamp()
            found.append((at, "sent" in head, lines[0].strip(), method))
    return found


def _tone(seconds: float) -> bytes:
    """A 440 Hz tone as A-law, 8000 samples a second."""
    wave = (round(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(round(seconds * 8000)))
    return b"".join(struct.pack("B", _alaw(sample)) for sample in wave)


def _alaw(sample: int) -> int:
    """One linear sample of 16 bits as A-law (ITU-T G.711)."""
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    level = magnitude >> 8
    if level:
        exponent = level.bit_length()
        code = exponent << 4 | magnitude >> (exponent + 3) & 0x0F
    else:
        code = magnitude >> 4
    return (sign | code) ^ 0x55
