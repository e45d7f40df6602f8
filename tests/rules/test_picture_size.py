"""Sizes of pictures from their first bytes: as Pillow says, and never more than a glance at what is made to hurt."""

import io
import struct

import pytest
from PIL import Image

from tickets.rules.picture_size import picture_size


def encoded(kind: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind, **options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "L", {"exif": b"Exif\0\0" + bytes(60_000), "icc_profile": bytes(150_000)}),
        ("PNG", "RGBA", {}),
        ("PNG", "1", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"exif": b"Exif\0\0"}),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (333, 258), (4000, 17)])
def test_the_size_is_the_one_that_opening_it_gives(
    kind: str, mode: str, options: dict[str, object], size: tuple[int, int]
) -> None:
    assert picture_size(f"image/{kind.lower()}", encoded(kind, size, mode, **options)) == size


def test_a_camera_s_thumbnail_is_not_its_picture() -> None:
    """The one in EXIF is a JPEG of its own within a segment."""
    photo = encoded("JPEG", (64, 48))
    inside = segment(0xE1, b"Exif\0\0" + encoded("JPEG", (16, 12)))
    assert picture_size("image/jpeg", photo[:2] + inside + photo[2:]) == (64, 48)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("length", [0, 1, 11, 16, 20, 23])
def test_a_file_that_ends_before_its_size_has_none(kind: str, length: int) -> None:
    assert picture_size(f"image/{kind}", encoded(kind.upper(), (64, 48))[:length]) is None


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + segment(0xFE, b"") * 1_000_000,
        b"\xff\xd8" + b"\xff" * 4_000_000,
        b"\xff\xd8" + b"\xff\xd0" * 2_000_000,
        b"\xff\xd8\xff\xe0" + bytes(1000),
        b"\xff\xd8" + segment(0xC0, struct.pack(">BHHB", 8, 0, 100, 3)),
    ],
    ids=["a million comments", "fill bytes", "restarts", "no length", "no height"],
)
def test_a_jpeg_that_never_comes_to_its_size_has_none(content: bytes) -> None:
    assert picture_size("image/jpeg", content) is None
