"""After a restart of the PBX: its former queue members are signed in again, once, as they were, and on record."""

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.models import PbxCommand, PbxQueue
from callcenter.vocab import CommandResult
from tests.wire.ami_server import AmiServer
from tests.wire.ears import PATIENT, listening, seen
from tests.wire.test_gaps import away
from tests.wire.test_listener import run

QUEUE = {"Event": "QueueParams", "Queue": "hotline", "Max": "0"}
FIXED = {
    "Event": "QueueMember", "Queue": "hotline", "Name": "Bàn 1", "Location": "PJSIP/100", "StateInterface": "PJSIP/100",
    "Membership": "static", "Penalty": "0", "Status": "1", "Paused": "0",
}  # fmt: skip
LAN = {**FIXED, "Name": "Lan", "Location": "PJSIP/101", "StateInterface": "PJSIP/101", "Membership": "dynamic"}
MINH = {
    **LAN, "Name": "Minh", "Location": "Local/102@agents/n", "StateInterface": "PJSIP/102", "Penalty": "3",
    "Paused": "1", "PausedReason": "lunch",
}  # fmt: skip


def members(session: Session) -> list[tuple[str, bool]]:
    row = session.get(PbxQueue, ("test", "hotline"))
    return [(member["extension"], member["paused"]) for member in row.members] if row else []


async def restart(server: AmiServer, engine: Engine, *left: dict[str, str]) -> None:
    """It comes back with these members alone."""
    server.members = [QUEUE, *left]
    server.uptime = 0
    await away(server, engine)


def test_signed_in_again_as_they_were_and_once(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = ["QueueAdd"]
        server.members = [QUEUE, FIXED, LAN, MINH]
        async with listening(server, engine, watch=PATIENT):
            await seen(engine, lambda session: len(members(session)) == 3)
            await restart(server, engine, LAN)
            await seen(engine, lambda session: members(session) == [("101", False), ("102", True)])
            sent = [action for action in server.actions if action["Action"] == "QueueAdd"]
            assert [action.pop("ActionID") for action in sent]
            assert sent == [
                {
                    "Action": "QueueAdd", "Queue": "hotline", "Interface": "Local/102@agents/n", "MemberName": "Minh",
                    "StateInterface": "PJSIP/102", "Penalty": "3", "Paused": "true",
                }
            ]  # fmt: skip
            (why,) = [action for action in server.actions if action["Action"] == "QueuePause"]
            assert (why["Interface"], why["Queue"], why["Reason"]) == ("Local/102@agents/n", "hotline", "lunch")
            with Session(engine) as session:
                command = session.scalars(select(PbxCommand)).one()
                assert (command.verb, command.extension, command.result) == ("sign_in", "102", CommandResult.DONE)
                assert command.arguments == {"queue": "hotline", "interface": "Local/102@agents/n"}

    run(test)


def test_without_a_restart_nobody_is_signed_in(engine: Engine) -> None:
    """A line that was lost is none, and a member that has signed out meanwhile wanted to."""

    async def test(server: AmiServer) -> None:
        server.listed = ["QueueAdd"]
        server.members = [QUEUE, LAN, MINH]
        async with listening(server, engine, watch=PATIENT):
            await seen(engine, lambda session: len(members(session)) == 2)
            server.members = [QUEUE, LAN]
            await away(server, engine)
            await seen(engine, lambda session: members(session) == [("101", False)])
            assert server.count("QueueAdd") == 0

    run(test)


def test_who_signed_out_a_moment_before_stays_out(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        server.listed = ["QueueAdd"]
        server.members = [QUEUE, LAN, MINH]
        async with listening(server, engine, watch=PATIENT):
            await seen(engine, lambda session: len(members(session)) == 2)
            server.members = [QUEUE, MINH]
            server.say("QueueMemberRemoved", Queue="hotline", MemberName="Lan", Interface="PJSIP/101")
            await seen(engine, lambda session: members(session) == [("102", True)])
            await restart(server, engine)
            await seen(engine, lambda session: session.scalar(select(PbxCommand.result)) == CommandResult.DONE)
            assert server.count("QueueAdd") == 1

    run(test)


def test_a_pbx_that_does_not_let_us_is_asked_nothing(engine: Engine) -> None:
    async def test(server: AmiServer) -> None:
        server.members = [QUEUE, LAN]
        async with listening(server, engine, watch=PATIENT):
            await seen(engine, lambda session: len(members(session)) == 1)
            await restart(server, engine)
            await seen(engine, lambda session: session.scalar(select(PbxCommand.result)) == CommandResult.REFUSED)
            with Session(engine) as session:
                assert "write class agent" in session.scalars(select(PbxCommand.answer)).one()
            assert server.count("QueueAdd") == 0

    run(test)
