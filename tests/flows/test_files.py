"""Files on tickets: what is accepted, by its content, and under which name it is kept."""

from pathlib import Path

import pytest

from callcenter.errors import Invalid
from tickets.life import files
from tickets.rules.policy import LARGEST_FILE


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty_file"),
        (b"<html><script>alert(1)</script>", "file_type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file_type"),
        (b"MZ\x90\x00" + b"\0" * 100, "file_type"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "file_broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST_FILE, "file_too_large"),
    ],
    ids=["empty", "html", "svg", "program", "broken", "too large"],
)
def test_files_are_known_by_their_content(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        files.store(tmp_path, "ảnh.jpg", content)
    assert refused.value.problems == {"files": problem}
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\ảnh\\sửa xong.jpg", "sửa xong.jpg"),
        ('a"b\r\nc.png', "abc.png"),
        ("", "tep"),
        ("x" * 300 + ".jpeg", "x" * 90 + ".jpeg"),
    ],
)
def test_names_of_files_lose_what_could_hurt(sent: str, kept: str) -> None:
    assert files.safe_name(sent) == kept
