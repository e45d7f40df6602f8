"""Queue of PBX commands: a row requests one, the owning listener takes it once and writes the result into the row.

No number may be dialled twice: a command is marked as taken in a transaction of its own before it is sent, and it is
never taken after its short life. A loss in between leaves it `unknown`, which is the truth.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from callcenter.errors import NotAllowed
from callcenter.models import PbxCommand, User
from callcenter.push import announce
from callcenter.vocab import CommandResult, CommandVerb

_EXTENSION = re.compile(r"[0-9]{1,20}")
# Stands where a command is for the whole PBX.
NOBODYS = "0"
_LONGEST_VALUE = 200
_LONGEST_ANSWER = 500
# Asked for by every page of the desk, and so built once.
_OF_TELEPHONE = (
    select(PbxCommand)
    .where(
        PbxCommand.extension == bindparam("extension"),
        PbxCommand.asked_at >= bindparam("some_since"),
        or_(
            PbxCommand.asked_at >= bindparam("anything_since"),
            PbxCommand.verb == any_(bindparam("verbs", type_=ARRAY(Text))),
        ),
    )
    .order_by(PbxCommand.id.desc())
    .limit(40)
)


def topic(pbx: str) -> str:
    """Where commands for this PBX are announced."""
    return f"commands:{pbx}"


def ask(
    session: Session,
    *,
    pbx: str,
    verb: CommandVerb,
    extension: str,
    arguments: Mapping[str, str],
    actor_id: int,
    actor_name: str,
    now: datetime,
    expires_s: float = 5,
) -> PbxCommand:
    """Ask for one thing at the asker's own telephone. Asked again while it is still open, it is the same command.

    Raises NotAllowed for another person's extension, ValueError for a value that could be two lines on the wire.
    """
    check(extension, arguments)
    # Held, so that two clicks at the same moment are one command.
    user = session.get(User, actor_id, with_for_update=True)
    if user is None or not user.active or user.extension != extension:
        raise NotAllowed(f"{extension} is not the telephone of {actor_name}")
    again = _open(session, pbx, verb, extension, arguments, now)
    if again is not None:
        return again
    command = _put(session, pbx, verb, extension, arguments, (actor_id, actor_name), now, expires_s)
    announce(session, f"extension:{extension}")
    return command


def ask_for_all(
    session: Session,
    *,
    pbx: str,
    verb: CommandVerb,
    arguments: Mapping[str, str],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    expires_s: float = 60,
) -> PbxCommand:
    """Ask for what is no telephone's affair. Raises ValueError for a value that could be two lines on the wire."""
    check(NOBODYS, arguments)
    return _put(session, pbx, verb, NOBODYS, arguments, (actor_id, actor_name), now, expires_s)


def order(
    session: Session,
    *,
    pbx: str,
    verb: CommandVerb,
    extension: str,
    arguments: Mapping[str, str],
    asked_by: str,
    now: datetime,
    expires_s: float = 5,
) -> PbxCommand:
    """A rule of ours asks for one thing at a telephone, independent of its holder. Raises ValueError as `ask` does."""
    check(extension, arguments)
    return _put(session, pbx, verb, extension, arguments, (None, asked_by), now, expires_s)


def _put(
    session: Session,
    pbx: str,
    verb: CommandVerb,
    extension: str,
    arguments: Mapping[str, str],
    asked_by: tuple[int | None, str],
    now: datetime,
    expires_s: float,
) -> PbxCommand:
    actor_id, actor_name = asked_by
    command = PbxCommand(
        pbx=pbx,
        verb=verb,
        extension=extension,
        arguments=dict(arguments),
        asked_by_id=actor_id,
        asked_by=actor_name,
        asked_at=now,
        expires_at=now + timedelta(seconds=expires_s),
    )
    session.add(command)
    session.flush()
    announce(session, topic(pbx), command=command.id)
    return command


def check(extension: str, arguments: Mapping[str, str]) -> None:
    """Raises ValueError where anything could not go over the wire as one plain value."""
    if not _EXTENSION.fullmatch(extension):
        raise ValueError("an extension is a few digits")
    for name, value in arguments.items():
        if not name.isidentifier() or not name.isascii():
            raise ValueError("the name of a value is one word")
        if not value.isprintable() or len(value) > _LONGEST_VALUE:
            raise ValueError(f"{name} cannot be sent")


def take(session: Session, pbx: str, now: datetime) -> PbxCommand | None:
    """The next command, from now on this process's alone; None where nothing is left to do."""
    expire(session, pbx, now)
    chosen = (
        select(PbxCommand.id)
        .where(PbxCommand.pbx == pbx, PbxCommand.result.is_(None), PbxCommand.taken_at.is_(None))
        .order_by(PbxCommand.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taking = update(PbxCommand).where(PbxCommand.id == chosen).values(taken_at=now).returning(PbxCommand)
    return session.scalars(taking).one_or_none()


def expire(session: Session, pbx: str, now: datetime) -> None:
    """Ends the commands that were not taken in time."""
    late = PbxCommand.taken_at.is_(None), PbxCommand.expires_at <= now
    _end(session, pbx, late, CommandResult.EXPIRED, "nobody took it in time", now)


def give_up(session: Session, pbx: str, now: datetime) -> None:
    """Ends as `unknown` what an earlier listener had taken when it stopped: it may have been carried out or not."""
    _end(session, pbx, [PbxCommand.taken_at.is_not(None)], CommandResult.UNKNOWN, "the listener was stopped", now)


def finish(session: Session, command_id: int, result: CommandResult, answer: str, now: datetime) -> None:
    """Write what became of it, once, and tell the page that waits; `answer` is the PBX's own words."""
    found = session.scalars(
        update(PbxCommand)
        .where(PbxCommand.id == command_id, PbxCommand.result.is_(None))
        .values(result=result, answer=answer[:_LONGEST_ANSWER], ended_at=now)
        .returning(PbxCommand.extension)
    )
    for extension in found:
        announce(session, f"extension:{extension}")


def of_telephone(
    session: Session, extension: str, verbs: Sequence[CommandVerb], *, anything_since: datetime, some_since: datetime
) -> Sequence[PbxCommand]:
    """What was asked for at this telephone, newest first: anything since the one moment, and `verbs` since the other,
    earlier one."""
    asked = {"extension": extension, "verbs": list(verbs), "anything_since": anything_since, "some_since": some_since}
    return session.scalars(_OF_TELEPHONE, asked).all()


def _open(
    session: Session, pbx: str, verb: CommandVerb, extension: str, arguments: Mapping[str, str], now: datetime
) -> PbxCommand | None:
    query = select(PbxCommand).where(
        PbxCommand.pbx == pbx,
        PbxCommand.verb == verb,
        PbxCommand.extension == extension,
        PbxCommand.arguments == dict(arguments),
        PbxCommand.result.is_(None),
        PbxCommand.expires_at > now,
    )
    return session.scalars(query).first()


def _end(
    session: Session, pbx: str, which: Sequence[ColumnElement[bool]], result: CommandResult, answer: str, now: datetime
) -> None:
    ended = session.scalars(
        update(PbxCommand)
        .where(PbxCommand.pbx == pbx, PbxCommand.result.is_(None), *which)
        .values(result=result, answer=answer, ended_at=now)
        .returning(PbxCommand.extension)
    )
    for extension in set(ended):
        announce(session, f"extension:{extension}")
