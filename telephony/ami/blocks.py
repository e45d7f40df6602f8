"""Event blocks of AMI as Asterisk writes them, and what can be trusted of one that a caller's text broke.

Asterisk writes a caller's number as it came, line breaks included, and keeps at most 79 bytes of it. Each channel in an
event is the same lines in the same order; all of them from `AccountCode` to `Linkedid` are more than 79 bytes hold.
"""

import re
from functools import lru_cache

_NUMBER = b"CallerIDNum: "
_LINE = rb"[^\r\n]*\r\n\w*"
_CHANNEL = re.compile(
    _LINE.join(
        (
            rb"CallerIDNum: ", rb"CallerIDName: ", rb"ConnectedLineNum: ", rb"ConnectedLineName: ", rb"Language: ",
            rb"AccountCode: ", rb"Context: ", rb"Exten: ", rb"Priority: ", rb"Uniqueid: ", rb"Linkedid: ",
        )
    )
)  # fmt: skip
_DIGITS = re.compile(rb"[0-9+*#]*")
# These have a caller's number and no channel by nature.
_SHORT = (b"Event: OriginateResponse\r\n", b"Event: QueueEntry\r\n")


def is_whole(block: bytes) -> bool:
    """True where every channel in it has all of its lines, and no others between them."""
    at = block.find(_NUMBER)
    while at >= 0:
        found = _CHANNEL.match(block, at)
        if found is None:
            return block.startswith(_SHORT)
        at = block.find(_NUMBER, found.end())
    return True


def mended(block: bytes) -> bytes | None:
    """The block without the lines that a caller could have written; None while the end of a channel is missing.

    Of the number only the digits before the first line break are left.
    """
    kept, at = [], 0
    while (number := block.find(_NUMBER, at)) >= 0:
        line = block.rfind(b"\r\n", 0, number) + 2
        prefix = block[line:number]
        tail = _tail(prefix).search(block, number)
        if tail is None:
            return None
        digits = _DIGITS.match(block, number + len(_NUMBER))
        kept += [block[at:number], _NUMBER, digits[0] if digits else b"", tail[0]]
        at = tail.end()
    return b"".join([*kept, block[at:]])


@lru_cache(maxsize=32)
def _tail(prefix: bytes) -> re.Pattern[bytes]:
    """The last lines of a channel; an identifier has ten digits, a dot and a counter, and maybe a name before them."""
    names = (b"AccountCode: ", b"Context: ", b"Exten: ", b"Priority: ")
    lines = [rb"\r\n" + re.escape(prefix + name) + rb"[^\r\n]*" for name in names]
    ids = [rb"\r\n" + re.escape(prefix + name) + rb"[^\r\n]{12,150}" for name in (b"Uniqueid: ", b"Linkedid: ")]
    return re.compile(b"".join(lines + ids))
