"""Messages and recordings in the console: by role, in pieces, from their own folder, each listening on record."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, g, render_template_string
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from agent_ui.app import create_console
from agent_ui.web import site
from callcenter.config import Settings
from callcenter.models import Assignment, Call, Listening
from callcenter.vocab import Hearing, Sound, TicketState
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tickets.calls.recordings import Listings, State
from tickets.desk import filing
from tickets.rules.fields import TicketFields

INBOX = "/var/spool/asterisk/voicemail/hotline/1022/INBOX"
WHOLE = b"RIFF" + bytes(range(200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The PBX's voicemail as it is seen here; beside it a file that belongs to no call."""
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
    assert sign_in("thu").get(url).status_code == 404
    assert sign_in(None).get(url).status_code in (302, 303, 401)


def test_a_listening_is_on_record_once_however_many_pieces_were_asked_for(
    sign_in: Callable[..., Browser], sound_of: Callable[..., str], session: Session
) -> None:
    lan, url = sign_in("lan"), sound_of(f"{INBOX}/msg0001")
    for piece in ("bytes=0-", "bytes=50-", "bytes=0-"):
        lan.get(url, headers={"Range": piece}).close()
    (row,) = session.scalars(select(Listening)).all()
    assert (row.who, row.sound, row.how) == ("Nguyễn Thị Lan", Sound.VOICEMAIL, Hearing.PAGE)
    page = sign_in("phuc").get("/listenings").text
    assert "Nguyễn Thị Lan" in page
    assert "0905 123 456" in page


@pytest.fixture
def talk(session: Session, folder: Path) -> Call:
    """A talk of 101 that was passed on to 102, recorded by Linkedid in the folder of its day; filed by both."""
    call = factories.answered(session, operators=["101", "102"], recording=None)
    day = folder / "monitor" / "2026" / "11" / "23"
    day.mkdir(parents=True)
    (day / f"{call.linkedid}.wav").write_bytes(WHOLE)
    draft = filing.open_draft(session, call, now=factories.MONDAY)
    draft.category_code = "cap-thoat-nuoc"
    draft.ward_code = "28249"
    session.commit()
    return call


def test_a_recording_is_found_by_its_linkedid_and_heard_by_whose_talk_it_was(
    sign_in: Callable[..., Browser], talk: Call, session: Session, province: Province
) -> None:
    url = f"/calls/{talk.id}/recording"
    # Two talked, on 101 and 102; Lan sits at 101 only since then, and was not one of them.
    factories.sits(session, province.people["lan"], "101", since=talk.ended_at or talk.started_at)
    session.commit()
    answers = {name: sign_in(name).get(url) for name in ("minh", "lan", "hoa", "phuc", "thu")}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "minh": 200, "lan": 404, "hoa": 200, "phuc": 200, "thu": 404,
    }  # fmt: skip
    for answer in answers.values():
        answer.close()
    assert session.scalars(select(Listening.who).order_by(Listening.id)).all() == [
        province.people[name].name for name in ("minh", "hoa", "phuc")
    ]


def test_an_agency_hears_it_where_the_ticket_is_open_to_it_and_never_a_kept_identity(
    sign_in: Callable[..., Browser], talk: Call, session: Session, province: Province
) -> None:
    draft = filing.draft_of(session, talk)
    assert draft
    fields = TicketFields(description="Mất nước từ sáng")
    ticket = filing.file(session, province.actor("minh"), draft.code, fields, now=factories.MONDAY)
    water = province.agencies["water"].id
    session.add(Assignment(ticket_id=ticket.id, agency_id=water, role="lead", assigned_at=factories.MONDAY))
    ticket.state = TicketState.ROUTED
    session.commit()
    thu, hoa, url = sign_in("thu"), sign_in("hoa"), f"/calls/{talk.id}/recording?ticket={ticket.code}"
    page = f"/tickets/{ticket.code}"
    assert "<audio" not in thu.get(page).text
    assert thu.get(url).status_code == 404
    assert hoa.post(f"{page}/hearing", {"may_hear": "1"}).status_code == 303
    assert "<audio" in thu.get(page).text
    with closing(thu.get(url)) as heard:
        assert heard.status_code == 200
    assert sign_in("son").get(url).status_code == 404
    row = session.scalars(select(Listening)).one()
    assert (row.who, row.ticket_id) == (province.people["thu"].name, ticket.id)
    assert "Võ Minh Thư" in hoa.get(page).text
    session.expire_all()
    ticket.keep_identity = True
    session.commit()
    assert thu.get(url).status_code == 404
    assert "<audio" not in thu.get(page).text


