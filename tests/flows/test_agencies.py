"""From filed to resolved on a real database: rules, triage, accept, give back, answer with evidence, rights."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Assignment, Ticket, TicketEvent
from callcenter.vocab import AssignmentRole, Level, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets import agencies, assignment, desk, files, overview, queries
from tickets.fields import TicketFields
from tickets.handover import Handover

LATER = MONDAY + timedelta(minutes=10)
EVEN_LATER = MONDAY + timedelta(minutes=30)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def filed(session: Session, province: Province, category: str = "cap-thoat-nuoc", **fields: str | None) -> Ticket:
    draft = desk.open_draft(session, factories.answered(session), now=MONDAY)
    given = {"category_code": category, "ward_code": "28249", "description": "Vỡ ống nước trước nhà", **fields}
    return desk.file(session, province.actor("lan"), draft.code, TicketFields(**given), now=MONDAY)  # type: ignore[arg-type]


def routed(session: Session, province: Province, category: str = "cap-thoat-nuoc", **fields: str | None) -> Ticket:
    ticket = filed(session, province, category, **fields)
    assignment.take(session, _handover(ticket), now=LATER)
    return ticket


def _handover(ticket: Ticket) -> Handover:
    assert ticket.filed_at is not None
    return Handover(ticket=ticket.code, source=ticket.source, filed_at=ticket.filed_at)


def _open(session: Session, ticket: Ticket) -> dict[int, AssignmentRole]:
    session.flush()
    query = select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None))
    return {row.agency_id: row.role for row in session.scalars(query)}


def _photo() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "green").save(buffer, "JPEG")
    return buffer.getvalue()


def test_rules_place_it_and_say_why(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    water, my_tho = province.agencies["water"].id, province.agencies["my_tho"].id
    assert (ticket.state, ticket.lead_agency_id, ticket.tier) == (TicketState.ROUTED, water, 3)
    assert _open(session, ticket) == {water: AssignmentRole.LEAD, my_tho: AssignmentRole.CO}
    event = session.scalars(select(TicketEvent).where(TicketEvent.move == "route")).one()
    assert (event.data["why"], event.data["agency"]) == ("rule", water)
    assert ticket.accept_due == datetime(2026, 11, 24, 2, 40, tzinfo=UTC)  # eight hours of work from 09:10
    assert ticket.answer_due is not None


def test_urgent_runs_by_the_clock_on_the_wall(session: Session, province: Province) -> None:
    ticket = routed(session, province, level=Level.URGENT)
    assert (ticket.accept_due, ticket.answer_due) == (LATER + timedelta(hours=1), MONDAY + timedelta(hours=4))


@pytest.mark.parametrize(
    ("category", "ward", "why"),
    [("khac", "28249", "no_rule"), ("moi-truong", "", "no_ward"), ("moi-truong", "28366", "no_commune_agency")],
)
def test_what_no_rule_fits_goes_to_triage(
    session: Session, province: Province, category: str, ward: str, why: str
) -> None:
    ticket = routed(session, province, category, ward_code=ward)
    assert (ticket.state, ticket.routing_reason, _open(session, ticket)) == (TicketState.TRIAGE, why, {})
    assert queries.triage(session) == [ticket]


def test_a_message_that_comes_twice_routes_once(session: Session, province: Province) -> None:
    ticket = filed(session, province)
    for _ in range(2):
        assignment.take(session, _handover(ticket), now=LATER)
    assert session.query(Assignment).count() == 2
    agencies.accept(session, province.actor("thu"), ticket.code, now=LATER)
    assignment.take(session, _handover(ticket), now=EVEN_LATER)
    assert ticket.state == TicketState.ACCEPTED


def test_a_leader_assigns_out_of_triage_with_a_reason(session: Session, province: Province) -> None:
    ticket = routed(session, province, "khac")
    power = province.agencies["power"].id
    with pytest.raises(Invalid):
        agencies.assign(session, province.actor("phuc"), ticket.code, power, reason=" ", now=EVEN_LATER)
    with pytest.raises(NotAllowed):
        agencies.assign(session, province.actor("lan"), ticket.code, power, reason="trụ điện", now=EVEN_LATER)
    agencies.assign(session, province.actor("phuc"), ticket.code, power, reason="trụ điện", now=EVEN_LATER)
    assert (ticket.state, ticket.routing_reason, _open(session, ticket)) == (
        TicketState.ROUTED,
        "by_hand",
        {power: AssignmentRole.LEAD},
    )


def test_accept_then_answer(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    thu = province.actor("thu")
    for _ in range(2):
        agencies.accept(session, thu, ticket.code, now=LATER)
    assert (ticket.state, ticket.accepted_at) == (TicketState.ACCEPTED, LATER)
    agencies.resolve(session, thu, ticket.code, text="Đã thay ống mới", now=EVEN_LATER)
    assert (ticket.state, ticket.resolved_at) == (TicketState.RESOLVED, EVEN_LATER)
    assert ticket.resolution == "Đã thay ống mới"
    assert _open(session, ticket) == {}
    page = queries.ticket(session, province.actor("phuc"), ticket.code)
    assert [event.move for event in page.events] == ["open", "file", "route", "accept", "resolve"]
    assert [event.actor for event in page.events] == ["listener", "Nguyễn Thị Lan", "routing", *["Võ Minh Thư"] * 2]


def test_answering_before_accepting_is_refused(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    with pytest.raises(MoveRefused):
        agencies.resolve(session, province.actor("thu"), ticket.code, text="xong", now=LATER)


def test_the_co_ordinating_agency_takes_part_but_does_not_answer(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    tam = province.actor("tam")
    agencies.accept(session, tam, ticket.code, now=LATER)
    assert ticket.state == TicketState.ROUTED
    with pytest.raises(MoveRefused):
        agencies.resolve(session, tam, ticket.code, text="xong", now=LATER)
    agencies.give_back(session, tam, ticket.code, reason="không thuộc địa bàn", now=LATER)
    assert (ticket.state, ticket.bounces) == (TicketState.ROUTED, 0)


def test_given_back_it_bounces_to_triage_and_not_to_the_same_agency(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    thu = province.actor("thu")
    with pytest.raises(Invalid):
        agencies.give_back(session, thu, ticket.code, reason="", now=LATER)
    agencies.give_back(session, thu, ticket.code, reason="đường ống của phường", now=LATER)
    assert (ticket.state, ticket.bounces, _open(session, ticket)) == (TicketState.TRIAGE, 1, {})
    session.flush()
    assert assignment.decide(session, ticket).why == "given_back"


def test_evidence_where_the_field_demands_it(session: Session, province: Province, tmp_path: Path) -> None:
    ticket = routed(session, province, "chieu-sang-dien")
    son = province.actor("son")
    agencies.accept(session, son, ticket.code, now=LATER)
    with pytest.raises(Invalid) as refused:
        agencies.resolve(session, son, ticket.code, text="Đã thay bóng", now=EVEN_LATER)
    assert refused.value.problems == {"files": "evidence_required"}
    photo = files.store(tmp_path, "sau khi sửa.jpg", _photo())
    agencies.resolve(session, son, ticket.code, text="Đã thay bóng", files=[photo], now=EVEN_LATER)
    session.flush()
    (kept,) = queries.ticket(session, son, ticket.code).attachments
    assert (kept.name, kept.content_type) == ("sau khi sửa.jpg", "image/jpeg")
    assert files.path_of(tmp_path, kept.sha256).read_bytes() == _photo()


def test_an_answer_that_the_head_wants_to_see_first(session: Session, province: Province) -> None:
    ticket = routed(session, province, "khac")
    agencies.assign(session, province.actor("hoa"), ticket.code, province.agencies["office"].id, reason="x", now=LATER)
    clerk = province.people["son"]
    clerk.agency_id = province.agencies["office"].id
    agencies.accept(session, province.actor("son"), ticket.code, now=LATER)
    agencies.resolve(session, province.actor("son"), ticket.code, text="Trả lời", now=EVEN_LATER)
    assert (ticket.state, ticket.resolved_at) == (TicketState.AWAITING_APPROVAL, None)


def test_other_agencies_do_not_see_it(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    session.flush()
    son = province.actor("son")
    for act in (
        lambda: queries.ticket(session, son, ticket.code),
        lambda: agencies.accept(session, son, ticket.code, now=LATER),
    ):
        with pytest.raises(NotFound):
            act()
    assert queries.find_tickets(session, son) == []


def test_the_inbox_shows_the_clock_that_runs_next(session: Session, province: Province) -> None:
    late = routed(session, province, level=Level.URGENT)
    calm = routed(session, province)
    agencies.accept(session, province.actor("thu"), calm.code, now=LATER)
    rows = queries.agency_inbox(session, province.actor("thu"), MONDAY + timedelta(hours=2))
    assert [(row.ticket.id, row.due, row.clock_state) for row in rows] == [
        (late.id, late.accept_due, "late"),
        (calm.id, calm.answer_due, "ok"),
    ]


def test_what_is_late_is_stuck(session: Session, province: Province) -> None:
    ticket = routed(session, province, level=Level.URGENT)
    session.flush()
    assert overview.stuck(session, LATER).overdue == []
    assert overview.stuck(session, LATER + timedelta(hours=2)).overdue == [ticket]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty_file"),
        (b"<html><script>alert(1)</script>", "file_type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file_type"),
        (b"MZ\x90\x00" + b"\0" * 100, "file_type"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "file_broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * files.MAX_BYTES, "file_too_large"),
    ],
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
