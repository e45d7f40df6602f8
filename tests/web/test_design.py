"""The design's numbers: every pair of colours can be read, in both themes; the choice of colours is kept safely."""

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from flask import Flask

from agent_ui.app import create_console
from agent_ui.shell.design import icons
from agent_ui.shell.navigation import PLACES, places, shelf_of
from agent_ui.shell.palette import DEEDS
from agent_ui.words.catalogue import FOLDER
from callcenter.vocab import Role
from scripts.demo import door
from tests.web.conftest import Browser
from tickets.rules.moves import ENTRIES, MOVES

SHEETS = sorted([*FOLDER.glob("static/*.css"), *FOLDER.glob("*/static/*.css")])
CSS = (FOLDER / "static" / "hotline.css").read_text()
TEXTS = ("ink", "muted", "faint", "hotline", "ok", "soon", "late")
PAIRS = [
    *((text, ground, 4.5) for text, ground in product(TEXTS, ("surface", "quiet"))),
    *((text, "page", 4.5) for text in ("ink", "muted", "hotline", "late")),
    *((f"{name}-ink", f"{name}-bg", 4.5) for name in ("info", "wait", "busy", "done", "bad")),
    ("ink", "chosen", 4.5), ("ink", "line", 4.5), ("muted", "line", 4.5), ("on-hotline", "hotline", 4.5),
    ("on-late", "late-fill", 4.5), ("topbar-ink", "topbar", 4.5), ("topbar-faint", "topbar", 4.5),
    ("topbar-ink", "ring", 4.5), ("topbar-ink", "ring-bright", 4.5), ("edge", "surface", 3), ("edge", "page", 3),
    ("focus-page", "surface", 3), ("focus-page", "page", 3), ("topbar-focus", "topbar", 3), ("topbar-focus", "ring", 3),
    ("live", "topbar", 3), ("check", "surface", 3), ("wait-edge", "surface", 3),
]  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    light, dark = (re.findall(r"--([\w-]+): (#\w+);", part) for part in CSS.split('[data-bs-theme="dark"] {')[:2])
    return dict(light) | (dict(dark) if theme == "dark" else {})


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(two * 2 for two in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: str) -> None:
    known = tokens(theme)
    weak = [(text, ground, round(contrast(known[text], known[ground]), 2)) for text, ground, least in PAIRS
            if contrast(known[text], known[ground]) < least]  # fmt: skip
    assert weak == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_colour_stands_outside_the_tokens(sheet: Path) -> None:
    rules = re.sub(r"--[\w-]+:[^;]*;|/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    values = " ".join(re.findall(r":([^:;{}]*);", rules))
    assert (
        re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\([^)]*\)|\b(?:white|black|red|green|blue|gray)\b", values)
        == []
    )


def test_every_picture_is_there_and_used() -> None:
    """Names stand in templates and sources as whole words in quotes; the page of components shows all of them."""
    files = [file for suffix in ("html", "py", "js") for file in FOLDER.rglob(f"*.{suffix}")]
    # The rows of moves name theirs.
    files += (FOLDER.parent / "tickets" / "rules" / "moves").glob("*.py")
    pages = "".join(file.read_text(encoding="utf-8") for file in files if "design" not in str(file))
    assert [name for name in icons() if not re.search(rf"""['"#]{name}['"]""", pages)] == []
    asked = set(re.findall(r"icon\('([a-z0-9-]+)'", pages)) | {entry.icon for entry in ENTRIES.values()}
    asked |= {form.icon for move in MOVES.values() for form in (move.form, *move.forms_in.values()) if form}
    asked |= {place.icon for place in PLACES} | {deed.icon for deed in DEEDS}
    asked |= set(re.findall(r"\bempty\(_\('[^']*'\), '([a-z-]+)'", pages))
    asked |= {name for words in re.findall(r"icon\(([^()]*\bif\b[^()]*)\)", pages)
              for name in re.findall(r"'([a-z0-9-]+)'(?= if| else|$)", words)}  # fmt: skip
    assert asked - set(icons()) == set()


def test_every_shared_piece_and_every_piece_shown_is_used_by_a_page() -> None:
    templates = FOLDER / "shell" / "templates"
    shown = (templates / "design" / "page.html").read_text(encoding="utf-8")
    macros = re.findall(r"{% macro (\w+)", (templates / "macros.html").read_text(encoding="utf-8"))
    pages = "".join(
        re.sub(r"{% from .*?%}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        for file in FOLDER.rglob("*.html")
        if file.parent.name != "design"
    )
    assert [name for name in macros if not re.search(rf"(?<!macro ){name}\(", pages)] == []
    brought = [name for names in re.findall(r"{% from '.*?' import (.*?) %}", shown, flags=re.DOTALL)
               for name in re.split(r",\s*", names)]  # fmt: skip
    assert [name for name in brought if not re.search(rf"(?<!macro ){name}\(", pages)] == []


def test_the_colours_are_kept_on_this_machine_and_only_as_known_words(sign_in: Callable[[str | None], Browser]) -> None:
    browser = sign_in("lan")
    assert 'data-theme-choice="auto"' in browser.get("/design").text
    answer = browser.post("/theme", {"theme": "dark", "next": "//evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert 'data-bs-theme="dark"' in browser.get("/design").text
    browser.post("/sign-out")
    assert 'data-bs-theme="dark"' in browser.get("/sign-in").text
    assert browser.post("/theme", {"theme": '"><script>'}).status_code == 400
    browser.client.set_cookie("hotline_theme", '"><script>')
    assert 'data-theme-choice="auto"' in browser.get("/sign-in").text


@pytest.mark.parametrize("role", Role)
def test_the_shelf_holds_every_place_of_a_role_once(role: Role) -> None:
    """But for what is only in the palette, and behind a count."""
    shelf = shelf_of(role)
    shown = [*shelf.bar, *(place for menu in shelf.menus for place in menu.places), *shelf.own]
    assert sorted(place.endpoint for place in shown) == sorted(place.endpoint for place in places(role) if place.menu)
    assert len(shelf.bar) <= 6
    assert PLACES


def _demo_console(settings: object, engine: object, *, bind: str) -> Flask:
    own = settings.model_copy(update={"console_bind": bind})  # type: ignore[attr-defined]
    people = [{"role": "operator", "username": "lan", "password": "bí mật", "name": "Lan", "extension": "101"}]
    own.data_dir.mkdir(parents=True, exist_ok=True)
    (own.data_dir / "demo.json").write_text(json.dumps({"users": people}), encoding="utf-8")
    return create_console(own, engine, beside_sign_in=door.beside_sign_in(own))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("opened", "bind", "headers", "host", "shown"),
    [
        (True, "127.0.0.1:8022", {}, "localhost:8022", True),
        (False, "127.0.0.1:8022", {}, "localhost:8022", False),
        (True, "0.0.0.0:8022", {}, "localhost:8022", False),
        (True, "127.0.0.1:8022", {"X-Forwarded-For": "127.0.0.1"}, "localhost:8022", False),
        (True, "127.0.0.1:8022", {}, "1022.example.vn", False),
    ],
)
def test_the_demo_s_people_show_only_on_a_demo_at_this_machine(
    settings: object,
    engine: object,
    opened: bool,
    bind: str,
    headers: dict[str, str],
    host: str,
    shown: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if opened:
        monkeypatch.setenv(door.OPEN, "1")
    app = _demo_console(settings, engine, bind=bind)
    page = app.test_client().get("/sign-in", base_url=f"http://{host}", headers=headers).text
    assert ("bí mật" in page) is shown
    assert "Mật khẩu" in page
