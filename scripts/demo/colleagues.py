"""Simulated colleagues of the newcomer: they finish the calls they answered, by the desk's own use cases."""

import random
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from callcenter.db import transaction
from callcenter.errors import HotlineError
from callcenter.models import User, Ward
from callcenter.vocab import Disposition
from scripts.demo.reports import REPORTS
from scripts.processes import lifeline
from scripts.processes import log as logging
from scripts.processes.ground import ground
from scripts.processes.stopping import stopped_by_signals
from tickets.actors import Actor
from tickets.desk import filing, queries
from tickets.desk.queries import Unfinished
from tickets.rules.fields import TicketFields

EXTENSIONS = ("102", "103", "104")
EVERY_S = 2.0
# How long after the call they still type.
TYPING = timedelta(seconds=6)
FILED = 0.75
# No report takes less: the line broke, and the citizen will call again.
BROKEN_S = 10.0
_ELSE = (Disposition.INFORMED, Disposition.INFORMED, Disposition.SILENT, Disposition.WRONG_NUMBER)

log = structlog.get_logger(__name__)


def finish_calls(engine: Engine, chance: random.Random, now: datetime) -> int:
    """File or end every call of theirs that is over; returns how many."""
    with transaction(engine) as session:
        colleagues = session.scalars(select(User).where(User.usual_extension.in_(EXTENSIONS), User.active)).all()
        waiting = [
            (Actor.of(user), left) for user in colleagues for left in queries.unfinished(session, Actor.of(user))
        ]
        ready = [(actor, left) for actor, left in waiting if _is_over(left, now)]
        for actor, left in ready:
            _finish(session, actor, left, chance, now)
        return len(ready)


def _is_over(left: Unfinished, now: datetime) -> bool:
    return left.call is not None and left.call.ended_at is not None and left.call.ended_at < now - TYPING


def _finish(session: Session, actor: Actor, left: Unfinished, chance: random.Random, now: datetime) -> None:
    assert left.call
    report = chance.choice(REPORTS)
    if left.call.caller and left.call.talk_s < BROKEN_S:
        filing.dispose(session, actor, left.call.id, Disposition.DROPPED, now=now)
        return
    filed = chance.random() < FILED
    if not filed or not left.call.caller:
        filing.dispose(session, actor, left.call.id, chance.choice(_ELSE), now=now)
        return
    fields = TicketFields(
        category_code=report.category,
        ward_code=session.scalar(select(Ward.code).where(Ward.name == report.ward)),
        address=report.place,
        level=report.level,
        description=report.text,
        reporter_name=left.call.caller_name or report.caller,
    )
    filing.file(session, actor, left.ticket.code, fields, now=now)


def main() -> None:
    lifeline.tie()
    logging.set_up()
    stop = stopped_by_signals()
    chance = random.Random(1022)  # noqa: S311 (reports, not secrets)
    with ground("colleagues") as here:
        while not stop.wait(EVERY_S):
            try:
                finish_calls(here.engine, chance, datetime.now(UTC))
            except (HotlineError, OperationalError) as error:
                # Another person had it in hand; the next round sees what is left.
                log.info("not now", error=str(error).splitlines()[0])


if __name__ == "__main__":
    main()
