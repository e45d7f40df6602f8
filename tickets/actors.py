"""Who acts: a person signed in, a rule of ours, the citizen, or another program."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from callcenter.errors import NotAllowed
from callcenter.models import User
from callcenter.vocab import Role


@dataclass(frozen=True)
class Actor:
    """`name` is what the history shows; `id` is None for anybody without an account.

    `approves`: an officer who heads the agency and sees its answers before the citizen does.
    """

    id: int | None
    name: str
    role: Role | None = None
    agency_id: int | None = None
    extension: str | None = None
    approves: bool = False

    @classmethod
    def of(cls, user: User | Row[*tuple[Any, ...]]) -> "Actor":
        """Of a person, or of a row with these columns of one."""
        return cls(user.id, user.name, user.role, user.agency_id, user.extension, user.approves)

    @classmethod
    def rule(cls, name: str) -> "Actor":
        """A rule of the hotline that acts by itself: `routing`, `listener`."""
        return cls(None, name)

    def require(self, *roles: Role) -> None:
        if self.role not in roles:
            raise NotAllowed(f"{self.role or self.name} may not do this")


DESK = (Role.OPERATOR, Role.SHIFT_LEADER, Role.SUPERVISOR, Role.ADMIN)
LEADS = (Role.SHIFT_LEADER, Role.SUPERVISOR, Role.ADMIN)
