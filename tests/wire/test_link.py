"""The connection to a PBX over a real socket: log-in, refusal, silence, loss, and nothing ever sent twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from callcenter.config import Pbx
from telephony.ami.link import Link, LinkState, Rows, Watch
from telephony.ami.protocol import Headers
from tests.wire.ami_server import AmiServer, ami_server
from tests.wire.ears import QUICK


class Ear:
    """Takes down what a link hears and tells, and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[Headers] = []
        self.states: list[tuple[LinkState, Rows | None]] = []
        self._changed = asyncio.Event()

    def hear(self, event: Headers) -> None:
        self.events.append(event)
        self._changed.set()

    def told(self, state: LinkState, rows: Rows | None) -> None:
        self.states.append((state, rows))
        self._changed.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def connected(self, times: int = 1) -> None:
        await self.until(lambda: sum(state.connected for state, _ in self.states) >= times)

    async def lost(self, word: str = "") -> None:
        await self.until(lambda: any(not state.connected and word in state.detail for state, _ in self.states))


@asynccontextmanager
async def linked(pbx: Pbx, watch: Watch = QUICK) -> AsyncIterator[tuple[Link, Ear]]:
    ear = Ear()
    link = Link(pbx, ear.hear, ear.told, watch=watch)
    task = asyncio.create_task(link.run())
    try:
        yield link, ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run(test: Callable[[AmiServer], Awaitable[None]]) -> list[Any]:
    """The test in a loop with a server of its own; gives back what was logged."""

    async def go() -> None:
        async with ami_server() as server:
            await test(server)

    with capture_logs() as logs:
        asyncio.run(go())
    return [entry["event"] for entry in logs]


def test_connected_says_ready_and_gives_the_channels() -> None:
    async def test(server: AmiServer) -> None:
        server.rows = [{"Channel": "PJSIP/trunk-1", "Uniqueid": "1.0", "Linkedid": "1.0", "DNID": "1022"}]
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
            state, rows = ear.states[-1]
            assert (state.detail, state.uptime_s) == ("", 1_000)
            assert rows is not None
            assert rows[0]["DNID"] == "1022"
            server.say("Hold", Uniqueid="1.0", Linkedid="1.0")
            await ear.until(lambda: bool(ear.events))

    assert "ready test" in run(test)


def test_without_read_class_system_a_ping_tells_that_it_is_heard() -> None:
    async def test(server: AmiServer) -> None:
        server.boots = False
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()

    logs = run(test)
    assert "ready test" in logs
    assert any("read class system" in line for line in logs)


def test_calls_that_may_not_be_asked_for_are_not_no_calls() -> None:
    async def test(server: AmiServer) -> None:
        server.status_allowed = False
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
            assert ear.states[-1][1] is None

    assert any("write class reporting" in line for line in run(test))


def test_a_wrong_secret_is_told_in_one_line_and_tried_again_slowly() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx("wrong")) as (_, ear):
            await server.was_asked("Login", 3)
            assert not any(state.connected for state, _ in ear.states)
            assert "Authentication failed" in ear.states[-1][0].detail

    told = [line for line in run(test) if "CALLCENTER_PBX" in line]
    assert len(told) == 1
    assert "wrong" not in told[0]
    assert "manager.conf" in told[0]
    assert "\n" not in told[0]


def test_nobody_there_is_told_once_and_tried_until_somebody_is() -> None:
    async def test(server: AmiServer) -> None:
        await server.stop()
        async with linked(server.pbx()) as (_, ear):
            await ear.until(lambda: len(ear.states) >= 3)
            await server.start()
            await ear.connected()

    logs = run(test)
    assert len([line for line in logs if "is not heard" in line]) == 1
    assert "ready test" in logs


def test_a_pbx_that_does_not_answer_the_log_in_is_given_up() -> None:
    async def test(server: AmiServer) -> None:
        server.silent = True
        async with linked(server.pbx()) as (_, ear):
            await ear.lost("no answer")
            server.silent = False
            await ear.connected()

    run(test)


def test_a_half_open_connection_is_noticed() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
            server.silent = True
            await ear.lost("silent")
            server.silent = False
            await ear.connected(2)

    run(test)


def test_a_quiet_pbx_that_answers_pings_stays_connected() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
            await server.was_asked("Ping", 3)
            assert all(state.connected for state, _ in ear.states)

    run(test)


def test_lost_and_found_again_with_the_moment_it_was_lost() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
            server.hang_up()
            await ear.lost()
            await ear.connected(2)
            moments = [state.since for state, _ in ear.states]
            assert moments == sorted(moments)

    run(test)


def test_an_action_cut_off_by_the_loss_fails_and_is_never_sent_again() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx(), Watch(first_pause=0.01, silence=60)) as (link, ear):
            await ear.connected()
            server.silent = True
            asking = asyncio.create_task(link.ask({"Action": "Originate", "Channel": "PJSIP/101"}))
            await server.was_asked("Originate")
            server.silent = False
            server.hang_up()
            with pytest.raises(ConnectionError):
                await asking
            await ear.connected(2)
            await link.ask({"Action": "Ping"})
            assert server.count("Originate") == 1

    run(test)


def test_not_connected_refuses_actions_at_once() -> None:
    async def test(server: AmiServer) -> None:
        link = Link(server.pbx(), lambda event: None, lambda state, rows: None)
        with pytest.raises(ConnectionError):
            await link.ask({"Action": "Ping"})

    run(test)


def test_stopping_leaves_nothing_behind() -> None:
    async def test(server: AmiServer) -> None:
        async with linked(server.pbx()) as (_, ear):
            await ear.connected()
        logins = server.count("Login")
        await asyncio.sleep(0.1)
        assert server.count("Login") == logins
        assert asyncio.all_tasks() - {asyncio.current_task()} <= {
            task for task in asyncio.all_tasks() if "_serve" in repr(task)
        }

    run(test)
