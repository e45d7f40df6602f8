"""What pages load: small, ours alone, kept by the browser, and with every class the templates name."""

import re
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask import Flask
from werkzeug.test import Client

from agent_ui.web.kept_files import KeptFiles
from agent_ui.web.static_files import StaticFiles, files
from agent_ui.words.catalogue import FOLDER

TEMPLATES = sorted(FOLDER.glob("*/templates/**/*.html"))
FULL = FOLDER.parent / ".venv" / "assets" / "node_modules" / "@tabler" / "core" / "dist" / "css" / "tabler.min.css"
TRIMMED = FOLDER / "static" / "vendor" / "tabler.min.css"


def here(name: str) -> str:
    return f"/static/{files().version}/{files().path_of(name)}"


def classes_of(sheet: Path) -> set[str]:
    return {name.replace("\\", "") for name in re.findall(r"\.(-?[A-Za-z_](?:[\w-]|\\.)*)", sheet.read_text())}


def test_a_script_of_an_audience_stands_beside_its_pages_and_is_kept_for_good(console: Flask) -> None:
    assert here("desk/draft.js").endswith("/desk/static/draft.js")
    assert here("hotline.css").endswith("/static/hotline.css")
    with console.test_client().get(here("desk/draft.js")) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.mimetype.endswith("/javascript")


def test_under_another_version_todays_file_is_given_and_not_kept(console: Flask) -> None:
    """A page that was open while the site was renewed still asks for what its script imports."""
    with console.test_client().get(here("desk/draft.js").replace(files().version, "0" * 12)) as answer:
        assert answer.status_code == 200
        assert "max-age=31536000" not in answer.headers["Cache-Control"]
        assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["app.py", "web/auth.py", "desk/console.py", "static/../app.py", "desk/templates/x"])
def test_nothing_but_these_files_is_given(console: Flask, path: str) -> None:
    assert console.test_client().get(f"/static/{files().version}/{path}").status_code == 404


def test_all_that_a_script_imports_at_its_start_is_known(tmp_path: Path) -> None:
    for name, text in {
        "a.js": 'import { b } from "./b.js";\nimport {\n  c,\n} from "../static/c.js";\n',
        "b.js": '// import { x } from "./x.js";\nimport "./c.js";\nexport const b = 1;\n',
        "c.js": 'export { d } from "./d.js";\nconst late = () => import("./late.js");\n',
        "d.js": "",
    }.items():
        (tmp_path / name).write_text(text)
    known = StaticFiles("v", {f"static/{path.name}": path for path in tmp_path.iterdir()})
    assert known.imports("a.js") == ("static/b.js", "static/c.js", "static/d.js")


@pytest.mark.parametrize("script", [name for name in files().paths if name.endswith(".js") and "vendor" not in name])
def test_what_a_script_imports_is_there(script: str) -> None:
    assert set(files().imports(script)) <= files().paths.keys()


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_style_sheet_leaves_compressed_and_is_kept_for_a_year(console: Flask, encoding: str) -> None:
    answer = console.test_client().get(here("vendor/tabler.min.css"), headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.mimetype == "text/css"
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert len(answer.data) < TRIMMED.stat().st_size / 3


def test_a_browser_that_has_it_gets_nothing_again(console: Flask) -> None:
    client = console.test_client()
    first = client.get(here("hotline.css"), headers={"Accept-Encoding": "br"})
    again = client.get(here("hotline.css"), headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_second_who_asks_for_a_file_gets_what_the_first_got(console: Flask) -> None:
    """It is not made again: each encoding has its own, http and https theirs, and no client gets another's session."""
    client = console.test_client()
    for encoding, scheme in (("br", "http"), ("gzip", "http"), ("br", "https"), ("identity", "http")):
        asked = {"headers": {"Accept-Encoding": encoding, "Sec-Fetch-Mode": "navigate"}, "base_url": f"{scheme}://x/"}
        first, second = (client.get(here("hotline.css"), **asked) for _ in range(2))
        assert first.data == second.data
        assert first.headers.get("Content-Encoding", "identity") == encoding
        assert ("Strict-Transport-Security" in first.headers) == (scheme == "https")
        assert [*first.headers] == [*second.headers]
        assert "nosniff" in second.headers["X-Content-Type-Options"]


def test_a_session_made_longer_by_a_file_is_nobody_elses(console: Flask) -> None:
    client = console.test_client()
    with client.session_transaction() as session:
        session.permanent = True
        session["language"] = "en"
    opened = {"Sec-Fetch-Mode": "navigate"}
    assert "Set-Cookie" in client.get(here("live/page.js"), headers=opened).headers
    assert "Set-Cookie" not in console.test_client().get(here("live/page.js"), headers=opened).headers


def test_who_asks_in_a_thousand_ways_fills_no_memory() -> None:
    """What was asked for last is kept, what was asked for first is not."""
    made: list[str] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        made.append(environ["HTTP_ACCEPT_ENCODING"])
        start_response("200 OK", [])
        return [b"file"]

    kept = KeptFiles(app)
    client = Client(kept)
    for number in [*range(1000), 999, 0]:
        assert client.get("/static/live.js", headers={"Accept-Encoding": f"way-{number}"}).data == b"file"
    assert made == [f"way-{number}" for number in [*range(1000), 0]]


def test_a_file_that_is_not_there_is_asked_for_each_time(console: Flask) -> None:
    assert [console.test_client().get(f"/static/{files().version}/static/none.js").status_code for _ in range(2)] == [
        404,
        404,
    ]


def test_part_of_a_file_and_its_head_are_answered_by_themselves(console: Flask) -> None:
    client = console.test_client()
    whole = client.get(here("vendor/inter-latin.woff2"))
    with client.get(here("vendor/inter-latin.woff2"), headers={"Range": "bytes=0-9"}) as part:
        assert (part.status_code, part.data) == (206, whole.data[:10])
    with client.head(here("vendor/inter-latin.woff2")) as head:
        assert (head.status_code, head.data) == (200, b"")


def test_a_page_leaves_compressed_and_guarded_as_ever(console: Flask) -> None:
    plain = console.test_client().get("/sign-in", headers={"Accept-Encoding": "identity"})
    packed = console.test_client().get("/sign-in", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "br"
    assert b"<!doctype html>" in brotli.decompress(packed.data)
    assert packed.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]


def test_every_class_a_template_names_survived_the_trimming() -> None:
    named = {
        word
        for page in TEMPLATES
        for text in re.findall(r'class="([^"]*)"', page.read_text(encoding="utf-8"))
        for word in re.split(r"[^\w-]+", re.sub(r"{[{%].*?[%}]}", " ", text))
    }
    known = classes_of(FULL)
    assert len(named & known) > 20
    assert (named & known) - classes_of(TRIMMED) == set()


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_no_template_asks_another_host(page: Path) -> None:
    loads = re.findall(r'(?:src|srcset|href|action)="(?:https?:)?//[^"]*"', page.read_text(encoding="utf-8"))
    assert loads == []
