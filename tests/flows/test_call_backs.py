"""Numbers to call back: tries on record, never closed with an unheard message, many ended at once with a text."""

import http.server
import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import outbox
from callcenter.db import transaction
from callcenter.errors import Invalid, MoveRefused, NotAllowed
from callcenter.models import CallBack, Listening, OutboxRow, TextMessage, TicketEvent
from callcenter.vocab import Attempt, Disposition, Hearing, Outcome, Sound, TextResult, TicketState
from tests import factories
from tests.factories import MONDAY, Province
from tickets import jobs
from tickets.actors import Actor
from tickets.calls import calling, listening
from tickets.desk import filing, queries
from tickets.life import call_backs, claims
from tickets.notices import gateways, messages
from tickets.oversight import worklist
from tickets.rules.fields import TicketFields

LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


@pytest.fixture
def lan(province: Province) -> Actor:
    return province.actor("lan")


@pytest.fixture
def hoa(province: Province) -> Actor:
    return province.actor("hoa")


def waiting(session: Session, number: str = factories.CALLER, **columns: object) -> CallBack:
    call = factories.missed(session, caller=number, **columns)
    filing.settle_call(session, call, now=MONDAY)
    session.flush()
    return session.scalars(select(CallBack).where(CallBack.caller == number, call_backs.waits())).one()


