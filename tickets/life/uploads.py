"""Uploads: checked by their first bytes, processed and stored by the pool; unreferenced ones are swept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, WorkFailed
from callcenter.models import Attachment
from callcenter.pool.lane import Bounds, Lane
from tickets.life import files
from tickets.life.files import StoredFile

# What the pictures of one request may unpack to: five of any camera, three of the largest PNG.
MAX_PIXELS_TOGETHER = 75_000_000
UNUSED_AFTER = timedelta(days=1)
_HASH = re.compile(r"[0-9a-f]{64}")


# A picture of 25 million pixels takes a second of a processor and 500 MB: its process goes soon, and the memory too.
_LANE = Lane("files", "tickets.life.pictures", Bounds(waiting=16, of_one=8, nice=15, idle_s=30, usual_s=0.5))


@dataclass
class Sending:
    """The files of one request: their sender (an address), and how many pixels its pictures may still unpack to."""

    sender: str | None = None
    pixels: int = MAX_PIXELS_TOGETHER

    def take(self, content_type: str, content: bytes) -> None:
        """Raises Invalid for `files`."""
        self.pixels -= files.pixels_of(content_type, content)
        if self.pixels < 0:
            raise Invalid({"files": "pictures_too_large"})


def keep(data_dir: Path, name: str, content: bytes, sending: Sending | None = None) -> StoredFile:
    """Check and keep one file; a picture is stripped of its metadata first.

    Raises Invalid for `files`, Busy when too many files wait to be looked at.
    """
    sending = sending or Sending()
    content_type = files.real_type(content)
    if content_type in files.IMAGES:
        sending.take(content_type, content)
    found = _run("keep", {"folder": str(data_dir), "content_type": content_type}, content, asker=sending.sender)
    return StoredFile(files.safe_name(name), content_type, int(found["size"]), str(found["sha256"]))


def keep_picture(data_dir: Path, name: str, content: bytes, sending: Sending | None = None) -> StoredFile:
    """The same for a picture and nothing else."""
    if files.real_type(content) not in files.IMAGES:
        raise Invalid({"files": "picture_type"})
    return keep(data_dir, name, content, sending)


def thumbnail(data_dir: Path, sha256: str) -> Path:
    """A small copy of a picture, made the first time it is asked for.

    Raises Invalid for `files` where the original does not open, Busy when too many files wait to be looked at.
    """
    small = files.small_path_of(data_dir, sha256)
    if not small.exists():
        _run("thumbnail", {"folder": str(data_dir), "digest": sha256})
    return small


def _run(call: str, arguments: Mapping[str, str], body: bytes = b"", *, asker: str | None = None) -> dict[str, Any]:
    try:
        return _LANE.run(call, arguments, body, asker=asker)[0]
    except WorkFailed:
        raise Invalid({"files": "file_not_opened"}) from None


def sweep_unused(session: Session, data_dir: Path, now: datetime) -> int:
    """Remove files that no attachment names, untouched for a day; returns how many. May run twice."""
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
            files.small_path_of(data_dir, name).unlink(missing_ok=True)
            removed += 1
    return removed


def _touched_since(path: Path, moment: float) -> bool:
    """The same bytes were sent again while the sweep looked for attachments that name them."""
    return path.exists() and path.stat().st_mtime >= moment


def _stored(data_dir: Path) -> list[Path]:
    """The kept files themselves; what lies beside them by another name is not ours."""
    folder = data_dir / "files"
    return [path for path in folder.glob("??/*") if _HASH.fullmatch(path.name)] if folder.is_dir() else []
