"""Row cache of one person's telephone: each kind of row read by one statement at its first use, and once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Text, and_, bindparam, cast, or_, select
from sqlalchemy.orm import Session

from callcenter import commands
from callcenter.models import AfterCall, Call, Matter, OutgoingCall, PauseReason, PbxCommand, PbxQueue, PbxStatus
from callcenter.vocab import CommandVerb
from tickets.actors import Actor
from tickets.desk import queries
from tickets.telephone import after_call

# How long a page tells what became of a command, and of an outgoing call.
REMEMBERED = timedelta(seconds=30)
_CALL_REMEMBERED = timedelta(seconds=60)
# A call without an event for so long is over: its last one was lost in a gap.
_FORGOTTEN = timedelta(hours=1)
LONGEST_CONSULTATION = timedelta(minutes=30)
PASSING = (CommandVerb.TRANSFER, CommandVerb.CONSULT, CommandVerb.JOIN, CommandVerb.BACK)

# Asked for by every page of the desk, and so built once.
_PBXS = (
    select(PbxStatus, PbxQueue)
    .outerjoin(PbxQueue, PbxQueue.pbx == PbxStatus.pbx, full=True)
    .order_by(PbxStatus.pbx, PbxQueue.name)
)
_REASONS = select(PauseReason).order_by(PauseReason.position, PauseReason.code)
_COMMAND_OF_CALL = (
    select(PbxCommand.result)
    .where(
        PbxCommand.extension == OutgoingCall.extension,
        PbxCommand.verb == CommandVerb.CALL,
        PbxCommand.asked_at == OutgoingCall.asked_at,
        PbxCommand.arguments["call"].astext == cast(OutgoingCall.id, Text),
    )
    .limit(1)
    .scalar_subquery()
)
_OUTGOING = (
    select(OutgoingCall, Matter.code, _COMMAND_OF_CALL)
    .join(Matter, Matter.id == OutgoingCall.ticket_id)
    .where(
        OutgoingCall.extension == bindparam("extension"),
        or_(
            and_(OutgoingCall.ended_at.is_(None), OutgoingCall.asked_at > bindparam("asked_after")),
            OutgoingCall.ended_at > bindparam("ended_after"),
        ),
    )
    .order_by(OutgoingCall.id.desc())
    .limit(1)
)


class Handset:
    """What the database has of the telephone of `actor` at the moment `now`; empty without a telephone.

    `live` are all calls that go on, where they were read already.
    """

    def __init__(self, session: Session, actor: Actor, now: datetime, live: Sequence[Call] | None = None) -> None:
        self._session = session
        self._live = live
        self.actor = actor
        self.now = now

    @property
    def extension(self) -> str:
        return self.actor.extension or ""

    @cached_property
    def near(self) -> Sequence[Call]:
        """Live calls that are or were at this telephone, newest first."""
        if self._live is not None:
            return queries.near_of(self._live, self.extension)
        return queries.calls_near(self._session, self.actor)

    @property
    def calls(self) -> list[Call]:
        """Those that ring here or talk here."""
        return queries.at_telephone(self.near, self.extension)

    @property
    def left(self) -> list[Call]:
        """Those that this telephone talked with last and that none has now."""
        return queries.left_at(self.near, self.extension)

    @cached_property
    def _pbxs(self) -> Sequence[tuple[PbxStatus | None, PbxQueue | None]]:
        return [(status, queue) for status, queue in self._session.execute(_PBXS)]

    @property
    def statuses(self) -> Mapping[str, PbxStatus]:
        """By the name of the PBX, in its order."""
        return {status.pbx: status for status, _ in self._pbxs if status is not None}

    @property
    def queues(self) -> list[PbxQueue]:
        return [queue for _, queue in self._pbxs if queue is not None]

    @cached_property
    def reasons(self) -> Sequence[PauseReason]:
        """Of a pause, in the order of the list; those that cannot be chosen any more too."""
        return self._session.scalars(_REASONS).all()

    def after_call(self, pbx: str) -> AfterCall | None:
        """The after-call work that goes on here."""
        return after_call.of_phone(self._session, pbx, self.extension)

    @cached_property
    def commands(self) -> Sequence[PbxCommand]:
        """What was asked for here, newest first: of late anything, of the last half hour what passes calls on."""
        if not self.extension:
            return ()
        times = {"anything_since": self.now - REMEMBERED, "some_since": self.now - LONGEST_CONSULTATION}
        return commands.of_telephone(self._session, self.extension, PASSING, **times)

    @property
    def recent(self) -> list[PbxCommand]:
        """This person's recent ones, whose result is still shown."""
        since, person = self.now - REMEMBERED, self.actor.id
        return [command for command in self.commands if command.asked_at >= since and command.asked_by_id == person]

    @cached_property
    def outgoing(self) -> tuple[OutgoingCall, str, str | None] | None:
        """The call that goes on here or ended a moment ago, the code of its ticket, what became of its command."""
        if not self.extension:
            return None
        moments = {"asked_after": self.now - _FORGOTTEN, "ended_after": self.now - _CALL_REMEMBERED}
        found = self._session.execute(_OUTGOING, {"extension": self.extension, **moments}).first()
        return (found[0], found[1], found[2]) if found is not None else None
