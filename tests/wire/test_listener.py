"""From the socket to the rows: calls with their tickets, a database that goes away, a call that cannot be stored."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import Call, CallBack, PbxStatus, SetAside, Ticket, TicketCall
from callcenter.vocab import Outcome, TicketKind, TicketState
from telephony import callflow, writer
from telephony.events import Kind
from telephony.leadership import Leadership
from telephony.listener import lead
from tests.wire.ami_server import AmiServer, ami_server
from tests.wire.ears import QUICK, listening, seen

CALLER = {"Channel": "PJSIP/trunk-00000000", "Uniqueid": "1.0", "Linkedid": "1.0"}
LEG = {"Channel": "PJSIP/101-00000001", "Uniqueid": "1.1", "Linkedid": "1.0"}
DEST = {f"Dest{key}": value for key, value in LEG.items()}
MEMBER = {"Queue": "hotline", "Interface": "PJSIP/101", "MemberName": "Lan"}
Events = Sequence[tuple[str, dict[str, str]]]

START: Events = [("UserEvent", {**CALLER, "UserEvent": "HotlineStart", "Number": "0905123456", "DID": "1022"})]
RING: Events = [
    *START,
    ("QueueCallerJoin", {**CALLER, "Queue": "hotline", "Context": "q"}),
    ("AgentCalled", {**CALLER, **DEST, **MEMBER}),
]
TALK: Events = [
    *RING,
    ("AgentConnect", {**CALLER, **DEST, **MEMBER}),
    ("BridgeEnter", {**LEG, "BridgeUniqueid": "b"}),
    ("BridgeEnter", {**CALLER, "BridgeUniqueid": "b"}),
]
END: Events = [("HangupRequest", CALLER), ("Hangup", {**CALLER, "Context": "q", "Cause": "16"})]
GIVE_UP: Events = [
    ("HangupRequest", CALLER),
    ("QueueCallerAbandon", {**CALLER, "Queue": "hotline", "Context": "q"}),
    ("QueueCallerLeave", {**CALLER, "Queue": "hotline"}),
    ("Hangup", {**CALLER, "Context": "q", "Cause": "0"}),
]


def run(test: Callable[[AmiServer], Awaitable[None]]) -> None:
    async def go() -> None:
        async with ami_server() as server:
            await test(server)

    asyncio.run(go())


def say(server: AmiServer, events: Events) -> None:
    for event, headers in events:
        server.say(event, **headers)


def call(session: Session) -> Call | None:
    return session.scalars(select(Call)).one_or_none()


def ended(session: Session) -> bool:
    row = call(session)
    return row is not None and row.ended_at is not None


def test_a_call_from_ring_to_end(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, RING)
            await seen(engine, lambda session: (row := call(session)) is not None and row.ringing == ["101"])
            with Session(engine) as session:
                draft = session.scalars(select(Ticket)).one()
                assert (draft.state, draft.caller) == (TicketState.DRAFT, "+84905123456")
            say(server, TALK[len(RING) :])
            await seen(engine, lambda session: (row := call(session)) is not None and row.talking == ["101"])
            say(server, END)
            await seen(engine, ended)
        with Session(engine) as session:
            row = session.scalars(select(Call)).one()
            assert (row.outcome, row.operators, row.ringing, row.talking) == (
                Outcome.ANSWERED,
                ["101"],
                [],
                [],
            )
            assert session.scalars(select(Ticket)).one().kind == TicketKind.REPORT

    run(test)


def test_a_missed_call_becomes_a_call_back(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, [*RING, *GIVE_UP])
            await seen(engine, ended)
        with Session(engine) as session:
            task = session.scalars(select(CallBack)).one()
            assert (task.kind, task.state) == (TicketKind.CALLBACK, TicketState.FILED)
            assert session.scalars(select(TicketCall)).one().ticket_id == task.id

    run(test)


def test_the_same_stream_again_changes_nothing(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        for _ in range(2):
            async with listening(server, engine):
                say(server, [*TALK, *END])
                await seen(engine, ended)
        with Session(engine) as session:
            assert len(session.scalars(select(Call)).all()) == 1
            assert len(session.scalars(select(Ticket)).all()) == 1

    run(test)


def test_a_restarted_listener_goes_on_with_live_calls(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, TALK)
            await seen(engine, lambda session: (row := call(session)) is not None and row.talking == ["101"])
        server.rows = [{**CALLER, "BridgeID": "b"}, {**LEG, "BridgeID": "b"}]
        async with listening(server, engine) as ear:
            assert ear.calls.by_id["1.0"].talking == ["101"]
            say(server, END)
            await seen(engine, ended)
        with Session(engine) as session:
            row = session.scalars(select(Call)).one()
            assert (row.outcome, row.operator) == (Outcome.ANSWERED, "101")

    run(test)


def test_calls_that_ended_while_nobody_listened_are_ended(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, RING)
            await seen(engine, lambda session: call(session) is not None)
        async with listening(server, engine):
            await seen(engine, ended)
        with Session(engine) as session:
            assert session.scalars(select(Call)).one().outcome == Outcome.FAILED

    run(test)


def test_the_page_can_tell_since_when_the_pbx_is_not_heard(engine: Engine) -> None:
    def status(connected: bool) -> Callable[[Session], bool]:
        return lambda session: (row := session.get(PbxStatus, "test")) is not None and row.connected is connected

    async def test(server: AmiServer) -> None:
        before = datetime.now(UTC)
        async with listening(server, engine):
            await seen(engine, status(True))
            await server.stop()
            await seen(engine, status(False))
            with Session(engine) as session:
                row = session.get_one(PbxStatus, "test")
                assert row.since >= before
                assert row.detail
            await server.start()
            await seen(engine, status(True))
        with Session(engine) as session:
            row = session.get_one(PbxStatus, "test")
            assert (row.connected, row.detail) == (False, "the listener was stopped")

    run(test)


def test_while_the_database_is_away_nothing_is_lost(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine) as ear:
            await seen(engine, lambda session: session.get(PbxStatus, "test") is not None)
            with engine.connect() as lock:
                # Every write waits here, then is cut off: as far as the listener can tell, the database is gone.
                lock.execute(text("LOCK TABLE call IN ACCESS EXCLUSIVE MODE"))
                say(server, [*TALK, *END])
                async with asyncio.timeout(30):
                    while not (ear.calls.by_id and ear.calls.by_id["1.0"].ended_at):
                        await asyncio.sleep(0.01)
                with engine.connect() as other:
                    other.execute(
                        text(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                            " AND wait_event_type = 'Lock'"
                        )
                    )
            await seen(engine, ended)
        with Session(engine) as session:
            assert session.scalars(select(Call)).one().outcome == Outcome.ANSWERED

    run(test)


def test_a_call_that_cannot_be_stored_is_set_aside_and_the_next_goes_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_SET_ASIDE_RETRY_S", 0.5)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE call ADD CONSTRAINT refused CHECK (linkedid <> '1.0')"))

    def stored(*linkedids: str) -> Callable[[Session], bool]:
        return lambda session: set(session.scalars(select(Call.linkedid))) == set(linkedids)

    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, START)
            second = {"Channel": "PJSIP/trunk-00000009", "Uniqueid": "2.0", "Linkedid": "2.0"}
            server.say("UserEvent", **second, UserEvent="HotlineStart", Number="0905123457", DID="1022")
            await seen(engine, stored("2.0"))
            with Session(engine) as session:
                kept = session.scalars(select(SetAside)).one()
                assert (kept.reference, kept.settled_at) == ("test:1.0", None)
                assert kept.payload["caller"] == "+84905123456"
                assert "UserEvent: HotlineStart" in kept.payload["ami"][0]
                assert "Linkedid: 2.0" not in kept.payload["ami"][0]
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE call DROP CONSTRAINT refused"))
            await seen(engine, stored("1.0", "2.0"))
            with Session(engine) as session:
                assert session.scalars(select(SetAside)).one().settled_at is not None

    try:
        run(test)
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE call DROP CONSTRAINT IF EXISTS refused"))


def test_an_event_that_cannot_be_folded_is_set_aside_and_the_call_goes_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(calls: object, happening: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(callflow._STEPS, Kind.HELD, refuse)

    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, [*TALK, ("Hold", LEG), *END])
            await seen(engine, ended)
            await seen(engine, lambda session: session.scalar(select(SetAside)) is not None)
        with Session(engine) as session:
            kept = session.scalars(select(SetAside)).one()
            assert (kept.reference, kept.error) == ("test:1.0", "ZeroDivisionError: ")
            assert {"Event: Hold", "Uniqueid: 1.1"} <= set(kept.payload["ami"][0])
            assert session.scalars(select(Call)).one().outcome == Outcome.ANSWERED

    run(test)


def test_a_second_listener_waits_for_the_first(engine: Engine, settings: Settings) -> None:
    async def test(server: AmiServer) -> None:
        first = Leadership(engine, "test")
        assert (await first.take()).epoch == 1
        task = asyncio.create_task(lead(settings, server.pbx(), engine, watch=QUICK))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.logged_in.wait(), 0.3)
        first.give_up()
        await asyncio.wait_for(server.logged_in.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(test)


def test_a_newer_listeners_call_is_not_overwritten_by_an_older_one(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            say(server, RING)
            await seen(engine, lambda session: call(session) is not None)
            with engine.begin() as connection:
                connection.execute(text("UPDATE call SET epoch = 7, queue = 'theirs'"))
            say(server, GIVE_UP)
            second = {"Channel": "PJSIP/trunk-00000009", "Uniqueid": "2.0", "Linkedid": "2.0"}
            server.say("UserEvent", **second, UserEvent="HotlineStart", Number="0905123457", DID="1022")
            await seen(engine, lambda session: session.scalar(select(Call).where(Call.linkedid == "2.0")) is not None)
        with Session(engine) as session:
            row = session.scalars(select(Call).where(Call.linkedid == "1.0")).one()
            assert (row.queue, row.ended_at) == ("theirs", None)

    run(test)
