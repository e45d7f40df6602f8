"""File store of tickets: limited in size, typed by content and not by name, named by hash."""

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import filetype

from callcenter.errors import Invalid
from tickets.rules import policy
from tickets.rules.picture_size import picture_size

# A JPEG is opened at a fraction of its size; the others unpack whole, ten bytes a pixel while they shrink.
_MAX_PIXELS = {"image/jpeg": 60_000_000}
_MAX_PIXELS_WHOLE = 25_000_000
_JPEG_SHARE = 4
THUMB_TYPE = "image/webp"
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
# Nothing that a browser would run: no HTML, no SVG.
ACCEPTED = IMAGES | {
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "audio/mpeg",
    "audio/x-wav",
    "video/mp4",
}


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the data folder, ready to be attached."""

    name: str
    content_type: str
    size: int
    sha256: str


def store(data_dir: Path, name: str, content: bytes) -> StoredFile:
    """Keep one file of our own as it is. Storing the same bytes twice keeps one copy. Raises Invalid for `files`.

    What people send is opened before it is kept: `tickets.life.uploads`.
    """
    content_type = real_type(content)
    sha256 = hashlib.sha256(content).hexdigest()
    write(path_of(data_dir, sha256), content)
    return StoredFile(safe_name(name), content_type, len(content), sha256)


def real_type(content: bytes) -> str:
    """What the bytes are, by their beginning, whatever the sender called them. Raises Invalid for `files`."""
    if not content:
        raise Invalid({"files": "empty_file"})
    if len(content) > policy.LARGEST_FILE:
        raise Invalid({"files": "file_too_large"})
    kind = filetype.guess(content)
    if kind is None or kind.mime not in ACCEPTED:
        raise Invalid({"files": "file_type"})
    if kind.mime in IMAGES:
        pixels_of(kind.mime, content)
    return str(kind.mime)


def pixels_of(content_type: str, content: bytes) -> int:
    """Pixels that a picture unpacks to, by its own beginning; a JPEG, opened at a fraction, counts a quarter.

    Raises Invalid where it is broken, or would open to more than a screen wall.
    """
    size = picture_size(content_type, content)
    if size is None:
        raise Invalid({"files": "file_broken"})
    check_pixels(content_type, size)
    return size[0] * size[1] // (_JPEG_SHARE if content_type in _MAX_PIXELS else 1)


def check_pixels(content_type: str, size: tuple[int, int]) -> None:
    """Raises Invalid for `files` where a picture of this width and height is more than a server can spare."""
    if size[0] * size[1] > _MAX_PIXELS.get(content_type, _MAX_PIXELS_WHOLE):
        raise Invalid({"files": "image_too_large"})


def safe_name(name: str) -> str:
    """The sender's name for it, without folders, control characters or a length that breaks a page."""
    base = re.sub(r"[\x00-\x1f\x7f\"<>|]", "", re.split(r"[/\\]", name)[-1]).strip(" .")
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension) > 10:
        return base[:100] or "tep"
    return f"{stem[:90]}.{extension}"


def unnamed(files: Sequence[StoredFile]) -> list[StoredFile]:
    """The same files, named by their place alone: `tep-1.jpg`."""
    return [replace(file, name=f"tep-{place}{Path(file.name).suffix}") for place, file in enumerate(files, 1)]


def path_of(data_dir: Path, sha256: str) -> Path:
    return data_dir / "files" / sha256[:2] / sha256


def small_path_of(data_dir: Path, sha256: str) -> Path:
    """Where the small copy of a picture lies, once it was asked for."""
    return data_dir / "files" / sha256[:2] / f"{sha256}.thumb.webp"


def write(path: Path, content: bytes) -> None:
    """Whole or not at all: a reader never sees half a file. What lies there already is young again for the sweep."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
