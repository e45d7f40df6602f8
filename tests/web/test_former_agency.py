"""An agency that has lost a ticket finds nothing of it by any way, however it lost it; the one that has it reads on."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import Agency, Assignment, Attachment, Call, Ticket
from tests import factories
from tests.factories import Province
from tests.web.conftest import Browser
from tests.web.test_access import _ARGUMENTS
from tickets.actors import Actor
from tickets.agency import casework
from tickets.desk import filing
from tickets.life import attachments, files, history, uploads
from tickets.rules import codes
from tickets.rules.fields import TicketFields

SignIn = Callable[[str | None], Browser]
ROUTING = Actor.rule("routing")
NUMBER, NAME, WORDS, PLACE = "+84913222333", "Phan Thị Bưởi", "Ống vỡ trước cổng", "77 Ấp Bắc"
QUESTION, REASON = "Trước cổng số mấy?", "Đường ống của phường"
# The agency that answers in the end, and all that only it may read; numbers as pages write them.
SECRETS = (NAME, WORDS, PLACE, QUESTION, "913222333", "913 222 333", "cong-so-nha.jpg", "UBND phường Mỹ Tho")


@dataclass
class Lost:
    """What "thu" of the water company can name: the ticket, its call and its file."""

    ticket: Ticket
    call: Call
    file: Attachment


def gives_back(session: Session, province: Province, code: str) -> None:
    casework.give_back(session, province.actor("thu"), code, reason=REASON, now=datetime.now(UTC))


def is_placed_anew(session: Session, province: Province, code: str) -> None:
    """By a person, while the agency works on it."""
    casework.accept(session, province.actor("thu"), code, now=datetime.now(UTC))


def gives_its_part_back(session: Session, province: Province, code: str) -> None:
    ticket = session.query(Ticket).filter_by(code=code).one()
    lead, part = province.agencies["my_tho"].id, province.agencies["water"].id
    casework.place(session, ticket, lead, (part,), ROUTING, now=datetime.now(UTC), why="rule")
    gives_back(session, province, code)


def lead_gives_back(session: Session, province: Province, code: str) -> None:
    """The agency only took part, and the one that led gave the ticket back."""
    ticket = session.query(Ticket).filter_by(code=code).one()
    lead, part = province.agencies["power"].id, province.agencies["water"].id
    casework.place(session, ticket, lead, (part,), ROUTING, now=datetime.now(UTC), why="rule")
    casework.give_back(session, province.actor("son"), code, reason="Không phải điện", now=datetime.now(UTC))


WAYS = [gives_back, is_placed_anew, gives_its_part_back, lead_gives_back]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def lost(request: pytest.FixtureRequest, session: Session, province: Province, settings: Settings) -> Lost:
    """With the water company first; by now with My Tho's committee, which has asked the citizen something."""
    now = datetime.now(UTC)
    call = factories.answered(session, caller=NUMBER, caller_raw="0913222333", recording="mot-cuoc-goi")
    ticket = filing.open_draft(session, call, now=now)
    typed = TicketFields(category_code="khac", ward_code="28249", description=WORDS, reporter_name=NAME, address=PLACE)
    filing.file(session, province.actor("lan"), ticket.code, typed, now=now)
    ticket.agency_may_hear = True
    attachments.attach(session, ticket, [photo(settings.data_dir)], ROUTING, purpose=attachments.SUPPLIED, now=now)
    casework.place(session, ticket, province.agencies["water"].id, (), ROUTING, now=now, why="rule")
    request.param(session, province, ticket.code)
    if request.param is not gives_its_part_back:
        mine = province.agencies["my_tho"].id
        casework.assign(session, province.actor("hoa"), ticket.code, mine, reason="đúng địa bàn", now=now)
    tam = province.actor("tam")
    casework.accept(session, tam, ticket.code, now=now)
    casework.ask(session, tam, ticket.code, question=QUESTION, now=now)
    session.commit()
    return Lost(ticket, call, session.scalars(select(Attachment)).one())


def photo(folder: Path) -> files.StoredFile:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "PNG")
    return uploads.keep(folder, "cong-so-nha.jpg", drawn.getvalue())


def ways_in(app: Flask, lost: Lost) -> Iterator[tuple[str, str]]:
    """Method and address of every route that names a ticket, a file or a call, for these."""
    named = {"code": lost.ticket.code, "file_id": lost.file.id, "call_id": lost.call.id}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not named.keys() & rule.arguments:
                continue
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                for sound in ("voicemail", "recording"):
                    built = rule.build({**_ARGUMENTS, **named, "sound": sound}, append_unknown=False)
                    assert built is not None
                    yield method, built[1]


def test_no_route_leads_to_what_the_agency_has_lost(sign_in: SignIn, console: Flask, lost: Lost) -> None:
    thu = sign_in("thu")
    everywhere = set(ways_in(console, lost))
    assert len(everywhere) > 40
    form = {"csrf_token": thu.token(), "reason": "x", "text": "chữ đã gõ", "question": "x", "working_days": "1"}
    for method, url in sorted(everywhere):
        answer = thu.client.open(url, method=method, data=form if method == "POST" else None, buffered=True)
        assert answer.status_code in (403, 404) or is_a_way_back(answer.headers.get("Location")), (method, url)
        for secret in SECRETS:
            assert secret not in answer.text, (method, url, secret)


