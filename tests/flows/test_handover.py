"""Outbox, relay, a real rq worker and a real broker: late when something dies, never lost, never done twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis as redis_client
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from callcenter import embedded, outbox
from callcenter.config import Settings
from callcenter.db import transaction
from callcenter.models import Assignment, OutboxRow, SetAside, Ticket
from callcenter.vocab import Source, TicketState
from tests import factories
from tickets import jobs
from tickets.people import intake
from tickets.people.intake import Report
from tickets.rules.handover import Handover


@pytest.fixture(autouse=True)
def province(session: Session, engine: Engine) -> Iterator[factories.Province]:
    jobs.use(engine)
    yield factories.province(session)
    jobs._engine = None


def later(**more: float) -> datetime:
    return datetime.now(UTC) + timedelta(**more)


def send(engine: Engine, ref: str, category: str = "cap-thoat-nuoc") -> None:
    where = {"category": category, "ward": "28249"}
    report = Report(source_ref=ref, description="Ngập nước", reporter_phone="0912345678", **where)
    with transaction(engine) as session:
        intake.receive(session, report, source=Source.APP, sender="app", now=datetime.now(UTC))


def work(broker: redis_client.Redis) -> None:
    """Everything that is in the queue now, by a real worker in this process."""
    queue = Queue(outbox.ROUTING, connection=broker, serializer=JSONSerializer)
    SimpleWorker([queue], connection=broker, serializer=JSONSerializer).work(burst=True, logging_level="WARNING")


def states(engine: Engine) -> dict[TicketState, int]:
    with Session(engine) as session:
        return {state: n for state, n in session.execute(select(Ticket.state, func.count()).group_by(Ticket.state))}


def eventually(true: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        threading.Event().wait(0.02)


@contextmanager
def worker_process(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as `scripts/manage work` starts one, on the database and broker of this test."""
    env = {
        **os.environ,
        "CALLCENTER_DATABASE_URL": str(settings.database_url),
        "CALLCENTER_REDIS_URL": str(settings.redis_url),
        "CALLCENTER_DATA_DIR": str(settings.data_dir),
    }
    process = subprocess.Popen([sys.executable, "-m", "scripts.tools.cli", "work"], env=env, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_from_promise_to_agency(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "a")
    assert outbox.relay_once(engine, redis) == 1
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 1}
    assert outbox.relay_once(engine, redis, now=later(hours=1)) == 0


def test_hundreds_go_in_few_jobs(engine: Engine, redis: redis_client.Redis) -> None:
    for number in range(120):
        send(engine, str(number))
    assert outbox.relay_once(engine, redis) == 120
    assert Queue(outbox.ROUTING, connection=redis, serializer=JSONSerializer).count == 2
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 120}


def test_a_job_that_comes_twice_changes_nothing(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "a")
    outbox.relay_once(engine, redis)
    with transaction(engine) as session:
        session.execute(update(OutboxRow).values(send_at=later()))
    outbox.relay_once(engine, redis, now=later(minutes=1))
    work(redis)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 2  # lead and co-ordinating, once each
        assert session.scalars(select(OutboxRow)).one().attempts == 2


def test_a_broker_that_forgot_everything_delays_and_does_not_lose(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "a")
    outbox.relay_once(engine, redis)
    redis.flushdb()
    work(redis)
    assert states(engine) == {TicketState.FILED: 1}
    assert outbox.relay_once(engine, redis, now=later(seconds=5)) == 0  # it may still be under way
    assert outbox.relay_once(engine, redis, now=later(minutes=2)) == 1
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 1}


def test_two_relays_do_not_take_the_same_promise(engine: Engine, redis: redis_client.Redis) -> None:
    for number in range(20):
        send(engine, str(number))
    with Session(engine) as one:
        first = outbox.claim(one, datetime.now(UTC), 12)
        with Session(engine) as two:
            second = outbox.claim(two, datetime.now(UTC), 100)
        assert {row.id for row in first}.isdisjoint(row.id for row in second)
        assert len(first) + len(second) == 20


def test_a_poison_message_is_set_aside_alone(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "before")
    with transaction(engine) as session:
        outbox.promise(session, outbox.ROUTING, {"version": 1, "ticket": "x"}, now=later())
        gone = Handover(ticket="618033991", source=Source.WEB, filed_at=later())
        outbox.promise(session, outbox.ROUTING, {**gone.model_dump(mode="json"), "ticket": "999999994"}, now=later())
    send(engine, "after")
    outbox.relay_once(engine, redis)
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 2}
    with Session(engine) as session:
        aside = session.scalars(select(SetAside).order_by(SetAside.id)).all()
        failed = session.scalars(select(OutboxRow).where(OutboxRow.failed_at.is_not(None))).all()
        assert [row.error for row in failed] == [row.error for row in aside]
        assert aside[0].error.startswith("ticket: ")
        assert aside[1].error == "NotFound: no ticket 999999994"


