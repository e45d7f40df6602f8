"""Pictures of citizens: stripped, made smaller, and deleted after a day if they were never sent."""

import io
import os
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from callcenter.errors import Invalid
from callcenter.models import Attachment
from callcenter.vocab import Source
from tests import factories
from tickets.life import attachments, files, uploads
from tickets.people import intake
from tickets.people.intake import Report


def taken(kind: str, size: tuple[int, int] = (3000, 2000), mode: str = "RGB") -> bytes:
    """As a phone writes it: turned by its EXIF, with place, time and name of the camera."""
    exif = Image.Exif()
    exif[0x010F] = "Máy của Bà Sáu"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (10.0, 21.0, 30.0)
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind, exif=exif, comment=b"secret note")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_looks_and_loses_where_it_was_taken(kind: str, tmp_path: Path) -> None:
    kept = uploads.keep_picture(tmp_path, f"ảnh.{kind.lower()}", taken(kind))
    stored = files.path_of(tmp_path, kept.sha256).read_bytes()
    with Image.open(io.BytesIO(stored)) as image:
        assert (image.format, image.size) == (kind, (1707, 2560))
        assert not image.getexif()
        assert not {"comment", "exif", "xmp"} & image.info.keys()
    assert b"secret note" not in stored
    assert len(stored) == kept.size


def test_a_see_through_picture_and_one_of_print_stay_readable(tmp_path: Path) -> None:
    see_through = uploads.keep_picture(tmp_path, "a.png", taken("PNG", (40, 30), "RGBA"))
    with Image.open(files.path_of(tmp_path, see_through.sha256)) as image:
        assert image.mode == "RGBA"
    out = io.BytesIO()
    Image.new("CMYK", (40, 30)).save(out, "JPEG")
    with Image.open(files.path_of(tmp_path, uploads.keep_picture(tmp_path, "b.jpg", out.getvalue()).sha256)) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("content", [b"%PDF-1.7 x", b"", b"<svg/>", taken("JPEG")[:3000]])
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        uploads.keep_picture(tmp_path, "x.jpg", content)
    assert not list(tmp_path.rglob("*.*"))


def test_a_text_that_unpacks_to_gigabytes_is_a_broken_file(tmp_path: Path) -> None:
    """A few kilobytes of PNG may hold a compressed comment of any length; its reader gives up with an error."""
    picture = taken("PNG", (10, 10))
    text = b"zTXt" + b"note\0\0" + zlib.compress(b"a" * 20_000_000, 9)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    with pytest.raises(Invalid) as refused:
        uploads.keep_picture(tmp_path, "x.png", picture[:33] + chunk + picture[33:])
    assert refused.value.problems == {"files": "file_broken"}


def test_what_unpacks_to_more_than_a_server_can_spare_is_refused(tmp_path: Path) -> None:
    """A few kilobytes of PNG unpack whole; a telephone's JPEG of the same size is opened at half of it."""
    photo, bomb = io.BytesIO(), io.BytesIO()
    image = Image.new("L", (6000, 5000))
    image.save(photo, "JPEG")
    image.save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    assert uploads.keep_picture(tmp_path, "a.jpg", photo.getvalue()).size > 0
    with pytest.raises(Invalid) as refused:
        uploads.keep_picture(tmp_path, "b.png", bomb.getvalue())
    assert refused.value.problems == {"files": "image_too_large"}


def test_the_pictures_of_one_request_are_bounded_together(tmp_path: Path) -> None:
    """Each of them is small enough; photos of a telephone count by what they are opened at."""
    out = io.BytesIO()
    Image.new("L", (5000, 4900)).save(out, "PNG")
    sending = uploads.Sending("10.0.0.1", pixels=24_500_000 + 1_500_000)
    assert uploads.keep_picture(tmp_path, "1.png", out.getvalue(), sending).size > 0
    assert uploads.keep_picture(tmp_path, "2.jpg", taken("JPEG"), sending).size > 0
    with pytest.raises(Invalid) as refused:
        uploads.keep_picture(tmp_path, "3.png", out.getvalue(), sending)
    assert refused.value.problems == {"files": "pictures_too_large"}


@pytest.mark.parametrize(
    ("mode", "size", "kept"),
    [
        # Halved where that ends near the wanted size; a palette cannot be.
        ("RGBA", (5000, 100), (2500, 50)),
        ("P", (5000, 100), (2560, 51)),
        ("RGBA", (2700, 60), (2560, 57)),
        ("P", (2000, 9), (2000, 9)),
    ],
)
def test_a_large_picture_is_made_small_whatever_its_colours(
    mode: str, size: tuple[int, int], kept: tuple[int, int], tmp_path: Path
) -> None:
    out = io.BytesIO()
    Image.new("RGB", size, (0, 153, 153)).convert(mode).save(out, "PNG")
    stored = uploads.keep_picture(tmp_path, "a.png", out.getvalue())
    with Image.open(files.path_of(tmp_path, stored.sha256)) as image:
        assert image.size == kept
        assert image.convert("RGB").getpixel((0, 0)) == (0, 153, 153)


def test_a_file_sent_again_is_young_again_whoever_sends_it(session: Session, tmp_path: Path) -> None:
    """An officer's refused form keeps its files by name; the sweep must not take one that lay there since yesterday."""
    now = datetime.now(UTC)
    path = files.path_of(tmp_path, uploads.keep(tmp_path, "a.pdf", b"%PDF-1.7 x").sha256)
    yesterday = (now - timedelta(hours=25)).timestamp()
    os.utime(path, (yesterday, yesterday))
    uploads.keep(tmp_path, "b.pdf", b"%PDF-1.7 x")
    assert uploads.sweep_unused(session, tmp_path, now) == 0
    assert path.exists()


def test_only_what_nobody_sent_for_a_day_is_swept(session: Session, tmp_path: Path) -> None:
    factories.province(session)
    now = datetime.now(UTC)
    kept = {name: uploads.keep_picture(tmp_path, name, taken("PNG", (10 + at, 10)))
            for at, name in enumerate(("sent", "left", "fresh"))}  # fmt: skip
    report = Report(source_ref="1", description="Cống nghẹt", reporter_phone="0905123456")
    pictures = [kept["sent"]]
    intake.receive(session, report, source=Source.WEB, sender="web", now=now, pictures=pictures, consented=True)
    session.flush()
    assert session.query(Attachment).one().purpose == attachments.REPORT
    path = {name: files.path_of(tmp_path, file.sha256) for name, file in kept.items()}
    yesterday = (now - timedelta(hours=25)).timestamp()
    for name in ("sent", "left"):
        os.utime(path[name], (yesterday, yesterday))
    foreign = path["left"].with_name("README")
    foreign.write_text("not ours")
    os.utime(foreign, (yesterday, yesterday))
    small = uploads.thumbnail(tmp_path, kept["left"].sha256)
    assert uploads.sweep_unused(session, tmp_path, now) == 1
    assert [path[name].exists() for name in ("sent", "left", "fresh")] == [True, False, True]
    assert foreign.exists()
    assert not small.exists()
    assert uploads.sweep_unused(session, tmp_path, now) == 0
    again = uploads.keep_picture(tmp_path, "again", taken("PNG", (10, 10)))
    assert again.sha256 == kept["sent"].sha256
