"""SIP messages, as much as a telephone needs: parse one, build one, read and write their headers."""

import re
from dataclasses import dataclass, field
from uuid import uuid4

_COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "r": "refer-to"
}  # fmt: skip


@dataclass
class Message:
    """First line, headers in order with lower-case names, body."""

    first: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":")[::2] for line in lines)
        return cls(first, [(_long(name), value.strip()) for name, value in pairs], body)

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        return [(key, value) for key, value in self.headers if key == name]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of a request, or of what a response answers."""
        return self.get("cseq").split()[-1] if self.status else self.first.split()[0]

    @property
    def sequence(self) -> int:
        return int(self.get("cseq").split()[0])

    def encode(self) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        body = self.body.encode()
        return f"{self.first}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _long(name: str) -> str:
    name = name.strip().lower()
    return _COMPACT.get(name, name)


def tag_of(header: str) -> str:
    found = re.search(r";tag=([^;>\s]+)", header)
    return found[1] if found else ""


def uri_of(header: str) -> str:
    found = re.search(r"<([^>]+)>", header)
    return found[1] if found else header.split(";")[0].strip()


def user_of(header: str) -> str:
    found = re.search(r"sips?:([^@>;]+)@", header)
    return found[1] if found else ""


def response(request: Message, code: int, reason: str, to_tag: str = "", **extra: str) -> Message:
    to = request.get("to")
    if to_tag and not tag_of(to):
        to = f"{to};tag={to_tag}"
    headers = [*request.all("via"), ("from", request.get("from")), ("to", to)]
    headers += [("call-id", request.get("call-id")), ("cseq", request.get("cseq"))]
    headers += [(name.replace("_", "-"), value) for name, value in extra.items()]
    return Message(f"SIP/2.0 {code} {reason}", headers)


def fresh(prefix: str = "") -> str:
    return prefix + uuid4().hex[:16]


def sdp(address: str, port: int, direction: str = "sendrecv") -> str:
    lines = (
        "v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
        f"m=audio {port} RTP/AVP 8 0 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000", f"a={direction}",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)
