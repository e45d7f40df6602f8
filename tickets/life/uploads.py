"""What people send: pictures made small and stripped of what a phone writes into them; swept where nobody sent them."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid
from callcenter.models import Attachment
from tickets.life import files
from tickets.life.files import StoredFile

# Enough to read a number plate on the largest screen, a tenth of what a phone takes.
LONGEST_SIDE = 2560
UNUSED_AFTER = timedelta(days=1)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_HASH = re.compile(r"[0-9a-f]{64}")


def keep(data_dir: Path, name: str, content: bytes) -> StoredFile:
    """Check and keep one file; a picture is stripped first, whoever took it. Raises Invalid for `files`."""
    content_type = files.real_type(content)
    if content_type in files.IMAGES:
        content = stripped(content, content_type)
    return files.store(data_dir, name, content)


def keep_picture(data_dir: Path, name: str, content: bytes) -> StoredFile:
    """The same for a picture and nothing else."""
    if files.real_type(content) not in files.IMAGES:
        raise Invalid({"files": "picture_type"})
    return keep(data_dir, name, content)


def stripped(content: bytes, content_type: str) -> bytes:
    """The picture alone, upright and at most LONGEST_SIDE pixels long: no place, no time, no camera, no comment."""
    try:
        with Image.open(BytesIO(content)) as image:
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            profile = image.info.get("icc_profile")
            # Small first: turning copies, and a picture of a few kilobytes may open to a quarter of a gigabyte.
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            alpha = content_type != "image/jpeg" and upright.has_transparency_data
            pixels = upright.convert("RGBA" if alpha else "RGB")
    except files.BROKEN:
        raise Invalid({"files": "file_broken"}) from None
    # A new image knows nothing of the old one's chunks.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    # A profile belongs to its colours; one of another kind of colours would not.
    usable = profile if image.mode in ("RGB", "RGBA") else None
    out = BytesIO()
    clean.save(out, _FORMATS[content_type], quality=88, icc_profile=usable)
    return out.getvalue()


def sweep_unused(session: Session, data_dir: Path, now: datetime) -> int:
    """Remove files that no attachment names and nobody touched for a day; how many. May run twice."""
    before = (now - UNUSED_AFTER).timestamp()
    old = [path for path in _stored(data_dir) if path.stat().st_mtime < before]
    removed = 0
    for start in range(0, len(old), 500):
        some = {path.name: path for path in old[start : start + 500]}
        used = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(some))))
        for name in some.keys() - used:
            if _touched_since(some[name], before):
                continue
            some[name].unlink(missing_ok=True)
            some[name].with_name(f"{name}.thumb.webp").unlink(missing_ok=True)
            removed += 1
    return removed


def _touched_since(path: Path, moment: float) -> bool:
    """Somebody sent the same bytes again while the sweep looked for who names them."""
    return path.exists() and path.stat().st_mtime >= moment


def _stored(data_dir: Path) -> list[Path]:
    """The kept files themselves; what lies beside them by another name is not ours."""
    folder = data_dir / "files"
    return [path for path in folder.glob("??/*") if _HASH.fullmatch(path.name)] if folder.is_dir() else []
