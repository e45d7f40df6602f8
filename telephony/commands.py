"""Command execution at a PBX: takes a command, sends it once, writes the answer, without delaying the event loop.

The rows are heard of at once by the broker, and looked for every second in case that word was lost.
"""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import redis
import structlog
from sqlalchemy.orm import Session

from callcenter import commands, push
from callcenter.models import PbxCommand
from callcenter.vocab import CommandResult, CommandVerb
from telephony import orders, queues
from telephony.ami.link import Link
from telephony.ami.protocol import BadAction
from telephony.orders import Order
from telephony.scribe import WriterThread
from tickets.telephone import after_call

log = structlog.get_logger(__name__)

_POLL_S = 1.0
_RETRY_S = 1.0


class Commander:
    """One sender for one PBX: commands go out one after the other, while it is heard."""

    def __init__(
        self, lane: WriterThread, link: Link, broker_url: str | None = None, *, phone: Sequence[str] | None = None
    ) -> None:
        self.pbx = lane.pbx
        self.link = link
        self._lane = lane
        self._phone = phone or Order.phone
        self._broker_url = broker_url
        self._wake = asyncio.Event()
        self._ended = threading.Event()
        self._deaf = False

    async def run(self) -> None:
        """Until cancelled. A command that is on its way then stays `unknown`."""
        if self._broker_url is not None:
            loop = asyncio.get_running_loop()
            # A thread of its own: redis-py's asyncio client can swallow a cancellation while it connects.
            following = threading.Thread(
                target=self._follow, args=(self._broker_url, loop), name=f"hear-{self.pbx}", daemon=True
            )
            following.start()
        try:
            await self._work()
        finally:
            self._ended.set()

    async def _work(self) -> None:
        await self._lane.write(lambda session: commands.give_up(session, self.pbx, _now()))
        while True:
            while await self._next():
                pass
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _next(self) -> bool:
        """Take one command and send it; False where there is none."""
        command = await self._lane.write(self._take)
        if command is None:
            return False
        result, answer = await self._carry_out(command)
        log.info("command", pbx=self.pbx, verb=command.verb, extension=command.extension, result=result, answer=answer)
        # What was done cannot be undone: the answer waits for the database, and later commands run out.
        await self._lane.write(lambda session: commands.finish(session, command.id, result, answer, _now()))
        return True

    def _take(self, session: Session) -> PbxCommand | None:
        """By the state and the clock of the moment of its turn, which may come long after it was asked for."""
        if not self.link.state.connected:
            commands.expire(session, self.pbx, _now())
            return None
        after_call.end_due(session, self.pbx, _now())
        return commands.take(session, self.pbx, _now())

    async def _carry_out(self, command: PbxCommand) -> tuple[CommandResult, str]:
        """All that belongs to it, up to the first action that is not done."""
        try:
            order = await self._known(await self._lane.write(lambda session: self._order(session, command)))
            actions = orders.actions_for(order)
        except (ValueError, KeyError) as error:
            return CommandResult.REFUSED, str(error)
        except (ConnectionError, TimeoutError) as error:
            return CommandResult.REFUSED, f"the PBX could not be asked first: {error or 'no answer'}"
        result, answer = CommandResult.DONE, ""
        for place, action in enumerate(actions):
            if command.expires_at <= _now():
                # This process stood still between taking and sending; by now another may lead.
                return CommandResult.EXPIRED, "taken, but not sent in time"
            result, answer = await self._send(action)
            if result != CommandResult.DONE:
                break
            await asyncio.sleep(orders.pause_after(action, actions[:place], order.keys))
        return result, answer

    async def _known(self, order: Order) -> Order:
        """With what only the PBX knows now: the telephone's channel in the call, and where transfers are dialled."""
        if order.verb not in orders.OF_A_CALL:
            return order
        rows = await self.link.ask({"Action": "CoreShowChannels"}, as_list=True)
        channel = orders.end_of(
            [{key: str(value) for key, value in row.items()} for row in rows], order.extension, order.arguments["call"]
        )
        answer = await self.link.ask({"Action": "Getvar", "Variable": "HOTLINE_TRANSFER_CONTEXT"}, as_list=False)
        context = str(answer[0].get("Value", "")) if answer[0].success else ""
        return replace(order, channel=channel, context=context or order.context)

    async def _send(self, action: orders.Action) -> tuple[CommandResult, str]:
        try:
            # One line each: of some answers panoramisk would wait for more that never comes.
            answer = await self.link.ask(action, as_list=False)
        except TimeoutError:
            return CommandResult.UNKNOWN, "no answer in time"
        except ConnectionError as error:
            return CommandResult.UNKNOWN, str(error)
        except BadAction as error:
            return CommandResult.REFUSED, str(error)
        words = str(answer[0].message or "")
        return (CommandResult.DONE if answer[0].success else CommandResult.REFUSED), words

    def _order(self, session: Session, command: PbxCommand) -> Order:
        names, places = queues.places(session, self.pbx, command.extension)
        verb = CommandVerb(command.verb)
        return Order(verb, command.extension, command.arguments, names, places, self._phone)

    def _follow(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        """The broker's word wakes the sender; without it the next look does."""
        topic = commands.topic(self.pbx)
        while not self._ended.wait(_RETRY_S if self._deaf else 0):
            self._deaf = True
            # RuntimeError: the loop was closed a moment ago.
            with suppress(redis.RedisError, RuntimeError):
                for message in push.follow(url, idle_s=_POLL_S):
                    if self._ended.is_set():
                        break
                    if message is not None and message.get("topic") == topic:
                        loop.call_soon_threadsafe(self._wake.set)


def _now() -> datetime:
    return datetime.now(UTC)
