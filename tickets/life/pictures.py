"""Pool task: files inspected and stored, pictures stripped of metadata and made small.

Imported by processes of the pool alone: the server only reads sizes (`tickets.rules.picture_size`).
"""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from callcenter.errors import Invalid
from callcenter.pool.framing import Facts, Work
from tickets.life import files

# Enough to read a number plate on the largest screen, a tenth of what a phone takes.
LONGEST_SIDE = 2560
THUMB_PIXELS = 320
# What a picture may raise that is no picture, or is made to break its reader (a text chunk that unpacks to gigabytes).
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# A fifth of the time that the usual effort takes, for files of the same size.
_SAVING = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 3}, "WEBP": {"quality": 88, "method": 1}}
# Comments are dropped anyway: a file that unpacks to more of them than this is made to keep us busy.
PngImagePlugin.MAX_TEXT_MEMORY = PngImagePlugin.MAX_TEXT_CHUNK


def _keep(content: bytes, *, folder: str, content_type: str) -> tuple[Facts, bytes]:
    """Keep one file under its hash. `content_type` is what `files.real_type` found."""
    if content_type in files.IMAGES:
        content = _stripped(content, content_type)
    digest = sha256(content).hexdigest()
    files.write(files.path_of(Path(folder), digest), content)
    return {"sha256": digest, "size": len(content)}, b""


def _stripped(content: bytes, content_type: str) -> bytes:
    """The picture alone, upright and at most LONGEST_SIDE pixels long: no place, no time, no camera, no comment."""
    kind = _FORMATS[content_type]
    try:
        with Image.open(BytesIO(content), formats=[kind]) as image:
            image.verify()
        with Image.open(BytesIO(content), formats=[kind]) as image:
            files.check_pixels(content_type, image.size)
            profile = image.info.get("icc_profile")
            # Small first: turning copies, and a picture of a few kilobytes may open to a quarter of a gigabyte.
            small = _at_most(image, LONGEST_SIDE)
            upright = ImageOps.exif_transpose(small)
            alpha = kind != "JPEG" and upright.has_transparency_data
            pixels = upright.convert("RGBA" if alpha else "RGB")
    except _BROKEN:
        raise Invalid({"files": "file_broken"}) from None
    # A new image knows nothing of the old one's chunks.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    # A profile belongs to its colours; one of another kind of colours would not.
    usable = profile if image.mode in ("RGB", "RGBA") else None
    out = BytesIO()
    clean.save(out, kind, icc_profile=usable, **_SAVING[kind])
    return out.getvalue()


def _at_most(image: Image.Image, side: int) -> Image.Image:
    """The same picture, opened at a fraction where its format can, and no side longer than this."""
    image.draft("RGB", (side, side))
    longest = max(image.size)
    # Halving is several times as fast as resampling, and loses nothing where it ends near the wanted size.
    times = -(-longest // side)
    if times > 1 and longest / times > 0.9 * side and image.mode in ("L", "RGB", "RGBA"):
        return image.reduce(times)
    image.thumbnail((side, side), Image.Resampling.HAMMING)
    return image


def _thumbnail(_content: bytes, *, folder: str, digest: str) -> tuple[Facts, bytes]:
    """A small copy of a kept picture, upright as the camera meant it, beside it."""
    original = files.path_of(Path(folder), digest)
    try:
        with Image.open(original) as image:
            image.draft("RGB", (THUMB_PIXELS * 2, THUMB_PIXELS * 2))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((THUMB_PIXELS, THUMB_PIXELS))
            buffer = BytesIO()
            upright.convert("RGBA" if "A" in upright.getbands() else "RGB").save(buffer, "WEBP", quality=80)
    except _BROKEN:
        raise Invalid({"files": "file_broken"}) from None
    files.write(files.small_path_of(Path(folder), digest), buffer.getvalue())
    return {}, b""


WORK: Mapping[str, Work] = {"keep": _keep, "thumbnail": _thumbnail}
