"""Files on tickets: limited in size, known by their content and not by their name, kept by their hash."""

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

from callcenter.errors import Invalid
from tickets.rules import policy

# A JPEG is opened at a fraction of its size; the others unpack whole, ten bytes a pixel while they shrink.
_MAX_PIXELS = {"JPEG": 60_000_000, "MPO": 60_000_000}
_MAX_PIXELS_WHOLE = 25_000_000
THUMB_PIXELS = 320
THUMB_TYPE = "image/webp"
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
# What a picture may raise that is no picture, or is made to break its reader (a text chunk that unpacks to gigabytes).
BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
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
    """Check and keep one upload. Storing the same bytes twice keeps one copy. Raises Invalid for `files`."""
    content_type = real_type(content)
    sha256 = hashlib.sha256(content).hexdigest()
    _write(path_of(data_dir, sha256), content)
    return StoredFile(safe_name(name), content_type, len(content), sha256)


def real_type(content: bytes) -> str:
    """What the bytes are, whatever the sender called them. Raises Invalid for `files`."""
    if not content:
        raise Invalid({"files": "empty_file"})
    if len(content) > policy.LARGEST_FILE:
        raise Invalid({"files": "file_too_large"})
    kind = filetype.guess(content)
    if kind is None or kind.mime not in ACCEPTED:
        raise Invalid({"files": "file_type"})
    if kind.mime in IMAGES:
        _check_image(content)
    return str(kind.mime)


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


def thumbnail(data_dir: Path, sha256: str) -> Path:
    """A small copy of a picture, upright as the camera meant it and without what the camera wrote into the file.

    Made the first time it is asked for. Raises Invalid for `files` where the original does not open.
    """
    original = path_of(data_dir, sha256)
    small = original.with_name(f"{sha256}.thumb.webp")
    if small.exists():
        return small
    try:
        with Image.open(original) as image:
            image.draft("RGB", (THUMB_PIXELS * 2, THUMB_PIXELS * 2))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((THUMB_PIXELS, THUMB_PIXELS))
            buffer = BytesIO()
            upright.convert("RGBA" if "A" in upright.getbands() else "RGB").save(buffer, "WEBP", quality=80)
    except BROKEN:
        raise Invalid({"files": "file_broken"}) from None
    _write(small, buffer.getvalue())
    return small


def _check_image(content: bytes) -> None:
    """A picture that does not open, or opens to more than a screen wall, is refused before anybody shows it."""
    try:
        with Image.open(BytesIO(content)) as image:
            if image.width * image.height > _MAX_PIXELS.get(image.format or "", _MAX_PIXELS_WHOLE):
                raise Invalid({"files": "image_too_large"})
            image.verify()
    except BROKEN:
        raise Invalid({"files": "file_broken"}) from None


def _write(path: Path, content: bytes) -> None:
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
