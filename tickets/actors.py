"""The actor of an action: a person signed in, a program with a token, the holder of a link, or a rule of the system."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callcenter.vocab import Role


class ActorKind(StrEnum):
    """How an actor came in."""

    PERSON = "person"
    # A program: another house's by its key, or our own public site for a citizen.
    TOKEN = "token"  # noqa: S105 (no secret)
    # A citizen, by what proves that a ticket is theirs: its code and their number, later a link that works once.
    LINK = "link"
    # A rule of the hotline that acts by itself.
    SYSTEM = "system"


class Account(Protocol):
    """What an actor takes over from an account: a `User`, or a row with these columns of one."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def agency_id(self) -> int | None: ...
    @property
    def extension(self) -> str | None: ...
    @property
    def approves(self) -> bool: ...


@dataclass(frozen=True)
class Actor:
    """`name` is what the history shows; `id` is None without an account.

    `approves`: an officer that heads the agency and sees its answers before the citizen does.
    """

    id: int | None
    name: str
    role: Role | None = None
    agency_id: int | None = None
    extension: str | None = None
    approves: bool = False
    kind: ActorKind = ActorKind.PERSON

    @classmethod
    def of(cls, account: Account) -> "Actor":
        """The person of an account."""
        return cls(
            account.id,
            account.name,
            account.role,
            account.agency_id,
            account.extension,
            account.approves,
            ActorKind.PERSON,
        )

    @classmethod
    def rule(cls, name: str) -> "Actor":
        """A rule of the hotline that acts by itself: `routing`, `listener`."""
        return cls(None, name, kind=ActorKind.SYSTEM)

    @classmethod
    def token(cls, name: str) -> "Actor":
        """A program, by the name of its key."""
        return cls(None, name, kind=ActorKind.TOKEN)

    @classmethod
    def link(cls, name: str) -> "Actor":
        """The holder of what proves that one ticket is theirs; the door that checked the proof makes this actor."""
        return cls(None, name, kind=ActorKind.LINK)
