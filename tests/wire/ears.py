"""A listener of a test: one that leads at once, on the small AMI server, until its rows say that it hears."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import PbxStatus
from telephony.ami.link import Watch
from telephony.leadership import crown
from telephony.listener import Listener
from tests.rules.trace import RULES
from tests.wire.ami_server import AmiServer

QUICK = Watch(login=0.5, booted=0.1, silence=0.1, answer=0.1, first_pause=0.01, longest_pause=0.02, after_refusal=0.05)

# For tests in which nothing may fall silent, however busy the machine is.
PATIENT = Watch(first_pause=0.01, longest_pause=0.02)


@asynccontextmanager
async def listening(
    server: AmiServer, engine: Engine, *, watch: Watch = QUICK, data_dir: Path | None = None, **settings: Any
) -> AsyncIterator[Listener]:
    with tempfile.TemporaryDirectory() as folder:
        given = Settings(data_dir=data_dir or Path(folder), short_abandon_s=0, **settings)
        reign = await asyncio.to_thread(crown, engine, "test")
        ear = Listener(server.pbx(), reign, given, watch=watch, rules=RULES)
        task = asyncio.create_task(ear.run())
        await seen(engine, lambda session: hears(session) or task.done())
        try:
            yield ear
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def hears(session: Session) -> bool:
    return session.get_one(PbxStatus, "test").connected


async def seen(engine: Engine, true: Callable[[Session], bool], within: float = 60) -> None:
    """Until the rows say so; they are written by another thread, so there is nothing else to wait for."""
    async with asyncio.timeout(within):
        while True:
            with Session(engine) as session:
                if true(session):
                    return
            await asyncio.sleep(0.02)
