"""Width and height of a picture from its first bytes, without decoding it."""

import struct
from collections.abc import Callable, Mapping

Size = tuple[int, int]

# A camera's JPEG has up to 160 of them before its size: each holds 64 kB of the 10 MB that a file may have.
_MOST_SEGMENTS = 500
# Start of frame: the segments that hold the size. C4, C8 and CC are other things.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# These stand alone, without a length.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def picture_size(content_type: str, content: bytes) -> Size | None:
    """Pixels (width, height) of `image/jpeg`, `image/png` or `image/webp`; None where the file does not say."""
    try:
        width, height = _READERS[content_type](content)
    except (struct.error, IndexError, ValueError):
        return None
    return (width, height) if width and height else None


def _png(content: bytes) -> Size:
    if content[12:16] != b"IHDR":
        raise ValueError("a PNG begins with IHDR")
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _webp(content: bytes) -> Size:
    match content[12:16]:
        case b"VP8X":
            return (int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", content, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise ValueError("no chunk of a WebP picture")


def _jpeg(content: bytes) -> Size:
    at = 2
    for _segment in range(_MOST_SEGMENTS):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            at += 2 + max(length, 2)
    raise ValueError("no start of frame")


_READERS: Mapping[str, Callable[[bytes], Size]] = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}