def test_what_is_being_written_says_so(console: Flask, session: Session, folder: Path, province: Province) -> None:
    call = factories.call(
        session, talking=["101"], operators=["101"], recording="now.wav", answered_at=factories.MONDAY
    )
    (folder / "now.wav").write_bytes(WHOLE)
    gone = factories.answered(session, recording="gone.wav")
    empty = factories.answered(session, recording="empty.wav")
    (folder / "empty.wav").write_bytes(b"RIFF" + bytes(40))
    session.commit()
    words = "{% from 'sounds.html' import recording %}{{ recording(call, sounds) }}"
    with console.test_request_context("/"):
        g.person = SimpleNamespace(actor=province.actor("phuc"), language="vi")
        sounds = site.sounds(session, province.actor("phuc"), [call, gone, empty])
        assert "nghe được khi cuộc gọi kết thúc" in render_template_string(words, call=call, sounds=sounds)
        assert "Không tìm thấy tệp ghi âm" in render_template_string(words, call=gone, sounds=sounds)
        assert "Không tìm thấy tệp ghi âm" in render_template_string(words, call=empty, sounds=sounds)


def test_a_player_is_shown_only_where_there_is_something_to_hear(
    console: Flask, session: Session, province: Province
) -> None:
    there, gone, none = (
        factories.missed(session, voicemail=name) for name in (f"{INBOX}/msg0001", f"{INBOX}/msg0999", None)
    )
    words = "{% from 'sounds.html' import sound %}{{ sound(call, sounds) }}"
    with console.test_request_context("/"):
        g.person = SimpleNamespace(actor=province.actor("lan"), language="vi")
        sounds = site.sounds(session, province.actor("lan"), [there, gone, none])
        assert f"/calls/{there.id}/voicemail" in render_template_string(words, call=there, sounds=sounds)
        told = render_template_string(words, call=gone, sounds=sounds)
        assert "<audio" not in told
        assert "Không tìm thấy tệp" in told
        assert "Đã nghe trên máy điện thoại" in told
        assert not render_template_string(words, call=none, sounds=sounds).strip()


def test_for_a_long_list_each_folder_is_read_once(
    console: Flask, session: Session, province: Province, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for each file of each call held up the whole console for seconds."""
    names = [f"{INBOX}/msg{number:04}" for number in range(1, 200)]
    calls = [factories.missed(session, voicemail=name) for name in names]
    read: list[str] = []
    listdir = os.listdir
    monkeypatch.setattr("os.listdir", lambda path: read.append(str(path)) or listdir(path))
    with console.test_request_context("/"):
        found = site.sounds(session, province.actor("phuc"), calls)
    states = [found[call.id, Sound.VOICEMAIL].state for call in calls]
    assert states == [State.READY] + [State.MISSING] * (len(calls) - 1)
    assert len(read) == len(set(read))
    assert len(read) < 12


@pytest.mark.parametrize("name", ["INBOX/msg0001.wav", "INBOX/msg0002.wav", "INBOX", "NOWHERE/msg0001.wav", "away.wav"])
def test_a_listing_says_of_files_what_the_disk_says(folder: Path, name: str) -> None:
    path = str(folder / name)
    # A folder is told from a file where it is opened.
    assert Listings()(path) == (os.path.isfile(path) or os.path.isdir(path))