def is_a_way_back(location: str | None) -> bool:
    """Where a form of the inbox leads whatever became of the ticket."""
    return location is not None and location.split("?")[0] == "/agency"


def test_no_search_and_no_list_finds_it(sign_in: SignIn, lost: Lost) -> None:
    thu = sign_in("thu")
    for said in (lost.ticket.code, "0913222333", "+84913222333", "vo truoc cong", "ap bac", "buoi"):
        for url in ("/tickets", "/tickets/count", "/palette"):
            page = thu.get(url, query_string={"q": said}, headers={"HX-Request": "true"}).text
            assert f"/tickets/{lost.ticket.code}" not in page, (url, said)
            # What was asked for is shown again.
            assert not [secret for secret in SECRETS if secret in page and secret not in said], (url, said)
    assert thu.post("/onlookers", {"code": lost.ticket.code}).json == {}
    for url in ("/agency", "/agency/rows", "/tickets"):
        page = thu.get(url).text
        assert f"/tickets/{lost.ticket.code}" not in page
        assert not [secret for secret in SECRETS if secret in page], url


def test_its_open_pages_hear_no_more_of_it(session: Session, province: Province, lost: Lost) -> None:
    session.info.pop("announcements", None)
    history.note(session, lost.ticket, "asked_again", ROUTING, now=datetime.now(UTC))
    told = session.info["announcements"]
    assert f"agency:{province.agencies['my_tho'].id}" in told
    assert f"agency:{province.agencies['water'].id}" not in told


def test_what_was_given_back_is_remembered_by_code_and_reason_alone(
    sign_in: SignIn, session: Session, lost: Lost
) -> None:
    of_theirs = select(Assignment.given_back_reason).join(Agency).where(Agency.code == "cap-nuoc")
    gave_back = REASON in session.scalars(of_theirs).all()
    page = sign_in("thu").get("/agency").text
    assert ("Phiếu đơn vị đã trả lại" in page) == gave_back
    assert (codes.group(lost.ticket.code) in page) == gave_back
    assert (REASON in page) == gave_back
    assert "Phiếu đơn vị đã trả lại" not in sign_in("tam").get("/agency").text


def test_the_agency_that_has_it_reads_all_of_it_and_goes_on_when_it_has_answered(
    sign_in: SignIn, session: Session, lost: Lost
) -> None:
    tam, thu, code = sign_in("tam"), sign_in("thu"), lost.ticket.code
    for answered in (False, True):
        if answered:
            assert tam.post(f"/tickets/{code}/resume", {"reason": ""}).status_code == 303
            assert tam.post(f"/tickets/{code}/resolve", {"text": "Đã hàn ống"}).status_code == 303
        page = tam.get(f"/tickets/{code}").text
        assert not [secret for secret in SECRETS[:4] if secret not in page]
        assert tam.get(f"/files/{lost.file.id}", buffered=True).status_code == 200
        assert f"/tickets/{code}" in tam.get("/tickets", query_string={"q": "0913222333"}).text
        assert thu.get(f"/tickets/{code}").status_code == 404


def test_text_that_was_typed_for_a_ticket_that_is_gone_comes_back(sign_in: SignIn, lost: Lost) -> None:
    thu = sign_in("thu")
    for verb, field in (("resolve", "text"), ("ask", "question"), ("extend", "reason")):
        refused = thu.post(f"/tickets/{lost.ticket.code}/{verb}", {field: "Thợ đang đến nơi", "working_days": "2"})
        assert refused.status_code == 404
        assert "Thợ đang đến nơi</textarea>" in refused.text
    assert "Thợ đang" not in thu.get(f"/tickets/{lost.ticket.code}").text


def test_who_took_part_in_an_answer_reads_on(sign_in: SignIn, session: Session, province: Province) -> None:
    now = datetime.now(UTC)
    ticket = filing.open_draft(session, factories.answered(session), now=now)
    typed = TicketFields(category_code="khac", ward_code="28249", description=WORDS)
    filing.file(session, province.actor("lan"), ticket.code, typed, now=now)
    lead, part = province.agencies["water"].id, province.agencies["my_tho"].id
    casework.place(session, ticket, lead, (part,), ROUTING, now=now, why="rule")
    casework.accept(session, province.actor("thu"), ticket.code, now=now)
    casework.resolve(session, province.actor("thu"), ticket.code, text="Đã hàn ống", now=now)
    session.commit()
    for person, status in (("thu", 200), ("tam", 200), ("son", 404)):
        assert sign_in(person).get(f"/tickets/{ticket.code}").status_code == status


def test_giving_back_leads_to_the_inbox(sign_in: SignIn, session: Session, province: Province) -> None:
    now = datetime.now(UTC)
    ticket = filing.open_draft(session, factories.answered(session), now=now)
    typed = TicketFields(category_code="khac", ward_code="28249", description=WORDS)
    filing.file(session, province.actor("lan"), ticket.code, typed, now=now)
    casework.place(session, ticket, province.agencies["water"].id, (), ROUTING, now=now, why="rule")
    session.commit()
    thu = sign_in("thu")
    pages = []
    for _ in range(2):
        after = thu.post(f"/tickets/{ticket.code}/give-back", {"reason": REASON, "nonce": "a" * 32})
        assert (after.status_code, after.headers["Location"]) == (303, "/agency")
        pages.append(thu.get("/agency").text)
    page = pages[0]
    assert f"Đã trả lại phiếu {codes.group(ticket.code)}" in page
    assert REASON in page
