"""From filed to resolved on a real database: rules, triage, accept, give back, answer with evidence, rights."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Assignment, Ticket, TicketEvent
from callcenter.vocab import AssignmentRole, Clock, Level, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.agency import assignment, casework, inbox
from tickets.desk import filing, queries
from tickets.figures import overview
from tickets.finding import search
from tickets.life import files, posts
from tickets.oversight import worklist
from tickets.rules.fields import TicketFields
from tickets.rules.handover import Handover

LATER = MONDAY + timedelta(minutes=10)
EVEN_LATER = MONDAY + timedelta(minutes=30)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def filed(session: Session, province: Province, category: str = "cap-thoat-nuoc", **fields: str | None) -> Ticket:
    draft = filing.open_draft(session, factories.answered(session), now=MONDAY)
    given = {"category_code": category, "ward_code": "28249", "description": "Vỡ ống nước trước nhà", **fields}
    return filing.file(session, province.actor("lan"), draft.code, TicketFields(**given), now=MONDAY)  # type: ignore[arg-type]


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
    casework.accept(session, province.actor("thu"), ticket.code, now=LATER)
    assignment.take(session, _handover(ticket), now=EVEN_LATER)
    assert ticket.state == TicketState.ACCEPTED


def test_a_leader_assigns_out_of_triage_with_a_reason(session: Session, province: Province) -> None:
    ticket = routed(session, province, "khac")
    power = province.agencies["power"].id
    with pytest.raises(Invalid):
        casework.assign(session, province.actor("phuc"), ticket.code, power, reason=" ", now=EVEN_LATER)
    with pytest.raises(NotAllowed):
        casework.assign(session, province.actor("lan"), ticket.code, power, reason="trụ điện", now=EVEN_LATER)
    casework.assign(session, province.actor("phuc"), ticket.code, power, reason="trụ điện", now=EVEN_LATER)
    assert (ticket.state, ticket.routing_reason, _open(session, ticket)) == (
        TicketState.ROUTED,
        "by_hand",
        {power: AssignmentRole.LEAD},
    )


def test_accept_then_answer(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    thu = province.actor("thu")
    factories.posted_twice(session, lambda: casework.accept(session, thu, ticket.code, now=LATER))
    assert (ticket.state, ticket.accepted_at) == (TicketState.ACCEPTED, LATER)
    casework.resolve(session, thu, ticket.code, text="Đã thay ống mới", now=EVEN_LATER)
    assert (ticket.state, ticket.resolved_at) == (TicketState.RESOLVED, EVEN_LATER)
    assert ticket.resolution == "Đã thay ống mới"
    assert _open(session, ticket) == {}
    page = queries.ticket(session, province.actor("phuc"), ticket.code)
    assert [event.move for event in page.events] == ["open", "file", "route", "accept", "resolve"]
    assert [event.actor for event in page.events] == ["listener", "Nguyễn Thị Lan", "routing", *["Võ Minh Thư"] * 2]


def test_answering_before_accepting_is_refused(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    with pytest.raises(MoveRefused):
        casework.resolve(session, province.actor("thu"), ticket.code, text="xong", now=LATER)


def test_the_co_ordinating_agency_takes_part_but_does_not_answer(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    tam = province.actor("tam")
    casework.accept(session, tam, ticket.code, now=LATER)
    assert ticket.state == TicketState.ROUTED
    with pytest.raises(MoveRefused):
        casework.resolve(session, tam, ticket.code, text="xong", now=LATER)
    casework.give_back(session, tam, ticket.code, reason="không thuộc địa bàn", now=LATER)
    assert (ticket.state, ticket.bounces) == (TicketState.ROUTED, 0)


def test_given_back_it_bounces_to_triage_and_not_to_the_same_agency(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    thu = province.actor("thu")
    with pytest.raises(Invalid):
        casework.give_back(session, thu, ticket.code, reason="", now=LATER)
    casework.give_back(session, thu, ticket.code, reason="đường ống của phường", now=LATER)
    assert (ticket.state, ticket.bounces, _open(session, ticket)) == (TicketState.TRIAGE, 1, {})
    session.flush()
    assert assignment.decide(session, ticket).why == "given_back"


def test_evidence_where_the_field_demands_it(session: Session, province: Province, tmp_path: Path) -> None:
    ticket = routed(session, province, "chieu-sang-dien")
    son = province.actor("son")
    casework.accept(session, son, ticket.code, now=LATER)
    with pytest.raises(Invalid) as refused:
        casework.resolve(session, son, ticket.code, text="Đã thay bóng", now=EVEN_LATER)
    assert refused.value.problems == {"files": "evidence_required"}
    photo = files.store(tmp_path, "sau khi sửa.jpg", _photo())
    casework.resolve(session, son, ticket.code, text="Đã thay bóng", files=[photo], now=EVEN_LATER)
    session.flush()
    (kept,) = queries.ticket(session, son, ticket.code).attachments
    assert (kept.name, kept.content_type) == ("sau khi sửa.jpg", "image/jpeg")
    assert files.path_of(tmp_path, kept.sha256).read_bytes() == _photo()


def test_an_answer_that_the_head_wants_to_see_first(session: Session, province: Province) -> None:
    ticket = routed(session, province, "khac")
    casework.assign(session, province.actor("hoa"), ticket.code, province.agencies["office"].id, reason="x", now=LATER)
    clerk = province.people["son"]
    clerk.agency_id = province.agencies["office"].id
    casework.accept(session, province.actor("son"), ticket.code, now=LATER)
    casework.resolve(session, province.actor("son"), ticket.code, text="Trả lời", now=EVEN_LATER)
    assert (ticket.state, ticket.resolved_at) == (TicketState.AWAITING_APPROVAL, None)


def test_other_agencies_do_not_see_it(session: Session, province: Province) -> None:
    ticket = routed(session, province)
    session.flush()
    son = province.actor("son")
    for act in (
        lambda: queries.ticket(session, son, ticket.code),
        lambda: casework.accept(session, son, ticket.code, now=LATER),
    ):
        with pytest.raises(NotFound):
            act()
    assert search.search(session, son, search.SearchQuery()).tickets == []


def test_the_inbox_shows_the_clock_that_runs_next(session: Session, province: Province) -> None:
    late = routed(session, province, level=Level.URGENT)
    calm = routed(session, province)
    casework.accept(session, province.actor("thu"), calm.code, now=LATER)
    rows = inbox.in_hand_of(session, province.actor("thu"), MONDAY + timedelta(hours=2))
    assert [(row.ticket.id, row.due, row.clock_state) for row in rows] == [
        (late.id, late.accept_due, "late"),
        (calm.id, calm.answer_due, "ok"),
    ]


def test_what_is_late_is_stuck(session: Session, province: Province) -> None:
    ticket = routed(session, province, level=Level.URGENT)
    session.flush()
    assert overview.stuck(session, LATER).overdue == []
    assert overview.stuck(session, LATER + timedelta(hours=2)).overdue == [ticket]


# Five working days from Monday 23 November at nine; the 24th is a holiday only where the calendar says so.
DUE = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def accepted(session: Session, province: Province, category: str = "cap-thoat-nuoc", **fields: str | None) -> Ticket:
    ticket = routed(session, province, category, **fields)
    return casework.accept(session, province.actor("thu"), ticket.code, now=LATER)


def moves(session: Session, ticket: Ticket) -> list[str]:
    session.flush()
    query = select(TicketEvent.move).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return list(session.scalars(query))


def test_an_extension_moves_the_promise_and_is_on_record(session: Session, province: Province) -> None:
    ticket, thu = accepted(session, province), province.actor("thu")
    assert ticket.answer_due == DUE
    factories.posted_twice(
        session, lambda: casework.extend(session, thu, ticket.code, working_days=3, reason="Chờ vật tư", now=LATER)
    )
    assert (ticket.answer_due, ticket.extended, ticket.state) == (DUE + timedelta(days=3), 1, TicketState.ACCEPTED)
    event = session.scalars(select(TicketEvent).where(TicketEvent.move == "extend")).one()
    assert (event.reason, event.data["working_days"]) == ("Chờ vật tư", 3)
    assert datetime.fromisoformat(event.data["due"]) == DUE
    casework.extend(session, thu, ticket.code, working_days=10, reason="Chờ cấp phép đào đường", now=LATER)
    with pytest.raises(Invalid) as refused:
        casework.extend(session, thu, ticket.code, working_days=1, reason="Nữa", now=LATER)
    assert refused.value.problems == {"working_days": "extended_enough"}


@pytest.mark.parametrize(
    ("days", "reason", "now", "problems"),
    [
        (0, "x", LATER, {"working_days": "extension_length"}),
        (11, " ", LATER, {"working_days": "extension_length", "reason": "required"}),
        (3, "x", DUE, {"working_days": "past_due"}),
        (3, "x" * 10_001, LATER, {"reason": "too_long"}),
    ],
)
def test_what_is_no_extension(
    session: Session, province: Province, days: int, reason: str, now: datetime, problems: dict[str, str]
) -> None:
    ticket = accepted(session, province)
    with pytest.raises(Invalid) as refused:
        casework.extend(session, province.actor("thu"), ticket.code, working_days=days, reason=reason, now=now)
    assert refused.value.problems == problems
    assert (ticket.answer_due, ticket.extended) == (DUE, 0)


def test_only_who_accepted_as_lead_extends_asks_and_goes_on(session: Session, province: Province) -> None:
    ticket, tam = routed(session, province), province.actor("tam")
    casework.accept(session, tam, ticket.code, now=LATER)
    acts = (
        lambda actor: casework.extend(session, actor, ticket.code, working_days=1, reason="x", now=LATER),
        lambda actor: casework.ask(session, actor, ticket.code, question="Nhà số mấy?", now=LATER),
        lambda actor: casework.resume(session, actor, ticket.code, reason="", now=LATER),
    )
    for act in acts:
        for who, error in (("thu", MoveRefused), ("tam", MoveRefused), ("son", NotFound), ("phuc", NotAllowed)):
            with pytest.raises(error):
                act(province.actor(who))
    assert (ticket.state, ticket.extended, ticket.waiting_since) == (TicketState.ROUTED, 0, None)


def test_while_the_citizen_is_asked_the_clock_stands(session: Session, province: Province) -> None:
    ticket, thu = accepted(session, province), province.actor("thu")
    with pytest.raises(Invalid):
        casework.ask(session, thu, ticket.code, question=" ", now=LATER)
    factories.posted_twice(session, lambda: casework.ask(session, thu, ticket.code, question="Nhà số mấy?", now=LATER))
    assert (ticket.state, ticket.waiting_since) == (TicketState.WAITING, LATER)
    session.flush()
    long_after = DUE + timedelta(hours=1)
    assert overview.stuck(session, long_after).overdue == []
    (row,) = inbox.in_hand_of(session, thu, long_after)
    assert row.clock_state == "ok"
    casework.resume(session, thu, ticket.code, reason="Đã tự tìm ra", now=LATER + timedelta(days=1))
    assert (ticket.state, ticket.waiting_since) == (TicketState.ACCEPTED, None)
    assert (ticket.answer_due, ticket.paused_minutes) == (DUE + timedelta(days=1), 450)
    assert moves(session, ticket)[-2:] == ["ask", "resume"]


@pytest.mark.parametrize(
    ("reason", "minutes"),
    [("Chờ cấp phép", 0), ("Chờ vật tư", 11), ("Chờ vật tư", 0)],
    ids=["another reason", "much later", "another form"],
)
def test_what_is_meant_anew_is_no_double_click(session: Session, province: Province, reason: str, minutes: int) -> None:
    ticket, thu = accepted(session, province), province.actor("thu")
    casework.extend(session, thu, ticket.code, working_days=3, reason="Chờ vật tư", now=LATER)
    again = LATER + timedelta(minutes=minutes)
    casework.extend(session, thu, ticket.code, working_days=3, reason=reason, now=again)
    assert ticket.extended == 2


def test_two_clicks_at_the_same_moment_extend_once(session: Session, engine: Engine, province: Province) -> None:
    code, thu = accepted(session, province).code, province.actor("thu")
    session.commit()

    def click(_: int) -> int | None:
        with transaction(engine) as other:
            if not posts.is_first(other, "0123456789abcdef" * 2, LATER):
                return None
            return casework.extend(other, thu, code, working_days=3, reason="Chờ vật tư", now=LATER).extended

    with ThreadPoolExecutor(4) as clicks:
        assert sorted(clicks.map(click, range(4)), key=str) == [1, None, None, None]


def test_a_form_that_was_refused_can_be_posted_again(engine: Engine, session: Session, province: Province) -> None:
    code, thu = accepted(session, province).code, province.actor("thu")
    session.commit()
    nonce = "0123456789abcdef" * 2

    def post(reason: str) -> bool:
        with transaction(engine) as other:
            first = posts.is_first(other, nonce, LATER)
            if first:
                casework.extend(other, thu, code, working_days=3, reason=reason, now=LATER)
            return first

    with pytest.raises(Invalid):
        post(" ")
    assert [post("Chờ vật tư"), post("Chờ vật tư")] == [True, False]


def test_an_urgent_clock_stands_by_the_wall(session: Session, province: Province) -> None:
    ticket, thu = accepted(session, province, level=Level.URGENT), province.actor("thu")
    due = MONDAY + timedelta(hours=4)
    casework.ask(session, thu, ticket.code, question="Nhà số mấy?", now=LATER)
    casework.resume(session, thu, ticket.code, reason="", now=LATER + timedelta(hours=10))
    assert ticket.answer_due == due + timedelta(hours=10)


def test_what_was_waited_and_promised_goes_with_the_ticket(session: Session, province: Province) -> None:
    ticket, thu = accepted(session, province), province.actor("thu")
    casework.extend(session, thu, ticket.code, working_days=2, reason="Chờ vật tư", now=LATER)
    casework.give_back(session, thu, ticket.code, reason="đường ống của phường", now=TUESDAY)
    assert ticket.triage_due == TUESDAY + timedelta(hours=1)  # from when it came back
    power = province.agencies["power"].id
    casework.assign(session, province.actor("phuc"), ticket.code, power, reason="x", now=TUESDAY)
    assert ticket.answer_due == DUE + timedelta(days=2)


def test_nobody_asks_for_ever(session: Session, province: Province) -> None:
    ticket, thu = accepted(session, province), province.actor("thu")
    answer = ticket.clock(Clock.ANSWER)
    assert answer is not None
    answer.paused_minutes = 10 * 450
    with pytest.raises(Invalid) as refused:
        casework.ask(session, thu, ticket.code, question="Nhà số mấy?", now=LATER)
    assert refused.value.problems == {"question": "waited_enough"}


@pytest.mark.parametrize("who", ["thu", "hoa", "phuc"])
def test_no_with_a_reason_that_the_citizen_is_told(session: Session, province: Province, who: str) -> None:
    ticket, actor = accepted(session, province), province.actor(who)
    with pytest.raises(Invalid) as refused:
        casework.reject(session, actor, ticket.code, reason=" ", now=EVEN_LATER)
    assert refused.value.problems == {"reason": "required"}
    factories.posted_twice(
        session, lambda: casework.reject(session, actor, ticket.code, reason="Đường ống trong nhà", now=EVEN_LATER)
    )
    assert (ticket.state, ticket.resolution, ticket.closed_at) == (
        TicketState.REJECTED,
        "Đường ống trong nhà",
        EVEN_LATER,
    )
    assert (_open(session, ticket), ticket.resolved_at, moves(session, ticket)[-1]) == ({}, None, "reject")


def test_who_may_not_say_no(session: Session, province: Province) -> None:
    ticket = accepted(session, province)
    for who, error in (("lan", NotAllowed), ("son", NotFound), ("tam", MoveRefused)):
        with pytest.raises(error):
            casework.reject(session, province.actor(who), ticket.code, reason="không", now=EVEN_LATER)
    casework.ask(session, province.actor("thu"), ticket.code, question="Ở đâu?", now=LATER)
    with pytest.raises(MoveRefused):
        casework.reject(session, province.actor("thu"), ticket.code, reason="không", now=EVEN_LATER)


def test_where_the_head_approves_only_the_head_says_no(session: Session, province: Province) -> None:
    ticket = routed(session, province, "khac")
    casework.assign(session, province.actor("hoa"), ticket.code, province.agencies["office"].id, reason="x", now=LATER)
    with pytest.raises(Invalid) as refused:
        casework.reject(session, province.actor("viet"), ticket.code, reason="không", now=LATER)
    assert refused.value.problems == {"reason": "approver_only"}
    casework.reject(session, province.actor("ngoc"), ticket.code, reason="không", now=LATER)
    assert ticket.state == TicketState.REJECTED


def test_a_call_back_is_neither_rejected_nor_an_agencys(session: Session, province: Province) -> None:
    filing.settle_call(session, factories.missed(session), now=MONDAY)
    (task,) = (row.ticket for row in worklist.callbacks(session, MONDAY))
    with pytest.raises(MoveRefused):
        casework.reject(session, province.actor("hoa"), task.code, reason="không", now=LATER)
    with pytest.raises(MoveRefused):
        casework.assign(session, province.actor("hoa"), task.code, province.agencies["water"].id, reason="x", now=LATER)
    assert task.state == TicketState.FILED


def test_what_waits_for_nobody_is_counted_however_many_agencies_are_late(session: Session, province: Province) -> None:
    routed(session, province)
    routed(session, province, "chieu-sang-dien")
    assert routed(session, province, "khac").state == TicketState.TRIAGE
    late = overview.late_agencies(session, MONDAY + timedelta(days=30), limit=1)
    assert [(row.agency and row.agency.code, row.count) for row in late] == [("cap-nuoc", 1), (None, 1)]


def test_sent_twice_it_is_done_once(session: Session, province: Province) -> None:
    first, second, thu = accepted(session, province), accepted(session, province), province.actor("thu")
    casework.resolve(session, thu, first.code, text="Đã sửa ", now=EVEN_LATER)
    casework.give_back(session, thu, second.code, reason="đường ống của phường", now=EVEN_LATER)
    # Without a nonce (an old page) the second one is refused, for the ticket stands otherwise by now.
    with pytest.raises(NotFound):
        casework.resolve(session, thu, first.code, text="Đã sửa ", now=EVEN_LATER)
    with pytest.raises(NotFound):
        casework.give_back(session, thu, second.code, reason="đường ống của phường", now=EVEN_LATER)
    assert (moves(session, first).count("resolve"), second.bounces) == (1, 1)
