"""A voice message in the console: heard by the desk, in pieces, from its own folder and from nowhere else."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from callcenter.config import Settings
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser

INBOX = "/var/spool/asterisk/voicemail/hotline/1022/INBOX"
WHOLE = b"RIFF" + bytes(range(200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The PBX's voicemail as it is seen here; beside it a file that is nobody's message."""
    inbox = tmp_path / "pbx1" / "INBOX"
    inbox.mkdir(parents=True)
    (inbox / "msg0001.wav").write_bytes(WHOLE)
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (tmp_path / "pbx1" / "away.wav").symlink_to(tmp_path / "secret.wav")
    return tmp_path / "pbx1"


@pytest.fixture
def console(settings: Settings, engine: Engine, province: Province, folder: Path) -> Flask:
    app = create_console(settings.model_copy(update={"recordings": {"pbx1": str(folder)}}), engine)
    app.testing = False
    return app


@pytest.fixture
def sound_of(session: Session, province: Province) -> Callable[..., str]:
    def address(voicemail: str | None, **columns: object) -> str:
        call = factories.missed(session, voicemail=voicemail, **columns)
        session.commit()
        return f"/calls/{call.id}/voicemail"

    return address


def test_the_desk_hears_it_whole_and_in_pieces(sign_in: Callable[..., Browser], sound_of: Callable[..., str]) -> None:
    lan, url = sign_in("lan"), sound_of(f"{INBOX}/msg0001")
    with closing(lan.get(url)) as whole:
        assert (whole.status_code, whole.data, whole.mimetype) == (200, WHOLE, "audio/wav")
        assert whole.headers["X-Content-Type-Options"] == "nosniff"
        assert "media-src 'self'" in whole.headers["Content-Security-Policy"]
    with closing(lan.get(url, headers={"Range": "bytes=100-109"})) as piece:
        assert (piece.status_code, piece.data) == (206, WHOLE[100:110])
        assert piece.headers["Content-Range"] == f"bytes 100-109/{len(WHOLE)}"


def test_the_whole_path_is_taken_where_the_pbx_is_this_machine(
    sign_in: Callable[..., Browser], sound_of: Callable[..., str], folder: Path
) -> None:
    with closing(sign_in("hoa").get(sound_of(str(folder / "INBOX" / "msg0001")))) as whole:
        assert whole.data == WHOLE


@pytest.mark.parametrize(
    "name",
    [f"{INBOX}/msg0999", "../secret", "INBOX/../../secret", "away", "INBOX", "", None],
)
def test_what_is_no_message_of_this_pbx_is_not_found(
    sign_in: Callable[..., Browser], sound_of: Callable[..., str], name: str | None
) -> None:
    answer = sign_in("lan").get(sound_of(name))
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text


def test_a_path_outside_the_folder_is_not_found(
    sign_in: Callable[..., Browser], sound_of: Callable[..., str], tmp_path: Path
) -> None:
    assert sign_in("lan").get(sound_of(str(tmp_path / "secret"))).status_code == 404
    assert sign_in("lan").get(sound_of(f"{INBOX}/msg0001", pbx="pbx2")).status_code == 404


def test_officers_do_not_hear_it(sign_in: Callable[..., Browser], sound_of: Callable[..., str]) -> None:
    url = sound_of(f"{INBOX}/msg0001")
    assert sign_in("thu").get(url).status_code == 403
    assert sign_in(None).get(url).status_code in (302, 303, 401)


def test_a_player_is_shown_only_where_there_is_something_to_hear(
    console: Flask, session: Session, province: Province
) -> None:
    there, gone, none = (
        factories.missed(session, voicemail=name) for name in (f"{INBOX}/msg0001", f"{INBOX}/msg0999", None)
    )
    words = "{% from 'sounds.html' import sound %}{{ sound(call) }}"
    with console.test_request_context("/"):
        assert f"/calls/{there.id}/voicemail" in render_template_string(words, call=there)
        told = render_template_string(words, call=gone)
        assert "<audio" not in told
        assert "Không tìm thấy tệp" in told
        assert not render_template_string(words, call=none).strip()