def test_once_mended_it_is_sent_again(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "a")
    with transaction(engine) as session:
        row = session.scalars(select(OutboxRow)).one()
        right, row.payload = row.payload, {"version": 1}
    outbox.relay_once(engine, redis)
    work(redis)
    with transaction(engine) as session:
        row = session.scalars(select(OutboxRow)).one()
        row.payload = right
        session.flush()
        outbox.retry(session, row.id, datetime.now(UTC))
    outbox.relay_once(engine, redis)
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 1}


def test_what_is_sent_again_and_again_in_vain_is_set_aside(engine: Engine, redis: redis_client.Redis) -> None:
    send(engine, "a")
    for hour in range(outbox.MAX_ATTEMPTS + 1):
        outbox.relay_once(engine, redis, now=later(hours=hour))
    with Session(engine) as session:
        row = session.scalars(select(OutboxRow)).one()
        assert row.failed_at is not None
        assert "worker" in str(row.error)


def test_the_relay_wakes_at_once_when_a_promise_is_committed(engine: Engine, redis: redis_client.Redis) -> None:
    stop = threading.Event()
    relay = threading.Thread(target=outbox.relay, args=(engine, redis, stop), kwargs={"idle_s": 600})
    relay.start()
    queue = Queue(outbox.ROUTING, connection=redis, serializer=JSONSerializer)
    try:
        send(engine, "first")
        eventually(lambda: queue.count == 1)
        send(engine, "second")
        eventually(lambda: queue.count == 2, within_s=5)
    finally:
        stop.set()
        send(engine, "wake up and see that it is over")
        relay.join(20)
    assert not relay.is_alive()


def test_a_worker_killed_in_mid_job_loses_nothing(
    engine: Engine, redis: redis_client.Redis, settings: Settings
) -> None:
    for number in range(300):
        send(engine, str(number))
    outbox.relay_once(engine, redis)
    with worker_process(settings) as worker:
        eventually(lambda: states(engine).get(TicketState.ROUTED, 0) > 0)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    done = states(engine)[TicketState.ROUTED]
    assert done > 0
    outbox.relay_once(engine, redis, now=later(minutes=2))
    work(redis)
    assert states(engine) == {TicketState.ROUTED: 300}
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 600


def test_a_broker_killed_and_back(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    """A broker of this test's own, killed with the relay running: the relay waits, says so, and goes on."""
    own = Settings(data_dir=tmp_path / "v", database_url=settings.database_url)
    with embedded.hold(own) as lease:
        broker = redis_client.Redis.from_url(lease.redis_url)
        stop = threading.Event()
        relay = threading.Thread(target=outbox.relay, args=(engine, broker, stop), kwargs={"idle_s": 0.1})
        relay.start()
        try:
            send(engine, "before")
            queue = Queue(outbox.ROUTING, connection=broker, serializer=JSONSerializer)
            eventually(lambda: queue.count == 1)
            os.kill(int(broker.info("server")["process_id"]), signal.SIGKILL)
            send(engine, "while away")
            with embedded.hold(own):
                eventually(lambda: queue.count == 2)
        finally:
            stop.set()
            relay.join(20)
        work(broker)
        broker.close()
    assert states(engine) == {TicketState.ROUTED: 2}


def test_the_message_is_frozen() -> None:
    """Other programs read and write it: version 1 as it was published must always be understood, as it stands."""
    fixture = json.loads((Path(__file__).parent / "handover_v1.json").read_text())
    for example in fixture["messages"]:
        assert Handover.model_validate(example).model_dump(mode="json") == example
    assert sorted(Handover.model_json_schema()["properties"]) == fixture["fields"]


def test_a_job_is_one_transaction_and_a_message_twice_in_it_counts_once(
    engine: Engine, redis: redis_client.Redis
) -> None:
    """A hundred tickets share the cost of what they all need; each is routed as it would be alone."""
    for number in range(3):
        send(engine, str(number))
    send(engine, "triage", category="khac")
    with Session(engine) as session:
        messages = [{"outbox_id": row.id, "payload": row.payload} for row in session.scalars(select(OutboxRow))]
    commits: list[object] = []
    count = commits.append
    event.listen(engine, "commit", count)
    try:
        assert jobs.take_handovers([*messages, messages[0]]) == 4
        assert len(commits) == 1
        assert jobs.take_handovers(messages) == 0
    finally:
        event.remove(engine, "commit", count)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 6
        routed = session.scalars(select(Ticket).where(Ticket.state == TicketState.ROUTED)).all()
        assert [[clock.kind for clock in ticket.clocks] for ticket in routed] == [["triage", "accept", "answer"]] * 3
        accepts = [clock for ticket in routed for clock in ticket.clocks if clock.kind == "accept"]
        assert {clock.assignment.role for clock in accepts if clock.assignment} == {"lead"}
    assert states(engine) == {TicketState.ROUTED: 3, TicketState.TRIAGE: 1}