class TestTries:
    def test_a_try_frees_the_number_until_its_next_time(self, session: Session, lan: Actor, hoa: Actor) -> None:
        task = waiting(session)
        claims.take(session, lan, task.code, now=LATER)
        calling.not_reached(session, lan, task.code, Attempt.NO_ANSWER, note="đổ chuông", now=LATER)
        assert claims.take_next(session, hoa, now=LATER + timedelta(minutes=29)) is None
        (row,) = worklist.callbacks(session, LATER)
        assert [(one.who, one.result, one.note) for one in row.tried] == [(lan.name, Attempt.NO_ANSWER, "đổ chuông")]
        assert row.due == LATER + timedelta(minutes=60)
        assert claims.take_next(session, hoa, now=LATER + timedelta(minutes=30)) is task

    def test_who_calls_again_meanwhile_is_called_at_once(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        calling.not_reached(session, lan, task.code, Attempt.OFF, later="morning", now=LATER)
        assert worklist.shift(session, LATER + timedelta(hours=3)).callbacks == []
        assert waiting(session) is task
        assert claims.take_next(session, lan, now=LATER) is task

    def test_tries_count_and_the_pauses_grow(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        now, pauses = LATER, []
        for _ in range(3):
            calling.not_reached(session, lan, task.code, Attempt.NO_ANSWER, now=now)
            assert task.call_at
            pauses.append(task.call_at - now)
            now = task.call_at
        assert [pause / timedelta(minutes=1) for pause in pauses] == [30, 120, 240]

    def test_reached_is_another_verb_and_a_done_one_takes_no_try(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        with pytest.raises(Invalid):
            calling.not_reached(session, lan, task.code, Attempt.REACHED, now=LATER)
        with pytest.raises(Invalid):
            calling.not_reached(session, lan, task.code, Attempt.BUSY, later="never", now=LATER)
        filing.close_callback(session, lan, task.code, note="đã gặp", now=LATER)
        with pytest.raises(MoveRefused):
            calling.not_reached(session, lan, task.code, Attempt.BUSY, now=LATER)

    def test_not_while_somebody_else_is_calling(
        self, session: Session, lan: Actor, hoa: Actor, province: Province
    ) -> None:
        task = waiting(session)
        claims.take(session, lan, task.code, now=LATER)
        with pytest.raises(NotAllowed):
            calling.not_reached(session, province.actor("minh"), task.code, Attempt.BUSY, now=LATER)
        assert calling.not_reached(session, hoa, task.code, Attempt.BUSY, now=LATER).owner_id is None


class TestReport:
    """Who is called back has a report: the call-back goes on as its draft."""

    def test_it_keeps_code_number_and_calls_and_is_filed(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        claims.take(session, lan, task.code, now=LATER)
        draft = filing.report_from_call_back(session, lan, task.code, note="Đèn đường hỏng ", now=LATER)
        assert (draft.code, draft.source, draft.caller, draft.reporter_phone) == (
            task.code, task.source, factories.CALLER, factories.CALLER,
        )  # fmt: skip
        assert (draft.description, draft.owner_id) == ("Đèn đường hỏng", lan.id)
        assert worklist.callbacks(session, LATER) == []
        assert worklist.my_day(session, lan, LATER).called_back == 1
        page = queries.ticket(session, lan, draft.code)
        assert [call.outcome for call, _ in page.calls] == [Outcome.ABANDONED]
        filed = filing.file(session, lan, draft.code, TicketFields(category_code="khac"), now=LATER)
        assert filed.state == TicketState.FILED
        assert filed.description == "Đèn đường hỏng"

    def test_not_while_another_operator_has_it(self, session: Session, lan: Actor, province: Province) -> None:
        task = waiting(session)
        claims.take(session, province.actor("minh"), task.code, now=LATER)
        with pytest.raises(NotAllowed):
            filing.report_from_call_back(session, lan, task.code, now=LATER)

    def test_only_of_one_that_waits(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        filing.close_callback(session, lan, task.code, note="đã gặp", now=LATER)
        with pytest.raises(MoveRefused):
            filing.report_from_call_back(session, lan, task.code, now=LATER)


class TestUnheard:
    def left(self, session: Session) -> CallBack:
        return waiting(session, outcome=Outcome.VOICEMAIL, voicemail="INBOX/msg0001")

    def test_it_is_not_closed_before_the_message_is_heard(self, session: Session, lan: Actor) -> None:
        task = self.left(session)
        with pytest.raises(Invalid) as refused:
            filing.close_callback(session, lan, task.code, note="đã gọi", now=LATER)
        assert refused.value.problems == {"note": "message_unheard"}
        (row,) = worklist.callbacks(session, LATER)
        assert row.unheard
        assert row.message
        for _ in range(2):
            listening.heard_by_telephone(session, lan, row.message.id, now=LATER)
        filing.close_callback(session, lan, task.code, note="đã gọi", now=LATER)
        (heard,) = session.scalars(select(Listening)).all()
        assert (heard.who, heard.how, heard.sound) == (lan.name, Hearing.TELEPHONE, Sound.VOICEMAIL)

    def test_nor_by_a_talk_that_came_in_between(self, session: Session, lan: Actor) -> None:
        task = self.left(session)
        again = factories.answered(session)
        filing.open_draft(session, again, now=LATER)
        filing.dispose(session, lan, again.id, Disposition.INFORMED, now=LATER)
        assert task.state == TicketState.FILED

    def test_a_talk_closes_one_without_a_message(self, session: Session, lan: Actor) -> None:
        task = waiting(session)
        again = factories.answered(session)
        draft = filing.open_draft(session, again, now=LATER)
        fields = TicketFields(category_code="khac", description="Đèn đường hỏng")
        filing.file(session, lan, draft.code, fields, now=LATER)
        assert task.state == TicketState.CLOSED


class TestAfterAnOutage:
    def test_many_end_with_one_reason_and_one_text(
        self, session: Session, lan: Actor, hoa: Actor, province: Province
    ) -> None:
        mobile, landline = waiting(session, "+84913000001"), waiting(session, "+842733872345")
        in_hand, unheard = waiting(session, "+84913000002"), waiting(session, "+84913000003", voicemail="INBOX/msg0002")
        claims.take(session, lan, in_hand.code, now=LATER)
        codes = [task.code for task in (mobile, landline, in_hand, unheard)]
        for turn in range(2):
            ended = calling.end_many(
                session, hoa, codes, reason="Đứt cáp 8–9 giờ", text="1022 đã hoạt động lại.", now=LATER
            )
            assert (ended.in_hand, ended.unheard) == ([in_hand.code], [unheard.code])
            assert ended.codes == ([mobile.code, landline.code] if turn == 0 else [])
        assert (mobile.state, landline.state, in_hand.state) == (
            TicketState.CLOSED,
            TicketState.CLOSED,
            TicketState.FILED,
        )
        sent = {one.number: one.result for one in session.scalars(select(TextMessage))}
        assert sent == {"+84913000001": None, "+842733872345": TextResult.NO_MOBILE}
        assert session.scalars(select(OutboxRow.queue)).all() == [outbox.TEXTS]
        event = session.scalars(select(TicketEvent).where(TicketEvent.move == "call_back_ended")).first()
        assert event is not None
        assert (event.actor, event.reason) == (hoa.name, "Đứt cáp 8–9 giờ")

    def test_only_leaders_and_only_with_a_reason(self, session: Session, lan: Actor, hoa: Actor) -> None:
        task = waiting(session)
        with pytest.raises(NotAllowed):
            calling.end_many(session, lan, [task.code], reason="x", now=LATER)
        with pytest.raises(Invalid) as refused:
            calling.end_many(session, hoa, [], reason=" ", text="đ" * 300, now=LATER)
        assert refused.value.problems == {"codes": "nothing_chosen", "reason": "required", "text": "text_too_long"}


@dataclass
class FakeProvider:
    """A gateway on this machine: what it was sent, and what it answers next."""

    url: str
    status: int = 200
    got: list[tuple[dict[str, object], dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            provider.got.append((body, dict(self.headers)))
            if provider.status == 0:
                # Hangs up in the middle.
                return
            self.send_response(provider.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(f"http://1022:mat%20khau@127.0.0.1:{server.server_port}/sms?brand=1022")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def promised(engine: Engine, province: Province, hoa: Actor) -> Iterator[list[dict[str, object]]]:
    """Two texts that wait, as the relay hands them to the worker."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        for number in ("+84913000001", "+84913000002"):
            task = waiting(session, number)
            messages.promise(session, task, number, "Đã có nước lại", hoa, now=now)
        session.flush()
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        handed = [{"outbox_id": row.id, "payload": row.payload} for row in rows]
    yield handed
    jobs._engine = jobs._gateway = None


def results(engine: Engine) -> list[tuple[TextResult | None, str | None, bool]]:
    with Session(engine) as session:
        done = select(TextMessage.result, TextMessage.answer, OutboxRow.done_at.is_not(None)).join(
            OutboxRow, OutboxRow.ticket_id == TextMessage.ticket_id
        )
        return [(result, answer, kept) for result, answer, kept in session.execute(done.order_by(TextMessage.id))]


class TestTexts:
    def run(self, engine: Engine, promised: list[dict[str, object]], setting: str | None) -> int:
        jobs.use(engine, gateways.make(setting))
        return jobs.send_texts(promised)

    def test_over_http_once_each_with_the_sign_in(
        self, engine: Engine, promised: list[dict[str, object]], provider: FakeProvider
    ) -> None:
        for _ in range(2):
            self.run(engine, promised, provider.url)
        assert results(engine) == [(TextResult.SENT, "HTTP 200 ok", True)] * 2
        assert [body["to"] for body, _ in provider.got] == ["+84913000001", "+84913000002"]
        body, headers = provider.got[0]
        assert body["text"] == "Đã có nước lại"
        assert headers["Authorization"] == "Basic MTAyMjptYXQga2hhdQ=="
        assert headers["Idempotency-Key"] == str(body["id"])

    def test_a_refusal_is_told_and_a_busy_gateway_is_asked_again(
        self, engine: Engine, promised: list[dict[str, object]], provider: FakeProvider
    ) -> None:
        provider.status = 503
        assert self.run(engine, promised, provider.url) == 0
        assert results(engine) == [(None, None, False)] * 2
        provider.status = 400
        assert self.run(engine, promised, provider.url) == 2
        assert results(engine) == [(TextResult.REFUSED, "HTTP 400 ok", True)] * 2

    def test_what_was_lost_on_the_way_is_unknown_and_never_sent_twice(
        self, engine: Engine, promised: list[dict[str, object]], provider: FakeProvider
    ) -> None:
        provider.status = 0
        self.run(engine, promised, provider.url)
        provider.status = 200
        self.run(engine, promised, provider.url)
        assert [result for result, _, _ in results(engine)] == [TextResult.UNKNOWN] * 2
        assert len(provider.got) == 2

    def test_nobody_there_and_no_gateway(self, engine: Engine, promised: list[dict[str, object]]) -> None:
        assert self.run(engine, promised, "http://127.0.0.1:9/sms") == 0
        assert self.run(engine, promised, None) == 2
        assert [result for result, _, _ in results(engine)] == [TextResult.SWITCHED_OFF] * 2

    def test_a_worker_that_died_while_sending_leaves_it_unknown(
        self, engine: Engine, promised: list[dict[str, object]], provider: FakeProvider
    ) -> None:
        with transaction(engine) as session:
            session.query(TextMessage).update({"taken_at": datetime.now(UTC) - timedelta(minutes=3)})
        self.run(engine, promised, provider.url)
        # The next round finds them ended, and keeps the promise.
        self.run(engine, promised, provider.url)
        assert [(result, kept) for result, _, kept in results(engine)] == [(TextResult.UNKNOWN, True)] * 2
        assert provider.got == []

    def test_a_program_of_the_site(self, engine: Engine, promised: list[dict[str, object]], tmp_path: Path) -> None:
        program = tmp_path / "send sms"
        program.write_text(
            f'#!/bin/sh\ncat >> "{tmp_path}/sent"\necho " to $1" >> "{tmp_path}/sent"\n[ "$1" = +84913000001 ]\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.run(engine, promised, f"command:{program}")
        assert [result for result, _, _ in results(engine)] == [TextResult.SENT, TextResult.REFUSED]
        assert (tmp_path / "sent").read_text() == "Đã có nước lại to +84913000001\nĐã có nước lại to +84913000002\n"
