"""Accounts and API keys from the command line, by administration's own use cases, so that it is on record."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select

from agent_ui.web.tokens import hash_token, make_token
from callcenter import passwords
from callcenter.db import transaction
from callcenter.errors import Invalid
from callcenter.models import User
from callcenter.vocab import Role
from tickets.actors import Actor
from tickets.administration import lists, people

# A person that may run commands on the server is its administrator.
_ACTOR = Actor(None, "scripts/manage", Role.ADMIN)
_OPTIONS = {"username": "USERNAME", "password": "password"}
_WORDS = {
    "agency_of_officer": "an officer needs one",
    "agency_only_of_officer": "an officer needs one, nobody else has one",
    "approves_only_officer": "only an officer approves an agency's answers",
    "username_form": "2 to 40 of a-z, 0-9, dot, hyphen and underscore",
    "username_taken": "somebody has it already",
    "password_short": f"at least {passwords.SHORTEST} characters",
    "extension_form": "digits alone",
    "unknown_choice": "there is none with this code",
}


def add_user(
    engine: Engine,
    username: str,
    password: str,
    *,
    name: str,
    role: str,
    extension: str | None,
    agency: str | None,
    approves: bool = False,
) -> None:
    """Raises Invalid, naming the option, for what cannot be stored."""
    fields = people.UserFields(name, role, agency or "", extension or "", approves=approves)
    try:
        with transaction(engine) as session:
            if session.scalar(select(User.id).where(User.username == username.strip().lower())) is not None:
                raise Invalid({"username": "username_taken"})
            now = datetime.now(UTC)
            people.add(session, _ACTOR, username, password, fields, now=now)
    except Invalid as error:
        raise Invalid(
            {_OPTIONS.get(field, f"--{field}"): _told(why) for field, why in error.problems.items()}
        ) from None


def _told(why: str) -> str:
    kind, _colon, name = why.partition(":")
    return f"held by {name}" if name else _WORDS.get(kind, kind)


def add_token(engine: Engine, name: str, scope: str, source: str) -> str:
    """The new key itself; only its hash is kept."""
    token = make_token()
    with transaction(engine) as session:
        now = datetime.now(UTC)
        lists.add_token(session, _ACTOR, hash_token(token), name=name, scope=scope, source=source, now=now)
    return token
