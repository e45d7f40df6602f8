"""Approval of an answer by the head of the agency: who may approve it, who may not, and what follows."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, MoveRefused, NotAllowed, NotFound
from callcenter.models import Assignment, Attachment, Ticket, TicketEvent
from callcenter.vocab import Source, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets.actors import Actor
from tickets.agency import approvals, casework
from tickets.life import files, offers, sweeps
from tickets.people import intake, tracking
from tickets.rules.states import OPEN

LATER = MONDAY + timedelta(minutes=30)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def ticket(session: Session, province: Province) -> Ticket:
    """With the province's office, whose head `ngoc` approves what `viet` writes."""
    report = intake.Report(source_ref="1", description="Kiến nghị", category="khac", reporter_phone="0912345678")
    made, _ = intake.receive(session, report, source=Source.APP, sender="app", now=MONDAY)
    office = province.agencies["office"].id
    casework.assign(session, province.actor("hoa"), made.code, office, reason="x", now=MONDAY)
    return casework.accept(session, province.actor("viet"), made.code, now=MONDAY)


def propose(session: Session, province: Province, ticket: Ticket, who: str = "viet") -> None:
    casework.resolve(session, province.actor(who), ticket.code, text="Đã trả lời", now=LATER)
    assert ticket.state == TicketState.AWAITING_APPROVAL


def moves(session: Session, ticket: Ticket) -> list[tuple[str, str]]:
    session.flush()
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return [(event.move, event.actor) for event in session.scalars(query)]


def may_approve(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whether the page offers it."""
    return "approve" in {move.action for move in offers.offered(session, actor, ticket, TUESDAY)}


def in_hand(session: Session, ticket: Ticket) -> int:
    session.flush()
    return session.query(Assignment).filter_by(ticket_id=ticket.id, ended_at=None).count()


@pytest.mark.parametrize(("who", "name"), [("ngoc", "Trịnh Thị Ngọc"), ("phuc", "Phạm Hồng Phúc")])
def test_the_head_or_a_supervisor_approves(
    session: Session, province: Province, ticket: Ticket, who: str, name: str
) -> None:
    propose(session, province, ticket)
    assert may_approve(session, province.actor(who), ticket)
    factories.posted_twice(session, lambda: approvals.approve(session, province.actor(who), ticket.code, now=TUESDAY))
    assert (ticket.state, ticket.resolved_at, ticket.resolution) == (TicketState.RESOLVED, TUESDAY, "Đã trả lời")
    assert in_hand(session, ticket) == 0
    assert moves(session, ticket)[-2:] == [("propose", "Lâm Quốc Việt"), ("approve", name)]
    assert not may_approve(session, province.actor(who), ticket)


@pytest.mark.parametrize("who", ["viet", "thu", "lan", "hoa", "quan"])
def test_nobody_else_does(session: Session, province: Province, ticket: Ticket, who: str) -> None:
    propose(session, province, ticket)
    actor = province.actor(who)
    assert not may_approve(session, actor, ticket)
    with pytest.raises(NotAllowed):
        approvals.approve(session, actor, ticket.code, now=TUESDAY)
    with pytest.raises(NotAllowed):
        approvals.send_back(session, actor, ticket.code, reason="x", now=TUESDAY)
    assert ticket.state == TicketState.AWAITING_APPROVAL


def test_a_head_of_another_agency_does_not(session: Session, province: Province, ticket: Ticket) -> None:
    propose(session, province, ticket)
    province.people["thu"].approves = True
    with pytest.raises(NotFound):
        approvals.approve(session, province.actor("thu"), ticket.code, now=TUESDAY)


def test_own_words_are_approved_by_somebody_else_while_there_is_one(
    session: Session, province: Province, ticket: Ticket
) -> None:
    ngoc, second = province.actor("ngoc"), province.people["viet"]
    second.approves = True
    propose(session, province, ticket, "ngoc")
    assert not may_approve(session, ngoc, ticket)
    with pytest.raises(NotAllowed):
        approvals.approve(session, ngoc, ticket.code, now=TUESDAY)
    second.active = False
    assert may_approve(session, ngoc, ticket)
    approvals.approve(session, ngoc, ticket.code, now=TUESDAY)
    assert ticket.state == TicketState.RESOLVED


def test_sent_back_it_is_mended_and_proposed_again(session: Session, province: Province, ticket: Ticket) -> None:
    propose(session, province, ticket)
    ngoc = province.actor("ngoc")
    with pytest.raises(Invalid) as refused:
        approvals.send_back(session, ngoc, ticket.code, reason="  ", now=TUESDAY)
    assert refused.value.problems == {"reason": "required"}
    factories.posted_twice(
        session, lambda: approvals.send_back(session, ngoc, ticket.code, reason="Nêu rõ ngày hoàn thành", now=TUESDAY)
    )
    assert (ticket.state, ticket.resolved_at, in_hand(session, ticket)) == (TicketState.ACCEPTED, None, 1)
    assert ticket.resolution == "Đã trả lời"  # to be mended, not written anew
    casework.resolve(session, province.actor("viet"), ticket.code, text="Xong trước 30/11", now=TUESDAY)
    approvals.approve(session, ngoc, ticket.code, now=TUESDAY)
    assert ticket.resolution == "Xong trước 30/11"
    assert [move for move, _ in moves(session, ticket)][-4:] == ["propose", "send_back", "propose", "approve"]


def test_a_file_that_was_sent_back_with_its_answer_never_reaches_the_citizen(
    session: Session, province: Province, ticket: Ticket, tmp_path: Path
) -> None:
    """Without other files the answer keeps those it had; with some, they stand for all of before."""
    viet, ngoc = province.actor("viet"), province.actor("ngoc")
    wrong, right = (files.store(tmp_path, name, f"%PDF-1.7 {name}".encode()) for name in ("sổ hộ khẩu.pdf", "ảnh.pdf"))
    casework.resolve(session, viet, ticket.code, text="Đã làm", files=[wrong], now=LATER)
    approvals.send_back(session, ngoc, ticket.code, reason="Bỏ sổ hộ khẩu của người khác ra", now=LATER)
    casework.resolve(session, viet, ticket.code, text="Đã làm xong", files=[right], now=TUESDAY)
    approvals.send_back(session, ngoc, ticket.code, reason="Ghi ngày", now=TUESDAY)
    casework.resolve(session, viet, ticket.code, text="Đã làm xong ngày 24/11", now=TUESDAY)
    approvals.approve(session, ngoc, ticket.code, now=TUESDAY)
    told = tracking.journey(session, ticket.code, TUESDAY).evidence
    assert [file.name for file in told] == ["ảnh.pdf"]
    for file in session.query(Attachment).filter_by(name="sổ hộ khẩu.pdf"):
        with pytest.raises(NotFound):
            tracking.evidence(session, file.id)


def test_there_is_nothing_to_approve_before_an_answer(session: Session, province: Province, ticket: Ticket) -> None:
    for who in ("ngoc", "phuc"):
        assert not may_approve(session, province.actor(who), ticket)
        with pytest.raises(MoveRefused):
            approvals.approve(session, province.actor(who), ticket.code, now=LATER)
        with pytest.raises(MoveRefused):
            approvals.send_back(session, province.actor(who), ticket.code, reason="x", now=LATER)


def test_the_clock_runs_while_the_head_reads(session: Session, province: Province, ticket: Ticket) -> None:
    propose(session, province, ticket)
    session.flush()
    assert ticket.answer_due is not None
    assert ticket.state in OPEN
    assert sweeps.sweep(session, ticket.answer_due) == 1
    assert moves(session, ticket)[-1] == ("breached", "time")
