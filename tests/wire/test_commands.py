"""From the row to the wire and back: sent once, answered, refused, expired, cut off; and the queues that are kept."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter import commands, push
from callcenter.db import transaction
from callcenter.models import Call, OutgoingCall, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import CallOut, CommandResult, CommandVerb
from telephony import commands as sender
from telephony.ami.link import Watch
from telephony.callflow import from_json, to_json
from telephony.queues import read
from tests import factories
from tests.factories import Province
from tests.wire.ami_server import AmiServer
from tests.wire.ears import PATIENT, listening, seen
from tests.wire.test_listener import CALLER, RING, TALK, run, say

BOTH = ["SimulatedAnswer", "SimulatedHangup"]


@pytest.fixture
def province(session: Session) -> Province:
    return factories.province(session)


def ask(engine: Engine, province: Province, **given: Any) -> int:
    lan = province.people["lan"]
    values: dict[str, Any] = {
        "pbx": "test",
        "verb": CommandVerb.ANSWER,
        "extension": "101",
        "arguments": {"call": "1.0"},
        "actor_id": lan.id,
        "actor_name": lan.name,
        "now": datetime.now(UTC),
    }
    with transaction(engine) as session:
        return commands.ask(session, **{**values, **given}).id


def outgoing(engine: Engine, province: Province) -> int:
    """A call that Lan asked for from a call-back."""
    with transaction(engine) as session:
        lan = province.people["lan"]
        task = factories.call_back(session, province.actor("lan"), due_since=datetime.now(UTC))
        made = OutgoingCall(pbx="test", ticket_id=task.id, user_id=lan.id, who=lan.name, extension="101",
                            number=factories.CALLER, asked_at=datetime.now(UTC))  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


async def ended(engine: Engine, command_id: int) -> PbxCommand:
    await seen(engine, lambda session: session.get_one(PbxCommand, command_id).result is not None)
    with Session(engine, expire_on_commit=False) as session:
        return session.get_one(PbxCommand, command_id)


def test_the_pbx_says_what_it_can_do(engine: Engine) -> None:
    def actions(session: Session) -> list[str]:
        return session.get_one(PbxStatus, "test").actions

    async def test(server: AmiServer) -> None:
        async with listening(server, engine):
            with Session(engine) as session:
                assert actions(session) == []
            server.listed = ["Ping", *BOTH]
            server.hang_up()
            await seen(engine, lambda session: actions(session) == ["answer", "hang_up"])
            await server.stop()
            await seen(engine, lambda session: not session.get_one(PbxStatus, "test").connected)
            with Session(engine) as session:
                assert actions(session) == ["answer", "hang_up"]
            await server.start()

    run(test)


def test_a_command_is_sent_once_and_answered(engine: Engine, province: Province) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine):
            done = await ended(engine, ask(engine, province))
            assert (done.result, done.answer) == (CommandResult.DONE, "Done")
            sent = next(action for action in server.actions if action["Action"] == "SimulatedAnswer")
            assert (sent["Extension"], sent["Call"]) == ("101", "1.0")
            server.refuses = "Not ringing"
            refused = await ended(engine, ask(engine, province))
            assert (refused.result, refused.answer) == (CommandResult.REFUSED, "Not ringing")
            assert server.count("SimulatedAnswer") == 2

    run(test)


def test_the_broker_s_word_makes_it_quick(
    engine: Engine, province: Province, redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without that word nothing would be sent before the test's time is over.
    monkeypatch.setattr(sender, "_POLL_S", 60)
    channel = push.channel(redis_url)

    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine, redis_url=redis_url):
            async with asyncio.timeout(30):
                while not dict(redis.pubsub_numsub(channel))[channel.encode()]:
                    await asyncio.sleep(0.01)
            await ended(engine, ask(engine, province))

    run(test)


def test_cut_off_before_the_answer_is_unknown_and_never_sent_again(engine: Engine, province: Province) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine, watch=Watch(first_pause=0.01, silence=60)):
            server.silent = True
            command = ask(engine, province)
            await server.was_asked("SimulatedAnswer")
            server.silent = False
            server.hang_up()
            assert (await ended(engine, command)).result == CommandResult.UNKNOWN
            await server.was_asked("Login", 2)
            await ended(engine, ask(engine, province, verb=CommandVerb.HANG_UP))
            assert server.count("SimulatedAnswer") == 1

    run(test)


def test_while_the_pbx_is_away_a_command_runs_out(engine: Engine, province: Province) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine):
            await server.stop()
            await seen(engine, lambda session: not session.get_one(PbxStatus, "test").connected)
            command = ask(engine, province, now=datetime.now(UTC) - timedelta(seconds=4))
            assert (await ended(engine, command)).result == CommandResult.EXPIRED
            await server.start()
            await server.was_asked("Login", 2)
            assert server.count("SimulatedAnswer") == 0

    run(test)


def test_a_silent_command_does_not_stop_the_ear(engine: Engine, province: Province) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = BOTH
        async with listening(server, engine, watch=Watch(first_pause=0.01, silence=60)):
            server.silent = True
            ask(engine, province)
            await server.was_asked("SimulatedAnswer")
            say(server, RING)
            await seen(engine, lambda session: session.scalars(select(Call)).one_or_none() is not None)

    run(test)


def test_the_queues_and_their_members_are_kept_and_their_titles_stay(engine: Engine) -> None:
    member = {"Event": "QueueMember", "Queue": "hotline", "Name": "Lan", "Location": "Local/101@agents/n",
              "StateInterface": "PJSIP/101", "Paused": "0", "Status": "1"}  # fmt: skip

    def members(session: Session) -> list[dict[str, Any]] | None:
        row = session.get(PbxQueue, ("test", "hotline"))
        return row.members if row is not None else None

    async def test(server: AmiServer) -> None:
        server.members = [{"Event": "QueueParams", "Queue": "hotline", "Max": "0"}, member]
        async with listening(server, engine):
            await seen(engine, lambda session: members(session) is not None)
            with transaction(engine) as session:
                (only,) = members(session) or ()
                shown = {name: only[name] for name in ("extension", "name", "paused", "status")}
                assert shown == {"extension": "101", "name": "Lan", "paused": False, "status": 1}
                session.get_one(PbxQueue, ("test", "hotline")).title = "Tổng đài 1022"
            server.members = [{**member, "Paused": "1", "Status": "x"}]
            server.hang_up()
            await seen(engine, lambda session: bool((members(session) or [{}])[0].get("paused")))
            with Session(engine) as session:
                assert session.get_one(PbxQueue, ("test", "hotline")).title == "Tổng đài 1022"

    run(test)


def test_an_empty_queue_is_a_queue_and_nonsense_is_none() -> None:
    assert read([{"Event": "QueueParams", "Queue": "night"}, {"Event": "QueueMember"}, {}]) == {"night": []}


def test_what_a_simulated_caller_says_is_kept_with_the_call(engine: Engine) -> None:
    def said(session: Session) -> list[str]:
        row = session.scalars(select(Call)).one_or_none()
        return row.snapshot["said"] if row is not None else []

    async def test(server: AmiServer) -> None:
        async with listening(server, engine) as ear:
            say(server, TALK)
            for text in ("A lô", "A lô", "Đèn đường tắt cả tuần"):
                server.say("UserEvent", **CALLER, UserEvent="SimulatedSpeech", Text=text)
            await seen(engine, lambda session: said(session) == ["A lô", "Đèn đường tắt cả tuần"])
            written = to_json(ear.calls.by_id["1.0"])
            assert from_json(written).said == ["A lô", "Đèn đường tắt cả tuần"]
            # A listener of before this knew neither.
            del written["said"], written["message"]
            assert from_json(written).said == []

    run(test)


def test_a_call_that_goes_out_is_followed_to_its_end(engine: Engine, province: Province) -> None:
    """From the button to the row: sent once, then what the PBX says of it, in its own moments."""
    call_id = outgoing(engine, province)

    def said(session: Session) -> OutgoingCall:
        return session.get_one(OutgoingCall, call_id)

    async def test(server: AmiServer) -> None:
        server.listed = ["Originate"]
        async with listening(server, engine, watch=PATIENT):
            given = {"number": "0905123456", "call": str(call_id)}
            done = await ended(engine, ask(engine, province, verb=CommandVerb.CALL, arguments=given))
            assert (done.result, server.count("Originate")) == (CommandResult.DONE, 1)
            for stage, more in (("dialling", {}), ("answered", {}), ("ended", {"Result": "ANSWER"})):
                server.say("UserEvent", UserEvent="HotlineCallOut", Call=str(call_id), Stage=stage, **more)
            await seen(engine, lambda session: said(session).ended_at is not None)
            with Session(engine) as session:
                call = said(session)
                assert call.result == CallOut.REACHED
                assert call.dialling_at is not None
                assert call.reached_at is not None

    run(test)


def test_an_own_telephone_that_nobody_picks_up_ends_the_call(engine: Engine, province: Province) -> None:
    call_id = outgoing(engine, province)

    async def test(server: AmiServer) -> None:
        async with listening(server, engine, watch=PATIENT):
            server.say("OriginateResponse", ActionID=f"hotline-callout/{call_id}", Response="Failure", Reason="3")
            await seen(engine, lambda session: session.get_one(OutgoingCall, call_id).result is not None)
            with Session(engine) as session:
                assert session.get_one(OutgoingCall, call_id).result == CallOut.NOT_PICKED_UP

    run(test)
